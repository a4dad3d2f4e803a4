"""Fun's types and sizes: what the checker infers, what it leaves to run time, and what it refuses."""

import doctest
import sys
from pathlib import Path

import pytest

from ssair.diagnostics import SourceError
from ssair.frontends.fun import ast, check, parse
from ssair.frontends.fun import source_text as source_text_module
from ssair.frontends.fun.check import check_program, checked_program
from ssair.frontends.fun.parse import parse_program
from ssair.frontends.fun.source_text import source_text
from ssair.frontends.fun.types import I64

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.fun"))


def checked(text: str) -> ast.Program:
    return check_program(parse_program(text))


def nodes(node: ast.Node) -> list[ast.Node]:
    """All nodes below one, in the order of evaluation."""
    found, pending = [], [node]
    while pending:
        found.append(pending.pop())
        pending.extend(reversed(list(ast.children(found[-1]))))
    return found


# The declaration of a function without its result, its body, and the result that is inferred.
RESULTS = [
    # literals
    ("f()", "1", "i64"),
    ("f()", "1.5", "f64"),
    ("f()", "(1i32, 2i64, 1.5f32, 1.0f64, 3f32, true)", "(i32, i64, f32, f64, f32, bool)"),
    ("f(x: f32)", "x + 1", "f32"),
    ("f(x: i32)", "1 + 2 * x", "i32"),
    ("f(x: f64)", "let k = 2 in k * x", "f64"),
    ("f()", "1 / 2", "f64"),
    ("f()", "1 + 2.0", "f64"),
    ("f()", "let a = 1 in let b = a + 2.0 in a", "f64"),
    ("f(c: bool)", "if c then 1 else 2.5", "f64"),
    ("f()", "-9223372036854775808", "i64"),
    ("f()", "0xFF", "i64"),
    ("f(n: size)", "zeros(n)", "[n]f64"),
    ("f(n: size)", "zeros(n, 3) + 1i32", "[n, 3]i32"),
    ("f(n: size)", "zeros(n) + 1", "[n]f64"),
    ("f(n: size)", "let z = zeros(n) in z with [0] = 1i64", "[n]i64"),
    # operators
    ("f(a: [n]f32, x: f32)", "-a * x ** 2 - a", "[n]f32"),
    ("f(a: [n, m]i64)", "a // 2 % 3 & 1 | a << 2", "[n, m]i64"),
    ("f(x: i64)", "~x", None),
    ("f(x: i64)", "x ** -1", "i64"),
    ("f(a: [n]f64)", "a < 0.5", "[n]bool"),
    ("f(a: [n]bool)", "a == true", "[n]bool"),
    ("f(i: i64, n: i64)", "0 <= i < n && !(i == 3) || i != n", "bool"),
    ("f(a: [n, k]f64, b: [k, m]f64)", "a @ b", "[n, m]f64"),
    ("f(a: [n, k]f64, x: [k]f64)", "a @ x", "[n]f64"),
    ("f(x: [n]i32, a: [n, m]i32)", "x @ a", "[m]i32"),
    # sizes
    ("f(xs: [n]f64)", "n", "i64"),
    ("f(xs: [n]f64)", "zeros(2 * n + 1)", "[2 * n + 1]f64"),
    ("f(xs: [n]f64, ys: [m]f64)", "iota((n + m) * (n - m))", "[n * n - m * m]i64"),
    ("f(n: size)", "iota((4 * n + 6) // 2)", "[2 * n + 3]i64"),
    ("f(n: size)", "iota((n + 1) // 2 + 1)", "[(n + 1) // 2 + 1]i64"),
    ("f(n: size, m: size)", "iota(n // m * 2)", "[2 * (n // m)]i64"),
    ("f(xs: [n]f64)", "let k = len(xs) - 1 in full(true, k, 2)", "[n - 1, 2]bool"),
    ("f(a: [n, m]f64)", "zeros(dim(a, 1), dim(a, 0))", "[m, n]f64"),
    ("f(n: size)", "let (a, b) = (n, n + 1) in zeros(a * b)", "[n * n + n]f64"),
    ("f(n: size)", "zeros((let k = 2 in k * n))", "[2 * n]f64"),
    # control
    ("f(x: i64)", "let (a, (_, b)) = (1.5, (x, true)) in (b, a)", "(bool, f64)"),
    ("f(x: i64)", 'assert x > 0 assert x < 9, "small" print("x", x, (x, 1.5)) in x', "i64"),
    ("f(xs: [n]f64)", "loop acc = 0 for x in xs do acc + x", "f64"),
    ("f(xs: [n]f64)", "loop (i = 0, s = 0) while i < n do (i + 1, s + xs[i])", "(i64, f64)"),
    ("f(k: i32)", "loop acc = 0 for i in 0..k by 2 do acc + i", "i32"),
    ("f(a: [n, m]f64)", "loop acc = zeros(m) for row in a do acc + row", "[m]f64"),
    ("f(xs: [n]f64)", "loop s = (0, 0.0) for x in xs do let (i, t) = s in (i + 1, t + x)", "(i64, f64)"),
    ("f(xs: [n]f64)", "scan acc = 0 for x in xs do acc + x", "[n]f64"),
    ("f(n: size)", "scan (a = 0, b = 1) for _ in 1..n do (b, a + b)", "([n - 1]i64, [n - 1]i64)"),
    ("f(n: size)", "scan v = zeros(3) for i in 0..n do v + f64(i)", "[n, 3]f64"),
    ("f(xs: [n]f64)", "[x * x for x in xs]", "[n]f64"),
    ("f(a: [n, m]f64)", "[sum(row) for row in a]", "[n]f64"),
    ("f(a: [n, m]f64)", "[row for row in a, i in 0..5]", "[n, 5, m]f64"),
    ("f(n: size)", "[(i, (i > 2, zeros(4))) for i in 0..n, j in 1..n]",
     "([n, n - 1]i64, ([n, n - 1]bool, [n, n - 1, 4]f64))"),
    ("f(n: size)", "[i for i in 0..n by 3]", "[(n + 2) // 3]i64"),
    ("f(xs: [n]f64)", "[xs[i + 1] - xs[i] for i in 0..n - 1]", "[n - 1]f64"),
    # arrays
    ("f(a: [n, m, k]f64, i: i64, j: i32)", "(a[i, j, 0], a[i, j], a[i], a[i][j])", "(f64, [k]f64, [m, k]f64, [k]f64)"),
    ("f(xs: [n]f32, i: i32)", "xs with [i] = 1 with [0] = 2.5", "[n]f32"),
    ("f(x: f64)", "[x, 1, 2.5]", "[3]f64"),
    ("f(a: [n]f64)", "[a, a]", "[2, n]f64"),
    ("f()", "[[1, 2, 3], [4, 5, 6]]", "[2, 3]i64"),
    # built-in functions
    ("f(x: i64, a: [n]f32)", "(abs(x), sign(a), min(x, 2), max(a, 1))", "(i64, [n]f32, i64, [n]f32)"),
    ("f(x: f64)", "(sqrt(x), exp(x), log(x), sin(x), cos(x), tan(x), tanh(x))", "(f64, f64, f64, f64, f64, f64, f64)"),
    ("f(x: f32)", "(floor(x), ceil(x), round(x), isnan(x), isinf(x))", "(f32, f32, f32, bool, bool)"),
    ("f()", "sqrt(2)", "f64"),
    ("f(a: [n]i64)", "select(a > 0, 1.5, 0.0)", "[n]f64"),
    ("f(c: bool, a: [n]i32)", "select(c, a, 0)", "[n]i32"),
    ("f(x: f64, a: [n]bool)", "(i32(x), i64(a), f32(x), f64(1), bool(x))", "(i32, [n]i64, f32, f64, bool)"),
    ("f(a: [n, m]i32)", "(sum(a), prod(a), minimum(a), maximum(a))", "(i32, i32, i32, i32)"),
    ("f(a: [n]f64)", "(any(a > 0), all(a > 0), argmin(a), argmax(a), dot(a, a))", "(bool, bool, i64, i64, f64)"),
    ("f(a: [n, m]f64)", "(transpose(a), reverse(a))", "([m, n]f64, [n, m]f64)"),
    # names
    ("f(x: i64)", "let x = f64(x) in let x = (x, true) in x", "(f64, bool)"),
    ("f(len: [n]f64)", "len(len)", "i64"),
    ("f(n: size, xs: [n]f64)", "let n = 2.5 in xs * n", "[n]f64"),
]  # fmt: skip


