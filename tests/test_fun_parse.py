"""Fun's grammar: what is a program, the tree it becomes, and what is said of a text that is none."""

import logging
import sys
from importlib.resources import files

import lark
import pytest

from ssair.diagnostics import SourceError
from ssair.frontends.fun import ast
from ssair.frontends.fun.parse import parse_program


def body_of(text: str) -> ast.Expression:
    """The body of a function that is written as `text`."""
    return parse_program(f"fn main() = {text}").functions[0].body


def structure(node: ast.Node) -> str:
    """A tree of operators with all its parentheses."""
    match node:
        case ast.Literal():
            return node.text + node.suffix
        case ast.Name():
            return node.name
        case ast.Unary():
            return f"({node.operator} {structure(node.operand)})"
        case ast.Binary() | ast.Logical():
            return f"({structure(node.left)} {node.operator} {structure(node.right)})"
        case ast.Compare():
            words = [structure(node.operands[0])]
            for operator, operand in zip(node.operators, node.operands[1:], strict=True):
                words += [operator, structure(operand)]
            return f"({' '.join(words)})"
        case ast.Index():
            return f"{structure(node.array)}[{', '.join(map(structure, node.indices))}]"
        case ast.With():
            indices = ", ".join(map(structure, node.indices))
            return f"({structure(node.array)} with [{indices}] = {structure(node.value)})"
        case ast.Call() | ast.BuiltinCall():
            return f"{node.name}({', '.join(map(structure, node.arguments))})"
        case ast.If():
            return f"(if {structure(node.condition)} then {structure(node.positive)} else {structure(node.negative)})"
        case ast.Block():
            return f"(block of {len(node.statements)} in {structure(node.body)})"
    raise AssertionError(type(node))


STRUCTURES = [
    ("a + b * c", "(a + (b * c))"),
    ("a - b - c", "((a - b) - c)"),
    ("a * b / c // d % e @ f", "(((((a * b) / c) // d) % e) @ f)"),
    ("-a ** b", "(- (a ** b))"),
    ("a ** b ** c", "(a ** (b ** c))"),
    ("2.0 ** -1.0", "(2.0 ** -1.0)"),
    ("2 ** -x ** 3", "(2 ** (- (x ** 3)))"),
    ("-1", "-1"),
    ("- 1", "-1"),
    ("-(1)", "(- 1)"),
    ("--1", "(- -1)"),
    ("-1 ** 2", "(- (1 ** 2))"),
    ("a - -1", "(a - -1)"),
    ("a -1", "(a - 1)"),
    ("-a * b", "((- a) * b)"),
    ("a | b ^ c & d << e + f", "(a | (b ^ (c & (d << (e + f)))))"),
    ("a << b >> c", "((a << b) >> c)"),
    ("a | b == c", "((a | b) == c)"),
    ("!a == b", "(! (a == b))"),
    ("!!a && b || c && !d", "(((! (! a)) && b) || (c && (! d)))"),
    ("a || b && c", "(a || (b && c))"),
    ("0 <= i < n", "(0 <= i < n)"),
    ("(a < b) == c", "((a < b) == c)"),
    ("a == b == c != d", "(a == b == c != d)"),
    ("xs with [i] = a || b", "(xs with [i] = (a || b))"),
    ("xs with [0] = a with [1] = b", "((xs with [0] = a) with [1] = b)"),
    ("a[i][j, k]", "a[i][j, k]"),
    ("f(a)[i] ** 2", "(f(a)[i] ** 2)"),
    ("f()", "f()"),
    ("-xs[0]", "(- xs[0])"),
    ("if a then b else if c then d else e", "(if a then b else (if c then d else e))"),
    ("if a then b else c + d", "(if a then b else (c + d))"),
    ("let x = 1 let y = 2 in x + y", "(block of 2 in (x + y))"),
    ("let x = let y = 1 in y in x", "(block of 1 in x)"),
    ('let x = 1 assert x == 1, "one" print(x, "a") in x', "(block of 3 in x)"),
    ("((a))", "a"),
    ("0x1F + 0XffI", None),
    ("1i32 + 1.5f32 + 1e3 + 2.5e-3f64 + 0xFFi64", "((((1i32 + 1.5f32) + 1e3) + 2.5e-3f64) + 0xFFi64)"),
]


