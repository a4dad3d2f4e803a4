"""The language, sentence by sentence: programs, types and sizes."""

from collections.abc import Sequence

import pytest
from specification import assert_interpreter, assert_kernel, assert_refused, holds, refused

import ssair

PROGRAMS = [
    ("functions may be used before they are defined",
     "fn f(x: i64) = g(x) + 1 fn g(x: i64) = x * 2", "f(3)", "gives 7"),
    ("a comment goes from # to the end of its line, and newlines are white space",
     "# one\nfn f(\n x: i64 # two # three\n)\n=\nx", "f(3)", "gives 3"),
    ("locals may shadow anything, and f(x) always names a function",
     "fn f(f: i64, len: [n]i64) = let n = f + len(len) in let n = n * 10 in n", "f(2, [7, 7])", "gives 40"),
    ("a shadowed name comes back where the inner one ends",
     "fn f(x: i64) = let y = (let x = x + 1 in x * 10) in (x, y, [x for x in 5..7], loop x = x for _ in 0..3 do x + 1)",
     "f(1)", "gives (1, 20, [5, 6], 4)"),
    ("floats have digits on both sides of the point, or an exponent",
     "fn f() = (1.5, 1e3, 2.5E-1, 1e+2, 0.5f32)", "f()", "gives (1.5, 1000.0, 0.25, 100.0, 0.5)"),
    ("integers may be hexadecimal",
     "fn f() = (0xFF, 0x7fffffffi32, -0x10, 0X1f)", "f()", "gives (255, 2147483647, -16, 31)"),
    ("a string knows the escapes of quote, backslash and newline",
     r'fn f() = print("a\"b\\c", "d\ne") in 1', "f()", r'prints a"b\c d ; prints e ; gives 1'),
    ("a byte order mark is ignored; LF, CRLF and CR end lines",
     "\ufefffn f() = # one\r\n  1 + # two\r  2 # three\n", "f()", "gives 3"),
]  # fmt: skip

PROGRAMS_REFUSED = [
    ("a trailing comma", "fn f(x: i64) = g(x,)", "E0102 )"),
    ("a keyword as a name", "fn f(let: i64) = 1", "E0106 let"),
    ("a function with the name of a built-in", "fn sum(x: i64) = x", "E0204 sum: built-in … another name"),
    ("two parameters, names of a pattern, or functions of one name",
     "fn f(x: i64, x: f64) = let (a, a) = (1, 2) in a fn f() = 1",
     "E0203 x: the parameter `x` is declared twice … first declared here", "E0203 a: twice in one pattern",
     "E0203 f: the function `f` is declared twice … first declared here"),
    ("_ as an expression", "fn f() = _ + 1", "E0102 _"),
    ("a name that is not ASCII", "fn f(größe: i64) = 1", "E0101 ö"),
    ("a float without digits on a side of its point", "fn f() = (1., .5)", "E0104 1.", "E0104 .5"),
    ("a literal that touches a letter", "fn f() = (12abc, 1.5x, 0xg)", "E0104 12abc", "E0104 1.5x", "E0104 0xg"),
    ("a string that does not end on its line", "fn f() = print(\"a\n) in 1", "E0105 \"a"),
]  # fmt: skip