@pytest.mark.parametrize(("declaration", "body", "expected"), RESULTS)
def test_results_are_inferred(declaration, body, expected):
    text = f"fn {declaration} = {body}"
    if expected is None:
        with pytest.raises(SourceError):
            checked(text)
    else:
        assert str(checked(text).functions[0].result) == expected


@pytest.mark.parametrize(("declaration", "body", "expected"), [row for row in RESULTS if row[2] is not None])
def test_what_is_inferred_can_be_written_out(declaration, body, expected):
    """The text of a checked program, with all types declared, is the same program."""
    text = source_text(checked(f"fn {declaration} = {body}"))
    assert f"-> {expected} =" in text
    assert source_text(checked(text)) == text


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_check_and_can_be_written_out(path):
    text = source_text(checked(path.read_text()))
    assert source_text(checked(text)) == text


def test_a_checked_tree_has_no_open_slot():
    for path in EXAMPLES:
        for function in checked(path.read_text()).functions:
            for node in nodes(function.body):
                if isinstance(node, ast.Expression):
                    assert str(node.type).strip("?") == str(node.type), path.stem
                    assert node.size is None or node.type is I64
                if isinstance(node, ast.Literal):
                    assert type(node.value) in (bool, int, float)
                if isinstance(node, ast.Name):
                    assert node.binding is not None and node.binding.unique
                if isinstance(node, ast.Call):
                    assert node.function is not None


