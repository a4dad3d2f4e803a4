"""Imported where the source has a bug: put programs to the oracles until one finds it, and say what did: `hunt`.

A program on which the compiler does not come to its end within some seconds is found as well.
"""

from __future__ import annotations

import importlib
import itertools
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import ssair
from ssair.ir import Module
from ssair.pipeline import PASSES
from ssair.testing import corner_modules
from ssair.testing.arm_modules import arm_module
from ssair.testing.arm_scenes import SCENES
from ssair.testing.call_modules import call_module
from ssair.testing.carry_modules import carry_module
from ssair.testing.choices import SeededChoices
from ssair.testing.directed_arguments import module_arguments
from ssair.testing.ending_modules import ending_module
from ssair.testing.fun_drills import TURNS as DRILL_TURNS
from ssair.testing.fun_drills import drill
from ssair.testing.generator import generate_program
from ssair.testing.graph_modules import Shape, graph_module
from ssair.testing.inequality_modules import inequality_module
from ssair.testing.kernel_modules import kernel_module
from ssair.testing.memory_modules import memory_module
from ssair.testing.modules import ChoicesRandom, generate_module, structured_module
from ssair.testing.nest_modules import nest_module
from ssair.testing.oracles import CALLS, Settings, Subject, check_subject, subject_of
from ssair.testing.proof_modules import TURNS as PROOF_TURNS
from ssair.testing.proof_modules import proof_module
from ssair.testing.range_modules import range_module
from ssair.testing.rule_modules import TURNS as RULE_TURNS
from ssair.testing.rule_modules import rule_module
from ssair.testing.twin_modules import ARRAYS, LOOPS, twin_module
from ssair.testing.waiting_modules import waiting_module

Kind = Callable[[int], Subject]


class Turn(NamedTuple):
    """What is tried: a program of a seed, how it is optimised, and the oracles."""

    subject: Kind
    settings: Settings = Settings()
    against: tuple[str, ...] = ("interp",)


def _drawn(module: Module, seed: int, calls: int = CALLS) -> Subject:
    return Subject(module, "", module_arguments(module, seed, calls))


def _random(seed: int) -> ChoicesRandom:
    return ChoicesRandom(SeededChoices(seed))


def usual(seed: int) -> Subject:
    """A module as `ssairc fuzz` has them."""
    return _drawn(generate_module(seed, endless=True), seed)


def small(seed: int) -> Subject:
    """The same, small: most bugs need few instructions."""
    return _drawn(generate_module(seed, 7, endless=True), seed)


def exact(seed: int) -> Subject:
    """A module that a kernel takes, with floats that it does not round."""
    return _drawn(generate_module(seed, 12, exact_floats=True), seed)


def source(seed: int) -> Subject:
    """A small program in Fun."""
    return subject_of(generate_program(seed, 12, varied=seed % 4 == 3), None, seed)


def drills(seed: int) -> Subject:
    """A program in Fun of a few expressions, each kind in its turn."""
    subject = subject_of(drill(SeededChoices(seed), seed * DRILL_TURNS), None, seed)
    subject.calls = module_arguments(subject.module, seed, 4 * CALLS)
    return subject


def memory(seed: int) -> Subject:
    """A module that uses memory."""
    return _drawn(memory_module(_random(seed), 12), seed)


def daring(seed: int) -> Subject:
    """The same, where cells are written again that there may not be."""
    return _drawn(memory_module(_random(seed), 12, "beyond"), seed)


def meddling(seed: int) -> Subject:
    """The same, where cells that may be the same are used in front of arms and loops, in them, and behind."""
    return _drawn(memory_module(_random(seed), 9, "meddling"), seed)


def inequalities(seed: int) -> Subject:
    """A module whose checks are nearly proved."""
    return _drawn(inequality_module(_random(seed)), seed, 3 * CALLS)


def comparisons(seed: int) -> Subject:
    """A module whose comparisons are nearly decided."""
    return _drawn(inequality_module(_random(seed), asking=True), seed, 2 * CALLS)


def proofs(seed: int) -> Subject:
    """What proofs of inequalities go by, each thing in its turn."""
    return _drawn(proof_module(SeededChoices(seed), seed * PROOF_TURNS), seed, 3 * CALLS)


def arms(*themes: str) -> Kind:
    """Modules that compute the same in arms that know more and less."""

    def arms(seed: int) -> Subject:
        return _drawn(arm_module(_random(seed), themes or tuple(SCENES)), seed, 2 * CALLS)

    return arms


def calls(seed: int) -> Subject:
    """A module of functions that call each other."""
    return _drawn(call_module(_random(seed), endless=seed % 2 == 0), seed, 2 * CALLS)


def ranges(seed: int) -> Subject:
    """Straight code on values within bounds."""
    return _drawn(range_module(SeededChoices(seed)), seed, 2 * CALLS)


def corners(seed: int) -> Subject:
    """Every operation and test in its turn, on values at the ends of what is known of them."""
    return _corners(seed, "operations", CALLS)


