"""What is redundant, and how much of it the default pipeline leaves: the list, one program a row.

A row says what is redundant, gives the body of `main(c: bool, n: i64, m: i64, x: f64, y: f64, xs: [k]f64)`, names
operations, and tells how many of them there are before and after. `docs/passes.md` has the golden test that shows each
in full; redundant uses of memory, which Fun has not, are there alone.
"""

from __future__ import annotations

import numpy as np
import pytest
from observed import observed

from ssair.ir import Function, Module
from ssair.pipeline import optimize
from ssair.sources import load

ROWS = {
    "the same text twice": ("(x + 1.0) * (x + 1.0)", "add", 2, 1),
    "the same with the operands turned round": ("exp(x * y) + exp(y * x)", "exp", 2, 1),
    "the same under other names": ("let a = x in let b = a in sin(a) * sin(b) * sin(x)", "sin", 3, 1),
    "a comparison and its mirror image": ("(if n < m then x else y) + (if m > n then y else x)", "lt gt", 2, 1),
    "before a conditional and in its arm": ("let a = exp(x) in if c then a + exp(x) else a", "exp", 2, 1),
    "in an arm and in an arm within it": (
        "if c then (if n > 1 then exp(x) + exp(x) else exp(x)) else 0.0",
        "exp",
        3,
        1,
    ),
    "in both arms": ("if c then exp(x) + y else exp(x) - y", "exp", 2, 1),
    "in both arms and after": ("(if c then exp(x) + y else exp(x) - y) * exp(x)", "exp", 3, 1),
    "before and after a diamond": ("let a = exp(x) in let b = if c then a else y in b * exp(x)", "exp", 2, 1),
    "a parameter of a join that brings one value": ("(if c then x else x) + x", "branch", 1, 0),
    "two parameters of a join that bring the same": (
        "let (a, b) = if c then (x, x) else (y, y) in sin(a) + sin(b)",
        "sin",
        2,
        1,
    ),
    "two conditionals on one condition": ("(if c then x else y) * (if c then x else y)", "branch", 2, 1),
    "carries that are always equal": (
        "let (a, b) = loop (a = x, b = x) for i in 0..n do (sin(a), sin(b)) in a + b",
        "sin",
        2,
        1,
    ),
    "carries that change places and are equal": (
        "let (a, b) = loop (a = x, b = x) for i in 0..n do (sin(b), sin(a)) in a + b",
        "sin",
        2,
        1,
    ),
    "two counters": ("f64(loop i = 0 while i < n do i + 1) + f64(loop j = 0 while j < n do j + 1)", "lt", 2, 1),
    "two comprehensions": ("sum([exp(v) for v in xs]) + sum([exp(w) for w in xs])", "exp", 2, 1),
    "two loops": (
        "(loop s = x for i in 0..n do sin(s)) + (loop t = x for j in 0..n do sin(t))",
        "sin",
        2,
        1,
    ),
    "a constant that is computed": ("x * f64(2 + 3 * 4)", "add mul convert", 4, 1),
    "a constant through a conditional": ("let k = if c then 3 else 3 in if k == 3 then x else exp(y)", "exp", 1, 0),
    "a constant round a loop": (
        "let (_, k) = loop (i = 0, k = 1) while i < n do (i + 1, k * k) in if k == 1 then x else exp(y)",
        "exp",
        1,
        0,
    ),
    "an identity of integers": ("x + f64((n + 0) * 1 - (m - m))", "add mul sub", 5, 1),
    "a sum of the same terms in another order": ("f64((n + m + 7) - (7 + m + n))", "add sub", 5, 0),
    "the magnitude of what is positive": ("if x > 0.0 then abs(x) else 1.0", "abs", 1, 0),
    "the greater of what a condition has compared": ("if n < m then f64(max(n, m)) else 0.0", "max", 1, 0),
    "a test within the same test": ("if n < m then (if n < m then x else exp(y)) else y", "exp", 1, 0),
    "a test that another implies": ("if n > 5 then (if n > 3 then x else exp(y)) else y", "exp", 1, 0),
    "a test that an assertion has made": ("assert n < m in if n < m then x else exp(y)", "exp", 1, 0),
    "a case that the cases before exclude": (
        "if n == 1 then x else if n == 2 then y else if n == 1 then exp(x) else 0.0",
        "exp",
        1,
        0,
    ),
    "work on a zero": ("if n == 0 then f64(m * m * n) else x", "mul", 2, 0),
    "equal values, of which one is enough": ("if n == m then sin(f64(n)) * sin(f64(m)) else 0.0", "sin", 2, 1),
    "a check that was made": ("if 0 <= n && n < len(xs) then xs[n] else 0.0", "check_index", 1, 0),
    "the same check twice": ("xs[n] + xs[n]", "check_index", 2, 1),
    "a check of what a loop counts": ("loop s = 0.0 for i in 0..len(xs) do s + xs[i]", "check_index", 1, 0),
    "a divisor that a condition has shown not to be zero": (
        "if m > 0 then f64(n // m) else 0.0",
        "check_nonzero",
        1,
        0,
    ),
    "an element that was just written": ("let ys = xs with [0] = x in ys[0]", "index", 1, 0),
    "a number that nobody uses": ("let a = exp(x) in y", "exp", 1, 0),
    "a carry that nobody uses": (
        "let (a, _) = loop (a = x, b = y) for i in 0..n do (sin(a), exp(b)) in a",
        "exp",
        1,
        0,
    ),
}
ARGUMENTS = [
    [True, 3, 5, 0.5, -2.0, np.array([1.0, 2.0])],
    [False, 0, -1, -1.5, 0.0, np.array([4.0])],
    [True, 1, 1, float("nan"), -0.0, np.zeros(3)],
    [False, 7, 2, -0.0, 3.0, np.zeros(0)],
]