# Calls


def test_calls_give_the_result_over_the_sizes_of_the_arguments():
    program = checked(
        """
        fn outer(a: [p]f64, b: [q]i64) = (twice(a), pair(b, q), zeros(len(twice(a))))
        fn twice(xs: [n]f64) = zeros(2 * n) + dim(zeros(n), 0) * 0.0
        fn pair(xs: [n]i64, k: size) -> ([n + k]i64, i64) = (iota(n + k), k)
        """.replace("dim(zeros(n), 0) * 0.0", "0")
    )
    assert str(program.function("outer").result) == "([2 * p]f64, ([2 * q]i64, i64), [2 * p]f64)"


def test_functions_are_known_before_they_are_defined_and_across_chains():
    program = checked("fn a() = b() + 1\nfn b() = c() * 2\nfn c() = 1.5f32")
    assert [str(f.result) for f in program.functions] == ["f32"] * 3


def test_components_number_functions_callees_first():
    program = checked(
        """
        fn main(n: i64) -> bool = even(n) && self(n) > 0
        fn even(n: i64) -> bool = if n == 0 then true else odd(n - 1)
        fn odd(n: i64) -> bool = if n == 0 then false else even(n - 1)
        fn self(n: i64) -> i64 = if n == 0 then 1 else n * self(n - 1)
        """
    )
    main, even, odd, own = program.functions
    assert even.component == odd.component < main.component and own.component < main.component
    assert [f.recursive for f in program.functions] == [False, True, True, True]


def test_tail_calls_are_marked():
    (function,) = checked(
        """
        fn f(n: i64, m: i64) -> i64 =
          if n == 0 then f(f(1, 2), 3)
          else let x = f(4, 5) print(x) in if n == 1 then x else f(6, 7) + f(8, 9)
        """
    ).functions
    tails = [call for call in function.calls if call.is_tail]
    assert len(tails) == 1 and isinstance(tails[0].arguments[0], ast.Call)


# Names


def test_uses_are_linked_to_their_bindings_and_bindings_have_names_of_their_own():
    text = "fn f(x: i64) = let x = x + 1 in (x, [x for x in 0..3], loop x = x for _ in 0..2 do x)"
    (function,) = checked(text).functions
    uses = [node.binding.unique for node in nodes(function.body) if isinstance(node, ast.Name)]
    assert uses == ["x", "x.1", "x.2", "x.1", "x.3"]


def test_size_names_say_where_they_are_found():
    (function,) = checked("fn f(k: size, p: (i64, ([n, k]f64, [m]f64)), q: [n, 3]f64) = n + m").functions
    assert [(b.name, b.source) for b in function.size_names] == [
        ("n", ast.OperandDim(1, (1, 0), 0)),
        ("m", ast.OperandDim(1, (1, 1), 0)),
    ]
    assert function.checks == (
        ast.SizeCheck(ast.OperandValue(0), ast.OperandDim(1, (1, 0), 1)),
        ast.SizeCheck(ast.OperandDim(1, (1, 0), 0), ast.OperandDim(2, (), 0)),
        ast.SizeCheck(ast.LiteralSize(3), ast.OperandDim(2, (), 1)),
    )


# What is left to run time


