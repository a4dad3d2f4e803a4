"""The text of the IR: what is printed reads back as the same, and what is no IR is refused with a place."""

from __future__ import annotations

import random

import pytest
from growth import assert_linear

from ssair.builder import Builder
from ssair.constants import ArrayConst, constant_key
from ssair.diagnostics import SourceError
from ssair.facts import int_fact, top
from ssair.ir import Instr, Module, Site
from ssair.parser import parse_function, parse_module
from ssair.printer import format_function, format_module
from ssair.types import BOOL, F32, F64, I64, array_of
from ssair.verifier import verify

CLAMP_SUM = """\
func @clamp_sum -> i64 {
bb0(v0: i64, v1: i64):
  v2: i64{0} = const 0
  v3: bool = lt v2, v0
  branch v3, bb1, bb2
bb1:                                  ; idom bb0
  v4: i64{1..} = refine v0 gt v2
  v5: i64{1..} = abs v4
  jump bb3(v5, v2)
bb2:                                  ; idom bb0
  v6: i64{..0} = refine v0 le v2
  v7: i64 = neg v6
  jump bb3(v7, v2)
bb3(v8: i64, v9: i64):                ; preds bb1 bb2 bb4
  v10: bool = lt v9, v1
  branch v10, bb4, bb5
bb4:                                  ; idom bb3
  v11: i64 = refine v9 lt v1
  v12: i64 = add v8, v11
  v13: i64{1} = const 1
  v14: i64 = add v11, v13
  jump bb3(v12, v14)
bb5:                                  ; idom bb3
  return v8
}
"""

#: Every form that an instruction, a terminator, a site and a header can have.
FORMS = """\
entry @all
site 0: index at 12:5-12:14 dimension 1 called from 20:3-20:9, ?, 31:1-31:4
site 1: assert at 3:3-3:9 "not \\"here\\" \\\\ \\n\\u{7}é"
site 2: size
site 3: assert

func @pair -> (i64, f64) {
bb0(v0: i64{0..2^47} static, v1: f64):
  return v0, v1
}

func @all -> bool {
bb0(v0: i64{0..9} static, v1: f64[:,:], v2: bool):
  v3: bool{true} = const true
  v4: f64{1.5} = const 1.5
  v5: f64{nan} = const nan
  v6: f64{-inf} = const -inf
  v7: f64{-0.0} = const -0.0
  v8: i64[:,:]{1..4} = const [[1, 2], [3, 4]]
  v9: f32[:,:]{} = const empty [0, 3]
  v10: bool[:]{false} = const [false, false]
  v11: i64{0..2^47} = dim v1, 1
  v12: i64{0..9} = check_index v0, v11 @0
  v13: (i64, f64) = call @pair(v0, v4)
  v14: i64 = get v13, 0
  v15: () = print "x (", v14, ", ", v4, ")"
  v16: () = print v14
  v17: () = print
  v18: bool{true} = check v2 @1
  v19: () = call @"no result; \\"quoted\\""()
  v20: i64{0..9} = check_equal v12, v11 @2
  v21: f32{0.1..0.30000001192092896 nan -0.0} = convert v4
  switch v0, [0: bb1, -7: bb2(v20)], bb3
bb1:                                  ; idom bb0
  forall (v0, v11 | v11, v0), bb4, bb5
bb2(v22: i64{0..9}):                  ; idom bb0
  return v3
bb3:                                  ; idom bb0
  return v2
bb4(v23: i64{0..8}, v24: i64{0..2^47-1}):  ; idom bb1
  yield v23, v8
bb5(v25: i64[:,:]{0..8}, v26: i64[:,:,:,:]{1..4}):  ; idom bb1
  return v3
bb9(v30: ptr<i64>, v31: mem):         ; unreachable
  v32: i64 = load v30, v31
  jump bb9(v30, v31)
}

func @"no result; \\"quoted\\"" {
bb0:
  return
}
"""


def faults(text: str) -> list[tuple[str, int, int]]:
    """The code, line and column of every fault of a text."""
    with pytest.raises(SourceError) as caught:
        parse_module(text)
    assert str(caught.value)
    return [(fault.code, fault.line, fault.column) for fault in caught.value.diagnostics]


