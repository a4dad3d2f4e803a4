"""Seeded modules of loops, comprehensions and straight code that are written twice, and differ in one thing or none.

`@main(i64, i64, bool, i64[:], f64[:,:]) -> (i64, i64, i64, i64)` runs a loop or a comprehension, or computes something,
and does so again, behind that or in the other arm of a branch; the second starts elsewhere, goes on longer, computes
something else, checks more, or is left another way. What is equal in both may be shared, and nothing else.
"""

from __future__ import annotations

from random import Random
from typing import Any, Final, NamedTuple

from ssair.builder import Builder
from ssair.facts import int_fact
from ssair.ir import Module, Value
from ssair.types import BOOL, F64, I64, array_of

_RESULTS: Final = (I64, I64, I64, I64)
_OPERATIONS: Final = ("add", "sub", "mul", "max", "min", "xor")
_TESTS: Final = ("lt", "le", "ne")
_EXTENTS: Final = (2, 3, 1, 0)


#: What `twin_module` may be asked for.
LOOPS: Final = "loops"
ARRAYS: Final = "arrays"


class _Loop(NamedTuple):
    """A loop: where its counter and its state start, how long it runs, what its states are, how it ends."""

    first: int = 0
    given: bool = True
    limit: int = 3
    test: str = "lt"
    operation: str = "add"
    constant: int = 1
    other: str = "xor"
    checked: bool = False
    left: bool = False
    told: bool = True

    def varied(self, random: Random) -> _Loop:
        """One thing is different."""
        name = random.choice(self._fields)
        ways: dict[str, Any] = {
            "first": random.randrange(2),
            "limit": random.randrange(1, 4),
            "test": random.choice(_TESTS[:2]),
            "operation": random.choice(_OPERATIONS),
            "constant": random.randrange(-1, 4),
            "other": random.choice(_OPERATIONS),
        }
        return self._replace(**{name: ways.get(name, not getattr(self, name))})


class _Array(NamedTuple):
    """A comprehension: its extents, what each element is, and whether that is an array itself."""

    rows: int = 0
    columns: int = -1
    operation: str = "add"
    constant: int = 1
    inner: bool = False
    swapped: bool = False

    def varied(self, random: Random) -> _Array:
        """One thing is different."""
        name = random.choice(self._fields)
        ways: dict[str, Any] = {
            "rows": random.randrange(6),
            "columns": random.randrange(-1, 6),
            "operation": random.choice(("sub", *_OPERATIONS)),
            "constant": random.randrange(-1, 4),
        }
        return self._replace(**{name: ways.get(name, not getattr(self, name))})


class _Code(NamedTuple):
    """Straight code: three operations, each on what the one before gives, a check and a line printed or not."""

    first: str = "add"
    second: str = "floordiv"
    third: str = "mod"
    constant: int = 3
    checked: bool = False
    printed: bool = False

    def varied(self, random: Random) -> _Code:
        """One thing is different."""
        name = random.choice(self._fields)
        operations = (*_OPERATIONS, "floordiv", "mod", "rem_trunc")
        ways: dict[str, Any] = dict.fromkeys(("first", "second", "third"), random.choice(operations))
        ways["constant"] = random.randrange(-1, 5)
        return self._replace(**{name: ways.get(name, not getattr(self, name))})


class _Choice(NamedTuple):
    """One of two values, by a test or its opposite."""

    test: str = "lt"
    swapped: bool = False
    constant: int = 0

    def varied(self, random: Random) -> _Choice:
        """One thing is different."""
        name = random.choice(("test", "swapped", "swapped", "constant"))
        ways: dict[str, Any] = {"test": random.choice(("lt", "ge")), "constant": random.randrange(2)}
        return self._replace(**{name: ways.get(name, not self.swapped)})


_Recipe = _Loop | _Array | _Code | _Choice


