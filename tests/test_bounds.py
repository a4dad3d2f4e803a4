"""Checks proved by inequalities: each rule where it holds, and where its condition does not.

A near miss comes with arguments for which the check that it is about fails: that one has to stay.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pytest
from growth import assert_linear
from random_inequalities import random_arguments, random_program

from ssair.context import Context, Fuel
from ssair.dominators import dominator_tree
from ssair.frontends.fun import compile_source
from ssair.interp import execute
from ssair.ir import Function, Module
from ssair.ops import PROVED, REFINE
from ssair.parser import parse_module
from ssair.passes import bounds
from ssair.passes.bounds_forms import Form, Forms
from ssair.passes.bounds_relations import Place, Relations
from ssair.passes.bounds_search import Prover
from ssair.passes.origins import Origins
from ssair.pipeline import optimize
from ssair.testing.outcomes import difference
from ssair.verifier import verify

BEFORE: Final = "clean_cfg,lvn,simplify,gvn,copyprop,clean_cfg,sccp,simplify"
AFTER: Final = "clean_cfg,simplify,gvn,copyprop,clean_cfg,dce"
HEAD: Final = "fn f(xs: [n]i64, ys: [m]i64, i: i64, j: i64, k: i64) -> i64 = "
LEAST, GREATEST = -(2**63), 2**63 - 1

#: Expressions whose checks all go.
PROVED_AWAY: Final = {
    "binary search": """let (lo, _) = loop (lo = 0, hi = n) while lo < hi do
        let mid = lo + (hi - lo) // 2 in if xs[mid] < k then (mid + 1, hi) else (lo, mid) in lo""",
    "binary search by shifting": """let (lo, _) = loop (lo = 0, hi = n) while lo < hi do
        let mid = (lo + hi) >> 1 in if xs[mid] < k then (mid + 1, hi) else (lo, mid) in lo""",
    "from both ends": """let (_, _, s) = loop (lo = 0, hi = n - 1, s = 0) while lo < hi do
        (lo + 1, hi - 1, s + xs[lo] - xs[hi]) in s""",
    "to the end by difference": "let (_, s) = loop (p = 0, s = 0) while p != n do (p + 1, s + xs[p]) in s",
    "carries that swap": """if n == 0 then 0 else
        let (_, _, s) = loop (a = 0, b = n - 1, s = 0) while s < 9 do (b, a, s + xs[a]) in s""",
    "a window": "loop s = 0 for p in 0..n - 2 do s + xs[p + 2]",
    "backward": "loop s = 0 for p in 0..n do s + xs[n - 1 - p]",
    "two counters": "loop s = 0 for p in 0..n do loop s = s for q in 0..m do s + zeros(n + m)[p + q]",
    "one counter below another": "loop s = 0 for p in 0..n do loop s = s for q in 0..p do s + xs[q] + xs[p - q]",
    "a chain of tests": "if 0 <= i < j && j <= k && k <= n then xs[i] else 0",
    "a sum of tests": "if 0 <= i && 0 <= j && i <= 9 && j <= 9 && i + j < n then xs[i] else 0",
    "a multiple": "if 0 <= i <= 1000 && 2 * i + 1 < n then xs[i] + xs[2 * i] else 0",
    "an assertion": "assert 0 <= i <= j && j < n in xs[i]",
    "a remainder": "if n > 0 then xs[k % n] else 0",
    "a quotient": "if 0 <= i < n && 0 <= j < n then xs[(i + j) // 2] else 0",
    "a quotient that rounds": "if 0 <= i < n && 0 <= j < n then xs[(i + j + 1) // 2] else 0",
    "a quotient by what is not known": "if 0 <= i < n && j > 0 then xs[i // j] else 0",
    "a shift": "if 0 <= i < n && 0 <= j < n then xs[(i + j) >> 1] else 0",
    "a shift by what is not known": "if 0 <= i < n then xs[i >> j] else 0",
    "a mask": "if 0 <= i < n then xs[k & i] else 0",
    "a union of bits": "if 0 <= i <= 9 && 0 <= j <= 9 && i + j < n then xs[i | j] + xs[i ^ j] else 0",
    "the smaller": "if n > 0 && i >= 0 then xs[min(i, n - 1)] else 0",
    "the greater": "if 0 <= i < n && 0 <= j < n then xs[max(i, j)] else 0",
    "either": "if 0 <= i < n && 0 <= j < n then xs[select(k > 0, i, j)] else 0",
    "one of two arms": "if n > 0 then (let p = if k > 0 then n - 1 else 0 in xs[p]) else 0",
    "a magnitude": "if 0 - n < i < n then xs[abs(i)] else 0",
    "a product": "if 0 < i <= 1000 && i * i < n then xs[i] else 0",
    "the place of the greatest": "if n > 0 then xs[argmax(xs)] else 0",
    "places that an array has": """
        if n == 0 then 0 else
        let places = [argmax(xs) for p in 0..m] in loop s = 0 for p in 0..m do s + xs[places[p]]""",
    "places that are written": """
        let places = loop places = iota(n) for p in 0..n do places with [p] = places[places[p]]
        in loop s = 0 for p in 0..n do s + places[places[p]]""",
    "every second": "if 0 <= i < m then 0 * (full(0, 2 * m - 1)[2 * i] + k) else 0",
    "a remainder of what is counted down": """
        loop s = 0 for p in 1..n do let q = n - p in s + xs[(k & 7) % (q + 1)]""",
    "a heap": """let (_, s) = loop (p = 0, s = 0) while 2 * p + 1 < n do
        let left = 2 * p + 1
        let child = if left + 1 < n && xs[left] < xs[left + 1] then left + 1 else left
        in (child, s + xs[child] - xs[p]) in s""",
    "an element of a list": "if 0 <= i < n && 0 <= j < n then xs[[i, j][k & 1]] else 0",
    "an element of either": """if 0 <= i < n && 0 <= j < n then
        let a = loop a = select(k > 0, full(i, 2), full(j, 2)) for p in 0..2 do a with [p] = a[1 - p] in xs[a[0]]
        else 0""",
    "an exponent": "loop s = 0 for p in 0..n do loop s = s for q in p..n do s + 2 ** (q - p)",
    "divisors": "if 0 <= i < j && j < 9 then k // (j - i) + k % (i - j) else 0",
    "a divisor by difference": "if 0 <= i < 9 && 0 <= j < 9 && i != j then k // (i - j) else 0",
    "a length": "if m <= n then len(zeros(n - m)) else 0",
    "a test between tests": "if i < j && j < k then (if i < k then 0 else xs[99]) else 0",
}

