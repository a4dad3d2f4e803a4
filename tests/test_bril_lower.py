"""Bril to SSA, on programs small enough to read what comes out."""

import textwrap

import pytest
from growth import assert_linear

from ssair.frontends.bril import compile_source
from ssair.interp import execute
from ssair.ir import Instr
from ssair.printer import format_function
from ssair.verifier import verify


def lowered(text: str, name: str = "main") -> str:
    module = compile_source(text)
    verify(module)
    return format_function(module.functions[name], renumber=True)


def expect(text: str, expected: str, name: str = "main") -> None:
    assert lowered(text, name).strip() == textwrap.dedent(expected).strip()


def test_a_loop_has_a_parameter_for_what_changes_and_knows_its_condition() -> None:
    expect(
        """
        @main(n: int) {
          i: int = const 0;
          one: int = const 1;
        .loop:
          c: bool = lt i n;
          br c .body .end;
        .body:
          i: int = add i one;
          jmp .loop;
        .end:
          print i;
        }
        """,
        """
        func @main {
        bb0(v0: i64):
          v1: i64{0} = const 0
          v2: i64{1} = const 1
          jump bb1(v1)
        bb1(v3: i64{-2^63+1..}):              ; preds bb0 bb2
          v4: bool = lt v3, v0
          branch v4, bb2, bb3
        bb2:                                  ; idom bb1
          v5: i64{..2^63-2} = refine v3 lt v0
          v6: i64{-2^63+1..} = add v5, v2
          jump bb1(v6)
        bb3:                                  ; idom bb1
          v7: () = print v3
          return
        }
        """,
    )


def test_a_division_checks_its_divisor_which_is_known_from_then_on() -> None:
    expect(
        "@main(a: int, b: int) { q: int = div a b; r: int = div q b; print r b; }",
        """
        func @main {
        bb0(v0: i64, v1: i64):
          v2: i64{nonzero} = check_nonzero v1, v0 @0
          v3: i64 = div_trunc v0, v2
          v4: i64 = div_trunc v3, v2
          v5: () = print v4, " ", v2
          return
        }
        """,
    )


def test_equal_computations_are_one_where_it_dominates() -> None:
    expect(
        """
        @main(a: int, b: int, c: bool) {
          x: int = mul a b;
          y: int = mul b a;
          d: bool = lt a b;
          e: bool = gt b a;
          br c .then .else;
        .then:
          k: int = const 3;
          z: int = sub a k;
          print x y d e z;
          ret;
        .else:
          k: int = const 3;
          z: int = sub a k;
          w: int = mul a b;
          print w z;
        }
        """,
        """
        func @main {
        bb0(v0: i64, v1: i64, v2: bool):
          v3: i64 = mul v0, v1
          v4: bool = lt v0, v1
          branch v2, bb1, bb2
        bb1:                                  ; idom bb0
          v5: i64{3} = const 3
          v6: i64 = sub v0, v5
          v7: () = print v3, " ", v3, " ", v4, " ", v4, " ", v6
          return
        bb2:                                  ; idom bb0
          v8: i64{3} = const 3
          v9: i64 = sub v0, v8
          v10: () = print v3, " ", v9
          return
        }
        """,
    )


def test_what_is_known_of_a_computation_in_an_arm_is_said_of_the_shared_one() -> None:
    expect(
        """
        @main(a: int) {
          one: int = const 1;
          b: int = add a one;
          c: bool = lt a one;
          br c .then .end;
        .then:
          b: int = add a one;
          d: int = add b one;
          print b d;
        .end:
        }
        """,
        """
        func @main {
        bb0(v0: i64):
          v1: i64{1} = const 1
          v2: i64 = add v0, v1
          v3: bool = lt v0, v1
          branch v3, bb1, bb2
        bb1:                                  ; idom bb0
          v4: i64{..0} = refine v0 lt v1
          v5: i64{-2^63+1..1} = narrow v2
          v6: i64{-2^63+2..2} = add v5, v1
          v7: () = print v5, " ", v6
          jump bb2
        bb2:                                  ; preds bb0 bb1
          return
        }
        """,
    )


def test_memory_is_a_version_that_stores_frees_and_calls_change() -> None:
    expect(
        """
        @main(n: int) {
          p: ptr<int> = alloc n;
          store p n;
          v: int = load p;
          call @f;
          w: int = load p;
          free p;
          print v w;
        }
        @f { nop; }
        """,
        """
        func @main {
        bb0(v0: i64):
          v1: mem = memory
          v2: ptr<i64> = alloc v0
          v3: mem = store v2, v0, v1
          v4: i64 = load v2, v3
          v5: () = call @f()
          v6: mem = memory
          v7: i64 = load v2, v6
          v8: mem = free v2, v6
          v9: () = print v4, " ", v7
          return
        }
        """,
    )


