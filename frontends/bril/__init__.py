"""Bril: the Big Red Intermediate Language, its core with the float, memory and SSA extensions."""

from __future__ import annotations

from ssair.ir import Module


def compile_source(text: str, name: str = "<input>") -> Module:
    """The module of a Bril program in its text or JSON form, not optimised.  Linear in its length.

    Raises: SourceError with every fault found, if the text is not a program.

    Example:
        >>> print(compile_source("@main(x: int) { x: int = add x x; print x; }"), end="")
        func @main {
        bb0(v0: i64):
          v1: i64 = add v0, v0
          v2: () = print v1
          return
        }
    """
    from ssair.collection import garbage_collection_paused
    from ssair.frontends.bril.lower import lower
    from ssair.frontends.bril.read import read_program

    with garbage_collection_paused():
        return lower(read_program(text, name))
