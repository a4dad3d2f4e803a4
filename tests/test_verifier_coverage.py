"""Every way in which the verifier refuses a function is taken by some test that breaks a valid one in just that way.

The places where a fault is raised, or given back to be raised, are found in the verifier's own syntax trees; the broken
functions are those of `tests/test_verifier.py`, `tests/test_verifier_allowed.py` and those below. A rule that is added
without one fails here.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any, Final

import pytest
from test_verifier import BEHIND_THE_TEXT, IN_TEXT, VALID, cache_analyses, changed
from test_verifier_allowed import BOTH_ARMS, CROSSES_THE_BORDER

import ssair.verifier
from ssair.ir import Module
from ssair.parser import parse_module
from ssair.verifier import VerifierError, verify

FOLDER: Final = Path(ssair.verifier.__file__).parent
FILES: Final = sorted(FOLDER.glob("verifier*.py"))
Place = tuple[str, int]


def refusals() -> dict[Place, str]:
    """Where the verifier raises a fault, or gives one to be raised: a tuple of two or more that begins with a rule."""
    document = sys.modules["ssair.verifier"].__doc__ or ""
    rules = {line.split("`")[1] for line in document.splitlines() if line.startswith("- `")}
    found: dict[Place, str] = {}
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for rule in _rules_named(node, rules):
                found[path.name, node.lineno] = rule  # type: ignore[attr-defined]
    return found


def _rules_named(node: ast.AST, rules: set[str]) -> Iterator[str]:
    parts: list[ast.expr] = []
    if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
        parts = node.exc.args[:1]
    elif isinstance(node, ast.Return):
        values = [node.value.body, node.value.orelse] if isinstance(node.value, ast.IfExp) else [node.value]
        parts = [value.elts[0] for value in values if isinstance(value, ast.Tuple) and value.elts]
    for part in parts:
        if isinstance(part, ast.Constant) and part.value in rules:
            yield str(part.value)


def broken() -> Iterator[Module]:
    """Modules that are valid but for one thing."""
    for _, old, new in IN_TEXT:
        replacements = [(old, new)]
        if "v20" in new:
            replacements.append(("  v15:", "  v20: i64{0..2^47} = max v2, v3\n  v15:"))
        if "v21)" in new and "call" in new:
            replacements.append(("  v15:", "  v21: i64{-2^47..0} = sub v3, v2\n  v15:"))
        if old.startswith("bb2(v4: f64[:]{0.0..}):\n"):
            replacements = [("  v5: i64{0..2^47} = narrow v0", "  v5: i64 = narrow v0")]
        yield changed(*replacements)
    for _, breaks in BEHIND_THE_TEXT:
        module = parse_module(VALID)
        breaks(module)
        yield module
    yield parse_module(BOTH_ARMS, verified=False)
    yield parse_module(CROSSES_THE_BORDER, verified=False)
    module = parse_module(VALID)
    function = cache_analyses(module)
    function.blocks[3].end.edges[0].target = function.blocks[6]
    function.blocks[6].instrs.clear()
    yield module


def lines_run(module: Module) -> set[Place]:
    """The lines of the verifier that run as it refuses a module."""
    names = {str(path): path.name for path in FILES}
    seen: set[Place] = set()

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        name = names.get(frame.f_code.co_filename)
        if name is None:
            return None
        seen.add((name, frame.f_lineno))
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        with pytest.raises(VerifierError):
            verify(module)
    finally:
        sys.settrace(before)
    return seen


def test_every_refusal_is_reached_by_breaking_a_valid_function() -> None:
    missing = refusals()
    assert len(missing) > 40
    for module in broken():
        for place in lines_run(module) & missing.keys():
            del missing[place]
    assert not missing