def checked(seed: int) -> Subject:
    """The same of every check."""
    return _corners(seed, "checks", 2 * CALLS)


def divisions(seed: int) -> Subject:
    """The same of divisions that may become cheaper ones."""
    return _corners(seed, "divisions", 2 * CALLS)


def _corners(seed: int, kind: corner_modules.Kind, calls: int) -> Subject:
    module = corner_modules.corner_module(SeededChoices(seed), seed * corner_modules.TURNS, kind)
    return Subject(module, "", corner_modules.corner_arguments(module, seed, calls))


def rules(seed: int) -> Subject:
    """The same, with left sides of rules."""
    return _drawn(range_module(SeededChoices(seed), mostly="rules"), seed, 2 * CALLS)


def each_rule(seed: int) -> Subject:
    """The left side of every rule in its turn, and tests that are asked again."""
    return _drawn(rule_module(SeededChoices(seed), seed * RULE_TURNS), seed, 3 * CALLS)


def sums(seed: int) -> Subject:
    """The same, with sums of several terms and with quotients."""
    return _drawn(range_module(SeededChoices(seed), mostly="sums"), seed, 2 * CALLS)


def repetitions(seed: int) -> Subject:
    """A small module in which much is computed twice, or nearly so."""
    return _drawn(structured_module(SeededChoices(seed), 10, repetitive=True), seed, 2 * CALLS)


def integers(seed: int) -> Subject:
    """The same of integers, much of it: a kernel gives it exactly."""
    return _drawn(range_module(SeededChoices(seed), 60, integers=True), seed, 4 * CALLS)


def divided(seed: int) -> Subject:
    """A small module for kernels, of divisions and of values of either arm."""
    return _drawn(kernel_module(SeededChoices(seed)), seed, 5 * CALLS)


def twins(seed: int) -> Subject:
    """Loops that are written twice."""
    return _drawn(twin_module(_random(seed)), seed, 2 * CALLS)


def loops(seed: int) -> Subject:
    """Loops that are written twice."""
    return _drawn(twin_module(_random(seed), LOOPS), seed, 2 * CALLS)


def arrays(seed: int) -> Subject:
    """Comprehensions that are written twice."""
    return _drawn(twin_module(_random(seed), ARRAYS), seed, 2 * CALLS)


def carries(seed: int) -> Subject:
    """Loops whose carries begin equal."""
    return _drawn(carry_module(_random(seed)), seed)


def waiting(seed: int) -> Subject:
    """A module of loops that may go on for ever."""
    return _drawn(waiting_module(_random(seed)), seed)


def ending(seed: int) -> Subject:
    """What may never end, and nobody needs."""
    return _drawn(ending_module(_random(seed)), seed)


def nests(seed: int) -> Subject:
    """Functions that call each other three deep."""
    return _drawn(nest_module(_random(seed)), seed, 2 * CALLS)


def graph(seed: int) -> Subject:
    """A random graph of blocks."""
    return _drawn(graph_module(_random(seed), Shape(free_ways=0.3 * (seed % 2))), seed)


#: What every part of the compiler is tried with, and before that, what is written for the part that has the bug.
EVERYTHING: Final[tuple[Kind, ...]] = (
    small, ranges, calls, inequalities, memory, graph, usual, source, arms(), twins, waiting, repetitions,
)  # fmt: skip
KINDS: Final[dict[str, tuple[Kind, ...]]] = {
    "bounds": (proofs, proofs, comparisons, proofs, proofs, inequalities),
    "calls": (nests, calls, ending),
    "checks": (checked, proofs, checked, inequalities),
    "control": (ending, arms("told"), calls, arms("cases", "columns"), ending, small, graph),
    "facts": (corners, corners, corners, ranges),
    "front_end": (drills, drills, drills, source),
    "kernel": (divided, divided, divided, exact),
    "memory": (meddling, memory, meddling, daring),
    "motion": (arms("shared", "shared", "joined", "guarded", "leaving"),),
    "terms": (sums, divisions),
    "numbering": (arms("twice"), arms("twice", "versions"), arms("versions", "shared", "columns")),
    "partition": (loops, arrays, carries, arms("chosen"), arrays),
    "refinement": (arms("equal"), arms("asked", "asked", "cases", "elements")),
    "rules": (each_rule, each_rule, each_rule, rules),
}
#: The passes that a part is about, where more than these have its bugs in them.
PASSES_OF: Final[dict[str, tuple[str, ...]]] = {
    "bounds": ("bounds",),
    "calls": ("inline", "call_facts", "purity"),
    "checks": ("simplify", "bounds"),
    "control": ("clean_cfg", "if_convert", "sccp", "dce", "purity"),
    "memory": ("memory",),
    "motion": ("motion",),
    "numbering": ("gvn", "gvn_simplify", "lvn", "partition"),
    "partition": ("partition",),
    "refinement": ("refine",),
    "rules": ("simplify",),
    "terms": ("reassociate", "drop_refinements"),
}
#: How a pass is tried: alone, and behind others that let it do more; with what uses it, where it only finds something.
BEFORE: Final = "clean_cfg,refine,simplify"
USES: Final[dict[str, str]] = {
    "purity": "purity,gvn,dce,motion,memory",
    "call_facts": "call_facts,inline",
    "memory": "purity,memory",
    "motion": "purity,call_facts,motion",
    "refine": "refine,simplify",
    "drop_refinements": "refine,drop_refinements",
}
#: The oracles that take longer, and for how many programs once.
THOROUGH: Final = ("passes", "tables", "text", "twice", "changes")
_THOROUGH_EVERY: Final = 401
_TABLES_EVERY: Final = 4
#: Of so many programs one is of any kind.
_ANY_KIND_EVERY: Final = 5
#: A pass is not tried alone where more than so many have the bug in them.
_MOST_PASSES: Final = 6
#: A kernel takes a second and more to compile; nothing else takes so long.
_ENDLESS: Final = 2.0
_ENDLESS_COMPILATION: Final = 60.0


