"""`kernel.map` in chunks into files: they are whole or partial, and what is partial goes on where it stopped."""

from __future__ import annotations

import errno
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ssair
from ssair.mapping.batches import Batches
from ssair.signature import ArgumentTypeError
from ssair.sources import UsageError
from ssair.traps import IndexTrap

PICK = "fn pick(xs: [n]f64, i: i64) -> f64 = xs[i] + 0.5"
PAIR = "fn pair(x: f64, k: i64) -> (f64, bool) = (x * 2.0, k > 3)"
TABLE = np.arange(10.0)
PLACES = np.arange(1000) * 7 % 10
EXPECTED = TABLE[PLACES] + 0.5


@cache
def compiled(source: str, **options: str) -> ssair.Kernel:
    return ssair.compile(source, **options)


class Interrupt(Exception):
    """What stops a map in these tests."""


def interrupted(values: np.ndarray[Any, Any], length: int, at: int) -> Iterator[np.ndarray[Any, Any]]:
    """Pieces of the array, up to an interrupt."""
    for start in range(0, at, length):
        yield values[start : start + length]
    raise Interrupt


@pytest.fixture
def chunks_run(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The length of each chunk that is computed."""
    run: list[int] = []
    real = Batches.function

    def function(self: Batches, batch: Any) -> Any:
        inner = real(self, batch)

        def counted(*args: Any) -> Any:
            run.append(batch.length)
            return inner(*args)

        return counted

    monkeypatch.setattr(Batches, "function", function)
    return run


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def stop(path: Path, at: int = 600) -> None:
    """A map into a file that is interrupted when `at` elements are read, 200 at a time."""
    with pytest.raises(Interrupt):
        compiled(PICK).map(TABLE, interrupted(PLACES, 100, at), chunk=200, out=path)


def test_a_file_has_the_results(tmp_path: Path) -> None:
    path = tmp_path / "out.npy"
    result = compiled(PICK).map(TABLE, PLACES, chunk=64, out=path)
    assert isinstance(result, np.memmap)
    np.testing.assert_array_equal(result, EXPECTED)
    np.testing.assert_array_equal(np.load(path), EXPECTED)
    assert names(tmp_path) == ["out.npy"]


def test_a_file_is_as_numpy_writes_it(tmp_path: Path) -> None:
    rows = np.arange(60.0).reshape(20, 3)
    kernel = compiled("fn rows(row: [n]f64) -> [n]f64 = [x * 2.0 for x in row]")
    kernel.map(rows, chunk=7, out=str(tmp_path / "ours"))
    with open(tmp_path / "numpys", "wb") as file:
        np.save(file, rows * 2.0)
    assert (tmp_path / "ours").read_bytes() == (tmp_path / "numpys").read_bytes()


def test_it_need_not_be_known_how_many_elements_there_are(tmp_path: Path) -> None:
    for count in (0, 1, 1000):
        given = iter([PLACES[:count]])
        result = compiled(PICK).map(TABLE, given, chunk=64, out=tmp_path / "out.npy")
        np.testing.assert_array_equal(result, EXPECTED[:count])
        np.testing.assert_array_equal(np.load(tmp_path / "out.npy"), EXPECTED[:count])
    assert names(tmp_path) == ["out.npy"]


def test_each_result_has_its_file_and_so_have_the_codes(tmp_path: Path) -> None:
    xs, ks = np.linspace(0, 1, 10), np.arange(10)
    doubled, large = compiled(PAIR).map(xs, ks, chunk=4, out=(tmp_path / "a.npy", tmp_path / "b.npy"))
    np.testing.assert_array_equal(doubled, xs * 2.0)
    np.testing.assert_array_equal(large, ks > 3)
    outs = (tmp_path / "values.npy", tmp_path / "codes.npy")
    compiled(PICK, checks="return").map(TABLE, [0, 10, 1], chunk=2, out=outs)
    assert np.flatnonzero(np.load(outs[1])).tolist() == [1]


def test_a_file_that_is_there_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "out.npy"
    np.save(path, np.zeros(3))
    stop(path)
    assert np.load(path).tolist() == [0.0, 0.0, 0.0]
    np.testing.assert_array_equal(np.load(f"{path}.partial"), EXPECTED[:600])


def test_a_file_may_be_mapped_onto_itself(tmp_path: Path) -> None:
    path = tmp_path / "places.npy"
    np.save(path, PLACES)
    compiled(PICK).map(TABLE, np.load(path, mmap_mode="r"), chunk=64, out=path)
    np.testing.assert_array_equal(np.load(path), EXPECTED)


# ---- going on -------------------------------------------------------------------------------------------------------


def test_what_was_interrupted_goes_on_where_it_stopped(tmp_path: Path, chunks_run: list[int]) -> None:
    path = tmp_path / "out.npy"
    stop(path)
    assert names(tmp_path) == ["out.npy.partial", "out.npy.partial.json"]
    assert chunks_run == [200] * 3
    chunks_run.clear()
    result = compiled(PICK).map(TABLE, iter([PLACES[:350], PLACES[350:]]), chunk=200, out=path)
    np.testing.assert_array_equal(result, EXPECTED)
    assert chunks_run == [200] * 2
    assert names(tmp_path) == ["out.npy"]


def test_a_chunk_of_another_length_or_another_form_goes_on_as_well(tmp_path: Path, chunks_run: list[int]) -> None:
    path = tmp_path / "out.npy"
    stop(path)
    chunks_run.clear()
    result = compiled(PICK).map(TABLE, iter([PLACES]), chunk=50, batch="loop", out=path)
    np.testing.assert_array_equal(result, EXPECTED)
    assert chunks_run == [50] * 8


def test_progress_counts_what_was_done_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stop(tmp_path / "out.npy")
    monkeypatch.setattr("ssair.progress._LINE_SECONDS", -1.0)
    compiled(PICK).map(TABLE, iter([PLACES]), chunk=200, out=tmp_path / "out.npy", progress=True)
    assert capsys.readouterr().err.splitlines() == ["800 elements", "1,000 elements"]


def test_all_files_of_a_map_go_on_together(tmp_path: Path) -> None:
    xs, ks = np.linspace(0, 1, 1000), np.arange(1000)
    outs = (tmp_path / "a.npy", tmp_path / "b.npy")
    with pytest.raises(Interrupt):
        compiled(PAIR).map(interrupted(xs, 50, 500), iter([ks]), chunk=100, out=outs)
    compiled(PAIR).map(iter([xs]), iter([ks]), chunk=100, out=outs)
    np.testing.assert_array_equal(np.load(outs[0]), xs * 2.0)
    np.testing.assert_array_equal(np.load(outs[1]), ks > 3)


def test_elements_that_were_mended_go_on_behind_what_was_done(tmp_path: Path, chunks_run: list[int]) -> None:
    path, places = tmp_path / "out.npy", PLACES.copy()
    places[700] = 10
    with pytest.raises(IndexTrap, match="element 700:"):
        compiled(PICK).map(TABLE, places, chunk=200, out=path)
    np.testing.assert_array_equal(np.load(f"{path}.partial"), EXPECTED[:700])
    chunks_run.clear()
    np.testing.assert_array_equal(compiled(PICK).map(TABLE, PLACES, chunk=200, out=path), EXPECTED)
    assert chunks_run == [200] * 2


def test_an_interrupt_from_the_keyboard_saves_what_is_done(tmp_path: Path) -> None:
    def stopped() -> Iterator[np.ndarray[Any, Any]]:
        yield from [PLACES[:200], PLACES[200:400], PLACES[400:600]]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compiled(PICK).map(TABLE, stopped(), chunk=200, out=tmp_path / "out.npy")
    assert json.loads((tmp_path / "out.npy.partial.json").read_text())["done"] == 400
    np.testing.assert_array_equal(np.load(tmp_path / "out.npy.partial"), EXPECTED[:400])


def test_where_nothing_is_done_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(ArgumentTypeError):
        compiled(PICK).map(TABLE, iter([np.zeros(3)]), chunk=64, out=tmp_path / "out.npy")
    assert names(tmp_path) == []


# ---- what must not go on --------------------------------------------------------------------------------------------


def refused(path: Path, message: str, *args: Any, source: str = PICK, **options: str) -> None:
    """Going on with these arguments is an error, and leaves all as it is."""
    before = [Path(f"{path}{end}").read_bytes() for end in (".partial", ".partial.json")]
    with pytest.raises(UsageError, match=message):
        compiled(source, **options).map(*args, chunk=200, out=path)
    assert before == [Path(f"{path}{end}").read_bytes() for end in (".partial", ".partial.json")]


def test_another_map_does_not_go_on(tmp_path: Path) -> None:
    path = tmp_path / "out.npy"
    stop(path)
    other = "fn pick(xs: [n]f64, i: i64) -> f64 = xs[i] + 0.25"
    end = r"; delete it to start over$"
    refused(
        path, f"out.npy.partial.json is of another map: the program differs{end}", TABLE, iter([PLACES]), source=other
    )
    refused(path, f"the argument xs differs{end}", TABLE + 1.0, iter([PLACES]))
    refused(path, f"the number of elements differs{end}", TABLE, PLACES)
    refused(path, f"the option floats differs{end}", TABLE, iter([PLACES]), floats="strict")
    refused(path, f"the option checks differs{end}", TABLE, iter([PLACES]), checks="off")
    changed = PLACES.copy()
    changed[599] += 1
    refused(path, f"the first 600 elements of argument i were others{end}", TABLE, iter([changed]))
    refused(path, f"the first 600 elements of argument i were others{end}", TABLE, iter([PLACES[:599]]))
    np.testing.assert_array_equal(compiled(PICK).map(TABLE, iter([PLACES]), chunk=64, out=path), EXPECTED)


def test_elements_of_another_shape_do_not_go_on(tmp_path: Path) -> None:
    kernel = compiled("fn first(row: [n]f64) -> f64 = row[0]")
    with pytest.raises(Interrupt):
        kernel.map(interrupted(np.ones((10, 4)), 2, 8), chunk=2, out=tmp_path / "out.npy")
    with pytest.raises(UsageError, match="the form of argument row differs"):
        kernel.map(iter([np.ones((20, 2))]), chunk=2, out=tmp_path / "out.npy")


def test_fewer_elements_than_were_done_do_not_go_on(tmp_path: Path) -> None:
    kernel = compiled("fn count(row: [n]f64) -> i64 = n")
    with pytest.raises(Interrupt):
        kernel.map(interrupted(np.ones((10, 0)), 2, 8), chunk=2, out=tmp_path / "out.npy")
    with pytest.raises(UsageError, match="the first 8 elements of argument row were others"):
        kernel.map(iter([np.ones((6, 0))]), chunk=2, out=tmp_path / "out.npy")


def test_a_record_without_its_elements_does_not_go_on(tmp_path: Path) -> None:
    path = tmp_path / "out.npy"
    stop(path)
    partial = Path(f"{path}.partial")
    partial.write_bytes(partial.read_bytes()[:-1])
    refused(path, "tells of 600 elements, which .*out.npy.partial has not got", TABLE, iter([PLACES]))


@pytest.mark.parametrize(
    ("text", "message"),
    [("{", "cannot be read"), ('{"version": 0}', "was written by another version"), ("[]", "version")],
)
def test_a_record_that_is_none_does_not_go_on(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "out.npy"
    stop(path)
    Path(f"{path}.partial.json").write_text(text)
    refused(path, message, TABLE, iter([PLACES]))


def test_two_maps_do_not_write_the_same_file(tmp_path: Path) -> None:
    path = tmp_path / "out.npy"

    def nested() -> Iterator[np.ndarray[Any, Any]]:
        yield PLACES[:500]
        with pytest.raises(UsageError, match="is being written by another map"):
            compiled(PICK).map(TABLE, PLACES, chunk=64, out=path)
        yield PLACES[500:]

    np.testing.assert_array_equal(compiled(PICK).map(TABLE, nested(), chunk=100, out=path), EXPECTED)


def test_a_file_system_without_locks_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(file: object, operation: int) -> None:
        raise OSError(errno.ENOLCK, "no locks available")

    monkeypatch.setattr("fcntl.flock", flock)
    result = compiled(PICK).map(TABLE, PLACES, chunk=100, out=tmp_path / "out.npy")
    np.testing.assert_array_equal(result, EXPECTED)


# ---- killed, and larger than memory ---------------------------------------------------------------------------------

SLOW = """
import sys, time
import numpy as np, ssair
kernel = ssair.compile("fn f(x: i64) -> i64 = x * x")
def pieces():
    for start in range(0, 1000, 100):
        if start >= 500:
            print("half", flush=True)
            time.sleep(600)
        yield np.arange(start, start + 100)
        time.sleep(0.25)  # so that what is done is saved
kernel.map(pieces(), chunk=100, out=sys.argv[1])
"""


def test_a_map_that_is_killed_goes_on(tmp_path: Path, chunks_run: list[int]) -> None:
    path = tmp_path / "out.npy"
    with subprocess.Popen([sys.executable, "-c", SLOW, str(path)], stdout=subprocess.PIPE, text=True) as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == "half\n"
        killed.send_signal(signal.SIGKILL)
    done = json.loads(Path(f"{path}.partial.json").read_text())["done"]
    assert 100 <= done <= 400
    result = ssair.compile("fn f(x: i64) -> i64 = x * x").map(iter([np.arange(1000)]), chunk=100, out=path)
    np.testing.assert_array_equal(result, np.arange(1000) ** 2)
    assert chunks_run == [100] * ((1000 - done) // 100)


LARGE = """
import resource, sys
import numpy as np, ssair

def data_bytes():
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmData:")) * 1024

kernel = ssair.compile("fn f(row: [n]f64) -> [n]f64 = [x + 1.0 for x in row]")
rows = np.load(sys.argv[1], mmap_mode="r")
chunk, room = int(sys.argv[3]), int(sys.argv[4])
kernel.map(rows[:8 * chunk], chunk=chunk, out=sys.argv[2] + ".first")
limit = data_bytes() + room
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
if sys.argv[5] == "chunks":
    kernel.map(rows, chunk=chunk, out=sys.argv[2])
else:
    kernel.map(rows)
"""


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux bounds the memory of a process by what it has"
)
def test_memory_is_bounded_by_the_chunk(tmp_path: Path) -> None:
    """A file of 128 MB goes through 40 MB beside what JAX has, in chunks of 2 MB; as one batch it does not."""
    rows = np.lib.format.open_memmap(tmp_path / "in.npy", "w+", np.float64, (250_000, 64))
    rows[::1000] = np.arange(250.0)[:, None]
    rows.flush()
    arguments = [tmp_path / "in.npy", tmp_path / "out.npy", 4000, 40 << 20]
    for how in ("chunks", "one batch"):
        program = [sys.executable, "-c", LARGE, *map(str, arguments), how]
        done = subprocess.run(program, capture_output=True, text=True, check=False)
        assert (done.returncode == 0) == (how == "chunks"), done.stderr
    assert "MemoryError" in done.stderr or "memory" in done.stderr
    result = np.load(tmp_path / "out.npy", mmap_mode="r")
    assert result.shape == rows.shape
    np.testing.assert_array_equal(result[::1000], rows[::1000] + 1.0)
    assert result[1::1000].min() == result[1::1000].max() == 1.0


MESH = """
import os
os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=4"
import numpy as np, jax, ssair
kernel = ssair.compile("fn f(xs: [n]f64, i: i64) -> f64 = xs[i] * 0.1")
mesh = ssair.mesh()
places = np.arange(1001) % 10
put = []
real = jax.device_put
def device_put(value, where=None, **named):
    put.append((np.asarray(value).nbytes, len(where.device_set)))
    return real(value, where, **named)
jax.device_put = device_put
def pieces():
    yield from np.array_split(places, 13)
result = kernel.map(np.arange(10.0), pieces(), chunk=98, mesh=mesh)
assert put == [(80, 4)] + [(800, 4)] * 11, put
jax.device_put = real
np.testing.assert_array_equal(result, np.asarray(kernel.map(np.arange(10.0), places)))
assert kernel.map.plan(np.arange(10.0), places, chunk=98, mesh=mesh).chunk == 100
for bad in (0, 24, 99, 612, 1000):
    faulty = places.copy()
    faulty[[bad, 1000]] = 10
    try:
        kernel.map(np.arange(10.0), faulty, chunk=98, mesh=mesh)
    except IndexError as trap:
        assert trap.element == bad, trap
    else:
        raise AssertionError(bad)
"""


def test_the_devices_of_a_mesh_share_each_chunk() -> None:
    done = subprocess.run([sys.executable, "-c", MESH], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["", "inside", "inside/"])
def test_what_is_no_name_of_a_file_is_refused_before_anything_is_read(name: str, tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    kernel = ssair.compile("fn f(x: i64) -> i64 = 12 // x")
    path = name and f"{tmp_path}/{name}"
    with pytest.raises(UsageError, match="is no name of a file"):
        kernel.map([0], out=path)  # no trap
    assert [entry.name for entry in tmp_path.iterdir()] == ["inside"]
