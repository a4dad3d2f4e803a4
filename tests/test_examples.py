"""Every program in examples/ computes what its plain reference computes, interpreted and as a kernel."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from examples_reference import EXAMPLES, Arguments, Example, Result

import ssair

FOLDER = Path(__file__).parent.parent / "examples"
PATHS = sorted(FOLDER.glob("*.fun"))
SEED = 20240


@cache
def kernel_of(name: str) -> ssair.Kernel:
    return ssair.compile(FOLDER / f"{name}.fun")


def flattened(result: Result) -> Iterator[np.ndarray]:
    """The arrays and scalars of a result, tuples opened, as arrays."""
    if isinstance(result, tuple):
        for part in result:
            yield from flattened(part)
    else:
        yield np.asarray(result)


def assert_agree(got: Result, expected: Result, tolerance: float) -> None:
    got_parts, expected_parts = list(flattened(got)), list(flattened(expected))
    assert len(got_parts) == len(expected_parts)
    for got_part, expected_part in zip(got_parts, expected_parts, strict=True):
        assert got_part.shape == expected_part.shape
        assert got_part.dtype == expected_part.dtype
        if np.issubdtype(expected_part.dtype, np.floating):
            finite = np.isfinite(expected_part)
            np.testing.assert_array_equal(got_part[~finite], expected_part[~finite])
            error = np.abs(got_part[finite] - expected_part[finite])
            assert (error <= tolerance * np.maximum(1.0, np.abs(expected_part[finite]))).all()
        else:
            np.testing.assert_array_equal(got_part, expected_part)


def cases(example: Example) -> list[Arguments]:
    return list(example.cases(np.random.default_rng(SEED)))


def test_every_example_has_a_reference_and_every_reference_an_example() -> None:
    assert [path.stem for path in PATHS] == sorted(EXAMPLES)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_example_says_what_it_computes(path: Path) -> None:
    assert path.read_text().startswith("# ")


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_interpreter_agrees_with_the_reference(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    example, kernel = EXAMPLES[name], kernel_of(name)
    for arguments in cases(example):
        assert_agree(kernel.interpret(*arguments), example.compute(*arguments), example.tolerance)
        assert capsys.readouterr().out == example.printed(*arguments)


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_kernel_agrees_with_the_reference(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    example, kernel = EXAMPLES[name], kernel_of(name)
    for arguments in cases(example):
        assert_agree(kernel(*arguments), example.compute(*arguments), example.tolerance)
        assert capsys.readouterr().out == example.printed(*arguments)
