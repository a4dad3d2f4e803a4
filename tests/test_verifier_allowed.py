"""What the verifier allows: justified refinements, static lengths, comprehensions, signatures; and what it does not."""

from __future__ import annotations

import pytest
from test_verifier import VALID, total

from ssair.analysis_comparison import same_result
from ssair.ir import Block, Function
from ssair.ops import PREDICATES
from ssair.parser import parse_module
from ssair.signature import Parameter, Signature
from ssair.types import F64, I64
from ssair.verifier import VerifierError, verify
from ssair.verifier_relations import IMPLIED_BY

# ---- what is allowed ----------------------------------------------------------------------------------------------


def check(text: str) -> None:
    verify(parse_module(text, verified=False))


def test_unreachable_blocks_need_no_dominance() -> None:
    unreachable = "bb8:\n  v30: f64 = add v12, v31\n  v31: f64 = neg v30\n  jump bb8\n"
    check(VALID.replace("  return v5\n", f"  return v5\n{unreachable}"))


def test_a_refinement_is_justified_through_other_versions_of_its_values() -> None:
    check("""
        func @f {
        bb0(v0: i64, v1: i64):
          v2: bool = le v0, v1
          v3: bool{false} = const false
          branch v2, bb1, bb3
        bb1:
          v4: i64 = refine v0 le v1
          v5: i64 = refine v1 ge v4
          jump bb2
        bb2:
          v6: i64 = refine v4 le v5
          v7: i64 = refine v1 ge v6
          return
        bb3:
          v8: i64 = refine v1 lt v0
          v9: i64 = refine v0 ne v8
          v10: bool{false} = refine v2 eq v3
          return
        }
    """)


def test_a_refinement_is_justified_by_conjunctions_and_negations() -> None:
    check("""
        func @f {
        bb0(v0: i64, v1: i64, v2: f64, v3: f64):
          v4: bool = lt v0, v1
          v5: bool = lt v2, v3
          v6: bool = not v5
          v7: bool = and v4, v6
          branch v7, bb1, bb2
        bb1:
          v8: i64 = refine v1 gt v0
          v9: f64 = refine v2 nlt v3
          return
        bb2:
          return
        }
    """)


NOT_LESS = """
    func @f {
    bb0(v0: f64, v1: f64):
      v2: bool = lt v0, v1
      branch v2, bb1, bb2
    bb1:
      return
    bb2:
      v3: f64 = refine v0 nlt v1
      return
    }
"""


def test_what_is_not_less_may_be_unordered() -> None:
    check(NOT_LESS)
    check(NOT_LESS.replace("nlt", "ge").replace("f64", "i64"))
    with pytest.raises(VerifierError, match="refine"):
        check(NOT_LESS.replace("nlt", "ge"))


def test_a_refinement_is_justified_by_a_switch_a_comprehension_and_facts() -> None:
    check("""
        func @f {
        bb0(v0: i64{0..9} static, v1: i64):
          v2: i64{7} = const 7
          v3: i64{9} = const 9
          v4: i64{0..9} = refine v0 le v3
          switch v1, [7: bb1], bb2
        bb1:
          v5: i64{7} = refine v1 eq v2
          return
        bb2:
          v6: i64 = refine v1 ne v2
          forall (v0), bb3, bb4
        bb3(v7: i64{0..8}):
          v8: i64{0..8} = refine v7 lt v0
          v9: i64{1..9} = refine v0 gt v7
          yield v8
        bb4(v10: i64[:]{0..8}):
          return
        }
    """)


BOTH_ARMS = """
    func @f {
    bb0(v0: i64, v1: i64):
      v2: bool = lt v0, v1
      branch v2, bb1, bb1
    bb1:
      v3: i64 = refine v0 le v1
      return
    }
"""


def test_two_edges_into_one_block_justify_nothing() -> None:
    with pytest.raises(VerifierError, match="refine"):
        check(BOTH_ARMS)
    check(BOTH_ARMS.replace("bb1, bb1", "bb1, bb2").replace("}", "bb2:\n return\n}"))


CROSSES_THE_BORDER = """
    func @f {
    bb0(v0: i64{0..9} static, v1: bool):
      branch v1, bb1, bb4
    bb1:
      forall (v0), bb2, bb3
    bb2(v2: i64{0..8}):
      branch v1, bb5, bb4
    bb3(v3: i64[:]{0..8}):
      return
    bb4:
      return
    bb5:
      yield v2
    }
"""