@pytest.mark.parametrize(("text", "expected"), STRUCTURES)
def test_operators_bind_as_the_language_says(text, expected):
    if expected is None:
        with pytest.raises(SourceError):
            body_of(text)
    else:
        assert structure(body_of(text)) == expected


def test_suffixes_are_apart_from_the_number():
    (a, b, c) = body_of("(0x1f32, 1f32, 7i64)").elements
    assert [(each.text, each.suffix) for each in (a, b, c)] == [("0x1f32", ""), ("1", "f32"), ("7", "i64")]


def test_strings_have_their_escapes_replaced():
    statement = body_of(r'print("a\"b\\n\n") in 1').statements[0]
    assert statement.parts[0].value == 'a"b\\n\n'


def test_a_function_has_all_its_parts():
    (function,) = parse_program("fn f(xs: [n, 3]f64, p: (i64, (bool, f32)), k: size) -> [2 * n]f64 = xs").functions
    assert [p.binding.name for p in function.parameters] == ["xs", "p", "k"]
    assert isinstance(function.parameters[0].annotation, ast.ArrayNode)
    assert isinstance(function.parameters[1].annotation.elements[1], ast.TupleNode)
    assert isinstance(function.declared_result, ast.ArrayNode)


def test_loops_and_comprehensions_have_all_their_parts():
    loop = body_of("loop (a = 1, b = 2) while a < b do (b, a)")
    assert [s.binding.name for s in loop.states] == ["a", "b"] and isinstance(loop.source, ast.While)
    scan = body_of("scan a = 1 for i in 0..n by 2 do a + i")
    assert scan.is_scan and scan.source.iterable.step is not None and scan.source.pattern.binding.kind == "index"
    rows = body_of("loop a = 1 for _ in rows do a")
    assert isinstance(rows.source.pattern, ast.Wildcard) and isinstance(rows.source.iterable, ast.Name)
    comprehension = body_of("[ loop a = 0.0 for p in 0..k do a for i in 0..n, x in xs ]")
    assert isinstance(comprehension.body, ast.Loop) and len(comprehension.clauses) == 2
    assert comprehension.clauses[1].pattern.binding.kind == "element"


def test_calls_are_listed_in_source_order():
    (function,) = parse_program("fn f() = g(h(1)) + k(2) + sqrt(3.0)").functions
    assert [call.name for call in function.calls] == ["g", "h", "k"]


def text_at(text: str, node: ast.Node) -> str:
    return text[node.span.start : node.span.end]


def test_spans_cover_the_expression_and_parentheses_inside_it():
    text = "fn f() = (a + b) * (c)"
    body = parse_program(text).functions[0].body
    assert text_at(text, body) == "(a + b) * (c)"
    assert text_at(text, body.left) == "a + b"
    assert text_at(text, body.right) == "c"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_all_line_ends_count(newline):
    with pytest.raises(SourceError) as error:
        parse_program(f"fn f() ={newline}# comment{newline}  1 +{newline}  * 2")
    assert [(d.line, d.column) for d in error.value.diagnostics] == [(4, 3)]


def test_a_byte_order_mark_is_ignored():
    assert parse_program("\ufefffn f() = 1").functions[0].span.start == 0


