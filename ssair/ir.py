"""The IR: modules, functions, blocks, values, edges.

A `Module` holds functions, the table of source spans and the table of trap sites. A function is a list of blocks, the
first of which is the entry; the entry's parameters are the function's. Blocks take parameters instead of phis, and the
`Edge`s of a terminator carry one argument for each of them. A value is an instruction (`Instr`) or a block parameter
(`Param`). What every operation means stands in `ssair.ops`; what makes a function valid stands in `ssair.verifier`.

Two questions about values:

    v.find()     the value that stands for v by now: the end of the forwarding crumbs that `make_equal_to` left
    v.origin()   v without its refinements: equal to v at run time, perhaps with less known of it

There are no stored use lists: `users(function)` computes them. Analyses of the control flow are cached by
`Function.cfg_version`, which every change of a terminator or of the block list must advance; `set_terminator`,
`redirect` and `remove_blocks` do so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from ssair.facts import Fact
from ssair.ops import CONST, OPS, Op, TerminatorOp
from ssair.types import Type, tuple_of

if TYPE_CHECKING:
    from ssair.diagnostics import Source
    from ssair.signature import Signature

#: The span of what no source text stands for.
NO_SPAN: Final = -1


class Span(NamedTuple):
    """A stretch of source text; lines and columns count from 1, the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.line}:{self.column}-{self.end_line}:{self.end_column}"


class Site(NamedTuple):
    """Where a check traps: its kind (`ops.TRAP_KINDS`), the index of its span, and what belongs to the kind.

    `detail` is the dimension of an `index`, the message of an `assert`, else None. `calls` are the spans of the calls
    that inlining put around it, the innermost first.
    """

    kind: str
    span: int
    detail: int | str | None = None
    calls: tuple[int, ...] = ()


class Value:
    """An instruction or a block parameter."""

    __slots__ = ("block", "fact", "forward", "id", "span", "type")

    id: int
    type: Type
    fact: Fact
    span: int
    block: Block
    forward: Value | None

    def find(self) -> Value:
        """The value that stands for this one; follow it whenever you read an operand that may have been replaced."""
        leader = self.forward
        if leader is None:
            return self
        if leader.forward is None:
            return leader  # as most often: there is no path to compress
        value: Value = leader.forward
        while value.forward is not None:
            value = value.forward
        step: Value = self
        while step.forward is not None:  # path compression; the representative's own forward stays None
            step.forward, step = value, step.forward
        return value

    def origin(self) -> Value:
        """The value without refinements, narrowings and checks: equal at run time."""
        value = self.find()
        while isinstance(value, Instr) and value.op.refines:
            value = value.args[0].find()
        return value

    def make_equal_to(self, leader: Value) -> None:
        """Let `leader` stand for this value from now on; the copy propagation sweep rewrites the uses.

        Requires that `leader` dominates this value, has its type, and knows no less.
        """
        if leader.forward is not None:
            leader = leader.find()
        assert self.forward is None and leader is not self and leader.type is self.type
        assert leader.fact is self.fact or leader.fact <= self.fact, f"{leader} knows less than {self}"
        self.forward = leader

    def __str__(self) -> str:
        return f"v{self.id}"


class Instr(Value):
    """An instruction: an operation of the table, its operands, and its immediate."""

    __slots__ = ("args", "aux", "op")

    def __init__(
        self, id: int, op: Op, args: tuple[Value, ...], type: Type, fact: Fact, aux: object = None, span: int = NO_SPAN
    ) -> None:
        self.id = id
        self.op = op
        self.args = args
        self.type = type
        self.fact = fact
        self.aux = aux
        self.span = span
        self.forward = None

    def __repr__(self) -> str:
        return f"<v{self.id} = {self.op} {', '.join(map(str, self.args))}>"

    @property
    def is_constant(self) -> bool:
        """Whether this is a `const`."""
        return self.op is CONST


class Param(Value):
    """A block parameter. `static` marks a function parameter that is known when the kernel is specialised."""

    __slots__ = ("name", "static")

    def __init__(self, id: int, type: Type, fact: Fact, span: int = NO_SPAN, static: bool = False) -> None:
        self.id = id
        self.type = type
        self.fact = fact
        self.span = span
        self.static = static
        self.name = ""
        self.forward = None

    def __repr__(self) -> str:
        return f"<v{self.id} param of {self.block}>"


class Edge:
    """A way from a block to `target`, with one argument for each of its parameters."""

    __slots__ = ("args", "target")

    def __init__(self, target: Block, args: tuple[Value, ...] = ()) -> None:
        self.target = target
        self.args = args

    def __repr__(self) -> str:
        return f"<edge to {self.target}>"


