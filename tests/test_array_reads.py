"""Reading what was written to arrays: the rules hold at all places of small arrays, empty ones and bad places too."""

import itertools

import numpy as np
import pytest
from observed import observed

from ssair.ir import Module
from ssair.parser import parse_module
from ssair.pipeline import optimize


def simplified(text: str) -> Module:
    return optimize(parse_module(text), "gvn,copyprop,simplify,simplify,dce")


def ops(module: Module) -> list[str]:
    return [instr.op.name for instr in module.entry().instructions() if not instr.is_constant]


def agree(text: str, *choices: list) -> Module:
    """The module after the pass, which gives the same for all combinations of arguments."""
    module, result = parse_module(text), simplified(text)
    for arguments in itertools.product(*choices):
        assert observed(result, list(arguments)) == observed(module, list(arguments)), arguments
    return result


PLACES = [-(2**63), -2, -1, 0, 1, 2, 3, 2**63 - 1]
VECTORS = [np.arange(10, 10 + count) for count in (0, 1, 2, 3)]
MATRICES = [np.arange(rows * columns).reshape(rows, columns) + 10 for rows in (0, 1, 3) for columns in (0, 1, 2)]


def test_an_element_of_a_row_is_an_element():
    result = agree(
        """func @main -> i64 {
        bb0(v0: i64[:,:], v1: i64, v2: i64):
          v3: i64[:] = index v0, v1
          v4: i64 = index v3, v2
          return v4
        }
        """,
        MATRICES,
        PLACES,
        PLACES,
    )
    assert ops(result) == ["index"]


def test_an_element_of_a_transposed_matrix_is_that_at_the_swapped_place():
    result = agree(
        """func @main -> i64 {
        bb0(v0: i64[:,:], v1: i64, v2: i64):
          v3: i64[:,:] = transpose v0
          v4: i64 = index v3, v1, v2
          return v4
        }
        """,
        MATRICES,
        PLACES,
        PLACES,
    )
    assert ops(result) == ["index"]


@pytest.mark.parametrize(("step", "op"), [(1, "add"), (-1, "add"), (3, "sub")])
def test_places_that_constants_tell_apart_are_read_past_the_store(step, op):
    text = f"""func @main -> i64 {{
    bb0(v0: i64[:], v1: i64):
      v2: i64{{0..2^47}} = dim v0, 0
      v3: i64{{{step}}} = const {step}
      v4: i64 = {op} v1, v3
      v5: i64{{0..2^47-1}} = check_index v1, v2 @0
      v6: i64{{0..2^47-1}} = check_index v4, v2 @0
      v7: i64{{99}} = const 99
      v8: i64[:] = update v0, v7, v6
      v9: i64 = index v8, v5
      return v9
    }}
    """
    result = agree("site 0: index dimension 0\n" + text, VECTORS, PLACES)
    assert "update" not in ops(result)


def test_places_that_are_not_checked_may_be_clamped_to_one():
    result = agree(
        """func @main -> i64 {
        bb0(v0: i64[:], v1: i64):
          v2: i64{1} = const 1
          v3: i64 = add v1, v2
          v4: i64{99} = const 99
          v5: i64[:] = update v0, v4, v3
          v6: i64 = index v5, v1
          return v6
        }
        """,
        VECTORS,
        PLACES,
    )
    assert "update" in ops(result)


def test_a_chain_of_stores_is_read_through():
    stores = "\n".join(f"v{20 + i}: i64[:] = update v{19 + i}, v1, v{5 + i % 6}" for i in range(1, 8))
    text = f"""func @main -> i64 {{
    bb0(v0: i64[:], v1: i64):
      v2: i64{{9}} = const 9
      v3: i64{{7}} = const 7
      v4: i64{{6}} = const 6
      v5: i64{{0}} = const 0
      v6: i64{{1}} = const 1
      v7: i64{{2}} = const 2
      v8: i64{{3}} = const 3
      v9: i64{{4}} = const 4
      v10: i64{{5}} = const 5
      v18: i64[:] = full v1, v2
      v20: i64[:] = update v18, v3, v4
      {stores}
      v40: i64 = index v27, v4
      return v40
    }}
    """
    assert ops(agree(text, VECTORS[:1], PLACES)) == []


@pytest.mark.parametrize(
    ("left", "right", "kept"),
    [("i64[:,:]", "i64[:,:]", [0, 1]), ("i64[:]", "i64[:,:]", [1]), ("i64[:,:]", "i64[:]", [0])],
)
def test_the_dimensions_of_a_product_are_those_of_its_factors(left, right, kept):
    dims = "\n".join(f"v{4 + i}: i64{{0..2^47}} = dim v3, {i}" for i in range(len(kept)))
    text = f"""func @main -> i64 {{
    bb0(v0: {left}, v1: {right}):
      v3: {"i64[:,:]" if len(kept) == 2 else "i64[:]"} = matmul v0, v1
      {dims}
      v9: i64 = add v4, v{3 + len(kept)}
      return v9
    }}
    """
    lefts = [np.zeros((2, 3) if left == "i64[:,:]" else (3,), int)]
    rights = [np.zeros((3, 4) if right == "i64[:,:]" else (3,), int)]
    assert "matmul" not in ops(agree(text, lefts, rights))


@pytest.mark.parametrize(("predicate", "reads"), [("lt", 0), ("le", 1)])
def test_a_place_is_in_range_where_it_is_less_than_the_length(predicate, reads):
    """What is stored at a place that may be the length is not what is read there: of an empty array nothing is."""
    result = agree(
        f"""func @main -> i64 {{
        bb0(v0: i64[:], v1: i64, v2: i64):
          v3: i64{{0..2^47}} = dim v0, 0
          v4: i64{{0}} = const 0
          v5: bool = ge v1, v4
          branch v5, bb1, bb3
        bb1:
          v6: i64{{0..}} = refine v1 ge v4
          v7: bool = {predicate} v6, v3
          branch v7, bb2, bb3
        bb2:
          v8: i64{{0..}} = refine v6 {predicate} v3
          v9: i64[:] = update v0, v2, v8
          v10: i64 = index v9, v8
          return v10
        bb3:
          return v4
        }}
        """,
        VECTORS,
        PLACES,
        [99],
    )
    assert ops(result).count("index") == reads
