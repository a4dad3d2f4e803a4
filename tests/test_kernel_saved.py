"""Kernels in files: saved for sizes and platforms, loaded without the compiler, or refused with a reason."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

import ssair
from ssair.sources import UsageError
from ssair.traps import DivideTrap, IndexTrap

SOURCE = """
fn at(xs: [n]f64, i: i64) -> f64 = xs[i]
fn f(k: size, p: ([n]f64, i64), d: i64) -> ([k]f64, (i64, f64)) =
  let (xs, i) = p in (full(at(xs, i), k), (100 // d, sum(xs)))
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kernel saved for two cases."""
    found = tmp_path_factory.mktemp("kernels") / "f.kernel"
    ssair.compile(SOURCE, entry="f").save(found, {"k": 2, "n": 3}, {"k": 4, "n": 1})
    return found


def test_a_saved_kernel_is_called_like_the_kernel(path: Path) -> None:
    loaded = ssair.load(path)
    for kernel in (loaded, ssair.compile(SOURCE, entry="f")):
        ones, (number, total) = kernel(2, ([1.0, 2.0, 3.0], 1), d=7)
        assert ones.tolist() == [2.0, 2.0] and int(number) == 14 and float(total) == 6.0
        assert kernel(4, (np.array([5.0]), 0), 1)[0].tolist() == [5.0] * 4
    assert repr(loaded) == "<saved kernel f(k: size, p: ([n]f64, i64), d: i64) -> ([k]f64, (i64, f64))>"
    assert [case.static for case in loaded.cases] == [(2,), (4,)]


def test_traps_of_a_saved_kernel_are_those_of_the_kernel(path: Path) -> None:
    loaded, kernel = ssair.load(path), ssair.compile(SOURCE, entry="f")
    for args, kind in (((2, ([1.0, 2.0, 3.0], 3), 7), IndexTrap), ((4, ([1.0], 0), 0), DivideTrap)):
        with pytest.raises(kind) as caught:
            loaded(*args)
        with pytest.raises(kind) as expected:
            kernel(*args)
        assert caught.value.same_as(expected.value) and caught.value.calls == expected.value.calls


def test_both_platforms_are_in_the_file(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    assert {"0.cpu", "0.cuda", "1.cpu", "1.cuda", "0.cpu.telling", "0.cuda.telling"} < set(names)


def test_a_kernel_is_saved_for_what_it_was_called_with(tmp_path: Path) -> None:
    kernel = ssair.compile("fn f(xs: [n]i64) -> i64 = sum(xs)", checks="return")
    kernel([1, 2])
    kernel(np.arange(5))
    kernel.save(tmp_path / "f", platforms=["cpu"])
    loaded = ssair.load(tmp_path / "f", device="cpu")
    assert [case.shapes for case in loaded.cases] == [((2,),), ((5,),)]
    value, code = loaded([3, 4])
    assert (int(value), int(code)) == (7, 0)
    with pytest.raises(ValueError, match=r"not saved for shapes \[3\], but for shapes \[2\]; shapes \[5\]"):
        loaded([1, 2, 3])
    with pytest.raises(TypeError, match="argument xs"):
        loaded([1.5, 2.0])


def test_what_cannot_be_saved(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="prints"):
        ssair.compile("fn f(x: i64) -> i64 = print(x) in x").save(tmp_path / "f")
    with pytest.raises(UsageError, match="the size n is not given"):
        ssair.compile("fn f(xs: [n]i64) -> i64 = sum(xs)").save(tmp_path / "f")
    with pytest.raises(UsageError, match="no platform 'gpu'; there are: cpu, cuda"):
        ssair.compile("fn f(x: i64) -> i64 = x").save(tmp_path / "f", platforms=["gpu"])
    assert not (tmp_path / "f").exists()


def test_files_that_are_no_kernels(path: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read"):
        ssair.load(tmp_path / "missing")
    other = tmp_path / "other"
    other.write_bytes(b"no kernel at all")
    with pytest.raises(UsageError, match="is no kernel"):
        ssair.load(other)
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 0xFF
    other.write_bytes(damaged)
    with pytest.raises(UsageError, match="damaged"):
        ssair.load(other)


def rewritten(path: Path, target: Path, **changes: object) -> Path:
    """A copy of a saved kernel with another header."""
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(target, "w") as copy:
        for name in archive.namelist():
            data = archive.read(name)
            copy.writestr(name, json.dumps(json.loads(data) | changes) if name == "kernel.json" else data)
    return target


def test_other_formats_and_platforms_are_refused(path: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the format 99; this version of ssair reads format 1"):
        ssair.load(rewritten(path, tmp_path / "format", format=99))
    ssair.compile("fn f(x: i64) -> i64 = x").save(tmp_path / "cuda", platforms=["cuda"])
    with pytest.raises(UsageError, match="was saved for cuda, not for cpu"):
        ssair.load(tmp_path / "cuda", device="cpu")


def test_what_another_version_of_jax_wrote_is_told(tmp_path: Path) -> None:
    kernel = ssair.compile("fn f(x: i64) -> i64 = x")
    kernel.save(tmp_path / "f", platforms=["cpu"])
    with zipfile.ZipFile(tmp_path / "f") as archive:
        header = archive.read("kernel.json")
    with zipfile.ZipFile(tmp_path / "f", "w") as archive:
        archive.writestr("kernel.json", header)
        archive.writestr("0.cpu", b"\x00" * 64)
    with pytest.raises(UsageError, match=r"cannot be loaded .made by JAX"):
        ssair.load(tmp_path / "f", device="cpu")(1)


def test_loading_needs_no_compiler(path: Path) -> None:
    program = (
        "import sys, ssair\n"
        f"kernel = ssair.load({str(path)!r}, device='cpu')\n"
        "print(kernel(4, ([5.0], 0), 1)[0].tolist())\n"
        "print([name for name in sys.modules if name.startswith(('ssair.passes', 'ssair.frontends', 'lark'))])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[5.0, 5.0, 5.0, 5.0]\n[]\n"


def test_what_a_saved_kernel_has_not_is_told(path: Path) -> None:
    saved = ssair.load(path)
    for name in ("map", "fn", "ir", "lower", "save"):
        with pytest.raises(AttributeError, match=f"no `{name}`: it is compiled for its cases.* pickle the kernel"):
            getattr(saved, name)
    with pytest.raises(AttributeError, match=r"a saved kernel has no `colour`$"):
        saved.colour  # noqa: B018
    assert not hasattr(saved, "_repr_html_")
