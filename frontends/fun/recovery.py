"""Where reading goes on after a syntax error: the cheapest repair of the text that the rest of the function bears out.

Requires: the stack of lark's LALR driver at the error, and the tokens from there on.  Ensures: a repair, after which
the driver can go on; or none, and then all up to the next `fn` should be passed over, for a wrong guess would report
errors that are not there.  The driver's stack is neither changed nor copied, and work for one error is bounded.

Repairs are searched in the order of their cost, as in Diekmann & Tratt, "Don't Panic! Better, Fewer, Syntax Errors for
LR Parsers" (2020), who take up Corchuelo, Perez, Ruiz & Toro (2002); but a repair has to prove itself farther ahead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lark.parsers.lalr_analysis import Shift
from lark.parsers.lalr_parser_state import ParserState

WINDOW = 120
"""How many tokens a repair may look ahead."""

_ENOUGH = 12
"""A repair that leads as far as this, without reaching the end of the function, is believed."""

_MOST_STEPS = 60_000
_INSERT, _DELETE, _MOST_COST = 2, 2, 4

_INSERTED = (
    "RPAR", "RSQB", "COMMA", "IN", "THEN", "ELSE", "DO", "EQUAL", "NAME", "PLUS", "LPAR", "LSQB", "COLON", "ARROW",
    "LET", "IF", "FOR", "WHILE", "DOTS", "EQ", "FN", "STRING", "LOOP",
)  # fmt: skip
"""What may be missing, the likelier first; one operand, arithmetic operator and comparison stands for its kind."""

LEFT_OVER: dict[str, tuple[str, ...]] = {
    "LPAR": ("RPAR",),
    "LSQB": ("RSQB", "FOR"),
    "LET": ("EQUAL", "IN"),
    "IF": ("THEN", "ELSE"),
    "THEN": ("ELSE",),
    "LOOP": ("FOR", "WHILE", "DO"),
    "SCAN": ("FOR", "DO"),
    "FOR": ("IN", "DO"),
    "WHILE": ("DO",),
    "{": ("}",),
}
"""What opens something, and what is left over if it is taken away: terminals, and texts that are none."""


@dataclass(frozen=True, slots=True)
class Repair:
    """Terminals to put before the token at fault, and how many tokens to leave out from there on."""

    inserted: tuple[str, ...]
    deleted: int


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack of LALR states that branches off another one; the bottom is the driver's own, up to a height."""

    state: int
    below: Stack | int


class Predictor:
    """What the driver would do, from the stack that it has now."""

    def __init__(self, state: ParserState[Any]) -> None:
        self._states = state.parse_conf.states
        self._end = state.parse_conf.end_state
        self._base: Sequence[int] = state.state_stack
        self.start = Stack(self._base[-1], len(self._base) - 1)
        self.steps_left = _MOST_STEPS

    def after(self, stack: Stack, terminal: str) -> Stack | None:
        """The stack after one more terminal, or None if it cannot stand there."""
        while self.steps_left > 0:
            self.steps_left -= 1
            step = self._states[stack.state].get(terminal)
            if step is None:
                return None
            action, argument = step
            if action is Shift:
                return Stack(argument, stack)
            stack = self._without(stack, len(argument.expansion))
            stack = Stack(self._states[stack.state][argument.origin.name][1], stack)
            if stack.state == self._end:
                return stack
        return None

    def _without(self, stack: Stack, count: int) -> Stack:
        for _ in range(count):
            below = stack.below
            stack = Stack(self._base[below - 1], below - 1) if isinstance(below, int) else below
        return stack

    def acceptable(self) -> Iterator[str]:
        """The terminals that can come next, in the order of their names.

        A key of the table is not enough: a reduction may lead to a state that refuses the terminal after all.
        """
        for terminal in sorted(key for key in self._states[self.start.state] if key.isupper()):
            if self.after(self.start, terminal) is not None:
                yield terminal

    def distance(self, stack: Stack, terminals: Sequence[str], place: int) -> int:
        """How far the terminals can be read from `place` on: the place of the first that cannot."""
        for at in range(place, len(terminals)):
            following = self.after(stack, terminals[at])
            if following is None:
                return at
            stack = following
        return len(terminals)


def best_repair(predictor: Predictor, terminals: Sequence[str]) -> Repair | None:
    """The repair to go on with, if there is one that can be believed.

    `terminals` begins with the one at fault, and ends with `$END` if it reaches the end of the function.
    """
    best: Repair | None = None
    farthest = _ENOUGH
    for repair, stack in _repairs(predictor, terminals):
        reached = predictor.distance(stack, terminals, repair.deleted)
        if reached == len(terminals) and terminals[-1] == "$END":
            return repair
        if reached - repair.deleted > farthest:
            best, farthest = repair, reached - repair.deleted
    return best if predictor.steps_left else None


def _repairs(predictor: Predictor, terminals: Sequence[str]) -> Iterator[tuple[Repair, Stack]]:
    """All repairs that the stack allows, the cheap ones first."""
    fronts: dict[int, list[tuple[Repair, Stack]]] = {0: [(Repair((), 0), predictor.start)]}
    for cost in range(_MOST_COST + 1):
        for repair, stack in fronts.get(cost, ()):
            if cost:
                yield repair, stack
            if cost + _DELETE <= _MOST_COST and repair.deleted + 1 < len(terminals):
                longer = Repair(repair.inserted, repair.deleted + 1)
                fronts.setdefault(cost + _DELETE, []).append((longer, stack))
            if cost + _INSERT <= _MOST_COST and not repair.deleted:
                for terminal in _INSERTED:
                    following = predictor.after(stack, terminal)
                    if following is not None:
                        longer = Repair((*repair.inserted, terminal), 0)
                        fronts.setdefault(cost + _INSERT, []).append((longer, following))
