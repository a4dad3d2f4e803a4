"""The reader of Bril: text and JSON to programs, and every fault of what is none."""

import json
from collections.abc import Callable
from random import Random

import pytest
from bril_corpus import FOLDER
from growth import assert_linear

from ssair.diagnostics import Source, SourceError
from ssair.frontends.bril import compile_source
from ssair.frontends.bril.plain_text import PlainReader
from ssair.frontends.bril.program import Function, Instruction, Label, Parameter, type_name
from ssair.frontends.bril.read import read_program
from ssair.frontends.bril.text import TextParser
from ssair.interp import execute
from ssair.sources import UsageError, load
from ssair.types import BOOL, F64, I64, pointer_to


def instructions(text: str) -> list[Instruction]:
    return [item for item in read_program(text).functions[0].body if isinstance(item, Instruction)]


def in_main(body: str) -> str:
    return f"@main(n: int, b: bool, f: float, p: ptr<int>) {{\n{body}\n}}\n"


def faults(text: str) -> list[tuple[str, int, int]]:
    with pytest.raises(SourceError) as caught:
        read_program(text)
    return [(found.code, found.line, found.column) for found in caught.value.diagnostics]


def messages(text: str) -> list[str]:
    with pytest.raises(SourceError) as caught:
        read_program(text)
    return [found.message for found in caught.value.diagnostics]


# ---- text ---------------------------------------------------------------------------------------------------------


def test_a_program_is_what_its_text_says() -> None:
    program = read_program(
        "@f(x: int, p: ptr<ptr<bool>>): int {\n.l:\n  y: int = call @f x p;\n  br c .l .m;\n.m:\n  ret y;\n}\n@main { }"
    )
    first, second = program.functions
    assert (first.name, first.type, second.name, second.params, second.body) == ("f", I64, "main", (), [])
    assert first.params == (Parameter("x", I64), Parameter("p", pointer_to(pointer_to(BOOL))))
    names = [item.name if isinstance(item, Label) else item.op for item in first.body]
    assert names == ["l", "call", "br", "m", "ret"]
    call, branch = (item for item in first.body[1:3] if isinstance(item, Instruction))
    assert (call.dest, call.type, call.args, call.funcs) == ("y", I64, ("x", "p"), ("f",))
    assert (branch.args, branch.labels, branch.dest) == (("c",), ("l", "m"), None)
    assert program.source.text[slice(*call.place)] == "y: int = call @f x p;"
    assert type_name(pointer_to(pointer_to(F64))) == "ptr<ptr<float>>"


def test_blanks_and_comments_stand_anywhere() -> None:
    text = "#a\n@main#b}\n(n#c,\n:#:\nint#)\n)#\n{#x\nx#;\n:int#=\n=add#1;\nn#@.\nn#;\n;.l#\n:#\nprint#;\nx#}\n;}#end"
    first, second = instructions(text)
    assert (first.op, first.dest, first.args, second.op, second.args) == ("add", "x", ("n", "n"), "print", ("x",))


