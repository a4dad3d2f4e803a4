"""Maps of one kernel, in every way that there is, beside a plain loop: `difference(number)` says what differs, or "".

A trial takes the ways of `WAYS` in turn. Elements are few, so that little is compiled: what matters are the last chunk
and shard, which are not full, and which element fails first.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

import numpy as np

import ssair
from ssair.kernel import Kernel
from ssair.traps import Trap

_SOURCE: Final = "fn work(x: i64, table: [3]i64, place: i64) -> (i64, i64) = (table[place] + 3 * x, 100 // x)"
_TABLE: Final = np.array([7, -5, 40])
_LENGTH: Final = 5
_CHUNK: Final = 2
Arguments = tuple[Any, Any]


class Ending(NamedTuple):
    """What a map comes to: the results of its elements, or those before the first that fails and how that does."""

    results: list[tuple[int, int]]
    failed: tuple[str, int, tuple[object, ...]] | None = None


@lru_cache(maxsize=2)
def _kernel(checks: str) -> Kernel:
    return ssair.compile(_SOURCE, checks=checks)


def _expected(xs: Any, places: Any) -> Ending:
    """One element after the other."""
    results: list[tuple[int, int]] = []
    for number, (x, place) in enumerate(zip(xs.tolist(), places.tolist(), strict=True)):
        if not 0 <= place < len(_TABLE):
            return Ending(results, ("index", number, (place, len(_TABLE), 0)))
        if x == 0:
            return Ending(results, ("divide", number, (100,)))
        results.append((int(_TABLE[place]) + 3 * x, 100 // x))
    return Ending(results)


def _ending(call: Callable[[], Any]) -> Ending:
    try:
        return Ending(_rows(call()))
    except Trap as trap:
        assert trap.element is not None
        return Ending([], (trap.kind, trap.element, trap.values))


def _rows(value: tuple[Any, Any]) -> list[tuple[int, int]]:
    return list(zip(*[np.asarray(part).tolist() for part in value], strict=True))


def _pieces(values: Any, length: int) -> Iterator[Any]:
    return iter([values[start : start + length] for start in range(0, len(values), length)])


def _told(found: Ending, expected: Ending) -> str:
    if found.failed != expected.failed:
        return f"{expected.failed} is expected to fail, not {found.failed}"
    alike = found.results == expected.results or expected.failed is not None
    return "" if alike else f"{expected.results} is expected, not {found.results}"


def _at_once(args: Arguments, random: Random) -> str:
    """All elements in one loop, or side by side."""
    xs, places = args
    form = random.choice(("loop", "vmap"))
    return _told(_ending(lambda: _kernel("raise").map(xs, _TABLE, places, batch=form)), _expected(xs, places))


def _shared(args: Arguments, random: Random) -> str:
    """Two devices share the elements."""
    xs, places = args
    mesh = ssair.mesh("cpu")
    found = _ending(lambda: _kernel("raise").map(xs, _TABLE, places, mesh=mesh, batch="vmap"))
    return _told(found, _expected(xs, places))


def _in_chunks(args: Arguments, random: Random) -> str:
    """Arrays and iterators over pieces, a chunk at a time."""
    xs, places = args
    length = random.choice((1, 3, 4))
    read = _pieces(xs, length) if random.random() < 0.7 else xs
    found = _ending(lambda: _kernel("raise").map(read, _TABLE, places, chunk=_CHUNK, batch="loop"))
    return _told(found, _expected(xs, places))


def _into_files(args: Arguments, random: Random) -> str:
    """Into files, a chunk at a time; where an element fails, that is mended, and the map called once more."""
    xs, places = args
    mended = np.where(xs == 0, 4, xs), places % len(_TABLE)
    with tempfile.TemporaryDirectory() as folder:
        outs = Path(folder, "sums.npy"), Path(folder, "quotients.npy")

        def mapped(xs: Any, places: Any) -> Any:
            return _kernel("raise").map(xs, _TABLE, places, chunk=_CHUNK, batch="loop", out=outs)

        told = _told(_ending(lambda: mapped(xs, places)), _expected(xs, places))
        return told or _told(_ending(lambda: mapped(*mended)), _expected(*mended))


def _told_by_codes(args: Arguments, random: Random) -> str:
    """A code for each element: 0 where it is sound."""
    xs, places = args
    _, codes = _kernel("return").map(xs, _TABLE, places, mesh=ssair.mesh("cpu"), batch="vmap")
    sound = [_expected(xs[[n]], places[[n]]).failed is None for n in range(len(xs))]
    found = [code == 0 for code in np.asarray(codes).tolist()]
    return "" if found == sound else f"the elements {sound} are expected to be sound, not {found}"


WAYS: Final = (_in_chunks, _shared, _into_files, _at_once, _shared, _in_chunks, _at_once, _told_by_codes)


def difference(number: int) -> str:
    """What a map gives other than a plain loop; elements fail in two trials of three, one or two of them."""
    random = Random(number)
    xs = np.array([random.choice((1, 2, -3, 7, -40)) for _ in range(_LENGTH)])
    places = np.array([random.randrange(len(_TABLE)) for _ in range(_LENGTH)])
    for _ in range(number % 3):
        array, wrong = random.choice(((xs, 0), (places, 3), (places, -1)))
        array[random.randrange(_LENGTH)] = wrong
    way = WAYS[number % len(WAYS)]
    try:
        told = way((xs, places), random)
    except Exception as fault:  # every map here is a right one
        told = f"{type(fault).__name__}: {fault}"
    return f"{way.__name__.strip('_')}: {told}" if told else ""
