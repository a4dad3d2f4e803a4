"""The stages of a kernel as text, made again when they are asked for, and sample arguments to trace one with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from operator import index
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ssair.arguments import to_argument
from ssair.context import Context
from ssair.diagnostics import SourceError
from ssair.ir import Function, Module
from ssair.pipeline import optimize
from ssair.semantics import dtype_of, limited
from ssair.signature import Signature
from ssair.sources import UsageError
from ssair.suggestions import unknown
from ssair.types import ArrayType

if TYPE_CHECKING:
    import jax


class Stages:
    """The program as built, and after each pass that changed it.

    Nothing is kept of them: the passes are deterministic, so that the first question runs them once more.
    """

    def __init__(self, source: Module, level: int) -> None:
        self._source = source
        self._level = level
        self._texts: dict[str, str] | None = None
        self._of_fun: dict[str, str] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The stages in order: `ast` and `anf` if it was written in Fun, `ssa`, then `1-clean_cfg` and so on."""
        return (*self._written(), *self._all())

    def text(self, name: str) -> str:
        """The text of a stage; UsageError if there is none of this name."""
        texts = self._all() if name not in self._written() else self._written()
        if name not in texts:
            raise UsageError(unknown("stage", name, [*self.names, "opt", "jaxpr", "hlo"]))
        return texts[name]

    def module(self, name: str, optimized: Module) -> Module:
        """The program at a stage, `optimized` being the one at `opt`; UsageError for a stage that is no IR."""
        if name == "opt":
            return optimized
        if name == "ssa":
            return self._source
        from ssair.parser import parse_module

        texts = self._all()
        if name not in texts:
            raise UsageError(unknown("stage", name, [*texts, "opt"]))
        return parse_module(texts[name], name)

    def _written(self) -> dict[str, str]:
        """The syntax tree and the ANF of a program in Fun."""
        if self._of_fun is None:
            self._of_fun = _fun_stages(self._source)
        return self._of_fun

    def _all(self) -> dict[str, str]:
        if self._texts is None:
            self._texts = self._run()
        return self._texts

    def _run(self) -> dict[str, str]:
        """Put the stages together, step by step: every function goes through all passes before the next one does."""
        steps: list[tuple[str, dict[str, str]]] = []
        place: dict[str, int] = {}

        def note(pass_name: str, function: Function) -> None:
            step = place[function.name] = place.get(function.name, -1) + 1
            if step == len(steps):
                steps.append((pass_name, {}))
            steps[step][1][function.name] = str(function)

        optimize(self._source, None, self._level, Context(after_pass=note))
        texts = {"ssa": str(self._source)}
        before = {name: str(function) for name, function in self._source.functions.items()}
        for number, (pass_name, after) in enumerate(steps, 1):
            if after != before:
                texts[f"{number}-{pass_name}"] = "\n\n".join(text.rstrip("\n") for text in after.values()) + "\n"
            before = after
        return texts


def _fun_stages(module: Module) -> dict[str, str]:
    """What `--emit` gives of a Fun program before it is a module; nothing for a module that no Fun text came with."""
    from ssair.emit import EMITTERS, Request

    if not module.source:
        return {}
    request = Request(module.source, module.source_name or "<text>", "fun")
    try:
        return {name: EMITTERS[name].text(request) for name in ("ast", "anf")}
    except SourceError:
        return {}


_DIMENSIONS: Final = re.compile(r"\[([^\[\]]*)\]")


def sample_arguments(function: Function, signature: Signature, sizes: Mapping[str, int]) -> list[Any]:
    """A value for each parameter of `function`, arrays as shapes: what `jax.jit(...).lower` takes.

    `sizes` has the size names of the signature (`n`), and `NAME.0` for dimension 0 of a parameter whose type names
    none. Raises UsageError for a size that is missing, that is no integer or no length, and for one that there is none
    of; ArrayTooLargeError for an array that no memory holds.
    """
    dimensions = _dimension_names(signature)
    values: list[Any] = []
    asked: list[str] = []

    def size(name: str) -> int:
        asked.append(name)
        return _size(name, sizes)

    for name, param in zip(signature.leaf_names(), function.params, strict=True):
        dtype = dtype_of(param.type)
        if isinstance(param.type, ArrayType):
            named = next(dimensions)
            names = [part or f"{name}.{axis}" for axis, part in enumerate(named)]
            values.append(_shape([(part, size(part)) for part in names], dtype))
        elif param.static:
            values.append(to_argument(name, param, size(name)))
        else:
            values.append(_shape([], dtype))
    for name in sizes:
        if name not in asked:
            raise UsageError(unknown("size", name, [name for name in dict.fromkeys(asked) if not name.isdecimal()]))
    return values


def _shape(lengths: list[tuple[str, int]], dtype: np.dtype[Any]) -> jax.ShapeDtypeStruct:
    """The shape of an argument, whose lengths are named."""
    import jax

    for name, length in lengths:
        if length < 0:
            raise UsageError(f"the size {name} is the length of an array, which {length} is not")
    shape = limited(tuple([length for _, length in lengths]))
    return jax.ShapeDtypeStruct(shape, dtype)


def _dimension_names(signature: Signature) -> Iterator[list[str]]:
    """For each array of the parameters, its dimensions as the source writes them; empty where it does not."""
    for parameter in signature.parameters:
        for found in _DIMENSIONS.finditer(parameter.text):
            yield ["" if part.strip() == ":" else part.strip() for part in found[1].split(",")]


def _size(name: str, sizes: Mapping[str, int]) -> int:
    if name.isdecimal():
        return int(name)
    if name not in sizes:
        raise UsageError(f"the size {name} is not given: the shapes of a kernel are constants")
    try:
        return index(sizes[name])
    except TypeError:
        raise UsageError(f"the size {name} is an integer, not {sizes[name]!r}") from None