# ---- round trip ---------------------------------------------------------------------------------------------------


def test_the_documented_text_is_the_printed_text() -> None:
    assert str(parse_module(CLAMP_SUM)) == CLAMP_SUM


def test_every_form_round_trips() -> None:
    module = parse_module(FORMS, verified=False)
    assert str(module) == FORMS


def test_forms_are_read_as_what_they_are() -> None:
    module = parse_module(FORMS, verified=False)
    instrs = {instr.id: instr for instr in module.functions["all"].instructions()}
    assert module.sites[0].detail == 1 and len(module.sites[0].calls) == 3 and module.sites[0].calls[1] == -1
    assert module.sites[1].detail == 'not "here" \\ \n\x07é'
    assert module.sites[2:] == [Site("size", -1), Site("assert", -1)]
    assert module.entry() is module.functions["all"]
    assert instrs[15].aux == ("x (", ", ", ")")
    assert instrs[16].aux == ("", "") and instrs[17].aux == ("",)
    array = instrs[9].aux
    assert isinstance(array, ArrayConst) and array.shape == (0, 3)
    assert constant_key(F64, instrs[7].aux) == constant_key(F64, -0.0)  # type: ignore[arg-type]
    assert [param.static for param in module.functions["all"].params] == [True, False, False]


def test_ids_are_kept_and_made_dense_on_demand() -> None:
    text = CLAMP_SUM.replace("v1", "v40").replace("bb1", "bb7")
    function = parse_function(text)
    assert str(function) + "\n" == text
    assert function.next_value == 405 and function.next_block == 8
    dense = format_function(function, renumber=True)
    assert dense == format_function(parse_function(CLAMP_SUM), renumber=True)
    assert "v19" not in dense


def test_structural_equality_is_that_of_the_renumbered_text() -> None:
    one, same = parse_function(CLAMP_SUM), parse_function(CLAMP_SUM.replace("v11", "v99"))
    assert one.structurally_equal(same)
    assert not one.structurally_equal(parse_function(CLAMP_SUM.replace("add v8, v11", "add v11, v8")))


def test_what_is_built_reads_back_with_the_same_facts() -> None:
    module = Module()
    function = module.new_function("constants", [I64])
    builder = Builder(function)
    builder.param(I64, int_fact(-5, 7, nonzero=True))
    for value in (0.1, 1e300, 5e-324, -1e-7, float("inf")):
        builder.const(F64, value)
    builder.const(F32, 0.10000000149011612)
    builder.const(array_of(F64, 1), ArrayConst((3,), (0.0, -0.0, float("nan"))))
    builder.const(array_of(I64, 3), ArrayConst((1, 2, 1), (3, 4)))
    builder.const(array_of(BOOL, 2), ArrayConst((2, 0), ()))
    builder.ret(builder.const(I64, -(2**63)))
    again = parse_module(str(module))
    assert str(again) == str(module)
    for one, other in zip(function.instructions(), again.functions["constants"].instructions(), strict=True):
        assert one.fact == other.fact
        assert constant_key(one.type, one.aux) == constant_key(other.type, other.aux)  # type: ignore[arg-type]


def test_a_function_under_construction_prints() -> None:
    function = Module().new_function("unfinished")
    builder = Builder(function)
    builder.jump(builder.new_block())
    function.blocks[1].append(Instr(17, parse_function(CLAMP_SUM).blocks[1].instrs[1].op, (), I64, top(I64)))
    assert format_function(function).splitlines()[-2:] == ["  v17: i64 = abs", "}"]


# ---- text written by hand -----------------------------------------------------------------------------------------


def test_white_space_comments_and_left_out_facts() -> None:
    text = (
        "\n; a comment\n func  @f->i64{ ; another\n bb0 ( v0 :i64,v1: i64 {0..}static ) :\r\n"
        "v2:f64 = const 1 ; an integer will do\n\tv3 : i64=add  v0 ,v1\n\n  v4: () = print \"; no comment\", v3;\n"
        "return v3\n}\n"
    )  # fmt: skip
    function = parse_function(text)
    assert str(function).splitlines()[1:] == [
        "bb0(v0: i64, v1: i64{0..} static):",
        "  v2: f64 = const 1.0",
        "  v3: i64 = add v0, v1",
        '  v4: () = print "; no comment", v3',
        "  return v3",
        "}",
    ]


