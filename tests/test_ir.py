"""Values, blocks and functions: forwarding, origins, replacement, clones, and what is cached of the control flow."""

from __future__ import annotations

import itertools
import sys

import pytest

from ssair.builder import Builder
from ssair.cfg import Incoming, comprehension_of, has_comprehensions, incoming_edges, reverse_postorder
from ssair.dominators import dominator_tree
from ssair.facts import int_fact, top
from ssair.ir import Edge, Function, Instr, Module, Param, Span, Terminator, Value, replace_operands, users
from ssair.ops import JUMP, OPS, RETURN
from ssair.parser import parse_module
from ssair.type_rules import TypeFault
from ssair.types import BOOL, F64, I32, I64, ArrayType, Type, array_of, parse_type, pointer_to, tuple_of
from ssair.verifier import verify

CLAMP = """
func @clamp -> i64 {
bb0(v0: i64, v1: i64):
  v2: i64{0} = const 0
  v3: bool = lt v2, v0
  branch v3, bb1, bb2
bb1:
  v4: i64{1..} = refine v0 gt v2
  v5: i64{1..} = abs v4
  jump bb3(v5)
bb2:
  v6: i64{..0} = refine v0 le v2
  v7: i64 = add v6, v1
  jump bb3(v7)
bb3(v8: i64):
  return v8
}
"""


def clamp() -> Function:
    return parse_module(CLAMP).functions["clamp"]


def value(function: Function, number: int) -> Value:
    found = [v for block in function.blocks for v in (*block.params, *block.instrs) if v.id == number]
    assert len(found) == 1
    return found[0]


def constants(count: int) -> tuple[Function, list[Instr]]:
    function = Function("f")
    builder = Builder(function)
    return function, [builder.emit("const", type=I64, aux=7) for _ in range(count)]


# ---- forwarding ---------------------------------------------------------------------------------------------------


def test_a_value_stands_for_itself_until_it_is_replaced() -> None:
    _, (a, b) = constants(2)
    assert a.find() is a
    b.make_equal_to(a)
    assert b.find() is a and a.find() is a and a.forward is None


def test_long_chains_are_followed_without_recursion_and_shortened() -> None:
    count = 4 * sys.getrecursionlimit()
    _, values = constants(count)
    for above, below in itertools.pairwise(values):
        below.forward = above
    assert values[-1].find() is values[0]
    assert all(v.forward is values[0] for v in values[1:]), "every crumb leads straight to the end"


def test_a_leader_is_looked_up_when_it_is_given() -> None:
    _, (a, b, c) = constants(3)
    b.make_equal_to(a)
    c.make_equal_to(b)
    assert c.forward is a


def test_make_equal_to_refuses_what_is_no_leader() -> None:
    function = Function("f")
    builder = Builder(function)
    known, other = builder.emit("const", type=I64, aux=7), builder.param(I64)
    with pytest.raises(AssertionError):
        known.make_equal_to(known)
    with pytest.raises(AssertionError, match="knows less"):
        known.make_equal_to(other)
    with pytest.raises(AssertionError):
        other.make_equal_to(builder.emit("const", type=I32, aux=7))
    other.make_equal_to(known)
    with pytest.raises(AssertionError):
        other.make_equal_to(known)
    with pytest.raises(AssertionError):
        known.make_equal_to(other)  # it leads back to itself


# ---- origins ------------------------------------------------------------------------------------------------------


def test_an_origin_has_no_refinements_narrowings_and_checks() -> None:
    module = Module()
    builder = Builder(module.new_function("f"))
    x, n = builder.param(I64), builder.param(I64)
    site = module.new_site("index")
    narrowed = builder.function.new_instr("narrow", [x])
    checked = builder.emit("check_index", narrowed, n, aux=site)
    refined = builder.emit("refine", checked, n, aux="lt")
    assert refined.origin() is x and x.origin() is x
    assert refined.find() is refined, "it is equal to x, but not interchangeable with it"
    assert builder.emit("abs", refined).origin() is not x


