"""`kernel.map` in chunks: what it gives, what it reads, where it puts it, and what it refuses."""

from __future__ import annotations

import io
import itertools
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ssair
from ssair.arguments import ArgumentValueError
from ssair.mapping.chunks import chunk_length
from ssair.mapping.feeds import ArrayFeed, PieceFeed, room_for
from ssair.mapping.streaming import filled
from ssair.signature import ArgumentTypeError
from ssair.sources import UsageError
from ssair.traps import IndexTrap

PICK = "fn pick(xs: [n]f64, i: i64) -> f64 = xs[i] + 0.5"
PAIR = "fn pair(x: f64, k: i32) -> (f64, i32, bool) = (x * 2.0, k + 1i32, x < 1.0)"
ROWS = "fn rows(row: [n]f64, scale: f64) -> [n]f64 = [x * scale for x in row]"
SIZED = "fn sized(n: size, x: i64) -> [n]i64 = [x + i for i in 0..n]"
TABLE = np.arange(10.0)
PLACES = np.arange(1000) * 7 % 10


@cache
def compiled(source: str, **options: str) -> ssair.Kernel:
    return ssair.compile(source, **options)


def pieces(values: np.ndarray[Any, Any], length: int) -> Iterator[np.ndarray[Any, Any]]:
    """The array a few elements at a time, all of them in the same memory."""
    room = np.empty((length, *values.shape[1:]), values.dtype)
    for start in range(0, len(values), length):
        part = values[start : start + length]
        room[: len(part)] = part
        yield room[: len(part)]


# ---- what it gives ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chunk", [1000, 64, 999, 5000, "1kB"])
def test_chunks_give_what_one_batch_gives(chunk: int | str) -> None:
    kernel = compiled(PICK)
    result = kernel.map(TABLE, PLACES, chunk=chunk)
    assert isinstance(result, np.ndarray)
    np.testing.assert_array_equal(result, np.asarray(kernel.map(TABLE, PLACES)))


@pytest.mark.parametrize("length", [1, 37, 64, 100, 1000])
def test_an_iterator_gives_pieces_of_any_length(length: int) -> None:
    result = compiled(PICK).map(TABLE, pieces(PLACES, length), chunk=64)
    np.testing.assert_array_equal(result, TABLE[PLACES] + 0.5)


def test_the_same_memory_may_be_filled_again_behind_an_iterator() -> None:
    # Every piece is one chunk here, whose memory JAX could use in place while the next piece is written there.
    result = compiled(PICK).map(TABLE, pieces(PLACES, 100), chunk=100)
    np.testing.assert_array_equal(result, TABLE[PLACES] + 0.5)


def test_several_arguments_and_results() -> None:
    kernel = compiled(PAIR)
    xs, ks = np.linspace(0, 2, 101), np.arange(101, dtype=np.int32)
    whole = [np.asarray(part) for part in kernel.map(xs, ks)]
    for elements in ((xs, ks), (pieces(xs, 7), pieces(ks, 9)), (xs, pieces(ks, 50)), (xs.tolist(), ks)):
        result = kernel.map(*elements, chunk=25)
        assert [part.dtype for part in result] == [np.float64, np.int32, np.bool_]
        for part, expected in zip(result, whole, strict=True):
            np.testing.assert_array_equal(part, expected)


def test_elements_may_be_arrays() -> None:
    rows = np.arange(60.0).reshape(20, 3)
    for elements in (rows, pieces(rows, 6), np.asfortranarray(rows), np.repeat(rows, 2, axis=1)[:, ::2]):
        np.testing.assert_array_equal(compiled(ROWS).map(elements, 2.0, chunk=7), rows * 2.0)


def test_what_the_type_holds_without_loss_is_converted_by_chunks() -> None:
    for elements in (PLACES.astype(np.int32), PLACES.astype(">i8"), PLACES.astype(np.uint8), np.repeat(PLACES, 3)[::3]):
        np.testing.assert_array_equal(compiled(PICK).map(TABLE, elements, chunk=64), TABLE[PLACES] + 0.5)