def test_no_edge_leaves_a_comprehension_but_through_its_forall() -> None:
    with pytest.raises(VerifierError, match="crosses the border of a comprehension"):
        check(CROSSES_THE_BORDER)
    check(CROSSES_THE_BORDER.replace("branch v1, bb5, bb4", "jump bb5"))


@pytest.mark.parametrize(
    ("check_text", "predicate"),
    [
        ("i64{0..} = check_index v0, v1 @0", "lt v1"),
        ("i64{0..} = check_index v0, v1 @0", "ge v2"),
        ("i64{nonzero} = check_nonzero v0, v1 @0", "ne v2"),
        ("i64{0..} = check_exponent v0, v1 @0", "ge v2"),
        ("i64 = check_nonempty v0 @0", "gt v2"),
        ("i64 = check_equal v0, v1 @0", "le v1"),
        ("i64 = check_at_least v0, v1 @0", "ge v1"),
        ("bool{true} = check v4 @0", "gt v1"),
    ],
)
def test_a_refinement_is_justified_by_an_earlier_check(check_text: str, predicate: str) -> None:
    lines = [
        "v2: i64{0} = const 0",
        "v4: bool = lt v1, v0",
        f"v3: {check_text}",
        f"v5: i64 = refine v0 {predicate}",
        "return",
        "}",
    ]
    head = ["func @f {", "bb0(v0: i64, v1: i64):"]
    check("\n".join([*head, *lines]))
    lines[2], lines[3] = lines[3], lines[2]
    with pytest.raises(VerifierError, match="refine"):
        check("\n".join([*head, *lines]))


def test_lengths_are_static_through_arithmetic_refinements_and_checks() -> None:
    check("""
        func @f {
        bb0(v0: i64{0..9} static, v1: f64[:]):
          v2: i64{0..2^47} = dim v1, 0
          v3: i64{1} = const 1
          v4: i64 = add v0, v2
          v5: i64 = sub v4, v3
          v6: i64 = check_at_least v5, v3 @0
          v7: i64[:] = iota v6
          v8: f64{0.5} = const 0.5
          v9: f64[:]{0.5} = full v8, v6
          return
        }
    """)


def test_a_comprehension_may_never_end() -> None:
    check("""
        func @f {
        bb0(v0: i64{0..9} static):
          forall (v0), bb1, bb3
        bb1(v1: i64{0..8}):
          jump bb2
        bb2:
          jump bb2
        bb3(v2: f64[:]):
          return
        }
    """)


def test_what_a_comprehension_makes_of_arrays_has_their_lengths() -> None:
    check("""
        func @f -> f64[:,:] {
        bb0(v0: i64{0..9} static, v1: f64[:]):
          v2: i64{0..2^47} = dim v1, 0
          forall (v0 | v2), bb1, bb2
        bb1(v3: i64{0..8}):
          yield v1
        bb2(v4: f64[:,:]):
          return v4
        }
    """)


def test_a_signature_may_nest_what_the_function_takes_flat() -> None:
    module = parse_module(VALID)
    tree = (total(module).params[0].type, (I64,))
    total(module).signature = Signature((Parameter("p", "", tree),), F64, "f64")
    verify(module)


def holds(predicate: str, left: float, right: float) -> bool:
    """What a predicate of `refine` says of two numbers."""
    compare = {"eq": "__eq__", "ne": "__ne__", "lt": "__lt__", "le": "__le__", "gt": "__gt__", "ge": "__ge__"}
    if predicate in compare:
        return bool(getattr(left, compare[predicate])(right))
    return not getattr(left, compare[predicate[1:]])(right)


@pytest.mark.parametrize("predicate", PREDICATES)
def test_a_predicate_implies_just_what_it_implies_of_numbers(predicate: str) -> None:
    numbers = [-1.0, 0.0, 1.0, float("nan")]
    pairs = [(left, right) for left in numbers for right in numbers if holds(predicate, left, right)]
    implied = {other for other in PREDICATES if all(holds(other, left, right) for left, right in pairs)}
    assert {other for other in PREDICATES if predicate == other or predicate in IMPLIED_BY[other]} == implied


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ([1, (2, "x")], [1, (2, "x")], True),
        ([1, (2, "x")], [1, (2, "y")], False),
        ({1: [2], 3: []}, {1: [2], 3: []}, True),
        ({1: [2], 3: []}, {3: [], 1: [2]}, False),
        ([1], (1,), False),
        ({1, 2}, {2, 1}, True),
        (Block(1, Function("f")), Block(1, Function("f")), False),
    ],
)
def test_results_of_analyses_are_compared_by_what_they_hold(left: object, right: object, same: bool) -> None:
    assert same_result(left, right) is same
