"""What the block parameters of lowered code know: what is known of all that is handed to them.

    settle_params(function, variables, arriving)    # by block with parameters, the edges that lead to it

Requires: every block is filled. Ensures: the fact of a parameter is that of its arguments; a variable that is one
constant wherever it is set is that constant where it is not; no parameter is left that stands for one value.
Complexity: linear, but for what `replace_useless_params` takes where there is something to replace.
"""

from __future__ import annotations

from collections.abc import Mapping

from ssair.context import Context
from ssair.facts import Fact
from ssair.frontends.bril.lower_variables import Variables
from ssair.frontends.bril.write_constant_uses import key_of
from ssair.ir import Block, Edge, Function, Instr, Param, Value
from ssair.ops import CONST
from ssair.passes.copyprop import forward_uses
from ssair.passes.useless_params import replace_useless_params


def settle_params(function: Function, variables: Variables, arriving: Mapping[Block, list[Edge]]) -> None:
    """Let block parameters know what all of their arguments are; those that are of no use go."""
    has_useless = False
    origins, has_zeros = variables.origins, variables.has_zeros()
    for block, edges in arriving.items():
        columns = zip(*[edge.args for edge in edges], strict=True)
        for place, (param, args) in enumerate(zip(block.params, columns, strict=True)):
            if has_zeros and any(map(variables.is_zero, args)):
                args = _as_where_set(function, variables, args, edges, place)
            _let_know(param, args)
            has_useless = has_useless or _is_useless(param, args, origins)
    if has_useless and replace_useless_params(function, Context(), "lower"):
        forward_uses(function)


def _let_know(param: Param, args: tuple[Value, ...]) -> None:
    """Let a parameter know what its arguments are known to be."""
    anything = param.fact
    known: Fact | None = None
    for arg in args:
        if arg is not param:
            fact = arg.fact
            if fact is anything:
                return
            known = fact if known is None else known | fact
    if known is not None:
        param.fact = anything & known


def _is_useless(param: Param, args: tuple[Value, ...], origins: Mapping[Value, Value]) -> bool:
    """Whether all arguments are one value, or the parameter itself."""
    only: Value | None = None
    for arg in args:
        if arg is not param:
            origin = origins.get(arg, arg)
            if only is None:
                only = origin
            elif origin is not only:
                return False
    return True


def _as_where_set(
    function: Function, variables: Variables, args: tuple[Value, ...], edges: list[Edge], place: int
) -> tuple[Value, ...]:
    """Let a variable that is one constant wherever it is set be that where it is not, too: nobody looks there."""
    is_zero = variables.is_zero
    given = [arg for arg in args if not is_zero(arg)]
    constants = [arg for arg in given if isinstance(arg, Instr) and arg.op is CONST]
    if len(constants) < len(given) or len({key_of(arg) for arg in constants}) != 1:
        return args
    constant = function.new_instr(CONST, type=constants[0].type, aux=constants[0].aux)
    function.entry.insert(0, constant)
    for edge, arg in zip(edges, args, strict=True):
        if is_zero(arg):
            edge.args = (*edge.args[:place], constant, *edge.args[place + 1 :])
    return tuple([edge.args[place] for edge in edges])