def test_arguments_by_name() -> None:
    result = compiled(PICK).map(i=pieces(PLACES, 10), xs=TABLE, chunk=64)
    np.testing.assert_array_equal(result, TABLE[PLACES] + 0.5)


def test_sizes_are_the_same_for_all_chunks() -> None:
    kernel = compiled(SIZED)
    np.testing.assert_array_equal(kernel.map(3, np.arange(5), chunk=2), np.arange(5)[:, None] + np.arange(3))


def test_no_elements_give_empty_results_of_the_right_form() -> None:
    rows = compiled(ROWS).map(np.zeros((0, 3)), 2.0, chunk=7)
    assert rows.shape == (0, 3) and rows.dtype == np.float64
    picked = compiled(PICK).map(TABLE, iter([]), chunk=7)
    assert picked.shape == (0,) and picked.dtype == np.float64
    assert compiled(ROWS).map(iter([np.zeros((0, 4))]), 2.0, chunk=7).shape == (0, 4)


def test_what_no_array_tells_the_shape_of_is_refused() -> None:
    with pytest.raises(ArgumentValueError, match="argument row: there are no arrays that tell the shape of an element"):
        compiled(ROWS).map(iter([]), 2.0, chunk=7)


def test_codes_come_along() -> None:
    places = np.where(np.arange(100) % 30 == 29, 10, PLACES[:100])
    kernel = compiled(PICK, checks="return")
    values, codes = kernel.map(TABLE, places, chunk=16)
    assert codes.dtype == np.int32
    np.testing.assert_array_equal(np.flatnonzero(codes), [29, 59, 89])
    np.testing.assert_array_equal(codes, np.asarray(kernel.map(TABLE, places)[1]))
    np.testing.assert_array_equal(values[codes == 0], (TABLE[PLACES[:100]] + 0.5)[codes == 0])


def test_a_kernel_for_a_device_runs_its_chunks_there() -> None:
    kernel = ssair.compile(PICK, device="cpu:0")
    np.testing.assert_array_equal(kernel.map(TABLE, PLACES, chunk=300), TABLE[PLACES] + 0.5)


def test_the_plan_tells_of_chunks() -> None:
    plan = compiled(PICK).map.plan(TABLE, PLACES, chunk=64)
    assert (plan.length, plan.chunk) == (1000, 64)
    assert "in chunks of 64" in str(plan)
    assert compiled(PICK).map.plan(TABLE, pieces(PLACES, 10), chunk=64).length is None


# ---- where it puts it -----------------------------------------------------------------------------------------------


def test_results_go_where_they_are_wanted() -> None:
    out = np.full(1000, np.nan)
    assert compiled(PICK).map(TABLE, PLACES, chunk=64, out=out) is out
    np.testing.assert_array_equal(out, TABLE[PLACES] + 0.5)
    wide = np.zeros((1000, 2))
    compiled(PICK).map(TABLE, PLACES, out=wide[:, 1])
    np.testing.assert_array_equal(wide[:, 1], TABLE[PLACES] + 0.5)
    assert not wide[:, 0].any()


def test_out_has_the_form_of_the_value() -> None:
    xs, ks = np.linspace(0, 2, 10), np.arange(10, dtype=np.int32)
    out = (np.empty(10), np.empty(10, np.int32), np.empty(10, bool))
    result = compiled(PAIR).map(xs, ks, chunk=3, out=out)
    assert all(got is wanted for got, wanted in zip(result, out, strict=True))
    codes = np.empty(1000, np.int32)
    values, told = compiled(PICK, checks="return").map(TABLE, PLACES, out=(np.empty(1000), codes))
    assert told is codes
    np.testing.assert_array_equal(values, TABLE[PLACES] + 0.5)


def test_an_array_for_an_iterator_may_be_longer() -> None:
    out = np.zeros(1200)
    result = compiled(PICK).map(TABLE, pieces(PLACES, 30), chunk=64, out=out)
    assert len(result) == 1000 and np.shares_memory(result, out)
    with pytest.raises(ArgumentValueError, match="out: there are more than its 900 elements"):
        compiled(PICK).map(TABLE, pieces(PLACES, 30), chunk=64, out=np.zeros(900))


