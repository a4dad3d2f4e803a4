"""Control flow that the backend can structure: every cycle entered at one block.

A strongly connected part of the graph that is entered at several blocks gets a new block in front of them, the
dispatch: every edge into an entry goes there with the entry's number and arguments, and a `switch` leads on. The
dispatch is then the header of a natural loop. Dominance is kept: a value that dominates an entry is defined outside
the part. Parts are looked for again below each header until there are none; programs of structured front ends have
none at all.

`get`s of a call's results are moved next to the call, so that no tuple outlives its block. The module given stays as it
is; a copy is made where something has to change. Parameters of entries must be scalars (E0606): what stands for them on
the way to another entry is a constant.
"""

from __future__ import annotations

from collections.abc import Sequence

from ssair.backends.limits import refuse
from ssair.cfg import reverse_postorder
from ssair.dominators import dominator_tree
from ssair.facts import top
from ssair.ir import Block, Edge, Function, Instr, Module, Terminator, Value
from ssair.ops import CONST, FORALL, GET, JUMP, SWITCH
from ssair.types import I64, ArrayType, Type, is_float, is_integer


def make_reducible(module: Module, entry: Function) -> tuple[Module, Function]:
    """The module and entry with only reducible functions; the same objects if they are so already."""
    if all(_is_ready(function) for function in module.functions.values()):
        return module, entry
    copy = module.clone()
    for function in copy.functions.values():
        _move_gets(function)
        while parts := _irreducible_parts(function):
            for part in parts:
                _dispatch(function, part)
    return copy, copy.functions[entry.name]


def _is_ready(function: Function) -> bool:
    order = {block: index for index, block in enumerate(reverse_postorder(function))}
    tree = dominator_tree(function)
    return all(
        order[target] > place or tree.dominates(target, block)
        for block, place in order.items()
        for target in block.successors()
    ) and not any(instr.op is GET and instr.args[0].block is not instr.block for instr in function.instructions())


def _move_gets(function: Function) -> None:
    """Put every `get` into the block of its call, at the call."""
    moved: dict[Block, list[Instr]] = {}
    for block in function.blocks:
        stay = [instr for instr in block.instrs if instr.op is not GET or instr.args[0].block is block]
        if len(stay) < len(block.instrs):
            for instr in block.instrs:
                if instr.op is GET and instr.args[0].block is not block:
                    moved.setdefault(instr.args[0].block, []).append(instr)
            block.instrs = stay
    for block, gets in moved.items():
        by_call: dict[Value, list[Instr]] = {}
        for instr in gets:
            instr.block = block
            by_call.setdefault(instr.args[0], []).append(instr)
        block.instrs = [placed for instr in block.instrs for placed in (instr, *by_call.get(instr, ()))]


def _irreducible_parts(function: Function) -> list[list[Block]]:
    """The strongly connected parts with several entries: for each the entries, in reverse postorder."""
    import networkx

    rpo = reverse_postorder(function)
    order = {block: index for index, block in enumerate(rpo)}
    graph: networkx.DiGraph[int] = networkx.DiGraph()
    graph.add_nodes_from(range(len(rpo)))
    graph.add_edges_from((place, order[target]) for place, block in enumerate(rpo) for target in block.successors())
    found: list[list[int]] = []
    work = [list(range(len(rpo)))]
    while work:
        inside = graph.subgraph(work.pop())
        for part in networkx.strongly_connected_components(inside):
            entries = sorted(v for v in part if v == 0 or any(source not in part for source in graph.predecessors(v)))
            if len(entries) > 1:
                found.append(entries)
            elif len(part) > 1:
                work.append(sorted(part - {entries[0]}))
    return [[rpo[place] for place in entries] for entries in sorted(found)]


def _dispatch(function: Function, entries: Sequence[Block]) -> None:
    """Put a dispatch block in front of `entries`."""
    if any(isinstance(param.type, ArrayType) for block in entries for param in block.params):
        message = "a cycle that is entered at several blocks, with arrays as parameters of these"
        raise refuse(function.module, "E0606", message, entries[0].end.span)
    dispatch = function.new_block()
    choice = dispatch.add_param(I64, top(I64))
    copies = {block: [dispatch.add_param(param.type, param.fact) for param in block.params] for block in entries}
    for block in list(function.blocks):
        if block.terminator is not None and block.end.op is FORALL:
            for edge in block.end.edges:
                if edge.target in copies:
                    function.redirect(edge, _landing(function, edge.target))
    for block in function.blocks:
        if block.terminator is not None:
            for edge in block.end.edges:
                if edge.target in copies:
                    _lead_to(function, block, edge, dispatch, entries)
    edges = tuple(Edge(block, tuple(copies[block])) for block in entries)
    dispatch.set_terminator(Terminator(SWITCH, (choice,), edges, tuple(range(len(entries) - 1))))


def _landing(function: Function, target: Block) -> Block:
    """A block that takes what a `forall` gives and jumps on to `target`."""
    landing = function.new_block()
    params = [landing.add_param(param.type, param.fact) for param in target.params]
    landing.set_terminator(Terminator(JUMP, (), (Edge(target, tuple(params)),)))
    return landing


def _lead_to(function: Function, block: Block, edge: Edge, dispatch: Block, entries: Sequence[Block]) -> None:
    """Lead an edge to the dispatch, with its target's number."""
    args: list[Value] = [_constant(function, block, I64, entries.index(edge.target))]
    for entry in entries:
        args += edge.args if entry is edge.target else [_zero(function, block, param) for param in entry.params]
    function.redirect(edge, dispatch, args)


def _zero(function: Function, block: Block, param: Value) -> Value:
    kind = param.type
    return _constant(function, block, kind, 0 if is_integer(kind) else 0.0 if is_float(kind) else False)


def _constant(function: Function, block: Block, type: Type, value: bool | int | float) -> Instr:
    return block.append(function.new_instr(CONST, type=type, aux=value))
