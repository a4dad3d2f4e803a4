"""The stages of a program as text: what `ssairc --emit` prints and `kernel.ir` gives.

Each stage is a row of `EMITTERS`: what makes its text from a `Request`, and which parts of the request it depends on.
Only the stages of a kernel (`jaxpr`, `hlo`) import jax, only `dot` imports graphviz.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from ssair.context import Context
from ssair.ir import Module
from ssair.sources import FRONTENDS, UsageError
from ssair.suggestions import unknown


@dataclass(slots=True)
class Request:
    """A program and what is to be done with it."""

    text: str
    name: str
    frontend: str
    entry: str | None = None
    passes: str | None = None
    level: int = 2
    sizes: Mapping[str, int] = field(default_factory=dict)
    context: Context = field(default_factory=Context)
    #: What `dot` draws: a kind of `ssair.graphs.GRAPHS`.
    graph: str = "cfg"
    _module: Module | None = field(default=None, init=False, repr=False)

    def module(self) -> Module:
        """The module as the front end builds it; the same one each time."""
        if self._module is None:
            self._module = self._built()
        return self._module

    def _built(self) -> Module:
        module = FRONTENDS[self.frontend](self.text, self.name)
        module.source, module.source_name = self.text, self.name
        if self.entry is not None:
            if self.entry not in module.functions:
                raise UsageError(unknown("function", self.entry, module.functions))
            module.entry_name = self.entry
        return module

    def optimized(self) -> Module:
        """The module after the passes asked for."""
        from ssair.pipeline import optimize

        return optimize(self.module(), self.passes, self.level, self.context)


def _ast(request: Request) -> str:
    from ssair.frontends.fun.ast_print import format_ast
    from ssair.frontends.fun.check import checked_program

    _wants_fun(request, "ast")
    return format_ast(checked_program(request.text, request.name))


def _anf(request: Request) -> str:
    from ssair.frontends.fun.anf import convert
    from ssair.frontends.fun.anf_print import format_program
    from ssair.frontends.fun.check import checked_program

    _wants_fun(request, "anf")
    return format_program(convert(checked_program(request.text, request.name)))


def _wants_fun(request: Request, stage: str) -> None:
    if request.frontend != "fun":
        raise UsageError(f"only a Fun program has the stage {stage!r}")


def _ssa(request: Request) -> str:
    return str(request.module())


def _opt(request: Request) -> str:
    return str(request.optimized())


def _dot(request: Request) -> str:
    from ssair.graphs import graph_of

    source: str = graph_of(request.optimized(), request.graph).source
    return source


def _bril(request: Request) -> str:
    from ssair.frontends.bril.write import write_text

    module, is_optimized = _for_bril(request)
    return write_text(module, duplicate=is_optimized, keep=False)


def _bril_json(request: Request) -> str:
    from ssair.frontends.bril.printing import json_form
    from ssair.frontends.bril.write import write_program

    module, is_optimized = _for_bril(request)
    return json_form(write_program(module, duplicate=is_optimized, keep=False))


def _for_bril(request: Request) -> tuple[Module, bool]:
    """The optimised program for the writer, and whether there were passes; with none its blocks stay as they are."""
    from ssair.frontends.bril.pipeline import bril_passes
    from ssair.pipeline import optimize

    passes = bril_passes(request.passes, request.level)
    return optimize(request.module(), passes, context=request.context), bool(passes)


def _jaxpr(request: Request) -> str:
    from ssair.kernel import Kernel

    return Kernel(request.optimized()).trace_text("jaxpr", request.sizes)


def _hlo(request: Request) -> str:
    from ssair.kernel import Kernel

    return Kernel(request.optimized()).trace_text("hlo", request.sizes)


class Emitter(NamedTuple):
    """One row: what makes the text, the fields of the request that it depends on, and the IR that it is the text of."""

    text: Callable[[Request], str]
    uses: frozenset[str]
    module: Callable[[Request], Module] | None = None


_PROGRAM: Final[frozenset[str]] = frozenset()
_ENTRY: Final = frozenset({"entry"})
_PASSES: Final = _ENTRY | {"passes", "level", "context"}
_KERNEL: Final = _PASSES | {"sizes"}

#: The stages in the order in which a program goes through them.
EMITTERS: Final[dict[str, Emitter]] = {
    "ast": Emitter(_ast, _PROGRAM),
    "anf": Emitter(_anf, _PROGRAM),
    "ssa": Emitter(_ssa, _ENTRY, Request.module),
    "opt": Emitter(_opt, _PASSES, Request.optimized),
    "bril": Emitter(_bril, _PASSES),
    "bril-json": Emitter(_bril_json, _PASSES),
    "dot": Emitter(_dot, _PASSES | {"graph"}),
    "jaxpr": Emitter(_jaxpr, _KERNEL),
    "hlo": Emitter(_hlo, _KERNEL),
}