class Endless(BaseException):
    """The compiler did not come to its end; no oracle catches it."""


def _stop(number: int, frame: object) -> None:
    raise Endless


def pipelines_of(modules: frozenset[str], part: str = "") -> tuple[str | None, ...]:
    """The pipelines for a bug in one of these modules, None being all passes; `""` where too many passes have it."""
    own = [row.name for row in PASSES.values() if row.run.__module__ in modules]
    own = [name for name in own if name in PASSES_OF.get(part, ())] or own
    if len(own) > _MOST_PASSES:
        return *[""] * 8, "refine,sccp,simplify", None
    alone = [USES.get(name, name) for name in own]
    return (*alone, *alone, *alone, *(f"{BEFORE},{passes}" for passes in alone), None)


def turns(part: str, modules: frozenset[str]) -> Iterator[Turn]:
    """What is tried, without end."""
    kinds = KINDS.get(part, EVERYTHING)
    pipelines = pipelines_of(modules, part)
    for number in itertools.count():
        any_kind = number % _ANY_KIND_EVERY == _ANY_KIND_EVERY - 1 and part not in ("kernel", "front_end")
        kind = EVERYTHING[number // _ANY_KIND_EVERY % len(EVERYTHING)] if any_kind else kinds[number % len(kinds)]
        passes = pipelines[number // len(kinds) % len(pipelines)]
        if part == "kernel":
            yield Turn(kind, against=("kernel",))
        elif kind in (source, drills):
            yield Turn(kind, against=("plain",) if part == "front_end" else ("interp",))
        elif number % _THOROUGH_EVERY == _THOROUGH_EVERY - 1:
            yield Turn(kind, Settings(level=3), THOROUGH)
        elif passes == "":
            yield Turn(kind, against=())  # whatever is run asserts the facts of the program
        else:
            tables = "gvn" in (passes or "") and number % _TABLES_EVERY == 0
            yield Turn(kind, Settings(passes), ("interp", "tables") if tables else ("interp",))


class Trial(NamedTuple):
    """Something that is tried: it gives what found the bug, or "" if nothing did, within so many seconds of CPU."""

    ask: Callable[[], str]
    most: float


def trials(part: str, modules: frozenset[str], first: int) -> Iterator[Trial]:
    """What is tried, without end: the turns, or the maps of a kernel for the part that makes these."""
    if part == "mapping":
        maps = importlib.import_module("maps")
        for number in itertools.count(first):
            yield Trial(partial(_map, maps.difference, number), _ENDLESS_COMPILATION)
    for number, turn in enumerate(turns(part, modules), first):
        most = _ENDLESS_COMPILATION if "kernel" in turn.against else _ENDLESS
        yield Trial(partial(_asked, turn, number), most)


def _map(difference: Callable[[int], str], number: int) -> str:
    told = difference(number)
    return f"maps: {told.partition(':')[0]}" if told else ""


def _asked(turn: Turn, number: int) -> str:
    """The oracle that finds something and where, or what the front end raises, which no oracle asks to be right."""
    try:
        found = check_subject(turn.subject(number), turn.settings, turn.against)
    except Exception as fault:
        return f"{type(fault).__name__} in {turn.subject.__name__}"
    return f"{found.oracle}: {found.stage}" if found is not None else ""


def hunt(seed: int, seconds: float, part: str, modules: Iterable[str] = ()) -> dict[str, object]:
    """What finds the bug first. It is in `modules`, one of which has been changed and the others import that.

    Gives `by` (the oracle and where it was; empty if none found anything), `programs`, and `seconds` of CPU, all that
    this process has had.
    """
    assert Path(ssair.__file__).resolve().is_relative_to(Path.cwd()), "the copy is what is tested"
    signal.signal(signal.SIGPROF, _stop)
    programs, by = 0, ""
    for ask, most in trials(part, frozenset(modules), seed * 1_000_000):
        programs += 1
        signal.setitimer(signal.ITIMER_PROF, most)
        try:
            by = ask()
        except Endless:
            by = "does not end"
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        if by or time.process_time() >= seconds:
            break
    return {"by": by, "programs": programs, "seconds": time.process_time()}
