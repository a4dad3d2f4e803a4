"""Seeded programs to test ssair with: well-typed, terminating, and directed at what optimisers get wrong.

`generate_program(seed)` gives the source text of a Fun program that parses, checks and ends, and the
program gives inputs drawn from its own constants. Equal seeds give equal programs, on every platform
and in every process. About a millisecond a program of the default size.

The approach is that of Csmith (X. Yang, Y. Chen, E. Eide and J. Regehr, 2011): a typed grammar walked
at random, safe by construction. It is directed as well: left sides of rewrite rules and their near
misses are planted, expressions are written again later and in other arms, and tests that hold are
asked again. No undefined behaviour needs to be avoided, since Fun has none: a trap is a result.

Example:
    >>> program = generate_program(7)
    >>> program.entry
    'main'
    >>> program == generate_program(7)
    True
"""

from __future__ import annotations

from dataclasses import dataclass

from ssair.testing import arrays, control, scalars
from ssair.testing.choices import Choices, SeededChoices
from ssair.testing.fun_functions import Parameter, entry, helper, mutual_helpers, recursive_helper
from ssair.testing.literals import SPECIAL_FLOATS, Constant, dtype_of, neighbours, scalar_value
from ssair.testing.recursion import VARIED
from ssair.testing.shadowing import shadowed
from ssair.testing.shapes import FLOATS, ArrayShape
from ssair.testing.writer import Production, Writer

DEFAULT_SIZE = 36
"""How many expressions the entry has, roughly."""

_HELPERS = (helper, recursive_helper, helper, mutual_helpers)
_LENGTHS = (1, 0, 2, 3, 5)


def _table(*rows: tuple[int, Production]) -> tuple[Production, ...]:
    return tuple(production for weight, production in rows for _ in range(weight))


_EVERYWHERE = (
    (3, scalars.remembered), (3, control.conditional), (1, scalars.selection), (2, control.loop),
    (1, control.block), (2, control.call),
)  # fmt: skip
_SCALAR = (*_EVERYWHERE, (2, scalars.element), (1, scalars.guarded_value))

PRODUCTIONS: dict[str, tuple[Production, ...]] = {
    "integer": _table(
        (2, scalars.leaf), (4, scalars.addition), *_SCALAR, (5, scalars.template), (2, scalars.bits),
        (1, scalars.shift), (2, scalars.division), (1, scalars.guarded_division), (1, scalars.negation),
        (1, scalars.power), (2, scalars.extremum), (1, scalars.integer_function), (1, scalars.conversion),
        (1, scalars.length), (1, scalars.reduction), (1, scalars.disputed_sizes),
    ),
    "float": _table(
        (2, scalars.leaf), (5, scalars.addition), *_SCALAR, (4, scalars.template), (1, scalars.negation),
        (1, scalars.power), (2, scalars.extremum), (2, scalars.float_function),
        (2, scalars.float_division), (1, scalars.conversion), (1, scalars.reduction), (1, scalars.disputed_sizes),
    ),
    "template": (scalars.template, scalars.test_template),
    "bool": _table(
        (1, scalars.leaf), (6, scalars.comparison), *_SCALAR, (4, scalars.test_template),
        (4, scalars.implied_test), (3, scalars.logic), (1, scalars.logical_not), (1, scalars.chain),
        (1, scalars.float_test), (1, scalars.conversion), (1, scalars.truth),
    ),
    "vector": _table(
        (2, scalars.leaf), (5, arrays.comprehension), (3, arrays.update), (1, arrays.conditional_update),
        (3, arrays.filling_loop), (1, arrays.swap), (2, arrays.scan), (2, arrays.arithmetic),
        (1, arrays.tests), (1, arrays.function), (1, arrays.division), (1, arrays.conversion),
        (1, arrays.reversal), (1, arrays.row), (1, arrays.listed), (1, arrays.product),
        (2, scalars.remembered), (2, control.conditional), (1, control.loop), (1, control.call),
    ),
    "matrix": _table(
        (2, scalars.leaf), (4, arrays.comprehension), (1, arrays.rows), (3, arrays.update),
        (2, arrays.filling_loop), (1, arrays.arithmetic), (1, arrays.tests), (1, arrays.function),
        (1, arrays.conversion), (1, arrays.reversal), (1, arrays.transposition), (1, arrays.listed),
        (1, arrays.product), (1, scalars.remembered), (1, control.conditional), (1, control.loop),
    ),
}  # fmt: skip
"""The productions for each kind of type, each as often as its weight; the simplest first."""


