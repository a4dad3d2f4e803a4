"""Backends: what turns an optimised function into something that runs. `jax` is the one that there is."""
