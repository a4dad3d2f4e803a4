"""Pictures of functions as graphviz graphs; graphviz is imported when one is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ssair.ir import Block, Function, Module
from ssair.printer import format_instruction, format_terminator

if TYPE_CHECKING:
    import graphviz

#: What graphviz takes for the start of an escape.
BACKSLASH = "\\"


def control_flow_graph(module: Module) -> graphviz.Digraph:
    """The blocks of every function with their text, edges labelled by the condition that takes them."""
    import graphviz

    graph = graphviz.Digraph("ssair", node_attr={"shape": "box", "fontname": "monospace", "fontsize": "10"})
    for function in module.functions.values():
        with graph.subgraph(name=f"cluster_{function.name}") as cluster:
            cluster.attr(label=f"@{function.name}", fontname="monospace")
            for block in function.blocks:
                _add_block(cluster, function, block)
    return graph


def _add_block(graph: graphviz.Digraph, function: Function, block: Block) -> None:
    lines = [f"{block}({', '.join(f'{param}: {param.type}' for param in block.params)}):"]
    lines += [format_instruction(instr) for instr in block.instrs]
    lines.append(format_terminator(block.end))
    text = "".join(f"{line.replace(BACKSLASH, BACKSLASH * 2)}\\l" for line in lines)
    graph.node(_name(function, block), label=text)
    labels = _edge_labels(block)
    for edge, label in zip(block.end.edges, labels, strict=True):
        graph.edge(_name(function, block), _name(function, edge.target), label=label)


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


def _name(function: Function, block: Block) -> str:
    return f"{function.name}_{block}"
