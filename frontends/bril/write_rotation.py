"""Loops that hand on what they carry from variable to variable: how variables change places from turn to turn.

    rotations = find_rotations(bodies, classes, flow, frequencies)

`a, b = b, a % b` copies in every turn, for what is `b` now is `a` in the next. Where the body stands twice, the two
variables change places between the copies instead. So a rotation tells for each class of values (`coalesce`) in the
variable of which class it is in the next turn, if it was in its own in this one; after as many turns as its order
everything is back where it was.

    rotation.names(0), rotation.names(1), …          by class, the class whose variable it has in a turn

What a turn makes for the next one, and does not need at its head, takes the place of what the turn lost, if they do not
interfere, in all turns.

Requires: `classes` are those of the function as it is. Linear in the parameters of the header and the edges there.
Source: unrolling by the period of copies: after the modulo variable expansion of M. Lam, "Software pipelining" (1988).
"""

from __future__ import annotations

from collections.abc import Mapping
from math import lcm
from typing import Final

from ssair.frontends.bril.coalesce import Classes, is_constant
from ssair.frontends.bril.write_bodies import Body
from ssair.frontends.bril.write_flow import ControlFlow
from ssair.frontends.bril.write_frequencies import Frequencies
from ssair.ir import Block, Edge, Value
from ssair.types import MEM

#: By the leader of a class, that of another one.
Moves = dict[Value, Value]
#: How many instructions a loop that rotates may have.
_LONGEST: Final = 48
#: Of how many turns a loop that rotates is written out.
MOST_TURNS: Final = 4
#: How many copies, to each turn, there must be to spare.
_OFTEN: Final = 0.4


class Rotation:
    """How the classes of a loop change places."""

    def __init__(self, moves: Moves, joined: Moves) -> None:
        self._moves = moves
        self._joined = joined
        self.order = _order(moves)

    def names(self, turn: int) -> Moves:
        """By the leader of each class that has another's variable in a turn, the leader of that."""
        made: Moves = {}
        for value in self._moves:
            place = value
            for _ in range(turn % self.order):
                place = self._moves[place]
            if place is not value:
                made[value] = place
        for value, other in self._joined.items():
            made[value] = made.get(other, other)
        return made


def find_rotations(
    bodies: list[Body], classes: Classes, flow: ControlFlow, frequencies: Frequencies
) -> dict[Body, Rotation]:
    """The loops, of some without cycles in them, for which it pays that variables change places."""
    found = {body: _find(body, classes, flow, frequencies) for body in bodies if body.length <= _LONGEST}
    return {body: rotation for body, rotation in found.items() if rotation is not None}


def _find(body: Body, classes: Classes, flow: ControlFlow, frequencies: Frequencies) -> Rotation | None:
    """The rotation of a loop; None if it spares too few copies to be worth it."""
    header, back = body.header, body.back
    copies = {edge: _copies(edge, classes) for edge in back}
    runs = frequencies.of_edge
    before = sum(len(copies[edge]) * runs[edge] for edge in back)
    often = _OFTEN * frequencies.of_vertex[flow.vertex[header.id]]
    if before < often:
        return None
    hottest = max(back, key=lambda edge: len(copies[edge]) * runs[edge])
    rotation = _rotation(header, copies[hottest], classes)
    if rotation is None:
        return None
    turns = min(rotation.order, MOST_TURNS)
    after = sum(_copies_in_turns(rotation, turns, edge, classes) * runs[edge] for edge in back) / turns
    return rotation if before - after >= often else None


def _copies(edge: Edge, classes: Classes) -> Moves:
    """The classes that an edge copies to, with those that it copies."""
    found: Moves = {}
    for param, arg in zip(edge.target.params, edge.args, strict=True):
        if param.type is not MEM and not is_constant(arg) and classes.are_known(param, arg):
            target, source = classes.leader(param), classes.leader(arg)
            if target is not source:
                found[target] = source
    return found


def _rotation(header: Block, copies: Moves, classes: Classes) -> Rotation | None:
    """The rotation that makes copies needless, as far as they are of values that are not there in the next turn."""
    carried = {classes.leader(param) for param in header.params}
    moves: Moves = {}
    origin: Moves = {}
    for target, source in copies.items():
        stays = source not in copies if source in carried else classes.is_live_in(source, header)
        if not stays and source not in origin:
            moves[target] = source
            origin[source] = target
    joined: Moves = {}
    for last in [source for source in origin if source not in moves]:
        first = last
        while first in origin:
            first = origin[first]
        if classes.may_unite(first, last):
            joined[last] = first
            moves[origin[last]] = first
        else:
            moves[last] = first
    return Rotation(moves, joined) if any(value is not place for value, place in moves.items()) else None


def _order(moves: Mapping[Value, Value]) -> int:
    """After how many turns everything is where it was."""
    order, seen = 1, set[Value]()
    for value in moves:
        length, place = 0, value
        while place not in seen:
            seen.add(place)
            place = moves[place]
            length += 1
        order = lcm(order, max(1, length))
    return order


def _copies_in_turns(rotation: Rotation, turns: int, edge: Edge, classes: Classes) -> int:
    """How many copies an edge back makes in some turns together."""
    count = 0
    for turn in range(turns):
        here, there = rotation.names(turn), rotation.names(turn + 1 if turn + 1 < turns else 0)
        for param, arg in zip(edge.target.params, edge.args, strict=True):
            if param.type is not MEM and not is_constant(arg) and classes.are_known(param, arg):
                target, source = classes.leader(param), classes.leader(arg)
                count += there.get(target, target) is not here.get(source, source)
    return count