class Terminator:
    """The end of a block: operands, and an edge to each successor. Change its edges through `Block` and `Function`."""

    __slots__ = ("args", "aux", "edges", "op", "span")

    def __init__(
        self,
        op: TerminatorOp,
        args: tuple[Value, ...] = (),
        edges: tuple[Edge, ...] = (),
        aux: tuple[int, ...] = (),
        span: int = NO_SPAN,
    ) -> None:
        self.op = op
        self.args = args
        self.edges = edges
        self.aux = aux
        self.span = span

    @property
    def extents(self) -> tuple[Value, ...]:
        """The lengths of the dimensions of a `forall`, one for each index."""
        return self.args[: self.aux[0]] if self.aux else self.args

    @property
    def element_lengths(self) -> tuple[Value, ...]:
        """The lengths of the arrays that the body of a `forall` yields, value by value; none for scalars."""
        return self.args[self.aux[0] :] if self.aux else ()

    def operands(self) -> Iterator[Value]:
        """The operands, and the block arguments of every edge."""
        yield from self.args
        for edge in self.edges:
            yield from edge.args

    def __repr__(self) -> str:
        return f"<{self.op} to {', '.join(str(edge.target) for edge in self.edges)}>"


class Block:
    """Parameters, instructions, and one terminator: `end`, an attribute that a block under construction has not yet.

    Passes read it more often than anything else of a block: as a plain field it costs a third of a property.
    """

    __slots__ = ("end", "function", "id", "instrs", "params")

    end: Terminator

    def __init__(self, id: int, function: Function) -> None:
        self.id: Final = id
        self.function = function
        self.params: list[Param] = []
        self.instrs: list[Instr] = []

    @property
    def terminator(self) -> Terminator | None:
        """The terminator; None while the block is being built. Setting it does not advance the cfg version."""
        return getattr(self, "end", None)

    @terminator.setter
    def terminator(self, terminator: Terminator | None) -> None:
        if terminator is not None:
            self.end = terminator
        elif hasattr(self, "end"):
            del self.end

    def set_terminator(self, terminator: Terminator) -> None:
        """Replace the terminator; advances the function's cfg version."""
        self.end = terminator
        self.function.cfg_version += 1

    def add_param(self, type: Type, fact: Fact, span: int = NO_SPAN, static: bool = False) -> Param:
        """A new parameter behind the others; whoever calls adds an argument to every edge that comes here."""
        param = Param(self.function.new_id(), type, fact, span, static)
        param.block = self
        self.params.append(param)
        return param

    def append(self, instr: Instr) -> Instr:
        """Put an instruction at the end."""
        instr.block = self
        self.instrs.append(instr)
        return instr

    def insert(self, index: int, instr: Instr) -> Instr:
        """Put an instruction before the one at `index`."""
        instr.block = self
        self.instrs.insert(index, instr)
        return instr

    def successors(self) -> list[Block]:
        """The targets of the edges in order; a block that two edges lead to stands there twice."""
        return [edge.target for edge in self.end.edges]

    def __str__(self) -> str:
        return f"bb{self.id}"

    def __repr__(self) -> str:
        return f"<{self}>"


class Function:
    """A function: blocks, the first of which is the entry, and the types of its results."""

    __slots__ = (
        "analyses",
        "blocks",
        "cfg_version",
        "module",
        "name",
        "next_block",
        "next_value",
        "results",
        "signature",
    )

    def __init__(self, name: str, results: Sequence[Type] = (), module: Module | None = None) -> None:
        self.name = name
        self.results: tuple[Type, ...] = tuple(results)
        self.blocks: list[Block] = []
        self.module = module if module is not None else Module()
        self.next_value = 0
        self.next_block = 0
        self.cfg_version = 0
        self.analyses: dict[Callable[..., object], tuple[int, object]] = {}
        #: The source function's parameters and results, where a front end knows more than the flat types.
        self.signature: Signature | None = None

    @property
    def entry(self) -> Block:
        """The block where a call begins."""
        return self.blocks[0]

    @property
    def params(self) -> list[Param]:
        """The function's parameters: those of its entry."""
        return self.blocks[0].params

    @property
    def result_type(self) -> Type:
        """The type that a call of the function has."""
        return self.results[0] if len(self.results) == 1 else tuple_of(self.results)

    def new_id(self) -> int:
        """The next value id."""
        self.next_value += 1
        return self.next_value - 1

    def new_block(self) -> Block:
        """A new empty block at the end of the block list."""
        block = Block(self.next_block, self)
        self.next_block += 1
        self.blocks.append(block)
        self.cfg_version += 1
        return block

    def new_instr(
        self,
        op: str | Op,
        args: Sequence[Value] = (),
        *,
        type: Type | None = None,
        aux: object = None,
        span: int = NO_SPAN,
    ) -> Instr:
        """A new instruction that stands in no block yet, its type and fact computed from its operands."""
        row = OPS[op] if isinstance(op, str) else op
        operands = tuple(args)
        result = row.result_type([value.type for value in operands], type)
        fact = row.fact_rule(result, [value.fact for value in operands], aux)
        return Instr(self.new_id(), row, operands, result, fact, aux, span)

    def instructions(self) -> Iterator[Instr]:
        """All instructions, block by block."""
        for block in self.blocks:
            yield from block.instrs

    def redirect(self, edge: Edge, target: Block, args: Sequence[Value] = ()) -> None:
        """Lead an edge elsewhere; advances the cfg version."""
        edge.target = target
        edge.args = tuple(args)
        self.cfg_version += 1

    def remove_blocks(self, removed: set[Block]) -> None:
        """Take blocks out of the list; advances the cfg version. No edge of the rest may lead to them."""
        if removed:
            self.blocks = [block for block in self.blocks if block not in removed]
            self.cfg_version += 1

    def replace(self, old: Value, new: Value) -> None:
        """Rewrite every use of `old` to `new` at once: linear in the function; passes use `make_equal_to` instead."""
        for block in self.blocks:
            for instr in block.instrs:
                if old in instr.args:
                    instr.args = tuple(new if value is old else value for value in instr.args)
            if block.terminator is not None:
                replace_operands(block.terminator, lambda value: new if value is old else value)

    def structurally_equal(self, other: Function) -> bool:
        """Whether the functions are the same but for the numbers of values and blocks; spans do not count."""
        from ssair.printer import format_function

        return format_function(self, renumber=True) == format_function(other, renumber=True)

    def __str__(self) -> str:
        from ssair.printer import format_function

        return format_function(self)

    def __repr__(self) -> str:
        return f"<function @{self.name}>"


