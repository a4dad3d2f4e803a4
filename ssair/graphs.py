"""Graphs of programs for Graphviz: control flow, dominator tree, values, calls.

A kind of graph is a row of `GRAPHS`. `draw` makes a picture where the program `dot` is installed. graphviz is imported
when a graph is made.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from ssair.cfg import Incoming, incoming_edges
from ssair.dominators import dominator_tree
from ssair.ir import Block, Function, Module, Param, Value
from ssair.libraries import libraries
from ssair.ops import CALL_OP
from ssair.printer import format_instruction, format_terminator
from ssair.sources import UsageError
from ssair.suggestions import unknown

if TYPE_CHECKING:
    import graphviz

#: What graphviz takes for the start of an escape.
_BACKSLASH: Final = "\\"
_NODES: Final = {"shape": "box", "fontname": "monospace", "fontsize": "10"}
#: What is said where a picture was wanted and cannot be drawn.
NO_DOT: Final = "the program `dot` of Graphviz draws this; it is not installed (`apt install graphviz`)"


class Picture:
    """A graph as its text in the language of Graphviz (`source`), which notebooks show as a picture.

    Without the program `dot` they show the text and a hint; nothing raises.
    """

    def __init__(self, graph: graphviz.Digraph) -> None:
        self._graph = graph
        self.source: Final[str] = graph.source

    def svg(self) -> str | None:
        """The picture as SVG; None if `dot` is not installed or cannot draw it."""
        return draw(self._graph)

    def _repr_svg_(self) -> str | None:
        return self.svg()

    def __str__(self) -> str:
        return self.source if shutil.which("dot") else f"// {NO_DOT}\n{self.source}"

    __repr__ = __str__


def draw(graph: graphviz.Digraph) -> str | None:
    """The picture of a graph as an `<svg>` element; None if `dot` is not installed or cannot draw it."""
    import subprocess

    import graphviz

    try:
        drawn: str = graph.pipe(format="svg", encoding="utf-8", quiet=True)
    except (graphviz.ExecutableNotFound, subprocess.CalledProcessError):
        return None
    return drawn[drawn.index("<svg") :]


# ---- control flow and dominators ----------------------------------------------------------------------------------


def _add_control_flow(graph: graphviz.Digraph, function: Function, prefix: str) -> None:
    """The blocks of a function with their text, edges labelled by the condition that takes them."""
    for block in function.blocks:
        lines = [f"{block}({', '.join(f'{param}: {param.type}' for param in block.params)}):"]
        lines += [format_instruction(instr) for instr in block.instrs]
        lines.append(format_terminator(block.end))
        graph.node(f"{prefix}{block}", label=_left(lines))
        for edge, label in zip(block.end.edges, _edge_labels(block), strict=True):
            graph.edge(f"{prefix}{block}", f"{prefix}{edge.target}", label=label)


def _edge_labels(block: Block) -> list[str]:
    end = block.end
    match end.op.name:
        case "branch":
            return ["true", "false"]
        case "switch":
            return [*map(str, end.aux), "default"]
        case "forall":
            return ["each", "then"]
        case _:
            return [""] * len(end.edges)


def _add_dominators(graph: graphviz.Digraph, function: Function, prefix: str) -> None:
    """The blocks that control can come to, each below the one that dominates it immediately."""
    tree = dominator_tree(function)
    for block in tree.preorder:
        graph.node(f"{prefix}{block}", label=str(block))
        parent = tree.idom.get(block)
        if parent is not None:
            graph.edge(f"{prefix}{parent}", f"{prefix}{block}")


# ---- values -------------------------------------------------------------------------------------------------------


def _add_values(graph: graphviz.Digraph, function: Function, prefix: str) -> None:
    """What each value is computed of, dashed where it comes over an edge; constants stand with their users."""
    incoming = incoming_edges(function)
    for block in function.blocks:
        for param in block.params:
            graph.node(f"{prefix}{param}", label=f"{param}: {param.type}", shape="ellipse")
            for value in _arguments(param, block, incoming[block]):
                graph.edge(f"{prefix}{value}", f"{prefix}{param}", style="dashed")
        for instr in block.instrs:
            graph.node(f"{prefix}{instr}", label=_left([format_instruction(instr)]))
            for value in dict.fromkeys(instr.args):
                graph.edge(f"{prefix}{value}", f"{prefix}{instr}")


def _arguments(param: Param, block: Block, incoming: list[Incoming]) -> list[Value]:
    """What the edges give a parameter, each value once; nothing for what a comprehension binds."""
    if any(entry.source.end.op.binds for entry in incoming):
        return []
    index = block.params.index(param)
    return list(dict.fromkeys(entry.edge.args[index] for entry in incoming))


# ---- calls --------------------------------------------------------------------------------------------------------


def _add_calls(graph: graphviz.Digraph, module: Module) -> None:
    """Which function calls which; how many calls there are where it is more than one."""
    for function in module.functions.values():
        graph.node(f"@{function.name}")
        counts = Counter(str(instr.aux) for instr in function.instructions() if instr.op is CALL_OP)
        for callee, count in counts.items():
            graph.edge(f"@{function.name}", f"@{callee}", label=str(count) if count > 1 else "")


# ---- kinds --------------------------------------------------------------------------------------------------------


class GraphKind(NamedTuple):
    """One row: what adds a function to a graph (None: the graph is of the module), and what the graph shows."""

    add: Callable[[graphviz.Digraph, Function, str], None] | None
    summary: str


GRAPHS: Final[dict[str, GraphKind]] = {
    "cfg": GraphKind(_add_control_flow, "blocks and where control goes from them"),
    "domtree": GraphKind(_add_dominators, "which block dominates which"),
    "values": GraphKind(_add_values, "what values are computed of"),
    "calls": GraphKind(None, "which function calls which"),
}


def graph_of(module: Module, kind: str = "cfg") -> graphviz.Digraph:
    """The graph of a kind of `GRAPHS`: one of the whole module, each function in a frame; UsageError for another."""
    if kind not in GRAPHS:
        raise UsageError(unknown("graph", kind, GRAPHS))
    whole = _new_graph()
    add = GRAPHS[kind].add
    if add is None:
        _add_calls(whole, module)
        return whole
    for number, function in enumerate(module.functions.values()):
        with whole.subgraph(name=f"cluster_{number}") as cluster:
            cluster.attr(label=f"@{function.name}", fontname="monospace")
            add(cluster, function, f"f{number}_")
    return whole


def graph_of_function(function: Function, kind: str) -> graphviz.Digraph:
    """The graph of one function, without a frame; `kind` is one that is drawn of functions."""
    graph = _new_graph()
    add = GRAPHS[kind].add
    assert add is not None, kind
    add(graph, function, "")
    return graph


def _new_graph() -> graphviz.Digraph:
    with libraries():
        import graphviz

    return graphviz.Digraph("ssair", node_attr=_NODES)


def _left(lines: list[str]) -> str:
    """A label of lines that begin at the left."""
    return "".join(f"{line.replace(_BACKSLASH, _BACKSLASH * 2)}\\l" for line in lines)