# text, and for each diagnostic: code, line, column and a part of the message or help
ERRORS: list[tuple[str, list[tuple[str, int, int, str]]]] = [
    ("", [("E0103", 1, 1, "no function")]),
    (" \n# nothing\n", [("E0103", 1, 1, "no function")]),
    ("1 + 2", [("E0102", 1, 1, "expected `fn`, found `1`")]),
    ("\0\0\0", [("E0101", 1, 1, "U+0000")]),
    ("fn f() = \0", [("E0101", 1, 10, "U+0000")]),
    ("fn f() = a ; b", [("E0101", 1, 12, "no `;`")]),
    ("fn f() = é", [("E0101", 1, 10, "ASCII")]),
    ("fn f() = (1, 2", [("E0102", 1, 15, "the end of the program")]),
    ("fn f() = [1, 2,]", [("E0102", 1, 16, "no comma after the last")]),
    ("fn f(x: i64,) = x", [("E0102", 1, 13, "no comma after the last")]),
    ("fn f() = let in = 1 in in", [("E0106", 1, 14, "`in` is a keyword")]),
    ("fn let() = 1", [("E0106", 1, 4, "`let` is a keyword")]),
    ("fn f() = 1 + if a then b else c", [("E0108", 1, 14, "parentheses")]),
    ("fn f() = a == !b", [("E0102", 1, 15, "parentheses")]),
    ("fn f() = _ + 1", [("E0102", 1, 10, "pattern")]),
    ("fn f() = let x = 1 x", [("E0102", 1, 20, "or `in`")]),
    ("fn f() = if a then b", [("E0102", 1, 21, "expected `else`")]),
    ("fn f() = if a = b then b else a", [("E0102", 1, 15, "`==` compares")]),
    ("fn f() = if a thn b else c", [("E0102", 1, 15, "did you mean `then`?")]),
    ("fn f(by: i64) = 1", [("E0106", 1, 6, "`by` is a keyword")]),
    ("fun f() = 1", [("E0102", 1, 1, "did you mean `fn`?")]),
    ("fn f() = a and b", [("E0102", 1, 12, "`&&`")]),
    ("fn f() = f(1)(2)", [("E0102", 1, 14, "only a function is called")]),
    ('fn f() = let x = "a" in 1', [("E0102", 1, 18, "strings only stand in")]),
    ("def f(x): x", [("E0102", 1, 1, "starts with `fn`")]),
    ("fn f(x: int) = x", [("E0307", 1, 9, "did you mean `i64`")]),
    ("fn f(x: f16) = x", [("E0307", 1, 9, "no type `f16`")]),
    ("fn f() -> = 1", [("E0102", 1, 11, "expected a type")]),
    ("fn f() = 1abc", [("E0104", 1, 10, "`1abc` is not a number")]),
    ("fn f() = 1_000", [("E0104", 1, 10, "`1000`")]),
    ("fn f() = 1. + .5 + 1.5x + 0x", [("E0104", 1, c, "not a number") for c in (10, 15, 20, 27)]),
    ("fn f() = 3i16", [("E0104", 1, 10, "may end in")]),
    ('fn f() = print("abc) in 1', [("E0105", 1, 16, "does not end")]),
    ('fn f() = print("a\\qb") in 1', [("E0105", 1, 18, "no escape")]),
    (
        "fn f( = 1\nfn g() = 2\nfn h() = )\nfn k() = 3 3",
        [("E0102", 1, 7, "a name or `)`"), ("E0102", 3, 10, "an expression"), ("E0102", 4, 12, "end of the function")],
    ),
    ("fn f() = (1\nfn g() = 2", [("E0102", 2, 1, "found `fn`")]),
    ('fn f() = ) # fn\nprint("fn")\nfn g() = 2', [("E0102", 1, 10, "an expression")]),
]


@pytest.mark.parametrize(("text", "expected"), ERRORS)
def test_syntax_errors_say_where_and_what(text, expected):
    with pytest.raises(SourceError) as error:
        parse_program(text)
    found = error.value.diagnostics
    assert [(d.code, d.line, d.column) for d in found] == [each[:3] for each in expected]
    for diagnostic, (_, _, _, part) in zip(found, expected, strict=True):
        assert part in f"{diagnostic.message} | {diagnostic.help}"


