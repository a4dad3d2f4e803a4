"""The ANF as text: one step a line, arms indented, joins where the ways into them meet.

    fn clamp(x: i64) -> i64
      let %1: bool = lt x, 0
      if %1
        jump join1(0)
      else
        jump join1(x)
      join1(%2: i64)
      done %2

What stands behind a `join` or `loop` label runs on to the next `jump`, `yield` or `done`; a `loop` also says what its
parameters are at first.  A check says, behind `#`, which trap it is and where.
"""

from __future__ import annotations

from ssair.constants import ArrayConst, Scalar
from ssair.diagnostics import Source, Span
from ssair.frontends.fun.anf_nodes import (
    AnfFunction,
    AnfProgram,
    Arm,
    Atom,
    Branch,
    Constant,
    Done,
    Forall,
    Join,
    Jump,
    Let,
    Loop,
    Name,
    Node,
    TrapSite,
    Yield,
)

#: Arms that are nested deeper are not indented further, so that the text is linear in the program.
MAXIMUM_DEPTH = 16


def format_program(program: AnfProgram) -> str:
    """The text of a program, functions in its order with an empty line between two.  Linear."""
    return "\n\n".join(format_function(function, program.source) for function in program.functions) + "\n"


def format_function(function: AnfFunction, source: Source) -> str:
    """The text of one function, without a newline at its end."""
    return "\n".join(line for line, _ in function_lines(function, source))


def function_lines(function: AnfFunction, source: Source) -> list[tuple[str, Span | None]]:
    """The lines of one function, each with the stretch of the source that it stands for."""
    parameters = [
        f"{parameter.name}: {'size' if parameter.static else parameter.name.type}" for parameter in function.parameters
    ]
    results = [str(type) for type in function.results]
    result = results[0] if len(results) == 1 else f"({', '.join(results)})"
    lines: list[tuple[str, Span | None]] = [(f"fn {function.name}({', '.join(parameters)}) -> {result}", None)]
    # a node with its depth; a join of which only the label and the rest are left; or a line
    stack: list[tuple[Node | str, int, bool]] = [(function.head, 1, False)]
    while stack:
        item, depth, is_left = stack.pop()
        indent = "  " * min(depth, MAXIMUM_DEPTH)
        node: Node | None
        if isinstance(item, str):
            lines.append((indent + item, None))
            continue
        if isinstance(item, Join) and not is_left:
            stack += [(item, depth, True)]
            node = item.term
        elif isinstance(item, Branch):
            lines.append((f"{indent}if {item.condition}", item.span))
            stack += [(item.negative, depth + 1, False), ("else", depth, False), (item.positive, depth + 1, False)]
            continue
        else:
            if not isinstance(item, Arm):
                stands_for = None if isinstance(item, Done) else item.span  # that of the whole function
                lines.append((indent + _line(item, source), stands_for))
            node = item.rest
        if node is not None:
            stack.append((node, depth, False))
        if isinstance(item, Forall):
            stack.append((item.body, depth + 1, False))
    return lines


def _line(node: Node, source: Source) -> str:
    match node:
        case Let():
            return _let_line(node, source)
        case Join():
            return f"{node.text}({_declared(node.parameters)})" if node.parameters else node.text
        case Loop():
            pairs = zip(node.parameters, node.initial, strict=True)
            return f"{node.text}({', '.join(f'{_declared((name,))} = {_atom(atom)}' for name, atom in pairs)})"
        case Forall():
            extents = ", ".join(f"{i} < {n}" for i, n in zip(node.indices, node.extents, strict=True))
            lengths = f" of [{_listed(node.lengths)}]" if node.lengths else ""
            return f"let {_declared(node.names)} = forall {extents}{lengths}"
        case Jump():
            return f"jump {node.target.text}{f'({_listed(node.arguments)})' if node.arguments else ''}"
        case Yield() | Done():
            return f"{'yield' if isinstance(node, Yield) else 'done'} {_listed(node.values)}"
        case _:
            raise AssertionError(f"no text for {type(node).__name__}")


def _let_line(node: Let, source: Source) -> str:
    right = f"{node.op} {_listed(node.operands)}".rstrip()
    behind = ""
    match node.immediate:
        case TrapSite(kind, span, detail):
            position = source.position(span.start)
            shown = "" if detail is None else f" {detail}" if isinstance(detail, int) else f" {_quoted(detail)}"
            shown = "" if kind == "size" else shown  # its message repeats what the line says
            behind = f"  # {kind}{shown} at {position.line}:{position.column}"
        case ArrayConst() as array:
            right += f" {_array_text(array)}"
        case tuple() as pieces:
            right = f"print {', '.join(_printed(pieces, node.operands))}"
        case str() as function:
            right = f"call {function}({_listed(node.operands)})"
        case int() as number:
            right += f", {number}"
    return f"let {_declared(node.names)} = {right}{behind}" if node.names else right + behind


def _declared(names: tuple[Name, ...]) -> str:
    return ", ".join(f"{name}: {name.type}" for name in names)


def _listed(atoms: tuple[Atom, ...]) -> str:
    return ", ".join(map(_atom, atoms))


def _atom(atom: Atom) -> str:
    """A name, or a constant with a suffix where its type is not the one that such a literal has by default."""
    if isinstance(atom, Constant) and atom.type.name in ("i32", "f32"):
        return f"{atom}{atom.type}"
    return str(atom)


def _printed(pieces: tuple[str, ...], operands: tuple[Atom, ...]) -> list[str]:
    shown = [_quoted(pieces[0])] if pieces[0] else []
    for atom, piece in zip(operands, pieces[1:], strict=True):
        shown += [_atom(atom), _quoted(piece)] if piece else [_atom(atom)]
    return shown


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _array_text(array: ArrayConst) -> str:
    """The elements in brackets, row by row."""
    texts = [_scalar_text(value) for value in array.values]
    for length in reversed(array.shape):
        texts = [f"[{', '.join(texts[start : start + length])}]" for start in range(0, len(texts), length)]
    return texts[0]


def _scalar_text(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)
