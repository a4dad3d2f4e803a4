"""The formatter: one layout a program, nothing lost, nothing changed but white space."""

from __future__ import annotations

import doctest
import importlib
import re
from dataclasses import fields
from pathlib import Path

import pytest
from growth import assert_linear
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ssair.diagnostics import SourceError
from ssair.frontends.fun import ast
from ssair.frontends.fun.format import format_source
from ssair.frontends.fun.format_document import CLOSE, DEEPEST_INDENT, WIDTH, Group, line, render
from ssair.frontends.fun.format_layout import LAYOUTS
from ssair.frontends.fun.format_tree import Form, _FormBuilder, form_parser
from ssair.frontends.fun.parse import parse_program
from ssair.testing.generator import generate_program
from ssair.testing.strategies import programs

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.fun"))
LAYOUT_CASES = Path(__file__).parent / "format_cases.fun"

# ---- what has to hold of every program ----------------------------------------------------------------------------


def tree_of(text: str) -> list[object]:
    """The syntax tree in one list, without spans: node names, texts, and lengths of lists."""
    found: list[object] = []
    pending: list[object] = [parse_program(text).functions]
    while pending:
        item = pending.pop()
        if isinstance(item, list | tuple):
            found.append(len(item))
            pending.extend(item)
        elif isinstance(item, ast.Node | ast.Binding):
            found.append(type(item).__name__)
            own = [f.name for f in fields(item) if f.init and "span" not in f.name]
            pending.extend(getattr(item, name) for name in own)
        else:
            found.append(str(item))
    return found


def comments_of(text: str) -> list[tuple[str, int, bool]]:
    """Each comment, the number of tokens before it, and whether it stands on the line of the last one of them."""
    found = []
    end = 0
    places = [*((token.start_pos, token.end_pos) for token in form_parser().lex(text)), (len(text), len(text))]
    for count, (start, next_end) in enumerate(places):
        gap = text[end:start]
        for match in re.finditer(r"#[^\r\n]*", gap):
            is_trailing = count > 0 and not re.search(r"[\r\n]", gap[: match.start()])
            found.append((match[0].rstrip(" \t\f"), count, is_trailing))
        end = next_end
    return found


def assert_well_formatted(text: str) -> str:
    """Format a program, look at everything that is promised, and give the result."""
    result = format_source(text)
    assert format_source(result) == result, "formatting again changes it"
    assert tree_of(result) == tree_of(text)
    assert [str(t) for t in form_parser().lex(result)] == [str(t) for t in form_parser().lex(text)]
    assert comments_of(result) == comments_of(text)
    assert result.endswith("\n")
    assert not result.startswith("\n")
    assert "\n\n\n" not in result
    assert "\r" not in result
    assert not re.search(r"[ \t]\n", result)
    return result


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_are_formatted(path):
    text = path.read_text()
    assert assert_well_formatted(text) == text


@pytest.mark.parametrize("seed", range(30))
def test_a_generated_program_is_formatted(seed):
    result = assert_well_formatted(generate_program(seed).source)
    assert max(map(len, result.splitlines())) <= WIDTH


TRIVIA = [
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    "\t",
    "\f",
    "\n\n\n\n",
    " # one\n",
    "\n# own line\n",
    "\n\n# two  \t\r\n\n",
    "#\n",
]


@st.composite
def decorated(draw, sources):
    """A program with white space and comments between any tokens."""
    tokens = list(form_parser().lex(draw(sources)))
    places = draw(
        st.dictionaries(st.integers(0, len(tokens)), st.lists(st.sampled_from(TRIVIA), min_size=1), max_size=8)
    )
    parts = ["".join([*places.get(place, ()), " ", token]) for place, token in enumerate(tokens)]
    return "".join([*parts, *places.get(len(tokens), ())])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(decorated(st.sampled_from([path.read_text() for path in EXAMPLES if path.stat().st_size < 1500])))
def test_comments_and_white_space_anywhere_in_an_example(text):
    assert_well_formatted(text)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(decorated(programs(6).map(lambda program: program.source)))
def test_comments_and_white_space_anywhere_in_a_generated_program(text):
    assert_well_formatted(text)


@pytest.mark.parametrize("path", EXAMPLES[::4], ids=lambda path: path.stem)
def test_the_layout_depends_on_tokens_and_comments_only(path):
    text = path.read_text()
    without_comments = re.sub(r"#[^\n]*\n", "", text)
    on_one_line = " ".join(form_parser().lex(without_comments))
    assert format_source(on_one_line) == re.sub(r"\n\n(?!fn)", "\n", format_source(without_comments))


