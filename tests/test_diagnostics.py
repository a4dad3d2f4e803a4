"""Positions in a source, and what a person is shown of an error."""

import copy
import doctest
import json
import pickle
import re
from collections.abc import Sequence

import pytest
from growth import lines_run

import ssair.diagnostics
import ssair.traps
from ssair.diagnostics import CODES, Diagnostic, Position, Source, SourceError, Span, SsairError, decode_source
from ssair.excerpts import MAXIMUM_WIDTH, cells
from ssair.interp import DepthExceeded
from ssair.ir import Module
from ssair.ir import Span as IrSpan
from ssair.memory import MemoryFault
from ssair.ops import TRAP_KINDS
from ssair.rendering import coloured
from ssair.signature import ArgumentTypeError
from ssair.sources import UsageError
from ssair.traps import Trap
from ssair.verifier_error import VerifierError

POSITIONS = [
    ("ab\ncd", 0, (1, 1)),
    ("ab\ncd", 2, (1, 3)),
    ("ab\ncd", 3, (2, 1)),
    ("ab\ncd", 5, (2, 3)),
    ("ab\r\ncd", 4, (2, 1)),
    ("ab\rcd", 3, (2, 1)),
    ("\n\n", 2, (3, 1)),
    ("a\r\r\nb", 4, (3, 1)),
    ("\u2028\x0bx", 2, (1, 3)),  # these end no line
    ("", 0, (1, 1)),
]


@pytest.mark.parametrize(("text", "offset", "expected"), POSITIONS)
def test_positions_count_from_one_and_know_every_line_end(text, offset, expected):
    assert Source(text).position(offset) == Position(*expected)


def test_a_line_comes_without_its_end():
    source = Source("ab\r\ncd\ref\n")
    assert [source.line_text(line) for line in range(6)] == ["", "ab", "cd", "ef", "", ""]


def rendered(text: str, start: int, end: int, **more) -> list[str]:
    return Source(text, "a.fun").diagnostic("E0301", "wrong", Span(start, end), **more).render().split("\n")


def test_a_caret_stands_under_the_span():
    assert rendered("let x = 1\nin y + z", 13, 14) == [
        "error[E0301]: wrong",
        "  --> a.fun:2:4",
        "  |",
        "2 | in y + z",
        "  |    ^",
    ]


def test_a_span_over_two_lines_shows_both():
    assert rendered("ab cd\n\n", 3, 6)[2:] == ["  |", "1 | ab cd", "  |    ^^"]
    assert rendered("ab cd\n  ef gh", 3, 10)[2:] == ["  |", "1 | ab cd", "  |    ^^", "2 |   ef gh", "  |   ^^"]


def test_a_span_over_three_lines_shows_all_and_one_over_more_its_ends():
    text = "if a\n\tthen 1\n  else 2\nx"
    shown = ["  |", "1 | if a", "  | ^^^^", "2 |     then 1", "  |     ^^^^^^", "3 |   else 2", "  |   ^^^^^^"]
    assert rendered(text, 0, text.index("\nx"))[2:] == shown
    assert rendered("ab\n" * 9 + "cd", 1, 29)[2:] == ["   |", " 1 | ab", "   |  ^", "...", "10 | cd", "   | ^^"]


def test_the_message_of_a_note_stands_under_its_last_line():
    shown = rendered("x\na\nb", 0, 1, notes=[("here", Span(2, 5))])
    assert shown[3:] == ["1 | x", "  | ^", "2 | a", "  | -", "3 | b", "  | - here"]


def test_an_empty_span_has_a_caret_too():
    assert rendered("ab", 2, 2)[-2:] == ["1 | ab", "  |   ^"]


def test_tabs_are_spaces_and_control_characters_are_replaced():
    assert rendered("\ta\x1b[31m\tb", 8, 9)[-2:] == [
        "1 |     a\N{REPLACEMENT CHARACTER}[31m    b",
        "  |               ^",
    ]


WIDE = "\u6f22"  # two cells
ACCENT = "e\u0301"  # two characters in one cell

