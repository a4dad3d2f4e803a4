"""Modules as plain data (strings, numbers, lists, dictionaries), to be kept in files and sent to other processes.

    unpack_module(pack_module(module))     # the same program, with its sites, signatures and source

What the text of the IR does not say stands beside it. Of spans only those of trap sites are kept. Nothing recurses:
the tuples of a signature nest as deep as a program wants, so their trees are written in postorder.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ssair.ir import Function, Module
from ssair.signature import Parameter, Signature, Tree
from ssair.types import Type, parse_type

Packed = dict[str, Any]


def pack_module(module: Module) -> Packed:
    """A module as plain data."""
    functions = module.functions.values()
    return {
        "text": str(module),
        "source": module.source,
        "source_name": module.source_name,
        "names": {function.name: [param.name for param in function.params] for function in functions},
        "signatures": {
            function.name: pack_signature(function.signature)
            for function in functions
            if function.signature is not None
        },
    }


def unpack_module(packed: Packed) -> Module:
    """The module that `pack_module` made the data of."""
    from ssair.parser import parse_module

    module = parse_module(packed["text"], packed["source_name"] or "<packed>")
    module.source, module.source_name = packed["source"], packed["source_name"]
    for function in module.functions.values():
        _complete(function, packed)
    return module


def _complete(function: Function, packed: Packed) -> None:
    for param, name in zip(function.params, packed["names"][function.name], strict=True):
        param.name = name
    signature = packed["signatures"].get(function.name)
    if signature is not None:
        function.signature = unpack_signature(signature)


def pack_signature(signature: Signature) -> Packed:
    """A signature as plain data."""
    return {
        "parameters": [[each.name, each.text, _pack_tree(each.tree)] for each in signature.parameters],
        "result": _pack_tree(signature.result),
        "result_text": signature.result_text,
    }


def unpack_signature(packed: Packed) -> Signature:
    """The signature that `pack_signature` made the data of."""
    parameters = [Parameter(name, text, _unpack_tree(tree)) for name, text, tree in packed["parameters"]]
    return Signature(tuple(parameters), _unpack_tree(packed["result"]), packed["result_text"])


def _pack_tree(tree: Tree) -> list[str | int]:
    """A tree in postorder: the names of types, and a number that makes a tuple of so many trees before it."""
    packed: list[str | int] = []
    stack: list[Tree | int] = [tree]
    while stack:
        item = stack.pop()
        if isinstance(item, Type):
            packed.append(item.name)
        elif isinstance(item, int):
            packed.append(item)
        else:
            stack.append(len(item))
            stack.extend(reversed(item))
    return packed


def _unpack_tree(packed: Sequence[str | int]) -> Tree:
    done: list[Tree] = []
    for item in packed:
        if isinstance(item, str):
            done.append(parse_type(item))
        else:
            start = len(done) - item
            done[start:] = [tuple(done[start:])]
    return done[0]
