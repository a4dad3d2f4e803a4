"""Flattened indices and other products, sums that are shown not to wrap, and what holds on all ways to a join.

A near miss comes with arguments for which the check that it is about fails: that one has to stay.
"""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any, Final

import numpy as np
import pytest

from ssair.context import Context
from ssair.frontends.fun import compile_source
from ssair.interp import StepsExceeded, execute
from ssair.parser import parse_module
from ssair.pipeline import optimize
from ssair.sources import load
from ssair.testing.outcomes import difference

HEAD: Final = "fn f(a: [n, m]i64, xs: [k]i64, i: i64, j: i64, r: i64) -> i64 = "
LEAST, GREATEST = -(2**63), 2**63 - 1

#: Expressions whose checks all go.
PROVED_AWAY: Final = {
    "rows after rows": """loop s = 0 for p in 0..n do loop s = s for q in 0..m do s + zeros(n * m)[p * m + q]""",
    "the transposed": """loop s = 0 for p in 0..m do loop s = s for q in 0..n do s + zeros(n * m)[q * m + p]""",
    "what is flat as rows": "loop s = 0 for p in 0..n * m do s + a[p // m, p % m]",
    "the length of all rows": "len(zeros(m * n))",
    "rows that are asserted to fit": """
        if 0 <= i <= 1 << 20 && 0 <= j <= 1 << 20 && i * j <= k then
          (loop s = 0 for p in 0..i do loop s = s for q in 0..j do s + xs[p * j + q])
        else 0""",
    "rows that end the array": """
        if 0 <= i <= 1 << 20 && 0 <= j <= 1 << 20 && i * j == k then
          (loop s = 0 for p in 1..i do loop s = s for q in 0..j do s + xs[p * j + q] - xs[p * j - j + q])
        else 0""",
    "blocks": "if i > 0 then (loop s = 0 for p in 0..k // i do loop s = s for q in 0..i do s + xs[p * i + q]) else 0",
    "a product that is not zero": "if n * m > 0 then i // n + i % m else 0",
    "the middle of what is tested": "if 0 <= i < j && j <= k then xs[(i + j) // 2] + xs[i + (j - i) // 2] else 0",
    "a step that does not pass the end": "if i > 0 then (loop s = 0 for p in 0..k by i do s + xs[p]) else 0",
    "what both ways to a join tell": """
        if i >= 0 && j >= 0 then
          (let _ = if r > 0 then (assert i < k && j > 2 in 1) else (assert i < k in 2) in xs[i])
        else 0""",
    "numbers up to a root": "let (_, s) = loop (p = 2, s = 0) while p * p < k do (p + 1, s + xs[p]) in s",
    "a square of what is below zero": "if -(1 << 31) <= i <= 0 && i * i < k then xs[-i] else 0",
    "the multiples behind a square": """
        let (_, s) = loop (p = 2, s = 0) while p * p < k do
          (p + 1, loop s = s for q in p * p..k by p do s + xs[q])
        in s""",
    "a square of what is small": "if 0 <= i <= 1 << 31 && i * i < k then xs[i] else 0",
    "a square of 32 bits": """
        let (_, s) = loop (p = i32(0), s = 0) while i64(p * p) < k && p < i32(9) do
          (p + i32(1), s + xs[i64(p)])
        in s""",
    "either of two tests": "if 0 <= i < k || 0 <= i && i < k - 1 then xs[i] else 0",
    "the rest of a merge": """
        let (_, _, s) = loop (p = 0, q = 0, s = 0) while p < k || q < n do
          if q >= n || p < k && xs[p] > 3 then (p + 1, q, s + xs[p]) else (p, q + 1, s)
        in s""",
}

_ROWS: Final = np.arange(6).reshape(2, 3)
_ROW: Final = np.arange(4)

