"""From the ANF of Fun to the IR: blocks for arms, joins and loops, and refinements where control has learned something.

Requires: a program of `anf.convert`, or a checked syntax tree.  Ensures: a valid module with the same meaning,
functions in the order of the program.  Joins and loops become blocks with parameters; a join that one jump leads to is
no block at all: its code goes on behind the jump, inside the arm and with all that is known there.  Every use takes the
newest version of its value, so that what a branch or a check teaches reaches all the code that it dominates (partial
SSI).  A function checks the sizes of its arguments even where all callers have proved them: inlining proves that away.
Linear; the walk over arms is an explicit stack.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ssair import diagnostics
from ssair.builder import Builder
from ssair.collection import garbage_collection_paused
from ssair.facts import MAX_SIZE, Fact, IntFact, int_fact
from ssair.frontends.fun import ast
from ssair.frontends.fun.anf import convert
from ssair.frontends.fun.anf_nodes import (
    AnfFunction,
    AnfProgram,
    Arm,
    Atom,
    Branch,
    Constant,
    Done,
    Forall,
    Join,
    Jump,
    Let,
    Loop,
    Name,
    Node,
    Target,
    TrapSite,
    Yield,
    walk,
)
from ssair.ir import Block, Function, Module, Value
from ssair.ops import NARROW
from ssair.types import I64, integer_range, tuple_of


def lower(program: ast.Program | AnfProgram) -> Module:
    """The module of a checked program, not optimised.  Linear."""
    anf = convert(program) if isinstance(program, ast.Program) else program
    module = Module()
    module.source, module.source_name = anf.source.text, anf.source.name
    places = _Places(module, anf.source)
    with garbage_collection_paused():
        for function in anf.functions:
            _Lowering(function, module.new_function(function.name, function.results), places).run()
    return module


class _Places:
    """The spans and trap sites of a module, one of each."""

    def __init__(self, module: Module, source: diagnostics.Source) -> None:
        self._module = module
        self._source = source
        self._spans: dict[diagnostics.Span, int] = {}
        self._sites: dict[TrapSite, int] = {}

    def span(self, span: diagnostics.Span) -> int:
        """The index of a span of the source."""
        if span not in self._spans:
            start, end = self._source.position(span.start), self._source.position(span.end)
            self._spans[span] = self._module.new_span(*start, *end)
        return self._spans[span]

    def site(self, site: TrapSite) -> int:
        """The index of a trap site."""
        if site not in self._sites:
            self._sites[site] = self._module.new_site(site.kind, self.span(site.span), site.detail)
        return self._sites[site]


#: What is left to do: lower an arm of a branch (with its condition and whether that holds) or of a comprehension, go on
#: behind a join or a comprehension, or leave a scope.
_ArmWork = tuple[Arm, Value | None, bool]
_Work = _ArmWork | Join | Forall | None
_LEAVE: Final = None


class _Lowering:
    """The state of the lowering of one function."""

    def __init__(self, source: AnfFunction, function: Function, places: _Places) -> None:
        self.source = source
        self.function = function
        self.places = places
        self.values: dict[Name, Value] = {}
        self.blocks: dict[Node, Block] = {}
        self.arriving: dict[Join, list[Sequence[Value]]] = {}
        self.yielded: dict[Forall, Sequence[Value]] = {}
        #: The comprehensions whose bodies are being lowered, the innermost last.
        self.open: list[Forall] = []
        self.work: list[_Work] = []
        self._make_blocks()
        self.builder = Builder(function)

    def _make_blocks(self) -> None:
        """The blocks in the order of the text, so that they are numbered in it."""
        behind: dict[Node, Forall] = {}
        for node in walk(self.source.head):
            if node in behind:
                self.blocks[behind[node]] = self.function.new_block()
            if isinstance(node, Arm | Loop) or (isinstance(node, Join) and node.jumps > 1):
                self.blocks[node] = self.function.new_block()
            elif isinstance(node, Forall):
                assert node.rest is not None
                behind[node.rest] = node

    def run(self) -> None:
        """Lower the function."""
        self.function.signature = self.source.signature
        builder = self.builder
        for parameter in self.source.parameters:
            builder.span = self.places.span(parameter.span)
            value = builder.param(parameter.name.type, static=parameter.static)
            value.name = parameter.name.text
            self.values[parameter.name] = value
        for parameter in self.source.parameters:
            if parameter.static:
                self.values[parameter.name] = self._limited(self.values[parameter.name])
        self._chain(self.source.head.rest)
        while self.work:
            item = self.work.pop()
            if item is _LEAVE:
                builder.leave_arm()
            elif isinstance(item, Join):
                self._go_on_behind_join(item)
            elif isinstance(item, Forall):
                self._go_on_behind_forall(item)
            else:
                self._enter_arm(*item)

    def _enter_arm(self, arm: Arm, condition: Value | None, holds: bool) -> None:
        self.builder.at(self.blocks[arm])
        if condition is None:
            self.builder.enter_scope()
        else:
            self.builder.enter_arm(condition, holds)
        self.work.append(_LEAVE)
        self._chain(arm.rest)

    def _go_on_behind_join(self, join: Join) -> None:
        builder, block = self.builder, self.blocks[join]
        builder.at(block).span = self.places.span(join.span)
        for name in join.parameters:
            self.values[name] = builder.param(name.type)
        builder.tighten(block, self.arriving.pop(join))
        builder.enter_scope()
        self.work.append(_LEAVE)
        self._chain(join.rest)

    def _go_on_behind_forall(self, forall: Forall) -> None:
        self.builder.at(self.blocks[forall]).span = self.places.span(forall.span)
        for name, element in zip(forall.names, self.yielded.pop(forall), strict=True):
            self.values[name] = self.builder.param(name.type, element.fact)
        self._chain(forall.rest)

    # ---- nodes ----------------------------------------------------------------------------------------------------

    def _chain(self, node: Node | None) -> None:
        """Lower a chain up to its end; what it leaves to do is put on the stack of work."""
        while node is not None:
            if not isinstance(node, Join):
                self.builder.span = self.places.span(node.span)
            match node:
                case Let():
                    self._let(node)
                    node = node.rest
                case Join():
                    if node.jumps > 1:
                        self.arriving[node] = []
                        self.work.append(node)
                    node = node.term
                case Loop():
                    self._begin_loop(node)
                    node = node.rest
                case Jump():
                    node = self._jump(node)
                case _:
                    self._end(node)
                    return

    def _value(self, atom: Atom) -> Value:
        """The newest version of a name, or a constant."""
        if isinstance(atom, Constant):
            return self.builder.const(atom.type, atom.value)
        return self.builder.newest(self.values[atom])

    def _values(self, atoms: Sequence[Atom]) -> list[Value]:
        return [self._value(atom) for atom in atoms]

    def _limited(self, size: Value) -> Value:
        """A `size` parameter within its limits: arguments from outside are refused beyond them, calls check theirs."""
        narrowed = self.builder.emit(NARROW, size)
        narrowed.fact = int_fact(-MAX_SIZE, MAX_SIZE)
        return narrowed

    def _let(self, node: Let) -> None:
        builder, operands = self.builder, self._values(node.operands)
        immediate = node.immediate
        aux: object = self.places.site(immediate) if isinstance(immediate, TrapSite) else immediate
        types = [name.type for name in node.names]
        if len(types) == 1:
            self.values[node.names[0]] = builder.emit(node.op, *operands, type=types[0], aux=aux)
            return
        result = builder.emit(node.op, *operands, type=tuple_of(tuple(types)), aux=aux)
        for position, name in enumerate(node.names):
            self.values[name] = builder.emit("get", result, type=name.type, aux=position)

    def _begin_loop(self, loop: Loop) -> None:
        builder, header = self.builder, self.blocks[loop]
        initial = self._values(loop.initial)
        builder.jump(header, *initial)
        builder.at(header)
        for name, value in zip(loop.parameters, initial, strict=True):
            self.values[name] = builder.param(name.type, _at_least(value) if name is loop.rising else None)

    def _jump(self, jump: Jump) -> Node | None:
        """Lower a jump; gives the code to go on with where the target is no block."""
        target: Target = jump.target
        arguments = self._values(jump.arguments)
        if isinstance(target, Join):
            if target.jumps == 1:
                self.values.update(zip(target.parameters, arguments, strict=True))
                return target.rest
            self.arriving[target].append(arguments)
        self.builder.jump(self.blocks[target], *arguments)
        return None

    def _end(self, node: Node) -> None:
        """Lower a node that no code follows in its block."""
        match node:
            case Branch():
                condition = self._value(node.condition)
                self.builder.branch(condition, self.blocks[node.positive], self.blocks[node.negative])
                self.work += [(node.negative, condition, False), (node.positive, condition, True)]
            case Forall():
                self._begin_forall(node)
            case Yield():
                values = self._values(node.values)
                self.yielded[self.open.pop()] = values
                self.builder.yield_(*values)
            case Done():
                self.builder.ret(*self._values(node.values))
            case _:
                raise AssertionError(f"no lowering of {type(node).__name__}")

    def _begin_forall(self, node: Forall) -> None:
        builder = self.builder
        extents = self._values(node.extents)
        body, behind = self.blocks[node.body], self.blocks[node]
        builder.forall(extents, body, behind, self._values(node.lengths))
        for name, extent in zip(node.indices, extents, strict=True):
            assert isinstance(extent.fact, IntFact)
            self.values[name] = builder.param(I64, int_fact(0, extent.fact.hi - 1), block=body)
        self.open.append(node)
        self.work += [node, (node.body, None, True)]


def _at_least(value: Value) -> Fact:
    """The fact of what is never less than `value`."""
    assert isinstance(value.fact, IntFact)
    return int_fact(value.fact.lo, integer_range(value.type)[1])
