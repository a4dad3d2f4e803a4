"""The language, sentence by sentence: evaluation, traps, printing, functions and recursion."""

from collections.abc import Sequence

from specification import assert_interpreter, assert_kernel, assert_refused, holds, refused

ORDER = [
    ("evaluation is strict and goes from left to right",
     "fn f(a: [n]i64) = let x = (print(1) in 1) + (print(2) in 2) in "
     "(a with [(print(3) in 0)] = (print(4) in x), (print(5) in 5))",
     "f([0])", "prints 1 ; prints 2 ; prints 3 ; prints 4 ; prints 5 ; gives ([3], 5)"),
    ("a value that is not used is evaluated all the same", "fn f(x: i64) = let _ = 1 // x in 2", "f(0)",
     "traps divide 1 at 1 // x"),
    ("a call evaluates its arguments first",
     "fn f(x: i64) = g((print(1) in x), 1 // x) fn g(a: i64, b: i64) = print(9) in 1",
     "f(0)", "prints 1 ; traps divide 1 at 1 // x"),
    ("an operation evaluates all its operands before its own checks", "fn f(a: [n, m]f64) = a[9, 1 // 0]", "f([[1.0]])",
     "traps divide 1 at 1 // 0"),
    ("with too", "fn f(xs: [n]i64) = xs with [9] = 1 // 0", "f([1])", "traps divide 1 at 1 // 0"),
    ("its own checks go from left to right", "fn f(a: [n, m]f64) = a[8, 9]", "f([[1.0]])",
     "traps index 8 1 0 at a[8, 9]"),
    ("dimension 1 is reported where dimension 0 is right", "fn f(a: [n, m]f64, i: i32) = a[0, i]", "f([[1.0]], -1)",
     "traps index -1 1 1 at a[0, i]"),
    ("elementwise operations trap in row-major order, and say where",
     "fn f(a: [n, m]i64, b: [n, m]i64) = a // b", "f([[1, 2], [3, 4]], [[1, 1], [0, 0]])",
     "traps divide 3 at a // b element [1, 0]"),
    ("with a scalar on the right, at the first element", "fn f(a: [n]i64, x: i64) = a % x", "f([7, 8], 0)",
     "traps divide 7 at a % x element [0]"),
    ("and none where there is no element", "fn f(a: [n]i64, x: i64) = a % x", "f([], 0)", "gives []"),
    ("comprehensions trap in row-major order",
     "fn f(a: [n, m]i64) = [6 // a[i, j] for i in 0..n, j in 0..m]", "f([[1, 0], [0, 1]])",
     "traps divide 6 at 6 // a[i, j]"),
    ("what was printed before a trap stays printed, and nothing is printed after it",
     "fn f(n: size) = [print(i) in 6 // (1 - i) for i in 0..n]", "f(3)",
     "prints 0 ; prints 1 ; traps divide 6 at 6 // (1 - i)"),
    ("a trap on a side that is not taken does not happen", "fn f(x: i64) = if x == 0 then 0 else 6 // x", "f(0)",
     "gives 0"),
    ("shapes included", "fn f(n: size) = if n > 5 then sum(iota(n - 5)) else sum(iota(5 - n))", "f(2)", "gives 3"),
    ("the first trap is the one reported", "fn f(x: i64, a: [n]i64) = (a[5], 1 // x)", "f(0, [])",
     "traps index 5 0 0 at a[5]"),
    ("an assertion is made where it stands", 'fn f(x: i64) = print(x) assert x > 0, "positive" in 1 // x', "f(0)",
     'prints 0 ; traps assert positive at assert x > 0, "positive"'),
]  # fmt: skip

TRAPS = [
    ("index: outside its dimension, negative too", "fn f(xs: [n]f64, i: i64) = xs[i]", "f([1.0], -1)",
     "traps index -1 1 0 at xs[i]"),
    ("index of a row", "fn f(a: [n, m]f64, i: i64) = a[i]", "f([[1.0]], 1)", "traps index 1 1 0 at a[i]"),
    ("index of a store", "fn f(a: [n, m]i64) = a with [0, 2] = 1", "f([[1, 2]])",
     "traps index 2 2 1 at a with [0, 2] = 1"),
    ("divide: // or % by zero, of integers", "fn f(a: i32) = a % 0", "f(-7)", "traps divide -7 at a % 0"),
    ("exponent: negative, of integers", "fn f(a: [n]i64) = 2 ** a", "f([3, -2])",
     "traps exponent -2 at 2 ** a element [1]"),
    ("convert: NaN", "fn f(x: f64) = i64(x)", "f(nan)", "traps convert nan at i64(x)"),
    ("convert: out of range, at an element", "fn f(a: [n]f32) = i32(a)", "f([1.0, 3e9])",
     "traps convert 3000000000.0 at i32(a) element [1]"),
    ("assert without a message", "fn f(x: i64) = assert 0 < x < 9 in x", "f(9)", "traps assert at assert 0 < x < 9"),
    ("empty: minimum, maximum, argmin and argmax of nothing", "fn f(a: [n]i64) = maximum(a)", "f([])",
     "traps empty at maximum(a)"),
    ("of a matrix without elements too", "fn f(a: [n, m]f64) = minimum(a)", "f(empty((2, 0)))",
     "traps empty at minimum(a)"),
    ("argmin of nothing", "fn f(a: [n]i64) = argmin(a)", "f([])", "traps empty at argmin(a)"),
    ("size: two lengths", "fn f(a: [n]i64, b: [m]i64) = dot(a, b)", "f([1], [1, 2])", "traps size 1 2 at dot(a, b)"),
    ("the span is the whole trapping expression, in the callee",
     "fn f(x: i64) = g(x) + 1 fn g(y: i64) = (3 - y) // (y - y)", "f(1)", "traps divide 2 at (3 - y) // (y - y)"),
]  # fmt: skip

