"""What lowered programs of Fun mean: values, traps, lines printed, and the order of evaluation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from test_lower import GREATEST, LEAST, NAN, module_of, run, value_of

from ssair.facts import MAX_SIZE
from ssair.interp import execute

# ---- the meaning ----------------------------------------------------------------------------------------------------

VALUES: list[tuple[str, tuple[object, ...], object]] = [
    # literals, arithmetic, conversions
    ("fn f(x: i64) -> i64 = x + 1 - 2 * 3", (4,), -1),
    ("fn f(x: i64) -> i64 = x * x", (2**62,), 0),
    ("fn f(x: i64, y: i64) -> (i64, i64) = (x // y, x % y)", (-7, 2), (-4, 1)),
    ("fn f(x: i64, y: i64) -> (i64, i64) = (x // y, x % y)", (LEAST, -1), (LEAST, 0)),
    ("fn f(x: f64, y: f64) -> (f64, f64, f64) = (x / y, x // y, x % y)", (-7.0, 2.0), (-3.5, -4.0, 1.0)),
    ("fn f(x: i64, y: i64) -> i64 = -x ** 2 ** y", (3, 1), -9),
    ("fn f(x: i64) -> i64 = x ** 0 + 2 ** x", (0,), 2),
    ("fn f(x: f64) -> f64 = x ** -1.0", (4.0,), 0.25),
    ("fn f(x: i32) -> i32 = -x", (-(2**31),), -(2**31)),
    ("fn f(x: i64) -> i64 = abs(x)", (LEAST,), LEAST),
    ("fn f(x: i64, y: i64) -> (i64, i64, i64) = (x & y, x | y, x ^ y)", (12, 10), (8, 14, 6)),
    ("fn f(x: i64, y: i64) -> (i64, i64) = (x << y, x >> y)", (-3, 70), (0, -1)),
    ("fn f(x: i64, y: i64) -> (i64, i64) = (x << y, x >> y)", (-3, 1), (-6, -2)),
    (
        "fn f(x: f64) -> (i64, i32, bool, f64) = (i64(x), i32(x), bool(x), f64(x))",
        (2147483647.5,),
        (2**31 - 1, 2**31 - 1, True, 2147483647.5),
    ),
    (
        "fn f(x: i64) -> (i32, bool, f64, i64) = (i32(x), bool(x), f64(x), i64(x))",
        (2**32 + 5,),
        (5, True, 4294967301.0, 2**32 + 5),
    ),
    ("fn f(x: f64) -> bool = bool(x)", (NAN,), True),
    ("fn f(x: bool) -> (i64, f64, bool) = (i64(x), f64(x), bool(x))", (True,), (1, 1.0, True)),
    ("fn f(x: f32) -> f32 = x + 0.1", (0.0,), 0.10000000149011612),
    ("fn f(x: i64) -> (i64, i64, f64) = (min(x, 2), max(x, 2), select(x > 2, 1.5, 2.5))", (3,), (2, 3, 1.5)),
    ("fn f(x: f64) -> [5]f64 = [floor(x), ceil(x), round(x), sign(x), sqrt(x)]", (6.25,), [6.0, 7.0, 6.0, 1.0, 2.5]),
    # comparisons and conditions
    ("fn f(x: i64) -> bool = 0 <= x < 10 != 3", (4,), True),
    ("fn f(x: i64) -> bool = 0 <= x < 10 != 3", (10,), False),
    ("fn f(x: i64, y: i64) -> bool = x == 0 || 6 // x == y", (0, 1), True),
    ("fn f(x: i64, y: i64) -> bool = x == 0 || 6 // x == y", (3, 2), True),
    ("fn f(x: i64, y: i64) -> bool = x != 0 && 6 // x == y && !(y == 3)", (2, 3), False),
    ("fn f(x: i64, y: i64) -> bool = x != 0 && 6 // x == y && !(y == 3)", (0, 3), False),
    ("fn f(x: i64, y: i64) -> bool = x != 0 && 6 // x == y && !(y == 3)", (3, 2), True),
    ("fn f(a: bool, b: bool) -> (bool, bool, bool) = (a && b, a || b, !a)", (True, False), (False, True, False)),
    ("fn f(x: f64) -> (bool, bool) = (!(x < 1.0), x >= 1.0)", (NAN,), (True, False)),
    ("fn f(x: i64) -> i64 = if x < 0 then -1 else if x == 0 then 0 else 1", (0,), 0),
    ("fn f(x: i64) -> i64 = if (x < 3 || x > 8) && (let y = x * 2 in y != 4) then 1 else 2", (2,), 2),
    ("fn f(x: i64) -> i64 = if (x < 3 || x > 8) && (let y = x * 2 in y != 4) then 1 else 2", (9,), 1),
    ("fn f(x: i64) -> i64 = if (if x > 5 then x < 8 else x == 2) then x else -x", (7,), 7),
    ("fn f(x: i64) -> i64 = if (if x > 5 then x < 8 else x == 2) then x else -x", (8,), -8),
    ("fn f(x: i64) -> i64 = if (if x > 5 then x < 8 else x == 2) then x else -x", (2,), 2),
    # tuples and shadowing
    ("fn f(x: i64) -> i64 = let (a, (b, _)) = (x, (x + 1, x + 2)) let a = a * 10 in a + b", (1,), 12),
    (
        "fn f(p: ((i64, f64), bool)) -> (bool, (f64, i64)) = let ((a, b), c) = p in (c, (b, a))",
        (1, 2.5, True),
        (True, 2.5, 1),
    ),
    # loops
    ("fn f(n: i64) -> i64 = loop x = n while x > 0 && x != 7 do x - 1", (9,), 7),
    ("fn f(n: i64) -> (i64, i64) = loop (a = 0, b = 1) for _ in 0..n do (b, a + b)", (10,), (55, 89)),
    ("fn f(n: i64) -> i64 = loop s = 0 for i in 2..n by 3 do s * 10 + i", (9,), 258),
    ("fn f(n: i64) -> i64 = loop s = 0 for i in 5..n do s + i", (5,), 0),
    ("fn f(n: i64) -> i64 = loop s = 0 for i in 5..n do s + i", (LEAST,), 0),
    ("fn f(n: i32) -> i32 = loop s = 0i32 for i in 0i32..n do s + i", (4,), 6),
    ("fn f(n: i64) -> i64 = loop s = 0 for i in n - 5..n by 2 do s + 1", (GREATEST,), 3),
    ("fn f(n: i64, k: i64) -> i64 = loop s = 0 for i in 0..n by k do s + 1", (GREATEST, 2**62), 2),
    ("fn f(n: i64, k: i64) -> i64 = loop s = 0 for i in -n..n by k do s + 1", (GREATEST, GREATEST), 2),
    ("fn f(n: i32, k: i32) -> i32 = loop s = 0i32 for i in 0i32..n by k do s + 1i32", (2**31 - 1, 2**30), 2),
    ("fn f(xs: [n]i64) -> i64 = loop s = 0 for x in xs do s * 10 + x", ([1, 2, 3],), 123),
    ("fn f(a: [n, m]i64) -> i64 = loop s = 0 for row in a do s * 10 + sum(row)", ([[1, 2], [3, 4]],), 37),
    ("fn f(xs: [n]i64) -> [n]i64 = loop ys = xs for i in 0..n do ys with [i] = ys[n - 1 - i]", ([1, 2, 3],), [3, 2, 3]),
    # scans
    ("fn f(xs: [n]i64) -> [n]i64 = scan s = 0 for x in xs do s + x", ([1, 2, 3],), [1, 3, 6]),
    ("fn f(xs: [n]i64) -> [n]i64 = scan s = 0 for x in xs do s + x", ([],), []),
    ("fn f(n: size) -> [n]i64 = scan s = 1 for i in 0..n do s * (i + 1)", (5,), [1, 2, 6, 24, 120]),
    ("fn f(n: size) = scan s = 0 for i in 1..n by 4 do s + i", (11,), [1, 6, 15]),
    ("fn f(n: size) = scan (a = 0, b = true) for i in 0..n do (i, !b)", (3,), ([0, 1, 2], [False, True, False])),
    (
        "fn f(x: [d]f64, n: size) -> [n, d]f64 = scan y = x for _ in 0..n do y * 2.0",
        ([1.0, 3.0], 2),
        [[2.0, 6.0], [4.0, 12.0]],
    ),
    (
        "fn f(a: [n, m]i64) -> [n, m]i64 = scan s = zeros(m) for row in a do s + row",
        ([[1, 2], [3, 4]],),
        [[1, 2], [4, 6]],
    ),
    # comprehensions
    ("fn f(n: size) -> [n]i64 = [i * i for i in 0..n]", (4,), [0, 1, 4, 9]),
    ("fn f(n: size) = [i for i in 1..n by 3]", (8,), [1, 4, 7]),
    ("fn f(n: size) = [i for i in 1..n by 3]", (1,), []),
    ("fn f(n: size, k: size) = [i for i in 0..n by k]", (10, MAX_SIZE), [0]),
    (
        "fn f(xs: [n]i64, ys: [m]i64) -> [n, m]i64 = [x * 10 + y for x in xs, y in ys]",
        ([1, 2], [3, 4, 5]),
        [[13, 14, 15], [23, 24, 25]],
    ),
    ("fn f(xs: [n]i64) -> ([n]i64, [n]bool) = [(x + 1, x > 1) for x in xs]", ([1, 2],), ([2, 3], [False, True])),
    (
        "fn f(a: [n, m]i64) -> [m, n]i64 = [[a[i, j] for i in 0..n] for j in 0..m]",
        ([[1, 2, 3], [4, 5, 6]],),
        [[1, 4], [2, 5], [3, 6]],
    ),
    ("fn f(a: [n, m]i64) -> [n]i64 = [sum(row) for row in a]", ([[1, 2, 3], [4, 5, 6]],), [6, 15]),
    ("fn f(n: size) = [if i < 2 then i else loop s = 0 for j in 0..i do s + j for i in 0..n]", (5,), [0, 1, 1, 3, 6]),
    ("fn f(n: size, k: size) -> i64 = let xs = [i + 7 for i in 0..n by k] in xs[0]", (10, MAX_SIZE), 7),
    ("fn f(n: size) -> i64 = let xs = [i + 7 for i in 0..n by 9223372036854775807] in xs[0]", (10,), 7),
    ("fn f(n: size) -> i64 = let xs = [i + 7 for i in 0..n by 3] in xs[3] + len(xs)", (10,), 20),
    # arrays
    ("fn f(a: [n, m]i64, i: i64) -> ([m]i64, i64) = (a[i], a[i][0] + a[i, 1])", ([[1, 2], [3, 4]], 1), ([3, 4], 7)),
    ("fn f(a: [n, m]i64) -> [n, m]i64 = a with [0, 1] = 9 with [1, 0] = 8", ([[1, 2], [3, 4]],), [[1, 9], [8, 4]]),
    ("fn f(x: i64) -> [2, 2]i64 = [[1, x], [x, 4]]", (7,), [[1, 7], [7, 4]]),
    ("fn f(i: i32) -> f64 = [1.5, -2.5][i]", (1,), -2.5),
    ("fn f(xs: [n]i64) -> [n]i64 = xs // 2 - 10 % xs", ([3, -4],), [0, 0]),
    ("fn f(xs: [n]i64, d: i64) -> [n]i64 = xs // d", ([], 0), []),
    (
        "fn f(xs: [n]i64, ys: [n]i64) -> ([n]bool, bool) = (xs < ys, all(xs <= ys))",
        ([1, 2], [1, 3]),
        ([False, True], True),
    ),
    ("fn f(a: [n, k]i64, b: [k, m]i64) -> [n, m]i64 = a @ b", ([[1, 2]], [[3], [4]]), [[11]]),
    (
        "fn f(a: [n, m]i64) -> ([m, n]i64, [n, m]i64, i64, i64) = (transpose(a), reverse(a), len(a), dim(a, 1))",
        ([[1, 2, 3]],),
        ([[1], [2], [3]], [[1, 2, 3]], 1, 3),
    ),
    (
        "fn f(n: size, m: size) -> ([n, m]f64, [n]bool, [m]i64) = (zeros(n, m), full(true, n), iota(m))",
        (1, 2),
        ([[0.0, 0.0]], [True], [0, 1]),
    ),
    (
        "fn f(xs: [n]i64) -> (i64, i64, i64, i64, i64) = (sum(xs), prod(xs), minimum(xs), argmax(xs), dot(xs, xs))",
        ([2, 5, 5],),
        (12, 50, 2, 1, 54),
    ),
    ("fn f(a: [n, m]f64) -> f64 = maximum(a)", ([[1.0, 7.0], [3.0, 4.0]],), 7.0),
    # calls
    ("fn f(x: i64) -> i64 = twice(twice(x)) fn twice(x: i64) -> i64 = 2 * x", (3,), 12),
    (
        "fn f(x: i64) -> (i64, i64) = let (a, b) = g((x, 2)) in (b, a) fn g(p: (i64, i64)) -> (i64, i64) = p",
        (3,),
        (2, 3),
    ),
    ("fn f(n: i64) -> i64 = if n < 2 then n else f(n - 1) + f(n - 2)", (15,), 610),
    ("fn f(n: i64, s: i64) -> i64 = if n == 0 then s else f(n - 1, s + n)", (50_000, 0), 1_250_025_000),
    (
        "fn f(xs: [n]i64, i: i64) -> [n]i64 = if i == n then xs else f(xs with [i] = i, i + 1)",
        ([7, 7, 7], 0),
        [0, 1, 2],
    ),
    (
        "fn f(p: (i64, i64), k: i64) -> i64 = let (a, b) = p in if k == 0 then a else f((b, a + b), k - 1)",
        (0, 1, 50),
        12586269025,
    ),
    ("fn f(a: i64, b: i64) -> i64 = if a > b then f(b, a) else if b - a > 1 then f(a + 1, b - 1) else a", (9, 0), 4),
    ("fn f(n: size, s: i64) -> i64 = if n == 0 then s else f(n - 1, s + sum(iota(n)))", (4, 0), 10),
    (
        "fn f(n: i64) -> bool = even(n) fn even(n: i64) -> bool = if n == 0 then true else odd(n - 1)\n"
        "fn odd(n: i64) -> bool = if n == 0 then false else even(n - 1)",
        (9,),
        False,
    ),
]


@pytest.mark.parametrize(("source", "args", "expected"), VALUES, ids=[source for source, _, _ in VALUES])
def test_value(source: str, args: tuple[object, ...], expected: object) -> None:
    result = execute(module_of(source), args, "f")
    assert result.trap is None, result.trap
    assert result.results is not None
    values = tuple(value.tolist() for value in result.results)
    assert (values[0] if len(values) == 1 else values) == expected


#: Programs whose functions call each other in tail position, whether `f` becomes a loop, and results of `f`.
MUTUAL: list[tuple[str, bool, list[tuple[tuple[object, ...], object]]]] = [
    (
        "fn f(n: i64) -> bool = if n == 0 then true else g(n - 1)\n"
        "fn g(n: i64) -> bool = if n == 0 then false else f(n - 1)",
        True,
        [((0,), True), ((30_001,), False)],
    ),
    (
        "fn f(xs: [n]i64, ys: [m]i64, k: i64) -> i64 = if k == 0 then xs[0] * 100 + n * 10 + m else g(ys, xs, k - 1)\n"
        "fn g(a: [p]i64, b: [q]i64, k: i64) -> i64 = if k == 0 then a[0] * 100 + p * 10 + q else f(b, a, k - 1)",
        True,
        [(([1, 2, 3], [7, 8], 20_000), 132), (([1, 2, 3], [7, 8], 20_001), 723)],
    ),
    (
        "fn f(n: size, i: i64, s: i64) -> i64 = if i == 0 then s else g(full(i, n), i - 1, s)\n"
        "fn g(xs: [m]i64, i: i64, s: i64) -> i64 = f(m, i, s + sum(xs))",
        True,
        [((3, 200, 0), 60_300), ((0, 200, 5), 5)],
    ),
    (
        "fn f(p: (i64, f64), k: i64) -> (f64, i64) = let (x, y) = p in\n"
        "  if k == 0 then (y, x) else g(y * 2.0, x + 1, k - 1)\n"
        "fn g(y: f64, x: i64, k: i64) -> (f64, i64) = if k == 0 then (y, x) else h(k - 1, (x, y), true)\n"
        "fn h(k: i64, p: (i64, f64), t: bool) -> (f64, i64) = if t then f(p, k) else (0.0, 0)",
        True,
        [((0, 1.0, 12), (64.0, 6)), ((0, 1.0, 13), (128.0, 7))],
    ),
    (
        "fn f(x: i64) -> i64 = if x > 5 then x else 1 + g(x + 1)\n"
        "fn g(x: i64) -> i64 = if x < 3 then f(x + 1) else if x > 9 then x else g(x + 2)",
        True,
        [((0,), 13), ((7,), 7)],
    ),
    (
        "fn f(n: size, s: i64) -> i64 = if n <= 0 then s else g(n - 1, s + 1)\n"
        "fn g(n: size, s: i64) -> i64 = f(n - 1, s + 1)",
        False,
        [((11, 0), 12)],
    ),
]


@pytest.mark.parametrize(("source", "is_loop", "results"), MUTUAL, ids=[row[0] for row in MUTUAL])
def test_mutual_tail_calls(source: str, is_loop: bool, results: list[tuple[tuple[object, ...], object]]) -> None:
    module = module_of(source)
    assert ("f.loop" in module.functions) == is_loop
    assert list(module.functions)[-1] in ("g", "h"), (
        "the last function, which is the entry if none is named, stays last"
    )
    for args, expected in results:
        result = execute(module, args, "f", max_depth=20)
        assert result.results is not None, result.trap
        values = tuple(value.tolist() for value in result.results)
        assert (values[0] if len(values) == 1 else values) == expected


def test_a_function_that_became_a_loop_still_checks_its_sizes_and_says_where_it_traps() -> None:
    source = (
        "fn f(xs: [n]i64, ys: [n]i64, i: i64) -> i64 = if i == n then 0 else g(ys, xs, i + 1)\n"
        "fn g(a: [k]i64, b: [k]i64, i: i64) -> i64 = if a[i] == 7 then i else f(a, b, i)"
    )
    module = module_of(source)
    trap = execute(module, ([1, 2], [1, 2, 3], 0), "f").trap
    assert trap is not None and (trap.kind, trap.values, str(trap.span)) == ("size", (2, 3), "1:18-1:28")
    trap = execute(module, ([1, 2], [1, 2], 0), "f").trap
    assert trap is not None and (trap.kind, trap.values, str(trap.span)) == ("index", (2, 2, 0), "2:48-2:52")


def test_the_sign_of_zero_and_nan_pass_through() -> None:
    negative, nan = value_of("fn f(x: f64) -> (f64, f64) = (if x < 1.0 then -0.0 else 0.0, x * 0.0 / 0.0)", 0.0)  # type: ignore[misc]
    assert math.copysign(1, negative) == -1 and math.isnan(nan)


TRAPS: list[tuple[str, tuple[object, ...], str, str, tuple[object, ...]]] = [
    ("fn f(xs: [n]i64, i: i64) -> i64 = xs[i]", ([1, 2], 2), "index", "xs[i]", (2, 2, 0)),
    ("fn f(xs: [n]i64, i: i32) -> i64 = xs[i]", ([1, 2], -1), "index", "xs[i]", (-1, 2, 0)),
    ("fn f(a: [n, m]i64) -> i64 = a[8, 9]", ([[1, 2]],), "index", "a[8, 9]", (8, 1, 0)),
    ("fn f(a: [n, m]i64) -> i64 = a[0, 9]", ([[1, 2]],), "index", "a[0, 9]", (9, 2, 1)),
    ("fn f(a: [n, m]i64) -> i64 = a[9, 1 // 0]", ([[1, 2]],), "divide", "1 // 0", (1,)),
    ("fn f(a: [n]i64, x: i64) -> [n]i64 = a with [9] = 5 % x", ([1], 0), "divide", "5 % x", (5,)),
    ("fn f(a: [n]i64) -> [n]i64 = a with [9] = 5", ([1],), "index", "a with [9] = 5", (9, 1, 0)),
    ("fn f(a: [n]i64) -> i64 = a[0 - 1] + 1 // 0", ([1],), "index", "a[0 - 1]", (-1, 1, 0)),
    ("fn f(x: i64, y: i64) -> i64 = x ** y", (2, -1), "exponent", "x ** y", (-1,)),
    ("fn f(xs: [n]i64, d: i64) -> [n]i64 = xs // d", ([4, 5], 0), "divide", "xs // d", (4,)),
    ("fn f(x: i64, ds: [n]i64) -> [n]i64 = x % ds", (7, [3, 0, 0]), "divide", "x % ds", (7,)),
    ("fn f(x: f64) -> i32 = i32(x)", (2147483648.0,), "convert", "i32(x)", (2147483648.0,)),
    ("fn f(x: f64) -> i64 = i64(x)", (1e30,), "convert", "i64(x)", (1e30,)),
    ('fn f(x: i64) -> i64 = assert x > 0, "positive" in x', (0,), "assert", 'assert x > 0, "positive"', ("positive",)),
    ("fn f(x: i64) -> i64 = assert x > 0 && 6 // x > 2 in x", (3,), "assert", "assert x > 0 && 6 // x > 2", ()),
    ("fn f(x: i64) -> i64 = assert x != 0 && 6 // x > 2 in x", (0,), "assert", "assert x != 0 && 6 // x > 2", ()),
    ("fn f(x: i64) -> i64 = assert 6 // x > 2 && x > 0 in x", (0,), "divide", "6 // x", (6,)),
    ("fn f(x: i64) -> i64 = assert x > 0 || x == -5 in x", (-4,), "assert", "assert x > 0 || x == -5", ()),
    ("fn f(xs: [n]f64) -> f64 = minimum(xs)", ([],), "empty", "minimum(xs)", ()),
    ("fn f(xs: [n]f64) -> i64 = argmax(xs)", ([],), "empty", "argmax(xs)", ()),
    ("fn f(a: [n, m]f64) -> f64 = maximum(a)", (np.zeros((3, 0)),), "empty", "maximum(a)", ()),
    ("fn f(n: size) -> [n - 2]i64 = zeros(n - 2)", (1,), "size", "zeros(n - 2)", (-1, 0)),
    ("fn f(n: size) -> [n]f64 = full(1.0 / 0.0, n)", (-4,), "size", "full(1.0 / 0.0, n)", (-4, 0)),
    ("fn f(n: size) -> [n]i64 = iota(n)", (-1,), "size", "iota(n)", (-1, 0)),
    ("fn f(xs: [n]i64) = [xs[i + 1] - xs[i] for i in 0..n - 1]", ([],), "size", "0..n - 1", (-1, 0)),
    ("fn f(n: size) = scan s = 0 for i in 5..n do s", (3,), "size", "5..n", (-2, 0)),
    ("fn f(n: size, k: size) = [i for i in 0..n by k]", (3, 0), "size", "0..n by k", (0, 1)),
    ("fn f(n: size, k: size) = [i for i in 4..n by k]", (3, 0), "size", "4..n by k", (-1, 0)),
    ("fn f(k: i64) -> i64 = loop s = 0 for i in 9..3 by k do s", (-2,), "size", "9..3 by k", (-2, 1)),
    ("fn f(k: i32) -> i32 = loop s = 0i32 for i in 9i32..3i32 by k do s", (0,), "size", "9i32..3i32 by k", (0, 1)),
    ("fn f(xs: [n]i64, ys: [m]i64) -> [n]i64 = xs // ys", ([1, 2], [0]), "size", "xs // ys", (2, 1)),
    ("fn f(xs: [n]i64, ys: [m]i64) -> i64 = dot(xs, ys)", ([1], [1, 2]), "size", "dot(xs, ys)", (1, 2)),
    ("fn f(a: [n, k]i64, b: [l, m]i64) -> [n, m]i64 = a @ b", ([[1]], [[1], [2]]), "size", "a @ b", (1, 2)),
    (
        "fn f(xs: [n]i64, ys: [m]i64) -> i64 = g(xs, ys) fn g(a: [k]i64, b: [k]i64) -> i64 = 1",
        ([1], [1, 2]),
        "size",
        "g(xs, ys)",
        (1, 2),
    ),
    ("fn f(xs: [n]i64, ys: [m]i64) = [xs, ys]", ([1], [1, 2]), "size", "[xs, ys]", (1, 2)),
    ("fn f(xs: [n]i64, ys: [n]i64) -> i64 = 1 // 0", ([1], [1, 2]), "size", "ys: [n]i64", (1, 2)),
    ("fn f(n: size, xs: [n]i64) -> i64 = 1 // 0", (3, [1, 2]), "size", "xs: [n]i64", (3, 2)),
    ("fn f(xs: [3]i64) -> i64 = 1 // 0", ([1, 2],), "size", "xs: [3]i64", (3, 2)),
    ("fn f(x: i64) -> i64 = g(x) + 1 fn g(x: i64) -> i64 = 1 // x", (0,), "divide", "1 // x", (1,)),
    ("fn f(x: i64) -> i64 = if x // 0 == 1 then 1 else 2", (5,), "divide", "x // 0", (5,)),
    ("fn f(x: i64) -> bool = 0 < 1 // x < x", (0,), "divide", "1 // x", (1,)),
    ("fn f(x: i64) -> [2]i64 = [1 // x for _ in 0..2]", (0,), "divide", "1 // x", (1,)),
    ("fn f(x: i64) -> i64 = loop s = 1 // x for i in 0..1 // (x + x) do s", (0,), "divide", "1 // x", (1,)),
]


@pytest.mark.parametrize(("source", "args", "kind", "text", "values"), TRAPS, ids=[trap[0] for trap in TRAPS])
def test_trap(source: str, args: tuple[object, ...], kind: str, text: str, values: tuple[object, ...]) -> None:
    trap = execute(module_of(source), args, "f").trap
    assert trap is not None
    start = source.index(text)
    assert trap.kind == kind
    assert trap.span == (1, start + 1, 1, start + len(text) + 1)
    assert trap.values == values


def test_an_elementwise_trap_says_at_which_element() -> None:
    trap = run("fn f(a: [n, m]i64, b: [n, m]i64) -> [n, m]i64 = a // b", [[1, 2], [3, 4]], [[1, 1], [0, 0]]).trap
    assert trap is not None and trap.values == (3,) and trap.position == (1, 0)
    trap = run("fn f(xs: [n]f64) -> [n]i32 = i32(xs)", [1.0, NAN]).trap
    assert trap is not None and trap.position == (1,)


NO_TRAPS = [
    ("fn f(n: size) -> i64 = if n > 5 then len(zeros(n - 5)) else 1 // 1", (3,), 1),
    ("fn f(xs: [n]i64, i: i64) -> i64 = if 0 <= i < n && xs[i] > 0 then xs[i] else -1", ([5], 3), -1),
    ("fn f(xs: [n]i64, i: i64) -> i64 = loop i = i while i < n && xs[i] != 0 do i + 1", ([5, 4], 0), 2),
    ("fn f(x: i64) -> bool = 5 < x < 1 // 0", (5,), False),
    ("fn f(x: i64) -> i64 = loop s = 1 for i in 0..x do s // x", (0,), 1),
    ("fn f(n: size) = [1 // 0 for i in 0..n]", (0,), []),
    ("fn f(x: i64) -> i64 = let g = 5 in if x == 0 then g else g // x", (0,), 5),
]


@pytest.mark.parametrize(("source", "args", "expected"), NO_TRAPS, ids=[row[0] for row in NO_TRAPS])
def test_what_is_not_evaluated_does_not_trap(source: str, args: tuple[object, ...], expected: object) -> None:
    assert value_of(source, *args) == expected


# ---- output, and the order of evaluation, which it shows -----------------------------------------------------------

#: Prints its number, then gives it.
SHOW = """
fn say(k: i64) -> i64 = print(k) in k
fn yes(k: i64) -> bool = print(k) in true
fn no(k: i64) -> bool = print(k) in false
"""

ORDERS = [
    ("say(1) + say(2) * say(3)", [1, 2, 3]),
    ("max(say(1), say(2)) - say(3)", [1, 2, 3]),
    ("[say(1), say(2)][say(0)]", [1, 2, 0]),
    ("([7, 8] with [say(1)] = say(2))[say(0)]", [1, 2, 0]),
    ("let (a, _) = (say(1), say(2)) let b = say(3) in a + b + say(4)", [1, 2, 3, 4]),
    ("if say(1) < say(2) < say(0) then say(8) else say(9)", [1, 2, 0, 9]),
    ("if say(2) < say(1) < say(0) then say(8) else say(9)", [2, 1, 9]),
    ("if no(1) || yes(2) && no(3) || yes(4) && !no(5) then say(8) else say(9)", [1, 2, 3, 4, 5, 8]),
    ("i64(yes(1) && no(2) && yes(3)) + i64(no(4) || yes(5) || no(6))", [1, 2, 4, 5]),
    ("if (if yes(1) then no(2) else yes(3)) then say(8) else say(9)", [1, 2, 9]),
    (
        "let (a, _) = loop (a = say(1), b = say(2)) while say(a) < 3 do (say(a + 10) - 9, say(20)) in a",
        [1, 2, 1, 11, 20, 2, 12, 20, 3],
    ),
    ("loop s = say(5) for i in say(1)..say(7) by say(3) do say(i + 20)", [5, 1, 7, 3, 21, 24]),
    ("loop s = say(5) for x in [say(1), say(2)] do say(x + 20)", [5, 1, 2, 21, 22]),
    ("sum([say(x + y) for x in [say(1), say(2)], y in [say(10), say(20)]])", [1, 2, 10, 20, 11, 21, 12, 22]),
    ("sum(scan s = say(0) for i in 0..2 do say(s + i + 5))", [0, 5, 11]),
    ("pair(say(1), say(2)) + pair(say(3), say(4))", [1, 2, 102, 3, 4, 304]),
    ("assert say(1) < say(2) && yes(3) in say(4)", [1, 2, 3, 4]),
    ("sum(full(say(1), 2)) + sum([say(2) for _ in 0..2])", [1, 2, 2]),
    ("i64(say(1) == say(2)) + [[say(3)], [say(4)]][say(0)][say(0)]", [1, 2, 3, 4, 0, 0]),
]


@pytest.mark.parametrize(("text", "expected"), ORDERS, ids=[text for text, _ in ORDERS])
def test_order_of_evaluation(text: str, expected: list[int]) -> None:
    pair = "fn pair(a: i64, b: i64) -> i64 = print(a * 100 + b) in a"
    outcome = execute(module_of(f"fn f() -> i64 = {text}{SHOW}{pair}"), (), "f")
    assert outcome.trap is None
    assert outcome.output == [str(number) for number in expected]


def test_what_was_printed_before_a_trap_stays_and_nothing_follows() -> None:
    outcome = run('fn f(x: i64) -> i64 = print("before", x) let y = 1 // x print("after") in y', 0)
    assert outcome.trap is not None and outcome.output == ["before 0"]


PRINTS = [
    ('print("x =", x)', ["x = 3"]),
    ('print(x, "and", x + 1)', ["3 and 4"]),
    ('print("")', [""]),
    ('print("a", "b", "\\"c\\"\\n")', ['a b "c"\n']),
    ("print(x > 2, 1.5, f32(0.1), -0.0, 1e100, 2.0)", ["true 1.5 0.1 -0.0 1e+100 2.0"]),
    ("print((x, (true, 2.5)), 1)", ["(3, (true, 2.5)) 1"]),
    ("print([1, 2], [[true], [false]], (iota(x), zeros(0)))", ["[1, 2] [[true], [false]] ([0, 1, 2], [])"]),
    ("print(x) print(x + 1)", ["3", "4"]),
]


@pytest.mark.parametrize(("text", "expected"), PRINTS, ids=[text for text, _ in PRINTS])
def test_print(text: str, expected: list[str]) -> None:
    assert run(f"fn f(x: size) -> i64 = {text} in x", 3).output == expected
