"""Programs called in the interpreter as kernels are called: the same arguments, the same values, no jax."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ssair.arguments import to_arguments
from ssair.interp import execute
from ssair.ir import Module
from ssair.signature import signature_of


def call(module: Module, args: Sequence[Any], on_print: Callable[[str], None] | None = None) -> Any:
    """The value of the entry of `module` on the arguments that its kernel would take: NumPy values, tuples rebuilt.

    `on_print` gets each line that is printed. Raises the `Trap` that ends the program, and what a kernel raises for
    arguments that it does not take.
    """
    entry = module.entry()
    signature = signature_of(entry)
    values = to_arguments(signature.leaf_names(), entry.params, signature.flatten(args))
    outcome = execute(module, values, on_print=on_print)
    if outcome.trap is not None:
        raise outcome.trap
    assert outcome.results is not None
    return signature.unflatten(outcome.results)