def test_memory_has_versions_that_meet() -> None:
    text = """
    @main(c: bool, p: ptr<int>, n: int) {
      br c .a .b;
    .a:
      store p n;
    .b:
      v: int = load p;
      print v;
    }
    """
    assert "bb2(v5: mem):" in lowered(text) and "load v1, v5" in lowered(text)


def test_shadows_are_variables_of_their_own() -> None:
    expect(
        "@main(n: int) { set x n; m: int = add n n; set y m; y: int = get; x: int = get; print x y; }",
        """
        func @main {
        bb0(v0: i64):
          v1: i64 = add v0, v0
          v2: () = print v0, " ", v1
          return
        }
        """,
    )


def test_an_entry_that_is_jumped_to_gets_a_block_before_it() -> None:
    module = compile_source("@main(c: bool) { .l: br c .l .m; .m: print c; }")
    verify(module)
    first, second, third = module.functions["main"].blocks
    assert first.successors() == [second] and second.successors() == [second, third] and not first.instrs


def test_one_that_is_not_jumped_to_gets_none() -> None:
    assert len(compile_source("@main { .l: nop; .m: nop; .n: }").functions["main"].blocks) == 3
    assert len(compile_source("@main { .l: .m: .n: nop; }").functions["main"].blocks) == 1


def test_what_nothing_reaches_is_left_out() -> None:
    text = "@main(n: int) { jmp .a; .b: print ghost; jmp .b; .a: print n; ret; n: int = add n n; .c: jmp .a; }"
    function = compile_source(text).functions["main"]
    assert len(function.blocks) == 2 and "ghost" not in str(function)


def test_what_is_unset_on_a_path_is_zero_there() -> None:
    expect(
        "@main(c: bool, n: int) { br c .a .b; .a: x: int = id n; .b: print x; }",
        """
        func @main {
        bb0(v0: bool, v1: i64):
          v2: i64{0} = const 0
          branch v0, bb1, bb2(v2)
        bb1:                                  ; idom bb0
          jump bb2(v1)
        bb2(v3: i64):                         ; preds bb0 bb1
          v4: () = print v3
          return
        }
        """,
    )


def test_what_is_one_constant_wherever_it_is_set_is_that_where_it_is_not() -> None:
    expect(
        "@main(c: bool) { br c .a .b; .a: x: int = const 7; .b: print x; }",
        """
        func @main {
        bb0(v0: bool):
          v1: i64{7} = const 7
          v2: i64{0} = const 0
          branch v0, bb1, bb2(v1)
        bb1:                                  ; idom bb0
          v3: i64{7} = const 7
          jump bb2(v3)
        bb2(v4: i64{7}):                      ; preds bb0 bb1
          v5: () = print v4
          return
        }
        """,
    )


def test_the_end_of_a_function_that_should_have_a_result_is_a_fault() -> None:
    expect(
        "@f(c: bool, n: int): int { br c .a .b; .a: ret n; .b: }",
        """
        func @f -> i64 {
        bb0(v0: bool, v1: i64):
          v2: i64{0} = const 0
          branch v0, bb1, bb2
        bb1:                                  ; idom bb0
          return v1
        bb2:                                  ; idom bb0
          v3: i64{0} = const 0
          v4: i64{} = check_nonzero v3, v3 @0
          return v2
        }
        """,
        "f",
    )


@pytest.mark.parametrize(
    ("types", "operation", "pieces"),
    [
        ("int int", "print", ("", " ", "")),
        ("float", "print_exact", ("", "")),
        ("ptr<int> int", "print", ("[object Object] ", "")),
        ("int ptr<int> bool", "print", ("", " [object Object] ", "")),
        ("ptr<int>", "print", ("[object Object]",)),
        ("", "print", ("",)),
    ],
)
def test_lines_have_blanks_between_values(types: str, operation: str, pieces: tuple[str, ...]) -> None:
    names = [f"p{place}" for place, _ in enumerate(types.split())]
    params = ", ".join(f"{name}: {type}" for name, type in zip(names, types.split(), strict=True))
    (printed,) = compile_source(f"@main({params}) {{ print {' '.join(names)}; }}").functions["main"].entry.instrs
    assert isinstance(printed, Instr)
    assert (printed.op.name, printed.aux) == (operation, pieces)


def test_instructions_know_their_places_in_the_text() -> None:
    module = compile_source("@main(n: int) {\n  x: int = add n n;\n  q: int = div x n; print q;\n}")
    instrs = module.functions["main"].entry.instrs
    places = [str(module.span(instr.span)) for instr in instrs]
    assert places == ["2:3-2:20", "3:3-3:20", "3:3-3:20", "3:21-3:29"]
    assert str(module.span(module.sites[0].span)) == "3:3-3:20"


