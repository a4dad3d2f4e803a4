"""Maps of generated kernels give what the interpreter gives for one element after the other, traps and prints too."""

from __future__ import annotations

import contextlib
import io
from collections import defaultdict
from typing import Any

import numpy as np
import pytest

import ssair
from ssair.kernel import Kernel
from ssair.testing.choices import SeededChoices
from ssair.testing.generator import generate_program
from ssair.testing.outcomes import values_difference
from ssair.testing.plain_oracle import flattened
from ssair.traps import Trap

#: What XLA may do to floats is not what is tested here.
TOLERANCE = 1e-12


def ending(call: Any) -> tuple[Any, str]:
    """What a call gives or the trap that it ends in, and what it prints."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            value = call()
        except Trap as trap:
            value = trap
    return value, printed.getvalue()


def elements(kernel: Kernel, calls: list[tuple[Any, ...]], seed: int) -> tuple[list[tuple[Any, ...]], list[bool]]:
    """Calls of one shape, repeated at random, and which parameters differ among them: mostly all that may."""
    below = SeededChoices(seed).below
    groups: dict[object, list[tuple[Any, ...]]] = defaultdict(list)
    parameters = kernel.signature.parameters
    for call in calls:
        flat = kernel.signature.flatten(call)
        params = kernel.module.entry().params
        groups[tuple([int(v) if p.static else np.shape(v) for v, p in zip(flat, params, strict=True)])].append(call)
    largest = max(groups.values(), key=len)
    mapped = [parameter.text != "size" and below(4) > 0 for parameter in parameters]
    if not any(mapped):
        mapped = [parameter.text != "size" for parameter in parameters]
    shared = [[v if m else s for v, s, m in zip(call, largest[0], mapped, strict=True)] for call in largest]
    return [tuple(shared[below(len(shared))]) for _ in range(3 + below(8))], mapped


def stacked(values: list[Any]) -> Any:
    if isinstance(values[0], tuple):
        return tuple(stacked([value[place] for value in values]) for place in range(len(values[0])))
    return np.stack([np.asarray(value) for value in values])


@pytest.mark.parametrize("seed", range(24))
def test_a_map_is_a_loop_of_calls(seed: int) -> None:
    program = generate_program(seed, 20, exact_floats=True)
    kernel = ssair.compile(program.source)
    calls, mapped = elements(kernel, program.arguments(seed, 12), seed)
    if not any(mapped):
        return  # there is nothing to map over
    expected: list[Any] = []
    printed = ""
    for call in calls:
        value, lines = ending(lambda call=call: kernel.interpret(*call))
        expected.append(value)
        printed += lines
        if isinstance(value, Trap):
            break
    last = expected[-1]
    args = [stacked([c[i] for c in calls]) if differs else calls[0][i] for i, differs in enumerate(mapped)]
    for form in ("loop",) if kernel.prints else ("loop", "vmap"):
        found, lines = ending(lambda form=form: kernel.map(*args, batch=form))
        assert lines == printed
        if isinstance(last, Trap):
            assert isinstance(found, Trap) and found.same_as(last) and found.element == len(expected) - 1
            continue
        parts = zip(*[flattened(value) for value in expected], strict=True)
        whole = tuple([np.stack([np.asarray(part) for part in each]) for each in parts])
        assert not values_difference(whole, tuple(map(np.asarray, flattened(found))), TOLERANCE)
