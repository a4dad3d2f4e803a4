"""The reference interpreter of Bril: what it counts, what it refuses, and how far it goes."""

import math
import random
from collections.abc import Sequence
from typing import Any

import pytest
from growth import assert_linear

from ssair.frontends.bril.arguments import entry_of, parse_arguments
from ssair.frontends.bril.interpret import MAX_DEPTH, BrilError, execute
from ssair.frontends.bril.read import read_program
from ssair.interp import StepsExceeded


def run(text: str, *values: Any, max_steps: int | None = None) -> tuple[list[str], str | None, int]:
    found = execute(read_program(text), values, max_steps=max_steps)
    return found.output, found.error, found.executed


# ---- the dynamic count --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("", 0),
        (".a:\n.b:\n", 0),
        ("nop;", 1),
        ("ret;", 1),
        ("ret; nop;", 1),
        ("x: int = const 1; print x;", 2),
        ("jmp .l; nop; .l:", 1),
        ("c: bool = const true; br c .l .l; .l: nop;", 3),
        ("x: int = const 1; set y x; y: int = get; z: int = undef; w: int = id z;", 5),
        ("call @two; call @two;", 6),
        ("x: int = call @three; y: int = call @three;", 8),
        ("n: int = const 3; p: ptr<int> = alloc n; store p n; q: ptr<int> = ptradd p n; v: int = load p; free p;", 6),
    ],
)
def test_every_instruction_counts_one_and_labels_and_ends_nothing(body: str, count: int) -> None:
    text = f"@main {{ {body} }} @two {{ nop; nop; }} @three: int {{ nop; x: int = const 1; ret x; }}"
    _, error, executed = run(text)
    assert (error, executed) == (None, count)


LOOP = """
@main(n: int) {
  zero: int = const 0;
.loop:
  one: int = const 1;
  c: bool = gt n zero;
  br c .body .end;
.body:
  n: int = sub n one;
  jmp .loop;
.end:
  print n;
}
"""


def test_a_loop_counts_each_of_its_turns() -> None:
    for turns in (0, 1, 7):
        assert run(LOOP, turns) == (["0"], None, 1 + 5 * turns + 3 + 1)


# ---- values -------------------------------------------------------------------------------------------------------


def wrapped(value: int) -> int:
    return (value + 2**63) % 2**64 - 2**63


def test_integer_arithmetic_is_that_of_64_bits() -> None:
    text = (
        "@main(a: int, b: int) { s: int = add a b; d: int = sub a b; p: int = mul a b; q: int = div a b;\n"
        "print s d p q; e: bool = eq a b; l: bool = lt a b; g: bool = gt a b;\n"
        "m: bool = le a b; n: bool = ge a b; print e l g m n; }"
    )
    program = read_program(text)
    generator = random.Random(0)
    corners = [0, 1, -1, 2, -3, 10, 2**63 - 1, -(2**63), 2**32]
    for _ in range(300):
        a, b = (generator.choice((generator.choice(corners), generator.randrange(-(2**63), 2**63))) for _ in "ab")
        found = execute(program, [a, b])
        if b == 0:
            assert (found.output, found.error) == ([], "division by zero")
            continue
        magnitude = abs(a) // abs(b)
        quotient = wrapped(magnitude if (a < 0) == (b < 0) else -magnitude)
        truths = " ".join(str(truth).lower() for truth in (a == b, a < b, a > b, a <= b, a >= b))
        assert found.output == [f"{wrapped(a + b)} {wrapped(a - b)} {wrapped(a * b)} {quotient}", truths]


@pytest.mark.parametrize(
    ("dividend", "divisor", "quotient"),
    [
        (1.0, 0.0, "Infinity"),
        (1.0, -0.0, "-Infinity"),
        (-1.0, -0.0, "Infinity"),
        (0.0, 0.0, "NaN"),
        (math.nan, 0.0, "NaN"),
        (math.inf, 0.0, "Infinity"),
        (math.inf, math.inf, "NaN"),
        (1e300, 1e-300, "Infinity"),
    ],
)
def test_floats_divide_by_zero(dividend: float, divisor: float, quotient: str) -> None:
    text = "@main(a: float, b: float) { q: float = fdiv a b; print q; }"
    assert run(text, dividend, divisor)[:2] == ([quotient], None)


# ---- faults -------------------------------------------------------------------------------------------------------


ORDERS = ("eq", "lt", "gt", "le", "ge")
#: Instructions that use `u`, by its type; `k` is an int, `f` a float, `b` a bool.
USES = {
    "int": [
        *[f"x: int = {op} {operands};" for op in ("add", "sub", "mul", "div") for operands in ("u k", "k u", "u u")],
        *[f"x: bool = {op} {operands};" for op in ORDERS for operands in ("u k", "k u", "u u")],
        *["print k u;", "x: int = call @f u;", "call @g k u;", "p: ptr<int> = alloc u;"],
        *["p: ptr<int> = alloc k; q: ptr<int> = ptradd p u;", "p: ptr<int> = alloc k; store p u;"],
    ],
    "float": [
        *[f"x: float = f{op} {operands};" for op in ("add", "sub", "mul", "div") for operands in ("u f", "f u", "u u")],
        *[f"x: bool = f{op} {operands};" for op in ORDERS for operands in ("u f", "f u", "u u")],
    ],
    "bool": [
        *[f"x: bool = {op} {operands};" for op in ("and", "or") for operands in ("u b", "b u", "u u")],
        *["x: bool = not u;", "br u .l .l; .l:"],
    ],
    "ptr<int>": ["free u;", "x: int = load u;", "store u k;", "q: ptr<int> = ptradd u k;"],
}


