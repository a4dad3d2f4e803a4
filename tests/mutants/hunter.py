"""Imported where the source has a bug: put programs to the oracles until one finds it, and say what did: `hunt`.

A program on which the compiler does not come to its end within some seconds is found as well.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

import ssair
from ssair.ir import Module
from ssair.testing.call_modules import call_module
from ssair.testing.choices import SeededChoices
from ssair.testing.directed_arguments import module_arguments
from ssair.testing.generator import generate_program
from ssair.testing.graph_modules import graph_module
from ssair.testing.inequality_modules import inequality_module
from ssair.testing.memory_modules import memory_module
from ssair.testing.modules import ChoicesRandom, generate_module
from ssair.testing.oracles import CALLS, Settings, Subject, check_subject, subject_of


class Turn(NamedTuple):
    """What is tried: a program of a seed, how it is optimised, and the oracles."""

    subject: Callable[[int], Subject]
    settings: Settings = Settings()
    against: tuple[str, ...] = ("interp",)


def _drawn(module: Module, seed: int, calls: int = CALLS) -> Subject:
    return Subject(module, "", module_arguments(module, seed, calls))


def _random(seed: int) -> ChoicesRandom:
    return ChoicesRandom(SeededChoices(seed))


def usual(seed: int) -> Subject:
    """A module as `ssairc fuzz` has them."""
    return _drawn(generate_module(seed), seed)


def small(seed: int) -> Subject:
    """The same, small: most bugs need few instructions."""
    return _drawn(generate_module(seed, 7), seed)


def exact(seed: int) -> Subject:
    """A module that a kernel takes, with floats that it does not round."""
    return _drawn(generate_module(seed, 12, exact_floats=True), seed)


def source(seed: int) -> Subject:
    """A small program in Fun."""
    return subject_of(generate_program(seed, 12, varied=seed % 4 == 3), None, seed)


def memory(seed: int) -> Subject:
    """A module that uses memory."""
    return _drawn(memory_module(_random(seed), 12), seed)


def inequalities(seed: int) -> Subject:
    """A module whose checks are nearly proved."""
    return _drawn(inequality_module(_random(seed)), seed, 3 * CALLS)


def calls(seed: int) -> Subject:
    """A module of functions that call each other."""
    return _drawn(call_module(_random(seed)), seed, 2 * CALLS)


def graph(seed: int) -> Subject:
    """A random graph of blocks."""
    return _drawn(graph_module(_random(seed)), seed)


_ALL: Final = ("tables", "text", "twice", "changes")
_OTHERS: Final = Settings("clean_cfg,simplify,lvn,if_convert,sccp,gvn,dce")
#: What is tried in turn.
TURNS: Final = (
    Turn(small),
    Turn(inequalities),
    Turn(calls),
    Turn(memory),
    Turn(calls, _OTHERS),
    Turn(inequalities),
    Turn(small, against=("passes",)),
    Turn(memory),
    Turn(source, against=("interp", "plain")),
    Turn(inequalities, Settings(level=3)),
    Turn(calls),
    Turn(usual, Settings(level=3)),
    Turn(graph),
    Turn(calls, _OTHERS),
    Turn(memory, against=("passes",)),
    Turn(inequalities, against=("passes",)),
    Turn(small, against=_ALL),
)
#: What is tried two times of three where the bug is in a part that such programs are written for.
DIRECTED: Final[dict[str, tuple[Turn, ...]]] = {
    "bounds": (Turn(inequalities),),
    "checks": (Turn(inequalities), Turn(small)),
    "memory": (Turn(memory), Turn(memory, against=("passes",))),
    "calls": (Turn(calls),),
    "control": (Turn(calls, _OTHERS), Turn(small), Turn(calls)),
    "front_end": (Turn(source, against=("interp", "plain")),),
    "kernel": (Turn(exact, against=("kernel",)),),
}
#: A kernel takes a second and more to compile; nothing else takes so long.
_ENDLESS: Final = 8.0
_ENDLESS_COMPILATION: Final = 60.0


class Endless(BaseException):
    """The compiler did not come to its end; no oracle catches it."""


def _stop(number: int, frame: object) -> None:
    raise Endless


def turn_of(number: int, part: str) -> Turn:
    """What is tried with a seed."""
    directed = DIRECTED.get(part, ())
    if directed and (number % 3 or part == "kernel"):
        return directed[number // 3 % len(directed)]
    return TURNS[number // (3 if directed else 1) % len(TURNS)]


def hunt(seed: int, seconds: float, part: str) -> dict[str, object]:
    """What finds the bug first.

    Gives `by` (the oracle and where it was; empty if none found anything), `programs`, and `seconds` of CPU, all that
    this process has had.
    """
    assert Path(ssair.__file__).resolve().is_relative_to(Path.cwd()), "the copy is what is tested"
    signal.signal(signal.SIGPROF, _stop)
    number, by = seed * 1_000_000, ""
    while not by and time.process_time() < seconds:
        turn = turn_of(number, part)
        signal.setitimer(signal.ITIMER_PROF, _ENDLESS_COMPILATION if "kernel" in turn.against else _ENDLESS)
        try:
            found = check_subject(turn.subject(number), turn.settings, turn.against)
            by = f"{found.oracle}: {found.stage}" if found is not None else ""
        except Endless:
            by = "does not end"
        except Exception as fault:  # of the front end, which no oracle asks to be right
            by = f"{type(fault).__name__} in {turn.subject.__name__}"
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        number += 1
    return {"by": by, "programs": number - seed * 1_000_000, "seconds": time.process_time()}
