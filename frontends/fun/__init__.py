"""Fun: a small, strict, first-order functional language for numeric kernels."""

from __future__ import annotations

from ssair.ir import Module


def compile_source(text: str, name: str = "<input>") -> Module:
    """The module of a Fun program, not optimised.  Linear in its length.

    Raises: SourceError with every fault found, if the text is not a program.

    Example:
        >>> print(compile_source("fn twice(x: i64) -> i64 = x + x"), end="")
        func @twice -> i64 {
        bb0(v0: i64):
          v1: i64 = add v0, v0
          return v1
        }
    """
    from ssair.collection import garbage_collection_paused
    from ssair.frontends.fun.check import checked_program
    from ssair.frontends.fun.lower import lower

    with garbage_collection_paused():
        return lower(checked_program(text, name))
