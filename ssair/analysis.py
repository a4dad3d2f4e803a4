"""Analyses of a function's control flow, cached by its cfg version.

    @cached
    def predecessors(function: Function) -> ...

The first call computes, the later ones answer from the cache until an edge or the block list changes. Who makes a
change and knows what an analysis gives behind it may `keep` that. The verifier computes every cached analysis anew and
compares, so that a pass that forgets to advance the version, or keeps what is wrong, is found out.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from ssair.ir import Function

Result = TypeVar("Result")


def cached(compute: Callable[[Function], Result]) -> Callable[[Function], Result]:
    """Cache a linear-time analysis on the function that it analyses."""

    @wraps(compute)
    def analysis(function: Function) -> Result:
        entry = function.analyses.get(analysis)
        if entry is not None and entry[0] == function.cfg_version:
            known: Result = entry[1]  # type: ignore[assignment]  # a call of `cast` takes a third of the time
            return known
        result = compute(function)
        keep(function, analysis, result)
        return result

    return analysis


def keep(function: Function, analysis: Callable[[Function], Result], result: Result) -> None:
    """Let `analysis` give `result` until an edge or the block list changes again."""
    analyses, version = function.analyses, function.cfg_version
    for at, _ in analyses.values():  # all are of one version
        if at != version:
            analyses.clear()  # what nobody can ask for any more would stand beside the tables of the passes
        break
    analyses[analysis] = (version, result)