#: Expressions of which one check may fail, and arguments that make it fail.
NEAR_MISSES: Final[dict[str, tuple[str, list[Any]]]] = {
    "a square that wraps": ("if 0 <= i && i * i < k then xs[i] else 0", [_ROWS, _ROW, 2**32, 0, 0]),
    "a square that begins by wrapping": (
        "let (_, s) = loop (p = i, s = 0) while p * p < k do (p + 1, s + xs[p]) in s",
        [_ROWS, _ROW, 2**32, 0, 0],
    ),
    "steps to where the square wraps": (
        "let (_, s) = loop (p = 1, s = 0) while p * p < k do (p + r, s + xs[p]) in s",
        [_ROWS, _ROW, 0, 0, 2**32 - 1],
    ),
    "a square that is at most the length": (
        "let (_, s) = loop (p = 1, s = 0) while p * p <= k do (p + 1, s + xs[p]) in s",
        [_ROWS, np.arange(1), 0, 0, 0],
    ),
    "the square of another": (
        "let (_, s) = loop (p = 0, s = 0) while p * j < k do (p + 1, s + xs[p]) in s",
        [_ROWS, _ROW, 0, 0, 0],
    ),
    "rows after rows, by the wrong length": (
        "loop s = 0 for p in 0..n do loop s = s for q in 0..m do s + zeros(n * m)[p * n + q + 3]",
        [_ROWS, _ROW, 0, 0, 0],
    ),
    "rows of one more": (
        "loop s = 0 for p in 0..n do loop s = s for q in 0..m + 1 do s + zeros(n * m)[p * m + q]",
        [_ROWS, _ROW, 0, 0, 0],
    ),
    "one row more": (
        "loop s = 0 for p in 0..n + 1 do loop s = s for q in 0..m do s + zeros(n * m)[p * m + q]",
        [_ROWS, _ROW, 0, 0, 0],
    ),
    "rows before the first": (
        "loop s = 0 for p in 0..n do loop s = s for q in 0..m do s + zeros(n * m)[p * m - 1 + q]",
        [_ROWS, _ROW, 0, 0, 0],
    ),
    "a product that wraps to what fits": (
        "if 0 < i && 0 < j && i * j <= k then xs[(i - 1) * j + j - 1] else 0",
        [_ROWS, _ROW, 2**32, 2**32, 0],
    ),
    "a product that wraps and is positive": (
        "if i * j > 0 && i != 0 then 2 ** (i - 1) else 0", [_ROWS, _ROW, -1, -1, 0]),
    "blocks of the wrong length": (
        "if i > 0 then (loop s = 0 for p in 0..k // i do loop s = s for q in 0..i + 1 do s + xs[p * i + q]) else 0",
        [_ROWS, _ROW, 2, 0, 0],
    ),
    "blocks of none": ("if i >= 0 then xs[(k // i - 1) * i + j] else 0", [_ROWS, _ROW, 0, 9, 0]),
    "flat, by the other length": (
        "loop s = 0 for p in 0..n * m do s + a[p // n, p % n]",
        [_ROWS, _ROW, 0, 0, 0],
    ),
    "a quotient by one less": (
        "if m > 1 then (loop s = 0 for p in 0..n * m do s + a[p // (m - 1), 0]) else 0",
        [_ROWS, _ROW, 0, 0, 0],
    ),
    "negative rows": (
        "if -9 <= i <= 9 && 0 <= j <= 9 && i * j <= k then xs[(i - 1) * j + j - 1] else 0",
        [_ROWS, _ROW, -2, 2, 0],
    ),
    "the middle of what wraps": ("if 0 <= i <= j then 2 ** ((i + j) // 2) else 0", [_ROWS, _ROW, 2**62, 2**62, 0]),
    "a sum that wraps below its end": (
        "if 0 <= i && i + j < k && j > 0 then xs[i + j] else 0", [_ROWS, _ROW, GREATEST, 2, 0]),
    "a difference that wraps above its end": ("if i - j > 0 && j >= 0 then 2 ** i else 0", [_ROWS, _ROW, LEAST, 1, 0]),
    "what one way to a join tells": (
        "let _ = if r > 0 then (assert 0 <= i < k in 1) else 2 in xs[i]",
        [_ROWS, _ROW, 9, 0, 0],
    ),
    "what another turn told": (
        """let (_, s) = loop (p = 9, s = 0) while s < 3 do
          let _ = if s > 0 then (assert p < k in 1) else 1 in (p - 8, s + 1 + xs[p])
        in s""",
        [_ROWS, _ROW, 0, 0, 0],
    ),
    "the rest of a merge, of the other": (
        """let (_, _, s) = loop (p = 0, q = 0, s = 0) while p < k || q < n do
          if q >= n || p < k && xs[p] > 3 then (p + 1, q, s + a[q, 0]) else (p, q + 1, s)
        in s""",
        [_ROWS, _ROW, 0, 0, 0],
    ),
}  # fmt: skip


