"""The IR as JSON data, for programs that read it: what the text form says, taken apart.

    {"version": 1, "entry": "main", "sites": [SITE], "functions": [{"name", "results": [TYPE], "blocks": [BLOCK]}]}
    BLOCK    {"id": "bb0", "params": [VALUE], "instrs": [VALUE], "end": END}
    VALUE    {"id": "v4", "type": "i64", "fact": "{0..}" or "", "span": SPAN};  of instructions also
             "op": "check_index", "args": ["v1", "v2"], "immediate": what stands there beside operands, as text, or null
    END      {"op": "branch", "args": ["v3"], "edges": [{"to": "bb1", "args": []}], "cases": [] of a switch}
    SITE     {"kind": "index", "span": SPAN, "detail": the dimension, the message, or null, "calls": [SPAN]}
    SPAN     [line, column, end line, end column], or null

Linear.
"""

from __future__ import annotations

from typing import Any, Final

from ssair.facts import format_fact
from ssair.ir import Block, Instr, Module, Site, Value
from ssair.ops import SWITCH, Aux
from ssair.printer import format_constant, format_name, format_string

#: Counts up when a part changes its meaning or goes; parts may be added.
VERSION: Final = 1

#: JSON data.
Data = dict[str, Any]


def module_data(module: Module) -> Data:
    """A module as JSON data."""
    return {
        "version": VERSION,
        "entry": module.entry_name,
        "sites": [_site(module, site) for site in module.sites],
        "functions": [
            {
                "name": function.name,
                "results": [str(type) for type in function.results],
                "blocks": [_block(module, block) for block in function.blocks],
            }
            for function in module.functions.values()
        ],
    }


def _block(module: Module, block: Block) -> Data:
    end = block.end
    return {
        "id": str(block),
        "params": [_value(module, param) for param in block.params],
        "instrs": [_instr(module, instr) for instr in block.instrs],
        "end": {
            "op": end.op.name,
            "args": list(map(str, end.args)),
            "edges": [{"to": str(edge.target), "args": list(map(str, edge.args))} for edge in end.edges],
            "cases": list(end.aux) if end.op is SWITCH else [],
        },
    }


def _value(module: Module, value: Value) -> Data:
    return {
        "id": str(value),
        "type": value.type.name,
        "fact": format_fact(value.type, value.fact),
        "span": _span(module, value.span),
    }


def _instr(module: Module, instr: Instr) -> Data:
    operation = {"op": instr.op.name, "args": list(map(str, instr.args)), "immediate": _immediate(instr)}
    return {**_value(module, instr), **operation}


def _immediate(instr: Instr) -> str | None:
    match instr.op.aux:
        case Aux.NONE:
            return None
        case Aux.CONSTANT:
            return format_constant(instr.aux)
        case Aux.PIECES:
            pieces = instr.aux if isinstance(instr.aux, tuple) else ()
            return ", ".join(map(format_string, pieces))
        case Aux.SITE:
            return f"@{instr.aux}"
        case Aux.FUNCTION:
            return format_name(str(instr.aux))
        case _:
            return str(instr.aux)


def _site(module: Module, site: Site) -> Data:
    calls = [_span(module, span) for span in site.calls]
    return {"kind": site.kind, "span": _span(module, site.span), "detail": site.detail, "calls": calls}


def _span(module: Module, number: int) -> list[int] | None:
    span = module.span(number)
    return list(span) if span is not None else None
