"""THE table of algebraic identities that `simplify` applies: pattern, replacement, kinds of operands, condition.

`ssair.passes.patterns` says how patterns are written. The kinds are those of the (element) type of the first variable.
Every rule gives the same run-time value bit for bit: integers wrap, `x // 0` is x, `x % 0` is 0; a float rule stands
here only if it is exact for NaN, infinities and both zeros. The tests evaluate each rule on the values where such rules
break.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ssair.passes.conditions import (
    Condition,
    at_most,
    both,
    nonzero,
    not_nan,
    not_negative,
    not_negative_zero,
    not_positive,
    product_fits,
    within_mask,
    within_remainders,
)

INT: Final = ("int",)
FLOAT: Final = ("float",)
BOOL: Final = ("bool",)
NUMBER: Final = ("int", "float")
BITS: Final = ("int", "bool")
ANY: Final = ("int", "float", "bool")


class Rule(NamedTuple):
    """One row."""

    pattern: str
    replacement: str
    kinds: tuple[str, ...]
    condition: Condition | None = None


RULES: Final = (
    # sums
    Rule("add(x, 0)", "x", INT),
    Rule("add(x, -0.0)", "x", FLOAT),
    Rule("add(x, 0.0)", "x", FLOAT, not_negative_zero("x")),
    Rule("add(x, neg(y))", "sub(x, y)", NUMBER),
    Rule("add(sub(x, y), y)", "x", INT),
    Rule("add(add(x, c), d)", "add(x, add(c, d))", INT),
    Rule("sub(x, 0)", "x", NUMBER),
    Rule("sub(x, x)", "0", INT),
    Rule("sub(0, x)", "neg(x)", INT),
    Rule("sub(-0.0, x)", "neg(x)", FLOAT),
    Rule("sub(x, c)", "add(x, neg(c))", INT),
    Rule("sub(x, neg(y))", "add(x, y)", NUMBER),
    Rule("sub(add(x, y), y)", "x", INT),
    Rule("sub(x, add(x, y))", "neg(y)", INT),
    Rule("sub(x, sub(x, y))", "y", INT),
    Rule("sub(sub(x, y), x)", "neg(y)", INT),
    Rule("neg(neg(x))", "x", NUMBER),
    Rule("neg(sub(x, y))", "sub(y, x)", INT),
    # products
    Rule("mul(x, 0)", "0", INT),
    Rule("mul(x, 1)", "x", NUMBER),
    Rule("mul(x, -1)", "neg(x)", NUMBER),
    Rule("mul(mul(x, c), d)", "mul(x, mul(c, d))", INT),
    Rule("mul(neg(x), neg(y))", "mul(x, y)", NUMBER),
    Rule("mul(neg(x), c)", "mul(x, neg(c))", NUMBER),
    Rule("div(x, 1)", "x", FLOAT),
    Rule("div(x, -1)", "neg(x)", FLOAT),
    Rule("floordiv(x, 1)", "x", INT),
    Rule("floordiv(x, -1)", "neg(x)", INT),
    Rule("floordiv(0, x)", "0", INT),
    Rule("floordiv(x, x)", "1", INT, nonzero("x")),
    Rule("floordiv(mul(x, y), y)", "x", INT, both(nonzero("y"), product_fits("x", "y"))),
    Rule("mod(x, 1)", "0", INT),
    Rule("mod(x, -1)", "0", INT),
    Rule("mod(0, x)", "0", INT),
    Rule("mod(x, x)", "0", INT),
    Rule("mod(x, y)", "x", INT, within_remainders("x", "y")),
    Rule("mod(mod(x, y), y)", "mod(x, y)", INT),
    Rule("mod(mul(x, y), y)", "0", INT, product_fits("x", "y")),
    Rule("pow(x, 0)", "1", INT),
    Rule("pow(x, 1)", "x", NUMBER),
    Rule("pow(x, 2)", "mul(x, x)", INT),
    Rule("pow(1, x)", "1", INT),
    # magnitudes and extremes
    Rule("abs(x)", "x", NUMBER, not_negative("x")),
    Rule("abs(x)", "neg(x)", NUMBER, not_positive("x")),
    Rule("abs(neg(x))", "abs(x)", NUMBER),
    Rule("abs(abs(x))", "abs(x)", NUMBER),
    Rule("min(x, x)", "x", NUMBER),
    Rule("max(x, x)", "x", NUMBER),
    Rule("min(x, y)", "x", NUMBER, at_most("x", "y")),
    Rule("max(x, y)", "y", NUMBER, at_most("x", "y")),
    Rule("min(x, max(x, y))", "x", INT),
    Rule("max(x, min(x, y))", "x", INT),
    Rule("min(x, min(x, y))", "min(x, y)", NUMBER),
    Rule("max(x, max(x, y))", "max(x, y)", NUMBER),
    Rule("min(min(x, c), d)", "min(x, min(c, d))", NUMBER),
    Rule("max(max(x, c), d)", "max(x, max(c, d))", NUMBER),
    # bits
    Rule("and(x, x)", "x", BITS),
    Rule("and(x, 0)", "0", INT),
    Rule("and(x, -1)", "x", INT),
    Rule("and(x, true)", "x", BOOL),
    Rule("and(x, not(x))", "false", BOOL),
    Rule("and(x, xor(x, -1))", "0", INT),
    Rule("and(x, or(x, y))", "x", BITS),
    Rule("and(and(x, c), d)", "and(x, and(c, d))", INT),
    Rule("and(x, and(x, y))", "and(x, y)", BITS),
    Rule("and(x, c)", "x", INT, within_mask("x", "c")),
    Rule("or(x, x)", "x", BITS),
    Rule("or(x, 0)", "x", INT),
    Rule("or(x, -1)", "-1", INT),
    Rule("or(x, false)", "x", BOOL),
    Rule("or(x, not(x))", "true", BOOL),
    Rule("or(x, xor(x, -1))", "-1", INT),
    Rule("or(x, and(x, y))", "x", BITS),
    Rule("or(or(x, c), d)", "or(x, or(c, d))", INT),
    Rule("or(x, or(x, y))", "or(x, y)", BITS),
    Rule("xor(x, x)", "0", INT),
    Rule("xor(x, x)", "false", BOOL),
    Rule("xor(x, 0)", "x", INT),
    Rule("xor(x, false)", "x", BOOL),
    Rule("xor(x, true)", "not(x)", BOOL),
    Rule("xor(xor(x, y), y)", "x", BITS),
    Rule("xor(xor(x, c), d)", "xor(x, xor(c, d))", INT),
    Rule("shl(x, 0)", "x", INT),
    Rule("shl(0, x)", "0", INT),
    Rule("shr(x, 0)", "x", INT),
    Rule("shr(0, x)", "0", INT),
    # truth
    Rule("not(not(x))", "x", BOOL),
    Rule("not(eq(x, y))", "ne(x, y)", ANY),
    Rule("not(ne(x, y))", "eq(x, y)", ANY),
    Rule("not(lt(x, y))", "ge(x, y)", BITS),
    Rule("not(le(x, y))", "gt(x, y)", BITS),
    Rule("not(gt(x, y))", "le(x, y)", BITS),
    Rule("not(ge(x, y))", "lt(x, y)", BITS),
    Rule("eq(x, x)", "true", BITS),
    Rule("eq(x, x)", "true", FLOAT, not_nan("x")),
    Rule("le(x, x)", "true", BITS),
    Rule("le(x, x)", "true", FLOAT, not_nan("x")),
    Rule("ge(x, x)", "true", BITS),
    Rule("ge(x, x)", "true", FLOAT, not_nan("x")),
    Rule("ne(x, x)", "false", BITS),
    Rule("ne(x, x)", "false", FLOAT, not_nan("x")),
    Rule("lt(x, x)", "false", ANY),
    Rule("gt(x, x)", "false", ANY),
    Rule("eq(x, true)", "x", BOOL),
    Rule("eq(x, false)", "not(x)", BOOL),
    Rule("ne(x, true)", "not(x)", BOOL),
    Rule("ne(x, false)", "x", BOOL),
    # choices
    Rule("select(true, x, y)", "x", ANY),
    Rule("select(false, x, y)", "y", ANY),
    Rule("select(z, x, x)", "x", BOOL),
    Rule("select(x, true, false)", "x", BOOL),
    Rule("select(x, false, true)", "not(x)", BOOL),
    Rule("select(not(z), x, y)", "select(z, y, x)", BOOL),
    Rule("select(lt(x, y), x, y)", "min(x, y)", INT),
    Rule("select(le(x, y), x, y)", "min(x, y)", INT),
    Rule("select(gt(x, y), x, y)", "max(x, y)", INT),
    Rule("select(ge(x, y), x, y)", "max(x, y)", INT),
    Rule("select(lt(x, y), y, x)", "max(x, y)", INT),
    Rule("select(le(x, y), y, x)", "max(x, y)", INT),
    Rule("select(gt(x, y), y, x)", "min(x, y)", INT),
    Rule("select(ge(x, y), y, x)", "min(x, y)", INT),
    # arrays
    Rule("transpose(transpose(x))", "x", ANY),
    Rule("reverse(reverse(x))", "x", ANY),
)