SLIPS = [
    ("fn f() = print(1)", "statements end with `in`"),
    ("fn f(n: i64) = for i in 0..n do i", "a loop has a state"),
    ("fn f(n: i64) = loop for i in 0..n do i", "the state comes first"),
    ("fn f(xs: [n]f64) = let xs[0] = 1.0 in xs", "arrays do not change"),
    ("fn f(xs: [n]f64) = xs[0] = 1.0", "arrays do not change"),
    ("fn f(x: i64): i64 = x", "behind `->`"),
    ("fn f(x: i64) i64 = x", "behind `->`"),
    ("fn f(x: i64) { x }", "no braces"),
    ("fn f(x: i64) = return x", "no `return`"),
    ("fn f(x: i64) = x++", "`x + 1`"),
    ("fn f(x: i64) = x ? 1 : 2", "`if c then a else b`"),
    ("fn f(x: i64) = (x,)", "no comma"),
    ("fn f() = ()", "two elements"),
    ("fn f() = []", "an element or more"),
    ("fn f x = x", "in parentheses"),
    ("fn f(x) = x", "parameters have types"),
    ("fn f(x: i64) = x <> 2", "`!=`"),
    ("fn f(x: i64) = x === 2", "write `==` for equal"),
    ("fn f(x: i64) = ~x", "`x ^ -1`"),
    ("fn f(x: i64) = x.y", "no fields"),
    ("fn f() = [x for x in 0..3 if x > 1]", "`[if c then x else 0 for x in xs]`"),
    ("fn f(xs: [n]f64) = xs[i] for i in 0..n", "stands in brackets"),
    ("fn f(x: i64) = while x > 1 do x // 2", "`loop x = n while x > 1 do x // 2`"),
    ("fn f(x: i64) = print() in x", 'an empty line is `print("")`'),
    ("fn f(x: f64) = np.sin(x)", "write `sin(x)`"),
    ("fn f(x: f64) = x.where", "write `select(c, a, b)`"),
    ("fn f(a: [n, m]f64) = a.T", "write `transpose(a)`"),
    ("// it's a program\nfn f() = 1", "comments start with `#`"),
    ("fn f() = 1\n// the next one\nfn g() = 2", "comments start with `#`"),
    ("for i in 0..3 do i", "a program is functions"),
    ("fn f() = 0..3", "`iota(n)`"),
    ("fn f(xs: [n]f64) = xs[1:2]", "no slices"),
    ("fn f(x: i64) = x /* c */", "comments start with `#`"),
    ("fn f(x: bool) = assert x, y in x", "is a string"),
    ("fn f(xs: f64[n]) = xs", "`[n]f64`"),
    ("fn f(xs: [f64]) = xs", "`[n]f64`"),
    ("fn f(xs: []f64) = xs", "`[n]f64`"),
    ("fn f(xs: [f64; n]) = xs", "`[n]f64`"),
    ("fn f(xs: Vec<f64>) = xs", "`[n]f64`"),
    ("fn f(xs: &[f64]) = xs", "no references"),
    ("fn f(i64 x) = x", "the name comes first: `x: i64`"),
    ("fn f(x i64) = x", "behind a colon: `x: f64`"),
    ("fn f(x: i64 = 1) = x", "no default values"),
    ("fn f = 1", "`fn f() = 1`"),
    ("fn (x: i64) = x", "has a name"),
    ("fn f[n](xs: [n]f64) = xs", "sizes are not declared"),
    ("fn f(x: i64) -> i64: x", "behind `=`"),
    ("fn f(x: i64) -> i64\n x", "behind `=`"),
    ("fn f(x: i64) => x", "write `=` before the body"),
    ("main(x: i64) = x", "a program is functions"),
    ("let x = 1", "`fn c() = 1.5`"),
    ("import numpy", "one file"),
    ("fn f(x: i64) = let y := x in y", "with `=`: `let x = 1 in x`"),
    ("fn f(x: i64) = let y == x in y", "with `=`"),
    ("fn f(x: i64) = let y: i64 = x in y", "inferred: `let y = … in …`"),
    ("fn f(x: i64) = let mut y = x in y", "names do not change"),
    ("fn f(x: i64) = let y in x", "gives a value: `let y = … in …`"),
    ("fn f(x: i64) = let f(y) = y in f(x)", "at the top of the program"),
    ("fn f(x: i64) = let y, z = (1, 2) in y", "has parentheses"),
    ("fn f(x: i64) = let y = 1, z = 2 in y", "no commas between"),
    ("fn f(x: i64) = let y = 1\n y + x", "statements end with `in`"),
    ("fn f(x: i64) =\n y = x\n y + x", "`let y = … in …`"),
    ("fn f(x: i64) = x + 1 in x", "`in` ends statements"),
    ("fn f(x: i64) = let y = x + 1) in y", "nothing is open here that `)` would close"),
    ("fn f(x: i64) = x]", "nothing is open here that `]` would close"),
    ("fn f(x: i64) = if x == 1 2 else 3", "`if c then a else b`"),
    ("fn f(x: i64) = if x == 1: 2 else: 3", "`if c then a else b`"),
    ("fn f(x: i64) = if (x == 1) { 2 } else { 3 }", "`if c then a else b`"),
    ("fn f(x: i64) = 2 if x == 1 else 3", "`if c then a else b`"),
    ("fn f(x: i64) = if x == 1 then 2", "has an `else`"),
    ("fn f(x: i64) = if x == 1 then 2 elif x == 2 then 3 else 4", "`else if`"),
    ("fn f(x: i64) = g x", "with parentheses: `g(x)`"),
    ("fn f(x: i64) = g(x = 1)", "by their place"),
    ("fn f(x: i64) = x += 1", "`let x = x + … in …`"),
    ("fn f(x: bool) = x && not x", "write `!` for not"),
    ("fn f(x: i64) = x => 2", "`>=` for greater or equal"),
    ("fn f(x: i64) = x =< 2", "write `<=`"),
    ("fn f(x: i64) = x !== 2", "write `!=`"),
    ("fn f(x: i64) = x mod 2", "write `%`"),
    ("fn f(x: i64) = x as f64", "`f64(x)`"),
    ("fn f(x: i64) = (f64) x", "`f64(x)`"),
    ("fn f(x: i64) = (x: f64)", "`f64(x)`"),
    ("fn f(x: i64) = |y| y", "at the top of the program"),
    ("fn f(x: i64) = let g = fn(y: i64) = y in g(x)", "are no values"),
    ("fn f(x: i64) = match x with 1 -> 2", "`if … then … else …`"),
    ("fn f(x: i64) = loop i in 0..x do i", "the state comes first"),
    ("fn f(x: i64) = loop a while a < x do a + 1", "a first value: `loop a = 0 …`"),
    ("fn f(x: i64) = loop a = 0, b = 1 for i in 0..x do (a, b)", "states stand in parentheses"),
    ("fn f(x: i64) = loop (a, b) = (0, 1) while a < x do (a, b)", "each state has its first value"),
    ("fn f(x: i64) = loop a = 0 for i = 0..x do a + i", "`for i in lo..hi`"),
    ("fn f(x: i64) = loop a = 0 for i in 0..x: a + i", "behind `do`"),
    ("fn f(x: i64) = loop a = 0 for i in 0 to x do a + i", "ranges are written `lo..hi`"),
    ("fn f(x: i64) = loop a = 0 for i in 0...x do a + i", "ranges are written `lo..hi`"),
    ("fn f(x: i64) = loop a = 0 for i in 0..=x do a + i", "`lo..hi + 1`"),
    ("fn f(x: i64) = scan a = 0 while a < x do a + 1", "`scan` takes `for`"),
    ("fn f(xs: [n]f64) = [for x in xs: x]", "the element comes first"),
    ("fn f(xs: [n]f64) = [x for i, x in xs]", "one name a clause"),
    ("fn f(xs: [n]f64) = [x for x of xs]", "`for x in xs`"),
    ("fn f(xs: [n]f64) = xs with 0 = 1.0", "in brackets"),
    ("fn f(xs: [n]f64) = xs[]", "`xs[i]`"),
    ('fn f(x: i64) = print "abc" in x', '`print("abc")`'),
    ('fn f(x: i64) = assert x > 0 "small" in x', 'before the message: `assert c, "small"`'),
    ("fn f(x: i64) = // comment\n x", "comments start with `#`"),
    ("fn f(x: i64) = x \N{LESS-THAN OR EQUAL TO} 1", "write `<=`"),
    ("fn f(x: i64) = x \N{MINUS SIGN} 1", "write the ASCII sign `-`"),
    ("fn f(x: i64) =\N{NO-BREAK SPACE}x", "an ordinary space"),
    ("fn f(x: i64) = \N{FULLWIDTH LATIN SMALL LETTER X}", "write `x`"),
    ("fn f(x: i64) = 0b101", "`0x5`"),
    ("fn f(x: i64) = 1e", "`1e0`"),
]


