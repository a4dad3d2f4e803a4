"""The oracles: questions to which a correct compiler has one answer, asked of any program.

    check_program(program)                          None, or the Difference that was found
    check_program(program, against=("kernel",))     by other oracles, rows of `ORACLES`
    check_pass(run)                                 a pass of your own, on generated modules

A program is a generated `Program`, the text of a Fun program, or a `Module`. Each oracle compares with what the
interpreter gives for the program before any pass: results bit for bit, the trap with its place and values, the lines
printed. The interpreter asserts every fact and refinement that it meets, so that a wrong fact is found even where
nothing uses it. Whatever ssair itself raises on the way is a difference as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from ssair.collection import garbage_collection_paused
from ssair.context import Context, Fuel
from ssair.interp import DepthExceeded, Endless, Outcome, Plans, StepsExceeded, execute, to_argument
from ssair.ir import Function, Module
from ssair.memory import MemoryFault
from ssair.passes.value_table import TABLES
from ssair.pipeline import LEVELS, Passes, run_pipeline
from ssair.signature import wanted_arguments
from ssair.sources import UsageError, load
from ssair.suggestions import unknown
from ssair.testing.choices import SeededChoices
from ssair.testing.differences import NO_FAULT, Difference, shown_endless, shown_fault, shown_misuse, shown_outcome
from ssair.testing.directed_arguments import Arguments, module_arguments
from ssair.testing.generator import Program
from ssair.testing.metamorphic import CHANGES
from ssair.testing.modules import DEFAULT_SIZE, generate_module
from ssair.testing.outcomes import difference, may_go_on_alike, tells_calls
from ssair.verifier import verify

MAXIMUM_STEPS: Final = 20_000
"""A run that is longer tells nothing, unless it is seen to be endless: calls that need more are left out."""
CALLS: Final = 3
_FUEL_STEPS: Final = 24


@dataclass(frozen=True, slots=True)
class Settings:
    """How the program is optimised, as `optimize` takes it, and how exact floats of kernels must be."""

    passes: Passes | None = None
    level: int = 2
    tolerance: float = 1e-12


@dataclass(slots=True)
class Subject:
    """A program under test: the module as built, the Fun text if there is one, the calls and what they give.

    Calls that never end stand apart, in `endless`, and so do those that use memory wrongly, in `misusing`, with the
    lines that they print before.
    """

    module: Module
    source: str
    calls: list[Arguments]
    expected: list[Outcome] = field(default_factory=list)
    endless: list[tuple[Arguments, Endless]] = field(default_factory=list)
    misusing: list[tuple[Arguments, list[str]]] = field(default_factory=list)

    def run(self) -> None:
        """Find what the calls give; those that run too long, or need too much memory, are dropped."""
        kept: list[Arguments] = []
        plans: Plans = {}
        for call in self.calls:
            lines: list[str] = []
            try:
                self.expected.append(
                    execute(
                        self.module, call, max_steps=MAXIMUM_STEPS, on_print=lines.append, plans=plans, watched=True
                    )
                )
                kept.append(call)
            except Endless as endless:
                self.endless.append((call, endless))
            except MemoryFault:
                self.misusing.append((call, lines))
            except (StepsExceeded, DepthExceeded, MemoryError):
                pass
        self.calls = kept


class Disagreement(Exception):
    """Carries a difference out of a pipeline; `check_program` gives it back."""

    def __init__(self, found: Difference) -> None:
        super().__init__(str(found))
        self.found = found


class Stage:
    """One oracle at work: it raises `Disagreement` where something differs, and knows where it is meanwhile."""

    def __init__(self, oracle: str, subject: Subject, settings: Settings) -> None:
        self.oracle = oracle
        self.subject = subject
        self.settings = settings
        self.call: Arguments | None = None
        #: The pipeline under way, where the pass is what the stage is called by.
        self.context: Context | None = None
        self._name = "the program as it is"

    @property
    def name(self) -> str:
        """Where the oracle is by now."""
        if self.context is None:
            return self._name
        progress = self.context.progress
        return f"{progress.pass_name} of @{progress.function}" if progress.function else progress.pass_name

    @name.setter
    def name(self, name: str) -> None:
        self._name = name

    def after_pass(self, function: Function, module: Module) -> None:
        """Verify a function that a pass was over, and compare the module that it is in."""
        verify(function)
        self.compare(module)

    def compare(self, module: Module, *, calls: bool = True) -> None:
        """Run all calls on `module` and compare; with `calls`, the calls that led to a trap as well."""
        plans: Plans = {}
        for call, expected in zip(self.subject.calls, self.subject.expected, strict=True):
            self.call = call
            found = execute(module, call, max_steps=2 * MAXIMUM_STEPS, plans=plans)
            leaks = expected.results is not None and expected.live != found.live
            if leaks or difference(expected, found) or (calls and not tells_calls(expected, found)):
                self.disagree(_with_leaks(expected, leaks), _with_leaks(found, leaks))
            self.call = None
        for call, endless in self.subject.endless:
            self.call = call
            self._compare_endless(module, endless, plans)
            self.call = None
        for call, lines in self.subject.misusing:
            self.call = call
            self._compare_misusing(module, lines, plans)
            self.call = None

    def _compare_endless(self, module: Module, expected: Endless, plans: Plans) -> None:
        """Run the current call, which must not end either, nor print anything else."""
        assert self.call is not None
        lines: list[str] = []
        silent = False
        try:
            ended = execute(
                module, self.call, max_steps=MAXIMUM_STEPS, on_print=lines.append, plans=plans, watched=True
            )
            self.disagree(shown_endless(expected.lines), _with_leaks(ended, False))
        except Endless as found:
            silent = found.silent
        except (StepsExceeded, DepthExceeded):
            pass
        if not may_go_on_alike(expected.lines, expected.silent, lines, silent):
            self.disagree(shown_endless(expected.lines), shown_endless(lines))

    def _compare_misusing(self, module: Module, expected: list[str], plans: Plans) -> None:
        """Run the current call, which must use memory wrongly as well, having printed the same."""
        assert self.call is not None
        lines: list[str] = []
        try:
            ended = execute(module, self.call, max_steps=2 * MAXIMUM_STEPS, on_print=lines.append, plans=plans)
            self.disagree(shown_misuse(expected), _with_leaks(ended, False))
        except MemoryFault:
            if lines != expected:
                self.disagree(shown_misuse(expected), shown_misuse(lines))

    def disagree(self, expected: str, found: str) -> None:
        """Report two outcomes of the current call."""
        raise Disagreement(Difference(self.oracle, self.name, self.call, expected, found))

    def optimized(self, module: Module, context: Context | None = None, passes: Passes | None = None) -> Module:
        """A copy of `module` after the passes, verified."""
        copy = module.clone()
        run_pipeline(copy, self.settings.passes if passes is None else passes, self.settings.level, context)
        verify(copy)
        return copy


def _with_leaks(outcome: Outcome, leaks: bool) -> str:
    return shown_outcome(outcome) + (f", {outcome.live} regions left" if leaks else "")


# ---- the oracles --------------------------------------------------------------------------------------------------


def _at_the_end(stage: Stage) -> None:
    """The program after all passes."""
    stage.name = "all passes"
    stage.compare(stage.optimized(stage.subject.module))


def _after_every_pass(stage: Stage) -> None:
    """The program after each pass over each function."""
    copy = stage.subject.module.clone()
    context = Context(after_pass=lambda name, function: stage.after_pass(function, copy))
    stage.context = context
    run_pipeline(copy, stage.settings.passes, stage.settings.level, context)
    stage.context = None
    stage.name = "all passes"
    verify(copy)


def _every_fuel(stage: Stage) -> None:
    """The program after the first so many rewrites: each number of them if there are few, else some."""
    whole = Context()
    stage.optimized(stage.subject.module, whole)
    spent = whole.fuel.spent
    for limit in range(0, spent + 1, max(1, spent // _FUEL_STEPS)):
        stage.name = f"{limit} of {spent} rewrites"
        stage.compare(stage.optimized(stage.subject.module, Context(fuel=Fuel(limit))))


def _tables(stage: Stage) -> None:
    """The three tables of value numbering give one program."""
    passes = stage.settings.passes if stage.settings.passes is not None else LEVELS[stage.settings.level]
    if not isinstance(passes, str):
        return
    texts: dict[str, str] = {}
    for table in TABLES:
        named = re.sub(r"\bgvn\b(?!\{)", f"gvn{{table={table}}}", passes)
        texts[table] = str(stage.optimized(stage.subject.module, passes=named))
    first = next(iter(texts))
    for table, text in texts.items():
        stage.name = f"the tables {first} and {table}"
        if text != texts[first]:
            stage.disagree(*_first_difference(texts[first], text))


def _printed_and_read(stage: Stage) -> None:
    """The text of the module, before and after the passes, read and printed again."""
    from ssair.parser import parse_module

    for name, module in (
        ("the text of the program", stage.subject.module),
        ("the text of the optimised program", stage.optimized(stage.subject.module)),
    ):
        stage.name = name
        text = str(module)
        read = parse_module(text)
        if str(read) != text:
            stage.disagree(*_first_difference(text, str(read)))
        stage.compare(read, calls=False)  # the text says where checks stand, not where calls do


def _twice(stage: Stage) -> None:
    """Optimised twice, the program is the same."""
    stage.name = "optimised twice"
    first, second = (str(stage.optimized(stage.subject.module)) for _ in range(2))
    if first != second:
        stage.disagree(*_first_difference(first, second))


def _changed(stage: Stage) -> None:
    """The program after each change that keeps its meaning, before and after the passes."""
    choices = SeededChoices(len(stage.subject.calls) + len(stage.subject.module.functions))
    for name, change in CHANGES.items():
        copy = stage.subject.module.clone()
        stage.name = f"the change {name}"
        change(copy, choices)
        verify(copy)
        stage.compare(copy)
        stage.name = f"all passes after the change {name}"
        stage.compare(stage.optimized(copy))


def _evaluated(stage: Stage) -> None:
    """The plain evaluator of the syntax tree, which shares nothing with what comes after the checker."""
    if not stage.subject.source:
        return
    from ssair.testing.plain_oracle import compare_with_evaluator

    stage.name = "the plain evaluator"
    for call, found in zip(stage.subject.calls, stage.subject.expected, strict=True):
        stage.call = call
        told = compare_with_evaluator(stage.subject.source, stage.subject.module.entry().name, call, found)
        if told is not None:
            stage.disagree(*told)


def _as_kernel(stage: Stage) -> None:
    """The program as a kernel, compiled by JAX; what a kernel cannot have is not compared."""
    from ssair.kernel import Kernel, compile_module
    from ssair.testing.kernel_oracle import compare_with_kernel

    stage.name = "the kernel"
    settings, module = stage.settings, stage.subject.module

    def make() -> Kernel:
        if settings.passes is None:
            return compile_module(module, level=settings.level)
        return Kernel(stage.optimized(module), module)

    for call, told in compare_with_kernel(make, stage.subject, settings.tolerance):
        stage.call = call
        stage.disagree(*told)


def _first_difference(expected: str, found: str) -> tuple[str, str]:
    """The first lines of two texts that differ."""
    pairs = zip([*expected.splitlines(), ""], [*found.splitlines(), ""], strict=False)
    left, right = next(((left, right) for left, right in pairs if left != right), ("", ""))
    return f"the line {left.strip()!r}", f"{right.strip()!r}"


class Oracle(NamedTuple):
    """One row: the name, what asks, and what it asks."""

    name: str
    ask: Callable[[Stage], None]
    summary: str


ORACLES: Final[dict[str, Oracle]] = {
    row.name: row
    for row in (
        Oracle("interp", _at_the_end, "the interpreter, before and after all passes"),
        Oracle("passes", _after_every_pass, "the interpreter after every pass over every function"),
        Oracle("fuel", _every_fuel, "the interpreter after the first so many rewrites"),
        Oracle("tables", _tables, "the three tables of value numbering with each other"),
        Oracle("text", _printed_and_read, "the printed module, read again"),
        Oracle("twice", _twice, "the optimiser with itself"),
        Oracle("changes", _changed, "the program after changes that keep its meaning"),
        Oracle("plain", _evaluated, "the plain evaluator of the syntax tree (Fun programs)"),
        Oracle("kernel", _as_kernel, "the kernel that JAX compiles"),
    )
}
DEFAULT: Final = ("interp",)


# ---- asking -------------------------------------------------------------------------------------------------------


def check_program(
    program: Program | Module | str,
    *,
    passes: Passes | None = None,
    level: int = 2,
    against: Sequence[str] = DEFAULT,
    arguments: Sequence[Sequence[object]] | None = None,
    seed: int = 0,
) -> Difference | None:
    """The first difference that an oracle finds in a program; None if there is none.

    `passes` and `level` are as for `ssair.optimize`: passes of your own are functions `run(function, context) -> int`
    among the names. `against` names rows of `ORACLES`. `arguments` are argument tuples for the entry; without them some
    are drawn from the program's own constants, equal ones for equal seeds.

    Raises: SourceError for a program that is faulty, VerifierError for a module that is, UsageError for a pass or an
    oracle that does not exist, and for a wrong number of arguments.

    Example:
        >>> check_program("fn main(x: i64) = x + 0 - x\\n") is None
        True
    """
    for name in against:
        if name not in ORACLES:
            raise UsageError(unknown("oracle", name, ORACLES))
    subject = subject_of(program, arguments, seed)
    return check_subject(subject, Settings(passes, level), against)


def subject_of(program: Program | Module | str, arguments: Sequence[Sequence[object]] | None, seed: int) -> Subject:
    """The program made ready: built, verified, with calls and what they give."""
    source = program.source if isinstance(program, Program) else program if isinstance(program, str) else ""
    module = program if isinstance(program, Module) else load(source, "fun")
    if isinstance(program, Program):
        module.entry_name = program.entry
    verify(module)
    if arguments is not None:
        calls = [_call(module.entry(), row) for row in arguments]
    elif isinstance(program, Program):
        calls = list(program.arguments(seed, CALLS))
    else:
        calls = module_arguments(module, seed, CALLS)
    return Subject(module, source, calls)


def _call(function: Function, values: Sequence[object]) -> Arguments:
    if len(values) != len(function.params):
        raise UsageError(f"{wanted_arguments(len(function.params))}, not {len(values)}")
    return tuple([to_argument(param, value) for param, value in zip(function.params, values, strict=True)])


def check_subject(subject: Subject, settings: Settings, against: Sequence[str] = DEFAULT) -> Difference | None:
    """As `check_program`, for a program that was made ready."""
    found: Difference | None = None
    with garbage_collection_paused():
        for name in ("run", *against):
            found = _asked(name, subject, settings)
            if found is not None:
                break
    if found is not None and found.oracle == "interp":
        found = _asked("passes", subject, settings) or found  # which pass it was
    if found is None:
        return None
    if subject.source:
        return replace(found, frontend="fun", source=subject.source)
    return replace(found, frontend="ssair", source=str(subject.module))


def _asked(name: str, subject: Subject, settings: Settings) -> Difference | None:
    """What an oracle finds; `run` is the program without any."""
    stage = Stage(name, subject, settings)
    if name == "run":
        return faulty(stage, subject.run)
    return faulty(stage, lambda: ORACLES[name].ask(stage))


def faulty(stage: Stage, ask: Callable[[], None]) -> Difference | None:
    """The difference that `ask` raises, faults of ssair itself among that; None if it raises nothing."""
    try:
        ask()
    except Disagreement as disagreement:
        return disagreement.found
    except UsageError:
        raise
    except Exception as fault:
        return Difference(stage.oracle, stage.name, stage.call, NO_FAULT, shown_fault(fault))
    return None


def check_pass(
    run: Callable[..., int], *, count: int = 200, seed: int = 0, size: int = DEFAULT_SIZE, among: Passes = ""
) -> Difference | None:
    """The first difference that a pass of your own makes on `count` generated modules; None if it makes none.

    `run(function, context) -> int` is checked alone, and, if `among` names passes, once more with these before it: on
    what they leave behind.

    Example:
        >>> def idle(function, context):
        ...     return 0
        >>> check_pass(idle, count=5) is None
        True
    """
    before: list[str | Callable[..., int]] = [among] if isinstance(among, str) else list(among)
    for number in range(seed, seed + count):
        module = generate_module(number, size, endless=True)
        for passes in ([run], [*before, run])[: 1 + bool(among)]:
            found = check_program(module, passes=passes, against=("passes",), seed=number)
            if found is not None:
                return found
    return None
