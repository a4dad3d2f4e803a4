"""The beginning of a function in ANF: its parameters, the sizes they give names to, and the loop of its tail calls."""

from __future__ import annotations

from itertools import chain

from ssair.diagnostics import Span
from ssair.frontends.fun import ast
from ssair.frontends.fun.anf_conversion import Conversion
from ssair.frontends.fun.anf_fragment import Fragment
from ssair.frontends.fun.anf_nodes import Atom, Loop, Name, Parameter
from ssair.frontends.fun.anf_restart import begins_anew, is_static
from ssair.frontends.fun.anf_sizes import Operand, size_of
from ssair.frontends.fun.anf_types import components
from ssair.frontends.fun.types import SIZE


def parameter_names(conversion: Conversion, parameter: ast.Parameter) -> list[Parameter]:
    """Declare a parameter; gives a parameter for each of its components."""
    names = conversion.new_names(parameter.binding, parameter.type)
    return [
        Parameter(name, parameter.span, component is SIZE)
        for name, component in zip(names, components(parameter.type), strict=True)
    ]


def begin(conversion: Conversion, code: Fragment) -> None:
    """Bind the size names, check that the parameters agree on them, and open the loop of tail calls if there are any.

    A size that the parameters disagree on traps at the later one of the two.
    """
    function = conversion.function
    operands = [Operand(parameter.type, conversion.value_of(parameter.binding)) for parameter in function.parameters]
    named = _bind_sizes(conversion, code, operands)
    for check in function.checks:
        place = _later_parameter(function, check)
        sides = [_size(code, side, named, operands, place) for side in (check.left, check.right)]
        code.check("check_equal", sides, place, "size")
    if any(begins_anew(function, call) for call in function.calls):
        _open_restart(conversion, code)


def _bind_sizes(conversion: Conversion, code: Fragment, operands: list[Operand]) -> dict[ast.SizeSource, Atom]:
    """Give the size names their values; those of dimensions are given by where they come from as well."""
    function = conversion.function
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


def _open_restart(conversion: Conversion, code: Fragment) -> None:
    """Let the parameters that are not static be the states of a loop around the body."""
    function = conversion.function
    states = [parameter.binding for parameter in function.parameters if not is_static(parameter)]
    initial = tuple(chain.from_iterable(map(conversion.value_of, states)))
    names = tuple([Name(atom.type, f"{atom}'") for atom in initial])
    conversion.restart = Loop(function.body.span, names, initial)
    code.add(conversion.restart)
    following = iter(names)
    for binding in states:
        conversion.values[binding] = tuple([next(following) for _ in conversion.values[binding]])