def count(function: Function, names: str) -> int:
    """How many instructions or terminators have one of these names."""
    found = [instr.op.name for instr in function.instructions()] + [block.end.op.name for block in function.blocks]
    return sum(found.count(name) for name in names.split())


def program(body: str) -> Module:
    module = load(f"fn main(c: bool, n: i64, m: i64, x: f64, y: f64, xs: [k]f64) -> f64 =\n  {body}\n")
    module.entry_name = "main"
    return module


@pytest.mark.parametrize("what", ROWS)
def test_what_is_redundant_goes(what):
    body, names, before, after = ROWS[what]
    module = program(body)
    result = optimize(module)
    assert (count(module.entry(), names), count(result.entry(), names)) == (before, after)
    for arguments in ARGUMENTS:
        assert observed(result, arguments) == observed(module, arguments)


#: Where work is done, not how much of it there is: how often the operation is evaluated for the first arguments.
MOVED = {
    "invariant work in an arm in a loop": (
        "loop s = 0.0 for i in 0..n do if i > 0 then s + exp(x) else s",
        "exp",
        2,
        1,
    ),
    "work that only the other arm needs": ("let a = exp(x) in if n < 0 then a else y", "exp", 1, 0),
    "work of one arm and of what follows": ("let a = (if c then exp(x) else y) in a + exp(x)", "exp", 2, 1),
    "work on what an arm gives": (
        "let (a, b) = (if c then (x, tanh(x)) else (y, 0.0)) in b + tanh(a)",
        "tanh",
        2,
        1,
    ),
    "what a loop's condition computes again": (
        "let (a, s) = loop (a = x, s = 0.0) while sin(a) < 2.0 && s < 2.0 do (a + 1.0, s + 1.0 + sin(a + 1.0)) in s",
        "sin",
        5,
        3,
    ),
}


@pytest.mark.parametrize("what", MOVED)
def test_what_is_done_too_often_is_done_once(what, monkeypatch):
    from ssair import executable, interp

    body, name, before, after = MOVED[what]
    module = program(body)
    calls = []

    def ready(op, *details):
        meaning = made_ready(op, *details)
        return (lambda *operands: calls.append(op) or meaning(*operands)) if op.name == name else meaning

    made_ready = executable.ready
    monkeypatch.setattr(executable, "ready", ready)
    found = []
    for each in (module, optimize(module)):
        calls.clear()
        interp.execute(each, ARGUMENTS[0])
        found.append(len(calls))
    assert found == [before, after]