def left(source: str) -> int:
    """How many checks, assertions aside, the default pipeline leaves."""
    result = optimize(compile_source(source), context=Context(verify_each=True))
    return sum(instr.op.traps and instr.op.name != "check" for instr in result.entry().instructions())


def test_the_sieve_checks_its_size_and_nothing_else():
    """A `size` is within its limits, so that squares up to it do not wrap."""
    module = optimize(load(Path(__file__).parent.parent / "examples" / "sieve.fun"))
    assert [instr.op.name for instr in module.entry().instructions() if instr.op.traps] == ["check_at_least"]


@pytest.mark.parametrize("name", PROVED_AWAY)
def test_proves(name: str) -> None:
    assert left(HEAD + PROVED_AWAY[name]) == 0


@pytest.mark.parametrize("name", NEAR_MISSES)
def test_does_not_prove(name: str) -> None:
    body, arguments = NEAR_MISSES[name]
    module = compile_source(HEAD + body)
    wanted = execute(module, arguments)
    assert wanted.trap is not None
    result = optimize(module, context=Context(verify_each=True))
    assert not difference(wanted, execute(result, arguments))


LENGTHS: Final = """
site 0: size

func @main -> i64 {
bb0(v0: bool[:,:]):
  v1: i64{0..2^47} = dim v0, 0
  v2: i64{0..2^47} = dim v0, 1
  v3: i64{32768} = const 32768
  v4: i64 = mul v1, v3
  v5: i64 = mul v2, v3
  v6: i64 = mul FACTORS
  v7: i64{0} = const 0
  v8: i64{0..} = check_at_least v6, v7 @0
  return v8
}
"""


@pytest.mark.parametrize(("factors", "left"), [("v1, v2", False), ("v4, v2", True), ("v4, v5", True)])
def test_multiples_of_the_lengths_of_an_array_may_wrap(factors: str, left: bool) -> None:
    """It takes an array of 2^33 elements to see it: no test runs this."""
    optimized = optimize(parse_module(LENGTHS.replace("FACTORS", factors)), "gvn,refine,sccp,bounds")
    assert ("check_at_least" in str(optimized)) is left


# ---- random programs ------------------------------------------------------------------------------------------------


def random_program(random: Random) -> str:
    """A program that reads a flat array by rows, nearly right in one of many ways."""

    def either(*texts: str) -> str:
        return random.choice(texts)

    few = either("8", "8", "8", "1 << 20", "1 << 20", "9223372036854775807")
    guard = f"0 <= i <= {few} && {either('0', '0', '0', '1', '-2')} <= j <= {few}"
    fits = f"{either('i * j', 'j * i', 'i * j + 1', 'i * j - 1', 'i * (j + 1)')} {either('<=', '==', '<')} k"
    rows = either("0..i", "0..i", "1..i", "0..i + 1", "0..k // max(j, 1)")
    columns = either("0..j", "0..j", "0..j + 1", "1..j", "p..j")
    index = either(
        "p * j + q", "p * j + q", "j * p + q", "p * j + j - 1 - q", "(p + 1) * j + q - j", "p * j - q", "q * i + p"
    )
    again = either("s + xs[INDEX]", "s + xs[INDEX // 2]", "s + xs[INDEX] + (INDEX) // j", "s + 1 // j + (INDEX) // j")
    body = again.replace("INDEX", index)
    loops = f"loop s = 0 for p in {rows} do loop s = s for q in {columns} do {body}"
    return f"{HEAD} if {guard} && {fits} then ({loops}) else 0"


def test_random_programs_about_rows_keep_their_meaning() -> None:
    random, proved = Random(7), 0
    for number in range(80):
        module = compile_source(random_program(random))
        context = Context(verify_each=number % 6 == 0)
        result = optimize(module, context=context)
        proved += context.counters["bounds.proved"]
        for i, j in ((2, 3), (3, 2), (0, 4), (4, 0), (1, 1), (2**32, 2**32), (-2, -2), (6, 1)):
            arguments = [_ROWS, np.arange(6 + number % 2), i, j, number % 4]
            try:
                wanted = execute(module, arguments, max_steps=3000)
            except StepsExceeded:
                continue
            assert not difference(wanted, execute(result, arguments, max_steps=3000)), number
    assert proved > 12