def test_the_entry_is_main_wherever_it_stands() -> None:
    text = "@a { nop; } @main { nop; } @b { nop; }"
    assert compile_source(text).entry().name == "main"
    assert list(compile_source(text).functions) == ["a", "main", "b"]
    assert compile_source("@a { nop; } @b { nop; }").entry_name is None


# ---- many variables -----------------------------------------------------------------------------------------------


def changed_on_one_arm(variables: int, joins: int, loops: bool) -> str:
    """Variables of which each join, or loop, changes one; all are read at the end."""
    lines = ["@main(c: bool) {", "  one: int = const 1;"]
    lines += [f"  x{place}: int = const {place};" for place in range(variables)]
    for place in range(joins):
        change = f"  x{place % variables}: int = add x{place % variables} one;"
        ways = f"  br c .arm{place} .end{place};"
        lines += [f".arm{place}:", change, ways] if loops else [ways, f".arm{place}:", change]
        lines.append(f".end{place}:")
    return "\n".join([*lines, *(f"  print x{place};" for place in range(variables)), "}"])


@pytest.mark.parametrize("loops", [False, True])
def test_a_variable_makes_nothing_where_it_is_not_changed(loops: bool) -> None:
    module = compile_source(changed_on_one_arm(60, 60, loops))
    assert module.functions["main"].next_value < 8 * 60


@pytest.mark.parametrize("loops", [False, True])
def test_time_grows_with_variables_and_with_joins(loops: bool) -> None:
    assert_linear(lambda count: compile_source(changed_on_one_arm(count, 20, loops)), 100)
    assert_linear(lambda count: compile_source(changed_on_one_arm(20, count, loops)), 100)


def test_in_a_loop_a_variable_that_is_set_before_it_is_read_needs_no_parameter() -> None:
    """`x` is read at the head of the loop, and behind the join of its body only once it has been set again."""
    module = compile_source(
        """
        @main(n: int, c: bool) {
          x: int = const 5;
        .head:
          print x;
          br c .one .two;
        .one:
          x: int = mul n n;
        .two:
          x: int = add n n;
          br c .head .end;
        .end:
        }
        """
    )
    verify(module)
    assert [len(block.params) for block in module.functions["main"].blocks] == [2, 1, 0, 0, 0]


def test_what_an_arm_knows_comes_through_joins_that_do_not_change_it() -> None:
    module = compile_source(
        "@main(n: int, c: bool) { zero: int = const 0; d: bool = lt zero n; br d .more .end;"
        " .more: br c .one .two; .one: print c; .two: e: bool = eq n zero; print e; .end: }"
    )
    verify(module)
    *_, asked = (instr.args[0] for instr in module.functions["main"].instructions() if instr.op.name == "eq")
    assert str(asked.fact) == f"{{1..{2**63 - 1}}}"


def test_what_nobody_asks_is_not_said() -> None:
    """In the arm, `n` is at least one: the sum with a constant wants to know, the product and the line do not."""
    module = compile_source(
        "@main(n: int) { zero: int = const 0; d: bool = lt zero n; br d .more .end;"
        " .more: x: int = mul n n; print n x; y: int = add n zero; z: int = mul n n; print n y z; .end: }"
    )
    verify(module)
    assert [str(instr.op) for instr in module.functions["main"].blocks[1].instrs] == [
        *("refine", "mul", "print", "add", "print")
    ]


@pytest.mark.parametrize("reader", ["mul n n", "eq n k"])
def test_time_grows_with_what_is_known_and_not_asked(reader: str) -> None:
    def ladder(count: int) -> str:
        lines = ["@main(n: int) {"]
        for place in range(count):
            lines += [
                f"  k: int = const {place};",
                "  d: bool = lt n k;",
                f"  br d .end .next{place};",
                f".next{place}:",
            ]
            lines += [f"  x{place}: {'int' if 'mul' in reader else 'bool'} = {reader};", f"  print x{place};"]
        return "\n".join([*lines, ".end:", "}"])

    assert_linear(lambda count: compile_source(ladder(count)), 50)


def outcome_of(text: str, *values: int) -> tuple[list[str], object]:
    outcome = execute(compile_source(text), values)
    return outcome.output, outcome.trap


@pytest.mark.parametrize("end", ["ret n;", "jmp .end; .end:", ""])
def test_nobody_sees_a_result_of_main(end: str) -> None:
    text = f"@main(n: int): int {{ print n; {end} }}"
    assert compile_source(text).functions["main"].results == ()
    assert outcome_of(text, 4) == (["4"], None)


def test_a_result_of_main_that_is_used_stays() -> None:
    text = """@main(n: int): int {
  z: int = const 0;
  c: bool = gt n z;
  br c .again .end;
.again:
  r: int = call @main z;
  print r;
.end:
  ret n;
}"""
    assert outcome_of(text, 4) == (["0"], None)