def both_ways(text: str, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What a text is read as by itself, and by the expression for all of the grammar alone."""
    source, found = Source(text), list[object]()
    for read in (PlainReader.read, lambda reader, position, body: position):
        monkeypatch.setattr(PlainReader, "read", read)
        parser = TextParser(source)
        found.append((parser.program, parser.diagnostics))
    return found


def test_plain_text_is_read_as_all_other_text_is(monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(1)
    texts = [path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.bril"))]
    pieces = [
        *" \t\n;:=.@%#'{}<>-+,5",
        "int",
        " a",
        " .l",
        " @f",
        "const",
        "br",
        "\x85",
        "ä",
        "\r\n",
        "call",
        "ptr<int>",
    ]
    for text in texts:
        for _ in range(4):
            place = random.randrange(len(text))
            changed = text[:place] + random.choice(pieces) + text[place + random.randrange(3) :]
            plain, other = both_ways(changed, monkeypatch)
            assert plain == other, changed


@pytest.mark.parametrize("space", [" ", "\t", "\r\n", "\n\n", "\f\v"])
def test_all_white_space_is_one(space: str) -> None:
    text = "@main ( n : int ) { x : int = add n n ; print x ; }".replace(" ", space)
    assert [instruction.op for instruction in instructions(text)] == ["add", "print"]


@pytest.mark.parametrize(
    ("type", "literal", "value"),
    [
        ("int", "-9223372036854775808", -(2**63)),
        ("int", "9223372036854775807", 2**63 - 1),
        ("int", "+007", 7),
        ("int", "-0", 0),
        ("int", "0" * 30 + "7", 7),
        ("int", "9007199254740993", 2**53 + 1),
        ("bool", "true", True),
        ("float", "4", 4.0),
        ("float", "-0.0", -0.0),
        ("float", "-0e1", -0.0),
        ("float", "-0", 0.0),  # an integer
        ("float", "1.", 1.0),
        ("float", ".5", 0.5),
        ("float", "1.5e-3", 0.0015),
        ("float", "2E+2", 200.0),
        ("float", "9007199254740993", 9007199254740992.0),
        ("float", "9" * 5000, float("inf")),
    ],
)
def test_literals(type: str, literal: str, value: object) -> None:
    (found,) = instructions(in_main(f"x: {type} = const {literal};"))
    assert repr(found.value) == repr(value)


def test_names_have_dots_and_percent_signs_and_are_those_of_operations() -> None:
    (found,) = instructions("@a.b(%x: int, const: int) { jmp: int = add %x const; }")
    assert (found.dest, found.args) == ("jmp", ("%x", "const"))
    (found,) = instructions("@main { .print: jmp .print; }")
    assert found.labels == ("print",)


def test_functions_labels_and_operands_keep_their_own_orders() -> None:
    program = read_program("@f(a: bool, b: bool) {\n.l:\n.m:\n  br .l a .m;\n}\n@main(c: bool) { call c @f c; }")
    first, second = (function.body[-1] for function in program.functions)
    assert isinstance(first, Instruction) and isinstance(second, Instruction)
    assert (first.args, first.labels, second.args, second.funcs) == (("a",), ("l", "m"), ("c", "c"), ("f",))


def test_a_function_ends_the_name_before_it_and_a_point_does_not() -> None:
    program = read_program("@f(a: int, b: int) { }\n@main(c: int) { call c@f c; }\n@g(c.l: bool) { br c.l .l .l; .l: }")
    (call,), (branch, _) = (function.body for function in program.functions[1:])
    assert isinstance(call, Instruction) and isinstance(branch, Instruction)
    assert (call.args, call.funcs, branch.args, branch.labels) == (("c", "c"), ("f",), ("c.l",), ("l", "l"))


def test_pointers_nest_a_hundred_deep_and_no_deeper() -> None:
    type, data = "ptr<" * 100 + "int" + ">" * 100, '{"ptr": ' * 100 + '"int"' + "}" * 100
    text = '{"functions": [{"name": "main", "args": [{"name": "p", "type": TYPE}]}]}'
    assert (
        read_program(f"@main(p: {type}) {{ }}").functions[0].params
        == read_program(text.replace("TYPE", data)).functions[0].params
    )
    assert faults(f"@main(p: ptr<{type}>) {{ }}") == [("E0709", 1, 10)]
    assert faults(text.replace("TYPE", f'{{"ptr": {data}}}')) == [("E0709", 0, 0)]


# ---- JSON ---------------------------------------------------------------------------------------------------------


def as_json(*instrs: dict[str, object], **more: object) -> str:
    return json.dumps({"functions": [{"name": "main", "instrs": list(instrs), **more}]})


def test_json_says_the_same_as_text() -> None:
    args = [{"name": "n", "type": "int"}, {"name": "p", "type": {"ptr": {"ptr": "float"}}}]
    text = as_json(
        {"label": "l", "pos": {"row": 1, "col": 2}},
        {"op": "const", "dest": "x", "type": "float", "value": 3, "src": "x"},
        {"op": "add", "args": ["n", "n"], "dest": "n", "type": "int", "funcs": []},
        {"op": "jmp", "labels": ["l"]},
        args=args,
        type=None,
    )
    found = read_program(text).functions
    other = read_program(
        "@main(n: int, p: ptr<ptr<float>>) { .l: x: float = const 3; n: int = add n n; jmp .l; }"
    ).functions
    assert [without_places(function) for function in found] == [without_places(function) for function in other]


def without_places(function: Function) -> tuple[object, ...]:
    body = [
        item.name
        if isinstance(item, Label)
        else (item.op, item.dest, item.type, item.args, item.labels, repr(item.value))
        for item in function.body
    ]
    return function.name, function.params, function.type, body


def test_integers_of_json_are_exact() -> None:
    (found,) = instructions(as_json({"op": "const", "dest": "x", "type": "int", "value": 2**63 - 1}))
    assert found.value == 2**63 - 1
    (found,) = instructions(as_json({"op": "const", "dest": "x", "type": "float", "value": -0.0}))
    assert repr(found.value) == "-0.0"


def test_integers_of_json_may_be_long() -> None:
    text = as_json({"op": "const", "dest": "x", "type": "float", "value": 77}).replace("77", "9" * 6000)
    (found,) = instructions(text)
    assert found.value == float("inf")
    assert faults(text.replace("float", "int")) == [("E0710", 0, 0)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "E0702"),
        ("[]", "E0702"),
        ("{}", "E0702"),
        ('{"functions": 1}', "E0702"),
        ('{"functions": [], "imports": [1]}', "E0702"),
        ('{"functions": [1]}', "E0702"),
        ('{"functions": [{"name": 1}]}', "E0702"),
        ('{"functions": [{"name": "f", "args": {}}]}', "E0702"),
        ('{"functions": [{"name": "f", "args": [1]}]}', "E0702"),
        ('{"functions": [{"name": "f", "type": "char"}]}', "E0709"),
        ('{"functions": [{"name": "f", "type": {"ptr": 1}}]}', "E0709"),
        (as_json({"label": 5}), "E0702"),
        (as_json({"args": []}), "E0702"),
        (as_json({"op": "print", "args": "xy"}), "E0702"),
        (as_json({"op": "print", "args": [1]}), "E0702"),
        (as_json({"op": "add", "dest": "x", "args": ["y", "y"]}), "E0704"),
        (as_json({"op": "const", "dest": "x", "type": "int"}), "E0704"),
        (as_json({"op": "const", "dest": "x", "type": "int", "value": 2**63}), "E0710"),
        (as_json({"op": "const", "dest": "x", "type": "int", "value": 1.5}), "E0710"),
        (as_json({"op": "const", "dest": "x", "type": "bool", "value": 1}), "E0710"),
        (as_json({"op": "const", "dest": "x", "type": "int", "value": True}), "E0710"),
        (as_json({"op": "jmp", "labels": ["l"]}), "E0707"),
        ('{"functions": ' + "[" * 100_000, "E0702"),
        ('{"functions": [{"name": "f", "type": ' + '{"ptr": ' * 400 + "1" + "}" * 403, "E0702"),
    ],
)
def test_faults_of_json(text: str, code: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_program(text)
    assert caught.value.diagnostics[0].code == code
    assert caught.value.render()


def test_names_of_json_may_be_any_strings() -> None:
    text = as_json(
        {"op": "jmp", "labels": ["a b"]},
        {"label": "a b"},
        {"op": "add", "dest": "", "type": "int", "args": ["x-1\n", "x-1\n"]},
        {"op": "print", "args": [""]},
        args=[{"name": "x-1\n", "type": "int"}],
    )
    assert execute(compile_source(text), [4]).output == ["8"]
    with pytest.raises(SourceError) as caught:
        read_program(as_json({"op": "jmp", "labels": ["\x1b[2J"]}))
    assert "\x1b" not in caught.value.render()


def test_a_fault_of_json_tells_where_it_is() -> None:
    text = as_json({"op": "nop"}, {"op": "const", "dest": "x", "type": "int", "value": "1"})
    assert messages(text) == ['@main, instruction 2: "1" is no literal of type int']
    assert messages(as_json({"op": "add", "dest": "x", "type": "int", "args": ["x"]})) == [
        "@main: `add x`: `add` takes 2 operands, not 1"
    ]
    with pytest.raises(SourceError) as caught:
        read_program('{"functions": [],\n "x" 1}')
    assert (caught.value.diagnostics[0].line, caught.value.diagnostics[0].column) == (2, 6)


def test_a_fault_of_json_tells_the_position_that_it_was_given() -> None:
    at = {"pos": {"row": 3, "col": 5}}
    text = as_json({"op": "nop"}, {"op": "const", "dest": "x", "type": "int", "value": "1", **at})
    assert messages(text) == ['@main, instruction 2 at 3:5: "1" is no literal of type int']
    assert messages(as_json({"op": "add", "dest": "x", "type": "int", "args": ["x"], **at})) == [
        "@main: 3:5: `add x`: `add` takes 2 operands, not 1"
    ]
    for strange in (3, {}, {"row": "3", "col": 5}, {"row": True, "col": 1}):
        assert messages(as_json({"op": "jmp", "labels": ["l"], "pos": strange}))[0].startswith("@main: `jmp")


# ---- faults of text -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("  x: int = frob n n;", [("E0703", 2, 12)]),
        ("  x: int = phi n .a n .b;", [("E0703", 2, 12)]),
        ("  x: int = add n;", [("E0704", 2, 3)]),
        ("  x: int = add n n n;", [("E0704", 2, 3)]),
        ("  add n n;", [("E0704", 2, 3)]),
        ("  x: int = print n;", [("E0704", 2, 3)]),
        ("  x = add n n;", [("E0704", 2, 3)]),
        ("  jmp n;", [("E0704", 2, 3)]),
        ("  x: int = const;", [("E0704", 2, 3)]),
        ("  x: int = add n 5;", [("E0701", 2, 18)]),
        ("  x: int = add 5 n;", [("E0701", 2, 16)]),
        ("  x: int = const n n;", [("E0704", 2, 3)]),
        ("  const 1;", [("E0704", 2, 3)]),
        ("  ret n;", [("E0704", 2, 3)]),
        ("  x: int = add n b;", [("E0705", 2, 18)]),
        ("  x: bool = add n n;", [("E0705", 2, 3)]),
        ("  x: int = id f;", [("E0705", 2, 15)]),
        ("  br n .l .l;\n.l:", [("E0705", 2, 6)]),
        ("  x: float = load p;", [("E0705", 2, 3)]),
        ("  x: int = load n;", [("E0705", 2, 17)]),
        ("  store p f;", [("E0705", 2, 11)]),
        ("  x: int = alloc n;", [("E0705", 2, 3)]),
        ("  x: ptr<bool> = ptradd p n;", [("E0705", 2, 3)]),
        ("  x: ptr<int> = ptradd p f;", [("E0705", 2, 26)]),
        ("  free n;", [("E0705", 2, 8)]),
        ("  set x f;\n  x: int = get;", [("E0705", 2, 9)]),
        ("  n: bool = not b;", [("E0706", 2, 3)]),
        ("  jmp .k;", [("E0707", 2, 7)]),
        ("  call @g n;", [("E0707", 2, 8)]),
        (".l:\n  nop;\n.l:", [("E0708", 4, 1)]),
        ("  x: in = const 1;", [("E0709", 2, 6)]),
        ("  x: ptr<int = id p;", [("E0709", 2, 6)]),
        ("  x: int>> = id n;", [("E0709", 2, 6)]),
        ("  x: char = const 'a';", [("E0709", 2, 6)]),
        ("  x: int = const 1.5;", [("E0710", 2, 18)]),
        ("  x: int = const true;", [("E0710", 2, 18)]),
        ("  x: bool = const 1;", [("E0710", 2, 19)]),
        ("  x: int = const 9223372036854775808;", [("E0710", 2, 18)]),
        ("  x: int = const " + "9" * 5000 + ";", [("E0710", 2, 18)]),
        ("  x: float = const 1e;", [("E0710", 2, 20)]),
        ("  x: float = const nan;", [("E0710", 2, 20)]),
    ],
)
def test_a_fault_has_its_code_and_place(body: str, expected: list[tuple[str, int, int]]) -> None:
    assert faults(in_main(body)) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("  x: int = const 1\n  print x;", [("E0701", 3, 3)]),
        ("  print n\n  x: int = add n n;", [("E0701", 3, 3)]),
        ("  print n\n.l:\n  nop;", [("E0701", 3, 1)]),
        ("  print n", [("E0701", 3, 1)]),
        ('  print "n";', [("E0701", 2, 9)]),
        ("  ;\n  print n;", [("E0701", 2, 3)]),
        ("  x: int = n + n;\n  y: int = n * n;", [("E0701", 2, 14), ("E0701", 3, 14)]),
        ("  {\n  print n;\n", [("E0701", 2, 3)]),
        ("  5;\n", [("E0701", 2, 3)]),
    ],
)
def test_a_fault_of_syntax_hides_no_other(body: str, expected: list[tuple[str, int, int]]) -> None:
    assert faults(in_main(body)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x: int = const 1;", [("E0701", 1, 1)]),
        ("@main(n) { }", [("E0701", 1, 1)]),
        ("@main(n: int,) { }", [("E0701", 1, 13)]),
        ("@main(n: int m: int) { }", [("E0701", 1, 14)]),
        ("@main(n: int { }\n@f { 5; }", [("E0701", 1, 1), ("E0701", 2, 6)]),
        ("@main { print", [("E0701", 1, 1), ("E0701", 1, 14)]),
        ("@main {\n  nop;\n@f { nop; }", [("E0701", 1, 1)]),
        ("@main { } }", [("E0701", 1, 11)]),
        ("@main(n: int, n: int) { }", [("E0708", 1, 1)]),
        ("@main { }\n@main { }", [("E0708", 2, 1)]),
        ("@f(n: long) { }", [("E0709", 1, 7)]),
        ("@f: char { }", [("E0709", 1, 5)]),
        ("@f: int { ret; }", [("E0704", 1, 11)]),
        ("@f: int { }\n@main { call @f; x: int = call @f x; y: bool = call @f; call @main y; }", None),
    ],
)
def test_faults_of_functions(text: str, expected: list[tuple[str, int, int]] | None) -> None:
    found = faults(text)
    assert (
        found == expected
        if expected is not None
        else [code for code, *_ in found] == ["E0704"] * 2 + ["E0705", "E0704"]
    )


def test_faults_give_advice() -> None:
    with pytest.raises(SourceError) as caught:
        read_program(in_main("  jmp .lopp;\n.loop:\n  x: int = addd n n;\n  call @mian;\n  c: bool = ceq n n;"))
    assert [found.help for found in caught.value.diagnostics] == [
        "did you mean `.loop`?",
        "did you mean `add`?",
        "did you mean `@main`?",
        "",
    ]
    assert "character extension" in caught.value.diagnostics[3].message


def test_what_nothing_is_assigned_to_may_be_mentioned() -> None:
    compile_source(
        "@main { jmp .end; x: int = add ghost ghost; print ghost; .end: print ghost; free ghost; store ghost x; }"
    )


@pytest.mark.parametrize("text", ["", "# nothing\n", "\ufeff@main { }", "\n\n"])
def test_a_program_may_have_no_functions(text: str) -> None:
    assert len(read_program(text).functions) == text.count("@")


@pytest.mark.parametrize(
    "text", ["\x00", "@", "@main", "@main {", "@main(", "{", "é", "#\n.", "@main {.", "'", "@main { x: ptr<"]
)
def test_what_is_no_program_gets_an_error(text: str) -> None:
    with pytest.raises(SourceError):
        read_program(text)


# ---- where programs come from -------------------------------------------------------------------------------------


def test_files_are_bril_by_their_suffix_and_json_when_asked(tmp_path) -> None:
    text = tmp_path / "a.bril"
    text.write_text("@main(n: int) { print n; }")
    other = tmp_path / "a.json"
    other.write_text(
        '{"functions": [{"name": "main", "args": [{"name": "n", "type": "int"}], "instrs": '
        '[{"op": "print", "args": ["n"]}]}]}'
    )
    assert str(load(text)) == str(load(other, "bril")) == str(load(text.read_text(), "bril"))
    with pytest.raises(UsageError):
        load(tmp_path / "b.bril")


# ---- scale --------------------------------------------------------------------------------------------------------


def many_blocks(count: int) -> str:
    rows = (
        f".l{i}:\n  one: int = const {i};\n  x: int = add x one;\n  c: bool = lt x y;\n  br c .l{i + 1} .m{i};\n"
        f".m{i}:\n  y: int = div y x;\n  print y;\n"
        for i in range(count)
    )
    return f"@main(x: int, y: int) {{\n{''.join(rows)}.l{count}:\n}}\n"


def many_functions(count: int) -> str:
    return "@main { }\n" + "".join(f"@f{i}(n: int): int {{ x: int = call @f{i} n; ret x; }}\n" for i in range(count))


def many_labels(count: int) -> str:
    return "@main {\n" + "".join(f".l{i}:\n" for i in range(4 * count)) + "}\n"


def long_line(count: int) -> str:
    return "@main(n: int) { print" + " n" * (4 * count) + "; }"


@pytest.mark.parametrize("shape", [many_blocks, many_functions, many_labels, long_line])
def test_reading_and_lowering_is_linear(shape: Callable[[int], str]) -> None:
    texts = {count: shape(count) for count in (100, 200)}
    assert_linear(lambda count: compile_source(texts[count]), 100)


@pytest.mark.parametrize(
    "piece", ["@", "{", ".l", "x:", "#", "x: int = ", "'", "ptr<", "@f {", "5;", "x: ptr<ptr< ", "(", "a b "]
)
def test_faults_are_found_in_linear_time(piece: str) -> None:
    def read(count: int) -> None:
        with pytest.raises(SourceError):
            read_program("@main { " + piece * count)

    if piece == "#":
        with pytest.raises(SourceError):
            read_program("@main { " + piece * 100_000)
    else:
        assert_linear(read, 150)
