"""What a map over many elements does, and why: what `kernel.map.plan(...)` gives.

>>> print(kernel.map.plan(xs))
1000000 elements of collatz, by a loop
...
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """How the elements of a map are evaluated.

    `mapped` names the arguments that differ by element and `broadcast` those that all elements share; `length` is the
    number of elements, None where that is not known (an iterator's). `form` is `vmap`, all elements together, or
    `loop`, one after the other. `shards` is how many devices share the elements, and `chunk` how many elements are on
    the devices at a time, None for all of them. `reasons` says why, a sentence each.
    """

    name: str
    length: int | None
    mapped: tuple[str, ...]
    broadcast: tuple[str, ...]
    form: str
    shards: int = 1
    chunk: int | None = None
    reasons: tuple[str, ...] = ()

    def __str__(self) -> str:
        count = "elements" if self.length is None else f"{self.length} element{'s' * (self.length != 1)}"
        lines = [f"{count} of {self.name}, by {self._how()}"]
        lines += [f"  {reason}" for reason in self.reasons]
        lines.append(f"  differs by element: {', '.join(self.mapped)}")
        if self.broadcast:
            lines.append(f"  the same for all: {', '.join(self.broadcast)}")
        return "\n".join(lines)

    def _how(self) -> str:
        how = "vmap" if self.form == "vmap" else "a loop"
        if self.shards > 1:
            how += f", on each of {self.shards} devices"
        return how if self.chunk is None else f"{how}, in chunks of {self.chunk}"
