"""IR laid out for reading, and IR as JSON: both say what the text form says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import ssair
from ssair.ir_json import module_data
from ssair.listing import list_module
from ssair.parser import parse_module

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.fun"))[::6]

PROGRAM = "fn main(xs: [n]f64, i: i64) -> f64 =\n  let x = xs[i] in\n  x * 2.0 + x"

LISTED = """\
site 0: index at 2:11-2:16 dimension 0

func @main -> f64 {
bb0(v0: f64[:], v1: i64):
  v2: i64{0..2^47}   = dim v0, 0              ; 1: xs: [n]f64
  v3: i64{0..2^47-1} = check_index v1, v2 @0  ; 2: xs[i]
  v4: f64            = index v0, v3           ; 2: xs[i]
  v5: f64{2.0}       = const 2.0              ; 3: x * 2.0
  v6: f64            = mul v4, v5             ; 3: x * 2.0
  v7: f64            = add v6, v4             ; 3: x * 2.0 + x
  return v7
}
"""


def test_values_stand_in_columns_with_what_they_stand_for() -> None:
    assert list_module(ssair.parse(PROGRAM)) == LISTED


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_a_listing_is_read_back_as_what_was_listed(example: Path) -> None:
    for module in (ssair.parse(example), ssair.optimize(ssair.parse(example))):
        assert str(parse_module(list_module(module))) == str(module)


def test_long_source_is_cut_and_made_one_line() -> None:
    names = " +\n    ".join(["x"] * 40)
    comments = [
        line.partition("; ")[2] for line in list_module(ssair.parse(f"fn main(x: i64) -> i64 = {names}")).split("\n")
    ]
    assert max(map(len, comments)) <= 44
    assert any(comment.endswith("…") for comment in comments)


def test_json_says_what_the_text_says() -> None:
    data: dict[str, Any] = json.loads(json.dumps(module_data(ssair.parse(PROGRAM))))
    [function] = data["functions"]
    [block] = function["blocks"]
    assert (function["name"], function["results"], block["id"]) == ("main", ["f64"], "bb0")
    assert block["instrs"][1] == {
        "id": "v3",
        "type": "i64",
        "fact": "{0..2^47-1}",
        "span": [2, 11, 2, 16],
        "op": "check_index",
        "args": ["v1", "v2"],
        "immediate": "@0",
    }
    assert block["end"] == {"op": "return", "args": ["v7"], "edges": [], "cases": []}
    assert data["sites"] == [{"kind": "index", "span": [2, 11, 2, 16], "detail": 0, "calls": []}]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_json_has_every_value_and_edge(example: Path) -> None:
    module = ssair.optimize(ssair.parse(example))
    data = json.loads(json.dumps(module_data(module)))
    for function, told in zip(module.functions.values(), data["functions"], strict=True):
        for block, part in zip(function.blocks, told["blocks"], strict=True):
            assert [value["id"] for value in part["params"]] == list(map(str, block.params))
            assert [value["args"] for value in part["instrs"]] == [list(map(str, i.args)) for i in block.instrs]
            assert [edge["to"] for edge in part["end"]["edges"]] == list(map(str, block.successors()))
