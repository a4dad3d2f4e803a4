"""What the command lines of several commands share: the program, its front end, the level of optimisation."""

from __future__ import annotations

import argparse

from ssair.sources import FRONTENDS


def add_source(parser: argparse.ArgumentParser) -> None:
    """The options `file` and `frontend`."""
    parser.add_argument("file", metavar="FILE", help="the program; - is standard input")
    add_frontend(parser)


def add_frontend(parser: argparse.ArgumentParser) -> None:
    """The option `frontend`."""
    parser.add_argument("--frontend", choices=FRONTENDS, help="what the program is written in (default: by its suffix)")


def add_level(parser: argparse.ArgumentParser) -> None:
    """The option `level`."""
    parser.add_argument(
        "-O", dest="level", type=int, choices=range(4), default=2, help="how much to optimise (default: 2)"
    )
