"""Bril to SSA with refinements: variables by `lower_variables`, one block a segment of the text that control may reach.

    variables       as they are; a `get` reads the variable that the shadow of its name is, and `set` writes it
    instructions    by `lower_instructions`: equal values are one, a division is a check and a truncating division
    unset, undef    zero, false, or a pointer to nothing: a program that reads them may be given any meaning
    result of main  nobody sees it, unless it is called: it is left out
    no result       a function that should have a result and ends without one fails, as a division by zero does

The flow of control is looked at first, by numbers (`lower_flow`); then blocks get parameters where variables meet
(`lower_joins`) and their instructions, in a preorder of the dominator tree; what parameters know is told in the end
(`lower_params`).

Requires: a checked program. Ensures: valid IR of the same behaviour, without block parameters that nobody needs.
Nothing recurses over the program; time is near-linear, as `lower_joins` says it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from ssair.facts import top
from ssair.frontends.bril.lower_flow import Flow
from ssair.frontends.bril.lower_instructions import Emitter
from ssair.frontends.bril.lower_joins import meeting_variables
from ssair.frontends.bril.lower_params import settle_params
from ssair.frontends.bril.lower_uses import Variable, type_of, uses
from ssair.frontends.bril.lower_variables import Variables
from ssair.frontends.bril.program import NOWHERE, Function, Instruction, Program
from ssair.frontends.bril.segments import Segment, segments
from ssair.ir import NO_SPAN, Block, Edge, Module, Terminator, Value
from ssair.ops import BRANCH, JUMP, RETURN
from ssair.types import BOOL, Type

#: By the number of edges, what ends a block.
_TERMINATORS: Final = (RETURN, JUMP, BRANCH)
#: By vertex, the variables that it needs parameters for.
_Meeting = Mapping[int, Sequence[Variable]]


def lower(program: Program) -> Module:
    """The module of a checked program; its entry is `main` if there is one."""
    module = Module()
    module.source, module.source_name = program.source.text, program.source.name
    for function in program.functions:
        seen = function.type is not None and (function.name != "main" or _is_called("main", program))
        module.new_function(function.name, [function.type] if seen and function.type is not None else [])
    signatures = {function.name: [param.type for param in function.params] for function in program.functions}
    module.entry_name = "main" if "main" in module.functions else None
    for function in program.functions:
        _Lowering(function, module, signatures).run()
    return module


def _is_called(name: str, program: Program) -> bool:
    items = (item for function in program.functions for item in function.body)
    return any(isinstance(item, Instruction) and name in item.funcs for item in items)


class _Lowering:
    """The lowering of one function: its blocks, and how each is entered and left."""

    def __init__(self, source: Function, module: Module, signatures: Mapping[str, list[Type]]) -> None:
        self.source = source
        self.function = function = module.functions[source.name]
        self.known_types: Mapping[str, Type] | None = None
        self.result: Type | None = function.results[0] if function.results else None
        self.variables = Variables(function)
        self.segments, self.flow = _flow_of(source)
        self.emitter = Emitter(self.segments, function, self.variables, self.types, signatures)
        self.meeting: _Meeting = {}
        if self.flow.has_joins:
            self.meeting = self.find_meeting()
        elif len(self.flow.places) > 1:
            self.emitter.shared = {
                instruction.dest for segment in self.segments for instruction in segment.instructions
            }
        self.blocks = self.new_blocks()
        #: By block with parameters for what meets there, the edges to it.
        self.arriving: dict[Block, list[Edge]] = {self.blocks[vertex]: [] for vertex in self.meeting}
        self.first_span = self.put_places(module)

    def types(self) -> Mapping[str, Type]:
        """The types of the variables, found when they are asked for first."""
        if self.known_types is None:
            found = {param.name: param.type for param in self.source.params}
            for segment in self.segments:
                for instruction in segment.instructions:
                    if instruction.dest is not None and instruction.type is not None:
                        found[instruction.dest] = instruction.type
            self.known_types = found
        return self.known_types

    def type_of(self, variable: Variable) -> Type:
        """The type of what is read and assigned."""
        return type_of(variable, self.types())

    def put_places(self, module: Module) -> int:
        """Let the module know where instructions stand; gives the span of the first one, the others follow."""
        places = [instruction.place for segment in self.segments for instruction in segment.instructions]
        if NOWHERE in places:
            return NO_SPAN
        first = len(module.spans)
        module.spans += places
        return first

    def new_blocks(self) -> list[Block]:
        """The blocks by vertex, without their instructions; in the function they are in the order of the text."""
        function, places = self.function, self.flow.places
        function.blocks = blocks = [Block(number, function) for number in range(len(places))]
        function.next_block = len(blocks)
        entry = blocks[0]
        for param in self.source.params:
            entry.add_param(param.type, top(param.type)).name = param.name
        if self.flow.is_in_order:
            return blocks
        order = sorted(range(len(places)), key=places.__getitem__)
        return [block for _, block in sorted(zip(order, blocks, strict=True), key=_first)]

    def find_meeting(self) -> _Meeting:
        """Where which variables meet."""
        gives_result = self.result is not None
        found = [uses(self.segments[place], self.types, gives_result) for place in self.flow.places]
        reads = [read for read, _ in found]
        self.emitter.shared = set[Variable]().union(*reads)
        return meeting_variables(self.flow, reads, [assigned for _, assigned in found])

    def run(self) -> None:
        """Fill the blocks."""
        variables, flow, emitter = self.variables, self.flow, self.emitter
        above, places, around = flow.above, flow.places, [0]
        first_span = self.first_span
        for vertex in flow.walk:
            while around[-1] != above[vertex]:
                around.pop()
                variables.leave()
            around.append(vertex)
            self.enter(vertex)
            segment = self.segments[places[vertex]]
            instructions = segment.instructions if segment.falls_through else segment.instructions[:-1]
            emitter.fill(instructions, first_span + segment.start if first_span >= 0 else NO_SPAN)
            self.end(vertex, segment)
        self.function.cfg_version += 1
        for instr in variables.at_entry:
            instr.block = self.function.entry
        self.function.entry.instrs[:0] = variables.at_entry
        if self.arriving:
            settle_params(self.function, variables, self.arriving)

    def enter(self, vertex: int) -> None:
        """Go on at a block, which gets parameters for what meets there."""
        variables, block = self.variables, self.blocks[vertex]
        self.emitter.block = block
        variables.enter()
        sources = self.flow.predecessors[vertex]
        if len(sources) == 1:
            end = self.blocks[sources[0]].end
            if end.op is BRANCH:
                variables.learn(block, end.args[0], end.edges[0].target is block)
            return
        for param in block.params:
            variables.write(param.name, param)
        for variable in self.meeting.get(vertex, ()):
            value = variables.held.get(variable)
            type = value.type if value is not None else self.type_of(variable)
            param = block.add_param(type, top(type))
            param.name = variable if isinstance(variable, str) else ""
            variables.write(variable, param)

    def end(self, vertex: int, segment: Segment) -> None:
        """End the block, with arguments for what meets where it leads to."""
        read, emitter, targets = self.variables.read, self.emitter, self.flow.successors[vertex]
        args: tuple[Value, ...] = ()
        op = _TERMINATORS[len(targets)]
        span = emitter.span
        if segment.falls_through:
            emitter.span = span - 1 if span >= 0 and segment.instructions else NO_SPAN
            span = NO_SPAN
            if not targets and self.result is not None:
                args = (emitter.fail(self.result),)
        elif op is BRANCH:
            args = (read(segment.instructions[-1].args[0], BOOL, True),)
        elif op is RETURN and self.result is not None:
            args = (read(segment.instructions[-1].args[0], self.result),)
        edges = []
        for target in targets:
            wanted = self.meeting.get(target)
            block = self.blocks[target]
            if wanted is None:
                edges.append(Edge(block))
            else:
                edge = Edge(block, self.variables.read_all(wanted, self.type_of))
                self.arriving[block].append(edge)
                edges.append(edge)
        self.blocks[vertex].end = Terminator(op, args, tuple(edges), (), span)


def _first(pair: tuple[int, Block]) -> int:
    return pair[0]


def _flow_of(function: Function) -> tuple[list[Segment], Flow]:
    """The segments of a function and the flow between them; to the first nothing leads."""
    found = segments(function)
    ways = [segment.successors for segment in found]
    flow = Flow(ways)
    if not flow.predecessors[0]:
        return found, flow
    beginning = Segment([], successors=(1,))
    return [beginning, *found], Flow([(1,), *[tuple([place + 1 for place in places]) for places in ways]])
