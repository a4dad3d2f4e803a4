"""Mutants: plausible bugs of this compiler, which the fuzzer's oracles must find (`python -m tests.mutants`)."""
