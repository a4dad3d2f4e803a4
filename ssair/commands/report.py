"""`ssairc report FILE -o report.html`: a page that shows what the passes made of a program."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ssair.commands.files import STANDARD_STREAM, check_apart, read_program, write_text
from ssair.commands.options import DEFAULT_LEVEL, CommandParser, add_level, add_source
from ssair.commands.status import DONE
from ssair.emit import Request
from ssair.progress import waiting

#: The name of the report on what comes from standard input.
_UNNAMED: Final = "report.html"


def parser() -> CommandParser:
    """What the command takes."""
    parser = CommandParser("report", "Write a page that shows what the passes made of a program; it needs no network.")
    add_source(parser)
    parser.add_argument("--entry", metavar="F", help="the function that the program starts with")
    parser.add_argument("--passes", metavar="A,B,C", help="run just these passes, in this order")
    add_level(parser)
    parser.add_argument("-o", dest="output", metavar="OUT", help="write to this file (default: FILE.html here)")
    return parser


def run(arguments: list[str]) -> int:
    """Write the report, and say where it is."""
    command = parser()
    options = command.parse(arguments)
    if options.passes is not None and options.level is not None:
        command.error("--passes says which passes run, and so does -O: give one of them")
    from ssair.report.contents import contents
    from ssair.report.page import page

    level = DEFAULT_LEVEL if options.level is None else options.level
    program = read_program(options.file, options.frontend)
    output = options.output or _name_of(options.file)
    check_apart(options.file, output)
    with waiting(f"compiling {program.name}"):
        module = Request(*program, options.entry).module()
        text = page(contents(module, options.passes, level))
    write_text(output, text)
    if output != STANDARD_STREAM:
        print(f"{output}: open it in a browser")
    return DONE


def _name_of(file: str) -> str:
    return _UNNAMED if file == STANDARD_STREAM else f"{Path(file).stem}.html"
