"""Hunting: programs of many seeds put to oracles, in batches that processes can share.

A `Hunt` says what is tried, in words that can be sent to another process; `hunt_batch` tries the seeds of a range. The
generated modules are valid by construction (the tests hold the generators to that), so they are not verified first.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ssair.testing.choices import SeededChoices
from ssair.testing.differences import NO_FAULT, Difference, shown_fault
from ssair.testing.directed_arguments import module_arguments
from ssair.testing.generator import generate_program
from ssair.testing.modules import generate_module
from ssair.testing.oracles import CALLS, Settings, Subject, check_subject, subject_of
from ssair.testing.passes import read_passes

BOTH = "both"
_FUN_EVERY = 8  # programs in Fun take five times as long, most of it for text


@dataclass(frozen=True, slots=True)
class Hunt:
    """What is tried: oracles, a pipeline as text or a level, front ends (`fun`, `ssair`, `both`), and sizes or None."""

    against: tuple[str, ...]
    passes: str | None = None
    level: int = 2
    frontend: str = BOTH
    size: int | None = None


@dataclass(slots=True)
class Catch:
    """What came of some seeds."""

    programs: int = 0
    instructions: int = 0
    calls: int = 0
    found: list[tuple[int, Difference]] = field(default_factory=list)

    def add(self, other: Catch) -> None:
        """Count another catch in."""
        self.programs += other.programs
        self.instructions += other.instructions
        self.calls += other.calls
        self.found += other.found


def hunt_batch(hunt: Hunt, first: int, count: int) -> Catch:
    """Try the seeds from `first` on."""
    settings = Settings(None if hunt.passes is None else read_passes(hunt.passes), hunt.level)
    catch = Catch()
    for seed in range(first, first + count):
        catch.programs += 1
        subject = _subject(hunt, seed)
        if isinstance(subject, Difference):
            catch.found.append((seed, subject))
            continue
        found = check_subject(subject, settings, hunt.against)
        catch.calls += len(subject.calls) + len(subject.endless)
        catch.instructions += sum(
            len(block.instrs) for function in subject.module.functions.values() for block in function.blocks
        )
        if found is not None:
            catch.found.append((seed, found))
    return catch


def _subject(hunt: Hunt, seed: int) -> Subject | Difference:
    """The program of a seed with its calls, or how the front end failed of a program in Fun, all of which are valid."""
    exact = "kernel" in hunt.against
    sized = {} if hunt.size is None else {"size": hunt.size}
    if hunt.frontend == "fun" or (hunt.frontend == BOTH and seed % _FUN_EVERY == 0):
        varied = not exact and SeededChoices(seed).below(4) == 3
        program = generate_program(seed, **sized, exact_floats=exact, varied=varied)
        try:
            return subject_of(program, None, seed)
        except Exception as fault:
            return Difference("front end", "the program", None, NO_FAULT, shown_fault(fault), "fun", program.source)
    module = generate_module(seed, **sized, exact_floats=exact, endless=not exact)
    return Subject(module, "", module_arguments(module, seed, CALLS))
