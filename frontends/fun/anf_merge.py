"""The functions of a group as one loop, whose first state says which of them is running.

    fn even(n: i64) -> bool = if n == 0 then true else odd(n - 1)
    fn odd(n: i64) -> bool = if n == 0 then false else even(n - 1)

    fn even.loop(state: i64, n: i64)        fn even(n: i64)
      loop1(state' = state, n' = n)           let %1 = call even.loop(0, n)
      if state' < 1                           done %1
        … jump loop1(1, n' - 1)
      else                                  fn odd(n: i64)
        … jump loop1(0, n' - 1)               let %1 = call even.loop(1, n)
      …                                       done %1

The members share the loop's other states, the slots: one for each type (and shape) as often as a member has it.  A jump
gives those that its callee has no use for what they have already; a member that is called gives them zeros.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from ssair import types as ir_types
from ssair.frontends.fun import ast
from ssair.frontends.fun.anf_arms import branch_on, fill_arms
from ssair.frontends.fun.anf_conversion import Conversion
from ssair.frontends.fun.anf_entry import check_parameters, declare_parameters
from ssair.frontends.fun.anf_fragment import Fragment, integer
from ssair.frontends.fun.anf_groups import Group
from ssair.frontends.fun.anf_nodes import AnfFunction, Arm, Atom, Done, Join, Let, Loop, Name, Node, Parameter
from ssair.frontends.fun.anf_operators import zero
from ssair.frontends.fun.anf_restart import is_static, name_of
from ssair.frontends.fun.anf_signature import signature_of
from ssair.frontends.fun.anf_types import components, flat_types
from ssair.frontends.fun.types import ArrayType, Type
from ssair.types import I64, element_type, rank

#: The type of a slot, and its dimensions: numbers of the group's sizes, or as (n,) the length n.
_Kind = tuple[ir_types.Type, tuple[int | tuple[int], ...]]


@dataclass(slots=True)
class Slots:
    """The slots of a group, and which of them each member's parameters take (static ones none)."""

    kinds: list[_Kind] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    places: dict[ast.Function, list[int]] = field(default_factory=dict)


def slots_of(group: Group) -> Slots:
    """Share slots among the members, the first of a kind by the first parameters of that kind."""
    slots = Slots()
    by_kind: dict[_Kind, list[int]] = {}
    for member in group.members:
        used: dict[_Kind, int] = {}
        places: list[int] = []
        for name, type in _states(member):
            kind = _kind(type, group.sizes[member])
            same = by_kind.setdefault(kind, [])
            position = used.get(kind, 0)
            used[kind] = position + 1
            if position == len(same):
                same.append(len(slots.kinds))
                slots.kinds.append(kind)
                slots.names.append(name)
            places.append(same[position])
        slots.places[member] = places
    return slots


def _states(member: ast.Function) -> list[tuple[str, Type]]:
    """The components of the parameters that are not static, each with a name."""
    return [
        (parameter.binding.name, type)
        for parameter in member.parameters
        if not is_static(parameter)
        for type in components(parameter.type)
    ]


def _kind(type: Type, sizes: dict[str, int]) -> _Kind:
    (flat,) = flat_types(type)
    dims: list[int | tuple[int]] = []
    for dim in type.dims if isinstance(type, ArrayType) else ():
        name = name_of(dim)
        assert name is not None or dim.constant is not None, "a parameter's dimension is a name or a number"
        dims.append(sizes[name] if name is not None else (dim.constant or 0,))
    return flat, tuple(dims)


def merged_name(group: Group) -> str:
    """The name of the function that the members become; no function of a program has such a name."""
    return f"{group.members[0].name}.loop"


class _Merged:
    """The loop of a group; a `Restart`."""

    def __init__(self, group: Group, slots: Slots, loop: Loop) -> None:
        self.group = group
        self.slots = slots
        self.loop = loop

    def arguments(self, call: ast.Call, values: Sequence[tuple[Atom, ...]]) -> tuple[Atom, ...] | None:
        """The state of the callee, and the slots with its arguments."""
        if call not in self.group.jumps or call.function is None:
            return None
        slots: list[Atom] = list(self.loop.parameters[1:])
        _put(slots, self.slots.places[call.function], call.function, values)
        return (integer(self.group.numbers[call.function]), *slots)


def _put(slots: list[Atom], places: Sequence[int], member: ast.Function, values: Sequence[tuple[Atom, ...]]) -> None:
    """Put the values of a member's parameters into its slots."""
    states = [
        atom
        for parameter, atoms in zip(member.parameters, values, strict=True)
        if not is_static(parameter)
        for atom in atoms
    ]
    for place, atom in zip(places, states, strict=True):
        slots[place] = atom


# ---- the loop -----------------------------------------------------------------------------------------------------


