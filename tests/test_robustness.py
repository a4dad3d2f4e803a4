"""No text breaks the front end: each gives a module or diagnostics, in work that grows with its length.

Sizes here are what shows the growth, counted in lines run; `benchmarks/frontend.py` runs the same at a million.
"""

import random
import sys
from pathlib import Path

import pytest
from growth import assert_linear
from hypothesis import given, settings
from hypothesis import strategies as st

from ssair.cli import main
from ssair.diagnostics import SourceError, decode_source
from ssair.frontends.fun import compile_source
from ssair.frontends.fun.grammar import fun_parser
from ssair.ir import Module

EXAMPLES = [path.read_text() for path in sorted((Path(__file__).parents[1] / "examples").glob("*.fun"))]
SOME = [text for text in EXAMPLES if len(text) < 800][:6]
LEXER = fun_parser(None)


@pytest.fixture(autouse=True)
def low_recursion_limit():
    """So that recursion over the program fails at once."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(400)
    yield
    sys.setrecursionlimit(limit)


def outcome(text: str) -> Module | tuple[str, ...]:
    """The module, or the codes of the errors; each error can be shown, in a few lines."""
    try:
        return compile_source(text)
    except SourceError as error:
        assert len(str(error)) < 50_000
        for diagnostic in error.diagnostics:
            assert diagnostic.line >= 1 and diagnostic.column >= 1
        return tuple(diagnostic.code for diagnostic in error.diagnostics)


# text, and what it gives: the codes of its errors, or None for a module
TEXTS: dict[str, tuple[str, tuple[str, ...] | None]] = {
    "nothing": ("", ("E0103",)),
    "white space": (" \t\r\n\f\n", ("E0103",)),
    "a comment": ("# nothing", ("E0103",)),
    "a comment without end, after a program": ("fn f() = 1 # the end", None),
    "NUL": ("\0" * 100, ("E0101",)),
    "NUL in a program": ("fn f() = \0 1", ("E0101",)),
    "NUL in a comment": ("fn f() = 1 # \0", None),
    "NUL in a string": ('fn f() = print("\0") in 1', None),
    "a byte order mark": ("\ufefffn f() = 1", None),
    "two byte order marks": ("\ufeff\ufefffn f() = 1", ("E0101",)),
    "CRLF": ("fn f() =\r\n  1 # one\r\n", None),
    "CR": ("fn f() = # one\r  1\r", None),
    "tabs and form feeds": ("\tfn\ff()\t=\f1", None),
    "vertical tabs": ("fn f() =\v1", ("E0101",)),
    "a combining character": ("fn f(e\u0301: i64) = 1", ("E0101",)),
    "an emoji": ("fn f() = \U0001f600", ("E0101",)),
    "an emoji in a string": ('fn f() = print("\U0001f600e\u0301\u202e") in 1', None),
    "marks of direction": ("fn f() = \u202e1", ("E0101",)),
    "a lone surrogate": ("fn f() = \ud800", ("E0101",)),
    "names that are not ASCII": ("fn größe(ñ: i64) = ñ", ("E0101",)),
    "digits that are not ASCII": ("fn f() = \u0661\u0662", ("E0101",)),
    "letters that look like ASCII": ("fn f(\u0430: i64) = 1", ("E0101",)),
    "line separators of Unicode": ("fn f() =\u20281", ("E0101",)),
    "an integer beyond 64 bits": ("fn f() = 9223372036854775808", ("E0304",)),
    "the least integer": ("fn f() = -9223372036854775808", None),
    "an integer beyond 32 bits": ("fn f() = 2147483648i32", ("E0304",)),
    "a float beyond 64 bits": ("fn f() = 1e999999999", ("E0304",)),
    "a float that is next to nothing": ("fn f() = 1e-999999999", None),
}


@pytest.mark.parametrize("name", TEXTS)
def test_odd_texts_have_an_outcome(name):
    text, expected = TEXTS[name]
    result = outcome(text)
    assert (result if isinstance(result, tuple) else None) == expected


BYTES = {
    "random": random.Random(0).randbytes(1000),
    "invalid UTF-8": b"fn f() = \xff\xfe",
    "a surrogate": b"fn f() = \xed\xa0\x80",
    "a character cut short": b"fn f() = 1 # \xc3",
    "UTF-16": "fn f() = 1".encode("utf-16"),
    "UTF-32": "fn f() = 1".encode("utf-32"),
    "Latin-1": "fn f() = 1 # größe".encode("latin-1"),
}


@pytest.mark.parametrize("name", BYTES)
def test_bytes_that_are_no_text_are_an_error(name, tmp_path, capsys):
    with pytest.raises(SourceError) as error:
        decode_source(BYTES[name])
    assert error.value.diagnostics[0].code == "E0107"
    (tmp_path / "a.fun").write_bytes(BYTES[name])
    assert main([str(tmp_path / "a.fun")]) == 1
    assert "E0107" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "\0\0", "(" * 100_000, "fn f() = " + "[" * 10_000, "fn " * 10_000])
def test_the_command_reports_what_is_no_program(text, tmp_path, capsys):
    (tmp_path / "a.fun").write_text(text)
    assert main([str(tmp_path / "a.fun")]) == 1
    errors = capsys.readouterr().err
    assert "error[E0" in errors and "Traceback" not in errors and len(errors) < 10_000


JUNK = ["(", "[", ")", "]", ",", "-", "!", "fn ", "let ", "if ", '"', "0x", "1.", "?", "# \r", "in ", "= ", "\0", "é"]


@pytest.mark.parametrize("piece", JUNK)
@pytest.mark.parametrize("start", ["", "fn f() = "])
def test_junk_takes_linear_time(start, piece):
    assert isinstance(outcome(start + piece * 500), tuple) or piece == "# \r"
    assert_linear(lambda count: outcome(start + piece * count), 500)


def _indexed(piece: str, count: int, separator: str = " ") -> str:
    return separator.join(piece.replace("#", str(i)).replace("@", str(i + 1)) for i in range(count))


# what stands count times, as a function of count; programs unless marked
LONG = {
    "parentheses": lambda n: f"fn f(x: i64) = {'(' * n}x{')' * n}",
    "ifs": lambda n: f"fn f(x: i64) = {_indexed('if x > # then # else', n)} x",
    "ifs in conditions": lambda n: f"fn f(x: bool) = {'if ' * n}x{' then x else !x' * n}",
    "lets": lambda n: f"fn f(x0: i64) = {_indexed('let x@ = x# + #', n)} in x{n}",
    "lets in lets": lambda n: f"fn f(x: i64) = {'let a = ' * n}x{' in a + 1' * n}",
    "shadowing lets": lambda n: f"fn f(x: i64, y: i64) = {'let (x, y) = (y, x + 1) ' * n} in x",
    "whiles": lambda n: f"fn f(x: i64) = {'loop a = 0 while a < 3 do ' * n}x",
    "fors": lambda n: f"fn f(x: i64) = {'loop a = x for i in 0..2 do ' * n}x",
    "scans": lambda n: f"fn f(x: i64) = {'sum(scan a = x for i in 0..2 do ' * n}x{')' * n}",
    "comprehensions": lambda n: f"fn f(x: i64) = {'sum([' * n}x{' for i in 0..2])' * n}",
    "calls": lambda n: f"fn g(x: i64) = x + 1 fn f(x: i64) = {'g(' * n}x{')' * n}",
    "built-in calls": lambda n: f"fn f(x: f64) = {'sqrt(' * n}x{')' * n}",
    "indices": lambda n: f"fn f(xs: [n]i64) = {'xs[' * n}0{']' * n}",
    "updates": lambda n: f"fn f(xs: [n]i64) = xs{' with [0] = 1' * n}",
    "a sum": lambda n: f"fn f(x: i64) = {' + '.join(['x'] * n)}",
    "powers": lambda n: f"fn f(x: f64) = {' ** '.join(['x'] * n)}",
    "a chain": lambda n: f"fn f(x: i64) = {' < '.join(['x'] * n)}",
    "signs": lambda n: f"fn f(x: i64) = {'-' * n}x",
    "negations": lambda n: f"fn f(x: bool) = {'!' * n}x",
    "conjunctions": lambda n: f"fn f(x: bool) = {'(x && ' * n}x{')' * n}",
    "prints": lambda n: f"fn f(x: i64) = {'print(x) ' * n} in x",
    "assertions": lambda n: f"fn f(x: i64) = {_indexed('assert x > #', n)} in x",
    "printed values": lambda n: f"fn f(x: i64) = print({', '.join(['x'] * n)}) in x",
    "integers": lambda n: f"fn f() = [{_indexed('#', n, ', ')}]",
    "signed integers": lambda n: f"fn f() = [{_indexed('-#, @', n, ', ')}]",
    "floats": lambda n: f"fn f() = [{_indexed('#.5', n, ', ')}]",
    "truth values": lambda n: f"fn f() = [{', '.join(['true'] * n)}]",
    "variables": lambda n: f"fn f(x: i64) = [{', '.join(['x'] * n)}]",
    "arguments": lambda n: f"fn g({_indexed('a#: i64', n, ', ')}) = a0 fn f(x: i64) = g({', '.join(['x'] * n)})",
    "sizes": lambda n: f"fn f({_indexed('a#: [n#]i64', n, ', ')}) = n0",
    "a sum of sizes": lambda n: f"fn f({_indexed('a#: [n#]i64', n, ', ')}) = zeros({_indexed('n#', n, ' + ')})",
    "functions": lambda n: _indexed("fn g#_(x: i64) = x + #", n),
    "functions that call the next": lambda n: _indexed("fn g#_(x: i64) = g@_(x)", n) + f" fn g{n}_(x: i64) = x",
    "functions in a cycle": lambda n: (
        _indexed("fn g#_(x: i64) -> i64 = g@_(x)", n) + f" fn g{n}_(x: i64) -> i64 = g0_(x)"
    ),
    "digits of a float": lambda n: f"fn f() = 0.{'9' * n}f32",
    "zeros of an integer": lambda n: f"fn f() = 0x{'0' * n}f",
    "a name": lambda n: f"fn {'f' * n}({'x' * n}: i64) = {'x' * n}",
    "a comment": lambda n: f"fn f() = 1 # {'x' * n}",
    "a string": lambda n: f'fn f() = print("{"x" * n}") in 1',
    "lines": lambda n: "\n" * n + "fn f() = 1",
}


@pytest.mark.parametrize("name", LONG)
def test_long_programs_compile_in_linear_time(name):
    assert isinstance(outcome(LONG[name](4)), Module)
    assert_linear(lambda count: outcome(LONG[name](count)), 150)


FAULTY = {
    "a tuple": (lambda n: f"fn f(x: i64) = ({', '.join(['x'] * n)})", "E0309"),
    "nested tuples": (lambda n: f"fn f(x: i64) = {'(' * n}x{', x)' * n}", "E0309"),
    "nested arrays": (lambda n: f"fn f() = {'[' * n}1{']' * n}", "E0309"),
    "nested tuple types": (lambda n: f"fn f(x: {'(' * n}i64{', i64)' * n}) = 1", "E0309"),
    "nested array types": (lambda n: f"fn f(x: {'[1]' * n}i64) = 1", "E0307"),
    "dimensions": (lambda n: f"fn f(x: [{', '.join(['1'] * n)}]i64) = 1", "E0309"),
    "clauses": (lambda n: f"fn f(x: i64) = [x for {_indexed('i# in 0..2', n, ', ')}]", "E0309"),
    "a parameter again and again": (lambda n: f"fn f({', '.join(['a: i64'] * n)}) = a", "E0203"),
    "digits": (lambda n: f"fn f() = {'9' * n}", "E0304"),
    "hexadecimal digits": (lambda n: f"fn f() = 0x{'f' * n}", "E0304"),
    "digits of a bad number": (lambda n: f"fn f() = {'9' * n}x", "E0104"),
    "names that are not there": (lambda n: f"fn f(x: i64) = {_indexed('x#', n, ' + ')}", "E0201"),
    "functions that are not there": (lambda n: f"fn f(x: i64) = {_indexed('g#(x)', n, ' + ')}", "E0202"),
    "types that are not there": (lambda n: f"fn f({_indexed('x#: t#', n, ', ')}) = 1", "E0307"),
    "types that disagree": (lambda n: f"fn f(x: i64, y: f64) = {_indexed('let a# = x + y', n)} in x", "E0301"),
    "holes": (lambda n: f"fn f(x: i64) = {_indexed('?h#', n, ' + ')}", "E0205"),
    "a long line with an error": (lambda n: f"fn f(x: i64) = {'x + ' * n})", "E0102"),
    "a long name that is not there": (lambda n: f"fn f(x: i64) = {'x' * n}", "E0201"),
    "an open string": (lambda n: f'fn f() = print("{"x" * n}', "E0105"),
    "syntax errors": (lambda n: _indexed("fn g#_(x: i64) = x + + #", n), "E0102"),
    "functions in a cycle without types": (
        lambda n: _indexed("fn g#_(x: i64) = g@_(x)", n) + f" fn g{n}_(x: i64) = g0_(x)",
        "E0308",
    ),
}


@pytest.mark.parametrize("name", FAULTY)
def test_long_faults_are_found_in_linear_time(name):
    text, code = FAULTY[name]
    codes = outcome(text(1100))
    assert isinstance(codes, tuple) and codes[0] == code and len(codes) <= 1000
    assert_linear(lambda count: outcome(text(count)), 500)


@pytest.mark.parametrize("digits", [5_000, 1_000_000])
def test_integers_of_many_digits(digits):
    """Python refuses to read or write integers of more than 4,300 digits."""
    assert outcome(f"fn f() = {'9' * digits}") == ("E0304",)
    assert outcome(f"fn f() = -0x{'f' * digits}") == ("E0304",)
    assert isinstance(outcome(f"fn f() = 0.{'1' * digits}"), Module)


def test_an_integer_beyond_64_bits_is_shown_with_advice():
    with pytest.raises(SourceError) as error:
        compile_source("fn f() =\n  1 + 18446744073709551616")
    (diagnostic,) = error.value.diagnostics
    assert (diagnostic.line, diagnostic.column, diagnostic.end_column) == (2, 7, 27)
    assert "out of the range of i64" in diagnostic.message and diagnostic.help


@pytest.mark.parametrize("elements", ["#", "-#, @", "#.5, -#.25", "true, false"])
def test_a_long_array_of_literals_is_one_constant(elements):
    module = outcome(f"fn f() = [{_indexed(elements, 1000, ', ')}]")
    assert isinstance(module, Module)
    assert [instr.op.name for instr in module.entry().blocks[0].instrs] == ["const"]


@pytest.mark.parametrize("place", range(len(SOME)))
def test_every_prefix_has_an_outcome(place):
    for token in LEXER.lex(SOME[place]):
        outcome(SOME[place][: token.start_pos])
        outcome(SOME[place][: token.end_pos])


@pytest.mark.parametrize("place", range(len(SOME)))
def test_every_change_of_a_token_has_an_outcome(place):
    text = SOME[place]
    tokens = list(LEXER.lex(text))
    for this, after in zip(tokens, [*tokens[1:], tokens[0]], strict=True):
        before, behind = text[: this.start_pos], text[this.end_pos :]
        outcome(f"{before} {behind}")
        outcome(f"{before}{this} {this}{behind}")
        outcome(f"{before} {after} {this} {text[after.end_pos :]}")


WORDS = [*sorted({str(token) for text in EXAMPLES for token in LEXER.lex(text)}), *'"$\r#.\0é']


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=40))
def test_token_soup_has_an_outcome(words):
    outcome(" ".join(words))
    outcome("fn f(x: i64, xs: [n]f64) -> i64 = " + " ".join(words))


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60), st.sampled_from(["", "fn f() = ", "fn f(x: i64) = let y = (x, "]))
def test_any_text_has_an_outcome(text, start):
    outcome(start + text)