@pytest.mark.parametrize(("text", "advice"), SLIPS)
def test_habits_of_other_languages_get_advice(text, advice):
    with pytest.raises(SourceError) as error:
        parse_program(text)
    (diagnostic,) = error.value.diagnostics
    assert advice in diagnostic.help


def test_an_open_bracket_is_shown():
    with pytest.raises(SourceError) as error:
        parse_program("fn f() =\n  g((1,\n    2) +")
    (note,) = error.value.diagnostics[0].notes
    assert (note.message, note.line, note.column) == ("this is not closed", 2, 4)


@pytest.mark.parametrize("rest", ["", "\nfn g(x: i64) = x"])
def test_what_is_not_finished_is_shown(rest):
    with pytest.raises(SourceError) as error:
        parse_program("fn f(x: i64) = x *" + rest)
    (diagnostic,) = error.value.diagnostics
    assert [(note.message, note.line, note.column) for note in diagnostic.notes] == [
        ("something is missing behind this", 1, 18)
    ]
    assert diagnostic.help == ""


def test_the_grammar_has_no_conflict():
    """Lark settles shift/reduce conflicts in silence; its debug log has them."""
    lines: list[str] = []
    recorder = logging.Handler()
    recorder.emit = lambda record: lines.append(record.getMessage())
    level = lark.logger.level
    lark.logger.addHandler(recorder)
    lark.logger.setLevel(logging.DEBUG)
    try:
        grammar = files("ssair.frontends.fun").joinpath("fun.lark").read_text()
        lark.Lark(grammar, start="program", parser="lalr", lexer="basic", debug=True)
    finally:
        lark.logger.removeHandler(recorder)
        lark.logger.setLevel(level)
    assert lines == []