def checks_of(declaration: str, body: str) -> list[str]:
    """The checks of the outermost operation of a body, as `place = place`."""

    def place(source: ast.SizeSource) -> str:
        match source:
            case ast.OperandDim():
                return ".".join(map(str, (source.operand, *source.path))) + f"[{source.axis}]"
            case ast.OperandValue():
                return str(source.operand)
        return f"literal {source.value}"

    callee = "fn g(k: size, x: [k]f64, y: [k]f64, p: ([3]i64, [m]i64), q: [m]i64) = k\n"
    node = checked(f"{callee}fn {declaration} = {body}").functions[1].body
    return [f"{place(check.left)} = {place(check.right)}" for check in node.checks]


CHECKS = [
    ("f(a: [n]f64, b: [n]f64)", "a + b", []),
    ("f(a: [n]f64, b: [m]f64)", "a + b", ["0[0] = 1[0]"]),
    ("f(a: [n, k]f64, b: [n, m]f64)", "a * b", ["0[1] = 1[1]"]),
    ("f(a: [n]f64, b: [m]f64)", "a <= b", ["0[0] = 1[0]"]),
    ("f(a: [n]f64, b: [m]f64)", "a + zeros(n)", []),
    ("f(a: [n]f64, n2: size)", "a + zeros(n2 * n2)", ["0[0] = 1[0]"]),
    ("f(a: [n, k]f64, b: [m, n]f64)", "a @ b", ["0[1] = 1[0]"]),
    ("f(a: [n, k]f64, b: [m]f64)", "a @ b", ["0[1] = 1[0]"]),
    ("f(b: [k]f64, a: [n, m]f64)", "b @ a", ["0[0] = 1[0]"]),
    ("f(a: [n]f64, b: [m]f64)", "dot(a, b)", ["0[0] = 1[0]"]),
    ("f(a: [n]f64, b: [m]f64)", "min(a, b)", ["0[0] = 1[0]"]),
    ("f(c: [k]bool, a: [n]f64)", "select(c, a, 0)", ["0[0] = 1[0]"]),
    ("f(c: bool, a: [n]f64, b: [m]f64)", "select(c, a, b)", ["1[0] = 2[0]"]),
    ("f(a: [n]f64, b: [m]f64)", "[a, b, a, b]", ["0[0] = 1[0]", "0[0] = 3[0]"]),
    ("f(a: [n]f64, i: [3]i64, j: [m]i64)", "g(n, a, a, (i, j), j)", []),
    ("f(a: [n]f64, b: [m]f64, i: [p]i64, j: [q]i64)", "g(m, a, b, (i, j), i)",
     ["0 = 1[0]", "literal 3 = 3.0[0]", "3.1[0] = 4[0]"]),
]  # fmt: skip


@pytest.mark.parametrize(("declaration", "body", "expected"), CHECKS)
def test_sizes_that_are_not_known_to_agree_are_checked_at_run_time(declaration, body, expected):
    assert checks_of(declaration, body) == expected


LENGTHS = [
    ("f(a: [n]f64)", "zeros(n, 2 * n + 1)", True),
    ("f(n: size)", "zeros(n)", False),
    ("f(n: size, a: [n]f64)", "iota(n)", True),
    ("f(a: [n]f64)", "full(1, n - 1)", False),
    ("f()", "zeros(-1)", False),
    ("f(a: [n]f64)", "iota(n // 2)", False),
]


@pytest.mark.parametrize(("declaration", "body", "expected"), LENGTHS)
def test_lengths_that_cannot_be_negative_are_known(declaration, body, expected):
    assert checked(f"fn {declaration} = {body}").functions[0].body.known_nonnegative is expected


@pytest.mark.parametrize(("bounds", "expected"), [("0..n", True), ("1..n", False), ("n..2 * n", True), ("n..0", False)])
def test_ranges_that_cannot_be_negative_are_known(bounds, expected):
    (function,) = checked(f"fn f(a: [n]f64) = [i for i in {bounds}]").functions
    assert function.body.clauses[0].iterable.known_nonnegative is expected


# Literals

VALUES = [
    ("1", "i64", 1),
    ("0xFFi32", "i32", 255),
    ("-2147483648i32", "i32", -(2**31)),
    ("007", "i64", 7),
    ("9007199254740993.0", "f64", 9007199254740992.0),
    ("16777217f32", "f32", 16777216.0),
    ("0.1f32", "f32", 0.10000000149011612),
    ("1.00000005960464477540f32", "f32", 1.0000001192092896),  # just above the middle of two: to the upper one
    ("1.0000000596046448f32", "f32", 1.0000001192092896),
    ("1.000000059604644775390625f32", "f32", 1.0),  # the middle: to the even one
    ("3.4028235e38f32", "f32", 3.4028234663852886e38),
    ("1e-60f32", "f32", 0.0),
    ("-0.0", "f64", -0.0),
    ("0x10f64", None, None),
    ("1e308", "f64", 1e308),
    ("0x20000000000001 + 0.0", "f64", 9007199254740992.0),
]