def test_elements_may_be_mapped_in_place() -> None:
    rows = np.arange(3000.0).reshape(1000, 3)
    compiled(ROWS).map(rows, 2.0, chunk=64, out=rows)
    np.testing.assert_array_equal(rows, np.arange(3000.0).reshape(1000, 3) * 2.0)


def test_results_over_elements_that_are_still_to_be_read_are_refused() -> None:
    rows = np.zeros((1001, 3))
    with pytest.raises(ArgumentValueError, match="out: the array lies in the memory of argument row"):
        compiled(ROWS).map(rows[:-1], 2.0, chunk=64, out=rows[1:])


def read_only() -> np.ndarray[Any, Any]:
    array = np.zeros(1000)
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    ("out", "error", "message"),
    [
        (np.zeros(1000, np.float32), ArgumentTypeError, "out: an array of dtype float64 is wanted, not one of float32"),
        (np.zeros(999), ArgumentValueError, r"out: an array of shape \(1000,\) is wanted, not one of \(999,\)"),
        (np.zeros((1000, 1)), ArgumentValueError, r"not one of \(1000, 1\)"),
        (read_only(), ArgumentValueError, "out: the array is read-only"),
        ([0.0] * 1000, ArgumentTypeError, "out: a NumPy array or the path of a file is wanted, not a list"),
        ((np.zeros(1000), np.zeros(1000)), ArgumentTypeError, "out: a NumPy array or the path"),
    ],
    ids=["dtype", "length", "rank", "read-only", "list", "tuple"],
)
def test_an_out_that_will_not_do_is_refused(out: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        compiled(PICK).map(TABLE, PLACES, chunk=64, out=out)


def test_results_go_to_files_or_to_arrays(tmp_path: Any) -> None:
    xs, ks = np.linspace(0, 2, 10), np.arange(10, dtype=np.int32)
    with pytest.raises(UsageError, match="either all results go to files, or none does"):
        compiled(PAIR).map(xs, ks, out=(tmp_path / "a", np.empty(10, np.int32), tmp_path / "b"))
    with pytest.raises(UsageError, match="each result wants a file of its own"):
        compiled(PAIR).map(xs, ks, out=(tmp_path / "a", tmp_path / "b", tmp_path / "a"))
    assert not list(tmp_path.iterdir())


# ---- faults ---------------------------------------------------------------------------------------------------------


def test_a_trap_names_the_element_in_the_whole_and_what_came_before_is_there() -> None:
    for bad in (0, 63, 64, 700, 999):
        places = PLACES.copy()
        places[bad] = 10
        for elements in (places, pieces(places, 37)):
            out = np.full(1000, np.nan)
            with pytest.raises(IndexTrap, match=f"element {bad}: .*index 10 is out of range") as caught:
                compiled(PICK).map(TABLE, elements, chunk=64, out=out)
            assert caught.value.element == bad
            np.testing.assert_array_equal(out[:bad], (TABLE[PLACES] + 0.5)[:bad])
            assert np.isnan(out[bad:]).all()


def test_a_trap_comes_before_a_later_fault_of_the_arguments() -> None:
    def faulty() -> Iterator[np.ndarray[Any, Any]]:
        yield np.array([1, 10, 1])
        yield np.array([1.5])

    with pytest.raises(IndexTrap, match="element 1:"):
        compiled(PICK).map(TABLE, faulty(), chunk=3)


def test_what_comes_before_a_fault_of_the_arguments_is_done() -> None:
    def faulty() -> Iterator[np.ndarray[Any, Any]]:
        yield np.array([1, 2, 3])
        yield np.array([4, 5, 6])
        yield np.array([1.5, 2.5])

    out = np.zeros(9)
    with pytest.raises(ArgumentTypeError, match=r"argument i, in the piece from element 6 on: .* dtype float64"):
        compiled(PICK).map(TABLE, faulty(), chunk=3, out=out)
    np.testing.assert_array_equal(out, [1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 0.0, 0.0, 0.0])


def test_what_comes_before_a_fault_of_the_device_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    real, put = jax.device_put, []

    def device_put(value: Any, *args: Any) -> Any:
        put.append(value)
        if len(put) == 4:  # the table, and two chunks
            raise MemoryError("the device is full")
        return real(value, *args)

    monkeypatch.setattr(jax, "device_put", device_put)
    out = np.zeros(1000)
    with pytest.raises(MemoryError, match="the device is full"):
        compiled(PICK).map(TABLE, PLACES, chunk=100, out=out)
    np.testing.assert_array_equal(out[:200], (TABLE[PLACES] + 0.5)[:200])
    assert not out[200:].any()


def test_what_an_iterator_raises_is_raised() -> None:
    def broken() -> Iterator[np.ndarray[Any, Any]]:
        yield np.array([1, 2, 3])
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        compiled(PICK).map(TABLE, broken(), chunk=2)


def test_pieces_of_different_shapes_are_refused() -> None:
    elements = iter([np.zeros((4, 3)), np.zeros((4, 2))])
    message = r"argument row, in the piece from element 4 on: elements of shape \(3,\) are wanted as before, not \(2,\)"
    with pytest.raises(ArgumentValueError, match=message):
        compiled(ROWS).map(elements, 2.0, chunk=3)


@pytest.mark.parametrize(
    ("xs", "ks", "message"),
    [
        (lambda: np.zeros(10), lambda: np.zeros(9, np.int32), "argument k has length 9, where x has 10"),
        (lambda: np.zeros(10), lambda: pieces(np.zeros(9, np.int32), 4), "argument k has length 9, where x has more"),
        (lambda: np.zeros(9), lambda: pieces(np.zeros(12, np.int32), 4), "argument x has length 9, where k has more"),
        (lambda: np.zeros(9), lambda: pieces(np.zeros(20, np.int32), 4), "argument x has length 9, where k has more"),
        (
            lambda: pieces(np.zeros(8), 3),
            lambda: pieces(np.zeros(20, np.int32), 4),
            "argument x has length 8, where k has more",
        ),
    ],
)
def test_different_lengths_are_refused(xs: Callable[[], Any], ks: Callable[[], Any], message: str) -> None:
    with pytest.raises(ArgumentValueError, match=message):
        compiled(PAIR).map(xs(), ks(), chunk=3)


def test_an_iterator_wants_a_chunk() -> None:
    for options in ({}, {"out": np.zeros(1000)}):
        with pytest.raises((ArgumentTypeError, UsageError), match="an iterator is read a chunk at a time; give chunk="):
            compiled(PICK).map(TABLE, pieces(PLACES, 10), **options)


def test_no_size_comes_in_pieces() -> None:
    kernel = compiled(SIZED)
    with pytest.raises(ArgumentTypeError, match=r"argument n: a size, .* not an iterator"):
        kernel.map(iter([np.arange(3)]), np.arange(3), chunk=2)


def test_a_chunked_map_is_no_part_of_a_trace() -> None:
    with pytest.raises(ArgumentTypeError, match="a map cannot be called in a JAX transformation"):
        jax.jit(lambda places: compiled(PICK).map(TABLE, places, chunk=10))(PLACES)


def test_jax_arrays_and_lists_are_elements_too() -> None:
    with jax.enable_x64(True):
        places = jax.numpy.asarray(PLACES)
        parts = [places[:300], places[300:]]
    for elements in (places, iter(parts), PLACES.tolist(), iter([PLACES.tolist()])):
        np.testing.assert_array_equal(compiled(PICK).map(TABLE, elements, chunk=128), TABLE[PLACES] + 0.5)


def test_arrays_without_numbers_are_elements_too() -> None:
    result = compiled(ROWS).map(np.zeros((10, 0)), 2.0, chunk=3)
    assert result.shape == (10, 0)


@pytest.mark.parametrize("chunk", [0, -1, 1.5, True, "64", "64XB", "MB", "-1MB", "", None.__class__])
def test_a_chunk_that_is_no_number_or_amount_is_refused(chunk: Any) -> None:
    with pytest.raises(UsageError, match='a number of elements is wanted, or an amount like "64MB"'):
        compiled(PICK).map(TABLE, PLACES, chunk=chunk)


def test_amounts_of_memory() -> None:
    assert chunk_length("64MB", 16) == 4_000_000
    assert chunk_length(" 1.5 KiB ", 8) == 192
    assert chunk_length("1kB", 4096) == 1
    assert chunk_length("1kB", 10, shards=8) == 96
    assert chunk_length(np.int64(9), 10, shards=8) == 16


# ---- how it does it ---------------------------------------------------------------------------------------------


def compilations(action: Callable[[], object]) -> int:
    """How many times XLA compiles in `action`."""
    found: list[str] = []
    listening = True

    def listen(event: str, seconds: float, **_: Any) -> None:
        if listening and event.endswith("backend_compile_duration"):
            found.append(event)

    jax.monitoring.register_event_duration_secs_listener(listen)
    action()
    listening = False
    return len(found)


def test_a_last_chunk_that_is_short_is_not_compiled_for() -> None:
    kernel = ssair.compile("fn f(x: f64) -> f64 = x * 3.0")
    assert compilations(lambda: kernel.map(np.arange(64.0), chunk=64)) == 1
    assert compilations(lambda: kernel.map(np.arange(1001.0), chunk=64)) == 0
    assert compilations(lambda: kernel.map(pieces(np.arange(100.0), 7), chunk=64)) == 0
    assert compilations(lambda: kernel.map(np.arange(96.0), chunk=96)) == 1


def test_no_more_than_two_chunks_are_on_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    put: list[int] = []
    real = jax.device_put

    def device_put(value: Any, *args: Any, **named: Any) -> Any:
        put.append(np.asarray(value).nbytes)
        return real(value, *args, **named)

    monkeypatch.setattr(jax, "device_put", device_put)
    kernel, before = compiled(ROWS), sum(array.nbytes for array in jax.live_arrays())
    live: list[int] = []

    def watched() -> Iterator[np.ndarray[Any, Any]]:
        for piece in pieces(np.ones((4096, 8)), 128):
            live.append(sum(array.nbytes for array in jax.live_arrays()) - before)
            yield piece

    kernel.map(watched(), 2.0, chunk=128)
    chunk_bytes = 128 * 8 * 8
    assert put == [8] + [chunk_bytes] * 32  # the scale, and the elements, which are never there as a whole
    assert 0 < max(live) <= 4 * chunk_bytes + 64  # arguments and results of two chunks


def test_elements_that_are_as_they_should_be_are_not_copied() -> None:
    param = compiled("fn f(x: f64) -> f64 = x").module.entry().params[0]
    feed = ArrayFeed("x", param, np.zeros(1))
    memory = room_for(feed, 1000)  # which is where JAX wants it
    feed = ArrayFeed("x", param, memory)
    room = room_for(feed, 64)
    assert np.shares_memory(feed.take(room), memory)
    for elsewhere in (memory[1:], memory[::8]):  # not where JAX wants it, and not one after the other
        taken = ArrayFeed("x", param, elsewhere).take(room)
        assert np.shares_memory(taken, room) and taken.flags.c_contiguous


def test_the_last_chunk_is_filled_up_with_its_last_element() -> None:
    # Another value, which none of the elements has, might never come to an end.
    assert filled(np.array([3, 4]), np.zeros(5, int)).tolist() == [3, 4, 4, 4, 4]
    room = np.array([3, 4, 0])
    assert filled(room[:2], room) is room
    assert room.tolist() == [3, 4, 4]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 9), max_size=12), st.lists(st.integers(1, 12), min_size=1, max_size=12))
