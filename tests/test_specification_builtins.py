"""The language, sentence by sentence: the built-in functions."""

from collections.abc import Sequence

from specification import assert_interpreter, assert_kernel, assert_refused, holds, refused

ELEMENTWISE = [
    ("abs min max sign work on all numbers",
     "fn f(a: i32, b: i64, c: f32, d: f64) = (abs(a), sign(b), min(c, 1), max(d, 0.5), sign(c), abs(d))",
     "f(-3, -4, 2.5, -1.5)", "gives (3, -1, 1.0, 0.5, 1.0, 1.5)"),
    ("on arrays elementwise, and on an array with a scalar",
     "fn f(a: [n]i64, b: [n]i64) = (abs(a), sign(a), min(a, b), max(a, 0), min(1, a))",
     "f([-3, 2], [1, 1])", "gives ([3, 2], [-1, 1], [-3, 1], [0, 2], [-3, 1])"),
    ("sqrt exp log sin cos tan tanh floor ceil work on floats",
     "fn f(x: f64) = (sqrt(x + 4.0), exp(x), log(x + 1.0), sin(x), cos(x), tan(x), tanh(x), floor(x - 0.5), ceil(x))",
     "f(0.0)", "gives (2.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, -1.0, 0.0)"),
    ("and on arrays of floats of both types",
     "fn f(a: [n]f32, b: [n, m]f64) = (sqrt(a), floor(a), ceil(b), exp(b - b))",
     "f([4.0, 2.25], [[1.5], [-1.5]])", "gives ([2.0, 1.5], [4.0, 2.0], [[2.0], [-1.0]], [[1.0], [1.0]])"),
    ("round is half to even", "fn f(a: [n]f64) = (round(a), round(-a))", "f([0.5, 1.5, 2.5])",
     "gives ([0.0, 2.0, 2.0], [-0.0, -2.0, -2.0])"),
    ("isnan and isinf give truth values", "fn f(a: [n]f64, x: f32) = (isnan(a), isinf(a), isnan(x), isinf(x))",
     "f([1.0, nan, -inf], inf)", "gives ([false, true, false], [false, false, true], false, true)"),
    ("select is strict", "fn f(c: bool) = select(c, 1, 1 // 0)", "f(true)", "traps divide 1 at 1 // 0"),
    ("select takes arrays and scalars in every place",
     "fn f(c: [n]bool, a: [n]i64, b: bool) = (select(c, a, 0), select(b, a, -a), select(c, 1, 2), select(b, 1.5, 2.5))",
     "f([true, false], [5, 6], false)", "gives ([5, 0], [-5, -6], [1, 2], 2.5)"),
    ("conversions work between all scalars, elementwise",
     "fn f(a: [n]f64, b: bool, c: i64) = (i32(a), i64(a), f32(a), bool(a), f64(b), i32(b), bool(c), f32(c), i32(c))",
     "f([2.75, -2.75, 0.0], true, 3)",
     "gives ([2, -2, 0], [2, -2, 0], [2.75, -2.75, 0.0], [true, true, false], 1.0, 1, true, 3.0, 3)"),
    ("integer narrowing wraps", "fn f(a: i64) = (i32(a), i64(i32(a)), f32(a))", "f(4294967299)",
     "gives (3, 3, 4.2949673e+09)"),
    ("bool(x) is x != 0", "fn f(a: f64, b: i32) = (bool(a), bool(-a), bool(a / a), bool(b))", "f(0.0, -1)",
     "gives (false, false, true, true)"),
    ("abs(INT_MIN) wraps", "fn f(a: i32) = abs(a)", "f(-2147483648)", "gives -2147483648"),
    ("sign(NaN) is NaN and sign(-0.0) is -0.0", "fn f(x: f64) = (sign(x / x), sign(-x), sign(x), sign(-1.0 / x))",
     "f(0.0)",
     "gives (nan, -0.0, 0.0, -1.0)"),
    ("min and max pass NaN on and order -0.0 below 0.0",
     "fn f(x: f64, y: f64) = (min(x, y), max(y, x), min(0.0, -0.0 * y), max(-0.0, 0.0 * y), isnan(max(x, y)))",
     "f(nan, 1.0)", "gives (nan, nan, -0.0, 0.0, true)"),
    ("float to integer truncates, then checks",
     "fn f(x: f64) = (i32(x), i32(-x - 1.0), i64(x * 1.5))", "f(2147483647.5)",
     "gives (2147483647, -2147483648, 3221225471)"),
]  # fmt: skip