def merge(group: Group, slots: Slots, conversion: Conversion) -> AnfFunction:
    """The function that the members of a group become."""
    first = group.members[0]
    state = Name(I64, "state")
    texts = _distinct(["state", *slots.names, *_size_names(group)])
    initial = [Name(kind[0], text) for kind, text in zip(slots.kinds, texts[1:], strict=False)]
    sizes = [Name(I64, text) for text in texts[1 + len(initial) :]]
    states = tuple([Name(name.type, f"{name.text}'") for name in (state, *initial)])
    loop = Loop(first.body.span, states, (state, *initial))
    conversion.restart = _Merged(group, slots, loop)
    head = Arm(first.span)
    code = Fragment()
    code.add(head)
    code.add(loop)
    for member in group.members:
        conversion.plan(_begin_member, (member, slots.places[member], group.sizes[member], states[1:], sizes))
        conversion.plan_value(member.body)
    conversion.run()
    results = flat_types(first.result)
    _choose(code, states[0], conversion.take(len(group.members)), group, results)
    parameters = [Parameter(name, first.name_span, False) for name in (state, *initial)]
    parameters += [Parameter(name, first.name_span, True) for name in sizes]
    return AnfFunction(merged_name(group), tuple(parameters), results, None, head, first.name_span)


def _size_names(group: Group) -> list[str]:
    """For each size of a group the name that its first member with such a size has for it."""
    names = [""] * group.size_count
    for member in reversed(group.members):
        for name, number in group.sizes[member].items():
            names[number] = name
    return names


def _distinct(names: Sequence[str]) -> list[str]:
    """Names with a number behind those that occur before; no variable of a program has such a name."""
    taken: set[str] = set()
    texts: list[str] = []
    for number, name in enumerate(names):
        texts.append(f"{name}.{number}" if name in taken else name)
        taken.add(name)
    return texts


_Member = tuple[ast.Function, list[int], dict[str, int], tuple[Name, ...], list[Name]]


def _begin_member(conversion: Conversion, place: _Member) -> None:
    """Bind the parameters and size names of a member to the slots and sizes of the group."""
    member, places, numbers, states, sizes = place
    conversion.prefix = f"{member.name}."
    conversion.sizes = {name: sizes[number] for name, number in numbers.items()}
    for binding in member.size_names:
        conversion.values[binding] = (conversion.sizes[binding.name],)
    following = iter(places)
    for parameter in member.parameters:
        if is_static(parameter):
            conversion.values[parameter.binding] = (conversion.sizes[parameter.binding.name],)
        else:
            count = len(components(parameter.type))
            conversion.values[parameter.binding] = tuple([states[next(following)] for _ in range(count)])


def _choose(
    code: Fragment, state: Name, bodies: Sequence[Fragment], group: Group, results: tuple[ir_types.Type, ...]
) -> None:
    """Go on in the body of the member that `state` says, found by halving; what they give is the result."""
    names = tuple([Name(type) for type in results])
    span = group.members[0].body.span
    join = Join(span, names)
    first: Node | None = None
    work: list[tuple[Arm | None, int, int]] = [(None, 0, len(bodies))]
    while work:
        arm, begin, end = work.pop()
        if end - begin == 1:
            assert arm is not None
            fill_arms(arm, deque((arm,)), bodies[begin], join, group.members[begin].body.span)
            continue
        middle = (begin + end) // 2
        choice = Fragment()
        test = branch_on(choice, choice.let("lt", (state, integer(middle)), span), span)
        if arm is None:
            first = test.first
        else:
            arm.rest = test.first
        (positive,), (negative,) = test.positive, test.negative
        work += [(negative, middle, end), (positive, begin, middle)]
    assert first is not None
    if join.jumps:
        join.term = first
        code.add(join)
        code.end(Done(span, names))
    else:
        code.end(first)


# ---- its members --------------------------------------------------------------------------------------------------


def delegate(function: ast.Function, group: Group, slots: Slots, conversion: Conversion) -> AnfFunction:
    """A member of a group as a call of the loop."""
    parameters = declare_parameters(conversion, function)
    head, span = Arm(function.span), function.name_span
    code = Fragment()
    code.add(head)
    check_parameters(conversion, code, function)
    sizes: list[Atom] = [integer(0)] * group.size_count
    for name, number in group.sizes[function].items():
        sizes[number] = conversion.sizes[name]
    used = set(slots.places[function])
    values: list[Atom] = [
        integer(0) if number in used else _nothing(code, kind, sizes, function)
        for number, kind in enumerate(slots.kinds)
    ]
    given = [conversion.value_of(parameter.binding) for parameter in function.parameters]
    _put(values, slots.places[function], function, given)
    state = integer(group.numbers[function])
    results = tuple([Name(type) for type in flat_types(function.result)])
    code.add(Let(span, results, "call", (state, *values, *sizes), merged_name(group)))
    code.end(Done(span, results))
    return AnfFunction(
        function.name, parameters, flat_types(function.result), signature_of(function), head, function.name_span
    )


def _nothing(code: Fragment, kind: _Kind, sizes: Sequence[Atom], function: ast.Function) -> Atom:
    """What a slot has that a member does not use: zeros of the right shape."""
    type, dims = kind
    value = zero(element_type(type))
    if not rank(type):
        return value
    lengths = [integer(*dim) if isinstance(dim, tuple) else sizes[dim] for dim in dims]
    return code.let("full", (value, *lengths), function.name_span)
