"""Kernels: programs compiled for JAX, called like functions.

    kernel = ssair.compile("fn f(xs: [n]f64, i: i64) -> f64 = xs[i]")
    kernel([1.0, 2.0], 1)        # a JAX array that holds 2.0
    kernel([1.0, 2.0], 2)        # raises ssair.Trap, which is an IndexError here: line 1, index 2, length 2

A kernel is traced and compiled once for each combination of shapes and `size` arguments, at the first call that has it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ssair.backends.limits import check_as_written
from ssair.context import Context
from ssair.donation import Donate, donated_places
from ssair.ir import Module
from ssair.libraries import libraries
from ssair.pipeline import optimize
from ssair.signature import signature_of
from ssair.sources import Source, UsageError, load
from ssair.stages import Stages, sample_arguments
from ssair.suggestions import unknown
from ssair.traps import described
from ssair.types import Type

if TYPE_CHECKING:
    import jax

    from ssair.backends.execution import Execution
    from ssair.graphs import Picture
    from ssair.mapping.map import Map
    from ssair.remarks import Remark

CHECKS: Final = ("raise", "return", "off")
FLOATS: Final = ("fast", "strict")
#: What `Kernel.save` compiles for.
PLATFORMS: Final = ("cpu", "cuda")


def compile(
    src: Source,
    *,
    entry: str | None = None,
    level: int = 2,
    checks: str = "raise",
    floats: str = "fast",
    device: str | jax.Device | None = None,
    donate: Donate = False,
) -> Kernel:
    """The kernel of a program.

    `src` is Fun text, a path (a `PathLike`, or a string without newline that ends in `.fun` or `.ssair`), or
    a Module. `entry` names the function (default: `main`, else the last one); `level` is that of optimisation, 0 to 3.
    `checks`: `"raise"` a `Trap` where one fails, `"return"` the pair of the value and the trap's code (0 for none,
    else the index of its site + 1), or leave them `"off"`. `floats="strict"` keeps XLA from contracting and rewriting
    `+ - * / sqrt`. `device` is a name (`"cpu"`, `"cuda:1"`), a JAX device, or None for JAX's default. `donate` names
    the parameters whose arrays may be overwritten (JAX deletes them); True for all that `with` makes a result of.

    Raises SourceError for a faulty program and for what a kernel cannot be (recursion, memory operations), UsageError
    for a file, function, parameter or device that does not exist, MissingLibraryError where JAX is not installed.

    Example:
        >>> import ssair
        >>> int(ssair.compile("fn twice(x: i64) -> i64 = x + x")(21))
        42
    """
    module = load(src)
    return compile_module(module, entry=entry, level=level, checks=checks, floats=floats, device=device, donate=donate)


def compile_module(
    module: Module,
    *,
    entry: str | None = None,
    level: int = 2,
    checks: str = "raise",
    floats: str = "fast",
    device: str | jax.Device | None = None,
    donate: Donate = False,
) -> Kernel:
    """The kernel of a module, which stays as it is; `compile` says what the arguments mean."""
    source = module.clone()
    source.entry_name = _entry_of(module, entry)  # so that nothing is kept, or spoken of, that it does not come to
    context = Context()
    optimized = optimize(source, None, level, context)
    check_as_written(optimized, source)
    return Kernel(
        optimized,
        source,
        level,
        checks=checks,
        floats=floats,
        device=device,
        donate=donate,
        counters=context.counters,
    )


def _entry_of(module: Module, wanted: str | None) -> str:
    try:
        return module.entry(wanted).name
    except KeyError:
        raise UsageError(unknown("function", wanted or module.entry_name or "main", module.functions)) from None


class Kernel:
    """A compiled program: call it, or use its pure JAX function `fn`.

    `signature` tells the parameters and results; `module` is the optimised program, `source` the unoptimised one.
    Kernels can be pickled: what is compiled for certain shapes stays behind, and is compiled again where it is needed.
    """

    def __init__(
        self,
        module: Module,
        source: Module | None = None,
        level: int = 2,
        *,
        checks: str = "raise",
        floats: str = "fast",
        device: str | jax.Device | None = None,
        donate: Donate = False,
        counters: Mapping[str, int] | None = None,
    ) -> None:
        with libraries():
            from ssair.backends.execution import Execution
        from ssair.placement import find_device

        for option, value, known in (("checks", checks, CHECKS), ("floats", floats, FLOATS)):
            if value not in known:
                raise UsageError(f"{option}={value!r}; it is one of: {', '.join(known)}")
        entry = module.entry()
        self.module = module
        self.source = source if source is not None else module
        self.signature = signature_of(entry)
        self.checks: Final = checks
        self.floats: Final = floats
        self.device = find_device(device) if device is not None else None
        self.donate = donate
        self._counters = dict(counters or {})
        donated = donated_places(entry, self.signature, donate)
        self._execution: Execution = Execution(module, checks != "off", floats == "strict", self.device, donated)
        self._level = level
        self._map: Map | None = None
        self._stages = Stages(self.source, level)
        self._count = len(self.signature.parameters)
        self._results = len(entry.results)
        self._takes_leaves = all(isinstance(parameter.tree, Type) for parameter in self.signature.parameters)
        self._gives_leaf = isinstance(self.signature.result, Type)

    def __call__(self, *args: Any, **named: Any) -> Any:
        """Run the kernel: JAX arrays of the program's types, tuples as the program has them.

        Arguments are numbers, NumPy or JAX arrays, lists of numbers, and tuples of these, by place or by name. Raises
        TypeError for a wrong type or number of arguments, ValueError (and OverflowError) for one out of range, and a
        `Trap` where a check of the program fails. With `checks="return"` the value is the pair of the result and the
        trap's code. Without checks in the way the call returns before the result is there, as JAX functions do.
        """
        flat: Sequence[Any] = args
        if named or not self._takes_leaves or len(args) != self._count:
            flat = self._flatten(args, named)
        out, jitted = self._execution.run(flat)
        if len(out) > self._results and self.checks == "raise" and self._execution.failed(out):
            raise self._execution.trap(flat, out, jitted)
        return self._value(out)

    def _flatten(self, args: Sequence[Any], named: Mapping[str, Any]) -> list[Any]:
        return self.signature.flatten(self.signature.bind(args, named) if named else args)

    def _value(self, out: list[Any]) -> Any:
        """What the caller gets for the results and the code."""
        if self.checks == "return":
            results, code = self._execution.divide(out)
            return self.signature.unflatten(results), code
        return out[0] if self._gives_leaf else self.signature.unflatten(out)

    @property
    def fn(self) -> Callable[..., Any]:
        """The kernel as a pure JAX function of the same arguments.

        It composes with `jax.jit`, `jax.vmap`, `jax.jvp` and the like; `size` arguments must be Python integers. A
        trap is lost, and what is returned then is no result; with `checks="return"` it is the pair of the value and
        the code.
        """

        def fn(*args: Any, **named: Any) -> Any:
            return self._value(self._execution.trace(self._flatten(args, named)))

        fn.__name__ = fn.__qualname__ = self.module.entry().name
        fn.__doc__ = f"{fn.__name__}{self.signature}"
        return fn

    @property
    def map(self) -> Map:
        """The kernel over many elements: `kernel.map(xs, table)`; see `ssair.mapping.map.Map`.

        Example:
            >>> import ssair
            >>> kernel = ssair.compile("fn f(x: f64, k: i64) -> f64 = x * f64(k)")
            >>> kernel.map([1.0, 2.0, 3.0], 10).tolist()
            [10.0, 20.0, 30.0]
        """
        if self._map is None:
            from ssair.mapping.map import Map

            self._map = Map(self, self._execution)
        return self._map

    def lower(self, *args: Any, **named: Any) -> jax.stages.Lowered:
        """The kernel lowered by JAX for such arguments, which tells its text, its cost, and compiles ahead of time.

        Arguments are values as the kernel takes them, or `jax.ShapeDtypeStruct`s of the parameters' dtypes. The lowered
        function gives the pair of the value and the trap's code, or with `checks="off"` the value; `size` arguments are
        no arguments of what it compiles to.

        Example:
            >>> import jax, numpy as np, ssair
            >>> lowered = ssair.compile("fn f(xs: [n]f64) -> f64 = sum(xs)").lower(np.ones(3))
            >>> with jax.enable_x64(True):
            ...     value, code = lowered.compile()(np.ones(3))
            >>> float(value), int(code)
            (3.0, 0)
        """
        return self._execution.lower(self.signature, self.signature.bind(args, named))

    def save(
        self, path: str | os.PathLike[str], *sizes: Mapping[str, int], platforms: str | Sequence[str] = PLATFORMS
    ) -> None:
        """Write the kernel to a file, compiled ahead of time, which `ssair.load` reads without the compiler.

        Each of `sizes` is a case that it is compiled for, named as for `ir`: `kernel.save("f.kernel", {"n": 8})`;
        without any, those that it has been called with. Raises UsageError if there is none, for a kernel that prints
        (JAX exports no callbacks), for sizes that are none, for no platform or one that JAX does not know, and for a
        file that cannot be written.
        """
        from ssair.saved import save

        entry = self.module.entry()
        if self.prints:
            raise UsageError(f"{entry.name} prints, and JAX exports no callbacks: it cannot be saved")
        for given in sizes:
            if not isinstance(given, Mapping):
                raise UsageError(f"the sizes of a case are given by name, as in {{'n': 8}}, and not as {given!r}")
        if sizes or not self._execution.seen():
            samples = [sample_arguments(entry, self.signature, given) for given in sizes or [{}]]
            cases = [self._execution.case_of(sample) for sample in samples]
        else:
            cases = self._execution.seen()
        known = ("cpu", "cuda", "rocm", "tpu")
        platforms = [platforms] if isinstance(platforms, str) else platforms
        if not platforms:
            raise UsageError(f"a kernel is saved for at least one platform of: {', '.join(known)}")
        for platform in platforms:
            if platform not in known:
                raise UsageError(unknown("platform", platform, known))
        save(self, self._execution, path, list(dict.fromkeys(cases)), platforms)

    def __reduce__(self) -> tuple[Callable[..., Kernel], tuple[object, ...]]:
        from ssair.packed import pack_module
        from ssair.placement import device_name

        device = None if self.device is None else device_name(self.device)
        options = {"checks": self.checks, "floats": self.floats, "device": device, "donate": self.donate}
        packed = [pack_module(module) for module in dict.fromkeys((self.module, self.source))]
        return _unpack, (packed, self._level, {**options, "counters": self._counters})

    @property
    def prints(self) -> bool:
        """Whether the program may print while it runs."""
        return self._execution.prints

    def interpret(self, *args: Any, **named: Any) -> Any:
        """What the unoptimised program gives in the interpreter: NumPy values; raises the `Trap` that ends it.

        Arguments are those of a call of the kernel.
        """
        from ssair.interpreted import call

        return call(self.source, self.signature.bind(args, named) if named else args, on_print=print)

    @property
    def stages(self) -> tuple[str, ...]:
        """The names of the stages that `ir` knows, in order.

        `ast` and `anf` are those of the front end, of a program in Fun; `ssa` is the program as built; then one stage
        for each pass that changed it, numbered; `opt` is the program that the kernel is made of; `jaxpr` and `hlo` are
        what JAX and XLA make of it.
        """
        return (*self._stages.names, "opt", "jaxpr", "hlo")

    def ir(self, stage: str = "opt", **sizes: int) -> str:
        """The text of the program at a stage of `stages`; `jaxpr` and `hlo` need the sizes: `kernel.ir("hlo", n=8)`."""
        if stage in ("jaxpr", "hlo"):
            return self.trace_text(stage, sizes)
        if stage == "opt":
            return str(self.module)
        return self._stages.text(stage)

    def trace_text(self, stage: str, sizes: Mapping[str, int]) -> str:
        """The `jaxpr` or the optimised `hlo` of the kernel, for arrays of these sizes; UsageError if one is missing."""
        return self._execution.text(stage, sample_arguments(self.module.entry(), self.signature, sizes))

    @property
    def remarks(self) -> list[Remark]:
        """What became of each check of the program, in the order of the source: kept, proved, duplicate, unreachable.

        A remark has `verdict`, `kind`, `message`, `advice` (what to assert so that a kept check goes) and `line`;
        `remark.render()` shows it with its source line. Asking runs the passes once more.
        """
        from ssair.remarks import remarks

        return remarks(self.source, level=self._level)

    def graph(self, stage: str = "opt", kind: str = "cfg") -> Picture:
        """A picture of the program at a stage of `stages` (not `jaxpr` or `hlo`), which notebooks show.

        `kind` is `cfg`, `domtree`, `values` or `calls`. `picture.source` is its text, `picture.svg()` the drawing, or
        None where the program `dot` of Graphviz is not installed. Raises UsageError for a stage or kind that there is
        none of.
        """
        from ssair.graphs import Picture, graph_of

        return Picture(graph_of(self._stages.module(stage, self.module), kind))

    def report(self, path: str | PathLike[str]) -> Path:
        """Write a page that shows what each pass made of the program, and why values and checks went; gives its path.

        The page is one HTML file that needs no network. Writing it runs the passes once more. Raises OSError if the
        file cannot be written.
        """
        from ssair.report.contents import contents
        from ssair.report.page import page

        file = Path(path)
        file.write_text(page(contents(self.source, level=self._level)), encoding="utf-8")
        return file

    @property
    def stats(self) -> dict[str, int]:
        """How often each pass did what (`gvn.replaced`, `simplify.folded`), by name."""
        return dict(sorted(self._counters.items()))

    def describe(self, code: int) -> str:
        """What the trap's code of `checks="return"` says: the kind of the check and where it stands.

        Under `jax.vmap` the codes are an array, and an element's place in it tells which one failed.

        Example:
            >>> import ssair
            >>> kernel = ssair.compile("fn f(xs: [n]f64, i: i64) -> f64 = xs[i]", checks="return")
            >>> kernel.describe(int(kernel([1.0, 2.0], 5)[1]))
            'index at line 1, column 35: xs[i]'
        """
        if code == 0:
            return "no check failed"
        if not 0 < code <= len(self.module.sites):
            raise UsageError(f"no trap of this kernel has the code {code}")
        return described(self.module, self.module.sites[code - 1])

    def __repr__(self) -> str:
        return f"<kernel {self.module.entry().name}{self.signature}>"

    def _repr_html_(self) -> str:
        from ssair.notebook import kernel_html

        return kernel_html(self)

    def _repr_svg_(self) -> str | None:
        """The control flow of the optimised program; None where `dot` of Graphviz is not installed."""
        from ssair.graphs import draw, graph_of

        return draw(graph_of(self.module, "cfg"))


def _unpack(packed: list[dict[str, Any]], level: int, options: dict[str, Any]) -> Kernel:
    """The kernel that `Kernel.__reduce__` took apart: of one module, or of the optimised one and its source."""
    from ssair.packed import unpack_module

    modules = [unpack_module(each) for each in packed]
    return Kernel(modules[0], modules[-1], level, **options)