def test_f32_constants_are_rounded_to_what_f32_holds() -> None:
    function = parse_function("func @f {\nbb0:\n v0: f32 = const 0.1\n v1: f32 = const 1e39\n return\n}")
    assert [instr.aux for instr in function.instructions()] == [0.10000000149011612, float("inf")]


def test_values_may_be_used_above_the_block_that_defines_them() -> None:
    text = "func @f -> i64 {\nbb0:\n jump bb2\nbb1:\n return v0\nbb2:\n v0: i64 = const 3\n jump bb1\n}"
    verify(parse_function(text))


def test_undeclared_sites_are_made_as_the_checks_need_them() -> None:
    text = "func @f {\nbb0(v0: i64, v1: i64):\n v2: i64 = check_index v0, v1 @2\n return\n}"
    module = parse_module(text)
    assert module.sites[2] == Site("index", -1)
    assert str(parse_module(str(module))) == str(module)


# ---- faults -------------------------------------------------------------------------------------------------------


def in_function(*lines: str) -> str:
    """A function whose third line is the first of `lines`."""
    return "\n".join(["func @f {", "bb0(v0: i64, v1: f64, v2: bool, v3: i64[:,:]):", *lines, "  return", "}", ""])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [("E0501", 1, 1)]),
        ("; nothing\n", [("E0501", 1, 1)]),
        ("hello\n", [("E0501", 1, 1)]),
        ("func f {\nbb0:\n  return\n}", [("E0501", 1, 1)]),
        (in_function("  hello"), [("E0501", 3, 3)]),
        (in_function("  v9 = add v0, v0"), [("E0501", 3, 3)]),
        (in_function("  v9: i64 = "), [("E0501", 3, 3)]),
        (in_function("  v9: i64 = refine v0 gt"), [("E0501", 3, 3)]),
        (in_function("  v9: i64 = call f(v0)"), [("E0501", 3, 3)]),
        (in_function("  v9: bool = check v2"), [("E0501", 3, 3)]),
        (in_function('  v9: () = print "a" "b"'), [("E0501", 3, 18)]),
        (in_function('  v9: () = print "a'), [("E0501", 3, 18)]),
        (in_function('  v9: () = print "a", '), [("E0501", 3, 3)]),
        (in_function("  branch v2, bb0"), [("E0501", 3, 3)]),
        (in_function("  switch v0, [0 bb0], bb0"), [("E0501", 3, 15)]),
        (in_function("  forall v0, bb0, bb0"), [("E0501", 3, 3)]),
        (in_function("  return", "  v9: i64 = neg v0"), [("E0501", 4, 3), ("E0501", 5, 3)]),
        ("func @f {\n  return\nbb0:\n  return\n}", [("E0501", 2, 3)]),
        ("func @f {\nbb0(i64):\n  return\n}", [("E0501", 2, 5)]),
        (in_function("  v9: i64 = add v0, v8"), [("E0502", 3, 21)]),
        (in_function("  v9: i64 = add v0,"), [("E0502", 3, 3)]),
        (in_function("  jump bb4(v7)"), [("E0502", 3, 8), ("E0502", 3, 12), ("E0501", 4, 3)]),
        ("entry @g\n" + in_function(), [("E0502", 1, 1)]),
        ("site 0: size\n" + in_function("  v9: bool = check v2 @1"), [("E0502", 4, 23)]),
        (in_function("  v0: i64 = const 1"), [("E0503", 3, 3)]),
        (in_function("  return", "bb0:"), [("E0503", 4, 1), ("E0501", 5, 3)]),
        (in_function() + in_function(), [("E0503", 5, 6)]),
        ("site 1: size\n" + in_function(), [("E0503", 1, 6)]),
        (in_function("  v9: i63 = neg v0"), [("E0504", 3, 7)]),
        (in_function("  v9: ((i64)) = neg v0"), [("E0504", 3, 7)]),
        (in_function("  v9: i64{true} = neg v0"), [("E0504", 3, 10)]),
        (in_function("  v9: i32{0..2^40} = neg v0"), [("E0504", 3, 10)]),
        (in_function("  v9: i64 = nog v0"), [("E0505", 3, 13)]),
        (in_function("  v9: i64 = const 1.5"), [("E0506", 3, 19)]),
        (in_function("  v9: i32 = const 3000000000"), [("E0506", 3, 19)]),
        (in_function("  v9: i64 = const " + "9" * 5000), [("E0506", 3, 19)]),
        (in_function("  v9: f64 = const 1_0"), [("E0506", 3, 19)]),
        (in_function("  v9: i64[:] = const 1"), [("E0506", 3, 22)]),
        (in_function("  v9: i64[:] = const [1, [2]]"), [("E0506", 3, 22)]),
        (in_function("  v9: i64[:,:] = const [[1, 2], [3]]"), [("E0506", 3, 24)]),
        (in_function("  v9: i64[:] = const [1, 2"), [("E0506", 3, 22)]),
        (in_function("  v9: i64[:] = const [1, 2], [3]"), [("E0506", 3, 22)]),
        (in_function("  v9: i64[:] = const []"), [("E0506", 3, 22)]),
        (in_function("  v9: i64[:] = const empty [3]"), [("E0506", 3, 22)]),
        (in_function("  v9: i64 = refine v0 over v0"), [("E0506", 3, 23)]),
        (in_function("  v9: i64 = dim v3, x"), [("E0506", 3, 21)]),
        (in_function('  v9: () = print "\\q"'), [("E0506", 3, 19)]),
        (in_function('  v9: () = print "\\u{110000}"'), [("E0506", 3, 19)]),
        ("site 0: sighs\n" + in_function(), [("E0506", 1, 9)]),
        ("site 0: size dimension 1\n" + in_function(), [("E0506", 1, 1)]),
        ("func @f {\n}", [("E0507", 1, 1)]),
        ("func @f {\nbb0:\n}", [("E0507", 2, 1)]),
        ("func @f {\nbb0:\n  return", [("E0507", 3, 3)]),
        ("func @f {\nbb0:\n  return\nfunc @g {\nbb0:\n  return\n}", [("E0507", 4, 1)]),
        (in_function("  v9999999999: i64 = neg v0"), [("E0508", 3, 3)]),
        (in_function("  v9: bool = check v2 @100000000"), [("E0508", 3, 23)]),
        (in_function("  v9: f64 = neg v0"), [("E0509", 3, 3)]),
        (in_function("  v9: i64{1} = neg v0"), [("E0509", 3, 3)]),
        (in_function("  jump bb1", "bb1:", "  v9: i64 = add v9, v0"), [("E0509", 5, 3)]),
    ],
)
def test_faults_have_a_code_and_a_place(text: str, expected: list[tuple[str, int, int]]) -> None:
    assert faults(text) == expected


