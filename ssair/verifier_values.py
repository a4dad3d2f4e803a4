"""The verifier's rules about values (see `ssair.verifier`): types, immediates, dominance, facts, static lengths.

`check_types` looks at every block, reachable or not. `check_values` walks the dominator tree once with the set of the
values that are available, so that dominance and the order in a block are one look-up; linear but for hashing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from ssair.cfg import comprehension_of, reverse_postorder
from ssair.constants import is_constant_of
from ssair.dominators import DominatorTree
from ssair.facts import Fact, IntFact, int_fact, top
from ssair.ir import Block, Function, Instr, Param, Terminator, Value
from ssair.ops import CHECK_KINDS, FORALL, NARROW, OPS, PREDICATES, REFINE, YIELD, Aux
from ssair.static import static_values
from ssair.type_rules import TypeFault
from ssair.types import TupleType, rank
from ssair.verifier_error import VerifierError
from ssair.verifier_relations import KnownRelations

#: The operations whose lengths shape an array, and where these begin among the operands.
_SHAPED_BY: Final = {"full": 1, "iota": 0}


# ---- types and immediates -----------------------------------------------------------------------------------------


def check_types(function: Function) -> None:
    """The rules `operations`, `operands`, `types`, `immediates`, `calls`, `sites` and the form of `facts`."""
    defined: set[Value] = set()
    for block in function.blocks:
        defined.update(block.params)
        defined.update(block.instrs)
    for block in function.blocks:
        for param in block.params:
            _check_fact_form(function, block, param)
        for instr in block.instrs:
            _check_operands(function, block, instr.args, defined, instr)
            _check_type(function, block, instr)
            _check_fact_form(function, block, instr)
            if fault := _IMMEDIATES[instr.op.aux](function, instr):
                raise VerifierError(*fault, function, block, instr)
        _check_operands(function, block, tuple(block.end.operands()), defined, None)


def _check_operands(
    function: Function, block: Block, operands: Sequence[Value], defined: set[Value], user: Instr | None
) -> None:
    for value in operands:
        if value not in defined:
            raise VerifierError("operands", f"uses {value}, which is not in the function", function, block, user)
        if value.forward is not None:
            message = f"uses {value}, for which {value.find()} stands by now"
            raise VerifierError("forwarded", message, function, block, user)


def _check_type(function: Function, block: Block, instr: Instr) -> None:
    if OPS.get(instr.op.name) is not instr.op:
        raise VerifierError("operations", f"no operation `{instr.op}` is in the table", function, block, instr)
    try:
        wanted = instr.op.result_type([value.type for value in instr.args], instr.type)
    except TypeFault as fault:
        raise VerifierError("types", f"{instr.op}: {fault}", function, block, instr) from None
    if wanted is not instr.type:
        message = f"{instr.op} gives a {wanted}, and the type is {instr.type}"
        raise VerifierError("types", message, function, block, instr)


def _check_fact_form(function: Function, block: Block, value: Value) -> None:
    most = top(value.type)
    if value.fact.__class__ is not most.__class__ or not value.fact <= most:
        message = f"{value.fact} is no fact of {value.type}"
        raise VerifierError("facts", message, function, block, value)


Fault = tuple[str, str]


def _none(function: Function, instr: Instr) -> Fault | None:
    return ("immediates", f"{instr.op} takes no immediate") if instr.aux is not None else None


def _constant(function: Function, instr: Instr) -> Fault | None:
    if is_constant_of(instr.type, instr.aux):
        return None
    return "immediates", f"{instr.aux!r} is no constant of type {instr.type}"


def _predicate(function: Function, instr: Instr) -> Fault | None:
    return ("immediates", f"no predicate {instr.aux!r}") if instr.aux not in PREDICATES else None


def _number(function: Function, instr: Instr) -> Fault | None:
    type, number = instr.args[0].type, instr.aux
    count = len(type.items) if isinstance(type, TupleType) else rank(type)
    if number.__class__ is not int or not isinstance(number, int) or not 0 <= number < count:
        return "immediates", f"{instr.op} takes a number below {count}, not {number!r}"
    if isinstance(type, TupleType) and type.items[number] is not instr.type:
        return "types", f"item {number} of {type} is no {instr.type}"
    return None


def _site(function: Function, instr: Instr) -> Fault | None:
    sites = function.module.sites
    if instr.aux.__class__ is not int or not isinstance(instr.aux, int) or not 0 <= instr.aux < len(sites):
        return "sites", f"no trap site {instr.aux!r}"
    kind = sites[instr.aux].kind
    if kind != CHECK_KINDS[instr.op.name]:
        return "sites", f"{instr.op} at a site of kind {kind}"
    return None


def _pieces(function: Function, instr: Instr) -> Fault | None:
    pieces = instr.aux
    if not isinstance(pieces, tuple) or any(not isinstance(piece, str) for piece in pieces):
        return "immediates", "the text around printed values is a tuple of strings"
    if len(pieces) != len(instr.args) + 1:
        return "immediates", f"{len(pieces)} pieces of text around {len(instr.args)} values"
    return None


def _callee(function: Function, instr: Instr) -> Fault | None:
    callee = function.module.functions.get(instr.aux) if isinstance(instr.aux, str) else None
    if callee is None or not callee.blocks:
        return "calls", f"no function {instr.aux!r} is in the module"
    given, wanted = [value.type for value in instr.args], [param.type for param in callee.params]
    if given != wanted:
        return "calls", f"gives ({', '.join(map(str, given))}) to @{callee.name}, not ({', '.join(map(str, wanted))})"
    if instr.type is not callee.result_type:
        return "calls", f"takes a {instr.type} from @{callee.name}, which gives a {callee.result_type}"
    return None


_IMMEDIATES: Final[dict[Aux, Callable[[Function, Instr], Fault | None]]] = {
    Aux.NONE: _none,
    Aux.CONSTANT: _constant,
    Aux.PREDICATE: _predicate,
    Aux.NUMBER: _number,
    Aux.SITE: _site,
    Aux.PIECES: _pieces,
    Aux.FUNCTION: _callee,
}


# ---- dominance, facts, relations, static lengths ------------------------------------------------------------------


def check_values(function: Function, tree: DominatorTree) -> None:
    """The rules `dominance`, `facts`, `narrow`, `refine` and `static`, of the blocks that the entry reaches."""
    walk = _Walk(function)
    stack: list[tuple[Block, bool]] = [(function.entry, False)]
    while stack:
        block, done = stack.pop()
        if done:
            walk.leave(block)
            continue
        walk.enter(block)
        stack.append((block, True))
        stack.extend((child, False) for child in reversed(tree.children[block]))
    _check_param_facts(function)


class _Walk:
    """What is available and known at a place of the dominator tree."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self.static = static_values(function)
        self.available: set[Value] = set()
        self.relations = KnownRelations(function)

    def enter(self, block: Block) -> None:
        """Check a block whose dominators have been entered and not left."""
        self.available.update(block.params)
        self.relations.enter(block)
        for instr in block.instrs:
            for value in instr.args:
                if value not in self.available:
                    self._not_available(block, value, instr)
            self._check_fact(block, instr)
            self._check_static(block, instr)
            if instr.op is REFINE and not self.relations.justifies(instr):
                message = f"nothing says that {instr.args[0]} {instr.aux} {instr.args[1]}"
                raise VerifierError("refine", message, self.function, block, instr)
            self.relations.learn(instr)
            self.available.add(instr)
        self._check_end(block, block.end)

    def leave(self, block: Block) -> None:
        """Forget a block."""
        self.relations.leave()
        self.available.difference_update(block.params)
        self.available.difference_update(block.instrs)

    def _not_available(self, block: Block, value: Value, user: Instr | None) -> None:
        message = f"{value} of {value.block} does not dominate its use"
        raise VerifierError("dominance", message, self.function, block, user)

    def _check_end(self, block: Block, end: Terminator) -> None:
        for value in end.operands():
            if value not in self.available:
                self._not_available(block, value, None)
        if end.op is FORALL:
            for extent in end.args:
                self._need_static(block, extent, None)

    def _check_fact(self, block: Block, instr: Instr) -> None:
        facts = [value.fact for value in instr.args]
        if instr.op is NARROW:
            if not instr.fact <= facts[0]:
                message = f"knows {instr.fact}, which is less than the {facts[0]} of {instr.args[0]}"
                raise VerifierError("narrow", message, self.function, block, instr)
            return
        sure = instr.op.fact_rule(instr.type, facts, instr.aux)
        if not sure <= instr.fact:
            message = f"claims {instr.fact} where no more than {sure} is sure"
            raise VerifierError("facts", message, self.function, block, instr)

    def _check_static(self, block: Block, instr: Instr) -> None:
        if instr.op.aux is Aux.FUNCTION:
            self._check_call(block, instr)
        begin = _SHAPED_BY.get(instr.op.name)
        if begin is not None:
            for length in instr.args[begin:]:
                self._need_static(block, length, instr)

    def _check_call(self, block: Block, instr: Instr) -> None:
        assert isinstance(instr.aux, str)
        callee = self.function.module.functions[instr.aux]
        for value, param in zip(instr.args, callee.params, strict=True):
            if param.static:
                self._need_static(block, value, instr)
            if not value.fact <= param.fact:
                message = f"{value} may be {value.fact}, and {param} of @{callee.name} is {param.fact}"
                raise VerifierError("calls", message, self.function, block, instr)

    def _need_static(self, block: Block, length: Value, user: Instr | None) -> None:
        if length not in self.static:
            raise VerifierError("static", f"{length} shapes an array and is not static", self.function, block, user)


def _check_param_facts(function: Function) -> None:
    """The fact of a block parameter contains what arrives over each edge, or is yielded, or is below an extent."""
    owner = comprehension_of(function)
    for block in reverse_postorder(function):
        end = block.end
        if end.op is FORALL:
            indices = end.edges[0].target.params
            _check_arriving(function, block, indices, [_below(extent.fact) for extent in end.extents])
        elif end.op is YIELD:
            region = owner[block]
            assert region is not None
            _check_arriving(function, block, region.end.edges[1].target.params, [value.fact for value in end.args])
        else:
            for edge in end.edges:
                _check_arriving(function, block, edge.target.params, [value.fact for value in edge.args])


def _check_arriving(function: Function, source: Block, params: Sequence[Param], facts: Sequence[Fact]) -> None:
    for param, fact in zip(params, facts, strict=True):
        if not fact <= param.fact:
            message = f"claims {param.fact} where {fact} arrives from {source}"
            raise VerifierError("facts", message, function, param.block, param)


def _below(extent: Fact) -> Fact:
    assert isinstance(extent, IntFact)
    return int_fact(0, extent.hi - 1)
