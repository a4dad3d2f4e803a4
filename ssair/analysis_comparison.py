"""Whether two results of an analysis are the same, whatever they are made of; linear, without recursion."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Final

from ssair.ir import Block, Edge, Function, Instr, Param, Terminator

#: What is the same only as one object.
_ATOMS: Final = (Function, Block, Instr, Param, Edge, Terminator)


def same_result(left: object, right: object) -> bool:
    """Whether containers have the same items in the same order, objects the same fields, and all else is equal."""
    pairs = [(left, right)]
    seen: set[tuple[int, int]] = set()
    while pairs:
        one, other = pairs.pop()
        if one is other or (id(one), id(other)) in seen:
            continue
        if one.__class__ is not other.__class__ or isinstance(one, _ATOMS):
            return False
        seen.add((id(one), id(other)))
        parts, other_parts = _parts(one), _parts(other)
        if parts is None or other_parts is None:
            if one != other:
                return False
        elif len(parts) != len(other_parts):
            return False
        else:
            pairs.extend(zip(parts, other_parts, strict=True))
    return True


def _parts(value: object) -> list[object] | None:
    """What a container or an object is made of; None for what compares by itself."""
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    if isinstance(value, list | tuple):
        return list(value)
    if is_dataclass(value):
        return [getattr(value, field.name) for field in fields(value)]
    if type(value).__eq__ is object.__eq__:
        slots = [name for base in type(value).__mro__ for name in getattr(base, "__slots__", ())]
        return [getattr(value, name, None) for name in (*slots, *getattr(value, "__dict__", ()))]
    return None
