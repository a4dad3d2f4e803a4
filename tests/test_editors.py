"""What editors and documentation colour programs by: the Pygments lexers and the TextMate grammar."""

from __future__ import annotations

import importlib
import json
import re
import tomllib
from importlib.metadata import EntryPoint
from itertools import accumulate
from pathlib import Path

import pygments.plugin
import pytest
from growth import assert_linear
from hypothesis import given, settings
from hypothesis import strategies as st
from pygments.lexers import get_lexer_by_name, get_lexer_for_filename
from pygments.token import STANDARD_TYPES, Error, Token

from ssair.frontends.fun import compile_source
from ssair.frontends.fun.format_tree import form_parser
from ssair.frontends.fun.words import BUILTIN_NAMES, KEYWORDS, SIGNS, TYPE_NAMES
from ssair.highlighting import FunLexer, SsairLexer
from ssair.testing.generator import generate_program

ROOT = Path(__file__).parents[1]
PROGRAMS = [*sorted((ROOT / "examples").glob("*.fun")), ROOT / "tests" / "format_cases.fun"]
GOLDENS = sorted((ROOT / "tests" / "golden").glob("*.ssair"))
EDITORS = ROOT / "editors"
GRAMMAR = json.loads((EDITORS / "fun.tmLanguage.json").read_text())

# ---- Pygments -----------------------------------------------------------------------------------------------------


def tokens_of(lexer, text: str) -> list[tuple[object, str]]:
    """The tokens of a text; they are all of it, in order."""
    found = list(lexer.get_tokens_unprocessed(text))
    parts = [part for _, _, part in found]
    assert "".join(parts) == text
    assert [start for start, _, _ in found] == list(accumulate(map(len, parts), initial=0))[:-1]
    return [(kind, part) for _, kind, part in found]


def assert_without_errors(lexer, text: str) -> None:
    assert [part for kind, part in tokens_of(lexer, text) if kind is Error] == []


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_has_no_error_tokens(path):
    assert_without_errors(FunLexer(), path.read_text())
    assert_without_errors(FunLexer(), path.read_text().replace("\n", "\r\n"))


@pytest.mark.parametrize("path", GOLDENS, ids=lambda path: path.stem)
def test_a_golden_file_has_no_error_tokens(path):
    assert_without_errors(SsairLexer(), path.read_text())


@pytest.mark.parametrize("seed", range(20))
def test_a_generated_program_and_its_ir_have_no_error_tokens(seed):
    source = generate_program(seed).source
    assert_without_errors(FunLexer(), source)
    assert_without_errors(SsairLexer(), str(compile_source(source)))


@pytest.mark.parametrize("path", PROGRAMS[:-1], ids=lambda path: path.stem)
def test_the_ir_of_an_example_has_no_error_tokens(path):
    assert_without_errors(SsairLexer(), str(compile_source(path.read_text())))


def kinds_of(text: str) -> list[tuple[str, str]]:
    """Kinds and texts of the tokens of a line of Fun, without white space."""
    return [(str(kind).removeprefix("Token."), part) for kind, part in tokens_of(FunLexer(), text) if part.strip()]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("fn f", ["Keyword.Declaration", "Name.Function"]),
        ("let in", ["Keyword.Declaration", "Keyword"]),
        ("print assert", ["Keyword.Pseudo"] * 2),
        ("true false", ["Keyword.Constant"] * 2),
        ("inner iffy", ["Name"] * 2),
        ("f64 f64 (", ["Keyword.Type", "Name.Builtin", "Punctuation"]),
        ("len len(", ["Name", "Name.Builtin", "Punctuation"]),
        ("g (", ["Name.Function", "Punctuation"]),
        ("x: size", ["Name", "Punctuation", "Keyword.Type"]),
        ("size", ["Name"]),
        ("_ ?x", ["Name", "Name.Variable.Magic"]),
        ("1 1i32", ["Literal.Number.Integer"] * 2),
        ("0xFF 0X1f32", ["Literal.Number.Hex"] * 2),
        ("1.5 1e5 1.5e-3f32", ["Literal.Number.Float"] * 3),
        ("0..n", ["Literal.Number.Integer", "Punctuation", "Name"]),
        ("-> ** << && !", ["Operator"] * 5),
        ("# a", ["Comment.Single"]),
        ("1x 1.x .5 1_0", ["Error"] * 4),
        ('"open', ["Error"]),
        (r'"\q"', ["Error"]),
        ("$ é \N{NO-BREAK SPACE}", ["Error"] * 2),
    ],
)  # fmt: skip
def test_kinds_of_tokens(text, kinds):
    assert [kind for kind, _ in kinds_of(text)] == kinds