@pytest.mark.parametrize(("text", "expected_type", "value"), VALUES)
def test_literals_have_the_nearest_value_of_their_type(text, expected_type, value):
    body = checked(f"fn f() = {text}").functions[0].body
    literal = body if isinstance(body, ast.Literal) else body.left
    if expected_type is None:  # `f64` are digits after `0x`
        assert (str(literal.type), literal.value) == ("i64", 0x10F64)
    else:
        assert (str(literal.type), repr(literal.value)) == (expected_type, repr(value))


# Errors: the program, and for each diagnostic its code, line, column and a part of what it says

ERRORS: list[tuple[str, list[tuple[str, int, int, str]]]] = [
    # names
    ("fn f(count: i64) = coutn + 1", [("E0201", 1, 20, "did you mean `count`?")]),
    ("fn f() = x + x * x", [("E0201", 1, 10, "no `x`")]),
    ("fn f() = (let x = 1 in x) + x", [("E0201", 1, 29, "no `x`")]),
    ("fn f() = let x = x in 1", [("E0201", 1, 18, "no `x`")]),
    ("fn f() = loop (a = 1, b = a) while false do (a, b)", [("E0201", 1, 27, "no `a`")]),
    ("fn f() = [i for i in 0..3, j in 0..i]", [("E0201", 1, 36, "no `i`")]),
    ("fn f() = sum + 1", [("E0201", 1, 10, "`sum(xs)`")]),
    ("fn f() = f + 1", [("E0201", 1, 10, "is a function")]),
    ("fn f() = minimun([1])", [("E0202", 1, 10, "did you mean `minimum`?")]),
    ("fn f(n: i64) = loop s = 0 for i in range(n) do s", [("E0202", 1, 36, "`lo..hi`")]),
    ("fn f(x: i64) = x(1)", [("E0202", 1, 16, "a variable")]),
    ("fn f(x: i64, x: f64) = 1", [("E0203", 1, 14, "declared twice")]),
    ("fn f() = let (a, (b, a)) = (1, (2, 3)) in b", [("E0203", 1, 22, "twice in one pattern")]),
    ("fn f() = loop (a = 1, a = 2) while false do (1, 2)", [("E0203", 1, 23, "declared twice")]),
    ("fn f() = 1\nfn g() = 2\nfn f() = 3", [("E0203", 3, 4, "declared twice")]),
    ("fn sum(x: i64) = x", [("E0204", 1, 4, "built-in")]),
    ("fn f(n: i64, xs: [n]f64) = 1", [("E0206", 1, 19, "`n: size`")]),
    ("fn f(x: f64) = x + ?rest", [("E0205", 1, 20, "f64 is wanted here")]),
    ("fn f(x: f64, i: i64) = if ?c then x else ?d",
     [("E0205", 1, 27, "bool is wanted"), ("E0205", 1, 42, "`i: i64`")]),
    ("fn f() = let x = ?a in 1", [("E0205", 1, 18, "any type fits")]),
    # types
    ("fn f(x: i64, y: f64) = x + y", [("E0301", 1, 24, "convert with `f64(x)`")]),
    ("fn f(x: i32, y: i64) = x < y", [("E0301", 1, 24, "convert with `i64(x)`")]),
    ("fn f(x: i64) = x + 1.5", [("E0301", 1, 16, "convert with `f64(x)`")]),
    ("fn f(x: f64) -> i64 = x", [("E0301", 1, 23, "convert with `i64(x)`")]),
    ("fn f(x: i64) = if x then 1 else 2", [("E0301", 1, 19, "a condition is bool")]),
    ("fn f(c: bool) = if c then 1i64 else 2.5", [("E0301", 1, 17, "i64 and float")]),
    ("fn f(c: bool, x: f64) = if c then x else (x, x)", [("E0301", 1, 25, "(f64, f64)")]),
    ("fn f(x: i64) = x && true", [("E0301", 1, 16, "operand of `&&`")]),
    ("fn f(x: [n]bool) = x && x", [("E0302", 1, 20, "for scalars")]),
    ("fn f(x: i64) = !x", [("E0301", 1, 17, "operand of `!`")]),
    ("fn f(x: i64) = x / 2", [("E0302", 1, 16, "use `//` for integers")]),
    ("fn f(x: f64) = x & 1", [("E0302", 1, 16, "`&` is for integers")]),
    ("fn f(x: bool) = x | true", [("E0302", 1, 17, "use `||`")]),
    ("fn f(x: bool) = x < true", [("E0302", 1, 17, "numbers")]),
    ("fn f(x: (i64, i64)) = x == x", [("E0302", 1, 23, "take it apart")]),
    ("fn f(x: (i64, i64)) = -x", [("E0302", 1, 24, "numbers")]),
    ("fn f(a: [n]f64) = 0.0 <= a < 1.0", [("E0302", 1, 26, "chain")]),
    ("fn f(a: [n]f64, b: [n, m]f64) = a + b", [("E0301", 1, 33, "one shape")]),
    ("fn f(a: [n]f64) = a @ a", [("E0302", 1, 19, "dot")]),
    ("fn f(x: i64) = sqrt(x)", [("E0302", 1, 21, "f64(x)")]),
    ("fn f(x: f64) = len(x)", [("E0302", 1, 20, "is an array")]),
    ("fn f(x: f64) = x[0]", [("E0302", 1, 16, "indexed")]),
    ("fn f(x: [n]f64) = x[1.5]", [("E0301", 1, 21, "an index is an integer")]),
    ("fn f(x: [n]f64) = x[0, 0]", [("E0306", 1, 19, "1 dimension")]),
    ("fn f(x: [n, m]f64) = x with [0] = 1", [("E0306", 1, 22, "2 dimensions")]),
    ("fn f(x: [n]f64, i: i64) = x with [0] = i", [("E0301", 1, 40, "f64(i)")]),
    ("fn f(x: [n]f64) = dim(x, 1)", [("E0306", 1, 26, "only dimension 0")]),
    ("fn f(x: [n]f64, k: size) = dim(x, k)", [("E0306", 1, 35, "written out")]),
    ("fn f() = [1, 2.5, true]", [("E0301", 1, 19, "bool")]),
    ("fn f() = [(1, 2)]", [("E0302", 1, 11, "tuple of arrays")]),
    ("fn f(x: i64) = let (a, b) = x in 1", [("E0305", 1, 20, "the value is i64")]),
    ("fn f(x: (i64, i64)) = let (a, b, c) = x in 1", [("E0305", 1, 27, "3 elements")]),
    ("fn f(x: i64) = loop s = x for i in 0..3 do 1.5", [("E0301", 1, 44, "starts as i64")]),
    ("fn f(x: i64) = loop (s = x, t = x) for i in 0..3 do (1, true)", [("E0301", 1, 57, "the next `t`")]),
    ("fn f(x: i64) = loop (s = x, t = x) for i in 0..3 do s", [("E0301", 1, 53, "(i64, i64)")]),
    ("fn f(n: i64) = loop s = 0 for i in n do s", [("E0302", 1, 36, "`0..n`")]),
    ("fn f(n: i64) = loop s = 0 for i in 0..2.5 do s", [("E0301", 1, 39, "integer")]),
    ("fn f(n: i64) = loop s = 0 for i in 0i32..n do s", [("E0301", 1, 36, "i64(0i32)")]),
    ("fn f(x: i64) = g(x)\nfn g(y: f64) = y", [("E0301", 1, 18, "convert with `f64(x)`")]),
    ("fn f() = g(1, 2)\nfn g(y: f64) = y", [("E0303", 1, 10, "takes 1 argument, not 2")]),
    ("fn f() = min([1, 2])", [("E0303", 1, 10, "did you mean `minimum`")]),
    ("fn f() = minimum(1, 2)", [("E0303", 1, 10, "did you mean `min`")]),
    ("fn f(x: i64) = maximum(x)", [("E0302", 1, 24, "max(a, b)")]),
    ("fn f() = full(1)", [("E0303", 1, 10, "did you mean `zeros`")]),
    ("fn f(x: i64) = f(x) + 1", [("E0308", 1, 4, "declared")]),
    ("fn f(x: i64) = g(x)\nfn g(x: i64) = f(x)", [("E0308", 1, 4, "through `g`"), ("E0308", 2, 4, "through `f`")]),
    ("fn f(x: [n][m]f64) = x", [("E0307", 1, 12, "`[n, m]f64`")]),
    ("fn f(x: [n](i64, i64)) = x", [("E0307", 1, 12, "tuple of arrays")]),
    ("fn f(x: (size, i64)) = 1", [("E0307", 1, 10, "parameter only")]),
    ("fn f(x: i64) -> size = x", [("E0307", 1, 17, "parameter only")]),
    # literals
    ("fn f() = 2147483648i32", [("E0304", 1, 10, "out of the range of i32")]),
    ("fn f(x: i32) = x + 3000000000", [("E0304", 1, 20, "between -2147483648 and 2147483647")]),
    ("fn f() = 9223372036854775808", [("E0304", 1, 10, "out of the range of i64")]),
    ("fn f() = -9223372036854775808 ** 1", [("E0304", 1, 11, "out of the range of i64")]),
    ("fn f() = 1e309", [("E0304", 1, 10, "out of the range of f64")]),
    ("fn f() = 1e39f32", [("E0304", 1, 10, "out of the range of f32")]),
    ("fn f() = " + "9" * 5000, [("E0304", 1, 10, "out of the range of i64")]),
    # sizes
    ("fn f(a: [n]f64) = a + zeros(n + 1)", [("E0401", 1, 19, "always differ by 1")]),
    ("fn f(a: [3]f64, b: [4]f64) = a + b", [("E0401", 1, 30, "3 and 4")]),
    ("fn f(a: [n, 2]f64, b: [3, n]f64) = a @ b", [("E0401", 1, 36, "2 and 3")]),
    ("fn f(a: [n]f64) = g(a, zeros(n + 2))\nfn g(a: [m]f64, b: [m]f64) = 1", [("E0401", 1, 19, "differ by 2")]),
    ("fn f(a: [4]f64) = g(a)\nfn g(a: [3]f64) = 1", [("E0401", 1, 19, "3 and 4")]),
    ("fn f(c: bool, a: [n]f64, b: [m]f64) = if c then a else b", [("E0402", 1, 39, "`n` and `m`")]),
    ("fn f(a: [n]f64) = loop s = a for i in 0..3 do zeros(2 * n)", [("E0402", 1, 47, "changes its size")]),
    ("fn f(a: [n]f64) -> [2 * n]f64 = a", [("E0402", 1, 33, "declared")]),
    ("fn f(k: size) = zeros(k, true)", [("E0301", 1, 26, "is a size")]),
    ("fn f(k: i64) = zeros(k)", [("E0403", 1, 22, "when the kernel is specialised")]),
    ("fn f(n: size) = loop s = 0 for i in 0..n do s + sum(zeros(i))", [("E0403", 1, 59, "specialised")]),
    ("fn f(n: size) = [j for i in 0..n, j in 0..abs(n)]", [("E0403", 1, 43, "a bound")]),
    ("fn f(k: i64) = g(k)\nfn g(n: size) = n", [("E0403", 1, 18, "argument 1 of `g`")]),
    ("fn f(xs: [2 * n]f64) = 1", [("E0403", 1, 11, "size name or a number")]),
    ("fn f(a: [1e3]f64, b: [-1]f64, c: [1.5]f64) = 1", [("E0403", 1, c, "or a number") for c in (10, 23, 35)]),
    ("fn f(xs: [n]f64) -> [m]f64 = xs", [("E0404", 1, 22, "no parameter has the size `m`")]),
    ("fn f(k: i64, c: bool) = if c then zeros(k) else zeros(3)", [("E0403", 1, 41, "specialised")]),
    # more than one, and no error that another one causes
    ("fn f() = x + sqrt(true)\nfn g() = f() + true",
     [("E0201", 1, 10, "`x`"), ("E0302", 1, 19, "floats"), ("E0302", 2, 16, "numbers")]),
    ("fn f(x: i64) = let y = x + 1.5 in let z = y * 2 in z && z", [("E0301", 1, 24, "`+`")]),
    ("fn f() = let (a, b) = q in a + b", [("E0201", 1, 23, "`q`")]),
]  # fmt: skip