class _Writer:
    """Builds a module."""

    def __init__(self, random: Random, only: str) -> None:
        self.random = random
        self.only = only
        self.module = Module()
        self.module.entry_name = "main"
        self.builder = builder = Builder(self.module.new_function("main", _RESULTS))
        self.given = [builder.param(I64), builder.param(I64)]
        self.truths = [builder.param(BOOL)]
        vector, matrix = builder.param(array_of(I64, 1)), builder.param(array_of(F64, 2))
        #: Lengths that arrays may have.
        self.lengths = [builder.emit("dim", vector, aux=0), *(builder.emit("dim", matrix, aux=n) for n in range(2))]
        self.made: list[Value] = []
        for _ in range(random.randrange(1, 3)):
            self.pair()
        results = [*self.given, *self.lengths, *self.made][-len(_RESULTS) :]
        builder.ret(*results)

    def constant(self, value: int) -> Value:
        return self.builder.const(I64, value)

    def pair(self) -> None:
        """Two of a kind."""
        random = self.random
        if self.only:
            self.nearly_equal(self.two_loops() if self.only == LOOPS else self.two_arrays())
            return
        loop = _Loop(checked=random.random() < 0.3, left=random.random() < 0.3)
        one: _Recipe = random.choice((_Array(inner=random.random() < 0.3), loop, _Code(), _Choice()))
        for _ in range(random.randrange(4)):
            one = one.varied(random)
        other = one.varied(random) if random.random() < 0.5 else one
        way = random.randrange(4)
        if way < 2:
            self.keep(self.write(one))
            self.keep(self.write(other))
        elif way == 2:
            self.in_arms([one, other])
        else:
            self.in_arms([one, None])
            self.keep(self.write(other))

    def two_loops(self) -> tuple[_Recipe, _Recipe]:
        """Loops that differ in one thing or none, often in what the other has told already."""
        random = self.random
        one = _Loop(told=random.random() < 0.5, left=random.random() < 0.5, constant=random.randrange(-1, 4))
        if random.random() < 0.5:
            one = one.varied(random)
        other = one.varied(random)
        if random.random() < 0.5:
            other = random.choice((one._replace(checked=not one.checked), one._replace(told=not one.told)))
        return one, other

    def two_arrays(self) -> tuple[_Recipe, _Recipe]:
        """Comprehensions that differ in one thing or none."""
        one = _Array(inner=self.random.random() < 0.4).varied(self.random)
        return one, one.varied(self.random)

    def nearly_equal(self, recipes: tuple[_Recipe, _Recipe]) -> None:
        """Two of a kind, one behind the other, where the second may come without the first or not."""
        one, other = recipes
        if self.random.random() < 0.7:
            self.made += [self.write(one), self.write(other)]
            return
        if isinstance(one, _Loop):
            one = one._replace(checked=self.random.random() < 0.7)
        self.in_arms([one, None])
        found = self.write(one)
        if self.random.random() < 0.3:
            self.made.append(found)

    def keep(self, value: Value) -> None:
        """Let a value be a result, or let go of it."""
        if self.random.random() < 0.75:
            self.made.append(value)

    def in_arms(self, recipes: list[_Recipe | None]) -> None:
        """One or two of them in the arms of a branch, which meet."""
        builder = self.builder
        arms, target = [builder.new_block() for _ in recipes], builder.new_block()
        condition = self.random.choice((*self.truths, self.builder.emit("lt", *self.given)))
        builder.branch(condition, arms[0], arms[1])
        for holds, arm, recipe in zip((True, False), arms, recipes, strict=True):
            builder.at(arm).enter_arm(condition, holds)
            builder.jump(target, self.write(recipe) if recipe is not None else self.given[0])
            builder.leave_arm()
        self.keep(builder.at(target).param(I64))

    def write(self, recipe: _Recipe) -> Value:
        if isinstance(recipe, _Code):
            return self.code(recipe)
        if isinstance(recipe, _Choice):
            return self.choice(recipe)
        return self.loop(recipe) if isinstance(recipe, _Loop) else self.array(recipe)

    def choice(self, recipe: _Choice) -> Value:
        """What a block gets over one of two edges."""
        builder = self.builder
        ways = [self.given[0], self.constant(recipe.constant)]
        arms, target = [builder.new_block() for _ in ways], builder.new_block()
        builder.branch(builder.emit(recipe.test, *self.given), arms[0], arms[1])
        for arm, value in zip(arms, ways[::-1] if recipe.swapped else ways, strict=True):
            builder.at(arm).jump(target, value)
        return builder.at(target).param(I64)

    def code(self, recipe: _Code) -> Value:
        """What the operations give."""
        emit, constant = self.builder.emit, self.constant(recipe.constant)
        first = emit(recipe.first, self.builder.newest(self.given[0]), constant)
        if recipe.printed:
            emit("print", first, aux=("", ""))
        if recipe.checked:
            emit("check", emit("ne", first, self.constant(5)), aux=self.module.new_site("assert", detail="no"))
        return emit(recipe.third, emit(recipe.second, first, self.given[1]), constant)

    def loop(self, recipe: _Loop) -> Value:
        """A loop of a few turns with two states, in case the one of the other."""
        builder, emit = self.builder, self.builder.emit
        header, body, again, behind = (builder.new_block() for _ in range(4))
        start = self.given[0] if recipe.given else self.constant(2)
        builder.jump(header, self.constant(recipe.first), start, self.given[1])
        turn, state, other = (builder.param(I64, block=header) for _ in range(3))
        builder.at(header)
        inside = emit(recipe.test, turn, self.constant(recipe.limit + (recipe.test == "ne")))
        result = state if recipe.told else other
        builder.branch(inside, body, behind, (), [result] if recipe.left else ())
        builder.at(body)
        if recipe.checked:
            holds = emit("ne", state, self.constant(recipe.constant))
            emit("check", holds, aux=self.module.new_site("assert", detail="no"))
        following = emit(recipe.operation, state, self.constant(recipe.constant))
        beside = emit(recipe.other, other, emit("add", state, turn))
        if recipe.left:
            stop = emit("eq", following, self.constant(recipe.constant + 2))
            builder.branch(stop, behind, again, [self.constant(recipe.constant)])
        else:
            builder.jump(again)
        builder.at(again)
        builder.jump(header, emit("add", turn, self.constant(1)), following, beside)
        builder.at(behind)
        return builder.param(I64) if recipe.left else result

    def array(self, recipe: _Array) -> Value:
        """The sum of a comprehension, in two dimensions or with arrays for elements, or one of its lengths."""
        builder, emit = self.builder, self.builder.emit
        extents = [self.extent(recipe.rows)]
        if recipe.columns >= 0:
            extents.append(self.extent(recipe.columns))
        body, behind = builder.new_block(), builder.new_block()
        builder.forall(extents, body, behind)
        builder.at(body)
        indices: list[Value] = [builder.param(I64, int_fact(0, (1 << 47) - 1)) for _ in extents]
        builder.enter_scope()
        index = indices[0] if recipe.swapped else indices[-1]
        if recipe.inner:
            index = self.inner(index, extents[0], recipe)
        value: Value = emit(recipe.operation, index, self.constant(recipe.constant))
        if self.only == ARRAYS and self.random.random() < 0.4:
            value = self.given[1]
        builder.yield_(emit("mul", value, self.given[0]))
        builder.leave_arm()
        made = builder.at(behind).param(array_of(I64, len(extents)))
        total = emit("sum", made)
        return emit("add", total, emit("dim", made, aux=len(extents) - 1))

    def inner(self, outer: Value, extent: Value, recipe: _Array) -> Value:
        """The sum of a comprehension in another one, of its indices and the outer one."""
        builder = self.builder
        body, behind = builder.new_block(), builder.new_block()
        builder.forall([extent], body, behind)
        index = builder.at(body).param(I64, int_fact(0, (1 << 47) - 1))
        pair = (outer, index) if recipe.swapped else (index, outer)
        builder.yield_(builder.emit("add", builder.emit(recipe.operation, *pair), self.given[1]))
        return builder.emit("sum", builder.at(behind).param(array_of(I64, 1)))

    def extent(self, number: int) -> Value:
        """A length of an array, or a constant."""
        return self.lengths[number] if number < len(self.lengths) else self.constant(_EXTENTS[number - 3])


def twin_module(random: Random, only: str = "") -> Module:
    """The module of a source of randomness, all of `LOOPS` or of `ARRAYS` where that is asked for."""
    return _Writer(random, only).module