PRINTING = [
    ("print writes one line, separated by spaces", 'fn f(x: i64) = print("x =", x, "and", -x) in 0', "f(3)",
     "prints x = 3 and -3 ; gives 0"),
    ("truth values as true and false, floats as the shortest that round-trips",
     "fn f(x: f64, y: f32) = print(x > 0.0, x, y, x / 0.0, 1e100, 0.1 + 0.2) in 0", "f(1.0, 0.1)",
     "prints true 1.0 0.1 inf 1e+100 0.30000000000000004 ; gives 0"),
    ("arrays as [1, 2] and tuples as (1, 2)",
     "fn f(a: [n, m]i64) = print(a, (1, (true, a[0])), zeros(0)) in 0", "f([[1, 2], [3, 4]])",
     "prints [[1, 2], [3, 4]] (1, (true, [1, 2])) [] ; gives 0"),
    ("in the order of evaluation, in loops too", "fn f(n: i64) = loop s = 0 for i in 0..n do print(i, s) in s + i",
     "f(3)",
     "prints 0 0 ; prints 1 0 ; prints 2 1 ; gives 3"),
]  # fmt: skip

FUNCTIONS = [
    ("a function takes and gives arrays, tuples and sizes",
     "fn f(a: [n]f64) = g(n, (a, 1)) "
     "fn g(k: size, p: ([m]f64, i64)) -> ([m]f64, i64) = let (x, i) = p in (x * 2.0, i + k)",
     "f([1.5])", "gives ([3.0], 2)"),
    ("tail calls of a function itself take no stack",
     "fn f(n: i64, s: i64) -> i64 = if n == 0 then s else let t = s + n in f(n - 1, t)", "f(30000, 0)",
     "gives 450015000"),
    ("tail calls of two functions take no stack",
     "fn even(n: i64) -> bool = if n == 0 then true else odd(n - 1) "
     "fn odd(n: i64) -> bool = if n == 0 then false else even(n - 1)",
     "even(30001)", "gives false"),
    ("of three, with other numbers of arguments, arrays and tuple results",
     "fn a(n: i64, xs: [k]i64) -> (i64, [k]i64) = if n <= 0 then (n, xs) else b(n - 1, 2.5, xs) "
     "fn b(n: i64, y: f64, xs: [k]i64) -> (i64, [k]i64) = if n <= 0 then (i64(y), xs) else c((n - 1, true), xs * 2) "
     "fn c(p: (i64, bool), xs: [k]i64) -> (i64, [k]i64) = let (n, t) = p in if !t then (0, xs) else a(n, xs + 1)",
     "a(5, [1, 2])", "gives (2, [7, 11])"),
    ("arrays of other sizes may be passed, in the interpreter by a call",
     "fn f(n: i64, xs: [k]i64) -> i64 = if n == 0 then sum(xs) else f(n - 1, xs with [0] = n)", "f(3, [9, 5])",
     "gives 6"),
]  # fmt: skip

RECURSION = [
    ("other recursion runs in the interpreter",
     "fn f(n: i64) -> i64 = if n < 2 then n else f(n - 1) + f(n - 2)", "f(15)", "gives 610"),
    ("with arrays of other sizes",
     "fn f(xs: [n]i64) -> i64 = if n == 0 then 0 else xs[0] + f([xs[i] for i in 1..n])", "f([1, 2, 3])", "gives 6"),
    ("through several functions",
     "fn f(n: i64) -> i64 = if n == 0 then 0 else 1 + g(n) fn g(n: i64) -> i64 = 10 * f(n - 1)", "f(3)", "gives 111"),
]  # fmt: skip

FUNCTIONS_REFUSED = [
    ("a wrong number of arguments", "fn f() = g(1, 2) fn g(y: i64) = y",
     "E0303 g(1, 2): takes 1 argument, not 2 … declared here"),
    ("an argument of another type", "fn f(x: i64) = g(x + 1) fn g(y: f64) = y",
     "E0301 x + 1: argument 1 of `g` … `f64(x + 1)` … the parameter is declared here"),
    ("a function that is nearly there", "fn f(x: i64) = lenght_of(x) fn length_of(x: i64) = x",
     "E0202 lenght_of: did you mean `length_of`?"),
    ("a function as a value", "fn f(x: i64) = g + x fn g(x: i64) = x", "E0201 g: is a function … `g(…)`"),
    ("a variable as a function", "fn f(xs: [n]i64) = xs(0)", "E0202 xs: a variable … an element is `xs[…]`"),
    ("mutual recursion without result types", "fn f(x: i64) = g(x) fn g(x: i64) = f(x)",
     "E0308 f: calls itself through `g`", "E0308 g: calls itself through `f`"),
]  # fmt: skip

ROWS = [*ORDER, *TRAPS, *PRINTING, *FUNCTIONS]


@holds(ROWS + RECURSION)
def test_interpreter(program: str, call: str, outcome: str) -> None:
    assert_interpreter(program, call, outcome)


@holds(ROWS)
def test_kernel(program: str, call: str, outcome: str) -> None:
    assert_kernel(program, call, outcome)


@refused(FUNCTIONS_REFUSED)
def test_refused(program: str, expected: Sequence[str]) -> None:
    assert_refused(program, expected)