def test_all_faults_are_reported_and_what_follows_from_one_is_not() -> None:
    text = in_function("  v4: i64 = nog v0", "  v5: i64 = add v4, v0", "  v6: i64 = add v0, v77", "  v7: i0 = neg v6")
    assert [fault[:2] for fault in faults(text)] == [("E0505", 3), ("E0502", 5), ("E0504", 6)]


def test_a_diagnostic_shows_the_line_and_a_caret() -> None:
    with pytest.raises(SourceError) as caught:
        parse_module(in_function("  v4: i64 = add v0, v77"), "f.ssair")
    assert caught.value.diagnostics[0].render().splitlines() == [
        "error[E0502]: there is no value `v77`",
        "  --> f.ssair:3:21",
        "  |",
        "3 |   v4: i64 = add v0, v77",
        "  |                     ^^^",
    ]


# ---- corruption ---------------------------------------------------------------------------------------------------


def flip_character(text: str, choose: random.Random) -> str:
    place = choose.randrange(len(text))
    return text[:place] + choose.choice('0129vb@{}()[]:;,=.-"\\ \n\t\x00éx') + text[place + 1 :]


def cut_characters(text: str, choose: random.Random) -> str:
    place = choose.randrange(len(text))
    return text[:place] + text[place + choose.randrange(1, 30) :]