def test_escapes_in_strings():
    assert [kind for kind, _ in kinds_of(r'"a\n\\"')] == ["Literal.String.Double"] * 2 + [
        "Literal.String.Escape"
    ] * 2 + ["Literal.String.Double"]


def test_every_word_and_sign_has_a_kind_of_its_own_token():
    for text in (*KEYWORDS, *SIGNS.values(), *TYPE_NAMES):
        ((kind, part),) = tokens_of(FunLexer(), text)
        assert part == text
        assert kind in STANDARD_TYPES
        assert kind is not Error
    for name in BUILTIN_NAMES:
        assert tokens_of(FunLexer(), f"{name}(")[0] == (Token.Name.Builtin, name)


@pytest.mark.parametrize("line", ["v1: i64 = wrong v0", 'entry @"open', "bbx:", "$", "v1x", "12a"])
def test_text_that_is_no_ir_has_error_tokens(line):
    assert Error in [kind for kind, _ in tokens_of(SsairLexer(), line)]


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.one_of(st.sampled_from(' \t\n\r\f"\\#;@-.0x1efn(v{[?é_'), st.characters())))
def test_any_text_is_joined_from_its_tokens(text):
    tokens_of(FunLexer(), text)
    tokens_of(SsairLexer(), text)


@pytest.mark.parametrize("lexer", [FunLexer(), SsairLexer()], ids=lambda lexer: lexer.name)
@pytest.mark.parametrize(
    "part", ["(", '"', '"\\', "1", "1.", "1e", "f ", "fn ", "?", "é", "@", "#", "-", "{", '@"', "\n"]
)
def test_work_is_linear_in_faulty_text(lexer, part):
    assert_linear(lambda count: tokens_of(lexer, part * count), 300)


