"""The verifier: a valid module passes, and breaking one rule in one way is reported under that rule's name."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
from growth import assert_linear

from ssair.analysis import keep
from ssair.builder import Builder
from ssair.cfg import incoming_edges, reverse_postorder
from ssair.constants import ArrayConst
from ssair.dominators import dominator_tree
from ssair.facts import ANY, int_fact
from ssair.ir import Edge, Function, Instr, Module, Param, Site, Terminator
from ssair.ops import BRANCH, JUMP, OPS, RETURN, Op, TerminatorOp
from ssair.parser import parse_module
from ssair.signature import Parameter, Signature
from ssair.types import F64, I64
from ssair.verifier import VerifierError, verify

#: A loop, a comprehension, a switch, a call, checks and refinements.
VALID = """\
site 0: index at 1:1-1:5 dimension 0
site 1: assert at 2:1-2:5 "message"

func @total -> f64 {
bb0(v0: f64[:], v1: i64):
  v2: i64{0..2^47} = dim v0, 0
  v3: i64{0} = const 0
  v4: i64{1} = const 1
  v5: f64{0.0} = const 0.0
  jump bb1(v3, v5)
bb1(v6: i64, v7: f64):
  v8: bool = lt v6, v2
  branch v8, bb2, bb3
bb2:
  v9: i64{..2^47-1} = refine v6 lt v2
  v10: i64{0..2^47-1} = check_index v9, v2 @0
  v11: f64 = index v0, v10
  v12: f64 = add v7, v11
  v13: i64{1..2^47} = add v10, v4
  jump bb1(v13, v12)
bb3:
  v14: bool = ge v1, v3
  switch v1, [0: bb4, 1: bb5], bb6
bb4:
  v15: f64[:] = call @squares(v2)
  return v7
bb5:
  v16: bool{true} = check v14 @1
  v17: i64{0..} = refine v1 ge v3
  v18: () = print "v1 is ", v17
  return v5
bb6:
  v19: i64{nonzero} = refine v1 ne v3
  return v7
}

func @squares -> f64[:] {
bb0(v0: i64{0..2^47} static):
  forall (v0), bb1, bb2
bb1(v1: i64{0..2^47-1}):
  v2: f64{0.0..} = convert v1
  v3: f64{0.0..} = add v2, v2
  yield v3
bb2(v4: f64[:]{0.0..}):
  v5: i64{0..2^47} = narrow v0
  return v4
}

func @first -> i64 {
bb0(v0: i64):
  v1: (i64, f64) = call @both(v0)
  v2: i64 = get v1, 0
  return v0
}

