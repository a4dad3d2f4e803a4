"""On-the-fly SSA construction for variables that are assigned, with refinement where control teaches something.

    variables = Variables(builder)
    variables.write("x", value)          # at the builder's block, as `read`
    variables.read("x", I64)
    variables.seal(block)                # no more edges will lead to it; the rest is sealed at the end
    variables.finish()                   # once every block has its terminator

Requires: blocks get their terminators by the builder, in any order, and no edge leads to the entry. Who emits a check
writes its result to the variable that was checked. Blocks are best sealed as soon as they can be: only then do the
facts of what is built on their variables take in what is known.
Ensures: every read sees the last write on the path that was taken. Whether a variable is defined is dynamic: a path
that sets none gives zero, false, an empty array, or a pointer to what has been freed. Block parameters stand only where
different values meet: none is trivial (of a reducible control flow there are as few as can be), and none is unused.

Refinement: where a block has one incoming edge and that edge teaches something of a value, what a variable that holds
it reads there is a `refine` at the block's head. On an edge between a block with several successors and one with
several predecessors the refinement stands in a block of its own, if a block parameter takes it. A parameter is trivial
if its arguments have one origin: it becomes the last version that all of them are refined from. Refinements, and the
zeros of unset variables, stand nowhere until `finish`, which puts in those that are used.

Nothing here recurses over the program. Time is linear in the number of reads and of the pairs of a variable and a block
that it is looked for in, but for chains of parameters that replace one another as they turn out to be trivial. Who
knows the control flow beforehand needs no step for each such pair: `ssair.frontends.bril.lower_joins` has none.

Source: Braun, Buchwald, Hack, Leißa, Mallon, Zwinkau, "Simple and Efficient Construction of Static Single Assignment
Form", 2013; refinement after Ananian's SSI, 1999, without its joins.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Iterator
from typing import Final

from ssair.builder import Builder
from ssair.cfg import Incoming
from ssair.constants import ArrayConst, Constant
from ssair.facts import top
from ssair.ir import Block, Edge, Instr, Param, Terminator, Value, replace_operands
from ssair.ops import CONST, JUMP
from ssair.refinement import Relation, edge_relations, is_constant, refinement
from ssair.types import BOOL, I64, MEM, ArrayType, PointerType, ScalarType, Type, is_integer

#: Where instructions wait to be put in: the head of a block, or an edge that is split for them.
Home = Block | Edge

#: How many blocks a search goes through for each one at which it keeps what it finds: memory is less than its time.
_STRIDE: Final = 16


class Variables:
    """The variables of one function under construction; names are any hashable objects."""

    def __init__(self, builder: Builder) -> None:
        builder.structured = False
        self._builder = builder
        self._function = builder.function
        self._values: dict[Block, dict[Hashable, Value]] = {}
        self._sealed: set[Block] = set()
        #: The parameters made here, by block, with their variables, and their arguments once they are complete.
        self._params: dict[Block, list[Param]] = {}
        self._variable: dict[Value, Hashable] = {}
        self._args: dict[Value, list[Value]] = {}
        self._incomplete: dict[Block, list[Param]] = {}
        self._unfilled: list[Param] = []
        #: How many of a parameter's arguments are of one origin, and their common version; who waits for which value.
        self._scanned: dict[Param, tuple[int, CommonVersion]] = {}
        self._watchers: dict[Value, dict[Param, None]] = {}
        self._taught: dict[Edge, dict[Value, list[Relation]]] = {}
        self._refined: dict[tuple[Home, Value], Value] = {}
        self._waiting: dict[Home, list[Instr]] = {}
        #: What unset variables hold; what frees the pointers among it.
        self._zeros: dict[Type, Instr] = {}
        self._ends: dict[Value, Instr] = {}

    # ---- reading and writing --------------------------------------------------------------------------------------

    def write(self, variable: Hashable, value: Value) -> None:
        """Assign to a variable at the builder's block."""
        self._values.setdefault(self._builder.block, {})[variable] = value

    def read(self, variable: Hashable, type: Type) -> Value:
        """The value of a variable of `type` at the builder's block."""
        values = self._values.get(self._builder.block)
        known = values.get(variable) if values is not None else None
        if known is not None and known.type is type:
            return known.find()
        value = self._value_at_end(self._builder.block, variable, type)
        self._complete()
        return value.find()

    def seal(self, block: Block) -> None:
        """State that all edges to `block` are there."""
        if block not in self._sealed:
            self._sealed.add(block)
            self._unfilled += self._incomplete.pop(block, [])
            self._complete()

    def _value_at_end(self, block: Block, variable: Hashable, type: Type) -> Value:
        """What the variable holds behind all that is in `block` by now; new parameters are left to `_complete`."""
        passed: dict[Block, Incoming] = {}
        while True:
            values = self._values.get(block)
            if values is None:
                values = self._values[block] = {}
            known = values.get(variable)
            if known is not None:
                value = known.find()
                break
            incoming = self._builder.incoming.get(block, [])
            if block in self._sealed and len(incoming) == 1 and block not in passed:
                passed[block] = incoming[0]
                block = incoming[0].source
                continue
            value = self._new_value(block, variable, type)
            self._values[block][variable] = value
            break
        assert value.type is type, f"{variable!r} is a {value.type}, and read as a {type}"
        for distance, (block, edge) in zip(range(len(passed) - 1, -1, -1), reversed(passed.items()), strict=True):
            known = value
            value = self._along(edge, block, value)
            if value is not known or not distance % _STRIDE:
                self._values[block][variable] = value
        return value

    def _new_value(self, block: Block, variable: Hashable, type: Type) -> Value:
        """What a variable holds at the head of a block where ways meet or begin."""
        if block in self._sealed and len(self._builder.incoming.get(block, [])) < 2:
            return self._zero(type)  # the entry, or what the entry does not reach
        param = Param(self._function.new_id(), type, top(type), self._builder.span)
        param.block, param.name = block, variable if isinstance(variable, str) else ""
        self._params.setdefault(block, []).append(param)
        self._variable[param] = variable
        waiting = self._unfilled if block in self._sealed else self._incomplete.setdefault(block, [])
        waiting.append(param)
        return param

    # ---- parameters -----------------------------------------------------------------------------------------------

    def _complete(self) -> None:
        """Give the new parameters of sealed blocks their arguments, and replace those that are trivial."""
        fresh = []
        while self._unfilled:
            param = self._unfilled.pop()
            self._args[param] = [
                self._along(edge, param.block, self._value_at_end(edge.source, self._variable[param], param.type))
                for edge in self._builder.incoming.get(param.block, [])
            ]
            fresh.append(param)
        while fresh:
            param = fresh.pop()
            leader = self._only_version(param) if param.forward is None else None
            if leader is not None:
                param.make_equal_to(leader)
                fresh += self._watchers.pop(param, ())

    def _only_version(self, param: Param) -> Value | None:
        """The value that a parameter always has, with most known of it; None if several meet there.

        Arguments of one origin stay so: a scan goes on where the last one ended, at the first that was of another. It
        goes on when one of the two origins is replaced.
        """
        origin_of = self._builder.origin
        scanned, common = self._scanned.get(param) or (0, CommonVersion())
        if common.leader is not None and origin_of(common.leader) is param:
            common = CommonVersion()
        for place, arg in enumerate(itertools.islice(self._args[param], scanned, None), scanned):
            version = arg.find()
            origin = origin_of(version)
            if origin is param:
                continue
            leader = common.leader
            if leader is not None and origin_of(leader) is not origin:
                self._scanned[param] = place, common
                for watched in (origin_of(leader), origin):
                    self._watchers.setdefault(watched, {})[param] = None
                return None
            common.add(version)
        return common.leader.find() if common.leader is not None else self._zero(param.type)

    # ---- refinement -----------------------------------------------------------------------------------------------

    def _along(self, incoming: Incoming, target: Block, value: Value) -> Value:
        """The version of `value` that a way to `target` knows."""
        edge = incoming.edge
        relations = self._relations(incoming).get(self._builder.origin(value))
        if not relations:
            return value
        home = target if len(self._builder.incoming[target]) == 1 else edge
        known = self._refined.get((home, value))
        if known is None:
            known = value
            for relation in relations:
                made = refinement(self._function, known, relation, value.span)
                self._waiting.setdefault(home, []).extend(made)
                known = made[-1]
            self._refined[home, value] = known
        return known

    def _relations(self, incoming: Incoming) -> dict[Value, list[Relation]]:
        """What an edge teaches, by the origin that it is taught of."""
        found = self._taught.get(incoming.edge)
        if found is None:
            found = self._taught[incoming.edge] = {}
            for relation in edge_relations(incoming.source, incoming.index, self._builder.origin):
                origin = self._builder.origin(relation.value)
                if not is_constant(origin):
                    found.setdefault(origin, []).append(relation)
        return found

    def _zero(self, type: Type) -> Instr:
        """What an unset variable holds, at the head of the entry."""
        if type not in self._zeros:
            made = self._function.new_instr
            if type is MEM:
                zero = made("memory")
            elif isinstance(type, PointerType):
                zero = made("alloc", [self._wait(made(CONST, type=I64, aux=1))], type=type)
            else:
                zero = made(CONST, type=type, aux=_zero_of(type))
            self._zeros[type] = self._wait(zero)
            if isinstance(type, PointerType):
                self._ends[zero] = self._wait(made("free", [zero, self._wait(made("memory"))]))
        return self._zeros[type]

    def _wait(self, instr: Instr) -> Instr:
        self._waiting.setdefault(self._function.entry, []).append(instr)
        return instr

    # ---- the end --------------------------------------------------------------------------------------------------

    def finish(self) -> None:
        """Put the parameters, arguments and refinements that are used into the function; call it once, at the end."""
        assert self._function.entry not in self._builder.incoming, "an edge leads to the entry"
        for block in self._function.blocks:
            self.seal(block)
        for block in self._function.blocks:
            for instr in block.instrs:
                instr.args = tuple([value.find() for value in instr.args])
            replace_operands(block.end, Value.find)
        live = self._live()
        self._put_params(live)
        self._put_instructions(live)

    def _live(self) -> set[Value]:
        """What waits and is used, by instructions, terminators, and what is used itself."""
        waiting = {instr for instrs in self._waiting.values() for instr in instrs}
        live: set[Value] = set()
        work = [value for block in self._function.blocks for value in _operands(block)]
        while work:
            value = work.pop()
            if value not in live and (value in self._variable or value in waiting):
                live.add(value)
                work += [arg.find() for arg in (value.args if isinstance(value, Instr) else self._args[value])]
                work += [self._ends[value]] if value in self._ends else []
        return live

    def _put_params(self, live: set[Value]) -> None:
        placed = [param for params in self._params.values() for param in params if param in live]
        for param in placed:
            args = [arg.find() for arg in self._args[param]]
            incoming = self._builder.incoming[param.block]
            assert len(args) == len(incoming), f"an edge was made to {param.block} after it was sealed"
            param.block.params.append(param)
            self._args[param] = args
        for block in dict.fromkeys(param.block for param in placed):
            rows = [self._args[param] for param in self._params[block] if param in live]
            for way, column in zip(self._builder.incoming[block], zip(*rows, strict=True), strict=True):
                way.edge.args += column
        for param in placed:
            others = [arg.fact for arg in self._args[param] if arg is not param]
            fact = others[0]
            for other in others[1:]:
                fact = fact | other
            param.fact = param.fact & fact

    def _put_instructions(self, live: set[Value]) -> None:
        for home, waiting in self._waiting.items():
            made = [instr for instr in waiting if instr in live]
            if not made:
                continue
            block = home if isinstance(home, Block) else self._split(home)
            for instr in made:
                instr.args = tuple([value.find() for value in instr.args])
                instr.block = block
            block.instrs[:0] = made

    def _split(self, edge: Edge) -> Block:
        """A new block on an edge."""
        block = self._function.new_block()
        block.set_terminator(Terminator(JUMP, (), (Edge(edge.target, edge.args),)))
        self._function.redirect(edge, block)
        return block


