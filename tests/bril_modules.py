"""Random modules that can be written as Bril: random functions and graphs, with other operations where Bril has none.

Their results are printed, checks are checks of divisors, and what is known of values is computed anew.
"""

from random import Random

from random_ir import RandomFunction

from ssair.cfg import reverse_postorder
from ssair.facts import top
from ssair.ir import Function, Module, Terminator, Value
from ssair.ops import OPS, RETURN
from ssair.testing.graph_modules import Shape, graph_module
from ssair.types import BOOL, F64, I64

_BITS = frozenset(OPS[name] for name in ("and", "or", "xor", "shl", "shr"))
_CHECKS = frozenset(OPS[name] for name in ("check_at_least", "check_index"))
_ON_FLOATS = frozenset(OPS[name] for name in ("sqrt", "floor"))


class _Scalars(RandomFunction):
    """Random functions of scalars: without comprehensions, and with one kind of checks."""

    def comprehension(self, depth: int) -> None:
        self.detour()

    def check(self) -> None:
        divisor, dividend = self.pick(I64), self.pick(I64)
        value = self.builder.emit("check_nonzero", divisor, dividend, aux=self.module.new_site("divide"))
        self.scope.append(value)
        if self.random.random() < 0.7:
            other = dividend if self.random.random() < 0.7 else self.pick(I64)
            self.scope.append(self.builder.emit("div_trunc", other, value))


def scalar_module(seed: int, size: int = 14) -> Module:
    """A structured function of a seed that Bril can hold."""
    return _for_bril(_Scalars(seed, size).module)


def tangled_module(seed: int) -> Module:
    """A function over a random graph that Bril can hold."""
    random = Random(seed)
    shape = Shape(blocks=random.randrange(2, 9), cycles=random.random() * 0.6, checks=0.25, prints=0.2)
    return _for_bril(graph_module(random, shape))


def arguments(module: Module, random: Random) -> list[int | float | bool]:
    """Small arguments for the entry."""
    choices = {I64: lambda: random.randrange(-3, 9), F64: lambda: random.choice((-1.5, -0.0, 2.0)), BOOL: lambda: True}
    return [choices[param.type]() for param in module.entry().params]


def _for_bril(module: Module) -> Module:
    function = module.entry()
    for block in function.blocks:
        for instr in block.instrs:
            if instr.op in _BITS and instr.type is I64:
                instr.op = OPS["sub"]
            elif instr.op in _CHECKS:
                instr.op, instr.aux = OPS["check_nonzero"], module.new_site("divide")
            elif instr.op in _ON_FLOATS:
                instr.op = OPS["neg"]
            elif instr.op is OPS["convert"]:
                instr.op, instr.args, instr.aux = OPS["const"], (), 2.5
            elif instr.op is OPS["print"]:
                instr.aux = ("", "")
        if block.end.op is RETURN:
            _print_results(function, block.end.args, block)
    function.results = ()
    _compute_facts(function)
    return module


def _print_results(function: Function, results: tuple[Value, ...], block) -> None:
    pieces = ("", *[" "] * (len(results) - 1), "")
    block.append(function.new_instr("print_exact", results, aux=pieces))
    block.set_terminator(Terminator(RETURN))


def _compute_facts(function: Function) -> None:
    for block in function.blocks:
        for value in (*block.params, *block.instrs):
            value.fact = top(value.type)
    for block in reverse_postorder(function):
        for instr in block.instrs:
            instr.fact = instr.op.fact_rule(instr.type, [value.fact for value in instr.args], instr.aux)
