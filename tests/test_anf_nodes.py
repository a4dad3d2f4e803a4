"""What the conversion to ANF promises of its nodes, and that it takes programs of any size."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from test_anf import FORMS, SEEDS, anf, functions, nodes

from ssair.frontends.fun import anf_nodes
from ssair.frontends.fun.anf import convert, convert_functions
from ssair.frontends.fun.anf_fold import fold
from ssair.frontends.fun.anf_nodes import Branch, Join, Jump, Let, Name, Node, Target, walk
from ssair.frontends.fun.check import check_program
from ssair.frontends.fun.parse import parse_program
from ssair.ops import OPS
from ssair.testing.generator import generate_program

# ---- what the conversion promises of its nodes ----------------------------------------------------------------------


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Node]:
    """Every node that is made from now on."""
    found: list[Node] = []
    for kind in (*Node.__subclasses__(), *Target.__subclasses__()):
        if kind is not Target:
            monkeypatch.setattr(kind, "__init__", _noting(kind.__init__, found))
    return found


def _noting(make, found: list[Node]):  # type: ignore[no-untyped-def]
    def make_and_note(node: Node, *args: object) -> None:
        make(node, *args)
        found.append(node)

    return make_and_note


def sources() -> Iterator[str]:
    yield from (source for source, _ in FORMS.values())
    yield from (generate_program(seed).source for seed in SEEDS)


def test_no_node_is_made_that_the_program_does_not_keep(made: list[Node]) -> None:
    for source in sources():
        made.clear()
        converted = convert_functions(check_program(parse_program(source)))
        kept = [node for function in converted for node in walk(function.head)]
        assert len(made) == len(kept) and set(made) == set(kept)
        removed = sum(map(fold, converted))
        assert len(made) == len(kept), "folding makes no nodes"
        assert sum(1 for function in converted for _ in walk(function.head)) == len(kept) - removed


def test_the_nodes_of_a_long_program_are_as_many_as_its_operations(made: list[Node]) -> None:
    count = 1000
    source = f"fn f(x: i64) -> i64 = {'let y = ' * count}x{' in y + 1' * count}"
    convert(check_program(parse_program(source)))
    assert len(made) == count + 2  # the head of the function and `done`


def test_only_the_ends_have_no_rest() -> None:
    for source in sources():
        for node in nodes(source):
            is_end = isinstance(node, Branch | Jump | anf_nodes.Done | anf_nodes.Yield)
            assert (node.rest is None) == is_end, node


def test_every_operation_is_in_the_table_of_the_ir_and_every_name_is_bound_once() -> None:
    for source in sources():
        for function in functions(source):
            bound: list[Name] = [parameter.name for parameter in function.parameters]
            for node in walk(function.head):
                if isinstance(node, Let):
                    assert OPS[node.op].takes(len(node.operands))
                    bound += node.names
                elif isinstance(node, Target):
                    bound += node.parameters
                elif isinstance(node, anf_nodes.Forall):
                    bound += (*node.indices, *node.names)
            texts = [name.text for name in bound]
            assert all(texts) and len(set(texts)) == len(texts) == len(set(bound))


def test_joins_count_the_jumps_to_them_and_give_each_parameter_a_value() -> None:
    for source in sources():
        for function in functions(source):
            jumps = [node for node in walk(function.head) if isinstance(node, Jump)]
            for target in (node for node in walk(function.head) if isinstance(node, Target)):
                ways = [jump for jump in jumps if jump.target is target]
                assert target.jumps == len(ways) > 0
                for jump in ways:
                    given, wanted = jump.arguments, target.parameters
                    assert [atom.type for atom in given] == [name.type for name in wanted]


def test_no_join_only_passes_on() -> None:
    for source in sources():
        assert not any(isinstance(node, Join) and isinstance(node.rest, Jump) for node in nodes(source))


def test_the_text_is_the_same_every_time() -> None:
    for source in sources():
        assert anf(source) == anf(source)


def test_constants_show_their_types_and_bits() -> None:
    text = anf("fn f(x: f64, y: f32, z: i32, b: bool) -> (f64, f32, i32, bool) = (x * -0.0, y + 0.1, z - 3, b == true)")
    assert "mul x, -0.0\n" in text
    assert "add y, 0.10000000149011612f32\n" in text
    assert "sub z, 3i32\n" in text
    assert "eq b, true\n" in text


def test_zeros_of_different_sign_are_different_arguments_of_a_join() -> None:
    assert "join1(" in anf("fn f(b: bool) -> f64 = 1.0 / (if b then 0.0 else -0.0)")
    assert "join1(" not in anf("fn f(b: bool) -> f64 = 1.0 / (if b then -0.0 else -0.0)")


# ---- size ------------------------------------------------------------------------------------------------------------

X = "fn f(x: i64) -> i64 = "
LARGE = {
    "nested lets": X + "let x = x + 1 in " * 2_000 + "x",
    "lets in heads": X + "let y = " * 2_000 + "x" + " in y + 1" * 2_000,
    "a sum": X + " + ".join(["x"] * 2_000),
    "a sum to the right": X + "(x + " * 2_000 + "x" + ")" * 2_000,
    "a conjunction": X + "if " + " && ".join(["x > 3"] * 2_000) + " then 1 else 2",
    "a conjunction to the right": X + "if " + "(x > 3 && " * 2_000 + "true" + ")" * 2_000 + " then 1 else 2",
    "alternatives": X + "if " + "(x > 3 || (x < 9 && " * 2_000 + "true" + "))" * 2_000 + " then x * x else x + 2",
    "the value of a conjunction": X + "i64(" + " && ".join(["x > 3"] * 2_000) + ")",
    "a chain": X + "i64(" + " < ".join(["x"] * 2_000) + ")",
    "negations": X + "if " + "!" * 2_000 + "(x < 3) then 1 else 2",
    "else-ifs": X + "".join(f"if x == {i} then {i} else " for i in range(2_000)) + "0",
    "then-ifs": X + "if x > 3 then " * 2_000 + "x" + " else 0" * 2_000,
    "ifs in conditions": X + "if " * 2_000 + "x < 3" + " then x < 4 else false" * 1_999 + " then 1 else 2",
    "ifs in a row": X + "let x = if x > 3 then x - 1 else x + 2 in " * 2_000 + "x",
    "loops in loops": X + "loop x = x while x > 3 do " * 2_000 + "x - 1",
    "comprehensions in comprehensions": X + "sum([" * 2_000 + "x" + " for i in 0..2])" * 2_000,
    "assertions": X + "assert x > 3 " * 2_000 + "in x",
    "tail calls": X + "".join(f"if x == {i} then f(x - {i}) else " for i in range(2_000)) + "0",
    "functions": "fn g0(x: i64) -> i64 = x " + " ".join(f"fn g{i}(x: i64) = g{i - 1}(x)" for i in range(1, 2_000)),
}  # fmt: skip


@pytest.mark.parametrize("name", LARGE)
def test_large_programs_need_no_recursion_and_text_linear_in_their_size(name: str) -> None:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(300)
    try:
        text = anf(LARGE[name])
    finally:
        sys.setrecursionlimit(limit)
    assert len(text) < 100 * len(LARGE[name])
