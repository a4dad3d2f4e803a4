"""Modules, and what they are made of, where Python copies them: `copy`, `pickle`, and so other processes."""

import copy
import pickle

import pytest

from ssair.clone import clone_module
from ssair.ops import OPS, TERMINATORS
from ssair.sources import load
from ssair.types import F64, array_of
from ssair.verifier import verify

LOOK = "fn look(xs: [n]f64, i: i64) -> f64 = xs[i] / xs[0]"


def chain(length: int) -> str:
    """A program each value of which is made of the one before."""
    lets = "".join(f"  let y{number + 1} = y{number} * x in\n" for number in range(length))
    return f"fn chain(x: i64) -> i64 =\n  let y0 = x in\n{lets}  y{length}"


@pytest.mark.parametrize("row", [*OPS.values(), *TERMINATORS.values(), F64, array_of(F64, 2)], ids=str)
def test_rows_of_tables_and_types_are_themselves_wherever_they_go(row):
    assert pickle.loads(pickle.dumps(row)) is row
    assert copy.deepcopy(row) is row


@pytest.mark.parametrize(
    "copied",
    [copy.copy, copy.deepcopy, clone_module, lambda module: pickle.loads(pickle.dumps(module))],
    ids=["copy", "deepcopy", "clone", "pickle"],
)
@pytest.mark.parametrize("source", [LOOK, chain(5_000)], ids=["arrays", "a long chain"])
def test_a_module_is_copied_whole(copied, source):
    module = load(source)
    again = copied(module)
    verify(again)
    assert str(again) == str(module)
    assert (again.source, again.source_name) == (module.source, module.source_name)
    assert [again.span(site.span) for site in again.sites] == [module.span(site.span) for site in module.sites]
    assert str(again.entry().signature) == str(module.entry().signature)
    again.entry().blocks[0].instrs.clear()
    assert str(again) != str(module)
