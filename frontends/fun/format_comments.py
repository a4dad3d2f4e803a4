"""What stands between two tokens of Fun: the comments and blank lines of the white space there.

Requires: a text that holds white space and comments only.  Ensures: every comment, in order, without the blanks at its
end.  A comment on the line of the token before it is trailing; the others have lines of their own, and stand before
the token that follows.  Any number of blank lines is one.  Linear in the text.
"""

from __future__ import annotations

import re
from typing import Final

from ssair.frontends.fun.format_document import Comments
from ssair.frontends.fun.words import PATTERNS

_PARTS: Final = re.compile(rf"{PATTERNS['COMMENT']}|\r\n|\r|\n")


def comments_between(text: str, is_behind_token: bool) -> Comments:
    """The comments and blank lines of a text between two tokens, or before the first one.

    Example:
        >>> found = comments_between(" # one\\n\\n\\n# two\\n", True)
        >>> found.trailing, found.own_line, found.blank_after
        ('# one', [(True, '# two')], False)
    """
    comments = Comments()
    newlines = 0 if is_behind_token else 1
    is_on_line_of_token = is_behind_token
    for match in _PARTS.finditer(text):
        part = match[0]
        if part[0] != "#":
            newlines += 1
            is_on_line_of_token = False
        elif is_on_line_of_token:
            comments.trailing = _without_blanks(part)
        else:
            comments.own_line.append((newlines > 1, _without_blanks(part)))
            newlines = 0
    comments.blank_after = newlines > 1
    return comments


def comment_texts(text: str) -> list[str]:
    """The comments of a text between two tokens."""
    return [_without_blanks(match[0]) for match in _PARTS.finditer(text) if match[0][0] == "#"]


def _without_blanks(comment: str) -> str:
    return comment.rstrip(" \t\f")