_ROW: Final = np.arange(1, 4)
_NONE: Final = np.arange(0)

#: Expressions of which one check may fail, and arguments that make it fail.
NEAR_MISSES: Final[dict[str, tuple[str, list[Any]]]] = {
    "binary search, one too far": (
        """let (lo, _) = loop (lo = 0, hi = n) while lo < hi do
        let mid = lo + (hi - lo) // 2 + 1 in if xs[mid] < k then (mid + 1, hi) else (lo, mid - 1) in lo""",
        [_ROW[:1], _ROW, 0, 0, 0],
    ),
    "binary search up to a bound of its own": (
        """let (lo, _) = loop (lo = 0, hi = j) while lo < hi do
        let mid = lo + (hi - lo) // 2 in if xs[mid] < k then (mid + 1, hi) else (lo, mid) in lo""",
        [_ROW, _ROW, 0, 9, 99],
    ),
    "from both ends, meeting": (
        "let (_, _, s) = loop (lo = 0, hi = n, s = 0) while lo < hi do (lo + 1, hi - 1, s + xs[hi]) in s",
        [_ROW, _ROW, 0, 0, 0],
    ),
    "by twos to the end by difference": (
        "let (_, s) = loop (p = 0, s = 0) while p != n do (p + 2, s + xs[p]) in s",
        [_ROW, _ROW, 0, 0, 0],
    ),
    "by twos, and the next": (
        "let (_, s) = loop (p = 0, s = 0) while p < n do (p + 2, s + xs[p + 1]) in s",
        [_ROW, _ROW, 0, 0, 0],
    ),
    "a step back": (
        "let (_, s) = loop (p = n - 1, s = 0) while p >= -1 do (p - 1, s + xs[p]) in s",
        [_ROW, _ROW, 0, 0, 0],
    ),
    "a bound that moves": (
        "let (_, _, s) = loop (p = 0, b = n, s = 0) while p < b do (p + 1, k, s + xs[p]) in s",
        [_ROW, _ROW, 0, 0, 9],
    ),
    "a window, one too far": ("loop s = 0 for p in 0..n - 2 do s + xs[p + 3]", [_ROW, _ROW, 0, 0, 0]),
    "backward, one too far": ("loop s = 0 for p in 0..n do s + xs[n - p]", [_ROW, _ROW, 0, 0, 0]),
    "two counters, too far": (
        "loop s = 0 for p in 0..n do loop s = s for q in 0..m do s + zeros(n + m)[p + q + 2]",
        [_ROW, _ROW, 0, 0, 0],
    ),
    "arms the wrong way round": ("if i < n then 0 else xs[i]", [_ROW, _ROW, 3, 0, 0]),
    "equal, and no more": ("if i == j then xs[i] + xs[j] else 0", [_ROW, _ROW, 3, 3, 0]),
    "a sum that wraps": ("if i >= 0 && i + 1 <= n then xs[i] else 0", [_ROW, _ROW, GREATEST, 0, 0]),
    "a difference that wraps": ("if i < j then 2 ** (j - i) else 0", [_ROW, _ROW, LEAST, GREATEST, 0]),
    "a product that wraps": ("if i > 0 && i * i < n then xs[i] else 0", [_ROW, _ROW, 2**32, 0, 0]),
    "a multiple that wraps": ("if i >= 0 && 2 * i < n then xs[i] else 0", [_ROW, _ROW, 2**62, 0, 0]),
    "a shift that wraps": ("if i >= 0 && i << 1 < n then xs[i] else 0", [_ROW, _ROW, 2**62, 0, 0]),
    "a negation that wraps": ("if -i <= 0 then 2 ** i else 0", [_ROW, _ROW, LEAST, 0, 0]),
    "a magnitude that wraps": ("2 ** abs(i)", [_ROW, _ROW, LEAST, 0, 0]),
    "a conversion that wraps": (
        "if 0 <= i64(i32(i)) && i32(i) < 3 then [1, 2, 3][i] else 0",
        [_ROW, _ROW, 2**32, 0, 0],
    ),
    "a remainder of another length": ("if n > 0 then xs[k % (n + 1)] else 0", [_ROW, _ROW, 0, 0, 3]),
    "a remainder of a negative divisor": ("if j < 0 then xs[k % j] else 0", [_ROW, _ROW, 0, -5, 3]),
    "a quotient, too far": ("if 0 <= i < n && 0 <= j < n then xs[(i + j + 2) // 2] else 0", [_ROW, _ROW, 2, 2, 0]),
    "a quotient of a negative number": (
        "if -9 <= i <= 9 && j >= 1 then 2 ** (i - i // j) else 0",
        [_ROW, _ROW, -4, 2, 0],
    ),
    "a quotient of a negative divisor": ("if 0 <= i <= 9 then 2 ** (i + 2 * (i // -2)) else 0", [_ROW, _ROW, 3, 0, 0]),
    "a remainder of a negative number": ("if -9 <= i <= 9 then 2 ** (i - i % 3) else 0", [_ROW, _ROW, -1, 0, 0]),
    "a shift by what is not known of a negative number": (
        "if -9 <= i <= 9 then 2 ** (i - (i >> j)) else 0",
        [_ROW, _ROW, -4, 1, 0],
    ),
    "a mask by a negative number": (
        "if -9 <= i <= 9 && 0 <= j <= 9 then 2 ** (i - (i & j)) else 0",
        [_ROW, _ROW, -1, 5, 0],
    ),
    "a union of negative numbers": (
        "if -9 <= i <= 9 && -9 <= j <= 9 then 2 ** (i + j - (i | j)) else 0",
        [_ROW, _ROW, -1, -1, 0],
    ),
    "a sum of bits of negative numbers": (
        "if -9 <= i <= 9 && -9 <= j <= 9 then 2 ** (i + j - (i ^ j)) else 0",
        [_ROW, _ROW, -1, -1, 0],
    ),
    "a product with zero": ("if 0 <= i <= 9 && 0 <= j <= 9 then 2 ** (i * j - i) else 0", [_ROW, _ROW, 1, 0, 0]),
    "a union of negative numbers, compared": (
        "if -9 <= i <= 9 && -9 <= j <= 9 && (i | j) > i + j then xs[9] else 0",
        [_ROW, _ROW, -1, -1, 0],
    ),
    "a quotient taken back": ("if 0 <= i <= 99 && 2 * (i // 2) < n then xs[i] else 0", [_ROW, _ROW, 3, 0, 0]),
    "a shift of a negative number": ("if -9 <= i <= 9 then 2 ** (i - (i >> 1)) else 0", [_ROW, _ROW, -4, 0, 0]),
    "a mask of a negative number": ("if i < n then xs[i & k] else 0", [_ROW, _ROW, -1, 0, 9]),
    "a union of bits, by the greater": (
        "if 0 <= i < n && 0 <= j < n then xs[i | j] else 0",
        [np.arange(3), _ROW, 1, 2, 0],
    ),
    "the smaller of a length": ("if i >= 0 then xs[min(i, n)] else 0", [_ROW, _ROW, 9, 0, 0]),
    "the greater of one in range": ("if 0 <= i < n then xs[max(i, j)] else 0", [_ROW, _ROW, 0, 9, 0]),
    "either, one in range": ("if 0 <= i < n then xs[select(k > 0, i, j)] else 0", [_ROW, _ROW, 0, 9, 0]),
    "the last of an empty array": ("let p = if k > 0 then n - 1 else 0 in xs[p]", [_NONE, _ROW, 0, 0, 0]),
    "the place in another array": ("if m > 0 then xs[argmax(ys)] else 0", [_ROW[:1], _ROW, 0, 0, 0]),
    "places that are too high": (
        "let places = loop places = iota(n) for p in 0..n do places with [p] = places[p] + 1 in xs[places[n - 1]]",
        [_ROW, _ROW, 0, 0, 0],
    ),
    "places as many as one more": (
        """if n < 2 then 0 else
        let a = loop a = iota(n) for p in 0..n do a with [p] = a[n - 1 - p]
        in loop s = 0 for p in 0..n do s + zeros(n - 1)[a[p]]""",
        [_ROW, _ROW, 0, 0, 0],
    ),
    "an element of a list, one of them out of range": (
        "if 0 <= i < n then xs[[i, j][k & 1]] else 0",
        [_ROW, _ROW, 0, 9, 1],
    ),
    "an element of either, one of them out of range": (
        """if 0 <= i < n then
        let a = loop a = select(k > 0, full(j, 2), full(i, 2)) for p in 0..2 do a with [p] = a[1 - p] in xs[a[0]]
        else 0""",
        [_ROW, _ROW, 0, 9, 1],
    ),
    "what the header computes anew": (
        """let (_, _, s) = loop (p = 0, t = 0, s = 0) while (p * 7 + 3) % 10 != 5 && t < 9 do
        let x = (p * 7 + 3) % 10 in (x, t + 1, s + 2 ** (x - p)) in s""",
        [_ROW, _ROW, 0, 0, 0],
    ),
    "what is true of an inner loop if it is of the outer": (
        """let (_, _, s) = loop (a = 0, t = 0, s = 0) while t < 3 do
        let u = if a < 10 then 1 else 2
        let (b, v) = loop (b = a, v = u) for q in 0..2 do (max(b - 1, 0), v + full(1, 10)[b])
        in ((if ys[0] > 0 then b else k), t + 1, s + v) in s""",
        [_ROW, np.zeros(1, np.int64), 0, 0, 10],
    ),
    "every second, one too few": (
        "if 0 <= i < m && m > 1 then full(0, 2 * m - 2)[2 * i] else 0",
        [_ROW, _ROW, 2, 0, 0],
    ),
    "an exponent the wrong way round": (
        "loop s = 0 for p in 0..n do loop s = s for q in p..n do s + 2 ** (p - q)",
        [_ROW, _ROW, 0, 0, 0],
    ),
    "a divisor that may be zero": ("if 0 <= i <= j && j < 9 then k // (j - i) else 0", [_ROW, _ROW, 1, 1, 0]),
    "a test that is not between": (
        "if i < j && k < j then (if i < k then 0 else xs[99]) else 0",
        [_ROW, _ROW, 1, 3, 0],
    ),
}


