"""The variables of a function while its blocks are filled in a preorder of the dominator tree.

    variables = Variables(builder, meeting, type_of)
    variables.enter(block); variables.read(name); variables.write(name, value); …; variables.pass_on(block)
    variables.leave()                                  # when all that the block dominates is filled
    variables.finish()

At the head of a block stand parameters for the variables that meet there (`lower_joins`); what its one edge teaches is
known in it and in what it dominates, in the newest version of a value (`Builder.newest`). Where an edge between a block
with several successors and one with several predecessors teaches something of an argument, it gets a block of its own,
which says so. A variable that nothing has assigned is zero, false, or a pointer to what has been freed.

Requires: terminators have their edges. Ensures: edges have their arguments. Constant time a read or write.
Source: R. Cytron et al., "Efficiently Computing Static Single Assignment Form and the Control Dependence Graph" (1991),
section 5.2; refinement after Ananian's SSI (1999), without its joins.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Final

from ssair.builder import Builder
from ssair.cfg import incoming_edges
from ssair.constants import Constant
from ssair.facts import top
from ssair.frontends.bril.write_constants import key_of
from ssair.ir import Block, Edge, Instr, Terminator, Value
from ssair.ops import BRANCH, CONST, JUMP
from ssair.refinement import is_constant, refinement, relations
from ssair.types import BOOL, F64, I64, MEM, PointerType, Type


class Variables:
    """The values of variables at the cursor of a builder."""

    def __init__(
        self, builder: Builder, meeting: dict[Block, list[Hashable]], type_of: Callable[[Hashable], Type]
    ) -> None:
        self._builder = builder
        self._function = builder.function
        self._meeting = meeting
        self._type_of = type_of
        self._incoming = incoming_edges(builder.function)
        self._values: dict[Hashable, Value] = {}
        #: What was in the variables that the blocks entered and not left have assigned.
        self._undo: list[list[tuple[Hashable, Value | None]]] = []
        #: What unset variables hold, and what is put at the head of the entry for it.
        self._zeros: dict[Type, Instr] = {}
        self._at_entry: list[Instr] = []

    # ---- reading and writing --------------------------------------------------------------------------------------

    def write(self, variable: Hashable, value: Value) -> None:
        """Assign to a variable."""
        self._undo[-1].append((variable, self._values.get(variable)))
        self._values[variable] = value

    def read(self, variable: Hashable, type: Type) -> Value:
        """The newest version of what a variable of `type` holds."""
        value = self._values.get(variable)
        return self._builder.newest(value) if value is not None else self.zero(type)

    def zero(self, type: Type) -> Instr:
        """What an unset variable holds, made at the head of the entry."""
        if type not in self._zeros:
            made = self._function.new_instr
            if type is MEM:
                zero = made("memory")
            elif isinstance(type, PointerType):
                one = made(CONST, type=I64, aux=1)
                zero, memory = made("alloc", (one,), type=type), made("memory")
                self._at_entry += [one, zero, memory, made("free", (zero, memory))]
            else:
                zero = made(CONST, type=type, aux=_ZERO[type])
            if not isinstance(type, PointerType):
                self._at_entry.append(zero)
            self._zeros[type] = zero
        return self._zeros[type]

    # ---- blocks ---------------------------------------------------------------------------------------------------

    def enter(self, block: Block) -> None:
        """Go on at a block, whose dominators have been entered and not left."""
        builder = self._builder
        builder.at(block)
        self._undo.append([])
        ways = self._incoming[block]
        end = ways[0].source.end if len(ways) == 1 else None
        if end is not None and end.op is BRANCH:
            builder.enter_arm(end.args[0], ways[0].index == 0)
        else:
            builder.enter_scope()
        for variable in self._meeting.get(block, ()):
            type = self._type_of(variable)
            param = block.add_param(type, top(type), builder.span)
            param.name = variable if isinstance(variable, str) else ""
            self.write(variable, param)

    def leave(self) -> None:
        """Forget the block entered last."""
        self._builder.leave_arm()
        for variable, value in reversed(self._undo.pop()):
            if value is None:
                del self._values[variable]
            else:
                self._values[variable] = value

    def pass_on(self, block: Block) -> None:
        """Give the edges out of a block, where the cursor is, their arguments."""
        end = block.end
        for index, edge in enumerate(end.edges):
            wanted = self._meeting.get(edge.target)
            if wanted:
                edge.args = tuple([self.read(variable, self._type_of(variable)) for variable in wanted])
                if end.op is BRANCH:
                    self._refine(edge, end.args[0], index == 0)

    def _refine(self, edge: Edge, condition: Value, holds: bool) -> None:
        """Let the arguments of an edge be what is known of them behind a condition, in a block on the edge."""
        origin_of = self._builder.origin
        newest: dict[Value, Value] = {origin_of(arg): arg for arg in edge.args if not is_constant(arg, origin_of)}
        made: list[Instr] = []
        for relation in relations(condition, holds, origin_of):
            origin = origin_of(relation.value)
            if origin in newest:
                made += refinement(self._function, newest[origin], relation, self._builder.span)
                newest[origin] = made[-1]
        if made:
            between = self._function.new_block()
            for instr in made:
                between.append(instr)
            args = tuple([newest.get(origin_of(arg), arg) for arg in edge.args])
            between.set_terminator(Terminator(JUMP, (), (Edge(edge.target, args),)))
            self._function.redirect(edge, between)

    def finish(self) -> None:
        """Put in what unset variables hold, and let parameters know what all of their arguments are."""
        entry = self._function.entry
        for instr in self._at_entry:
            instr.block = entry
        entry.instrs[:0] = self._at_entry
        unset = set(self._zeros.values())
        incoming = incoming_edges(self._function)
        for block in self._meeting:
            edges = [way.edge for way in incoming[block]]
            for place, param in enumerate(block.params):
                args = [edge.args[place] for edge in edges]
                if not unset.isdisjoint(args):
                    args = self._as_where_set(args, unset, edges, place)
                facts = [arg.fact for arg in args if arg is not param]
                fact = facts[0]
                for other in facts[1:]:
                    fact = fact | other
                param.fact = param.fact & fact

    def _as_where_set(self, args: list[Value], unset: set[Instr], edges: list[Edge], place: int) -> list[Value]:
        """Let a variable that is one constant wherever it is set be that where it is not, too: nobody looks there."""
        given = [arg for arg in args if arg not in unset]
        constants = [arg for arg in given if isinstance(arg, Instr) and arg.op is CONST]
        if len(constants) < len(given) or len({key_of(arg) for arg in constants}) != 1:
            return args
        constant = self._function.new_instr(CONST, type=constants[0].type, aux=constants[0].aux)
        constant.block = self._function.entry
        constant.block.instrs.insert(0, constant)
        for edge in edges:
            if edge.args[place] in unset:
                edge.args = (*edge.args[:place], constant, *edge.args[place + 1 :])
        return [edge.args[place] for edge in edges]


_ZERO: Final[dict[Type, Constant]] = {BOOL: False, I64: 0, F64: 0.0}
