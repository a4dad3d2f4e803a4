"""Small programs in Fun, each of a few expressions that have checks of their own, every kind of expression in its turn.

`drill(choices, first)` takes the next `TURNS` rows of `EXPRESSIONS` from the one of this number on. What is wrong with
a check, with its place, or with the order of operands shows in the first such program that is called with the value
that it is for: operands are the arguments themselves, or what stands beside them.
"""

from __future__ import annotations

import re
from typing import Final

from ssair.testing.choices import Choices

TURNS: Final = 2
"""How many expressions a program has."""
_PARAMETERS: Final = (
    "a: i64, b: i64, c: i32, x: f64, y: f32, xs: [n]i64, ys: [n]f64, m: [n, k]f64, v: [k]i64, d: [2, 3]i64"
)
_OPERANDS: Final[dict[str, tuple[str, ...]]] = {
    "I": ("a", "b", "n", "k", "a + 1", "b - 1", "0", "1"),
    "J": ("b", "a", "k - 1", "n - 1", "0", "1", "a"),
    "X": ("x", "x + 0.5", "-x", "x * 1e18", "x * 1e10", "f64(y)"),
    "Y": ("y", "-y", "y * 1e18f32"),
    "C": ("c", "c + 1", "i32(a)"),
}
EXPRESSIONS: Final = (
    "i64({X})", "i32({X})", "i64({Y})", "i32({Y})", "i32({I})", "i64(ys)", "i32(ys)", "bool({X})", "f32({X})",
    "xs[{I}]", "m[{I}, {J}]", "d[{I}, {J}]", "m[{I}]", "m[{I}][{J}]", "xs with [{I}] = {J}",
    "m with [{I}, {J}] = x", "d with [{I}, {J}] = {I}", "(xs with [{I}] = {J})[{J}]",
    "{I} // {J}", "{I} % {J}", "xs // {I}", "xs % xs", "{C} // {C}", "{I} ** {J}", "xs ** ({I} % 4)",
    "minimum(xs)", "maximum(ys)", "argmin(ys)", "argmax(xs)", "zeros(n - k)", "[xs[i + {I} % 2] for i in 0..n]",
    "[d[i, j] // {I} for i in 0..2, j in 0..3]", "[m[i, j] for i in 0..n, j in 0..k]", "dot(ys, m[{I}])",
    "len(m[0])", "dim(m, 1) - dim(m, 0)", "transpose(m)[{I}, {J}]", "reverse(m)[{I}]",
    "loop s = 0 for i in {I}..min({J}, 4) do s + xs[i]", "loop s = a for i in 0..2 do d[i, s % 3]",
    "scan s = 0 for e in xs do s + e // {I}", "if {I} < {J} then xs[{I}] else v[{J}]", "min({I}, {J}) << ({I} % 70)",
    "{X} // {X}", "{X} % {X}", "select({I} == {J}, {X}, 1.0)", "{I} - {J} * {I}",
)  # fmt: skip
_PLACE: Final = re.compile(r"\{(\w)\}")


def drill(choices: Choices, first: int) -> str:
    """The program of a source of decisions."""

    def operand(place: re.Match[str]) -> str:
        texts = _OPERANDS[place[1]]
        return f"({texts[choices.below(len(texts))]})"

    rows = [EXPRESSIONS[(first + number) % len(EXPRESSIONS)] for number in range(TURNS)]
    lines = [f"  let r{number} = {_PLACE.sub(operand, row)} in" for number, row in enumerate(rows)]
    results = ", ".join(f"r{number}" for number in range(TURNS))
    return "\n".join([f"fn main({_PARAMETERS}) =", *lines, f"  ({results})"]) + "\n"