def checks(function: Function) -> int:
    """How many checks there are, those of sizes at the entry aside."""
    return sum(instr.op.traps and instr.op.name != "check" for instr in function.instructions())


def optimized(module: Module, passes: str) -> Module:
    return optimize(module, passes, context=Context(verify_each=True))


def left(source: str) -> int:
    """How many checks are left of those that simpler passes leave; none is lost on the way."""
    ready = optimized(compile_source(source), BEFORE)
    assert checks(ready.entry()) > 0, "it does not take bounds to prove this"
    return checks(optimized(ready, f"bounds,{AFTER}").entry())


@pytest.mark.parametrize("name", PROVED_AWAY)
def test_proves(name: str) -> None:
    assert left(HEAD + PROVED_AWAY[name]) == 0


@pytest.mark.parametrize("name", NEAR_MISSES)
def test_does_not_prove(name: str) -> None:
    body, arguments = NEAR_MISSES[name]
    module = compile_source(HEAD + body)
    wanted = execute(module, arguments)
    assert wanted.trap is not None
    result = optimized(module, f"{BEFORE},bounds,{AFTER}")
    assert not difference(wanted, execute(result, arguments))


# ---- pure operations whose operands nobody has checked --------------------------------------------------------------


def unproved(*lines: str) -> None:
    """The check in the last of some lines, over `v0` (an i64) and `v1` (an array), is not proved."""
    body = "\n  ".join(lines)
    module = parse_module(f"""
site 0: index
func @f -> i64 {{
bb0(v0: i64, v1: i64[:]):
  v2: i64{{0..2^47}} = dim v1, 0
  {body}
  return v9
}}
""")
    verify(module)
    assert bounds.run(module.functions["f"], Context()) == 0


