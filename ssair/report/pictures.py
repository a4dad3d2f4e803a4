"""The pictures of a function in a report: control flow and dominator tree, before the passes and after them.

They are drawn by the program `dot` of Graphviz. Without it, and for functions too large to be looked at, a report has
the text of the graph, or a word on why there is none.
"""

from __future__ import annotations

from typing import Any, Final

from ssair.graphs import NO_DOT, draw, graph_of_function
from ssair.ir import Function

#: Pictures of more blocks than this are a tangle, and `dot` takes minutes for them.
MOST_BLOCKS: Final = 150

_KINDS: Final = {"cfg": "control flow", "domtree": "dominator tree"}


def pictures(before: Function | None, after: Function | None) -> list[dict[str, Any]]:
    """The pictures of a function as it was built, and as the passes left it; None where it is not there."""
    return [
        {"title": f"{title}, {when}", **_picture(function, kind)}
        for when, function in (("before the passes", before), ("after the passes", after))
        for kind, title in _KINDS.items()
        if function is not None
    ]


def _picture(function: Function, kind: str) -> dict[str, Any]:
    """The picture as SVG, or why there is none, and the text of the graph."""
    if len(function.blocks) > MOST_BLOCKS:
        return {"svg": None, "text": "", "hint": f"{len(function.blocks)} blocks are too many to be drawn"}
    graph = graph_of_function(function, kind)
    drawn = draw(graph)
    return {
        "svg": drawn,
        "text": "" if drawn is not None else graph.source,
        "hint": "" if drawn is not None else NO_DOT,
    }