def _operands(block: Block) -> Iterator[Value]:
    for instr in block.instrs:
        yield from instr.args
    yield from block.end.operands()


class CommonVersion:
    """The last version that all of some versions of one value are refined from; each version is passed once."""

    def __init__(self) -> None:
        self.leader: Value | None = None
        #: Versions that are refined from the leader, and itself.
        self._below: set[Value] = set()

    def add(self, version: Value) -> None:
        """Let the leader be the last version that `version` is refined from too."""
        leader = version if self.leader is None else self.leader.find()
        below, above = {version: None}, {leader: None}
        while not (version in self._below or version in above or leader in below):
            below[version := _base(version)] = None
            above[leader := _base(leader)] = None
        if version not in self._below:
            self.leader = common = version if version in above else leader
            self._below.update(itertools.takewhile(lambda passed: passed is not common, above))
            self._below.add(common)
        self._below.update(itertools.takewhile(lambda passed: passed not in self._below, below))


def _base(version: Value) -> Value:
    """What a version is refined from; an origin itself."""
    return version.args[0].find() if isinstance(version, Instr) and version.op.refines else version


def _zero_of(type: Type) -> Constant:
    if isinstance(type, ArrayType):
        return ArrayConst((0,) * type.rank, ())
    assert isinstance(type, ScalarType), f"no variable has type {type}"
    return False if type is BOOL else 0 if is_integer(type) else 0.0