@pytest.mark.parametrize(("type", "use"), [(type, use) for type, uses in USES.items() for use in uses])
@pytest.mark.parametrize("undefined", [False, True])
def test_what_has_no_value_cannot_be_used(type: str, use: str, undefined: bool) -> None:
    unset = f"u: {type} = undef;" if undefined else f"jmp .go; u: {type} = undef; .go:"
    text = (
        f"@main(k: int, f: float, b: bool) {{ print b; {unset} {use} print k; }}\n"
        "@f(x: int): int { ret x; }\n@g(x: int, y: int) { }"
    )
    output, error, _ = run(text, 1, 1.5, True)
    assert output == ["true"] and error is not None
    assert ("undefined" if undefined else "the variable u is read") in error


def test_a_copy_of_what_was_not_assigned_is_a_fault_and_one_of_undef_is_not() -> None:
    assert run("@main { jmp .a; u: int = undef; .a: x: int = id u; }")[1] is not None
    assert run("@main { u: int = undef; x: int = id u; set y x; y: int = get; }")[1] is None
    assert run("@main { x: int = call @f; } @f: int { u: int = undef; ret u; }")[1] is not None


def test_calls_have_frames_of_their_own() -> None:
    text = "@main { x: int = const 1; call @f; print x; } @f { jmp .a; x: int = undef; .a: print x; }"
    assert run(text)[:2] == ([], "the variable x is read and was not assigned")


def test_recursion_goes_deep_but_not_on_for_ever() -> None:
    text = "@main(n: int) { call @f n; } @f(n: int) { z: int = const 0; o: int = const 1; c: bool = gt n z; "
    text += "br c .a .b; .a: m: int = sub n o; call @f m; .b: }"
    assert run(text, MAX_DEPTH // 2)[1] is None
    assert "deep" in str(run(text, 2 * MAX_DEPTH)[1])


@pytest.mark.parametrize("text", ["@main { .l: jmp .l; }", "@main { c: bool = const true; .l: br c .l .m; .m: }"])
def test_a_limit_of_steps_ends_what_does_not(text: str) -> None:
    with pytest.raises(StepsExceeded):
        run(text, max_steps=100)


def test_lines_are_seen_as_they_are_printed() -> None:
    seen: list[str] = []
    found = execute(
        read_program("@main { x: int = const 1; print x x; y: int = sub x x; z: int = div x y; }"),
        [],
        on_print=seen.append,
    )
    assert seen == found.output == ["1 1"]


def test_time_is_linear_in_the_steps() -> None:
    program = read_program(LOOP)
    assert_linear(lambda count: execute(program, [count]), 500)


# ---- arguments ----------------------------------------------------------------------------------------------------


def arguments(types: str, words: Sequence[str]) -> list[Any]:
    params = ", ".join(f"p{place}: {type}" for place, type in enumerate(types.split()))
    return parse_arguments(entry_of(read_program(f"@main({params}) {{ }}" if params else "@main { }")), words)


@pytest.mark.parametrize(
    ("types", "words", "values"),
    [
        ("", "", []),
        ("int int int", "-5 +7 9223372036854775807", [-5, 7, 2**63 - 1]),
        ("bool bool", "true false", [True, False]),
        ("float float float float", "1 -2.5e3 -inf Infinity", [1.0, -2500.0, -math.inf, math.inf]),
    ],
)
def test_arguments(types: str, words: str, values: list[Any]) -> None:
    found = arguments(types, words.split())
    assert repr(found) == repr(values)
    assert math.isnan(arguments("float", ["nan"])[0]) and repr(arguments("float", ["-0.0"])) == "[-0.0]"


@pytest.mark.parametrize(
    ("types", "words"),
    [
        ("int", ""),
        ("", "1"),
        ("int", "1 2"),
        ("int", "1.5"),
        ("int", "true"),
        ("int", "9223372036854775808"),
        ("int", "1" * 5000),
        ("bool", "1"),
        ("float", "x"),
        ("ptr<int>", "0"),
    ],
)
def test_arguments_of_other_kinds(types: str, words: str) -> None:
    with pytest.raises(BrilError):
        arguments(types, words.split())


def test_there_has_to_be_a_main() -> None:
    with pytest.raises(BrilError, match="@main"):
        entry_of(read_program("@f { }"))
    assert entry_of(read_program("@f { }"), "f").name == "f"