TYPES = [
    ("what a type says is what runs",
     "fn f(a: i32, b: f32) = (a + 1, b / 3.0, i64(a) + 1, f64(b) / 3.0)",
     "f(2147483647, 1.0)", "gives (-2147483648, 0.33333334, 2147483648, 0.3333333333333333)"),
    ("a size is an i64 wherever one is wanted",
     "fn f(n: size, i: i64) = (n * i, f64(n), [1, 2, 3][n], n < i, g(n)) fn g(x: i64) = x",
     "f(2, 5)", "gives (10, 2.0, 3, true, 2)"),
    ("a dimension of a parameter is a size name or a number, one of a result any size expression",
     "fn f(a: [n, 2]i32) -> ([2 * n + 1]f64, [n, 2]i32) = (zeros(1 + n + n), a)",
     "f([[1, 2]])", "gives ([0.0, 0.0, 0.0], [[1, 2]])"),
    ("a size name is in scope in the body",
     "fn f(a: [n, m]bool) = (n, m, zeros(m))", "f([[true, false, true]])", "gives (1, 3, [0.0, 0.0, 0.0])"),
    ("a size name that is used twice must agree",
     "fn f(a: [n]f64, b: [n]f64) = n", "f([1.0], [1.0, 2.0])", "traps size 1 2 at b: [n]f64"),
    ("n: size and [n] share one n",
     "fn f(n: size, a: [n]f64) = n + len(a)", "f(2, [1.0, 2.0])", "gives 4"),
    ("a dimension that is a number is checked",
     "fn f(a: [3]f64) = a[2]", "f([1.0, 2.0])", "traps size 3 2 at a: [3]f64"),
    ("sizes are checked inside tuples, and before anything is evaluated",
     "fn f(k: size, p: (i64, ([n, k]f64, [m]f64))) = 1 // 0",
     "f(2, (1, ([[1.0]], [2.0])))", "traps size 2 1 at p: (i64, ([n, k]f64, [m]f64))"),
    ("tuples nest, as parameters and as results",
     "fn f(p: (i64, (bool, [n]f64))) -> (([n]f64, bool), i64) = let (a, (b, c)) = p in ((c, b), a)",
     "f((1, (true, [2.5])))", "gives (([2.5], true), 1)"),
    ("an unsuffixed integer literal may become any numeric type, a float literal either float type",
     "fn f(a: i32, b: i64, c: f32, d: f64) = (a + 1, b + 1, c + 1, d + 1, c + 0.5, d + 0.5)",
     "f(1, 1, 1.0, 1.0)", "gives (2, 2, 2.0, 2.0, 1.5, 1.5)"),
    ("types unify within the function, and what is left defaults to i64 and f64",
     "fn f() = let a = 1 in let b = a + 2.0 in let c = [1, 2, 3.5] in (a, b, c, 3, 4.0)",
     "f()", "gives (1.0, 3.0, [1.0, 2.0, 3.5], 3, 4.0)"),
    ("a suffix is explicit",
     "fn f() = (2147483647i32 + 1, 2147483647i64 + 1, 16777217f32, 16777217f64, 0.1f32, 0.1f64)",
     "f()", "gives (-2147483648, 2147483648, 1.6777216e+07, 16777217.0, 0.1, 0.1)"),
    ("a minus before a literal counts into its range",
     "fn f(x: i32) = (-9223372036854775808, -2147483648i32, x + -2147483648, -0x80000000 + x)",
     "f(0)", "gives (-9223372036854775808, -2147483648, -2147483648, -2147483648)"),
    ("but not before **", "fn f() = (-2 ** 2, -2.0 ** 2.0, (-2) ** 2)", "f()", "gives (-4, -4.0, 4)"),
    ("zeros has the free type of a literal, by default f64",
     "fn f(a: [2]i32) = (zeros(1), zeros(2) + a, zeros(1) + 1i64, max(zeros(2), a))",
     "f([5, -6])", "gives ([0.0], [5, -6], [1], [5, 0])"),
]  # fmt: skip

TYPES_REFUSED = [
    ("a size name that is also a parameter of another type",
     "fn f(n: i64, a: [n]f64) = n", "E0206 n: declare the parameter as `n: size` … the parameter is declared here"),
    ("tuples compared", "fn f(p: (i64, i64)) = p == p", "E0302 p: take it apart with `let (a, b) = …`"),
    ("a function in a call cycle without its result type",
     "fn f(x: i64) = if x == 0 then 0 else f(x - 1)", "E0308 f: result type has to be declared … the call is here"),
    ("a number of another type, and the help names the conversion",
     "fn f(x: i64, y: f64) = x + y", "E0301 x + y: i64 … f64 … this is i64 … this is f64 … convert with `f64(x)`"),
    ("an operand that needs parentheses, converted as it is written",
     "fn f(x: i64, y: f64) = (x + 1) * y", "E0301 (x + 1) * y: convert with `f64(x + 1)`"),
    ("a literal out of the range of its type",
     "fn f(x: i32) = (3000000000i32, x + 3000000000, 9223372036854775808, 1e309, -1e39f32)",
     "E0304 3000000000i32: between -2147483648 and 2147483647", "E0304 3000000000: range of i32",
     "E0304 9223372036854775808: range of i64", "E0304 1e309: range of f64", "E0304 -1e39f32: range of f32"),
    ("the least integer before **", "fn f() = -9223372036854775808 ** 1",
     "E0304 9223372036854775808: out of the range"),
    ("a size inside a tuple or as a result",
     "fn f(p: (size, i64)) -> size = 1", "E0307 size: a parameter only", "E0307 size: a parameter only"),
]  # fmt: skip