def swap_lines(text: str, choose: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    one, other = choose.randrange(len(lines)), choose.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return "".join(lines)


def cut_line(text: str, choose: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    del lines[choose.randrange(len(lines))]
    return "".join(lines)


def double_line(text: str, choose: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    place = choose.randrange(len(lines))
    return "".join([*lines[: place + 1], *lines[place:]])


def swap_words(text: str, choose: random.Random) -> str:
    words = text.split(" ")
    one, other = choose.randrange(len(words)), choose.randrange(len(words))
    words[one], words[other] = words[other], words[one]
    return " ".join(words)


CORRUPTIONS = {
    "flip a character": flip_character,
    "cut characters": cut_characters,
    "swap lines": swap_lines,
    "cut a line": cut_line,
    "double a line": double_line,
    "swap words": swap_words,
}
#: `FORMS` with facts that the verifier accepts.
VALID_FORMS = FORMS.replace("v21: f32{0.1..0.30000001192092896 nan -0.0}", "v21: f32{0.0..}")


def test_the_corrupted_text_was_valid() -> None:
    verify(parse_module(VALID_FORMS))


@pytest.mark.parametrize("corruption", CORRUPTIONS)
@pytest.mark.parametrize("text", [CLAMP_SUM, VALID_FORMS], ids=["clamp_sum", "forms"])
def test_corrupted_text_is_refused_or_valid(text: str, corruption: str) -> None:
    choose = random.Random(corruption)
    refused = 0
    for _ in range(250):
        corrupted = text
        for _ in range(choose.randrange(1, 4)):
            corrupted = CORRUPTIONS[corruption](corrupted, choose)
        try:
            module = parse_module(corrupted)
        except SourceError as error:
            refused += 1
            assert str(error)
            continue
        verify(module)
        assert str(parse_module(str(module))) == str(module)
    assert refused > 50


#: What soups of text are made of.
WORDS = (
    "v1", "v2", " ", ": ", "i64", "{", "}", "0..", "=", "add", "const", "\n", "bb0", "(", ")", "func @f ", "jump ",
    "return", "[", "]", ",", "|", "@0", "forall ", "switch ", "-", '"', "site 0", "; ",
)  # fmt: skip


def test_soups_of_words_and_of_bytes_are_refused_or_valid() -> None:
    choose = random.Random("soup")
    for _ in range(1000):
        soup = "".join(choose.choices(WORDS, k=60))
        rubbish = bytes(choose.choices(range(256), k=200)).decode("latin1")
        for text in (soup, rubbish, f"func @f {{\nbb0:\n{soup}"):
            try:
                verify(parse_module(text))
            except SourceError as error:
                assert str(error)


# ---- size ---------------------------------------------------------------------------------------------------------


def round_trip(count: int) -> None:
    """Prints and parses a chain of `count` instructions and blocks."""
    lines = ["func @f {", "bb0(v0: i64):"]
    for number in range(1, count):
        lines += [f"  v{number}: i64 = add v{number - 1}, v0", f"  jump bb{number}", f"bb{number}:"]
    format_module(parse_module("\n".join([*lines, "  return", "}", ""])))


def test_time_is_linear() -> None:
    assert_linear(round_trip, 500)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 1_000_000,
        "func @f {\nbb0" + "(" * 100_000,
        "func @f {\nbb0:\n v0: " + "ptr<" * 100_000,
        "func @f {\nbb0:\n v0: i64[:,:] = const " + "[" * 100_000,
        "func @f {\nbb0:\n v0: " + " " * 300_000 + "{}x = ",
        'func @f {\nbb0:\n v0: () = print "' + '\\"' * 100_000,
        "func @f {\nbb0(" + "v0: i64, " * 30_000 + "):\n",
        "func @f {\nbb0:\n switch v0, [" + "0: bb0, " * 30_000 + "], bb0",
        "func @f -> " + "(i64" * 100_000 + " {",
        "site 0: index at " * 30_000,
        "v" * 1_000_000,
        "\n" * 1_000_000,
        "}\n" * 100_000,
        "\x00\xff" * 100_000,
    ],
    ids=range(14),
)
def test_large_rubbish_is_refused_at_once(text: str) -> None:
    with pytest.raises(SourceError):
        parse_module(text)
