"""Calls in Bril: tail calls become loops, and constants are handed over rather than made again."""

import pytest
from bril_runs import seen_of_module, seen_of_program
from growth import assert_linear

from ssair.context import Context, Fuel
from ssair.frontends.bril.interpret import execute
from ssair.frontends.bril.lower import lower
from ssair.frontends.bril.printing import format_function
from ssair.frontends.bril.program import Instruction, Program
from ssair.frontends.bril.read import read_program
from ssair.frontends.bril.tail_calls import run
from ssair.frontends.bril.write import write_program
from ssair.ops import CALL_OP
from ssair.verifier import verify

FUNCTION = """
@main(n: int) {{
  one: int = const 1;
  r: int = call @f n one;
  print r;
}}
@f(n: int, m: int): int {{
  zero: int = const 0;
  one: int = const 1;
  end: bool = le n zero;
  br end .stop .go;
.stop:
  ret m;
.go:
  less: int = sub n one;
{body}
}}
"""
#: How `@f` goes on, and whether its call of itself goes away.
BODIES = {
    "tail call": ("more: int = add m n; r: int = call @f less more; ret r;", True),
    "sum": ("r: int = call @f less m; s: int = add r n; ret s;", True),
    "product": ("r: int = call @f less m; s: int = mul n r; ret s;", True),
    "what is added is computed behind the call": (
        "r: int = call @f less m; t: int = mul n n; s: int = add t r; ret s;",
        True,
    ),
    "difference": ("r: int = call @f less m; s: int = sub r n; ret s;", False),
    "doubled": ("r: int = call @f less m; s: int = add r r; ret s;", False),
    "printed": ("r: int = call @f less m; print r; ret r;", False),
    "printed behind": ("r: int = call @f less m; s: int = add r n; print n; ret s;", False),
    "divided behind": ("r: int = call @f less m; q: int = div n m; s: int = add r q; ret s;", False),
    "printed before": ("print n; r: int = call @f less m; s: int = add r n; ret s;", True),
    "read twice": ("r: int = call @f less m; s: int = add r n; t: int = add s s; ret t;", False),
}


@pytest.mark.parametrize("name", BODIES)
def test_tail_calls_are_jumps(name: str) -> None:
    body, goes_away = BODIES[name]
    program = read_program(FUNCTION.format(body=body))
    module = lower(program)
    function = module.functions["f"]
    assert run(function, Context()) == goes_away
    verify(module)
    assert any(instr.op is CALL_OP for instr in function.instructions()) != goes_away
    for values in ([0], [1], [6], [-3]):
        assert seen_of_module(module, values) == seen_of_program(program, values)


BOTH = """b: bool = eq less m;
br b .a .b;
.a:
  r: int = call @f less m;
  s: int = add r n;
  ret s;
.b:
  r: int = call @f less m;
  s: int = mul r n;
  ret s;"""


def test_a_sum_and_a_product_are_not_gathered_together() -> None:
    program = read_program(FUNCTION.format(body=BOTH))
    module = lower(program)
    assert run(module.functions["f"], Context()) == 1
    verify(module)
    for values in ([0], [1], [2], [6]):
        assert seen_of_module(module, values) == seen_of_program(program, values)


COUNTDOWN = """@main(n: int) {
  one: int = const 1;
  c: bool = lt n one;
  br c .end .go;
.go:
  print n;
  n: int = sub n one;
  call @main n;
.end:
}"""


def test_a_function_without_a_result_goes_back_too() -> None:
    program = read_program(COUNTDOWN)
    module = lower(program)
    assert run(module.functions["main"], Context()) == 1
    verify(module)
    assert seen_of_module(module, [3]) == seen_of_program(program, [3])


def test_fuel_stops_it() -> None:
    body, _ = BODIES["sum"]
    module = lower(read_program(FUNCTION.format(body=body)))
    before = str(module)
    assert run(module.functions["f"], Context(fuel=Fuel(0))) == 0
    assert str(module) == before


# ---- constants that are handed over -------------------------------------------------------------------------------


RECURSIVE = """
@main(n: int) {
  r: int = call @f n;
  print r;
}
@f(n: int): int {
  one: int = const 1;
  two: int = const 2;
  end: bool = le n one;
  br end .stop .go;
.stop:
  ret n;
.go:
  a: int = sub n one;
  a: int = call @f a;
  b: int = sub n two;
  b: int = call @f b;
  a: int = sub a b;
  ret a;
}
"""
ONCE = """
@main(n: int) { call @f n; }
@f(n: int) { c: int = const 100; n: int = mul n c; print n; }
"""


def consts_of(program: Program, name: str) -> int:
    function = next(function for function in program.functions if function.name == name)
    return sum(isinstance(item, Instruction) and item.op == "const" for item in function.body)


def test_a_recursive_function_is_given_its_constants() -> None:
    program = read_program(RECURSIVE)
    made = write_program(lower(program))
    assert consts_of(made, "f") == 0 and consts_of(made, "main") == 2
    assert len(made.functions[0].params) == 1
    assert seen_of_program(made, [10]) == seen_of_program(program, [10])
    assert execute(made, [10]).executed < 0.8 * execute(program, [10]).executed


def test_a_function_that_is_called_once_makes_its_own() -> None:
    made = write_program(lower(read_program(ONCE)))
    assert consts_of(made, "f") == 1 and consts_of(made, "main") == 0


def test_with_no_pass_functions_keep_their_parameters() -> None:
    made = write_program(lower(read_program(RECURSIVE)), duplicate=False)
    assert "@f(n: int): int" in format_function(made.functions[1])


def chain(count: int) -> str:
    """Functions that call the next one in a loop, each with a constant of its own."""
    parts = [
        f"@f{i}(n: int) {{\n i: int = const 0;\n c: int = const {i};\n.h:\n b: bool = lt i n;\n br b .b .e;\n.b:\n"
        f" i: int = add i c;\n call @f{i + 1} i;\n jmp .h;\n.e:\n}}\n"
        for i in range(count)
    ]
    return "@main(n: int) {\n call @f0 n;\n}\n" + "".join(parts) + f"@f{count}(n: int) {{\n print n;\n}}\n"


def callers(count: int) -> str:
    """One function with constants, called from everywhere."""
    calls = " call @f n;\n" * count
    body = "".join(f" c: int = const {i};\n n: int = mul n c;\n" for i in range(count))
    return f"@main(n: int) {{\n{calls}}}\n@f(n: int) {{\n{body} print n;\n}}\n"


@pytest.mark.parametrize("shape", [chain, callers])
def test_handing_constants_over_is_linear(shape) -> None:
    modules = {size: lower(read_program(shape(size))) for size in (80, 160)}
    assert_linear(lambda size: write_program(modules[size]), 80)


def test_sums_are_not_gathered_where_most_calls_stay() -> None:
    module = lower(
        read_program(
            """@main(n: int) { r: int = call @f n; print r; }
@f(n: int): int {
  one: int = const 1;
  end: bool = le n one;
  br end .stop .go;
.stop:
  ret one;
.go:
  n: int = sub n one;
  a: int = call @f n;
  b: int = call @f n;
  s: int = add a b;
  c: int = call @f n;
  s: int = add s c;
  ret s;
}"""
        )
    )
    assert run(module.functions["f"], Context()) == 0