SIZES = [
    ("a size is made of numbers, size names, len, dim, let-bound sizes, and + - * // of these",
     "fn f(a: [n, m]f64) = let (k, h) = (2 * n + 1, m // 2) in "
     "(zeros(k), zeros(h), zeros(dim(a, 1) - len(a)), iota((let j = 1 in j + n)))",
     "f([[1.0, 2.0]])", "gives ([0.0, 0.0, 0.0], [0.0], [0.0], [0, 1])"),
    ("a range of a comprehension has the length hi - lo",
     "fn f(xs: [n]i64) = [xs[i + 1] - xs[i] for i in 0..n - 1]", "f([1, 4, 9])", "gives [3, 5]"),
    ("and traps if that is negative",
     "fn f(xs: [n]i64) = [xs[i + 1] - xs[i] for i in 0..n - 1]", "f([])", "traps size -1 0 at 0..n - 1"),
    ("so does that of a scan",
     "fn f(n: size) = scan s = 0 for i in 5..n do s + i", "f(3)", "traps size -2 0 at 5..n"),
    ("in a loop, hi < lo is empty", "fn f(n: size) = loop s = 1 for i in 5..n do s + i", "f(3)", "gives 1"),
    ("sizes are compared as polynomials",
     "fn f(a: [n]f64, b: [m]f64) = zeros(n * m + n) + zeros(n * (m + 1)) + zeros((2 * n + 2 * n * m) // 2)",
     "f([1.0], [2.0, 3.0])", "gives [0.0, 0.0, 0.0]"),
    ("sizes that are not known to agree are checked where the operation is evaluated",
     "fn f(a: [n]f64, b: [m]f64) = print(n) in a + b", "f([1.0], [1.0, 2.0])", "prints 1 ; traps size 1 2 at a + b"),
    ("after its operands, and before its own checks",
     "fn f(a: [n]i64, b: [m]i64) = a // (print(m) in b)", "f([1], [0, 0])",
     "prints 2 ; traps size 1 2 at a // (print(m) in b)"),
    ("a call checks what its parameters demand, at the call",
     "fn f(a: [n]f64, b: [m]f64) = g(a, b) fn g(x: [k]f64, y: [k]f64) = k", "f([1.0], [])",
     "traps size 1 0 at g(a, b)"),
    ("a result has the sizes of the arguments",
     "fn f(a: [n]f64) = a + g(a) * 2.0 fn g(x: [k]f64) -> [k]f64 = x", "f([1.0, 2.0])", "gives [3.0, 6.0]"),
    ("a negative length of zeros, full or iota traps when it is reached",
     "fn f(n: size) = if n > 5 then (len(zeros(n - 5)), 0) else (1, len(iota(n - 6)))", "f(7)", "gives (2, 0)"),
    ("with the length and 0",
     "fn f(n: size) = print(n) in full(true, 2, n - 5)", "f(3)", "prints 3 ; traps size -2 0 at full(true, 2, n - 5)"),
    ("a size that is not known while compiling divides rounding down",
     "fn f(n: size) = (zeros((0 - n) // 2 + 3), n // (0 - 2))", "f(3)", "gives ([0.0], -2)"),
    ("a size parameter may be negative", "fn f(n: size) = zeros(n - n + 1) + abs(f64(n))", "f(-3)", "gives [3.0]"),
    ("a quotient of sizes whose numerator can wrap is not simplified",
     "fn f(n: size) = len(zeros(4611686018427387904 * n // 4611686018427387904))", "f(4)", "gives 0"),
    ("an argument for a size parameter is checked to be one",
     "fn f(n: size, m: size) = g(n * m) fn g(k: size) = k", "f(1073741824, 1073741824)",
     "traps size 4503599627370496 1152921504606846976 at g(n * m)"),
]  # fmt: skip

