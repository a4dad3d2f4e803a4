"""The parser of a command's options, and the options that several commands share.

Faults of the command line are UsageErrors that name what was probably meant. No option can be cut short.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NoReturn

from ssair.commands.colours import CHOICES, OPTION
from ssair.sources import FRONTENDS, UsageError
from ssair.suggestions import nearest, unknown

LEVELS: Final = ("0", "1", "2", "3")
DEFAULT_LEVEL: Final = 2


class CommandParser(argparse.ArgumentParser):
    """The options of one command; `--color` is among them."""

    def __init__(self, command: str, description: str) -> None:
        super().__init__(prog=f"ssairc {command}", description=description, allow_abbrev=False)
        self.add_choice(OPTION, "when", CHOICES, "whether errors are shown in colours", default="auto")

    def add_choice(self, option: str, what: str, known: Iterable[str], help: str, default: str | None = None) -> None:
        """Add an option that takes one of some names; `what` is what they name."""
        names = list(known)
        shown = f"{help} (default: {default})" if default is not None else help
        self.add_argument(
            option, metavar=f"{{{','.join(names)}}}", type=_one_of(option, what, names), default=default, help=shown
        )

    def parse(self, arguments: Sequence[str]) -> argparse.Namespace:
        """The values of all options.  Raises: UsageError."""
        options, rest = self.parse_known_intermixed_args(arguments)
        if rest:
            self.error(self._unexpected(rest[0]))
        return options

    def _unexpected(self, argument: str) -> str:
        if not argument.startswith("-") or argument == "-":
            return f"{argument!r} is one argument too many"
        name = argument.partition("=")[0]
        near = nearest(name, self._option_string_actions)
        return f"no option {name}" + (f"; did you mean {near}?" if near else "")

    def error(self, message: str) -> NoReturn:
        """Raise UsageError."""
        raise UsageError(f"{message} (`{self.prog} --help` lists what there is)")


def _one_of(option: str, what: str, known: Sequence[str]) -> Callable[[str], str]:
    def check(name: str) -> str:
        if name not in known:
            raise UsageError(f"{option}: {unknown(what, name, known)}")
        return name

    return check


def add_source(parser: CommandParser) -> None:
    """The options `file` and `frontend`."""
    parser.add_argument("file", metavar="FILE", help="the program; - is standard input")
    add_frontend(parser)


def add_frontend(parser: CommandParser) -> None:
    """The option `frontend`."""
    parser.add_choice("--frontend", "front end", FRONTENDS, "what the program is written in (default: by its suffix)")


def add_level(parser: CommandParser) -> None:
    """The option `level`: None where it is not given, which means `DEFAULT_LEVEL`."""
    parser.add_argument(
        "-O",
        dest="level",
        metavar=f"{{{','.join(LEVELS)}}}",
        type=lambda text: int(_one_of("-O", "level", LEVELS)(text)),
        help=f"how much to optimise (default: {DEFAULT_LEVEL})",
    )


def a_count(text: str) -> int:
    """The number above 0 that an option gives."""
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise UsageError(f"no number above 0: {text!r}")
    return int(text)
