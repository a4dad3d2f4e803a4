"""Fun source in its one layout: what `ssairc fmt` writes.

Requires: a text that parses; whether it type-checks does not matter.  Ensures, all of them checked on every text before
it is given back or by construction:

* The tokens are the same, so that the syntax tree is: names, spelling of numbers, parentheses, all stay as they are.
* Every comment is kept, in order: one behind a token on its line stays behind it, one on lines of its own stays before
  the token that it stood before.  Only blanks at the end of a comment go.
* Formatting what is formatted changes nothing: the layout depends on the tokens, the comments and where blank lines
  stand between statements or comments, on no other white space.
* One blank line between functions; between statements and around comments a blank line stays, several become one.
* Lines end in LF; the text ends in one newline and has no byte order mark.
* Linear in the text, also in its depth: indentation ends at a depth (format_document.py), and chains of `let … in` and
  `else if` go on at the same one.

A text without any token keeps its comments: a file that is only begun can be formatted.
"""

from __future__ import annotations

from lark import Token

from ssair.collection import garbage_collection_paused
from ssair.frontends.fun.format_comments import comment_texts, comments_between
from ssair.frontends.fun.format_document import Break, Close, Comments, Group, Kind, Piece, newline, render
from ssair.frontends.fun.format_layout import LAYOUTS, Item
from ssair.frontends.fun.format_tree import Form, form_parser, parse_forms
from ssair.frontends.fun.parse import parse_program

_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"


def format_source(text: str, name: str = "<input>") -> str:
    """The program in its one layout; `name` is what diagnostics call it.

    Raises: SourceError with every syntax error, if the text is not a program.

    Example:
        >>> print(format_source("fn  f( x:i64 )=  let y=x+1 # next\\nin y*y"), end="")
        fn f(x: i64) =
          let y = x + 1  # next
          in y * y
    """
    text = text.removeprefix(_MARK)
    with garbage_collection_paused():
        if _has_tokens(text):
            parse_program(text, name)
            functions, tokens = parse_forms(text)
        else:
            functions, tokens = [], []
        laid_out = _Document(text, functions).rendered()
        _assert_nothing_lost(text, tokens, laid_out)
    return laid_out


def _has_tokens(text: str) -> bool:
    return next(iter(form_parser().lex(text)), None) is not None


def _assert_nothing_lost(text: str, tokens: list[Token], laid_out: str) -> None:
    """A formatter that drops a comment or joins two tokens must not write over anybody's program."""
    after = list(form_parser().lex(laid_out))
    assert [(t.type, str(t)) for t in tokens] == [(t.type, str(t)) for t in after], "other tokens than before"
    assert _comments(text, tokens) == _comments(laid_out, after), "other comments than before"


def _comments(text: str, tokens: list[Token]) -> list[tuple[int, str]]:
    """The comments, each with the number of tokens before it."""
    found = []
    end = 0
    for count, token in enumerate([*tokens, Token("$END", "", len(text), end_pos=len(text))]):
        start, next_end = _place(token)
        if start > end:
            found += [(count, comment) for comment in comment_texts(text[end:start])]
        end = next_end
    return found


class _Document:
    """The pieces of a program: its forms laid out, with the comments between their tokens."""

    def __init__(self, text: str, functions: list[Form]) -> None:
        self._text = text
        self._functions = functions
        self._pieces: list[Piece] = []
        self._end = 0  # of the last token, in the text
        self._last = -1  # the place of the last token, in the pieces
        self._break: Break | None = None  # the one since the last token

    def rendered(self) -> str:
        """The text, ending in a newline unless it is empty."""
        for function in self._functions:
            self._add_function(function)
        comments = self._comments_before(len(self._text))
        if comments.any():
            comments.blank_after = False
            self._add_break(newline(0))
            self._add_comments(comments)
        text = render(self._pieces)
        return text if not text or text.endswith("\n") else f"{text}\n"

    def _add_function(self, function: Form) -> None:
        self._start_function(function)
        pending: list[Item] = [function]
        while pending:
            item = pending.pop()
            if isinstance(item, list):
                pending.extend(reversed(item))
            elif isinstance(item, Form):
                pending.extend(reversed(list(LAYOUTS[item.rule](item))))
            else:
                self._add(item)

    def _start_function(self, function: Form) -> None:
        """The newlines and comments before a function: a blank line, but before the first."""
        word = function.parts[0]
        assert isinstance(word, Token)
        start, _ = _place(word)
        comments = self._comments_before(start)
        is_first = self._last < 0
        if not is_first and not comments.any_blank():
            if comments.own_line:
                comments.own_line[0] = (True, comments.own_line[0][1])
            else:
                comments.blank_after = True
        if not is_first or comments.any():
            self._pieces.append(separator := newline(0))
            separator.force(comments)
        self._end = start

    def _add(self, item: Token | Break | Group | Close) -> None:
        if isinstance(item, Token):
            start, end = _place(item)
            if start > self._end:
                self._add_comments(self._comments_before(start))
            self._last = len(self._pieces)
            self._pieces.append(str(item))
            self._end = end
            self._break = None
        elif isinstance(item, Break):
            self._add_break(item)
        else:
            self._pieces.append(item)

    def _add_break(self, item: Break) -> None:
        assert self._break is None, "two breaks between two tokens"
        self._pieces.append(item)
        self._break = item

    def _comments_before(self, start: int) -> Comments:
        return comments_between(self._text[self._end : start], self._last >= 0)

    def _add_comments(self, comments: Comments) -> None:
        """Comments need a newline: the break between the tokens, or one of their own."""
        if not comments.any():
            if self._break is not None and self._break.keeps_blank and comments.blank_after:
                self._break.force(comments)
            return
        if self._break is None:
            self._break = Break(Kind.ALWAYS, 2)
            self._pieces.insert(self._last + 1, self._break)
        self._break.force(comments)


def _place(token: Token) -> tuple[int, int]:
    assert token.start_pos is not None and token.end_pos is not None
    return token.start_pos, token.end_pos