SIZES_REFUSED = [
    ("a length that is not a size",
     "fn f(k: i64) = zeros(k)", "E0403 k: known when the kernel is specialised … declare the parameter as `k: size`"),
    ("a loop's result as a length",
     "fn f(n: size) = let k = (loop s = 0 for i in 0..n do s + 1) in zeros(k)",
     "E0403 k: a length of `zeros` … size names"),
    ("a loop's state as a bound of a comprehension",
     "fn f(n: size) = loop s = 0 for i in 0..n do s + sum([1 for j in 0..i])", "E0403 i: a bound of this range"),
    ("lengths that always differ, named as they are written",
     "fn f(a: [n]f64) = a + zeros(n + 1)", "E0401 a + zeros(n + 1): `n` … `n + 1` … differ by 1 … this is [n + 1]f64"),
    ("numbers that differ", "fn f(a: [3]f64, b: [4]f64) = a * b", "E0401 a * b: 3 and 4"),
    ("sides of an if of different names", "fn f(c: bool, a: [n]f64, b: [m]f64) = if c then a else b",
     "E0402 if c then a else b: `n` … `m`"),
    ("a loop's state that grows", "fn f(a: [n]f64) = loop s = a for i in 0..3 do zeros(n + 1)",
     "E0402 zeros(n + 1): the state changes its size … `n` … `n + 1` … `s` starts as [n]f64"),
    ("a result of another size than declared", "fn f(a: [n]f64) -> [2 * n]f64 = a",
     "E0402 a: `2 * n` … `n` … declared"),
    ("a size of a result that no parameter has", "fn f(a: [n]f64) -> [m]f64 = a",
     "E0404 m: no parameter has the size `m`"),
    ("a dimension of a parameter that is an expression", "fn f(a: [2 * n]f64) = n", "E0403 2 * n: assert"),
    ("an argument that is no size", "fn f(k: i64) = g(k) fn g(n: size) = n", "E0403 k: argument 1 of `g`"),
]  # fmt: skip

ROWS = [*PROGRAMS, *TYPES, *SIZES]
REFUSED = [*PROGRAMS_REFUSED, *TYPES_REFUSED, *SIZES_REFUSED]


@holds(ROWS)
def test_interpreter(program: str, call: str, outcome: str) -> None:
    assert_interpreter(program, call, outcome)


@holds(ROWS)
def test_kernel(program: str, call: str, outcome: str) -> None:
    assert_kernel(program, call, outcome)


@refused(REFUSED)
def test_refused(program: str, expected: Sequence[str]) -> None:
    assert_refused(program, expected)


@pytest.mark.parametrize(
    ("program", "entry", "expected"),
    [
        ("fn a() = 1 fn main() = 2 fn b() = 3", None, 2),
        ("fn a() = 1 fn main() = 2 fn b() = 3", "a", 1),
        ("fn a() = 1 fn b() = 3", None, 3),
        ("fn a() = 1", None, 1),
    ],
)
def test_the_entry_is_the_one_asked_for_else_main_else_the_last(program: str, entry: str | None, expected: int) -> None:
    assert ssair.compile(program, entry=entry).interpret() == expected


@pytest.mark.parametrize("value", [2**52 + 1, -(2**52) - 1, 2**62])
def test_an_argument_of_a_size_parameter_is_between_minus_and_plus_2_to_the_52(value: int) -> None:
    kernel = ssair.compile("fn f(n: size) = n")
    for run in (kernel, kernel.interpret):
        with pytest.raises(ValueError, match="between -2\\^52 and 2\\^52"):
            run(value)
        assert int(run(2**52)) == 2**52


@pytest.mark.parametrize("body", ["zeros(n)", "zeros(n, n)", "iota(n * 4)", "[i + j for i in 0..n, j in 0..n]"])
def test_an_array_that_no_memory_holds_is_refused_and_does_not_end_the_process(body: str) -> None:
    kernel = ssair.compile(f"fn f(n: size) = {body}")
    for run in (kernel, kernel.interpret):
        with pytest.raises(MemoryError, match="too large for any memory"):
            run(2**50)