def test_the_remainder_by_zero_is_no_index():
    unproved("v3: i64{0..2^47-1} = mod v0, v2", "v9: i64{0..2^47-1} = check_index v3, v2 @0")


def test_an_element_of_an_empty_array_is_no_index():
    unproved(
        "v3: i64[:]{0..2^47-1} = iota v2",
        "v4: i64{0..2^47-1} = index v3, v0",
        "v9: i64{0..2^47-1} = check_index v4, v2 @0",
    )


def test_the_place_of_the_least_of_nothing_is_no_index():
    unproved("v3: i64{0..2^47-1} = argmin v1", "v9: i64{0..2^47-1} = check_index v3, v2 @0")


def test_a_quotient_by_zero_is_the_dividend():
    unproved(
        "v3: i64{-1} = const -1",
        "v4: i64{-1..2^47-1} = add v2, v3",
        "v5: i64{1} = const 1",
        "v6: i64{0..} = max v0, v5",
        "v7: i64 = sub v6, v5",
        "v8: i64 = floordiv v2, v7",
        "v9: i64{0..2^47-1} = check_index v8, v2 @0",
    )


CARRIED: Final = """
site 0: index
func @f -> i64[:] {
bb0(v0: i64[:], v1: i64[:]):
  v2: i64{0..2^47} = dim v0, 0
  v3: i64{0} = const 0
  v4: i64{1} = const 1
  jump bb1(v0, v3)
bb1(v5: i64[:], v6: i64{0..2^47}):
  v7: bool = lt v6, v2
  branch v7, bb2, bb3
bb2:
  v8: i64{0..2^47-1} = refine v6 lt v2
  v9: i64{0..2^47} = dim v5, 0
  v10: i64{0..2^47-1} = check_index v8, v9 @0
  v11: i64[:] = update v5, v3, v10
  v12: i64{1..2^47} = add v8, v4
  jump bb1(NEXT, v12)
bb3:
  return v5
}
"""


