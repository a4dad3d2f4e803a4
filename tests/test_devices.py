"""Devices: those that there are, and kernels on the one asked for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import jax
import numpy as np
import pytest

import ssair
from ssair.placement import device_name, find_device, platform_of
from ssair.sources import UsageError


def test_every_device_is_listed_once_the_default_ones_first() -> None:
    found = ssair.devices()
    assert found[: len(jax.devices())] == jax.devices()
    assert len(set(found)) == len(found) and any(device.platform == "cpu" for device in found)


def test_a_backend_that_does_not_start_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    cpu = jax.devices("cpu")

    def broken(platform: str | None = None) -> list[jax.Device]:
        if platform == "cpu":
            return cpu
        raise RuntimeError("no such backend")

    monkeypatch.setattr(jax, "devices", broken)
    assert ssair.devices() == cpu


def test_devices_are_found_by_name() -> None:
    for device in ssair.devices():
        assert find_device(device_name(device)) is device
        assert find_device(device) is device
    assert find_device("cpu") is jax.devices("cpu")[0]


@pytest.mark.parametrize("name", ["cpu:99", "abacus", "cpu:", "cpu:x", "", "cuda:77"])
def test_a_device_that_is_not_there(name: str) -> None:
    if name == "cpu:":
        assert find_device(name) is jax.devices("cpu")[0]
        return
    with pytest.raises(UsageError, match=r"there are: .*cpu:0"):
        ssair.compile("fn f(x: i64) -> i64 = x", device=name)


@pytest.mark.parametrize("name", [device_name(device) for device in ssair.devices()])
def test_kernels_run_where_they_are_asked_to(name: str) -> None:
    device = find_device(name)
    kernel = ssair.compile("fn f(xs: [n]f64, i: i64) -> f64 = xs[i]", device=name)
    result = kernel(np.array([1.0, 2.0]), 1)
    assert float(result) == 2.0 and result.devices() == {device}
    nothing = ssair.compile("fn f(n: size) -> [n]i64 = iota(n)", device=device)(3)
    assert nothing.tolist() == [0, 1, 2] and nothing.devices() == {device}
    with pytest.raises(IndexError):
        kernel(np.array([1.0, 2.0]), 2)


def test_platforms_have_the_names_that_one_asks_for() -> None:
    assert platform_of(jax.devices("cpu")[0]) == "cpu"


@pytest.mark.parametrize(
    ("version", "name"), [("CUDA 12.4", "cuda"), ("PJRT C API\ncuda 12090", "cuda"), ("rocm 60200", "rocm")]
)
def test_a_gpu_is_called_by_what_drives_it(version: str, name: str) -> None:
    """JAX says `gpu` of both; here is one that needs none to be there."""
    device = SimpleNamespace(platform="gpu", client=SimpleNamespace(platform_version=version))
    assert platform_of(cast(jax.Device, device)) == name
