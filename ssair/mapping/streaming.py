"""A map in chunks: what is larger than a device, or than memory, goes through it a chunk at a time.

    stream = Stream(batches, batch, feeds, shared, put, sinks)
    stream.run()           # how many elements there were; a Trap, where one fails, that names the element

While one chunk is computed, the next one is read and put on the device, and the one before is copied out. Two chunks
are under way at most: the device and the host hold the arguments and results of two, and the host what it holds anyway
(of an iterator, a piece). All chunks have one length, the last one is filled up with its last element, so that nothing
is compiled twice. (Of a kernel that prints one chunk is under way at a time, and the last one is as short as it is.)

Ensures: the sinks have the results of all chunks before a fault, and those of all elements before a trap. When `run`
has ended, however it did, nothing reads the caller's memory any more.

Linear in the elements.
"""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import jax
import numpy as np

from ssair.arguments import ArgumentValueError
from ssair.backends.jax import wide_types
from ssair.mapping.batches import Batch, Batches, Outcome
from ssair.mapping.feeds import Array, Feed
from ssair.mapping.results import Sink
from ssair.mapping.resumption import Record
from ssair.progress import Progress
from ssair.sources import UsageError

#: Chunks under way at a time: one is computed while the next is read, or the last copied out.
DEPTH: Final = 2


@dataclass(frozen=True, slots=True)
class Part:
    """A chunk under way: `count` elements from `start` on, made a batch, and what the batch function will give."""

    batch: Batch
    start: int
    count: int
    chunks: list[Array]
    outcome: Outcome