@pytest.mark.parametrize(("following", "proved"), [("v11", 1), ("v5", 1), ("v0", 1), ("v1", 0)])
def test_an_array_that_a_loop_carries_has_the_length_that_it_began_with(following: str, proved: int) -> None:
    module = parse_module(CARRIED.replace("NEXT", following))
    verify(module)
    assert bounds.run(module.functions["f"], Context()) == proved
    verify(module)


def test_what_one_of_two_branches_teaches_is_not_known_behind_both():
    module = parse_module("""
site 0: index
func @f -> i64 {
bb0(v0: i64{0..}, v1: i64[:], v2: bool):
  v3: i64{0..2^47} = dim v1, 0
  v4: bool = lt v0, v3
  branch v4, bb2, bb1
bb1:
  branch v2, bb2, bb3
bb2:
  v5: i64{0..2^47-1} = check_index v0, v3 @0
  return v5
bb3:
  return v0
}
""")
    verify(module)
    assert bounds.run(module.functions["f"], Context()) == 0


def test_what_holds_under_an_assumption_that_fails_is_not_remembered():
    module = parse_module("""
func @f -> i64 {
bb0(v0: i64, v1: bool):
  v2: i64{0} = const 0
  jump bb1(v2)
bb1(v3: i64):
  jump bb2(v3)
bb2(v4: i64):
  branch v1, bb2(v4), bb3
bb3:
  branch v1, bb1(v4), bb4
bb4:
  branch v1, bb1(v0), bb5
bb5:
  return v4
}
""")
    verify(module)
    function = module.functions["f"]
    outer, inner = function.blocks[1], function.blocks[2]
    tree, forms = dominator_tree(function), Forms(function, Origins())
    prover = Prover(function, tree, forms, Relations(function, tree, forms))
    for block in (outer, inner, outer):
        form = forms.of(block.params[0])
        assert not prover.proves(Form(form.terms, -9), Place(block, 0))


