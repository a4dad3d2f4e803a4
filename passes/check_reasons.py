"""Why a check goes, for whoever asks for remarks: words, and the spans of what in the source it rests on.

A reason is made only when `Context.wants_remarks`. Each takes constant time.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ssair.cfg import incoming_edges
from ssair.context import Context, Reason
from ssair.facts import Fact, FloatFact, IntFact, format_fact
from ssair.ir import NO_SPAN, Instr, Param, Terminator, Value
from ssair.ops import BRANCH, FORALL, REFINE
from ssair.passes.bounds_forms import Atom, Dim, Form, defining_value
from ssair.passes.known_relations import FAR

#: What the operands of a check are called, and how many of them its facts are told of.
_OPERANDS: Final[dict[str, tuple[str, ...]]] = {
    "check_index": ("the index", "the length"),
    "check_nonzero": ("the divisor",),
    "check_exponent": ("the exponent",),
    "check_convert_i32": ("the value",),
    "check_convert_i64": ("the value",),
    "check": ("the condition",),
    "check_nonempty": ("the number of elements",),
    "check_equal": ("the one", "the other"),
    "check_at_least": ("the size", "the least"),
}


def duplicate(leader: Instr) -> Reason:
    """The same has been checked before."""
    return ("has passed the check of ", leader.span)


def explain_proved(check: Instr, context: Context) -> None:
    """Say of a check that facts prove why it goes: if it does because the same has been checked before, that."""
    if not context.wants_remarks:
        return
    leader = _same_check(check)
    if leader is not None:
        context.explain_removal(check, "duplicate", lambda: duplicate(leader))
    else:
        context.explain_removal(check, "proved", lambda: by_facts(check))


def _same_check(check: Instr) -> Instr | None:
    """The check of the same, among those that the operand of a check has come through."""
    rest = [value.origin() for value in check.args[1:]]
    value = check.args[0].find()
    for _ in range(FAR):
        if not isinstance(value, Instr) or not value.op.refines:
            return None
        if value.op is check.op and [other.origin() for other in value.args[1:]] == rest:
            return value
        value = value.args[0].find()
    return None


def by_facts(check: Instr) -> Reason:
    """What is known of the operands, or of the two together by a branch on the way."""
    taught = _teacher_of_relation(check)
    if taught is not None:
        return ("follows from ", taught)
    names = _OPERANDS[check.op.name]
    words = [f"{name} is {_words(value)}" for name, value in zip(names, check.args, strict=False)]
    return ("holds: " + ", ".join(words),)


def by_inequalities(teachers: Iterable[Instr | Terminator | None], in_loop: bool) -> Reason:
    """What inequalities follow from."""
    spans = dict.fromkeys(span for teacher in teachers if (span := _span_of(teacher)) != NO_SPAN)
    parts: list[str | int] = []
    for span in spans:
        parts += [", " if parts else "follows from ", span]
    parts = parts or ["holds by how it is computed"]
    return (*parts, ", whenever the loop comes to it") if in_loop else tuple(parts)


def in_versions(conditions: Iterable[tuple[Form, str]]) -> Reason:
    """Under which conditions, asked in front of a loop, a copy of it runs in which the check is proved."""
    parts: list[str | int] = []
    for form, predicate in conditions:
        parts += [" and " if parts else "is proved in the copy of the loop that runs when "]
        more = [(atom, factor) for atom, factor in form.terms if factor > 0]
        less = [(atom, -factor) for atom, factor in form.terms if factor < 0]
        constant = form.constant
        parts += _sum(more, max(constant, 0) if less else 0)
        parts.append({"le": " <= ", "ne": " != "}[predicate])
        parts += _sum(less, max(-constant, 0) if less else -constant)
    return tuple(parts)


def _sum(terms: list[tuple[Atom, int]], constant: int) -> list[str | int]:
    parts: list[str | int] = []
    for atom, factor in terms:
        parts += [" + "] if parts else []
        parts += [f"{factor} * "] if factor != 1 else []
        parts.append(_name(atom))
    if constant or not parts:
        parts += [" + ", str(constant)] if parts else [str(constant)]
    return parts


def _name(atom: Atom) -> str | int:
    """A parameter or a length by its name, else the span of what computes it."""
    value = defining_value(atom)
    if not isinstance(value, Param) or not value.name:
        return value.span if value.span != NO_SPAN else "something"
    if isinstance(atom, Dim):
        return f"`dim({value.name}, {atom.number})`" if atom.number else f"`len({value.name})`"
    return f"`{value.name}`"


def _span_of(teacher: Instr | Terminator | None) -> int:
    if isinstance(teacher, Terminator) and teacher.op in (BRANCH, FORALL):
        return teacher.span
    return teacher.span if isinstance(teacher, Instr) else NO_SPAN


def _teacher_of_relation(check: Instr) -> int | None:
    """The span of the branch or check that states the relation between the operands of a check."""
    if len(check.args) < 2:
        return None
    value, wanted = check.args[0].find(), check.args[1].origin()
    for _ in range(FAR):
        incoming = incoming_edges(check.block.function)[value.block]
        if not isinstance(value, Instr) or not value.op.refines:
            end = incoming[0].source.end if incoming else None
            is_index = isinstance(value, Param) and end is not None and end.op is FORALL
            return end.span if is_index and end is not None and end.span != NO_SPAN else None
        if len(value.args) > 1 and value.args[1].origin() is wanted:
            taught_by_edge = value.op is REFINE and len(incoming) == 1
            span = incoming[0].source.end.span if taught_by_edge else value.span
            return span if span != NO_SPAN else None
        value = value.args[0].find()
    return None


def _words(value: Value) -> str:
    fact: Fact = value.fact
    if fact.constant is not None:
        return str(fact.constant).lower()
    if isinstance(fact, IntFact):
        known = format_fact(value.type, fact).strip("{}")
        return "not zero" if known == "nonzero" else f"in {known}" if known else "any integer"
    if isinstance(fact, FloatFact):
        lo, hi = fact.magnitude_interval
        return f"from {lo} to {hi}" + (" or not a number" if fact.nan else "")
    return "not known"