def test_the_debug_log_would_show_a_conflict(caplog):
    with caplog.at_level(logging.DEBUG, logger=lark.logger.name):
        lark.Lark(
            "start: I start | I start E start | X\nI: /i/\nE: /e/\nX: /x/\n", parser="lalr", lexer="basic", debug=True
        )
    assert "conflict" in caplog.text.lower()


DEPTH = 100_000

DEEP = {
    "nested lets": " ".join(f"let x{i} = {i} in" for i in range(DEPTH)) + " x0",
    "lets in heads": "let x = " * DEPTH + "1 " + "in x " * DEPTH,
    "parentheses": "(" * DEPTH + "1" + ")" * DEPTH,
    "a sum": " + ".join(["x"] * DEPTH),
    "powers": " ** ".join(["x"] * DEPTH),
    "signs": "-" * DEPTH + "x",
    "ifs": "if a then b else " * DEPTH + "c",
    "a chain": " < ".join(["x"] * DEPTH),
    "indices": "x[" * DEPTH + "0" + "]" * DEPTH,
}


@pytest.mark.parametrize("name", DEEP)
def test_depth_has_no_limit(name):
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(300)
    try:
        assert isinstance(body_of(DEEP[name]), ast.Expression)
    finally:
        sys.setrecursionlimit(limit)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 1_000_000,
        "a" * 1_000_000,
        "fn f() = " + "(" * 100_000,
        "fn f() = " + "1" * 1_000_000 + "x",
        "fn " * 100_000,
    ],
    ids=["brackets", "letters", "open brackets", "digits", "words"],
)
def test_what_is_no_program_gets_an_error(text):
    with pytest.raises(SourceError) as error:
        parse_program(text)
    assert len(str(error.value)) < 100_000
