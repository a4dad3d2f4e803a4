"""The programs that `benchmarks/kernels.py` compares give what their peers give, on input that is soon done."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import jax
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
import kernels
import kernels_calls
from kernels_measure import geometric_mean, prepared

if TYPE_CHECKING:
    from kernels_measure import Row

ROWS = {row.name: row for row in kernels_calls.first_result_rows()}


@pytest.mark.parametrize("row", ROWS.values(), ids=list(ROWS))
def test_kernels_give_what_their_peers_give(row: Row) -> None:
    with jax.enable_x64(True):
        prepared(row)


@pytest.mark.parametrize("name", ["fisher-yates", "split", "union-find", "merge", "heavy arms"])
def test_no_array_is_copied_in_a_loop(name: str) -> None:
    assert kernels.array_copies(ROWS[name]) == 0


def test_copies_are_found() -> None:
    body = "%body.1 (p: s64[7]) -> s64[7] {\n  %copy.2 = s64[7]{0} copy(%p)\n}"
    copied = f"{body}\n\nENTRY %main {{\n  while(x), body=%body.1\n}}"
    assert kernels.copies_in_loops(copied, 7) == 1 and kernels.copies_in_loops(copied, 8) == 0
    arm = body.replace("body.1", "arm.1") + "\n\n%arm.2 (p: s64[7]) -> s64[7] {\n}"
    choice = "%body.1 (p: s64[7]) -> s64[7] {\n  conditional(x, p, p), branch_computations={%arm.2, %arm.1}, more=1\n}"
    chosen = f"{arm}\n\n{choice}\n\nENTRY %main {{\n  while(x), body=%body.1\n}}"
    assert kernels.copies_in_loops(chosen, 7) == 1
    assert kernels.copies_in_loops(chosen.replace("{%arm.2, %arm.1}", "{%arm.2, %arm.2}"), 7) == 0


def test_the_geometric_mean() -> None:
    assert geometric_mean([1.0, 4.0, 16.0]) == pytest.approx(4.0)