def test_nothing_is_found_out_of_what_no_question_can_reach():
    arms = "\n".join(f"  let x{k} = if i < {k} then j + {k} else k * {k} in" for k in range(60))
    sum_of_all = " + ".join(f"x{k}" for k in range(60))
    function = compile_source(f"{HEAD}\n{arms}\n  {sum_of_all}").functions["f"]
    tree, forms = dominator_tree(function), Forms(function, Origins())
    relations = Relations(function, tree, forms)
    prover = Prover(function, tree, forms, relations)
    index = forms.of(function.params[2])
    assert not prover.proves(Form(index.terms, 0), Place(function.entry, 0))
    assert relations.learnt == 1
    last = tree.preorder[-1]
    prover.proves(Form(index.terms, 0), Place(last, 0))
    assert relations.learnt == len(tree.preorder)


def steps_of(source: str) -> int:
    """The steps that all questions about checks take, of each of which at least one is counted."""
    module = optimize(compile_source(source), BEFORE)
    proofs = bounds.Proofs(module.entry(), Context())
    before = proofs.for_checks.left
    proofs.run(bounds.questions_of(module.entry()))
    return before - proofs.for_checks.left


def test_what_nobody_compares_is_given_up_at_once():
    """One step for the index, one for each index checked before that it might be compared with; none behind those."""
    indices = " + ".join(f"xs[(i ^ {number}) & 255]" for number in range(20))
    assert steps_of(HEAD + indices) < 40


def test_a_join_that_tells_nothing_is_not_asked():
    tests = " + ".join(f"(if j > {number} then k else k * i)" for number in range(20))
    alone, behind = (steps_of(f"{HEAD}let t = {before} in xs[i & 255] + t") for before in ("k", tests))
    assert behind == alone


def test_a_join_is_asked_where_one_of_its_edges_tells():
    both = "let t = if j < n then (assert i <= j in k) else (assert i < n in j) in if 0 <= i then xs[i] + t else t"
    module = optimize(compile_source(HEAD + both), f"{BEFORE},bounds,{AFTER}")
    assert [instr.op.name for instr in module.entry().instructions()].count("check_index") == 0


def test_an_index_that_is_a_long_sum_of_what_may_wrap_does_not_nest_without_end():
    """Whether a sum wraps depends on whether the sum before does, and so on: once this overflowed Python's stack."""
    terms = " + ".join(f"(if i * {number} < j then {number} else i)" for number in range(2, 400))
    module = optimize(compile_source(f"{HEAD}xs[{terms}]"), f"{BEFORE},bounds")
    assert [instr.op.name for instr in module.entry().instructions()].count("check_index") == 1


