"""The pipeline: the passes as data, their order and the reasons for it, and the driver.

`optimize` gives an optimised copy of a module; `run_pipeline` works in place, for callers that own the module. Passes
run one after the other over each function, the functions in the order of the module; a pass over the whole module runs
when every function has been through the passes before it. Cyclic garbage collection is paused meanwhile: the IR is one
big cycle that lives on, and collecting it again and again costs two to four times the work.

A pipeline is written as text, options of a pass in braces: `clean_cfg,gvn{table=scoped},dce`.
"""

from __future__ import annotations

import inspect
import re
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Final, NamedTuple

from ssair.collection import garbage_collection_paused
from ssair.context import Context
from ssair.ir import Function, Module
from ssair.passes import (
    bounds,
    call_facts,
    clean_cfg,
    copyprop,
    dce,
    drop_refinements,
    gvn,
    gvn_simplify,
    if_convert,
    inline,
    lvn,
    memory,
    motion,
    partition,
    purity,
    reassociate,
    refine,
    sccp,
    simplify,
    version_loops,
)
from ssair.sources import UsageError
from ssair.suggestions import unknown


class Pass(NamedTuple):
    """One row: the name, what runs (keyword arguments are its options), and what it is for."""

    name: str
    run: Callable[..., int]
    summary: str
    #: Whether it runs on the module as a whole, `run(module, context)`.
    whole_module: bool = False


PASSES: Final[dict[str, Pass]] = {
    row.name: row
    for row in (
        Pass("clean_cfg", clean_cfg.run, "fold constant branches, thread jumps, merge blocks, drop useless parameters"),
        Pass("simplify", simplify.run, "fold constants, apply algebraic identities, remove checks that facts prove"),
        Pass("lvn", lvn.run, "share equal computations within a block; in no level"),
        Pass("gvn", gvn.run, "share equal computations where one dominates the other"),
        Pass("gvn_simplify", gvn_simplify.run, "do both in one walk, each where the other has made it possible"),
        Pass("bounds", bounds.run, "prove checks by the inequalities between values"),
        Pass("partition", partition.run, "share what is equal in loops and arms, equal comprehensions, equal loops"),
        Pass("reassociate", reassociate.run, "put integer sums and products in order, equal terms together"),
        Pass("refine", refine.run, "let every use have the version of which most is known; refine behind new branches"),
        Pass("sccp", sccp.run, "propagate facts through loops and along the ways that can be taken, cut the others"),
        Pass("copyprop", copyprop.run, "let uses of copies use what they are copies of"),
        Pass("motion", motion.run, "move shared work up, invariant work out of loops, what one arm needs into it"),
        Pass("inline", inline.run, "put small functions and those called once in the place of their calls", True),
        Pass("purity", purity.run, "find what calls may do: print, trap, use memory, not end", True),
        Pass(
            "call_facts", call_facts.run, "narrow parameters to what all calls give, and calls to what is given", True
        ),
        Pass("if_convert", if_convert.run, "let cheap branches be straight code that selects; in no level"),
        Pass("memory", memory.run, "forward what is stored to loads, remove stores and regions that nobody reads"),
        Pass("version_loops", version_loops.run, "run a loop without the checks that what is asked before it proves"),
        Pass("dce", dce.run, "remove what no effect and no result needs"),
        Pass("drop_refinements", drop_refinements.run, "turn knowledge into variants of operations, drop refinements"),
    )
}

_FULL: Final = ",".join(
    (
        "inline,purity,call_facts,clean_cfg,simplify,partition,memory,clean_cfg",
        "reassociate,gvn,refine,sccp,simplify,bounds,clean_cfg",
        "purity,dce,motion,gvn,clean_cfg",  # again: by now it is known which checks hold and which loops end
        "drop_refinements,dce",
    )
)
#: What versions loops, once all that can be is proved and invariant work stands in front of them.
_VERSION: Final = "version_loops,refine,simplify,bounds,gvn,clean_cfg"
#: What runs at each level of optimisation.
LEVELS: Final[dict[int, str]] = {
    0: "",
    1: "clean_cfg,gvn_simplify,clean_cfg,dce{control=keep}",  # all that runs costs the same again, or more
    2: _FULL,
    3: _FULL.replace("inline", "inline{small=120,once=2000,growth=4}").replace("drop_", f"{_VERSION},drop_"),
}


class Order(NamedTuple):
    """In every level that has `after`, `before` stands somewhere ahead of the first one, and the reason.

    A pass that does what others do (`DOES`) stands for them.
    """

    before: str
    after: str
    because: str


