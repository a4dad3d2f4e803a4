"""Maps on several devices: the same bits as on one, no exchange between devices, and traps that name their element."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

import ssair
from ssair.sources import UsageError

ROOT = Path(__file__).parents[1]

#: Runs with eight CPU devices, which JAX must know before it starts.
ON_EIGHT = """
import jax, numpy as np, ssair
from ssair.backends.jax import wide_types

mesh = ssair.mesh()
assert mesh.size == 8 and ssair.mesh("cpu") == mesh and ssair.mesh(["cpu:3", jax.devices()[1]]).size == 2
assert ssair.mesh("cpu:5").devices.tolist() == [jax.devices()[5]]
grid = jax.sharding.Mesh(np.array(jax.devices()).reshape(4, 2), ("rows", "columns"))

kernel = ssair.compile('''
fn work(xs: [n]f64, x: f64, k: i64, scale: f64) =
  let (y, steps) = loop (y = x, steps = 0) while abs(y) > 0.001 && steps < 99 do (y * sin(y + scale), steps + 1) in
  (y + xs[k], steps, [v * exp(x) for v in xs])
''')
table = np.linspace(-1.0, 2.0, 5)
for count in (0, 3, 16, 17):
    xs, places = np.linspace(0.5, 1.5, count), np.arange(count) % 5
    for form in ("vmap", "loop"):
        alone = kernel.map(table, xs, places, 0.25, batch=form)
        for devices in (mesh, grid):
            together = kernel.map(table, xs, places, 0.25, batch=form, mesh=devices)
            for one, many in zip(alone, together):
                assert one.shape == many.shape and one.dtype == many.dtype
                assert np.asarray(one).tobytes() == np.asarray(many).tobytes(), (count, form)
                assert count == 0 or len(many.devices()) == (8 if count == 16 else 1)
        for wrong in range(2, count, 9):
            bad = np.where(np.arange(count) >= wrong, 9, places)
            for devices in (None, mesh):
                try:
                    kernel.map(table, xs, bad, 0.25, batch=form, mesh=devices)
                    raise SystemExit("no trap")
                except IndexError as trap:
                    assert trap.element == wrong and trap.values == (9, 5, 0), trap

codes = ssair.compile("fn f(x: i64) -> i64 = 12 // x", checks="return").map([1, 0, 3], mesh=mesh)[1]
assert codes.tolist() == [0, 1, 0]
for count in (1, 7, 8, 9):  # what fills the last part up is no element that could fail
    assert ssair.compile("fn f(x: i64) -> i64 = 12 // x").map(list(range(1, count + 1)), mesh=mesh).shape == (count,)

for form in ("vmap", "loop"):
    batch, dynamic, _, plan = kernel.map._prepared([table, np.ones(16), np.arange(16) % 5, 0.25], {}, form, mesh)
    with wide_types():
        text = kernel.map.batches.function(batch).lower(*dynamic).compile().as_text()
    for word in ("all-gather", "all-reduce", "all-to-all", "collective", "reduce-scatter", "send", "recv"):
        assert f"{word}(" not in text and f"{word}-start(" not in text, word
    assert plan.shards == 8 and ", on each of 8 devices" in str(plan)

prints = ssair.compile('fn f(x: i64) -> i64 = print("got", x) in x')
try:
    prints.map([1, 2], mesh=mesh)
    raise SystemExit("it printed")
except ssair.UsageError as error:
    assert "a kernel that prints runs on one device" in str(error)
with jax.set_mesh(mesh):  # of the caller's own
    for xs in ([1, 2, 3], np.arange(1, 4), jax.numpy.arange(1, 4)):
        assert ssair.compile("fn f(x: i64) -> i64 = 12 // x").map(xs, mesh=mesh).tolist() == [12, 6, 4]

apart = [jax.device_put(np.float32(1.0), jax.devices()[place]) for place in (1, 2)]
add = ssair.compile("fn f(a: f32, b: f32) -> f32 = a + b")
add.save(PATH, {})
lists = [jax.numpy.reshape(x, (1,)) for x in apart]
for call, args in ((add, apart), (add.map, lists), (ssair.load(PATH), apart)):
    assert call(args[0], args[0]).devices() == {jax.devices()[1]}
    try:
        call(*args)
        raise SystemExit("they are on two devices")
    except ValueError as error:
        assert str(error).startswith("argument b: it is on cpu:2, and a on cpu:1; move one with jax.device_put"), error
print("as on one")
"""


def test_eight_devices_give_the_bits_of_one(tmp_path: Path) -> None:
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=8"
    environment = {**os.environ, "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu", "PYTHONPATH": str(ROOT)}
    script = ON_EIGHT.replace("PATH", repr(str(tmp_path / "add.kernel")))
    run = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert run.stdout == "as on one\n", run.stderr


def test_the_mesh_of_all_devices() -> None:
    mesh = ssair.mesh()
    assert mesh.axis_names == ("elements",)
    assert mesh.devices.tolist() == jax.devices()


def test_devices_that_are_not_there() -> None:
    for wanted in ("abacus", "cpu:99", ["cpu:0", "cpu:99"]):
        with pytest.raises(UsageError, match="there is no device"):
            ssair.mesh(wanted)
    with pytest.raises(UsageError, match="at least one device"):
        ssair.mesh([])


def test_a_mesh_of_one_device() -> None:
    kernel = ssair.compile("fn f(xs: [n]f64, i: i64) -> f64 = xs[i]")
    mesh = ssair.mesh(jax.devices("cpu")[:1])
    found = kernel.map([0.5, 1.5], np.array([1, 0, 1]), mesh=mesh)
    assert found.tolist() == [1.5, 0.5, 1.5]
    with pytest.raises(IndexError, match="element 1: "):
        kernel.map([0.5, 1.5], [1, 2, 1], mesh=mesh)


def test_a_kernel_of_one_device_takes_no_mesh() -> None:
    kernel = ssair.compile("fn f(x: f64) -> f64 = x", device="cpu")
    with pytest.raises(UsageError, match="compile it without, and give mesh= alone"):
        kernel.map([0.5], mesh=ssair.mesh())


def test_what_prints_runs_on_a_mesh_of_one(capsys: pytest.CaptureFixture[str]) -> None:
    kernel = ssair.compile('fn f(x: i64) -> i64 = print("got", x) in x')
    kernel.map([1, 2], mesh=ssair.mesh(jax.devices("cpu")[:1]))
    assert capsys.readouterr().out == "got 1\ngot 2\n"


@pytest.mark.parametrize("wrong", ["cpu", 4, True, [jax.devices()[0]]], ids=["name", "number", "truth", "devices"])
def test_a_mesh_is_a_mesh(wrong: Any) -> None:
    kernel = ssair.compile("fn f(x: i64) -> i64 = x")
    for call in (kernel.map, kernel.map.plan):
        with pytest.raises(UsageError, match=r"^mesh=.* a jax.sharding.Mesh is wanted, such as ssair.mesh\(\)"):
            call([1, 2], mesh=wrong)


def test_a_mesh_has_no_device_twice() -> None:
    with pytest.raises(UsageError, match="each device once, and this one has cpu:0 2 times"):
        ssair.mesh(["cpu:0", jax.devices("cpu")[0]])
    with pytest.raises(UsageError, match="not of 3"):
        ssair.mesh(3)  # type: ignore[arg-type]
