"""Pipelines with passes of the caller's own among them: `clean_cfg,mypackage.mypass:run,dce`."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable
from typing import Final

from ssair.context import Context
from ssair.ir import Function
from ssair.pipeline import Passes, parse_pipeline
from ssair.sources import UsageError

Run = Callable[[Function, Context], int]

_SEPARATOR: Final = re.compile(r",(?![^{}]*\})")


def read_passes(text: str) -> Passes:
    """The passes that a text names, `module:function` being passes of the caller's own.

    Modules are looked for where Python looks, and in the current directory. Raises: UsageError for what does not exist.

    Example:
        >>> read_passes("gvn{table=scoped},dce")
        'gvn{table=scoped},dce'
    """
    if ":" not in text:
        parse_pipeline(text)
        return text
    found: list[str | Run] = []
    for item in filter(None, (part.strip() for part in _SEPARATOR.split(text))):
        if ":" in item:
            found.append(_imported(item))
        else:
            parse_pipeline(item)
            found.append(item)
    return found


def _imported(text: str) -> Run:
    """The function that `module:function` names, under that name."""
    module_name, _, name = text.partition(":")
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        run = getattr(importlib.import_module(module_name), name)
    except (ImportError, AttributeError) as error:
        raise UsageError(f"there is no pass {text}: {error}") from error
    if not callable(run):
        raise UsageError(f"{text} is no function: a pass is `run(function, context) -> int`")

    def named(function: Function, context: Context) -> int:
        changes: int = run(function, context)
        return changes

    named.__name__ = text
    return named