ARRAYS = [
    ("len is dimension 0, dim any one", "fn f(a: [n, m]bool) = (len(a), dim(a, 0), dim(a, 1))", "f([[true, false]])",
     "gives (1, 1, 2)"),
    ("sum prod minimum maximum go over all elements, in the element's type",
     "fn f(a: [n, m]i64, b: [k]f32) = (sum(a), prod(a), minimum(a), maximum(a), sum(b), prod(b), minimum(b))",
     "f([[1, 2], [3, -4]], [0.5, 2.0])", "gives (2, -24, -4, 3, 2.5, 1.0, 0.5)"),
    ("sums and products of integers wrap", "fn f(a: [n]i32) = (sum(a), prod(a))", "f([2147483647, 2])",
     "gives (-2147483647, -2)"),
    ("of no elements the sum is 0, the product 1, any false, all true",
     "fn f(a: [n]i64, b: [k]f64) = (sum(a), prod(a), sum(b), prod(b), any(a > 0), all(a > 0), dot(b, b))",
     "f([], [])", "gives (0, 1, 0.0, 1.0, false, true, 0.0)"),
    ("any and all go over all truth values", "fn f(a: [n, m]bool) = (any(a), all(a), any(any(a) == a))",
     "f([[true], [false]])", "gives (true, false, true)"),
    ("argmin and argmax give the first place", "fn f(a: [n]i64) = (argmin(a), argmax(a))", "f([2, 1, 3, 1, 3])",
     "gives (1, 2)"),
    ("NaN wins in minimum, maximum, argmin and argmax",
     "fn f(a: [n]f64) = (minimum(a), maximum(a), argmin(a), argmax(a))", "f([1.0, nan, -inf, nan])",
     "gives (nan, nan, 1, 1)"),
    ("dot is the inner product of two vectors", "fn f(a: [n]i64, b: [n]f64) = (dot(a, a), dot(b, b))",
     "f([1, 2], [0.5, 2.0])", "gives (5, 4.25)"),
    ("transpose turns a matrix, reverse dimension 0 around",
     "fn f(a: [n, m]i64, xs: [k]bool) = (transpose(a), reverse(a), reverse(xs))", "f([[1, 2], [3, 4]], [true, false])",
     "gives ([[1, 3], [2, 4]], [[3, 4], [1, 2]], [false, true])"),
    ("zeros full iota make arrays of any rank",
     "fn f(n: size) = (zeros(n), zeros(n, 1) + 1i32, full(true, n, n), full(2.5f32, 1), iota(n))", "f(2)",
     "gives ([0.0, 0.0], [[1], [1]], [[true, true], [true, true]], [2.5], [0, 1])"),
    ("with a length 0 they are empty", "fn f(n: size) = (zeros(n), full(1, 2, n), iota(n))", "f(0)",
     "gives ([], [[], []], [])"),
    ("indices of any integer type give elements and rows",
     "fn f(a: [n, m]i64, i: i32, j: i64) = (a[i, j], a[i], a[j][i], a[1, 0i32])", "f([[1, 2], [3, 4]], 0, 1)",
     "gives (2, [1, 2], 3, 3)"),
]  # fmt: skip

BUILTINS_REFUSED = [
    ("min with the arity of minimum", "fn f(a: [n]i64) = min(a)",
     "E0303 min(a): did you mean `minimum`, as in `minimum(xs)`?"),
    ("minimum with the arity of min", "fn f(a: i64) = minimum(a, 1)",
     "E0303 minimum(a, 1): did you mean `min`, as in `min(a, b)`?"),
    ("max and maximum", "fn f(a: [n]i64) = max(a) + maximum(a, 2)", "E0303 max(a): `maximum`",
     "E0303 maximum(a, 2): `max`"),
    ("minimum of a scalar", "fn f(a: i64) = minimum(a)", "E0302 a: arrays … `min(a, b)` is for scalars"),
    ("len of no array", "fn f(x: f64) = len(x)", "E0302 x: is an array, but this is f64"),
    ("dim with a dimension that is not there", "fn f(a: [n]f64) = dim(a, 1)", "E0306 1: only dimension 0"),
    ("dim with a number that is not written out", "fn f(a: [n]f64, k: size) = dim(a, k)", "E0306 k: written out"),
    ("a float function of an integer", "fn f(x: i64) = sqrt(x + 1)", "E0302 x + 1: floats … convert with `f64(x + 1)`"),
    ("argmin of a matrix", "fn f(a: [n, m]f64) = argmin(a)", "E0302 a: 1 dimension"),
    ("transpose of a vector", "fn f(a: [n]f64) = transpose(a)", "E0302 a: 2 dimensions"),
    ("reductions of truth values", "fn f(a: [n]bool) = sum(a)", "E0302 a: numbers … convert with `i64(a)`"),
    ("any of numbers", "fn f(a: [n]i64) = any(a)", "E0302 a: truth values … `a != 0`"),
    ("full of an array", "fn f(a: [n]i64) = full(a, 3)", "E0302 a: is a scalar"),
    ("a function that is nearly there", "fn f(a: [n]f64) = maximun(a)", "E0202 maximun: did you mean `maximum`?"),
    ("a function of another language", "fn f(n: size) = arange(n)", "E0202 arange: write `iota(n)`"),
    ("an operation with the arguments swapped", "fn f(a: [n]f64, c: [n]bool) = select(a, c, c)",
     "E0302 a: truth values"),
]  # fmt: skip

ROWS = [*ELEMENTWISE, *ARRAYS]


@holds(ROWS)
def test_interpreter(program: str, call: str, outcome: str) -> None:
    assert_interpreter(program, call, outcome)


@holds(ROWS)
def test_kernel(program: str, call: str, outcome: str) -> None:
    assert_kernel(program, call, outcome)


@refused(BUILTINS_REFUSED)
def test_refused(program: str, expected: Sequence[str]) -> None:
    assert_refused(program, expected)