func @both -> (i64, f64) {
bb0(v0: i64):
  v1: f64 = convert v0
  v2: i64{0..9} = narrow v0
  return v2, v1
}
"""


def broken_rule(module: Module) -> str:
    """The rule that the verifier says is broken."""
    with pytest.raises(VerifierError) as caught:
        verify(module)
    assert caught.value.rule in str(caught.value)
    assert f"- `{caught.value.rule}`:" in (sys.modules["ssair.verifier"].__doc__ or "")
    return caught.value.rule


def changed(*replacements: tuple[str, str]) -> Module:
    """The valid module with changes of its text."""
    text = VALID
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    return parse_module(text, verified=False)


def test_the_module_is_valid() -> None:
    verify(parse_module(VALID, verified=False))


# ---- rules broken in the text -------------------------------------------------------------------------------------

IN_TEXT = [
    # terminators and edges
    ("terminators", "branch v8, bb2, bb3", "branch v6, bb2, bb3"),
    ("terminators", "switch v1, [0: bb4", "switch v14, [0: bb4"),
    ("terminators", "[0: bb4, 1: bb5]", "[1: bb4, 1: bb5]"),
    ("terminators", "[0: bb4, 1: bb5]", "[0: bb4, 9223372036854775808: bb5]"),
    ("terminators", "forall (v0), bb1, bb2", "forall (), bb1, bb2"),
    ("terminators", "  yield v3", "  v9: () = print\n  yield v9"),
    ("entry", "jump bb1(v13, v12)", "jump bb0(v0, v1)"),
    ("edges", "jump bb1(v13, v12)", "jump bb1(v13)"),
    ("edges", "jump bb1(v13, v12)", "jump bb1(v12, v13)"),
    ("edges", "forall (v0), bb1, bb2", "forall (v0), bb1(v0), bb2"),
    ("params", "bb0(v0: f64[:], v1: i64)", "bb0(v0: f64[:], v1: i64, v21: (i64, f64))"),
    ("params", "v7: f64)", "v7: f64 static)"),
    ("params", "bb0(v0: f64[:], v1: i64)", "bb0(v0: f64[:] static, v1: i64)"),
    ("results", "return v5", "return v5, v5"),
    ("results", "return v5", "return v3"),
    # comprehensions
    ("forall", "  yield v3", "  jump bb1(v1)"),
    ("forall", "bb1(v1: i64{0..2^47-1}):", "bb1(v1: i64{0..2^47-1}, v9: i64):"),
    ("forall", "bb1(v1: i64{0..2^47-1}):", "bb1(v1: i64{-1..2^47-1}):"),
    ("forall", "bb2(v4: f64[:]{0.0..}):", "bb2(v4: f64[:]{0.0..}, v9: f64[:]):"),
    ("forall", "  yield v3", "  yield v1"),
    ("forall", "  yield v3", "  yield v3, v3"),
    ("forall", "forall (v0), bb1, bb2", "forall (v0 | v0), bb1, bb2"),
    ("forall", "  yield v3", "  v9: f64[:]{0.0} = const empty [0]\n  yield v9"),
    ("regions", "  yield v3", "  v9: f64[:]{0.0} = const empty [0]\n  return v9"),
    ("regions", "  return v4", "  yield v0"),
    ("regions", "  yield v3", "  v9: bool = lt v1, v0\n  branch v9, bb3, bb4\nbb3:\n  yield v3\nbb4:\n  yield v3"),
    ("regions", "jump bb1(v13, v12)", "yield v12"),
    # operations
    ("types", "v13: i64{1..2^47} = add v10, v4", "v13: i64{1..2^47} = add v10, v5"),
    ("types", "v14: bool = ge v1, v3", "v14: i64 = ge v1, v3"),
    ("types", "v8: bool = lt v6, v2", "v8: bool = lt v6"),
    ("types", "v2: i64 = get v1, 0", "v2: i64 = get v1, 1"),
    ("types", "v2: i64 = get v1, 0", "v2: bool = get v1, 0"),
    ("immediates", "dim v0, 0", "dim v0, 1"),
    ("immediates", "get v1, 0", "get v1, 2"),
    ("sites", "check v14 @1", "check v14 @0"),
    ("calls", "call @squares(v2)", "call @cubes(v2)"),
    ("calls", "call @squares(v2)", "call @squares(v2, v2)"),
    ("calls", "v15: f64[:] = call", "v15: f64 = call"),
    ("calls", "v1: (i64, f64) = call @both", "v1: (f64, i64) = call @both"),
    ("calls", "call @squares(v2)", "call @squares(v21)"),
    ("dominance", "v11: f64 = index v0, v10", "v11: f64 = neg v12"),
    ("dominance", "return v5", "return v12"),
    ("dominance", "v8: bool = lt v6, v2", "v8: bool = lt v13, v2"),
    ("dominance", "v3: f64{0.0..} = add v2, v2", "v3: f64{0.0..} = add v2, v3"),
    ("static", "call @squares(v2)", "call @squares(v20)"),
    ("static", "forall (v0), bb1, bb2", "v9: i64{0..2^47} = abs v0\n  forall (v9), bb1, bb2"),
    (
        "static",
        "bb2(v4: f64[:]{0.0..}):",
        "bb2(v4: f64[:]{0.0..}):\n  v9: i64{0..2^47} = max v0, v0\n  v8: i64[:] = iota v9",
    ),
    # facts
    ("facts", "v13: i64{1..2^47} = add", "v13: i64{2..2^47} = add"),
    ("facts", "v3: i64{0} = const 0", "v3: i64{1} = const 0"),
    ("facts", "bb1(v6: i64, v7: f64)", "bb1(v6: i64{1..}, v7: f64)"),
    ("facts", "bb1(v6: i64, v7: f64)", "bb1(v6: i64{0..9}, v7: f64)"),
    ("facts", "bb1(v1: i64{0..2^47-1}):", "bb1(v1: i64{0..9}):"),
    ("facts", "bb2(v4: f64[:]{0.0..}):", "bb2(v4: f64[:]{1.0..}):"),
    ("narrow", "bb2(v4: f64[:]{0.0..}):\n  v5: i64{0..2^47}", "bb2(v4: f64[:]{0.0..}):\n  v5: i64"),
    ("refine", "refine v6 lt v2", "refine v6 le v4"),
    ("refine", "v19: i64{nonzero} = refine v1 ne v3", "v19: i64 = refine v1 lt v3"),
    ("refine", "  v16: bool{true} = check v14 @1\n", "  v16: bool = not v14\n"),
    ("refine", "branch v8, bb2, bb3", "branch v8, bb3, bb2"),
    ("refine", "branch v8, bb2, bb3", "branch v8, bb2, bb2"),
]


@pytest.mark.parametrize(("rule", "old", "new"), IN_TEXT, ids=[f"{rule}-{new[:50]}" for rule, _, new in IN_TEXT])
def test_a_rule_broken_in_the_text(rule: str, old: str, new: str) -> None:
    replacements = [(old, new)]
    if "v20" in new:  # a value that is not static, of the right fact
        replacements.append(("  v15:", "  v20: i64{0..2^47} = max v2, v3\n  v15:"))
    if "v21)" in new and "call" in new:  # a static value, of too wide a fact
        replacements.append(("  v15:", "  v21: i64{-2^47..0} = sub v3, v2\n  v15:"))
    if old.startswith("bb2(v4: f64[:]{0.0..}):\n"):
        replacements = [("  v5: i64{0..2^47} = narrow v0", "  v5: i64 = narrow v0")]
    assert broken_rule(changed(*replacements)) == rule


# ---- rules broken behind the text ---------------------------------------------------------------------------------


def total(module: Module) -> Function:
    return module.functions["total"]


def instr(module: Module, number: int) -> Instr:
    return next(instr for instr in total(module).instructions() if instr.id == number)


def set_site(module: Module, site: Site) -> None:
    module.sites[0] = site


def duplicate_value_number(module: Module) -> None:
    instr(module, 12).id = 11


def duplicate_block_number(module: Module) -> None:
    function = total(module)
    twin = type(function.blocks[0])(3, function)
    twin.terminator = Terminator(RETURN, (instr(module, 5),))
    function.blocks.append(twin)


def number_not_given_out(module: Module) -> None:
    total(module).next_value = 19


def block_number_not_given_out(module: Module) -> None:
    total(module).next_block = 6


def no_blocks(module: Module) -> None:
    total(module).blocks = []


def value_of_another_block(module: Module) -> None:
    instr(module, 12).block = total(module).blocks[0]


def block_of_another_function(module: Module) -> None:
    total(module).blocks[2].function = module.functions["first"]


def no_terminator(module: Module) -> None:
    total(module).blocks[2].terminator = None


def unknown_terminator(module: Module) -> None:
    total(module).blocks[2].end.op = TerminatorOp("jump", 0, 1)


def branch_of_one_edge(module: Module) -> None:
    end = total(module).blocks[1].end
    total(module).blocks[1].set_terminator(Terminator(BRANCH, end.args, end.edges[:1]))


def jump_with_an_immediate(module: Module) -> None:
    total(module).blocks[0].end.aux = (1,)


def cases_do_not_match_edges(module: Module) -> None:
    total(module).blocks[3].end.aux = (1,)


def edge_to_a_removed_block(module: Module) -> None:
    function = total(module)
    function.remove_blocks({function.blocks[4]})


def unknown_operation(module: Module) -> None:
    add = OPS["add"]
    instr(module, 12).op = Op("plus", 2, add.type_rule, add.fact_rule)


def operand_of_another_function(module: Module) -> None:
    instr(module, 12).args = (module.functions["squares"].blocks[1].instrs[0], instr(module, 11))


def operand_that_was_removed(module: Module) -> None:
    total(module).blocks[2].instrs.remove(instr(module, 11))


def operand_that_was_replaced(module: Module) -> None:
    instr(module, 11).make_equal_to(total(module).blocks[1].params[1])


def replaced_block_argument(module: Module) -> None:
    instr(module, 12).make_equal_to(total(module).blocks[1].params[1])


def bool_for_an_integer(module: Module) -> None:
    instr(module, 4).aux = True


def constant_out_of_range(module: Module) -> None:
    instr(module, 4).aux = 1 << 63


def array_for_a_scalar(module: Module) -> None:
    instr(module, 4).aux = ArrayConst((1,), (1,))


def unknown_predicate(module: Module) -> None:
    instr(module, 9).aux = "less"


def immediate_without_need(module: Module) -> None:
    instr(module, 12).aux = 3


def too_few_pieces(module: Module) -> None:
    instr(module, 18).aux = ("v1 is ",)


def pieces_that_are_no_text(module: Module) -> None:
    instr(module, 18).aux = ("v1 is ", 3)


def site_not_in_the_table(module: Module) -> None:
    instr(module, 16).aux = 2


def site_of_no_kind(module: Module) -> None:
    set_site(module, Site("sigh", -1))


def site_with_a_message_as_dimension(module: Module) -> None:
    set_site(module, Site("index", -1, "message"))


def site_without_a_span(module: Module) -> None:
    set_site(module, Site("index", 2))


def call_without_a_span(module: Module) -> None:
    set_site(module, Site("index", -1, 0, (0, 7)))


def value_without_a_span(module: Module) -> None:
    instr(module, 12).span = 99


def fact_of_another_type(module: Module) -> None:
    instr(module, 12).fact = int_fact(0, 1)


def no_fact(module: Module) -> None:
    instr(module, 8).fact = ANY


def fact_beyond_the_type(module: Module) -> None:
    instr(module, 13).fact = int_fact(0, 1 << 70)


def function_under_another_name(module: Module) -> None:
    total(module).name = "sum"


def function_of_another_module(module: Module) -> None:
    total(module).module = Module()


def entry_that_is_not_there(module: Module) -> None:
    module.entry_name = "main"


def signature_of_other_parameters(module: Module) -> None:
    total(module).signature = Signature((Parameter("p", "(i64, f64)", (I64, F64)),), F64, "f64")


def signature_of_another_result(module: Module) -> None:
    tree = (total(module).params[0].type, (I64,))
    total(module).signature = Signature((Parameter("p", "", tree),), (F64, F64), "(f64, f64)")


BEHIND_THE_TEXT: list[tuple[str, Callable[[Module], None]]] = [
    ("module", function_under_another_name),
    ("module", function_of_another_module),
    ("module", entry_that_is_not_there),
    ("spans", site_without_a_span),
    ("spans", call_without_a_span),
    ("spans", value_without_a_span),
    ("sites", site_not_in_the_table),
    ("sites", site_of_no_kind),
    ("sites", site_with_a_message_as_dimension),
    ("ids", duplicate_value_number),
    ("ids", duplicate_block_number),
    ("ids", number_not_given_out),
    ("ids", block_number_not_given_out),
    ("blocks", no_blocks),
    ("signature", signature_of_other_parameters),
    ("signature", signature_of_another_result),
    ("blocks", value_of_another_block),
    ("blocks", block_of_another_function),
    ("terminators", no_terminator),
    ("terminators", unknown_terminator),
    ("terminators", branch_of_one_edge),
    ("terminators", jump_with_an_immediate),
    ("terminators", cases_do_not_match_edges),
    ("edges", edge_to_a_removed_block),
    ("operations", unknown_operation),
    ("operands", operand_of_another_function),
    ("operands", operand_that_was_removed),
    ("forwarded", operand_that_was_replaced),
    ("forwarded", replaced_block_argument),
    ("immediates", bool_for_an_integer),
    ("immediates", constant_out_of_range),
    ("immediates", array_for_a_scalar),
    ("immediates", unknown_predicate),
    ("immediates", immediate_without_need),
    ("immediates", too_few_pieces),
    ("immediates", pieces_that_are_no_text),
    ("facts", fact_of_another_type),
    ("facts", no_fact),
    ("facts", fact_beyond_the_type),
]


@pytest.mark.parametrize(("rule", "breaks"), BEHIND_THE_TEXT, ids=[breaks.__name__ for _, breaks in BEHIND_THE_TEXT])
def test_a_rule_broken_behind_the_text(rule: str, breaks: Callable[[Module], None]) -> None:
    module = parse_module(VALID)
    breaks(module)
    assert broken_rule(module) == rule


def test_every_rule_of_the_specification_is_broken_by_a_test() -> None:
    document = sys.modules["ssair.verifier"].__doc__ or ""
    rules = {line.split("`")[1] for line in document.splitlines() if line.startswith("- `")}
    assert rules == {rule for rule, *_ in IN_TEXT} | {rule for rule, _ in BEHIND_THE_TEXT} | {"analyses"}


# ---- analyses -----------------------------------------------------------------------------------------------------


def cache_analyses(module: Module) -> Function:
    function = total(module)
    for analysis in (incoming_edges, reverse_postorder, dominator_tree):
        analysis(function)
    verify(module)
    return function


def test_verifying_leaves_the_cache_as_it_was() -> None:
    function = cache_analyses(parse_module(VALID))
    tree = dominator_tree(function)
    verify(function)
    assert dominator_tree(function) is tree


def test_an_edge_changed_behind_the_cache_is_found() -> None:
    module = parse_module(VALID)
    function = cache_analyses(module)
    function.blocks[3].end.edges[0].target = function.blocks[6]
    function.blocks[6].instrs.clear()
    assert broken_rule(module) == "analyses"
    function.cfg_version += 1
    verify(module)


def test_a_terminator_changed_behind_the_cache_is_found() -> None:
    module = parse_module(VALID)
    function = cache_analyses(module)
    function.blocks[3].terminator = Terminator(JUMP, (), (Edge(function.blocks[4]),))
    assert broken_rule(module) == "analyses"


def test_an_analysis_kept_behind_a_change_that_it_does_not_hold_for_is_found() -> None:
    module = parse_module(VALID)
    function = cache_analyses(module)
    order = reverse_postorder(function)
    function.cfg_version += 1
    keep(function, reverse_postorder, order)
    verify(module)
    keep(function, reverse_postorder, order[:-1])
    assert broken_rule(module) == "analyses"


# ---- size ---------------------------------------------------------------------------------------------------------


def nested(count: int) -> Module:
    """`count` nested tests of one value, each of which refines the version that the one before has refined."""
    module = Module()
    function = module.new_function("f", [I64])
    builder = Builder(function)
    value: Param | Instr = builder.param(I64)
    for number in range(count):
        bound = builder.const(I64, number)
        inner, outer = builder.new_block(), builder.new_block()
        builder.branch(builder.emit("lt", bound, value), inner, outer)
        builder.at(outer).ret(value)
        builder.at(inner)
        value = builder.emit("refine", value, bound, aux="gt")
    builder.ret(value)
    return module


def test_time_is_near_linear_and_depth_is_no_matter() -> None:
    assert_linear(lambda count: verify(nested(count)), 500)
