"""The verifier's rules about blocks, edges, terminators and comprehensions (see `ssair.verifier`); linear.

They come first: the other rules may take it that every edge leads to a block of the function, with an argument of the
right type for each parameter.
"""

from __future__ import annotations

from ssair.cfg import comprehension_of, incoming_edges, reverse_postorder
from ssair.facts import int_fact
from ssair.ir import Block, Edge, Function, Terminator, Value
from ssair.ops import BRANCH, FORALL, RETURN, SWITCH, TERMINATORS, YIELD
from ssair.signature import Tree
from ssair.types import BOOL, I64, TupleType, Type, array_of, element_type, integer_range, is_integer, is_numeric, rank
from ssair.verifier_error import VerifierError


def check_structure(function: Function) -> None:
    """The rules of this file that need no analysis: from `ids` to `results`."""
    if not function.blocks:
        raise VerifierError("blocks", "the function has no blocks", function)
    _check_ids(function)
    _check_signature(function)
    blocks = set(function.blocks)
    for block in function.blocks:
        if block.terminator is None:
            raise VerifierError("terminators", "the block has no terminator", function, block)
        _check_terminator(function, block, block.terminator)
        for edge in block.terminator.edges:
            _check_edge(function, block, block.terminator, edge, blocks)
        _check_params(function, block)


def _check_ids(function: Function) -> None:
    value_ids: set[int] = set()
    block_ids: set[int] = set()
    for block in function.blocks:
        if block.id in block_ids or not 0 <= block.id < function.next_block:
            raise VerifierError("ids", f"the number {block.id} of a block is taken or not given out", function, block)
        block_ids.add(block.id)
        if block.function is not function:
            raise VerifierError("blocks", "the block belongs to another function", function, block)
        values: list[Value] = [*block.params, *block.instrs]
        for value in values:
            if value.id in value_ids or not 0 <= value.id < function.next_value:
                raise VerifierError("ids", f"the number {value.id} is taken or not given out", function, block, value)
            value_ids.add(value.id)
            if getattr(value, "block", None) is not block:
                raise VerifierError("blocks", "the value says that it stands in another block", function, block, value)


def _check_signature(function: Function) -> None:
    signature = function.signature
    if signature is None:
        return
    taken = [type for parameter in signature.parameters for type in _leaves(parameter.tree)]
    if taken != [param.type for param in function.params] or tuple(_leaves(signature.result)) != function.results:
        raise VerifierError("signature", f"the source has the signature {signature}", function, function.entry)


def _leaves(tree: Tree) -> list[Type]:
    """The types in nested tuples, from left to right."""
    leaves: list[Type] = []
    stack = [tree]
    while stack:
        part = stack.pop()
        if isinstance(part, Type):
            leaves.append(part)
        else:
            stack.extend(reversed(part))
    return leaves


def _check_terminator(function: Function, block: Block, end: Terminator) -> None:
    op, types = end.op, [value.type for value in end.args]
    if TERMINATORS.get(op.name) is not op:
        raise VerifierError("terminators", f"no terminator `{op}` is in the table", function, block)
    if not _counts(op.arity, len(end.args)) or not _counts(op.edges, len(end.edges)):
        message = f"{op} with {len(end.args)} operands and {len(end.edges)} edges"
        raise VerifierError("terminators", message, function, block)
    fault = None
    if op is BRANCH and types != [BOOL]:
        fault = f"branches on a {types[0]}"
    elif op is SWITCH:
        fault = _switch_fault(end, types[0])
    elif op is FORALL and any(type is not I64 for type in types):
        fault = "an extent is no i64"
    elif op is YIELD and any(element_type(type) is not BOOL and not is_numeric(element_type(type)) for type in types):
        fault = "yields what is no scalar and no array"
    if fault is not None:
        raise VerifierError("terminators", fault, function, block)
    if op is not SWITCH and end.aux != () and not _is_extent_count(end):
        raise VerifierError("terminators", f"{op} has the immediate {end.aux}", function, block)
    if op is RETURN and tuple(types) != function.results:
        given, wanted = ", ".join(map(str, types)), ", ".join(map(str, function.results))
        raise VerifierError("results", f"returns ({given}) where ({wanted}) is declared", function, block)


def _counts(declared: int, count: int) -> bool:
    return count == declared if declared >= 0 else count >= -declared - 1


