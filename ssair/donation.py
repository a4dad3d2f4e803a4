"""Donation: which arguments give their memory to the results.

A kernel that stores to an argument (`xs with [i] = v`) copies it first, since arrays are values; where the caller
needs the argument no longer, the copy is saved. A donated JAX array is deleted by the call.

Linear in the function.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ssair.cfg import Incoming, incoming_edges
from ssair.ir import Block, Function, Instr, Param, Value
from ssair.ops import RETURN, UPDATE
from ssair.signature import Signature
from ssair.sources import UsageError
from ssair.suggestions import unknown
from ssair.types import ArrayType

#: The names of parameters, or whether all are donated that `with` makes a result of.
Donate = bool | str | Sequence[str]


def donated_places(function: Function, signature: Signature, donate: Donate) -> tuple[int, ...]:
    """The places of the donated arguments among the function's parameters.

    Raises UsageError for a name that is no parameter's, or one that has no array.
    """
    if isinstance(donate, bool):
        return _stored(function) if donate else ()
    if not isinstance(donate, Iterable):
        raise UsageError(f"donate={donate!r}; it is a truth value, or names of parameters")
    wanted = [donate] if isinstance(donate, str) else list(donate)
    names = [parameter.name for parameter in signature.parameters]
    for name in wanted:
        if name not in names:
            raise UsageError(unknown("parameter", name, names))
    roots = [name.partition("[")[0] for name in signature.leaf_names()]
    places = [place for place, param in enumerate(function.params) if isinstance(param.type, ArrayType)]
    for name in wanted:
        if not any(roots[place] == name for place in places):
            raise UsageError(f"parameter {name} has no array, so there is no memory to donate")
    return tuple(place for place in places if roots[place] in wanted)


def _stored(function: Function) -> tuple[int, ...]:
    """The array parameters that a result is made of by stores."""
    incoming = incoming_edges(function)
    work = [value for block in function.blocks if block.end.op is RETURN for value in block.end.args]
    seen = set(work)
    while work:
        for value in _older_versions(work.pop(), incoming):
            if value not in seen:
                seen.add(value)
                work.append(value)
    return tuple(
        place for place, param in enumerate(function.params) if param in seen and isinstance(param.type, ArrayType)
    )


def _older_versions(value: Value, incoming: dict[Block, list[Incoming]]) -> list[Value]:
    """The arrays that `value` is or was made of by a store, one step back."""
    if isinstance(value, Instr):
        return [value.args[0]] if value.op is UPDATE or value.op.refines else []
    assert isinstance(value, Param)
    place = value.block.params.index(value)
    return [entry.edge.args[place] for entry in incoming[value.block] if not entry.source.end.op.binds]