def test_the_entry_points_lead_to_the_lexers(monkeypatch):
    """As if the package was installed: Pygments finds what pyproject.toml declares."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]
    points = {group: [EntryPoint(*row, group) for row in rows.items()] for group, rows in declared.items()}
    monkeypatch.setattr(pygments.plugin, "iter_entry_points", lambda group: points.get(group, []))
    assert isinstance(get_lexer_by_name("fun"), FunLexer)
    assert isinstance(get_lexer_by_name("ssair"), SsairLexer)
    assert isinstance(get_lexer_for_filename("a.fun"), FunLexer)
    assert isinstance(get_lexer_for_filename("a.ssair"), SsairLexer)
    for path in PROGRAMS:
        assert isinstance(get_lexer_for_filename(path.name, path.read_text()), FunLexer)


def test_standard_ml_is_not_taken_for_fun():
    assert FunLexer.analyse_text("functor F (X: S) = struct fun f x = x end") == 0.0


# ---- TextMate -----------------------------------------------------------------------------------------------------


def test_the_grammar_is_what_the_script_writes(monkeypatch):
    monkeypatch.syspath_prepend(str(EDITORS))
    script = importlib.import_module("make_grammar")
    assert script.PLACE.read_text() == script.text_of(script.grammar())


def rules_of(patterns: list[dict]) -> list[dict]:
    """The rules that a list of patterns names, in order."""
    found = []
    for pattern in patterns:
        if "include" in pattern:
            found += rules_of(GRAMMAR["repository"][pattern["include"].removeprefix("#")]["patterns"])
        else:
            found.append(pattern)
    return found


RULES = [(re.compile(rule["match"]), rule) for rule in rules_of(GRAMMAR["patterns"])]


def scopes_of(line: str, rules=RULES, start: int = 0, end: int | None = None) -> list[tuple[str, str]]:
    """What an editor does with a line, for rules of one match each: scopes and texts, the text between left out."""
    found: list[tuple[str, str]] = []
    end = len(line) if end is None else end
    while start < end:
        matches = [
            (match.start(), index, match) for index, (p, _) in enumerate(rules) if (match := p.search(line, start, end))
        ]
        if not matches:
            break
        _, index, match = min(matches, key=lambda item: item[:2])
        assert match.end() > match.start(), "a match of nothing"
        rule = rules[index][1]
        captures = rule.get("captures", {})
        if "name" in rule:
            found.append((rule["name"].removesuffix(".fun"), match[0]))
            for capture in captures.values():
                inner = [(re.compile(r["match"]), r) for r in capture["patterns"]]
                found += scopes_of(line, inner, match.start(), match.end())
        else:
            found += [(captures[g]["name"].removesuffix(".fun"), match[int(g)]) for g in sorted(captures)]
        start = match.end()
    return found


KIND_OF_SCOPE = {
    "comment.line.number-sign": Token.Comment.Single,
    "string.quoted.double": Token.Literal.String,
    "storage.type": Token.Keyword.Declaration,
    "storage.type.function": Token.Keyword.Declaration,
    "entity.name.function": Token.Name.Function,
    "keyword.control": Token.Keyword,
    "keyword.other": Token.Keyword.Pseudo,
    "constant.language": Token.Keyword.Constant,
    "support.type": Token.Keyword.Type,
    "support.function": Token.Name.Builtin,
    "variable.language.hole": Token.Name.Variable.Magic,
    "variable.other": Token.Name,
    "constant.numeric.float": Token.Literal.Number.Float,
    "constant.numeric.hex": Token.Literal.Number.Hex,
    "constant.numeric.integer": Token.Literal.Number.Integer,
    "keyword.operator.arithmetic": Token.Operator,
    "keyword.operator.logical": Token.Operator,
    "keyword.operator.comparison": Token.Operator,
    "keyword.operator.bitwise": Token.Operator,
    "keyword.operator.arrow": Token.Operator,
    "punctuation.separator": Token.Punctuation,
    "punctuation.section.brackets": Token.Punctuation,
}


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_both_colour_a_program_the_same_way(path):
    """What the grammar makes of each line is what the lexer makes of it: the same texts, of kinds that go together."""
    for line in path.read_text().splitlines():
        if '"' in line and "#" not in line:
            line = re.sub(r'"[^"]*"', '"text"', line)
        scopes = [pair for pair in scopes_of(line) if pair[0] != "string.quoted.double"]
        kinds = [
            pair for pair in tokens_of(FunLexer(), line) if pair[1].strip() and pair[0] not in Token.Literal.String
        ]
        assert [(KIND_OF_SCOPE[scope], part) for scope, part in scopes] == kinds


@pytest.mark.parametrize(
    ("line", "scope"),
    [
        ("1x", "invalid.illegal.number"),
        ('"open', "invalid.illegal.string"),
        (r'"\q"', "invalid.illegal.string"),
        ("é", "invalid.illegal.character"),
        ("1", "constant.numeric.integer"),
        ("0xFF", "constant.numeric.hex"),
        ("?x", "variable.language.hole"),
        ("&&", "keyword.operator.logical"),
        ("<<", "keyword.operator.bitwise"),
        ("<=", "keyword.operator.comparison"),
        ("->", "keyword.operator.arrow"),
        ("..", "punctuation.separator"),
        ("# fn", "comment.line.number-sign"),
    ],
)
def test_scopes(line, scope):
    assert scopes_of(line) == [(scope, line)]


def test_strings_hold_escapes_and_no_comments():
    assert scopes_of(r'"a # \n"') == [("string.quoted.double", r'"a # \n"'), ("constant.character.escape", r"\n")]


def test_every_scope_of_the_grammar_is_seen():
    text = "\n".join(path.read_text() for path in PROGRAMS)
    seen = {scope for line in text.splitlines() for scope, _ in scopes_of(line)}
    assert set(KIND_OF_SCOPE) <= seen


def test_the_brackets_and_comments_of_editors_are_those_of_the_language():
    settings_of_editors = json.loads((EDITORS / "language-configuration.json").read_text())
    assert settings_of_editors["brackets"] == [["(", ")"], ["[", "]"]]
    comment = settings_of_editors["comments"]["lineComment"]
    assert list(form_parser().lex(f"{comment} x")) == []
    for pattern in (settings_of_editors["wordPattern"], *settings_of_editors["indentationRules"].values()):
        re.compile(pattern)


def test_the_extension_names_files_that_are_there():
    contributes = json.loads((EDITORS / "package.json").read_text())["contributes"]
    (language,) = contributes["languages"]
    (grammar,) = contributes["grammars"]
    assert (EDITORS / language["configuration"]).is_file()
    assert (EDITORS / grammar["path"]).is_file()
    assert grammar["scopeName"] == GRAMMAR["scopeName"]
    assert language["extensions"] == FunLexer.filenames[0].split("*")[1:]
