"""What a pass has found out goes when it ends: while a pipeline runs nobody collects objects that hold each other."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ssair.context import Context
from ssair.ir import Function
from ssair.pipeline import LEVELS, PASSES, Step, parse_pipeline, run_pipeline
from ssair.sources import load

EXAMPLES = Path(__file__).parent.parent / "examples"


@contextmanager
def everything_kept() -> Iterator[None]:
    """What the collector finds is put into `gc.garbage` in the place of being freed."""
    gc.collect()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        yield
    finally:
        gc.set_debug(0)
        gc.garbage.clear()


def left_behind(step: Step, function: Function) -> set[str]:
    """The classes of passes of which objects are left that hold each other."""
    with everything_kept():
        step.row.run(function, Context(), **step.options)
        gc.collect()
        classes = {type(item) for item in gc.garbage}
    return {kind.__name__ for kind in classes if kind.__module__.startswith("ssair.passes")}


@pytest.mark.parametrize("name", ["sieve", "union_find", "matmul"])
def test_a_pass_leaves_nothing_that_holds_itself(name):
    module = load(EXAMPLES / f"{name}.fun")
    run_pipeline(module, "inline,purity,call_facts")
    steps = [step for step in parse_pipeline(LEVELS[3]) if not step.row.whole_module]
    for function in module.functions.values():
        for step in steps:
            assert not left_behind(step, function), step.row.name


def test_what_holds_itself_is_seen():
    class Holder:
        def __init__(self) -> None:
            self.itself = self

    Holder.__module__ = "ssair.passes.none"
    function = load(EXAMPLES / "gcd.fun").entry()
    run = PASSES["dce"]._replace(run=lambda function, context: bool(Holder()))
    assert left_behind(Step(run, {}), function) == {"Holder"}
