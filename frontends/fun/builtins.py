"""The built-in functions of Fun, as one table: name, number of arguments, and the rule that types a call.

The rules themselves are in the checker (check_builtins.py), by `Builtin.rule`.
"""

from __future__ import annotations

from dataclasses import dataclass

MANY = 1 << 30


@dataclass(frozen=True, slots=True)
class Builtin:
    """A built-in function.  `usage` shows how it is called; `other` is what a wrong arity may have meant."""

    name: str
    rule: str
    least: int
    most: int
    usage: str
    other: str = ""


_ROWS: list[tuple[str, str, int, int, str, str]] = [
    # name        rule            least most  usage                 meant with another arity
    ("abs",       "number",       1, 1,    "abs(x)",             ""),
    ("sign",      "number",       1, 1,    "sign(x)",            ""),
    ("min",       "two_numbers",  2, 2,    "min(a, b)",          "minimum"),
    ("max",       "two_numbers",  2, 2,    "max(a, b)",          "maximum"),
    ("sqrt",      "float",        1, 1,    "sqrt(x)",            ""),
    ("exp",       "float",        1, 1,    "exp(x)",             ""),
    ("log",       "float",        1, 1,    "log(x)",             ""),
    ("sin",       "float",        1, 1,    "sin(x)",             ""),
    ("cos",       "float",        1, 1,    "cos(x)",             ""),
    ("tan",       "float",        1, 1,    "tan(x)",             ""),
    ("tanh",      "float",        1, 1,    "tanh(x)",            ""),
    ("floor",     "float",        1, 1,    "floor(x)",           ""),
    ("ceil",      "float",        1, 1,    "ceil(x)",            ""),
    ("round",     "float",        1, 1,    "round(x)",           ""),
    ("isnan",     "float_test",   1, 1,    "isnan(x)",           ""),
    ("isinf",     "float_test",   1, 1,    "isinf(x)",           ""),
    ("select",    "select",       3, 3,    "select(c, a, b)",    ""),
    ("i32",       "conversion",   1, 1,    "i32(x)",             ""),
    ("i64",       "conversion",   1, 1,    "i64(x)",             ""),
    ("f32",       "conversion",   1, 1,    "f32(x)",             ""),
    ("f64",       "conversion",   1, 1,    "f64(x)",             ""),
    ("bool",      "conversion",   1, 1,    "bool(x)",            ""),
    ("len",       "length",       1, 1,    "len(xs)",            "dim"),
    ("dim",       "dimension",    2, 2,    "dim(a, k)",          "len"),
    ("sum",       "reduction",    1, 1,    "sum(xs)",            ""),
    ("prod",      "reduction",    1, 1,    "prod(xs)",           ""),
    ("minimum",   "reduction",    1, 1,    "minimum(xs)",        "min"),
    ("maximum",   "reduction",    1, 1,    "maximum(xs)",        "max"),
    ("any",       "truth",        1, 1,    "any(bs)",            ""),
    ("all",       "truth",        1, 1,    "all(bs)",            ""),
    ("argmin",    "position",     1, 1,    "argmin(xs)",         ""),
    ("argmax",    "position",     1, 1,    "argmax(xs)",         ""),
    ("dot",       "dot",          2, 2,    "dot(xs, ys)",        ""),
    ("transpose", "transpose",    1, 1,    "transpose(a)",       ""),
    ("reverse",   "reverse",      1, 1,    "reverse(xs)",        ""),
    ("zeros",     "zeros",        1, MANY, "zeros(n, …)",        "full"),
    ("full",      "full",         2, MANY, "full(v, n, …)",      "zeros"),
    ("iota",      "iota",         1, 1,    "iota(n)",            "zeros"),
]  # fmt: skip

BUILTINS: dict[str, Builtin] = {row[0]: Builtin(*row) for row in _ROWS}
"""The built-in functions by name."""

FOREIGN: dict[str, str] = {
    "arange": "iota(n)",
    "clamp": "min(max(x, lo), hi)",
    "clip": "min(max(x, lo), hi)",
    "concat": "[… for i in 0..n]",
    "concatenate": "[… for i in 0..n]",
    "cumprod": "scan acc = 1 for x in xs do acc * x",
    "cumsum": "scan acc = 0 for x in xs do acc + x",
    "enumerate": "for i in 0..len(xs)",
    "eye": "[f64(i == j) for i in 0..n, j in 0..n]",
    "fabs": "abs(x)",
    "float": "f64(x)",
    "fold": "loop acc = 0 for x in xs do acc + x",
    "foldl": "loop acc = 0 for x in xs do acc + x",
    "foldr": "loop acc = 0 for x in reverse(xs) do x + acc",
    "int": "i64(x)",
    "length": "len(xs)",
    "ln": "log(x)",
    "map": "[… for x in xs]",
    "log10": "log(x) / log(10.0)",
    "log2": "log(x) / log(2.0)",
    "matmul": "a @ b",
    "mean": "sum(xs) / f64(len(xs))",
    "norm": "sqrt(dot(xs, xs))",
    "ones": "full(1.0, n)",
    "pow": "a ** b",
    "range": "lo..hi",
    "reduce": "loop acc = 0 for x in xs do acc + x",
    "shape": "dim(a, k)",
    "sigmoid": "1.0 / (1.0 + exp(-x))",
    "where": "select(c, a, b)",
    "zeros_like": "zeros(len(xs))",
    "zip": "for i in 0..len(xs)",
}
"""Functions of other languages, and how Fun says them."""

FOREIGN_VALUES: dict[str, str] = {
    "True": "true",
    "False": "false",
    "inf": "1.0 / 0.0",
    "infinity": "1.0 / 0.0",
    "nan": "0.0 / 0.0",
    "pi": "3.141592653589793",
}
"""Values that have a name in other languages, and how Fun says them."""
