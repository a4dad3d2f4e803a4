"""The rules ready to be matched: by operation, and by what kinds of operands they could hold for.

`candidates` answers from a memo keyed by the operation and the kinds of its operands (a known scalar, or what operation
defines it), so that most instructions are settled by one look-up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from ssair.constants import scalar_key
from ssair.facts import Scalar
from ssair.ir import Instr, Value
from ssair.ops import CONST, Op
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
from ssair.passes.rules import RULES, Rule
from ssair.types import ArrayType, ScalarType, element_type

#: What an operand is to the table: a known scalar itself if some rule names it, CONST for any other known scalar, else
#: what defines its origin; None for a block parameter or a constant array.
Kind = Scalar | Op | None
Binding = dict[str, Value]


class CompiledRule:
    """A rule with one order of its commutative operations."""

    __slots__ = ("for_arrays", "pattern", "replacement", "rule")

    def __init__(self, rule: Rule, pattern: Operation) -> None:
        self.rule: Final = rule
        self.pattern: Final = pattern
        self.replacement: Final = parse_pattern(rule.replacement)
        names = {variable.name for variable in variables(pattern) if not variable.known}
        self.for_arrays: Final = len(names) == 1 and not isinstance(self.replacement, Literal)

    def could_match(self, kinds: Sequence[Kind], same: bool) -> bool:
        """Whether operands of these kinds may match; `same` if the first two are of one origin."""
        args = self.pattern.args
        if isinstance(args[0], Variable) and len(args) > 1 and args[0] == args[1] and not same:
            return False
        return all(_fits(arg, kind) for arg, kind in zip(args, kinds, strict=True))

    def match(self, instr: Instr, origin: Callable[[Value], Value]) -> Binding | None:
        """The values of the variables, if the rule holds for `instr`."""
        if isinstance(instr.type, ArrayType) and not self.for_arrays:
            return None
        binding: Binding = {}
        if not _match_args(self.pattern, instr, binding, origin):
            return None
        first = next(variable for variable in variables(self.pattern))
        element = element_type(binding[first.name].type)
        if not isinstance(element, ScalarType) or element.kind not in self.rule.kinds:
            return None
        condition = self.rule.condition
        return binding if condition is None or condition(binding) else None


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


def _match_args(pattern: Operation, instr: Instr, binding: Binding, origin: Callable[[Value], Value]) -> bool:
    """Match operands, variables first, so that they are bound to the version of which most is known."""
    operations = []
    for part, value in zip(pattern.args, instr.args, strict=True):
        value = value.find()
        if isinstance(part, Operation):
            operations.append((part, value))
        elif isinstance(part, Literal):
            known = known_scalar(value)
            if known is None or not _is_literal(part.value, known):
                return False
        elif part.name in binding:
            if origin(binding[part.name]) is not origin(value):
                return False
        elif part.known and known_scalar(value) is None:
            return False
        else:
            binding[part.name] = value
    for part, value in operations:
        definition = origin(value)
        if not isinstance(definition, Instr) or definition.op is not part.op:
            return False
        if not _match_args(part, definition, binding, origin):
            return False
    return True


def _is_literal(wanted: Scalar, known: Scalar) -> bool:
    if isinstance(known, float):
        return not isinstance(wanted, bool) and scalar_key(float(wanted)) == scalar_key(known)
    return wanted.__class__ is known.__class__ and wanted == known


def known_scalar(value: Value) -> Scalar | None:
    """The one value that a scalar can have; None if it can have several, and for arrays."""
    if isinstance(value.type, ArrayType):
        return None
    return value.fact.constant


class RuleTable:
    """The rules by operation."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._by_op: dict[Op, list[CompiledRule]] = {}
        for rule in rules:
            for pattern in commuted(parse_rule_pattern(rule.pattern)):
                self._by_op.setdefault(pattern.op, []).append(CompiledRule(rule, pattern))
        self._named = frozenset(_literals(rule.pattern for rules in self._by_op.values() for rule in rules))
        self._memo: dict[tuple[object, ...], tuple[CompiledRule, ...]] = {}

    def kind(self, value: Value, origin: Callable[[Value], Value]) -> Kind:
        """What an operand is to the table."""
        known = value.fact.constant
        if known is not None and not isinstance(value.type, ArrayType):
            return known if known in self._named else CONST
        source = origin(value)
        if not isinstance(source, Instr) or source.op is CONST:
            return None
        return source.op

    def candidates(self, op: Op, kinds: tuple[Kind, ...], same: bool) -> tuple[CompiledRule, ...]:
        """The rules that may hold for operands of these kinds, in the order of the table."""
        key = (op, kinds, same)
        found = self._memo.get(key)
        if found is None:
            rules = self._by_op.get(op, ())
            found = self._memo[key] = tuple(rule for rule in rules if rule.could_match(kinds, same))
        return found


def _literals(patterns: Iterable[Pattern]) -> Iterator[Scalar]:
    for pattern in patterns:
        if isinstance(pattern, Literal):
            yield pattern.value
        elif isinstance(pattern, Operation):
            yield from _literals(pattern.args)


RULE_TABLE: Final = RuleTable(RULES)
