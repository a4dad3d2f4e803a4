"""`ssairc bisect FILE`: the pass, and by fuel the one rewrite, that make a program mean something else.

The arguments are those given, else those that the head of the file names (as `ssairc fuzz` writes it), else some that
are drawn. Exit status: 0 nothing makes a difference, 1 something does.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from ssair.commands.files import read_program
from ssair.commands.options import DEFAULT_LEVEL, CommandParser, add_level, add_source
from ssair.commands.status import DONE, PROGRAM_ERROR
from ssair.progress import waiting
from ssair.sources import UsageError

if TYPE_CHECKING:
    from ssair.testing.bisection import Culprit


def run(arguments: list[str]) -> int:
    """Print the pass, the rewrite, what it did to the function, and the command that shows it again."""
    from ssair.testing.bisection import bisect_program
    from ssair.testing.corpus import parse_arguments, read_case
    from ssair.testing.passes import read_passes

    options = parser().parse(arguments)
    if options.passes is not None and options.level is not None:
        raise UsageError("--passes says what runs: it does not go with -O")
    program = read_program(options.file, options.frontend)
    case = read_case(program.text, program.frontend)
    calls = [parse_arguments(options.args)] if options.args is not None else case.arguments
    with waiting(f"bisecting {program.name}"):
        culprit = bisect_program(
            case.program(program.name),
            passes=None if options.passes is None else read_passes(options.passes),
            level=DEFAULT_LEVEL if options.level is None else options.level,
            arguments=calls,
            seed=options.seed,
        )
    if culprit is None:
        print("no pass makes a difference")
        return DONE
    print(_report(culprit))
    print(f"\nagain: ssairc bisect {shlex.join(arguments)}")
    return PROGRAM_ERROR


def parser() -> CommandParser:
    """What the command takes."""
    parser = CommandParser("bisect", "Find the pass, and the one rewrite, that make a program mean something else.")
    add_source(parser)
    parser.add_argument("--args", metavar="JSON", help="the arguments, a JSON array: '[1, [0.5, NaN]]'")
    parser.add_argument("--passes", metavar="LIST", help="passes to run instead of a level; yours as module:function")
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="which arguments are drawn")
    add_level(parser)
    return parser


def _report(culprit: Culprit) -> str:
    where = f"{culprit.pass_name} over @{culprit.function}" if culprit.function else culprit.pass_name
    if not culprit.pass_name:
        return f"the program fails without any pass:\n{culprit.difference}"
    if culprit.rewrite:
        first = f"{where}, rewrite {culprit.rewrite} of the pipeline, of {culprit.value}"
    else:
        first = f"{where}, as a whole: it asks for no fuel where it goes wrong"
    return f"{first}\n\n{culprit.difference}\n\n{culprit.diff()}"
