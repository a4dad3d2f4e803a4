"""Positions in a source, and what a person is shown of an error."""

import doctest

import pytest

import ssair.diagnostics
from ssair.diagnostics import CODES, MAXIMUM_WIDTH, Position, Source, SourceError, Span, SsairError, decode_source

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


def test_a_span_over_several_lines_is_marked_to_the_end_of_the_first():
    assert rendered("ab cd\nef", 3, 8)[-1] == "  |    ^^"


def test_an_empty_span_has_a_caret_too():
    assert rendered("ab", 2, 2)[-2:] == ["1 | ab", "  |   ^"]


def test_tabs_are_spaces_and_control_characters_are_replaced():
    assert rendered("\ta\x1b[31m\tb", 8, 9)[-2:] == [
        "1 |     a\N{REPLACEMENT CHARACTER}[31m    b",
        "  |               ^",
    ]


def test_notes_and_help_follow():
    shown = rendered("a b\nc d", 6, 7, notes=[("first", Span(0, 1)), ("here", Span(4, 5))], help="do this")
    assert shown[3:] == [
        "2 | c d",
        "  |   ^",
        "  |",
        "1 | a b",
        "  | - first",
        "  |",
        "2 | c d",
        "  | - here",
        "  = help: do this",
    ]


def test_a_note_on_the_same_line_does_not_show_it_again():
    shown = rendered("a b", 0, 1, notes=[("other", Span(2, 3))])
    assert shown[3:] == ["1 | a b", "  | ^", "  |   - other"]


def test_the_margin_fits_the_longest_line_number():
    shown = rendered("\n" * 9 + "x\ny", 9, 10, notes=[("n", Span(0, 1))])
    assert shown[1] == "   --> a.fun:10:1" and shown[3] == "10 | x" and shown[6] == " 1 |"


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
    assert "fault 19" in str(error) and "fault 20" not in str(error) and str(error).endswith("and 10 more errors")


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