ORDERS: Final = (
    Order("clean_cfg", "gvn", "unreachable code teaches nothing, and merged blocks are fewer to walk over"),
    Order("gvn", "copyprop", "numbering leaves narrowings, some of which turn out to be copies"),
    Order("simplify", "partition", "canonical operands make more values equal"),
    Order("partition", "sccp", "of equal values one has its facts found"),
    Order("partition", "reassociate", "a sum that is used twice is a term, so that it stays shared"),
    Order("reassociate", "bounds", "inequalities are found of sums with their constants put together"),
    Order("gvn", "refine", "what a leader computed before a branch is refined again in the arms that share it"),
    Order("refine", "sccp", "facts are found of the versions that are used"),
    Order("gvn", "bounds", "of two equal checks one is enough to prove"),
    Order("gvn", "sccp", "shared operands are fewer values to find facts of"),
    Order("sccp", "bounds", "sums are understood only where intervals prove that they do not wrap"),
    Order("simplify", "bounds", "what facts prove costs less to prove by them"),
    Order("bounds", "version_loops", "what is proved without a condition needs none"),
    Order("motion", "version_loops", "what a condition asks for has to stand in front of the loop"),
    Order("bounds", "drop_refinements", "what a proved check taught may choose a variant"),
    Order("gvn", "dce", "a replaced computation leaves operands that nothing needs"),
    Order("partition", "memory", "equal addresses should be one value"),
    Order("memory", "sccp", "what is known of a stored value is known of what is loaded"),
    Order("inline", "memory", "what a callee does to memory need not be guessed"),
    Order("inline", "partition", "what callers and callees both compute is shared"),
    Order("inline", "purity", "fewer calls are left to find anything of"),
    Order("purity", "memory", "a call that writes nothing leaves known what is in memory"),
    Order("inline", "call_facts", "fewer calls are left that something has to be found of"),
    Order("call_facts", "sccp", "what callers give is known before it is propagated"),
    Order("inline", "sccp", "facts of arguments reach the bodies"),
    Order("clean_cfg", "dce", "a branch that is gone no longer needs its condition"),
    Order("gvn", "motion", "of computations one of which dominates the other, the first computes for both"),
    Order("reassociate", "motion", "of a sum, what is the same in every iteration stands together"),
    Order("dce", "motion", "dead uses would keep work from sinking into the arm that needs it"),
    Order("motion", "drop_refinements", "what is known where work came from is narrowings there"),
    Order("dce", "drop_refinements", "what nothing needs is not worth a variant"),
)

#: What some passes do is what others do.
DOES: Final[dict[str, tuple[str, ...]]] = {"gvn_simplify": ("gvn", "simplify")}
#: What may stand behind `drop_refinements`: the other passes want the knowledge that it drops.
AFTER_DROP: Final = frozenset({"dce"})


#: A pass of the caller's own: it gives the number of its rewrites.
Run = Callable[[Function, Context], int]
#: What may be asked for: a text as `parse_pipeline` reads it, or such texts and passes of the caller's own.
Passes = str | Sequence[str | Run]


class Step(NamedTuple):
    """A pass of a pipeline with its options."""

    row: Pass
    options: dict[str, str]


_STEP: Final = re.compile(r"\s*([\w-]+)\s*(?:\{([^{}]*)\})?\s*(?:,|$)")


def parse_pipeline(text: str) -> list[Step]:
    """The steps that a text like `gvn{table=scoped},dce` names; UsageError for a pass or option that does not exist."""
    steps = []
    position = 0
    while position < len(text.rstrip()):
        match = _STEP.match(text, position)
        if match is None:
            raise UsageError(f"no pipeline: {text[position : position + 40]!r}; one looks like gvn{{table=scoped}},dce")
        steps.append(_parse_step(match[1].replace("-", "_"), match[2] or ""))
        position = match.end()
    return steps


def _steps(passes: Passes) -> list[Step]:
    """The steps of a text, or of a sequence of texts and functions."""
    if isinstance(passes, str):
        return parse_pipeline(passes)
    if not isinstance(passes, Iterable):
        raise UsageError(f"passes are a text, or a sequence of names and functions, and no {type(passes).__name__}")
    steps: list[Step] = []
    for item in passes:
        if callable(item):
            name = getattr(item, "__name__", "pass")
            steps.append(Step(Pass(name, _counting(name, item), "a pass of the caller's own"), {}))
        elif isinstance(item, str):
            steps += parse_pipeline(item)
        else:
            raise UsageError(f"a pass is a name or a function, and no {type(item).__name__}")
    return steps


