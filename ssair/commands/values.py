"""Values on the command line: what the arguments of `ssairc run` stand for, and how its result is printed."""

from __future__ import annotations

import ast
import json
import warnings
from math import inf, nan
from typing import Any, Final

from ssair.sources import UsageError

#: The words of Fun's `print` that Python has none for.
_WORDS: Final = {"true": True, "false": False, "inf": inf, "infinity": inf, "nan": nan}


def parse_argument(text: str) -> Any:
    """The value that an argument of `ssairc run` stands for; UsageError if it is none.

    What `print` and JSON write is read, and so are the literals of Python: `[1., 2]`, `(1, True)`, `1_000`, `0xff`.
    """
    if text.startswith("@"):
        from zipfile import BadZipFile

        import numpy as np

        try:
            return np.load(text[1:], allow_pickle=False)
        except (OSError, ValueError, EOFError, BadZipFile) as error:
            why = getattr(error, "strerror", None) or error
            raise UsageError(f"cannot read the array {text[1:]}: {why}") from error
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            return ast.literal_eval(_WordValues().visit(ast.parse(text, mode="eval")))
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError) as error:
        wanted = "a number, true, false, an array as [1.0, 2.0], a tuple as (1, 2.0), or @file.npy"
        raise UsageError(f"{text[:60]!r} is no argument; one is {wanted}") from error


class _WordValues(ast.NodeTransformer):
    """Puts values in the place of the words that stand for them."""

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(_WORDS[node.id.lower()]) if node.id.lower() in _WORDS else node


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
