"""Values on the command line: what the arguments of `ssairc run` stand for, and how its result is printed."""

from __future__ import annotations

import json
from typing import Any, Final

from ssair.sources import UsageError

#: The floats that JSON has no word for, in the words that `print` has for them.
_SPECIAL: Final = frozenset(f"{sign}{word}" for sign in ("", "+", "-") for word in ("inf", "infinity", "nan"))


def parse_argument(text: str) -> Any:
    """The value that an argument of `ssairc run` stands for; UsageError if it is none."""
    if text.startswith("@"):
        from zipfile import BadZipFile

        import numpy as np

        try:
            return np.load(text[1:], allow_pickle=False)
        except (OSError, ValueError, EOFError, BadZipFile) as error:
            raise UsageError(f"cannot read the array {text[1:]}: {error}") from error
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    if text.lower() in _SPECIAL:
        return float(text)
    raise UsageError(f"no argument: {text[:60]!r}; numbers, true, false, JSON arrays and @file.npy are")


def format_result(value: Any, tree: object) -> str:
    """The value of a program as `print` shows values; tuples as `(1, 2)`."""
    import numpy as np

    from ssair.semantics import dtype_of, format_value
    from ssair.types import Type

    parts: list[str] = []
    stack: list[tuple[Any, object] | str] = [(value, tree)]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            parts.append(item)
        elif isinstance(item[1], Type):
            parts.append(format_value(np.asarray(item[0], dtype_of(item[1]))))
        else:
            assert isinstance(item[1], tuple)
            inner: list[tuple[Any, object] | str] = [")"]
            for pair in reversed(list(zip(item[0], item[1], strict=True))):
                inner += [pair, ", "]
            stack += [*(inner[:-1] if len(inner) > 1 else inner), "("]
    return "".join(parts)