def _is_extent_count(end: Terminator) -> bool:
    """Whether the immediate tells the extents of a `forall` from the lengths behind them."""
    return end.op is FORALL and len(end.aux) == 1 and 0 < end.aux[0] < len(end.args)


def _switch_fault(end: Terminator, type: Type) -> str | None:
    if not is_integer(type):
        return f"switches on a {type}"
    if len(end.aux) != len(end.edges) - 1:
        return f"{len(end.aux)} cases for {len(end.edges)} edges"
    least, greatest = integer_range(type)
    if len(set(end.aux)) != len(end.aux) or any(not least <= case <= greatest for case in end.aux):
        return f"a case stands twice, or does not fit {type}"
    return None


def _check_edge(function: Function, block: Block, end: Terminator, edge: Edge, blocks: set[Block]) -> None:
    target = edge.target
    if target not in blocks:
        raise VerifierError("edges", f"an edge leads to {target}, which is no block of the function", function, block)
    if target is function.entry:
        raise VerifierError("entry", "an edge leads to the entry", function, block)
    if end.op.binds:
        if edge.args:
            raise VerifierError("edges", f"{end.op} binds the parameters of {target} itself", function, block)
        return
    given, wanted = [value.type for value in edge.args], [param.type for param in target.params]
    if given != wanted:
        shown = f"({', '.join(map(str, given))}) to {target}, which takes ({', '.join(map(str, wanted))})"
        raise VerifierError("edges", f"gives {shown}", function, block)


def _check_params(function: Function, block: Block) -> None:
    for param in block.params:
        if isinstance(param.type, TupleType):
            raise VerifierError("params", "tuples are types of calls only", function, block, param)
        if param.static and (block is not function.entry or param.type is not I64):
            raise VerifierError("params", "only an i64 parameter of the entry can be static", function, block, param)


# ---- comprehensions -----------------------------------------------------------------------------------------------


def check_comprehensions(function: Function) -> None:
    """The rules `forall` and `regions`."""
    owner = comprehension_of(function)
    yields: dict[Block, Block] = {}
    for block in reverse_postorder(function):
        end, region = block.end, owner[block]
        if end.op is FORALL:
            _check_forall(function, block, end)
        if end.op is RETURN and region is not None:
            raise VerifierError("regions", f"returns out of the comprehension of {region}", function, block)
        if end.op is YIELD:
            if region is None:
                raise VerifierError("regions", "yields outside of a comprehension", function, block)
            if region in yields:
                message = f"the comprehension of {region} yields in {yields[region]} too"
                raise VerifierError("regions", message, function, block)
            yields[region] = block
            _check_yield(function, block, region)
        for index, target in enumerate(block.successors()):
            expected = block if end.op is FORALL and index == 0 else region
            if owner[target] is not expected:
                message = f"the edge to {target} crosses the border of a comprehension"
                raise VerifierError("regions", message, function, block)


def _check_forall(function: Function, block: Block, end: Terminator) -> None:
    incoming = incoming_edges(function)
    for target in block.successors():
        if len(incoming[target]) != 1:
            raise VerifierError("forall", f"{target} has other incoming edges than this forall's", function, block)
    indices = block.successors()[0].params
    if [param.type for param in indices] != [I64] * len(end.extents):
        message = f"{len(end.extents)} extents and the index parameters ({', '.join(str(p.type) for p in indices)})"
        raise VerifierError("forall", message, function, block)
    for index in indices:
        if not index.fact <= int_fact(0, integer_range(I64)[1]):
            message = f"an index of a comprehension, and may be {index.fact}"
            raise VerifierError("forall", message, function, index.block, index)


def _check_yield(function: Function, block: Block, region: Block) -> None:
    added = len(region.end.extents)
    given, lengths = len(region.end.element_lengths), sum(rank(value.type) for value in block.end.args)
    if given != lengths:
        message = f"yields what has {lengths} lengths, and {given} are given"
        raise VerifierError("forall", message, function, block)
    exit = region.successors()[1]
    wanted = [array_of(element_type(value.type), rank(value.type) + added) for value in block.end.args]
    if [param.type for param in exit.params] != wanted:
        message = f"yields what makes ({', '.join(map(str, wanted))}), not what {exit} takes"
        raise VerifierError("forall", message, function, block)