def test_origins_follow_replacements() -> None:
    _, (a, b) = constants(2)
    builder = Builder(Function("f"))
    refined = builder.emit("refine", b, a, aux="eq")
    b.make_equal_to(a)
    assert refined.origin() is a


def test_origins_of_long_chains_need_no_recursion() -> None:
    module = Module()
    builder = Builder(module.new_function("f"))
    x = builder.param(BOOL)
    version: Value = x
    for _ in range(2 * sys.getrecursionlimit()):
        version = builder.function.new_instr("check", [version], aux=0)
    assert version.origin() is x and builder.origin(version) is x


# ---- functions ----------------------------------------------------------------------------------------------------


def test_a_new_instruction_has_its_type_and_fact_from_its_operands() -> None:
    function, _ = constants(0)
    builder = Builder(function)
    index = builder.param(I64, int_fact(0, 9))
    made = function.new_instr("add", [index, builder.const(I64, 1)])
    assert made.type is I64 and made.fact == int_fact(1, 10)
    assert made.id == function.next_value - 1
    with pytest.raises(TypeFault, match="different types"):
        function.new_instr("add", [index, builder.const(F64, 1.0)])
    with pytest.raises(TypeFault, match="takes 2 operands, not 1"):
        function.new_instr("add", [index])
    with pytest.raises(TypeFault, match="type given"):
        function.new_instr("convert", [index])


def test_replace_rewrites_every_use() -> None:
    function = clamp()
    x, y = value(function, 0), value(function, 1)
    function.replace(x, y)
    assert all(x not in instr.args for instr in function.instructions())
    assert [str(instr) for instr in function.instructions() if y in instr.args] == ["v3", "v4", "v6", "v7"]
    zero = value(function, 2)
    function.replace(value(function, 5), zero)
    assert function.blocks[1].end.edges[0].args == (zero,)


def test_users_are_listed_in_block_order_one_entry_a_use() -> None:
    function = clamp()
    found = users(function)
    assert [str(user) for user in found[value(function, 2)]] == ["v3", "v4", "v6"]
    assert found[value(function, 5)] == [function.blocks[1].end]
    assert value(function, 0) in found
    builder = Builder(Function("g"))
    x = builder.param(I64)
    square = builder.emit("mul", x, x)
    builder.ret(square, x)
    assert users(builder.function)[x] == [square, square, builder.block.end]


def test_rewriting_a_terminator_keeps_its_targets() -> None:
    function = clamp()
    end = function.blocks[1].end
    target, zero = end.edges[0].target, value(function, 2)
    replace_operands(end, lambda _: zero)
    assert end.edges[0].target is target and end.edges[0].args == (zero,)


def test_structural_equality_ignores_numbers() -> None:
    left, right = clamp(), clamp()
    right.new_id()
    assert left.structurally_equal(right)
    renumbered = parse_module(CLAMP.replace("v2", "v22")).functions["clamp"]
    assert left.structurally_equal(renumbered) and str(left) != str(renumbered)
    changed = parse_module(CLAMP.replace("add v6, v1", "sub v6, v1")).functions["clamp"]
    assert not left.structurally_equal(changed)


def test_the_entry_of_a_module() -> None:
    module = Module()
    with pytest.raises(KeyError):
        module.entry()
    for name in ("f", "main", "g"):
        module.new_function(name)
    assert module.entry().name == "main" and module.entry("g").name == "g"
    del module.functions["main"]
    assert module.entry().name == "g"
    module.entry_name = "f"
    assert module.entry().name == "f"
    with pytest.raises(KeyError):
        module.entry("nowhere")


def test_result_types() -> None:
    assert Function("f", [I64]).result_type is I64
    assert Function("f").result_type is tuple_of(())
    assert Function("f", [I64, F64]).result_type is tuple_of((I64, F64))


