"""The parser of fun.lark, and its tables in the user's cache folder.

Making the tables takes a tenth of a second in each process, reading them back a tenth of that.

Requires: nothing.  Ensures: a parser, whatever the state of the cache: what is missing, damaged, unreadable or open to
others is passed over in silence, and so is a folder that cannot be written.

The folder is `$SSAIR_CACHE_DIR`, else `ssair` in what the XDG Base Directory Specification or the system has for
caches; an empty `SSAIR_CACHE_DIR` means that nothing is kept.  A file's name is the digest of all that its tables
depend on, its first line the digest of the rest.  It is read only if it and its folder belong to the user and nobody
else may write them; its pickle may hold numbers, strings and containers only, so that reading it runs no code.  A file
is written beside its place and then moved there: who reads at the same time sees all of it or nothing.
"""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import stat
import sys
import tempfile
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import Any

import lark
from lark import Lark

_OPTIONS: dict[str, Any] = {
    "start": "program", "parser": "lalr", "lexer": "basic", "keep_all_tokens": True, "maybe_placeholders": False,
}  # fmt: skip

_UNUSABLE = (
    OSError, pickle.UnpicklingError, AttributeError, EOFError, ImportError, IndexError, KeyError, TypeError, ValueError,
    lark.exceptions.LarkError,
)  # fmt: skip
"""What reading tables may raise that are not what this version of lark wrote."""


def fun_parser(callbacks: object) -> Lark:
    """The parser of Fun; `callbacks` has a method for each rule and alias of the grammar.

    Example:
        >>> [token.type for token in fun_parser(None).lex("fn f")]
        ['FN', 'NAME']
    """
    grammar = grammar_text()
    place = _cache_place(grammar)
    if place is not None and (tables := _read(place)) is not None:
        with suppress(*_UNUSABLE):
            kept: Lark = Lark._load_from_dict(tables["data"], tables["memo"], transformer=callbacks)
            return kept
    parser = Lark(grammar, transformer=callbacks, **_OPTIONS)
    if place is not None:
        _write(place, parser)
    return parser


def grammar_text() -> str:
    """The text of fun.lark."""
    return files("ssair.frontends.fun").joinpath("fun.lark").read_text(encoding="utf-8")


def cache_folder() -> Path | None:
    """The folder for what can be made again, or None if there is to be none."""
    chosen = os.environ.get("SSAIR_CACHE_DIR")
    if chosen is not None:
        return Path(chosen) if chosen else None
    caches = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if not caches.is_absolute():
        home = Path(os.path.expanduser("~"))
        system = {"darwin": home / "Library" / "Caches", "win32": Path(os.environ.get("LOCALAPPDATA", ""))}
        caches = system.get(sys.platform, home / ".cache")
    return caches / "ssair" if caches.is_absolute() else None


def _cache_place(grammar: str) -> Path | None:
    folder = cache_folder()
    if folder is None:
        return None
    key = "\0".join((grammar, repr(_OPTIONS), lark.__version__, sys.version))
    return folder / f"fun-{hashlib.sha256(key.encode()).hexdigest()[:32]}.tables"


_READING = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))


class _PlainUnpickler(pickle.Unpickler):
    """Reads numbers, strings and containers; refuses all that would be imported or called."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"{module}.{name} in a table")


def _read(place: Path) -> dict[str, Any] | None:
    """The tables kept at `place`, or None if there are none to be trusted."""
    try:
        if not _is_private(os.lstat(place.parent), stat.S_ISDIR):
            return None
        descriptor = os.open(place, _READING)
        with open(descriptor, "rb") as file:
            if not _is_private(os.fstat(descriptor), stat.S_ISREG):
                return None
            digest, _, content = file.read().partition(b"\n")
        if digest != hashlib.sha256(content).hexdigest().encode():
            return None
        tables = _PlainUnpickler(io.BytesIO(content)).load()
    except _UNUSABLE:
        return None
    return tables if isinstance(tables, dict) else None


def _is_private(status: os.stat_result, is_kind: Any) -> bool:
    """Whether this is of the kind that it should be, the user's own, and nobody else may write it.

    Where users have no numbers, the folder of a user is closed to others by the system.
    """
    if not is_kind(status.st_mode):
        return False
    return not hasattr(os, "geteuid") or (status.st_uid == os.geteuid() and not status.st_mode & 0o022)


def _write(place: Path, parser: Lark) -> None:
    """Keep the tables of `parser` at `place`, if that can be."""
    buffer = io.BytesIO()
    try:
        parser.save(buffer, exclude_options=["transformer"])
        content = buffer.getvalue()
        place.parent.parent.mkdir(parents=True, exist_ok=True)
        place.parent.mkdir(mode=0o700, exist_ok=True)
        if not _is_private(os.lstat(place.parent), stat.S_ISDIR):
            return
        descriptor, temporary = tempfile.mkstemp(dir=place.parent, prefix=".fun-")
    except _UNUSABLE:
        return
    try:
        with open(descriptor, "wb") as file:
            file.write(hashlib.sha256(content).hexdigest().encode() + b"\n" + content)
        os.replace(temporary, place)
    except OSError:
        with suppress(OSError):
            os.unlink(temporary)