def test_functions_without_syntax_errors_are_checked_beside_others():
    text = """fn f(x: i64) = x + 1.5
fn g(x: i64) = x +
fn h(x: i64) = g(x) + f(1) + y
fn k(x: int) = if $ then 1_0 else x && 3 / "
fn l(x: int) = if $ then 1_0 else [x, x][0]"""
    with pytest.raises(SourceError) as error:
        checked_program(text)
    assert [(d.code, d.line, d.column) for d in error.value.diagnostics] == [
        ("E0301", 1, 16), ("E0102", 3, 1), ("E0201", 3, 30), ("E0307", 4, 9), ("E0101", 4, 19), ("E0104", 4, 26),
        ("E0105", 4, 44), ("E0307", 5, 9), ("E0101", 5, 19), ("E0104", 5, 26),
    ]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), ERRORS)
def test_errors_say_where_and_what(text, expected):
    with pytest.raises(SourceError) as error:
        checked(text)
    found = error.value.diagnostics
    assert [(d.code, d.line, d.column) for d in found] == [each[:3] for each in expected]
    for diagnostic, (_, _, _, part) in zip(found, expected, strict=True):
        assert part in f"{diagnostic.message} | {diagnostic.help}"


NOTES = [
    ("fn f(x: i64, x: f64) = 1", "first declared here", 6),
    ("fn f() = let (a, a) = (1, 2) in a", "first declared here", 15),
    ("fn f(x: i64, y: f64) = x + y", "this is i64", 24),
    ("fn f(x: f64) -> i64 = x", "the result is declared i64", 17),
    ("fn f(x: i64) -> i64 = f(1, 2)", "declared here", 4),
    ("fn f(x: i64) = f(x)", "the call is here", 16),
]