def test_pieces_and_chunks_of_any_lengths_give_all_elements_once(given_lengths: list[int], taken: list[int]) -> None:
    param = compiled(ROWS).module.entry().params[0]
    rows = np.arange(2.0 * sum(given_lengths)).reshape(-1, 2)
    bounds = np.cumsum(given_lengths)[:-1] if given_lengths else []
    feed = PieceFeed("row", param, iter(np.split(rows, bounds) if given_lengths else []))
    if feed.shape() is None:
        assert not given_lengths
        return
    assert feed.shape() == (2,)
    got = [np.array(feed.take(room_for(feed, length))) for length in itertools.islice(itertools.cycle(taken), 120)]
    np.testing.assert_array_equal(np.concatenate(got), rows)
    short = next((place for place, (part, length) in enumerate(zip(got, itertools.cycle(taken))) if len(part) < length))
    assert not any(len(part) for part in got[short + 1 :])


def test_prints_come_in_order_and_none_behind_a_trap(capsys: pytest.CaptureFixture[str]) -> None:
    kernel = compiled("fn f(xs: [n]i64, i: i64) -> i64 = let y = xs[i] in print(y) in y")
    with pytest.raises(IndexTrap, match="element 5:"):
        kernel.map(np.arange(10), np.array([3, 1, 4, 1, 5, 10, 2, 6, 5, 3]), chunk=2)
    assert capsys.readouterr().out.split() == ["3", "1", "4", "1", "5"]


