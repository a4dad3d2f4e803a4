"""Seeded modules of the IR to test passes with: valid, ending, and directed at what optimisers get wrong.

`generate_module(seed)` gives a module with the function `@main`: mostly structured code with planted rewrite rules
(`ssair.testing.ssa_regions`), now and then a random graph with irreducible cycles, code that uses memory, indices whose
checks are nearly proved, small functions that call each other, operations where intervals end, loops written twice, or
arms that compute the same of what each knows.
Equal seeds give equal modules. About half a millisecond a module, since no text is written or read.

Example:
    >>> str(generate_module(7)) == str(generate_module(7))
    True
"""

from __future__ import annotations

from random import Random
from typing import Final

from ssair.builder import Builder
from ssair.ir import Function, Module
from ssair.testing.arm_modules import arm_module
from ssair.testing.call_modules import call_module
from ssair.testing.carry_modules import carry_module
from ssair.testing.choices import Choices, SeededChoices
from ssair.testing.corner_modules import corner_module
from ssair.testing.ending_modules import ending_module
from ssair.testing.graph_modules import USUAL, Shape, graph_module
from ssair.testing.inequality_modules import inequality_module
from ssair.testing.memory_modules import Theme, memory_module
from ssair.testing.nest_modules import nest_module
from ssair.testing.proof_modules import proof_module
from ssair.testing.range_modules import Kind, range_module
from ssair.testing.rule_modules import rule_module
from ssair.testing.ssa_operations import SCALARS, VECTORS
from ssair.testing.ssa_regions import Regions
from ssair.testing.ssa_values import Values
from ssair.testing.twin_modules import ARRAYS, LOOPS, twin_module
from ssair.testing.waiting_modules import waiting_module
from ssair.types import BOOL, F64, I64, Type

DEFAULT_SIZE: Final = 16
"""How many statements `@main` has, roughly; most are one instruction and its constants."""
_DEPTH: Final = 3
_MOST_ROUNDS: Final = 15
_WAITING_EVERY: Final = 100  # they take long
_MOST_TURNS: Final = 1000
_FREE_WAYS: Final = (0.0, 0.3, 1.0)


def generate_module(
    seed: int, size: int = DEFAULT_SIZE, *, exact_floats: bool = False, endless: bool = False
) -> Module:
    """The module of a seed; `exact_floats` as for `generate_program`, and then it uses no memory: for kernels.

    With `endless`, some modules have a loop that never ends, which some of their calls come to: run them with a limit.
    """
    return write_module(SeededChoices(seed), size, exact_floats=exact_floats, endless=endless)


def write_module(
    choices: Choices, size: int = DEFAULT_SIZE, *, exact_floats: bool = False, endless: bool = False
) -> Module:
    """The module of a source of decisions."""
    if endless and choices.below(_WAITING_EVERY) == 1:
        make = (waiting_module, ending_module)[choices.below(2)]
        return make(ChoicesRandom(choices))
    way = choices.below(16)
    if way == 15:
        shape = Shape(free_ways=_FREE_WAYS[choices.below(len(_FREE_WAYS))]) if endless else USUAL
        return _with_small_budget(graph_module(ChoicesRandom(choices), shape))
    if way in (13, 14) and not exact_floats:
        return memory_module(ChoicesRandom(choices), size)
    if way == 12:
        return inequality_module(ChoicesRandom(choices))
    if way == 11:
        return call_module(ChoicesRandom(choices), endless=endless)
    if way == 10:
        return _dense_module(choices, size, exact_floats)
    types = [SCALARS[choices.below(len(SCALARS))] for _ in range(2 + choices.below(3))]
    types += [VECTORS[choices.below(len(VECTORS))] for _ in range(choices.below(3))]
    return structured_module(choices, size, types, exact_floats=exact_floats, endless=endless and choices.below(4) == 0)