@pytest.mark.parametrize(("text", "message", "column"), NOTES)
def test_errors_show_a_second_place(text, message, column):
    with pytest.raises(SourceError) as error:
        checked(text)
    note = error.value.diagnostics[0].notes[0]
    assert (note.message, note.column) == (message, column)


# Scale

COUNT = 50_000

LARGE = {
    "a chain of lets": "fn f() = let x0 = 1 in "
    + " ".join(f"let x{i} = x{i - 1} + {i} in" for i in range(1, COUNT))
    + " x9",
    "lets in heads": "fn f() = " + "let x = " * COUNT + "1 " + "in x " * COUNT,
    "a sum of sizes": "fn f(n: size) = " + " + ".join(["n"] * COUNT),
    "a product of sizes": "fn f(n: size) = zeros(" + " * ".join(["n"] * COUNT) + ")",
    "quotients of sizes": "fn f(n: size) = zeros(" + " // ".join(["n"] * COUNT) + ")",
    "squares of sizes": "fn f(n: size) = let a0 = n + 1 in "
    + " ".join(f"let a{i} = a{i - 1} * a{i - 1} + n in" for i in range(1, 300))
    + " zeros(a299)",
    "literals of one type": "fn f(x: f64) = " + " + ".join(["1"] * COUNT) + " + x",
    "ifs": "fn f(c: bool, n: size) = " + "if c then zeros(n) else " * COUNT + "zeros(n)",
    "loops": "fn f() = " + "loop x = 1 while x < 1 do " * COUNT + "2",
    "comprehensions": "fn f(n: size) = " + "sum([" * 10_000 + "1" + " for i in 0..n])" * 10_000,
    "functions": "\n".join(f"fn g{i}(x: i64) = g{i + 1}(x)" for i in range(10_000)) + "fn g10000(x: i64) = x",
    "a cycle": "\n".join(f"fn g{i}(x: i64) -> i64 = g{(i + 1) % 10_000}(x)" for i in range(10_000)),
}  # fmt: skip