def _counting(name: str, run: Run) -> Run:
    """A pass of the caller's own that is held to giving the number of its rewrites."""

    def counted(function: Function, context: Context) -> int:
        changes = run(function, context)
        if not isinstance(changes, int):
            raise UsageError(f"the pass {name} gave a {type(changes).__name__}, and not the number of its rewrites")
        return changes

    return counted


def _parse_step(name: str, text: str) -> Step:
    row = PASSES.get(name)
    if row is None:
        raise UsageError(unknown("pass", name, PASSES))
    if not text:
        return Step(row, {})
    known = list(inspect.signature(row.run).parameters)[2:]
    options = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        key, _, value = item.partition("=")
        if key.strip() not in known:
            raise UsageError(f"{name} has no option {key.strip()!r}; it has: {', '.join(known) or 'none'}")
        options[key.strip()] = value.strip()
    return Step(row, options)


def optimize(module: Module, passes: Passes | None = None, level: int = 2, context: Context | None = None) -> Module:
    """An optimised copy of `module`, which stays as it is.

    `passes` names the passes to run in this order, else `level` chooses: a text as `parse_pipeline` reads it, or a
    sequence of such texts and of passes of the caller's own, `run(function, context) -> int`. Raises UsageError for a
    pass that does not exist.
    """
    if not isinstance(module, Module):
        raise UsageError(f"a module is optimised, not a {type(module).__name__}; `ssair.parse` makes one")
    with garbage_collection_paused():
        copy = module.clone()
        run_pipeline(copy, passes, level, context)
        return copy


def run_pipeline(module: Module, passes: Passes | None = None, level: int = 2, context: Context | None = None) -> int:
    """Optimise `module` in place, by `passes` or `level` as `optimize` takes them; gives the number of changes made."""
    if level not in LEVELS:
        raise UsageError(f"no level {level!r}; there are: {', '.join(map(str, LEVELS))}")
    steps = _steps(LEVELS[level] if passes is None else passes)
    given = context if context is not None else Context()
    given.call_effects = {}
    changes = 0
    with garbage_collection_paused():
        for whole_module, group in groupby(steps, lambda step: step.row.whole_module):
            if whole_module:
                changes += sum(_run_module_step(step, module, given) for step in group)
            else:
                changes += _run_steps(list(group), list(module.functions.values()), given)
    return changes


def _run_steps(steps: list[Step], functions: list[Function], context: Context) -> int:
    """Run passes over functions, all over one before the next; what nobody looks at costs next to nothing."""
    changes = 0
    watched = context.is_watched
    rows = [(step.row.name, step.row.run, step.options) for step in steps]
    for function in functions:
        for name, run, options in rows:
            context.begin(name, function.name)
            if watched:
                changes += _run_watched(name, run, options, function, [function], context)
            else:
                changes += run(function, context, **options)
            if name not in PASSES:
                context.call_effects = {}  # who knows what a pass of the caller's own does
    return changes


def _run_module_step(step: Step, module: Module, context: Context) -> int:
    context.begin(step.row.name)
    return _run_watched(step.row.name, step.row.run, step.options, module, module.functions.values(), context)


def _run_watched(
    name: str,
    run: Callable[..., int],
    options: dict[str, str],
    subject: Function | Module,
    functions: Iterable[Function],
    context: Context,
) -> int:
    """Run a pass over a function or module; note how long it takes, and show `functions` to who wants to see them."""
    start = time.perf_counter()
    changes = run(subject, context, **options)
    if context.time_passes:
        context.times[name] = context.times.get(name, 0.0) + time.perf_counter() - start
    for function in functions:
        if context.after_pass is not None:
            context.after_pass(name, function)
        if context.verify_each:
            from ssair.verifier import verify

            verify(function)
    return changes


def _check_orders() -> None:
    for level, text in LEVELS.items():
        names = [name for step in parse_pipeline(text) for name in DOES.get(step.row.name, (step.row.name,))]
        for order in ORDERS:
            if order.after in names:
                assert order.before in names[: names.index(order.after)], f"level {level}: {order}"
        if "drop_refinements" in names:
            assert set(names[names.index("drop_refinements") + 1 :]) <= AFTER_DROP, f"level {level}: drop_refinements"


_check_orders()
