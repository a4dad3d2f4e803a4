"""`ssairc explain [CODE…]`: what an error or a trap means, why the rule is there, and how to put a program right."""

from __future__ import annotations

import re
from typing import Final

from ssair.commands.options import CommandParser
from ssair.commands.status import DONE
from ssair.explanations import explanations
from ssair.sources import UsageError
from ssair.suggestions import nearest

_WRITTEN: Final = re.compile(r"(?:error|trap)\[(\w+)\]|(\w+?)(?:Trap)?")
_DIGITS: Final = 4


def parser() -> CommandParser:
    """What the command takes."""
    parser = CommandParser("explain", "Explain an error or a trap at length; without arguments, list them all.")
    parser.add_argument("codes", metavar="CODE", nargs="*", help="a code as E0301, or the kind of a trap as index")
    return parser


def run(arguments: list[str]) -> int:
    """Print the explanation of each code or kind of trap, or list them all."""
    keys = [_key(code) for code in parser().parse(arguments).codes]
    if keys:
        print("\n\n".join(str(explanations()[key]) for key in dict.fromkeys(keys)))
    else:
        width = max(map(len, explanations()))
        print("\n".join(f"{key:<{width}}  {found.title}" for key, found in explanations().items()))
    return DONE


def _key(written: str) -> str:
    """The code or kind that is meant: `E0301`, `e0301`, `301`, `error[E0301]`, `index`, `IndexTrap`, …"""
    match = _WRITTEN.fullmatch(written.strip())
    word = (match[1] or match[2]) if match is not None else written
    digits = word[1:] if word[:1] in "eE" else word
    key = f"E{digits:0>{_DIGITS}}" if digits.isdecimal() else word.lower()
    if key in explanations():
        return key
    near = nearest(key, explanations())
    meant = f"; did you mean {near}?" if near else ""
    raise UsageError(f"no error and no trap {written[:40]!r}{meant} (`ssairc explain` lists all)")