def test_a_comment_between_any_two_tokens_stays_there():
    source = LAYOUT_CASES.read_text()
    tokens = list(form_parser().lex(re.sub(r"#[^\n]*\n", "", source)))
    for trivia in (" # c\n", "\n# c\n"):
        assert_well_formatted(trivia.join(tokens))


@st.composite
def mutated(draw):
    """The tokens of a generated program with some left out, doubled or exchanged: mostly no program."""
    tokens = list(form_parser().lex(draw(programs(4)).source))
    for place in draw(st.lists(st.integers(0, len(tokens) - 1), min_size=1, max_size=3)):
        place %= len(tokens)
        chosen = draw(st.sampled_from(tokens))
        tokens[place : place + 1] = draw(st.sampled_from(([], [tokens[place]] * 2, [chosen])))
        tokens = tokens or [chosen]
    return " ".join(tokens)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutated())
def test_any_text_is_formatted_or_refused(text):
    try:
        parse_program(text)
    except SourceError as error:
        with pytest.raises(SourceError) as caught:
            format_source(text)
        assert caught.value.diagnostics == error.diagnostics
    else:
        assert_well_formatted(text)


# ---- the layout ---------------------------------------------------------------------------------------------------


def test_every_layout_is_what_the_cases_show():
    """format_cases.fun shows every form, short and long, and is its own expectation."""
    text = LAYOUT_CASES.read_text()
    assert assert_well_formatted(text) == text


def grammar_rules() -> set[str]:
    """The rules and aliases of the grammar for which the parser makes a form of a program without errors."""
    names = {str(rule.alias or rule.origin.name) for rule in form_parser().rules if not is_inlined(rule)}
    return {name for name in names if not name.startswith("bad_")}


def is_inlined(rule) -> bool:
    return rule.alias is None and rule.options.expand1 and len(rule.expansion) == 1


def test_every_rule_of_the_grammar_has_a_layout():
    made_by_callbacks = {name for name in vars(_FormBuilder) if not name.startswith("_")}
    assert grammar_rules() - made_by_callbacks <= set(LAYOUTS)
    assert set(LAYOUTS) <= grammar_rules() | {"result", "states", "chain"}


def test_the_cases_show_every_form():
    seen = set()
    pending: list[object] = list(form_parser().parse(LAYOUT_CASES.read_text()))
    while pending:
        item = pending.pop()
        if isinstance(item, Form):
            seen.add(item.rule)
            pending.extend(item.parts)
        elif isinstance(item, list):
            pending.extend(item)
    assert seen == set(LAYOUTS)


def layout_of(body: str) -> str:
    """The layout of the body of `fn f() = …`, without its own indentation."""
    text = format_source(f"fn f() = {body}").removeprefix("fn f() =").strip("\n")
    return re.sub("(?m)^  ", "", text).strip()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("0XfF+1E5*2i32", "0XfF + 1E5 * 2i32"),
        ("- 5 ** - 2", "-5 ** -2"),
        ("! a&&!b", "!a && !b"),
        ("((( a )))", "(((a)))"),
        ("(a+b)", "(a + b)"),
        ("a [ i ] [ j,k ]", "a[i][j, k]"),
        ("[ x for i in 0 .. n by 2, j in 1..m ]", "[x for i in 0..n by 2, j in 1..m]"),
        ("xs with[0]=1 with [1]=2", "xs with [0] = 1 with [1] = 2"),
        ("0<=i<n", "0 <= i < n"),
        ("loop(a=0,b=1)while a<b do(a+1,b)", "loop (a = 0, b = 1) while a < b do (a + 1, b)"),
        ("iota ( 3 )", "iota(3)"),
        ('print("a\\"b",x)in ?hole', 'print("a\\"b", x)\nin ?hole'),
    ],
)
def test_spelling_and_parentheses_stay(text, wanted):
    assert layout_of(text) == wanted


def test_a_chain_of_lets_stays_at_one_indentation():
    assert layout_of("let a = 1 in let b = 2 in let c = 3 let d = 4 in a") == (
        "let a = 1\nin let b = 2\nin let c = 3\n   let d = 4\nin a"
    )


def test_else_if_stays_at_one_indentation():
    arm = "(aaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbb)"
    assert layout_of(f"if a then {arm} else if b then {arm} else {arm}") == (
        f"if a then {arm}\nelse if b then {arm}\nelse {arm}"
    )


def test_one_blank_line_between_functions_and_none_at_the_ends():
    assert format_source("\n\n\nfn a() = 1 fn b() = 2\n\n\n\n# c\nfn c() = 3\n# d\nfn d() = 4\n\n\n") == (
        "fn a() = 1\n\nfn b() = 2\n\n# c\nfn c() = 3\n\n# d\nfn d() = 4\n"
    )