MARKED = [
    (f"{WIDE}{WIDE} x", 3, 4, "     ^"),
    (f"{WIDE}{WIDE} x", 0, 2, "^^^^"),
    (f"{ACCENT}{ACCENT} x", 5, 6, "   ^"),
    (f"{ACCENT}{ACCENT} x", 0, 4, "^^"),
    (f"a{ACCENT}", 2, 3, " ^"),  # a combining character alone is marked where it is drawn
    ("\N{GRINNING FACE} x", 2, 3, "   ^"),
    ("\uff46\uff4e x", 3, 4, "     ^"),  # full-width letters
    ("\u1112\u1161\u11ab x", 4, 5, "   ^"),  # three letters in one Hangul syllable
    ("\u200b\u202ex", 2, 3, "  ^"),  # what is invisible or turns the line around is replaced
]


@pytest.mark.parametrize(("text", "start", "end", "marks"), MARKED)
def test_marks_stand_under_wide_and_combining_characters(text, start, end, marks):
    assert rendered(text, start, end)[-1] == f"  | {marks}"


@pytest.mark.parametrize("character", [WIDE, "\t", ACCENT, "\u0301", "\x00"])
@pytest.mark.parametrize("place", [0, 1, 499, 999])
def test_a_long_line_of_any_characters_is_cut_to_its_width(character, place):
    text = character * 1000
    line = Source(text).excerpt(Span(place, place + 1)).lines[0]
    assert cells(line.text) <= MAXIMUM_WIDTH + 2
    assert len(line.text) <= MAXIMUM_WIDTH + 2
    assert line.before + line.marks <= cells(line.text) + 1


