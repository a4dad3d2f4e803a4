"""The beginning of a function in ANF: its parameters, the sizes they give names to, and the loop of its tail calls."""

from __future__ import annotations

from itertools import chain

from ssair.diagnostics import Span
from ssair.frontends.fun import ast
from ssair.frontends.fun.anf_conversion import Conversion
from ssair.frontends.fun.anf_fragment import Fragment
from ssair.frontends.fun.anf_nodes import Atom, Loop, Name, Parameter
from ssair.frontends.fun.anf_restart import SelfRestart, begins_anew, is_static
from ssair.frontends.fun.anf_sizes import Operand, size_of
from ssair.frontends.fun.anf_types import components
from ssair.frontends.fun.size_messages import differing_parameters
from ssair.frontends.fun.types import SIZE


def declare_parameters(conversion: Conversion, function: ast.Function) -> tuple[Parameter, ...]:
    """Declare the parameters; gives one for each of their components."""
    found: list[Parameter] = []
    for parameter in function.parameters:
        names = conversion.new_names(parameter.binding, parameter.type)
        for name, component in zip(names, components(parameter.type), strict=True):
            found.append(Parameter(name, parameter.span, component is SIZE))
    return tuple(found)


def check_parameters(conversion: Conversion, code: Fragment, function: ast.Function) -> None:
    """Bind the size names, and check that the parameters agree on them: if not, the later of two traps."""
    operands = [Operand(parameter.type, conversion.value_of(parameter.binding)) for parameter in function.parameters]
    named = _bind_sizes(conversion, code, function, operands)
    for check in function.checks:
        place = _later_parameter(function, check)
        sides = [_size(code, side, named, operands, place) for side in (check.left, check.right)]
        code.check("check_equal", sides, place, "size", differing_parameters(function, check))


def _bind_sizes(
    conversion: Conversion, code: Fragment, function: ast.Function, operands: list[Operand]
) -> dict[ast.SizeSource, Atom]:
    """Give the size names their values; those of dimensions are given by where they come from as well."""
    named: dict[ast.SizeSource, Atom] = {}
    for binding in function.size_names:
        assert binding.source is not None
        size = size_of(code, binding.source, operands, function.parameters[binding.source.operand].span)
        conversion.declare(binding, (size,))
        conversion.sizes[binding.name] = named[binding.source] = size
    for parameter, (_, atoms) in zip(function.parameters, operands, strict=True):
        if is_static(parameter):
            (conversion.sizes[parameter.binding.name],) = atoms
    return named


def _size(
    code: Fragment, side: ast.SizeSource, named: dict[ast.SizeSource, Atom], operands: list[Operand], place: Span
) -> Atom:
    return named[side] if side in named else size_of(code, side, operands, place)


def _later_parameter(function: ast.Function, check: ast.SizeCheck) -> Span:
    """The place of the last of the parameters that a check of the function compares."""
    sides = [side.operand for side in (check.left, check.right) if not isinstance(side, ast.LiteralSize)]
    return function.parameters[max(sides)].span


def open_restart(conversion: Conversion, code: Fragment, function: ast.Function) -> None:
    """If there are tail calls of the function itself, let its parameters be the states of a loop around the body."""
    if not any(begins_anew(function, call) for call in function.calls):
        return
    states = [parameter.binding for parameter in function.parameters if not is_static(parameter)]
    initial = tuple(chain.from_iterable(map(conversion.value_of, states)))
    names = tuple([Name(atom.type, f"{atom}'") for atom in initial])
    loop = Loop(function.body.span, names, initial)
    code.add(loop)
    conversion.restart = SelfRestart(function, loop)
    following = iter(names)
    for binding in states:
        conversion.values[binding] = tuple([next(following) for _ in conversion.values[binding]])