def test_blank_lines_stay_between_statements_only():
    source = "fn f(\n\nx: i64) =\n\nlet a = 1\n\n\n\nlet b =\n\n2\n\nin a\n\n+ b"
    assert format_source(source) == "fn f(x: i64) =\n  let a = 1\n\n  let b = 2\n\n  in a + b\n"


def test_an_empty_text_stays_empty_and_comments_alone_are_kept():
    assert format_source("") == ""
    assert format_source(" \r\n\t\n") == ""
    assert format_source("\n\n  # one \n\n\n\n # two") == "# one\n\n# two\n"


def test_byte_order_mark_and_other_line_ends_go():
    assert format_source("\ufefffn f() =\r\n  # c\r  1") == "fn f() =\n  # c\n  1\n"


def test_a_faulty_text_gives_its_diagnostics():
    with pytest.raises(SourceError) as caught:
        format_source("fn f( = 1", "a.fun")
    assert caught.value.diagnostics[0].code == "E0102"
    assert caught.value.diagnostics[0].source_name == "a.fun"


# ---- size ---------------------------------------------------------------------------------------------------------

DEEP = {
    "lets": ("let x = x in ", "x", ""),
    "lets in values": ("let x = ", "x", " in x"),
    "else if": ("if x == 0 then x else ", "x", ""),
    "ifs in arms": ("if x == 0 then ", "x", " else x"),
    "ifs in conditions": ("if ", "x", " then x else x"),
    "parentheses": ("(", "x", ")"),
    "comments": ("( # c\n", "x", ")"),
    "powers": ("x ** ", "x", ""),
    "sums": ("x + ", "x", ""),
    "calls": ("f(", "x", ")"),
    "indices": ("", "x", "[0]"),
    "nested indices": ("x[", "0", "]"),
    "tuples": ("(1, ", "x", ")"),
    "loops": ("loop x = 0 while x < 1 do ", "x", ""),
    "comprehensions": ("[", "x", " for i in 0..x]"),
    "updates": ("", "x", " with [0] = x"),
    "elements": ("", "[x", ", x"),
}


def deep_program(name: str, depth: int) -> str:
    opening, middle, closing = DEEP[name]
    end = "]" if name == "elements" else ""
    return f"fn f(x: i64) = {opening * depth}{middle}{closing * depth}{end}"


@pytest.mark.parametrize("name", DEEP)
def test_work_and_output_are_linear_in_depth(name):
    assert_linear(lambda depth: format_source(deep_program(name, depth)), 30)
    short, long = (len(format_source(deep_program(name, depth))) for depth in (100, 200))
    assert long < 2.1 * short + 50 * DEEPEST_INDENT


@pytest.mark.parametrize("name", ["lets", "lets in values", "ifs in conditions", "calls", "comments"])
def test_nothing_is_recursive(name):
    text = deep_program(name, 1200)
    result = format_source(text)
    assert format_source(result) == result


def test_long_comments_and_many_of_them_are_linear():
    assert_linear(lambda count: format_source("# c\n" * count + "fn f() = 1 # d\n" + "\n# e" * count), 100)
    comment = "# " + "c" * 1_000_000
    assert format_source(f"{comment}\nfn f() = 1") == f"{comment}\nfn f() = 1\n"


# ---- the printer under it -----------------------------------------------------------------------------------------


def test_outer_groups_break_first():
    inner = [Group(), "bb", line(1), "cc", CLOSE]
    assert render([Group(), "aaaa", line(2), *inner, CLOSE], 10) == "aaaa bb cc"
    assert render([Group(), "aaaa", line(2), *inner, CLOSE], 9) == "aaaa\n  bb cc"
    assert render([Group(), "aaaa", line(2), *inner, CLOSE], 6) == "aaaa\n  bb\n   cc"


def test_what_stands_behind_a_group_counts():
    call = [Group(), "f(", line(2, ""), "x", line(0, ""), ")", CLOSE]
    assert render([*call, " do"], 7) == "f(x) do"
    assert render([*call, " do"], 6) == "f(\n  x\n) do"


@pytest.mark.parametrize("name", ["format", "format_comments", "format_document", "words"])
def test_the_examples_of_the_documentation_strings(name):
    results = doctest.testmod(importlib.import_module(f"ssair.frontends.fun.{name}"))
    assert results.attempted > 0
    assert results.failed == 0


# ---- the documentation --------------------------------------------------------------------------------------------


def test_the_page_on_editors_shows_what_the_formatter_does():
    page = (Path(__file__).parents[1] / "docs" / "editors.md").read_text()
    before = re.search(r"Before:\n\n```text\n(.*?)```", page, re.DOTALL)
    after = re.search(r"After:\n\n```fun\n(.*?)```", page, re.DOTALL)
    assert assert_well_formatted(before[1]) == after[1]
