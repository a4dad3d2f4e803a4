"""The commands of `ssairc`, one module each, as data.

A command is a module with `run(arguments) -> int`: it takes what stands behind its name on the command line, and gives
the exit status (`ssair.commands.status`). It raises SourceError for a faulty program and UsageError for a faulty
command line; `ssair.cli` reports them. Modules are imported when their command is used.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Command(NamedTuple):
    """One row: the name, the module that has its `run`, and what it does."""

    name: str
    module: str
    summary: str


COMMANDS: Final[dict[str, Command]] = {
    row.name: row
    for row in (
        Command("dump", "ssair.commands.dump", "print a stage of a program; what `ssairc FILE` alone does"),
        Command("run", "ssair.commands.run", "run a program and print its value"),
        Command("report", "ssair.commands.report", "write a page that shows what the passes made of a program"),
        Command("check", "ssair.commands.check", "report every error of some files, also as JSON for editors"),
        Command("fmt", "ssair.commands.fmt", "lay out Fun programs in the one style"),
        Command("passes", "ssair.commands.passes", "list the passes, in which order they run, and why"),
        Command("explain", "ssair.commands.explain", "explain the code of an error or the kind of a trap"),
        Command("fuzz", "ssair.commands.fuzz", "put generated programs to the oracles, and keep what they find"),
        Command("bisect", "ssair.commands.bisect", "find the pass, and the one rewrite, that break a program"),
        Command("reduce", "ssair.commands.reduce", "find the smallest program of which a command still holds"),
        Command("completion", "ssair.commands.completion", "print what completes command lines in a shell"),
        Command("devices", "ssair.commands.devices", "list the devices that kernels can run on"),
    )
}

#: The command for a command line that names none.
DEFAULT: Final = "dump"
