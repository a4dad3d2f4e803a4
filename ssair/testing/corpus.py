"""Cases: programs with the call that shows a difference, one file each, that say how they are tried again.

A case is a program in its own language; the lines of comment at its head are for people, but for the one that holds the
arguments:

    # arguments: [1, [0.5, NaN], {"shape": [0, 3]}]
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from ssair.ir import Function, Module
from ssair.sources import FRONTENDS, UsageError
from ssair.testing.differences import Difference

_COMMENT: Final = {"fun": "#", "ssair": ";"}
_ARGUMENTS: Final = re.compile(r"^[#;] arguments: (.*)$", re.MULTILINE)


class Case(NamedTuple):
    """A program, its front end, and the calls to try it with; None where they are to be drawn."""

    source: str
    frontend: str
    arguments: list[list[object]] | None

    def program(self, name: str) -> Module | str:
        """The program as oracles take it. Raises: SourceError if it is faulty; `name` is what it is reported by."""
        if self.frontend == "fun":
            return self.source
        return FRONTENDS[self.frontend](self.source, name)


def case_text(found: Difference, heading: Sequence[str]) -> str:
    """The text of the file that keeps a difference; `heading` are lines for people."""
    mark = _COMMENT[found.frontend]
    lines = [*heading, *str(found).splitlines()]
    if found.arguments is not None:
        lines.append(f"arguments: {format_arguments(found.arguments)}")
    return "".join(f"{mark} {line}\n" for line in lines) + "\n" + without_heading(found.source)


def without_heading(source: str) -> str:
    """A program without the comments and blank lines at its head."""
    lines = source.splitlines(keepends=True)
    while lines and (not lines[0].strip() or lines[0].startswith(("#", ";"))):
        del lines[0]
    return "".join(lines)


def read_case(source: str, frontend: str) -> Case:
    """A program as a case: with the arguments that its head names, if it names any."""
    match = _ARGUMENTS.search(source)
    return Case(source, frontend, [parse_arguments(match[1])] if match else None)


def format_arguments(values: Sequence[object]) -> str:
    """Argument values as JSON, with NaN and Infinity; an array without elements but with dimensions by its shape."""
    return json.dumps([_plain(value) for value in values])


def _plain(value: object) -> object:
    import numpy as np

    array = np.asarray(value)
    if array.size == 0 and array.ndim > 1:
        return {"shape": list(array.shape)}
    return array.tolist()


def parse_arguments(text: str) -> list[object]:
    """The argument values that a JSON array of them stands for; UsageError if it is none."""
    try:
        values = json.loads(text)
        if isinstance(values, list):
            return [_value(value) for value in values]
    except (ValueError, RecursionError, TypeError):
        pass
    raise UsageError(f"no arguments: {text[:60]!r}; they are a JSON array of numbers, truth values and arrays")


def _value(value: Any) -> object:
    import numpy as np

    return np.zeros(value["shape"]) if isinstance(value, dict) and "shape" in value else value


def fits(function: Function, values: Sequence[object]) -> bool:
    """Whether values are arguments of a function: after a change of its parameters they may be none any more."""
    from ssair.interp import to_argument

    if len(values) != len(function.params):
        return False
    try:
        for param, value in zip(function.params, values, strict=True):
            to_argument(param, value)
    except (TypeError, ValueError, OverflowError):
        return False
    return True


def write_case(folder: Path, name: str, found: Difference, command: str) -> Path:
    """Write the file of a difference; `command` is what shows it again, `{}` standing for the file. Gives its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.{found.frontend}"
    heading = ["found by `ssairc fuzz`; again:", f"  {command.replace('{}', str(path))}"]
    path.write_text(case_text(found, heading), encoding="utf-8")
    return path
