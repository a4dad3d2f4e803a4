"""The kernel that JAX compiles against the interpreter. Imports jax.

What a kernel refuses (`SourceError` of the codes E06…: recursion that is no loop, memory) is not compared.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ssair.diagnostics import SourceError
from ssair.interp import Outcome
from ssair.kernel import Kernel
from ssair.signature import Signature, unflatten
from ssair.testing.differences import shown_outcome
from ssair.testing.directed_arguments import Arguments
from ssair.testing.outcomes import difference
from ssair.testing.plain_oracle import flattened
from ssair.traps import Trap

if TYPE_CHECKING:
    from ssair.testing.oracles import Subject


def compare_with_kernel(
    make: Callable[[], Kernel], subject: Subject, tolerance: float
) -> Iterator[tuple[Arguments, tuple[str, str]]]:
    """The calls for which the kernel gives something else, with what was expected and what was found.

    Nothing is compared where the kernel is refused, whether `make` finds that or a call.
    """
    try:
        kernel = make()
        for call, expected in zip(subject.calls, subject.expected, strict=True):
            found = called(kernel, call)
            if difference(expected, found, tolerance):
                yield call, (shown_outcome(expected), shown_outcome(found))
    except SourceError as error:
        if not all(diagnostic.code.startswith("E06") for diagnostic in error.diagnostics):
            raise


def called(kernel: Kernel, call: Arguments) -> Outcome:
    """What a kernel gives for flat arguments, as the interpreter says it."""
    printed = io.StringIO()
    outcome = Outcome()
    with contextlib.redirect_stdout(printed):
        try:
            value = kernel(*_nested(kernel.signature, call))
            outcome.results = tuple([np.asarray(part)[()] for part in flattened(value)])
        except Trap as trap:
            outcome.trap = trap
    outcome.output = printed.getvalue().splitlines()
    return outcome


def _nested(signature: Signature, call: Arguments) -> list[Any]:
    """The arguments with the tuples that the parameters have."""
    values = iter(call)
    return [unflatten(parameter.tree, values) for parameter in signature.parameters]