def test_what_fills_the_last_chunk_up_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    kernel = compiled("fn f(x: i64) -> i64 = print(x) in x")
    np.testing.assert_array_equal(kernel.map(np.arange(6), chunk=4), np.arange(6))
    assert capsys.readouterr().out.split() == ["0", "1", "2", "3", "4", "5"]


def test_progress_is_shown_where_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    compiled(PICK).map(TABLE, PLACES, chunk=250)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("ssair.progress._LINE_SECONDS", -1.0)
    compiled(PICK).map(TABLE, PLACES, chunk=250, progress=True)
    assert capsys.readouterr().err.splitlines() == [
        " 25% 250 of 1,000 elements", " 50% 500 of 1,000 elements",
        " 75% 750 of 1,000 elements", "100% 1,000 of 1,000 elements",
    ]  # fmt: skip
    compiled(PICK).map(TABLE, pieces(PLACES, 100), chunk=500, progress=True)
    assert capsys.readouterr().err.splitlines() == ["500 elements", "1,000 elements"]


def test_a_terminal_sees_a_bar_that_is_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    compiled(PICK).map(TABLE, PLACES, chunk=250, progress=True)
    assert "[" + "#" * 6 + "." * 18 + "] 250 of 1,000 elements" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_arrays_for_different_results_have_no_memory_in_common() -> None:
    kernel = compiled("fn f(x: f64) -> (f64, f64) = (x, x + 1.0)")
    memory = np.zeros(8)
    for first, second in ((memory[:4], memory[3:7]), (memory[4:], memory[:5]), (memory[:4], memory[:4])):
        with pytest.raises(ArgumentValueError, match=r"^out\[[01]\]: the array lies in the memory of out\[[01]\]"):
            kernel.map(TABLE[:4], chunk=2, out=(first, second))
    kernel.map(TABLE[:4], chunk=2, out=(memory[::2], memory[1::2]))
    assert memory.tolist() == [0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0]


def test_pieces_may_be_jax_arrays_of_smaller_types() -> None:
    kernel = compiled("fn f(x: f64) -> f64 = x + 0.1")
    with warnings.catch_warnings(action="error"):
        results = kernel.map(iter([jax.numpy.arange(3.0), jax.numpy.ones(2)]), chunk=2)
    assert results.tolist() == [0.1, 1.1, 2.1, 1.1, 1.1]


def test_the_plan_is_asked_for_as_the_map_is(tmp_path: Path) -> None:
    kernel = compiled("fn f(x: f64) -> f64 = x + 0.1")
    plan = kernel.map.plan(TABLE, out=tmp_path / "out.npy", progress=True)
    assert (plan.chunk, list(tmp_path.iterdir())) == (10, [])
