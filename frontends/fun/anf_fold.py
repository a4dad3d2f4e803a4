"""The folding pass of the ANF: removes the needless names and joins that the conversion could not see, in place.

A fragment knows nothing of its surroundings, so an `if` in the arm of an `if` has a join of its own, which only passes
its value on; and where all ways to a join or loop bring the same atom, the parameter is another name for that.  (A
`let` that only renames is never made: anf_conversion lets the name stand for the atom.)

    join J(x)                     jumps to J become jumps to K       join J(x), all jumps bring `a`:
    jump K(x, 1)                  with the same arguments and 1      x is `a` from there on

Afterwards names and labels are numbered in the order of the text.  Linear; one sweep, so that a parameter that becomes
needless only by another one's removal in a later header stays (`gvn` and `clean_cfg` see to it).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ssair.constants import constant_key
from ssair.frontends.fun.anf_nodes import (
    AnfFunction,
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
    Yield,
    walk,
)

Rewrite = Callable[[tuple[Atom, ...]], tuple[Atom, ...]]


def fold(function: AnfFunction) -> int:
    """Remove needless names and joins, then number what is left; gives the number of nodes removed."""
    removed = _drop_joins(list(walk(function.head)))
    _drop_parameters(list(walk(function.head)))
    _number(function)
    return removed


# ---- joins --------------------------------------------------------------------------------------------------------


def _drop_joins(nodes: Sequence[Node]) -> int:
    """Lead the jumps to a join that only jumps on to where that goes; gives the number of nodes removed."""
    passed_on: dict[Target, Jump] = {}
    for node in reversed(nodes):
        if isinstance(node, Join) and isinstance(node.rest, Jump):
            # a join that this one jumps to stands behind it, so that it has been seen, and leads on if it is dropped
            _lead_on(node.rest, passed_on)
            passed_on[node] = node.rest
    if not passed_on:
        return 0
    dropped = set(passed_on.values())
    for node in nodes:
        if isinstance(node, Jump) and node not in dropped:
            _lead_on(node, passed_on)
    for target in passed_on:
        target.jumps = 0
    for node in nodes:
        node.rest = _without(node.rest, passed_on)
        if isinstance(node, Join):
            node.term = _without(node.term, passed_on)
    _count_jumps([node for node in nodes if node not in dropped])
    return 2 * len(passed_on)


def _lead_on(jump: Jump, passed_on: dict[Target, Jump]) -> None:
    following = passed_on.get(jump.target)
    if following is not None:
        given: dict[Atom, Atom] = dict(zip(jump.target.parameters, jump.arguments, strict=True))
        jump.arguments = tuple([given.get(atom, atom) for atom in following.arguments])
        jump.target = following.target


def _without(node: Node | None, passed_on: dict[Target, Jump]) -> Node | None:
    """What stands in the place of a join that is dropped."""
    while isinstance(node, Join) and node in passed_on:
        node = node.term
    return node


def _count_jumps(nodes: Sequence[Node]) -> None:
    for node in nodes:
        if isinstance(node, Target):
            node.jumps = 0
    for node in nodes:
        if isinstance(node, Jump):
            node.target.jumps += 1


# ---- parameters ---------------------------------------------------------------------------------------------------


def _drop_parameters(nodes: Sequence[Node]) -> None:
    """Replace the parameters that always get the same atom."""
    jumps = _jumps_by_target(nodes)
    values: dict[Name, Atom] = {}

    def now(atoms: tuple[Atom, ...]) -> tuple[Atom, ...]:
        return tuple([values.get(atom, atom) if isinstance(atom, Name) else atom for atom in atoms])

    for target, ways in jumps.items():
        arguments = [now(jump.arguments) for jump in ways]
        if isinstance(target, Loop):
            arguments.append(now(target.initial))
        kept = []
        for position, parameter in enumerate(target.parameters):
            value = _only_value(parameter, [row[position] for row in arguments])
            if value is None:
                kept.append(position)
            else:
                values[parameter] = value
        if len(kept) < len(target.parameters):
            _keep(target, ways, kept)
    if values:
        for node in nodes:
            _rewrite(node, now)


def _jumps_by_target(nodes: Sequence[Node]) -> dict[Target, list[Jump]]:
    """The joins and loops in the order of the text, each with the jumps to it."""
    jumps: dict[Target, list[Jump]] = {node: [] for node in nodes if isinstance(node, Target)}
    for node in nodes:
        if isinstance(node, Jump):
            jumps[node.target].append(node)
    return jumps


def _only_value(parameter: Name, arguments: Sequence[Atom]) -> Atom | None:
    """The one atom that the parameter gets, but for itself; None if there are several."""
    found: Atom | None = None
    for atom in arguments:
        if atom is parameter or atom is found:
            continue
        if found is not None and not _same_constant(atom, found):
            return None
        found = atom
    return found


def _same_constant(left: Atom, right: Atom) -> bool:
    if not (isinstance(left, Constant) and isinstance(right, Constant)):
        return False
    return constant_key(left.type, left.value) == constant_key(right.type, right.value)


def _keep(target: Target, ways: Sequence[Jump], kept: Sequence[int]) -> None:
    target.parameters = tuple([target.parameters[position] for position in kept])
    if isinstance(target, Loop):
        target.initial = tuple([target.initial[position] for position in kept])
    for jump in ways:
        jump.arguments = tuple([jump.arguments[position] for position in kept])


def _rewrite(node: Node, now: Rewrite) -> None:
    """Rewrite the operands of a node."""
    if isinstance(node, Let):
        node.operands = now(node.operands)
    elif isinstance(node, Jump):
        node.arguments = now(node.arguments)
    elif isinstance(node, Branch):
        (node.condition,) = now((node.condition,))
    elif isinstance(node, Done | Yield):
        node.values = now(node.values)
    elif isinstance(node, Loop):
        node.initial = now(node.initial)
    elif isinstance(node, Forall):
        node.extents, node.lengths = now(node.extents), now(node.lengths)


# ---- numbers ------------------------------------------------------------------------------------------------------


def _number(function: AnfFunction) -> None:
    """Name what has no name of its own `%1`, `%2`, … and label joins and loops."""
    names = labels = 0
    for node in walk(function.head):
        if isinstance(node, Target):
            labels += 1
            node.text = f"{'loop' if isinstance(node, Loop) else 'join'}{labels}"
        for name in _names_of(node):
            if not name.text:
                names += 1
                name.text = f"%{names}"


def _names_of(node: Node) -> tuple[Name, ...]:
    if isinstance(node, Let):
        return node.names
    if isinstance(node, Target):
        return node.parameters
    if isinstance(node, Forall):
        return (*node.names, *node.indices)
    return ()
