"""The text form of the IR, as `ssair.parser` reads it back: one value a line, with its type and what is known of it.

    func @sign_bit -> i64 {
    bb0(v0: i64):
      v1: i64{0} = const 0
      v2: bool = lt v0, v1
      branch v2, bb1, bb2
    bb1:                                  ; idom bb0
      v3: i64{..-1} = refine v0 lt v1
      ...

Ensures: `str(parse_module(text)) == text` for every text printed of a valid module; ids are kept unless they are to be
renumbered. Nothing depends on hash order. Broken IR prints too (a block without terminator just ends), since whoever
looks for a fault wants to see it: therefore the comments are computed here and not taken from cached analyses.
Linear in the size of the function.

The sites of traps stand before the functions, so that a module keeps them; of spans, only theirs are printed:

    site 0: index at 12:5-12:14 dimension 1 called from 20:3-20:9, 31:1-31:4
    site 1: assert at 3:3-3:9 "message"
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from ssair.constants import ArrayConst
from ssair.facts import format_fact
from ssair.ir import Block, Edge, Function, Instr, Module, Param, Site, Terminator, Value
from ssair.ops import FORALL, SWITCH, Aux

#: Where the comment of a block begins, if its head is not longer.
_COMMENT_COLUMN: Final = 38
_PLAIN_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z_0-9.]*")
_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


class _Names(dict[Value | Block, str]):
    """New names by value or block; what has none keeps its own."""

    def __missing__(self, key: Value | Block) -> str:
        return str(key)


def format_module(module: Module, renumber: bool = False) -> str:
    """The text of a module: the entry if one is named, the sites of traps, then the functions; ends in a newline."""
    head = [f"entry {format_name(module.entry_name)}"] if module.entry_name is not None else []
    head += [f"site {index}: {format_site(module, site)}" for index, site in enumerate(module.sites)]
    parts = ["\n".join(head)] if head else []
    parts += [format_function(function, renumber) for function in module.functions.values()]
    return "\n\n".join(parts) + "\n"


def format_function(function: Function, renumber: bool = False) -> str:
    """The text of a function without a newline at its end; values and blocks numbered from 0 in order if `renumber`."""
    names = _dense_names(function) if renumber else _Names()
    comments = _comments(function, names)
    lines = [_header(function)]
    for block in function.blocks:
        lines.append(_block_head(block, names, comments.get(block, "")))
        lines += [f"  {_definition(instr, names)} = {_operation(instr, names)}" for instr in block.instrs]
        if block.terminator is not None:
            lines.append(f"  {_terminator(block.terminator, names)}")
    lines.append("}")
    return "\n".join(lines)


def format_instruction(instr: Instr) -> str:
    """The line of one instruction: `v4: i64{1..} = refine v0 gt v2`."""
    return f"{_definition(instr, _Names())} = {_operation(instr, _Names())}"


def format_terminator(terminator: Terminator) -> str:
    """The line of one terminator: `branch v3, bb1, bb2(v0)`."""
    return _terminator(terminator, _Names())


def format_constant(value: object) -> str:
    """An immediate of `const`: `true`, `-3`, `nan`, `[[1, 2], [3, 4]]`, or `empty [2, 0]` for no elements."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, ArrayConst):
        return repr(value)
    if not value.values:
        return f"empty [{', '.join(map(str, value.shape))}]"
    return _nested(value)


def format_string(text: str) -> str:
    """A string in quotes, on one line, in visible characters."""
    return '"' + "".join(map(_escaped, text)) + '"' if not _is_plain(text) else f'"{text}"'


def format_name(name: str) -> str:
    """The name of a function: `@gcd`, in quotes if it is not a plain word."""
    return f"@{name}" if _PLAIN_NAME.fullmatch(name) else f"@{format_string(name)}"


def format_site(module: Module, site: Site) -> str:
    """What is known of a trap's place: kind, span, dimension or message, and the calls around it, innermost first."""
    parts = [site.kind]
    if site.span >= 0:
        parts.append(f"at {module.span(site.span)}")
    if isinstance(site.detail, str):
        parts.append(format_string(site.detail))
    elif site.detail is not None:
        parts.append(f"dimension {site.detail}")
    if site.calls:
        calls = [str(module.span(span)) if span >= 0 else "?" for span in site.calls]
        parts.append(f"called from {', '.join(calls)}")
    return " ".join(parts)


def _is_plain(text: str) -> bool:
    return text.isprintable() and "\\" not in text and '"' not in text


def _escaped(char: str) -> str:
    return _ESCAPES.get(char) or (char if char.isprintable() else f"\\u{{{ord(char):x}}}")


def _nested(array: ArrayConst) -> str:
    """Brackets around the elements: as many as dimensions begin or end at an element."""
    strides = []
    stride = 1
    for length in reversed(array.shape):
        stride *= length
        strides.append(stride)
    parts = []
    for index, value in enumerate(array.values):
        opened = _dividing(strides, index)
        closed = _dividing(strides, index + 1)
        parts.append(f"{'[' * opened}{format_constant(value)}{']' * closed}")
    return ", ".join(parts)


