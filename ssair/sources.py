"""Where programs come from: text, files, modules; and which front end reads them.

A front end is a row of `FRONTENDS`: its name (also the file suffix) and what makes a `Module` of a text. Front ends are
imported when they are used.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from ssair.diagnostics import SsairError, decode_source
from ssair.ir import Module
from ssair.libraries import libraries
from ssair.suggestions import unknown

Source = str | os.PathLike[str] | Module


class UsageError(SsairError):
    """What was asked for does not exist: a file, a function, a front end, a stage, a device."""


def _read_fun(text: str, name: str) -> Module:
    from ssair.frontends.fun import compile_source

    return compile_source(text, name)


def _read_ssair(text: str, name: str) -> Module:
    from ssair.parser import parse_module

    return parse_module(text, name)


def _read_bril(text: str, name: str) -> Module:
    from ssair.frontends.bril import compile_source

    return compile_source(text, name)


FRONTENDS: Final[dict[str, Callable[[str, str], Module]]] = {
    "fun": _read_fun,
    "ssair": _read_ssair,
    "bril": _read_bril,
}
#: What the names of programs end in.
_SUFFIXES: Final = tuple(f".{name}" for name in FRONTENDS)


def load(source: Source, frontend: str | None = None) -> Module:
    """The unoptimised module of a program.

    `source` is program text, a path (a `PathLike`, or a string without newline that ends in a front end's suffix), or a
    module, which is given back as it is. Text is Fun unless `frontend` says otherwise. Raises SourceError for a faulty
    program, UsageError for a file that cannot be read, MissingLibraryError if the front end's parser is not installed.
    """
    if isinstance(source, Module):
        return source
    text, name, frontend = read(source, frontend)
    with libraries():
        module = FRONTENDS[frontend](text, name)
    module.source, module.source_name = text.removeprefix("\ufeff"), name
    return module


def read(source: str | os.PathLike[str], frontend: str | None = None) -> tuple[str, str, str]:
    """The text of a program, the name to report it by, and its front end."""
    if not isinstance(source, str | os.PathLike):
        raise UsageError(f"a program is text, a path or a module, and no {type(source).__name__}")
    path = _path_of(source)
    if path is None:
        assert isinstance(source, str)
        return source, "<text>", _known(frontend or "fun")
    return read_file(path), str(path), _known(frontend or frontend_of(path))


def _path_of(source: str | os.PathLike[str]) -> Path | None:
    if not isinstance(source, str):
        return Path(source)
    is_one_line = "\n" not in source and "\r" not in source
    return Path(source) if is_one_line and source.endswith(_SUFFIXES) else None


def frontend_of(path: Path) -> str:
    """The front end of a file, by its suffix; Fun for one that is not known."""
    return path.suffix[1:] if path.suffix in _SUFFIXES else "fun"


def _known(frontend: str) -> str:
    if frontend not in FRONTENDS:
        raise UsageError(unknown("front end", frontend, FRONTENDS))
    return frontend


def read_file(path: Path) -> str:
    """The text of a UTF-8 file; UsageError if it cannot be read, SourceError if it is no text."""
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a name with a NUL
        raise UsageError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from error
    return decode_source(data, str(path))
