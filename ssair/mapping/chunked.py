"""The chunked map: what it reads, where the results go, and what it says of itself in case it is interrupted.

    sources = sources_of(takes, flat)       # the arguments, those that differ by element as feeds
    results = chunked(kernel, batches, batch, sources, put, out="results.npy", progress=True)

Linear in the elements.
"""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from ssair.arguments import ArgumentValueError, to_argument
from ssair.mapping.arguments import Takes
from ssair.mapping.batches import Batch, Batches
from ssair.mapping.chunks import chunk_length
from ssair.mapping.feeds import Array, Feed, Shape, feed_of, room_for
from ssair.mapping.files import FileSink
from ssair.mapping.results import Sink, check_apart, check_disjoint, sink_of
from ssair.mapping.resumption import Record
from ssair.mapping.streaming import DEPTH, Stream, checksum
from ssair.progress import Progress
from ssair.signature import Parameter, Signature
from ssair.sources import UsageError
from ssair.types import I32

if TYPE_CHECKING:
    from ssair.kernel import Kernel

#: The dtype and shape of a result.
Slot = tuple[np.dtype[Any], Shape]


@dataclass(frozen=True, slots=True)
class Sources:
    """The arguments of a chunked map.

    `mapped` has for each IR parameter whether it differs by element. `feeds` are those that do, in order; `shared` are
    the others, converted, by name, but for the sizes, which `static` has. `shapes` are those of an element, for each
    argument that is no size. `length` is the number of elements, None where all feeds are iterators.
    """

    mapped: tuple[bool, ...]
    feeds: list[Feed]
    shared: dict[str, Any]
    static: tuple[int, ...]
    shapes: tuple[Shape, ...]
    length: int | None


def sources_of(takes: Takes, flat: Sequence[Any]) -> Sources:
    """The arguments made ready; ArgumentTypeError or ArgumentValueError name the parameter. 64-bit types must be on."""
    mapped = takes.mapped(flat)
    feeds: list[Feed] = []
    shared: dict[str, Any] = {}
    static: list[int] = []
    shapes: list[Shape] = []
    for name, param, value, differs in zip(takes.names, takes.params, flat, mapped, strict=True):
        if differs:
            feeds.append(feed_of(name, param, value))
            shapes.append(_shape_of(feeds[-1]))
        elif param.static:
            static.append(int(to_argument(name, param, value)))
        else:
            shared[name] = to_argument(name, param, value)
            shapes.append(np.shape(shared[name]))
    known = [feed for feed in feeds if feed.length is not None]
    for feed in known[1:]:
        if feed.length != known[0].length:
            message = f"argument {feed.name} has length {feed.length}, where {known[0].name} has {known[0].length}"
            raise ArgumentValueError(message)
    return Sources(mapped, feeds, shared, tuple(static), tuple(shapes), known[0].length if known else None)


def _shape_of(feed: Feed) -> Shape:
    shape = feed.shape()
    if shape is None:
        raise ArgumentValueError(f"argument {feed.name}: there are no arrays that tell the shape of an element")
    return shape


def length_of_chunks(chunk: int | str | None, sources: Sources, slots: Sequence[Slot], shards: int) -> int:
    """How many elements are on the devices at a time: all of them if `chunk` is None; UsageError for a wrong one."""
    arguments = sum(room_for(feed, 1).nbytes for feed in sources.feeds)
    results = sum(dtype.itemsize * math.prod(shape) for dtype, shape in slots)
    lengths = [] if sources.length is None else [sources.length]
    if chunk is not None:
        lengths.append(chunk_length(chunk, arguments + results, shards))
    if not lengths:
        raise UsageError("an iterator is read a chunk at a time; give chunk= as well")
    return max(-(-min(lengths) // shards), 1) * shards


def slots_of(batches: Batches, batch: Batch) -> list[Slot]:
    """The dtype and shape of each result of an element and, with `checks="return"`, behind them of its code."""
    results, codes = batches.empty(batch)
    return [(value.dtype, value.shape[1:]) for value in (*results, *codes)]


def chunked(
    kernel: Kernel,
    batches: Batches,
    batch: Batch,
    sources: Sources,
    put: Callable[[Sequence[Any], bool], list[jax.Array]],
    out: object,
    progress: bool,
) -> tuple[list[Array], list[Array]]:
    """The results of all elements and, with `checks="return"`, their codes, by chunks of `batch.length`.

    `put` puts arguments on the devices, those that are mapped (True) or those that are shared. Raises what `Stream.run`
    raises, and UsageError, ArgumentTypeError or ArgumentValueError for an `out` that will not do.
    """
    slots = slots_of(batches, batch)
    wanted = _outs(kernel, out, len(slots))
    check_disjoint(wanted)
    for name, each in wanted:
        check_apart(name, each, [(feed.name, feed.memory) for feed in sources.feeds])
    sinks: list[Sink] = []
    try:
        for (name, each), (dtype, shape) in zip(wanted, slots, strict=True):
            sinks.append(sink_of(name, each, dtype, shape, sources.length))
        files = [sink for sink in sinks if isinstance(sink, FileSink)]
        record = Record(files, _identity(kernel, sources, slots)) if files else None
        rooms = [[room_for(feed, batch.length) for _ in range(1 if kernel.prints else DEPTH)] for feed in sources.feeds]
        Stream(
            batches,
            batch,
            sources.feeds,
            rooms,
            put(list(sources.shared.values()), False),
            lambda chunks: put(chunks, True),
            sinks,
            record,
            Progress() if progress else None,
            kernel.prints,
        ).run()
        if record is not None:
            record.finish()
        results = [sink.finish() for sink in sinks]
        count = len(results) - (kernel.checks == "return")
        return results[:count], results[count:]
    finally:
        if kernel.prints:
            jax.effects_barrier()
        for sink in sinks:
            sink.close()


def _outs(kernel: Kernel, out: object, count: int) -> list[tuple[str, Any]]:
    """`out` for each result, with the name for it; it has the form of the map's value."""
    if out is None:
        return [("out", None)] * count
    signature = kernel.signature
    tree, text = signature.result, signature.result_text
    if kernel.checks == "return":
        tree, text = (tree, I32), f"({text}, i32)"
    taken = Signature((Parameter("out", text, tree),), tree, text)
    outs = list(zip(taken.leaf_names(), taken.flatten([out]), strict=True))
    paths = [isinstance(each, str | os.PathLike) for _, each in outs]
    if any(paths) and not all(paths):
        raise UsageError("out: either all results go to files, or none does")
    if len({os.path.abspath(each) for _, each in outs if isinstance(each, str | os.PathLike)}) < sum(paths):
        raise UsageError("out: each result wants a file of its own")
    return outs


def _identity(kernel: Kernel, sources: Sources, slots: Sequence[Slot]) -> dict[str, str]:
    """What makes two maps the same but for the elements themselves, with a print of it, by what errors call it."""
    program = hashlib.sha256(str(kernel.source).encode()).hexdigest()
    identity = {"program": program, "option checks": kernel.checks, "option floats": kernel.floats}
    identity["number of elements"] = str(sources.length)
    identity["sizes"] = str(sources.static)
    identity["form of the results"] = str([(str(dtype), shape) for dtype, shape in slots])
    for feed in sources.feeds:
        identity[f"form of argument {feed.name}"] = str(feed.shape())
    for name, value in sources.shared.items():
        array = np.ascontiguousarray(value)
        identity[f"argument {name}"] = f"{np.shape(value)} {checksum(array, 0):08x}"
    return identity