def test_what_a_line_costs_does_not_depend_on_its_length():
    sources = {size: Source("x" * size + "\n") for size in (1_000, 100_000)}
    for source in sources.values():
        source.position(0)
    work = {size: lines_run(lambda size: sources[size].excerpt(Span(size // 2, size)), size) for size in sources}
    assert work[100_000] == work[1_000]


def test_notes_stand_in_the_order_of_lines_and_help_follows():
    shown = rendered("a b\nc d", 6, 7, notes=[("first", Span(0, 1)), ("here", Span(4, 5))], help="do this")
    assert shown[2:] == [
        "  |",
        "1 | a b",
        "  | - first",
        "2 | c d",
        "  |   ^",
        "  | - here",
        "  = help: do this",
    ]


def test_a_note_inside_a_long_span_stands_between_its_ends():
    shown = rendered("if a\nthen 1\n\n\nelse b", 0, 20, notes=[("an i64", Span(10, 11)), ("a bool", Span(19, 20))])
    assert shown[2:] == [
        "  |",
        "1 | if a",
        "  | ^^^^",
        "2 | then 1",
        "  |      - an i64",
        "...",
        "5 | else b",
        "  | ^^^^^^",
        "  |      - a bool",
    ]


def test_a_note_on_the_same_line_does_not_show_it_again():
    shown = rendered("a b", 0, 1, notes=[("other", Span(2, 3))])
    assert shown[3:] == ["1 | a b", "  | ^", "  |   - other"]


def test_the_margin_fits_the_longest_line_number():
    shown = rendered("\n" * 9 + "x\ny", 9, 10, notes=[("n", Span(0, 1))])
    assert shown[1:] == ["   --> a.fun:10:1", "   |", " 1 |", "   | - n", "...", "10 | x", "   | ^"]


@pytest.mark.parametrize("offset", [0, 5, 500_000, 999_995, 999_999])
def test_a_long_line_is_cut_around_the_caret(offset):
    text = "".join(chr(ord("a") + i % 26) for i in range(1_000_000))
    shown = rendered(text, offset, offset + 1)
    line, caret = shown[3], shown[4]
    assert len(line) <= MAXIMUM_WIDTH + 10
    assert line[caret.index("^")] == text[offset] and caret.count("^") == 1


def test_a_long_span_is_cut_with_its_line():
    shown = rendered("x" * 1000, 10, 900)
    assert shown[4].count("^") == MAXIMUM_WIDTH - 10 + 1 and shown[3].endswith("…")


def test_a_diagnostic_has_its_parts_as_data():
    diagnostic = Source("ab\ncd", "a.fun").diagnostic("E0301", "wrong", Span(1, 4), help="h")
    assert (diagnostic.code, diagnostic.message, diagnostic.help) == ("E0301", "wrong", "h")
    assert (diagnostic.line, diagnostic.column, diagnostic.end_line, diagnostic.end_column) == (1, 2, 2, 2)
    assert str(diagnostic) == "a.fun:1:2: error[E0301]: wrong"


def test_an_error_has_its_diagnostics_in_source_order_and_shows_the_first_twenty():
    source = Source("x\n" * 30)
    error = SourceError(source.diagnostic("E0301", f"fault {i}", Span(2 * i, 2 * i + 1)) for i in reversed(range(30)))
    assert isinstance(error, SsairError)
    assert [d.line for d in error.diagnostics] == list(range(1, 31))
    assert "fault 19" in str(error) and "fault 20" not in str(error)
    assert str(error).endswith(
        "\n\nand 10 more errors, which `ssairc check` shows\n\nMore about these errors: ssairc explain E0301"
    )


def test_an_error_ends_with_where_to_read_more_once():
    source = Source("a b c")
    one = [source.diagnostic("E0301", "wrong", Span(0, 1))]
    assert str(SourceError(one)).split("\n")[-2:] == ["", "More about this error: ssairc explain E0301"]
    more = [source.diagnostic(code, "wrong", Span(i, i + 1)) for i, code in enumerate(("E0302", "E0301", "E0302"))]
    assert str(SourceError(more)).endswith("\n\nMore about these errors: ssairc explain E0302 E0301")


def test_a_diagnostic_is_json_data():
    source = Source("ab\ncd", "a.fun")
    data = source.diagnostic("E0203", "twice", Span(3, 5), [("first here", Span(0, 1))], "rename it").to_dict()
    assert json.loads(json.dumps(data)) == data
    assert data == {
        "code": "E0203",
        "severity": "error",
        "title": CODES["E0203"],
        "message": "twice",
        "file": "a.fun",
        "range": {"start": {"line": 2, "column": 1, "offset": 3}, "end": {"line": 2, "column": 3, "offset": 5}},
        "notes": [
            {
                "message": "first here",
                "range": {"start": {"line": 1, "column": 1, "offset": 0}, "end": {"line": 1, "column": 2, "offset": 1}},
            }
        ],
        "help": "rename it",
    }


def test_a_diagnostic_without_a_place_says_so():
    diagnostic = Diagnostic("E0601", "recursive", 0, 0, 0, 0, source_name="<ir>")
    assert diagnostic.render() == "error[E0601]: recursive\n  --> <ir>"
    assert str(diagnostic) == "<ir>: error[E0601]: recursive"
    assert diagnostic.to_dict()["range"] is None and diagnostic.to_dict()["help"] is None


def test_colours_add_nothing_but_control_sequences():
    source = Source("a b\nc d", "a.fun")
    error = SourceError([source.diagnostic("E0301", "wrong", Span(4, 5), [("here", Span(0, 1))], "do this")])
    shown = error.render(coloured)
    assert re.sub("\x1b\\[[0-9;]*m", "", shown) == str(error)
    assert shown.count("\x1b[0m") == len(re.findall("\x1b\\[[1-9]", shown)) > 5


def test_names_and_messages_cannot_write_to_the_terminal():
    shown = Source("a", "a\x1b[2J\n.fun").diagnostic("E0301", "no \x07", Span(0, 1), help="\x1b[0m").render()
    assert shown.isascii() is False
    assert "\x1b" not in shown and "\x07" not in shown
    assert len(shown.split("\n")) == 6


def copies(error: BaseException) -> list[BaseException]:
    return [copy.copy(error), copy.deepcopy(error), *(pickle.loads(pickle.dumps(error, n)) for n in range(2, 6))]


def test_an_error_survives_pickling_and_copying():
    error = SourceError([Source("a b").diagnostic("E0301", "wrong", Span(2, 3), [("here", Span(0, 1))])])
    for twin in copies(error):
        assert type(twin) is SourceError
        assert twin.diagnostics == error.diagnostics
        assert str(twin) == str(error) and twin.args == error.args


@pytest.mark.parametrize("kind", TRAP_KINDS)
def test_a_trap_survives_pickling_and_copying(kind):
    span = IrSpan(1, 5, 1, 10)
    trap = getattr(ssair.traps, f"{kind.capitalize()}Trap")("line 1: why", span, (3, 2.5), (0, 1), (span,))
    trap.reason = "why"
    for twin in copies(trap):
        assert type(twin) is type(trap) and isinstance(twin, Trap)
        assert twin.same_as(trap)
        assert (str(twin), twin.reason, twin.calls, twin.line) == (str(trap), trap.reason, trap.calls, trap.line)


def test_an_error_of_the_verifier_survives_without_the_ir():
    function = Module().new_function("f", ())
    error = VerifierError("types", "wants an i64", function)
    for twin in copies(error):
        assert type(twin) is VerifierError
        assert (twin.rule, twin.message, str(twin)) == (error.rule, error.message, str(error))
        assert twin.function is None


@pytest.mark.parametrize("error", [UsageError("no"), ArgumentTypeError("no"), MemoryFault("no"), DepthExceeded("no")])
def test_every_other_error_survives_pickling_and_copying(error):
    assert [(type(twin), str(twin)) for twin in copies(error)] == [(type(error), "no")] * 6


def test_codes_have_titles_and_order():
    assert all(len(code) == 5 and code[0] == "E" and title for code, title in CODES.items())
    assert list(CODES) == sorted(CODES)


def test_bytes_are_utf8_with_or_without_a_mark():
    assert decode_source("\ufefffn é".encode()) == "fn é"
    with pytest.raises(SourceError) as error:
        decode_source(b"ab\nc\xff\xfe", "a.fun")
    (diagnostic,) = error.value.diagnostics
    assert (diagnostic.code, diagnostic.line, diagnostic.column) == ("E0107", 2, 2)
    assert "0xff" in diagnostic.message


def test_the_example_in_the_docstring_runs():
    assert doctest.testmod(ssair.diagnostics).failed == 0


LONG = "fn f(xs: [n]f64) = let first = xs[0] in let second = xs[1] in first + second * true + first + 1.0"


def at_columns(columns: int, text: str, start: int, end: int, notes: Sequence[tuple[str, Span]] = ()) -> list[str]:
    """The source lines and marks that a terminal of so many columns is shown."""
    diagnostic = Source(text, "a.fun").diagnostic("E0301", "wrong", Span(start, end), notes)
    return diagnostic.render(columns=columns).split("\n")[3:]


@pytest.mark.parametrize("columns", [30, 60, 80, 99, 100, 160])
@pytest.mark.parametrize("word", ["fn", "xs[0]", "true", "1.0"])
def test_lines_are_cut_to_the_columns_of_a_terminal_and_marks_stay_under_what_they_mark(columns, word):
    start = LONG.index(word)
    line, marks = at_columns(columns, LONG, start, start + len(word))
    assert len(line) <= columns and len(marks) <= columns
    assert line[marks.index("^") : marks.rindex("^") + 1] == word


@pytest.mark.parametrize("columns", [31, 32, 60])
def test_wide_characters_are_cut_to_the_columns_of_a_terminal(columns):
    line, marks = at_columns(columns, WIDE * 20 + "x" + WIDE * 30, 20, 21)
    assert cells(line) <= columns
    assert cells(line[: line.index("x")]) == marks.index("^")


def test_marks_of_one_line_share_what_is_shown_of_it_where_they_fit():
    first, second = LONG.index("first"), LONG.index("xs[1]")
    assert at_columns(60, LONG, second, second + 5, [("this", Span(first, first + 5))]) == [
        "1 | …xs: [n]f64) = let first = xs[0] in let second = xs[1] …",
        "  |                                                  ^^^^^",
        "  |                    ----- this",
    ]


def test_a_line_is_shown_once_for_each_mark_where_they_do_not_fit():
    shown = at_columns(40, LONG, 0, 2, [("this", Span(len(LONG) - 3, len(LONG)))])
    assert shown == [
        "1 | fn f(xs: [n]f64) = let first = xs[…",
        "  | ^^",
        "1 | …irst + second * true + first + 1.0",
        "  |                                 ---",
        "  |                                 this",
    ]


def test_a_message_that_would_wrap_stands_below_its_marks():
    shown = at_columns(30, "let x = 1 in x + true", 0, 1, [("a boolean it is", Span(17, 21))])
    assert shown == [
        "1 | let x = 1 in x + true",
        "  | ^",
        "  |                  ----",
        "  |            a boolean it is",
    ]