# ---- clones -------------------------------------------------------------------------------------------------------


def test_a_clone_prints_the_same_and_shares_nothing_that_changes() -> None:
    module = parse_module("site 0: assert at 1:2-3:4\nsite 1: size\n" + CLAMP)
    before = str(module)
    copy = module.clone()
    verify(copy)
    assert str(copy) == before and copy is not module
    function = copy.functions["clamp"]
    assert function.module is copy and function.next_value == module.functions["clamp"].next_value
    originals = {id(thing) for thing in parts(module.functions["clamp"])}
    assert not originals & {id(thing) for thing in parts(function)}
    Builder(function).at(function.blocks[1], 0).emit("abs", function.params[0])
    function.blocks[2].end.edges[0].args = (function.params[0],)
    function.params[0].fact = int_fact(0, 1)
    copy.new_site("assert")
    copy.new_span(1, 1, 1, 1)
    copy.new_function("other")
    assert str(module) == before and len(module.sites) == 2 and len(module.spans) == 1


def parts(function: Function) -> list[object]:
    found: list[object] = [function, function.blocks, function.analyses]
    for block in function.blocks:
        found += [block, block.params, block.instrs, *block.params, *block.instrs, block.end, *block.end.edges]
    return found


def test_a_clone_keeps_crumbs_spans_names_and_static() -> None:
    function = clamp()
    x, y = function.params
    x.name, x.static, x.span = "x", True, 3
    y.make_equal_to(x)
    copy = function.module.clone().functions["clamp"]
    assert (copy.params[0].name, copy.params[0].static, copy.params[0].span) == ("x", True, 3)
    assert copy.params[1].find() is copy.params[0]


def test_a_clone_has_analyses_of_its_own() -> None:
    function = clamp()
    order = reverse_postorder(function)
    copy = function.module.clone().functions["clamp"]
    assert reverse_postorder(copy) == copy.blocks and reverse_postorder(function) is order


# ---- analyses -----------------------------------------------------------------------------------------------------


def test_analyses_are_cached_until_the_control_flow_changes() -> None:
    function = clamp()
    first = dominator_tree(function)
    assert dominator_tree(function) is first
    Builder(function).at(function.blocks[1], 0).emit("abs", function.params[0])
    assert dominator_tree(function) is first, "instructions do not matter"
    version = function.cfg_version
    edge = function.blocks[1].end.edges[0]
    function.redirect(edge, function.blocks[2])
    assert function.cfg_version > version
    assert dominator_tree(function) is not first
    assert incoming_edges(function)[function.blocks[3]] == [
        way for way in incoming_edges(function)[function.blocks[3]] if way.source is function.blocks[2]
    ]


@pytest.mark.parametrize("change", ["terminator", "redirect", "new block", "remove"])
def test_every_change_of_the_control_flow_advances_the_version(change: str) -> None:
    function = clamp()
    before = function.cfg_version
    reverse_postorder(function)
    if change == "terminator":
        function.blocks[0].set_terminator(Terminator(JUMP, (), (Edge(function.blocks[2]),)))
    elif change == "redirect":
        function.redirect(function.blocks[0].end.edges[0], function.blocks[2])
    elif change == "new block":
        function.new_block().set_terminator(Terminator(RETURN, (function.params[0],)))
    else:
        function.blocks[0].set_terminator(Terminator(JUMP, (), (Edge(function.blocks[2]),)))
        before = function.cfg_version
        function.remove_blocks({function.blocks[1]})
    assert function.cfg_version > before
    fresh = Function("g")
    fresh.blocks, fresh.cfg_version = function.blocks, 0
    assert reverse_postorder(function) == reverse_postorder(fresh)


def test_removing_no_block_changes_nothing() -> None:
    function = clamp()
    before = function.cfg_version
    function.remove_blocks(set())
    assert function.cfg_version == before


