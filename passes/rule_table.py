"""The rules ready to be matched: by operation, and by what kinds of operands they could hold for.

`cases` is a memo keyed by the operation and the kinds of its operands (a known scalar, or what operation defines it),
so that most instructions are settled by one look-up. Who asks keeps the `kind` of each value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from ssair.constants import scalar_key
from ssair.facts import Scalar
from ssair.ir import Instr, Value
from ssair.ops import CONST, Op
from ssair.passes.array_rules import ARRAY_RULES
from ssair.passes.known_relations import KnownRelations
from ssair.passes.patterns import (
    Literal,
    Operation,
    Pattern,
    Variable,
    commuted,
    parse_pattern,
    parse_rule_pattern,
    variables,
)
from ssair.passes.replacement import Replacement
from ssair.passes.rules import RULES, Rule
from ssair.passes.scalar_rules import RELATIONAL, SCALAR_RULES
from ssair.types import SCALARS, ArrayType, element_type

#: What an operand is to the table: a known scalar itself if some rule names it, CONST for any other known scalar, else
#: what defines its origin; None for a block parameter or a constant array.
Kind = Scalar | Op | None
#: A rule that no pattern can say.
FurtherRule = Callable[[Instr, KnownRelations], Replacement | None]


class CompiledRule:
    """A rule with one order of its commutative operations.

    Places are numbered: the operands of the instruction, then the operands of those of them that are operations in the
    pattern. So a match looks at a flat list, and tells most of what does not match by the places of a variable that
    stands twice (three times faster than walking the pattern).
    """

    __slots__ = (
        "elements",
        "first",
        "for_arrays",
        "known_below",
        "literals",
        "looks_below",
        "needs_facts",
        "opened",
        "pattern",
        "places",
        "repeated",
        "replacement",
        "rule",
    )

    def __init__(self, rule: Rule, pattern: Operation) -> None:
        self.rule: Final = rule
        self.pattern: Final = pattern
        self.replacement: Final = parse_pattern(rule.replacement)
        names = {variable.name for variable in variables(pattern) if not variable.known}
        self.for_arrays: Final = len(names) == 1 and not isinstance(self.replacement, Literal)
        #: The places of operations, with what they are.
        self.opened: Final = [
            (place, part.op) for place, part in enumerate(pattern.args) if isinstance(part, Operation)
        ]
        parts = list(pattern.args)
        for place, _ in self.opened:
            part = pattern.args[place]
            assert isinstance(part, Operation) and not any(isinstance(arg, Operation) for arg in part.args)
            parts += part.args
        #: The first place of each variable, outer ones first: what binds to the version of which most is known.
        self.places: Final[dict[str, int]] = {}
        #: Places that must be versions of one value.
        self.repeated: Final[list[tuple[int, int]]] = []
        for place, part in enumerate(parts):
            if isinstance(part, Variable) and self.places.setdefault(part.name, place) != place:
                self.repeated.append((self.places[part.name], place))
        #: Whether it holds only where one operand is an operand of another, as x in `sub(add(x, y), x)`.
        self.looks_below: Final = any(place < len(pattern.args) <= other for place, other in self.repeated)
        #: Whether it holds only where something is known of an operand: no condition holds of what nothing is known of.
        self.needs_facts: Final = rule.condition is not None and not self.opened
        #: The place of the variable whose kind is the rule's, and the types of such.
        self.first: Final = self.places[next(variables(pattern)).name]
        self.elements: Final = frozenset(type for type in SCALARS if type.kind in rule.kinds)
        #: The places below operands that must be known; of operands their kinds tell.
        self.known_below: Final = [
            place
            for place, part in enumerate(parts)
            if place >= len(pattern.args) and isinstance(part, Variable) and part.known
        ]
        self.literals: Final = [(place, part.value) for place, part in enumerate(parts) if isinstance(part, Literal)]

    @property
    def is_of_one_value(self) -> bool:
        """Whether it holds only where the first two operands are of one origin."""
        args = self.pattern.args
        return len(args) > 1 and isinstance(args[0], Variable) and args[0] == args[1]

    def match(self, instr: Instr, origin: Callable[[Value], Value]) -> tuple[Value, ...] | None:
        """The values at the places, if the rule holds for `instr`.

        Requires that neither it nor what it is made of uses what has been replaced, and that its operands are of kinds
        that it is a candidate for.
        """
        if instr.type.__class__ is ArrayType and not self.for_arrays:
            return None
        values = instr.args
        for place, op in self.opened:
            definition = origin(values[place])
            if not isinstance(definition, Instr) or definition.op is not op:
                return None
            values += definition.args
        for place, other in self.repeated:
            if origin(values[place]) is not origin(values[other]):
                return None
        for place in self.known_below:
            if known_scalar(values[place]) is None:
                return None
        for place, wanted in self.literals:
            known = known_scalar(values[place])
            if known is None or not _is_literal(wanted, known):
                return None
        type = values[self.first].type
        if type not in self.elements and element_type(type) not in self.elements:
            return None
        condition = self.rule.condition
        if condition is not None and not condition({name: values[place] for name, place in self.places.items()}):
            return None
        return values


def _fits(pattern: Pattern, kind: Kind) -> bool:
    """Whether a pattern may match an operand of a kind; `==` holds of more scalars than are the same, which is safe."""
    if isinstance(pattern, Operation):
        return kind is pattern.op
    if isinstance(pattern, Literal):
        return kind == pattern.value
    return not pattern.known or is_known(kind)


def is_known(kind: Kind) -> bool:
    """Whether operands of a kind are known scalars."""
    return kind is CONST or not (kind is None or isinstance(kind, Op))


def _is_literal(wanted: Scalar, known: Scalar) -> bool:
    if isinstance(known, float):
        return not isinstance(wanted, bool) and scalar_key(float(wanted)) == scalar_key(known)
    return wanted.__class__ is known.__class__ and wanted == known


def known_scalar(value: Value) -> Scalar | None:
    """The one value that a scalar can have; None if it can have several, and for arrays."""
    return value.fact.constant if value.type.__class__ is not ArrayType else None


class Case:
    """What instructions of one operation on operands of the same kinds have in common."""

    __slots__ = (
        "all_known",
        "asks_below",
        "asks_facts",
        "asks_relations",
        "candidates",
        "further",
        "known_first",
        "settled_if_apart",
    )

    def __init__(
        self, op: Op, kinds: Sequence[Kind], candidates: tuple[CompiledRule, ...], further: FurtherRule | None
    ) -> None:
        known = [is_known(kind) for kind in kinds]
        self.all_known: Final = bool(known) and all(known)
        #: Whether of two operands only the first is known.
        self.known_first: Final = known == [True, False]
        #: The rules that may hold, in the order of the table.
        self.candidates: Final = candidates
        #: The rule that no pattern can say.
        self.further: Final = further
        #: Whether no rule holds unless one of these is so: one of two operands is an operand of the other,
        self.asks_below: Final = any(rule.looks_below for rule in candidates)
        #: something is known of an operand,
        self.asks_facts: Final = any(rule.needs_facts for rule in candidates)
        #: or a relation of the two is known.
        self.asks_relations: Final = further is not None
        self.settled_if_apart: Final = (
            op.pure
            and not (self.all_known or self.known_first)
            and all(rule.looks_below or rule.needs_facts for rule in candidates)
            and (further is None or further in RELATIONAL)
        )


class _Cases(dict[tuple[Op, bool, *tuple[Kind, ...]], Case]):
    """The cases that have come up so far."""

    def __init__(self, table: RuleTable) -> None:
        super().__init__()
        self._table: Final = table

    def __missing__(self, key: tuple[Op, bool, *tuple[Kind, ...]]) -> Case:
        op, same, *kinds = key
        found = self[key] = Case(op, kinds, self._table.candidates(op, kinds, same), self._table.further.get(op))
        return found


class RuleTable:
    """The rules by operation."""

    def __init__(self, rules: Iterable[Rule], further: Mapping[Op, FurtherRule]) -> None:
        self.further: Final = further
        self._by_op: dict[Op, list[CompiledRule]] = {}
        for rule in rules:
            for pattern in commuted(parse_rule_pattern(rule.pattern)):
                self._by_op.setdefault(pattern.op, []).append(CompiledRule(rule, pattern))
        #: Of the rules of an operation, those that hold only for two operands of one origin, as bits.
        self._of_one_value = {
            op: sum(1 << number for number, rule in enumerate(rules) if rule.is_of_one_value)
            for op, rules in self._by_op.items()
        }
        #: Of the rules of an operation, those that may hold where an operand at a place is of a kind. There are far
        #: fewer of these than cases: asking all rules in each case took a quarter of `simplify` on 10,000 instructions.
        self._fitting: dict[tuple[Op, int, Kind], int] = {}
        self._named = frozenset(_literals(rule.pattern for rules in self._by_op.values() for rule in rules))
        #: What the table has for an operation on operands of some kinds: by the operation, whether the first two are of
        #: one origin, and the kinds. Nothing is asked more often, so this is a dict that fills itself: a third of a
        #: call's time.
        self.cases: Final = _Cases(self)

    def kind(self, value: Value, origin: Value) -> Kind:
        """What `value`, a version of `origin`, is to the table."""
        known = value.fact.constant
        if known is not None and value.type.__class__ is not ArrayType:
            return known if known in self._named else CONST
        if not isinstance(origin, Instr):
            return None
        op = origin.op
        return op if op is not CONST else None

    def candidates(self, op: Op, kinds: Sequence[Kind], same: bool) -> tuple[CompiledRule, ...]:
        """The rules that may hold for operands of these kinds, in the table's order; `same` if the first two operands
        are of one origin."""
        rules = self._by_op.get(op)
        if rules is None:
            return ()
        found = -1 if same else ~self._of_one_value[op]
        for place, kind in enumerate(kinds):
            found &= self._fits_at(op, place, kind)
        return tuple([rule for number, rule in enumerate(rules) if found >> number & 1])

    def _fits_at(self, op: Op, place: int, kind: Kind) -> int:
        found = self._fitting.get((op, place, kind))
        if found is None:
            rules = enumerate(self._by_op[op])
            found = sum(1 << number for number, rule in rules if _fits(rule.pattern.args[place], kind))
            self._fitting[op, place, kind] = found
        return found


def _literals(patterns: Iterable[Pattern]) -> Iterator[Scalar]:
    for pattern in patterns:
        if isinstance(pattern, Literal):
            yield pattern.value
        elif isinstance(pattern, Operation):
            yield from _literals(pattern.args)


RULE_TABLE: Final = RuleTable(RULES, {**SCALAR_RULES, **ARRAY_RULES})