def _dense_module(choices: Choices, size: int, exact_floats: bool) -> Module:
    """Much of one kind: what is equal or nearly so, comparisons nearly decided, operations where intervals end."""
    way = choices.below(6)
    if way > 3 and not exact_floats:
        return _planned_module(choices)
    if way == 3:
        return structured_module(choices, size, exact_floats=exact_floats, repetitive=True)
    if way == 2:
        return twin_module(ChoicesRandom(choices))
    if way == 1 and not exact_floats:
        return inequality_module(ChoicesRandom(choices), asking=True)
    mostly: tuple[Kind, ...] = ("operations", "rules", "sums")
    return range_module(choices, size, integers=exact_floats, mostly=mostly[choices.below(3)])


def _planned_module(choices: Choices) -> Module:
    """What is written for one kind of bug.

    Work that arms share, carries that begin equal, calls, loops done twice, cells that there may not be or that one
    loop uses, and everything in its turn, at the ends of what is known, of what proofs go by, of the table of rules.
    """
    random, way = ChoicesRandom(choices), choices.below(13)
    if way < 4:
        return arm_module(random)
    if way < 6:
        return (carry_module, nest_module)[way - 4](random)
    if way < 8:
        return twin_module(random, (LOOPS, ARRAYS)[way - 6])
    if way < 10:
        themes: tuple[Theme, ...] = ("beyond", "meddling")
        return memory_module(random, mostly=themes[way - 8])
    first = choices.below(_MOST_TURNS)
    return (corner_module, proof_module, rule_module)[way - 10](choices, first)


def _with_small_budget(module: Module) -> Module:
    """A random graph that goes round few times, whatever its first argument is."""
    main = module.functions["main"]
    budget = main.params[0]
    most = main.new_instr("const", type=I64, aux=_MOST_ROUNDS)
    few = main.new_instr("and", (budget, most))
    main.replace(budget, few)
    for place, instr in enumerate((most, few)):
        main.entry.insert(place, instr)
    few.args = (budget, most)
    return module


def structured_module(
    choices: Choices,
    size: int = DEFAULT_SIZE,
    parameters: tuple[Type, ...] | list[Type] = (I64, I64, F64, BOOL),
    *,
    exact_floats: bool = False,
    endless: bool = False,
    repetitive: bool = False,
) -> Module:
    """Structured control flow; `@main` takes these types and gives an i64, an f64 and one more value.

    Where it is `repetitive`, most of it is computed twice, or something that looks like it.
    """
    module = Module()
    module.entry_name = "main"
    helpers: list[Function] = []
    for number in range(max(0, choices.below(5) - 2)):
        types = [SCALARS[choices.below(len(SCALARS))] for _ in range(1 + choices.below(2))]
        results = [SCALARS[choices.below(len(SCALARS))] for _ in range(1 + choices.below(2))]
        helper = module.new_function(f"f{number}", results)
        _fill(helper, choices, size // 5, types, helpers, 1, exact_floats)
        helpers.append(helper)
    main = module.new_function("main", [I64, F64, SCALARS[choices.below(len(SCALARS))]])
    _fill(main, choices, size, parameters, helpers, _DEPTH, exact_floats, endless=endless, repetitive=repetitive)
    return module


def _fill(
    function: Function,
    choices: Choices,
    size: int,
    parameters: tuple[Type, ...] | list[Type],
    callees: list[Function],
    depth: int,
    exact: bool,
    *,
    endless: bool = False,
    repetitive: bool = False,
) -> None:
    builder = Builder(function)
    values = Values(choices, builder, exact=exact)
    for type in parameters:
        values.declare(builder.param(type))
    Regions(values, function.module, list(callees), size, endless=endless, repetitive=repetitive).body(depth)
    builder.ret(*[values.pick(type) for type in function.results])


class ChoicesRandom(Random):
    """Decisions as numbers of Python's generator: what is written for one runs on the other, and shrinks."""

    def __init__(self, choices: Choices) -> None:
        super().__init__(0)
        self._share = choices.share

    def random(self) -> float:
        """A number from 0 up to 1: `randrange(16)` looks at the last bits."""
        return self._share()