def test_two_edges_between_two_blocks_are_two() -> None:
    function = Function("f")
    builder = Builder(function)
    target = builder.new_block()
    builder.branch(builder.param(BOOL), target, target)
    builder.at(target).ret()
    ways = incoming_edges(function)[target]
    assert [(way.source, way.index) for way in ways] == [(function.entry, 0), (function.entry, 1)]
    assert [way.edge for way in ways] == list(function.entry.end.edges)
    assert [(way.source, way.index) for way in builder.incoming[target]] == [(w.source, w.index) for w in ways]
    assert isinstance(ways[0], Incoming)


def test_reverse_postorder_has_the_first_arm_first_and_no_unreachable_block() -> None:
    function = clamp()
    lost = function.new_block()
    lost.set_terminator(Terminator(JUMP, (), (Edge(function.blocks[3], (function.params[0],)),)))
    assert reverse_postorder(function) == function.blocks[:4]


def test_the_comprehension_of_each_block() -> None:
    function = parse_module("""
func @f -> i64[:,:] {
bb0(v0: i64{0..9} static):
  forall (v0 | v0), bb1, bb4
bb1(v1: i64{0..}):
  forall (v0), bb2, bb3
bb2(v2: i64{0..}):
  yield v2
bb3(v3: i64[:]):
  yield v3
bb4(v4: i64[:,:]):
  return v4
}
""").functions["f"]
    bb0, bb1, bb2, bb3, bb4 = function.blocks
    assert comprehension_of(function) == {bb0: None, bb1: bb0, bb2: bb1, bb3: bb0, bb4: None}


def test_functions_without_comprehensions_have_all_reachable_blocks_outside_of_any() -> None:
    function = clamp()
    assert not has_comprehensions(function)
    assert comprehension_of(function) == dict.fromkeys(reverse_postorder(function))


def test_a_block_under_construction_has_no_end_yet() -> None:
    function = Function("f")
    block = function.new_block()
    with pytest.raises(AttributeError):
        _ = block.end
    ends = [block.terminator]
    end = Terminator(RETURN)
    block.set_terminator(end)
    ends += [block.end, block.terminator]
    for _ in range(2):
        block.terminator = None
        ends.append(block.terminator)
    assert ends == [None, end, end, None, None]


# ---- types and spans ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["bool", "i32", "i64", "f32", "f64", "mem", "f64[:]", "i32[:,:,:]", "ptr<ptr<f64>>", "()", "(i64, f64[:])"]
)
def test_types_are_interned_and_read_back(text: str) -> None:
    type = parse_type(text)
    assert str(type) == text and parse_type(text) is type


@pytest.mark.parametrize("text", ["", "int", "f64[", "f64[]", "mem[:]", "ptr<", "ptr<int>", "(i64", "f64[:][:]"])
def test_what_is_no_type(text: str) -> None:
    with pytest.raises(ValueError, match="type"):
        parse_type(text)


def test_types_of_arrays_and_pointers() -> None:
    assert array_of(F64, 0) is F64
    matrix = array_of(F64, 2)
    assert isinstance(matrix, ArrayType) and matrix.element is F64 and matrix.rank == 2
    assert pointer_to(I64) is pointer_to(I64) and isinstance(pointer_to(I64), Type)


def test_spans_are_indices_into_the_table() -> None:
    module = Module()
    index = module.new_span(1, 2, 3, 4)
    assert module.span(index) == Span(1, 2, 3, 4) and module.span(-1) is None
    assert str(module.span(index)) == "1:2-3:4"


def test_things_are_shown_for_people() -> None:
    function = clamp()
    assert repr(value(function, 4)) == "<v4 = refine v0, v2>"
    assert repr(function.params[0]) == "<v0 param of bb0>"
    assert repr(function.blocks[0].end) == "<branch to bb1, bb2>"
    assert str(OPS["add"]) == "add" and isinstance(function.params[0], Param)
    assert top(I64) == function.params[0].fact