@pytest.mark.parametrize("name", LARGE)
def test_depth_and_length_have_no_limit(name):
    program = parse_program(LARGE[name])
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(300)
    try:
        check_program(program)
    finally:
        sys.setrecursionlimit(limit)


BOMBS = {
    "a tuple that doubles": "let x0 = (1, 1) in "
    + " ".join(f"let x{i} = (x{i - 1}, x{i - 1}) in" for i in range(1, 99))
    + " 1",
    "nested tuples": "(" * COUNT + "1" + ", 1)" * COUNT,
    "nested arrays": "[" * COUNT + "1" + "]" * COUNT,
    "many dimensions": "zeros(" + ", ".join(["1"] * COUNT) + ")",
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_values_that_are_too_large_to_build_are_one_error(name):
    with pytest.raises(SourceError) as error:
        checked(f"fn f() = {BOMBS[name]}")
    assert [d.code for d in error.value.diagnostics] == ["E0309"]


def test_thousands_of_errors_take_no_longer_than_a_program():
    with pytest.raises(SourceError) as error:
        checked("fn f() = " + " + ".join(f"name{i}" for i in range(20_000)))
    assert len(error.value.diagnostics) == 1000
    assert len(str(error.value)) < 100_000


@pytest.mark.parametrize("module", [check, parse, source_text_module], ids=lambda module: module.__name__)
def test_the_examples_in_docstrings_run(module):
    results = doctest.testmod(module)
    assert results.attempted > 0 and results.failed == 0