def test_comparisons_that_assertions_ask_for_are_not_left_out():
    others = " + ".join(f"(if i * {number} < j then {number} else k)" for number in range(2, 900))
    source = f"{HEAD}let t = {others} in assert 0 <= i && i < j && j < n in assert i < n in xs[i] + t"
    module = optimize(compile_source(source), f"{BEFORE},bounds,{AFTER}")
    left = [instr.op.name for instr in module.entry().instructions() if instr.op.traps]
    assert left == ["check", "check", "check"]


# ---- what is left in the place of a check ---------------------------------------------------------------------------


def test_a_refinement_that_a_folded_comparison_justified_becomes_a_promise():
    source = HEAD + "if 0 <= i < j && j < k then (if i < k then (if i < k - 1 then 1 else 2) else 3) else 4"
    result = optimized(compile_source(source), f"{BEFORE},bounds")
    ops = [instr.op for instr in result.entry().instructions()]
    assert PROVED in ops or REFINE in ops
    verify(result)


def test_what_a_proved_check_taught_is_known_behind_it():
    source = HEAD + "if 0 <= i < j && j < n then (let a = xs with [i] = k in a[i]) else 0"
    result = optimized(compile_source(source), f"{BEFORE},bounds,{AFTER}")
    assert not any(instr.op.name in ("update", "index") for instr in result.entry().instructions())


def test_every_prefix_is_valid_and_correct():
    limits = 0
    for name in ("binary search", "from both ends", "divisors", "a test between tests", "places that are written"):
        module = optimized(compile_source(HEAD + PROVED_AWAY[name]), BEFORE)
        arguments = [np.arange(5), np.arange(4), 1, 2, 7]
        wanted = execute(module, arguments)
        spent = Context()
        optimize(module, "bounds", context=spent)
        for limit in range(spent.fuel.spent + 1):
            result = optimize(module, "bounds", context=Context(fuel=Fuel(limit), verify_each=True))
            assert not difference(wanted, execute(result, arguments))
            limits += 1
    assert limits > 9


# ---- random programs ------------------------------------------------------------------------------------------------


def test_random_programs_about_indices_keep_their_meaning():
    proved = decided = 0
    for seed in range(40):
        module = compile_source(random_program(seed))
        context = Context(verify_each=True)
        result = optimize(module, f"{BEFORE},bounds,{AFTER},bounds,{AFTER}", context=context)
        for arguments in random_arguments(seed):
            wanted = execute(module, arguments, max_steps=300_000)
            assert not difference(wanted, execute(result, arguments, max_steps=600_000)), seed
        proved += context.counters["bounds.proved"]
        decided += context.counters["bounds.decided"]
    assert proved > 30 and decided > 10


# ---- growth ---------------------------------------------------------------------------------------------------------


def test_work_grows_with_the_checks():
    def many_loops(count: int) -> object:
        loops = " + ".join(["(loop s = 0 for p in 0..n - 2 do s + xs[p + 2])"] * count)
        module = optimize(compile_source(HEAD + loops), "clean_cfg,lvn,simplify")
        return bounds.run(module.entry(), Context())

    assert_linear(many_loops, 20)


MAGNITUDE: Final = """
func @main -> bool {
bb0(v0: i64):
  v1: i64{-1} = const -1
  v2: i64 = sub v1, v0
  v3: i64 = abs v0
  v4: bool = lt v2, v3
  return v4
}
"""


def test_the_magnitude_of_the_least_integer_is_not_above_it():
    """-1 - x wraps for no x, and is below |x| for all but one."""
    module = optimize(parse_module(MAGNITUDE), "bounds", context=Context(verify_each=True))
    assert [bool(execute(module, [value]).results[0]) for value in (LEAST, LEAST + 1, -5, 3)] == [
        False,
        True,
        True,
        True,
    ]


def test_work_grows_with_the_depth_of_tests():
    def deep(count: int) -> object:
        tests = "".join(f"if i + {number} < k then " for number in range(count))
        module = compile_source(HEAD + tests + "xs[i]" + " else 0" * count)
        return bounds.run(module.entry(), Context())

    assert_linear(deep, 60)


def test_work_grows_with_the_length_of_a_chain_of_checks():
    def chain(count: int) -> object:
        lets = "".join(f"let v{number + 1} = xs[v{number}] " for number in range(count))
        module = compile_source(HEAD + f"let v0 = i {lets} in v{count}")
        return bounds.run(module.entry(), Context())

    assert_linear(chain, 60)