@dataclass(frozen=True)
class Program:
    """A generated program. `constants` are those that it contains, by type."""

    source: str
    entry: str
    parameters: tuple[Parameter, ...]
    constants: dict[str, tuple[Constant, ...]]

    def arguments(self, seed: int, count: int = 4) -> list[tuple[object, ...]]:
        """`count` argument tuples for the entry: NumPy scalars and arrays, sizes as int."""
        choices = SeededChoices(seed)
        return [draw_arguments(self, choices) for _ in range(count)]


def generate_program(
    seed: int, size: int = DEFAULT_SIZE, *, exact_floats: bool = False, varied: bool = False
) -> Program:
    """The program of a seed. With `exact_floats`, floats are few-bit numbers and special values

    that only pass through operations that do not round: a kernel then gives the same bits. With `varied`, functions
    also recur in ways that a kernel refuses and take tuples, and names hide each other.
    """
    return write_program(SeededChoices(seed), size, exact_floats=exact_floats, varied=varied)


def write_program(
    choices: Choices, size: int = DEFAULT_SIZE, *, exact_floats: bool = False, varied: bool = False
) -> Program:
    """The program of a source of decisions."""
    writer = Writer(choices, PRODUCTIONS, exact=exact_floats)
    helpers = _HELPERS + VARIED if varied else _HELPERS
    texts = [helpers[writer.below(len(helpers))](writer, 1 + size // 5) for _ in range(max(0, writer.below(5) - 1))]
    main, parameters = entry(writer, size)
    constants = {kind: tuple(values.values()) for kind, values in writer.constants.items()}
    source = "\n\n".join([*texts, main]) + "\n"
    return Program(shadowed(source, choices) if varied else source, "main", parameters, constants)


def draw_arguments(program: Program, choices: Choices) -> tuple[object, ...]:
    """Arguments for the entry: lengths agree, values are mostly small or near a constant, and often equal."""
    lengths: dict[str, int] = {}
    used: dict[str, list[Constant]] = {}
    return tuple(_argument(program, parameter, lengths, used, choices) for parameter in program.parameters)


def _argument(
    program: Program,
    parameter: Parameter,
    lengths: dict[str, int],
    used: dict[str, list[Constant]],
    choices: Choices,
) -> object:
    shape = parameter.shape
    if shape == "size":
        return _length(lengths, parameter.name, choices)
    if not isinstance(shape, ArrayShape):
        return scalar_value(shape, _value(program, shape, used, choices))
    import numpy as np

    extents = [_length(lengths, dimension.name, choices) for dimension in shape.dimensions]
    array = np.empty(int(np.prod(extents)), dtype_of(shape.element))
    for position in range(len(array)):
        array[position] = scalar_value(shape.element, _value(program, shape.element, used, choices))
    return array.reshape(extents)


def _length(lengths: dict[str, int], name: str, choices: Choices) -> int:
    if name not in lengths:
        lengths[name] = _LENGTHS[choices.below(len(_LENGTHS))]
    return lengths[name]


def _value(program: Program, kind: str, used: dict[str, list[Constant]], choices: Choices) -> Constant:
    before = used.setdefault(kind, [])
    if before and choices.below(5) == 4:
        return before[choices.below(len(before))]
    value = _new_value(program, kind, choices)
    before.append(value)
    return value


def _new_value(program: Program, kind: str, choices: Choices) -> Constant:
    candidates, way = neighbours(kind, program.constants.get(kind, ())), choices.below(5)
    if way < 2:
        return candidates[choices.below(min(6, len(candidates)))]
    if way == 2 and kind in FLOATS:
        return SPECIAL_FLOATS[choices.below(len(SPECIAL_FLOATS))]
    return candidates[choices.below(len(candidates))]
