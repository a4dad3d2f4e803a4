"""Kernels: programs compiled for JAX, called like functions.

    kernel = ssair.compile("fn f(xs: [n]f64, i: i64) -> f64 = xs[i]")
    kernel([1.0, 2.0], 1)        # a JAX array that holds 2.0
    kernel([1.0, 2.0], 2)        # raises ssair.Trap, which is an IndexError here: line 1, index 2, length 2

A kernel is traced and compiled once for each combination of shapes and `size` arguments, at the first call that has it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from ssair.context import Context
from ssair.ir import Module
from ssair.pipeline import optimize
from ssair.signature import signature_of
from ssair.sources import Source, UsageError, load
from ssair.stages import Stages, sample_arguments
from ssair.suggestions import unknown

if TYPE_CHECKING:
    import jax

    from ssair.backends.execution import Execution
    from ssair.remarks import Remark

CHECKS: Final = ("raise", "return", "off")
FLOATS: Final = ("fast", "strict")


def compile(
    src: Source,
    *,
    entry: str | None = None,
    level: int = 2,
    checks: str = "raise",
    floats: str = "fast",
    device: str | jax.Device | None = None,
) -> Kernel:
    """The kernel of a program.

    `src` is Fun text, a path (a `PathLike`, or a string without newline that ends in `.fun` or `.ssair`), or
    a Module. `entry` names the function (default: `main`, else the last one); `level` is that of optimisation, 0 to 3.
    `checks`: `"raise"` a `Trap` where one fails, `"return"` the pair of the value and the trap's code (0 for none,
    else the index of its site + 1), or leave them `"off"`. `floats="strict"` keeps XLA from contracting and rewriting
    `+ - * / sqrt`. `device` is a name (`"cpu"`, `"cuda:1"`), a JAX device, or None for JAX's default.

    Raises SourceError for a faulty program and for what a kernel cannot be (recursion, memory operations), UsageError
    for a file, function or device that does not exist.

    Example:
        >>> import ssair
        >>> int(ssair.compile("fn twice(x: i64) -> i64 = x + x")(21))
        42
    """
    return compile_module(load(src), entry=entry, level=level, checks=checks, floats=floats, device=device)


def compile_module(
    module: Module,
    *,
    entry: str | None = None,
    level: int = 2,
    checks: str = "raise",
    floats: str = "fast",
    device: str | jax.Device | None = None,
) -> Kernel:
    """The kernel of a module, which stays as it is; `compile` says what the arguments mean."""
    source = module
    if entry is not None:
        source = module.clone()
        source.entry_name = entry
    _entry_of(source)
    context = Context()
    optimized = optimize(source, None, level, context)
    return Kernel(optimized, source, level, checks=checks, floats=floats, device=device, context=context)


def _entry_of(module: Module) -> None:
    try:
        module.entry()
    except KeyError:
        raise UsageError(unknown("function", module.entry_name or "main", module.functions)) from None


class Kernel:
    """A compiled program: call it, or use its pure JAX function `fn`.

    `signature` tells the parameters and results; `module` is the optimised program, `source` the unoptimised one.
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
        context: Context | None = None,
    ) -> None:
        from ssair.backends.execution import Execution
        from ssair.placement import find_device

        for option, value, known in (("checks", checks, CHECKS), ("floats", floats, FLOATS)):
            if value not in known:
                raise UsageError(f"{option}={value!r}; it is one of: {', '.join(known)}")
        self.module = module
        self.source = source if source is not None else module
        self.signature = signature_of(module.entry())
        self.checks: Final = checks
        self.device = find_device(device) if device is not None else None
        self._context = context if context is not None else Context()
        self._execution: Execution = Execution(module, checks != "off", floats == "strict", self.device)
        self._level = level
        self._stages = Stages(self.source, level)

    def __call__(self, *args: Any) -> Any:
        """Run the kernel: JAX arrays of the program's types, tuples as the program has them.

        Arguments are numbers, NumPy or JAX arrays, lists of numbers, and tuples of these. Raises TypeError for a wrong
        type or number of arguments, ValueError (and OverflowError) for one out of range, and a `Trap` where a check of
        the program fails. With `checks="return"` the value is the pair of the result and the trap's code. Without
        checks in the way the call returns before the result is there, as JAX functions do.
        """
        flat = self.signature.flatten(args)
        results, code = self._execution.run(flat)
        if self.checks == "raise" and code is not None and int(code) != 0:
            raise self._execution.trap(flat, int(code))
        value = self.signature.unflatten(results)
        return (value, self._execution.code_or_none(code)) if self.checks == "return" else value

    @property
    def fn(self) -> Callable[..., Any]:
        """The kernel as a pure JAX function of the same arguments.

        It composes with `jax.jit`, `jax.vmap`, `jax.jvp` and the like; `size` arguments must be Python integers. A
        trap is lost, and what is returned then is no result; with `checks="return"` it is the pair of the value and
        the code.
        """

        def fn(*args: Any) -> Any:
            results, code = self._execution.trace(self.signature.flatten(args))
            value = self.signature.unflatten(results)
            return (value, self._execution.code_or_none(code)) if self.checks == "return" else value

        fn.__name__ = fn.__qualname__ = self.module.entry().name
        fn.__doc__ = f"{fn.__name__}{self.signature}"
        return fn

    def interpret(self, *args: Any) -> Any:
        """What the unoptimised program gives in the interpreter: NumPy values; raises the `Trap` that ends it."""
        from ssair.interpreted import call

        return call(self.source, args, on_print=print)

    @property
    def stages(self) -> tuple[str, ...]:
        """The names of the stages that `ir` knows, in order.

        `ssa` is the program as built; then one stage for each pass that changed it, numbered; `opt` is the program that
        the kernel is made of; `jaxpr` and `hlo` are what JAX and XLA make of it.
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

    @property
    def stats(self) -> dict[str, int]:
        """How often each pass did what (`gvn.replaced`, `simplify.folded`), by name."""
        return dict(sorted(self._context.counters.items()))

    def __repr__(self) -> str:
        return f"<kernel {self.module.entry().name}{self.signature}>"