class Stream:
    """Reads feeds by chunks, and writes what a batch function makes of them.

    `feeds` has one for each mapped argument of `batch`, and `rooms` the memory for as many chunks of each as may be
    under way: `DEPTH`, or one where the kernel `prints`, so that nothing is printed behind a trap. `shared` has the
    other arguments, where they are computed with, and `put` puts mapped ones there. `sinks` are for the results and,
    behind them, with `checks="return"`, for the codes. What a `record` says is done is not done again.
    """

    def __init__(
        self,
        batches: Batches,
        batch: Batch,
        feeds: Sequence[Feed],
        rooms: Sequence[Sequence[Array]],
        shared: Sequence[jax.Array],
        put: Callable[[Sequence[Array]], Sequence[jax.Array]],
        sinks: Sequence[Sink],
        record: Record | None = None,
        progress: Progress | None = None,
        prints: bool = False,
    ) -> None:
        self._batches = batches
        self._batch = batch
        self._prints = prints
        self._feeds = feeds
        self._rooms = deque(zip(*rooms, strict=True))
        self._length = next((feed.length for feed in feeds if feed.length is not None), None)
        self._shared = shared
        self._put = put
        self._sinks = sinks
        self._record = record
        self._progress = progress
        self._sums = [0] * len(self._feeds)
        self._pending: deque[Part] = deque()
        self._read = 0
        self._done = 0

    def run(self) -> int:
        """Map all elements; gives how many there are.

        Raises the Trap of the first element that fails, ArgumentTypeError or ArgumentValueError for elements that are
        none of the program's, UsageError where the record's arguments were others.
        """
        try:
            self._resume()
            while self._start_or_end():
                if len(self._pending) == len(self._rooms):
                    self._end_first()
            self._end_all()
        finally:
            self._abandon()
        return self._done

    # ---- one chunk after the other ----------------------------------------------------------------------------------

    def _start_or_end(self) -> bool:
        """Set the next chunk going; where it has a fault, what came before it counts, and so does a trap in that."""
        try:
            return self._start_next()
        except Exception:
            self._end_all()
            raise

    def _start_next(self) -> bool:
        """Set the next chunk going; False where there is none."""
        taken = self._take()
        count = len(taken[0])
        if count == 0:
            return False
        batch = replace(self._batch, length=count) if self._prints else self._batch
        rooms = [room[: batch.length] for room in self._rooms[0]]
        chunks = [filled(values, room) for values, room in zip(taken, rooms, strict=True)]
        self._rooms.rotate(1)
        with wide_types():
            outcome = self._batches.run(batch, self._arguments(self._put(chunks)))
        self._pending.append(Part(batch, self._read, count, chunks, outcome))
        self._read += count
        return True

    def _arguments(self, chunks: Sequence[Any]) -> list[Any]:
        """The arguments of the batch function: those of the chunk, and those that all elements share."""
        mapped, shared = iter(chunks), iter(self._shared)
        return [next(mapped if differs else shared) for differs in self._batch.mapped]

    def _take(self, most: int | None = None) -> list[Array]:
        """The next elements of all mapped arguments, as many as there are of each: a chunk of them, or `most`."""
        taken = [feed.take(room[:most]) for feed, room in zip(self._feeds, self._rooms[0], strict=True)]
        for feed, values in zip(self._feeds, taken, strict=True):
            if len(values) != len(taken[0]):
                ends, other = (feed, self._feeds[0]) if len(values) < len(taken[0]) else (self._feeds[0], feed)
                end = self._read + min(len(values), len(taken[0]))
                raise ArgumentValueError(f"argument {ends.name} has length {end}, where {other.name} has more")
        return taken

    def _end_all(self) -> None:
        while self._pending:
            self._end_first()

    def _end_first(self) -> None:
        """Wait for the chunk that was set going first, and write its results."""
        part = self._pending[0]
        trap = self._batches.trap(part.batch, self._arguments(part.chunks), part.outcome[1], part.start, part.count)
        good = part.count
        if trap is not None:
            assert trap.element is not None
            good = trap.element - part.start
        results, traps = part.outcome
        for sink, values in zip(self._sinks, [*results, *traps], strict=False):
            sink.write(np.asarray(values)[:good])
        self._advance(part, good)
        if trap is not None:
            raise trap
        self._pending.popleft()

    def _advance(self, part: Part, count: int) -> None:
        self._done += count
        if self._record is not None:
            self._sums = [checksum(values[:count], sum) for values, sum in zip(part.chunks, self._sums, strict=True)]
            self._record.advance(count, self._sums)
        if self._progress is not None:
            self._progress.show(*progress_of(self._done, self._length))

    def _abandon(self) -> None:
        """Let nothing go on behind the caller's back, and save how far it came."""
        for part in self._pending:
            jax.block_until_ready(part.outcome)
        self._pending.clear()
        if self._record is not None and self._done:
            self._record.save()
        if self._progress is not None:
            self._progress.end()

    # ---- going on ---------------------------------------------------------------------------------------------------

    def _resume(self) -> None:
        """Pass over the elements that the record has as done; UsageError if they were others."""
        if self._record is None:
            return
        done, sums = self._record.begin(len(self._feeds))
        while self._read < done:
            taken = self._take(done - self._read)
            if len(taken[0]) == 0:
                break
            self._sums = [checksum(values, sum) for values, sum in zip(taken, self._sums, strict=True)]
            self._read += len(taken[0])
        for feed, sum, wanted in zip(self._feeds, self._sums, sums, strict=True):
            if self._read < done or sum != wanted:
                what = f"the first {done} elements of argument {feed.name} were others"
                raise UsageError(f"{self._record.path} is of another map: {what}; delete it to start over")
        self._done = done


def filled(values: Array, room: Array) -> Array:
    """The elements as a whole chunk: behind them the last one over and over, which fails only if it failed before."""
    count = len(values)
    if count == len(room):
        return values
    if not np.may_share_memory(values, room):
        room[:count] = values
    room[count:] = values[-1]
    return room


def checksum(values: Array, before: int) -> int:
    """The checksum (CRC-32) of `values` behind elements of the checksum `before`."""
    return zlib.crc32(values.reshape(-1).view(np.uint8).data, before)


def progress_of(done: int, length: int | None) -> tuple[float | None, str]:
    """The share of the elements that is done, and the words for it."""
    if length is None:
        return None, f"{done:,} elements"
    return done / max(length, 1), f"{done:,} of {length:,} elements"