def _dividing(strides: list[int], index: int) -> int:
    """How many of the strides divide `index`; each divides the next."""
    for count, stride in enumerate(strides):
        if index % stride:
            return count
    return len(strides)


def _dense_names(function: Function) -> _Names:
    names = _Names()
    count = 0
    for number, block in enumerate(function.blocks):
        names[block] = f"bb{number}"
        for value in (*block.params, *block.instrs):
            names[value] = f"v{count}"
            count += 1
    return names


def _header(function: Function) -> str:
    result = f" -> {function.result_type}" if function.results else ""
    return f"func {format_name(function.name)}{result} {{"


def _comments(function: Function, names: _Names) -> dict[Block, str]:
    """What is said of each block: who dominates it, or who its predecessors are if they are several."""
    sources: dict[Block, list[Block]] = {}
    for block in function.blocks:
        for target in _targets(block):
            sources.setdefault(target, []).append(block)
    reached = set(function.blocks[:1])
    work = function.blocks[:1]
    while work:
        for target in _targets(work.pop()):
            if target not in reached:
                reached.add(target)
                work.append(target)
    comments = {}
    for block in function.blocks[1:]:
        found = [names[source] for source in sources.get(block, [])]
        if block not in reached:
            comments[block] = "unreachable"
        else:
            comments[block] = f"preds {' '.join(found)}" if len(found) > 1 else f"idom {found[0]}"
    return comments


def _targets(block: Block) -> list[Block]:
    return [edge.target for edge in block.terminator.edges] if block.terminator is not None else []


def _block_head(block: Block, names: _Names, comment: str) -> str:
    params = f"({', '.join(_param(param, names) for param in block.params)})" if block.params else ""
    head = f"{names[block]}{params}:"
    return f"{head:<{_COMMENT_COLUMN - 2}}  ; {comment}" if comment else head


def _param(param: Param, names: _Names) -> str:
    return f"{_definition(param, names)}{' static' if param.static else ''}"


def _definition(value: Value, names: _Names) -> str:
    return f"{names[value]}: {value.type.name}{format_fact(value.type, value.fact)}"


def _listed(values: Iterable[Value], names: _Names) -> str:
    return ", ".join([names[value] for value in values])


# ---- immediates: how an operation is written stands in the column `aux` of the table -------------------------------


def _operation(instr: Instr, names: _Names) -> str:
    return _BY_AUX[instr.op.aux](instr, names)


def _plain(instr: Instr, names: _Names) -> str:
    return f"{instr.op.name} {_listed(instr.args, names)}" if instr.args else instr.op.name


def _constant(instr: Instr, names: _Names) -> str:
    return f"{instr.op.name} {format_constant(instr.aux)}"


def _predicate(instr: Instr, names: _Names) -> str:
    return f"{instr.op.name} {f' {instr.aux} '.join([names[value] for value in instr.args])}"


def _number(instr: Instr, names: _Names) -> str:
    return f"{_plain(instr, names)}, {instr.aux}"


def _site(instr: Instr, names: _Names) -> str:
    return f"{_plain(instr, names)} @{instr.aux}"


def _pieces(instr: Instr, names: _Names) -> str:
    pieces = instr.aux if isinstance(instr.aux, tuple) else ()
    parts = []
    for index in range(max(len(pieces), len(instr.args))):
        if index < len(pieces) and pieces[index]:
            parts.append(format_string(pieces[index]))
        if index < len(instr.args):
            parts.append(names[instr.args[index]])
    return f"{instr.op.name} {', '.join(parts)}" if parts else instr.op.name


def _function(instr: Instr, names: _Names) -> str:
    return f"{instr.op.name} {format_name(str(instr.aux))}({_listed(instr.args, names)})"


_BY_AUX: Final[dict[Aux, Callable[[Instr, _Names], str]]] = {
    Aux.NONE: _plain,
    Aux.CONSTANT: _constant,
    Aux.PREDICATE: _predicate,
    Aux.NUMBER: _number,
    Aux.SITE: _site,
    Aux.PIECES: _pieces,
    Aux.FUNCTION: _function,
}


# ---- terminators --------------------------------------------------------------------------------------------------


def _terminator(terminator: Terminator, names: _Names) -> str:
    operands = _listed(terminator.args, names)
    if terminator.op is FORALL:
        lengths = _listed(terminator.element_lengths, names)
        operands = f"({_listed(terminator.extents, names)}{f' | {lengths}' if lengths else ''})"
    edges = [_edge(edge, names) for edge in terminator.edges]
    if terminator.op is SWITCH:
        cases = [f"{case}: {edge}" for case, edge in zip(terminator.aux, edges, strict=False)]
        edges = [f"[{', '.join(cases)}]", *edges[-1:]]
    parts = [operands, *edges] if operands else edges
    return f"{terminator.op.name} {', '.join(parts)}" if parts else terminator.op.name


def _edge(edge: Edge, names: _Names) -> str:
    return f"{names[edge.target]}({_listed(edge.args, names)})" if edge.args else names[edge.target]
