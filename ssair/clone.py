"""Deep copies of modules and functions: linear, without recursion, ids kept."""

from __future__ import annotations

from ssair.ir import Block, Edge, Function, Instr, Module, Param, Terminator, Value


def clone_module(module: Module) -> Module:
    """A copy of `module` that shares only what is immutable (types, facts, operations, constants)."""
    copy = Module()
    copy.sites = list(module.sites)
    copy.spans = list(module.spans)
    copy.source, copy.source_name, copy.entry_name = module.source, module.source_name, module.entry_name
    for function in module.functions.values():
        copy.functions[function.name] = clone_function(function, copy)
    return copy


def clone_function(function: Function, module: Module) -> Function:
    """A copy of `function` as a part of `module`; not registered there."""
    copy = Function(function.name, function.results, module)
    copy.next_value, copy.next_block = function.next_value, function.next_block
    copy.signature = function.signature
    blocks: dict[Block, Block] = {}
    values: dict[Value, Value] = {}
    for block in function.blocks:
        blocks[block] = _clone_definitions(block, copy, values)
    copy.blocks = list(blocks.values())
    for block, twin in blocks.items():
        for instr, instr_twin in zip(block.instrs, twin.instrs, strict=True):
            instr_twin.args = tuple([values[value] for value in instr.args])
        twin.terminator = _clone_terminator(block.terminator, blocks, values)
    for value, value_twin in values.items():
        value_twin.forward = values[value.forward] if value.forward is not None else None
    copy.cfg_version = 1
    return copy


def _clone_definitions(block: Block, function: Function, values: dict[Value, Value]) -> Block:
    twin = Block(block.id, function)
    for param in block.params:
        param_twin = Param(param.id, param.type, param.fact, param.span, param.static)
        param_twin.name, param_twin.block = param.name, twin
        twin.params.append(param_twin)
        values[param] = param_twin
    for instr in block.instrs:
        values[instr] = twin.append(Instr(instr.id, instr.op, (), instr.type, instr.fact, instr.aux, instr.span))
    return twin


def _clone_terminator(
    terminator: Terminator | None, blocks: dict[Block, Block], values: dict[Value, Value]
) -> Terminator | None:
    if terminator is None:
        return None
    edges = tuple(Edge(blocks[edge.target], tuple([values[v] for v in edge.args])) for edge in terminator.edges)
    args = tuple([values[value] for value in terminator.args])
    return Terminator(terminator.op, args, edges, terminator.aux, terminator.span)