class Module:
    """Functions by name in order of definition, with the tables they share."""

    __slots__ = ("_lines", "entry_name", "functions", "sites", "source", "source_name", "spans")

    def __init__(self) -> None:
        self.functions: dict[str, Function] = {}
        self.sites: list[Site] = []
        #: Where the text says what instructions say; as offsets in `source` what nobody has asked for yet (`span`).
        self.spans: list[Span | tuple[int, int]] = []
        self._lines: Source | None = None
        self.source = ""
        self.source_name = ""
        self.entry_name: str | None = None

    def new_function(self, name: str, results: Sequence[Type] = ()) -> Function:
        """A new empty function of this module."""
        assert name not in self.functions
        function = Function(name, results, self)
        self.functions[name] = function
        return function

    def new_span(self, line: int, column: int, end_line: int, end_column: int) -> int:
        """Put a span into the table; gives its index."""
        self.spans.append(Span(line, column, end_line, end_column))
        return len(self.spans) - 1

    def new_site(self, kind: str, span: int = NO_SPAN, detail: int | str | None = None) -> int:
        """Put a trap site into the table; gives its index."""
        self.sites.append(Site(kind, span, detail))
        return len(self.sites) - 1

    def span(self, index: int) -> Span | None:
        """The span at an index; None for `NO_SPAN`."""
        if index < 0:
            return None
        found = self.spans[index]
        if not isinstance(found, Span):
            if self._lines is None or self._lines.text is not self.source:
                from ssair.diagnostics import Source

                self._lines = Source(self.source)
            found = self.spans[index] = Span(*self._lines.stretch(*found))
        return found

    def entry(self, name: str | None = None) -> Function:
        """The function asked for, else `main`, else the last one; KeyError if there is none."""
        if name is None:
            name = self.entry_name or ("main" if "main" in self.functions else next(reversed(self.functions), None))
        if name is None or name not in self.functions:
            raise KeyError(name)
        return self.functions[name]

    def clone(self) -> Module:
        """A deep copy with the same ids, which shares nothing that a pass may change."""
        from ssair.clone import clone_module

        return clone_module(self)

    def __deepcopy__(self, memo: object) -> Module:
        return self.clone()

    def __reduce__(self) -> tuple[Callable[..., Module], tuple[object, ...]]:
        """What pickles keep: as `ssair.packed` says, all but the spans of what cannot trap."""
        from ssair.packed import pack_module, unpack_module

        return unpack_module, (pack_module(self),)

    def __str__(self) -> str:
        from ssair.printer import format_module

        return format_module(self)

    def __repr__(self) -> str:
        return f"<module of {len(self.functions)} functions>"


def replace_operands(terminator: Terminator, rewrite: Callable[[Value], Value]) -> None:
    """Rewrite the operands and block arguments of a terminator; its targets stay."""
    if terminator.args:
        terminator.args = tuple([rewrite(value) for value in terminator.args])
    for edge in terminator.edges:
        if edge.args:
            edge.args = tuple([rewrite(value) for value in edge.args])


def users(function: Function) -> dict[Value, list[Instr | Terminator]]:
    """The instructions and terminators that use each value, in block order, one entry a use; linear."""
    uses: dict[Value, list[Instr | Terminator]] = {}
    for block in function.blocks:
        for instr in block.instrs:
            for value in instr.args:
                uses.setdefault(value, []).append(instr)
        for value in block.end.operands():
            uses.setdefault(value, []).append(block.end)
    return uses
