"""How many programs a second one core puts through interpreter, full pipeline and interpreter, and what takes how long.

    python benchmarks/fuzzing.py [--count 2000] [--seed 1] [--level 2]

The programs are those of `ssairc fuzz --frontend ssair`, each with three calls, runs that never end among them; what is
optimised is verified, and the interpreter asserts every fact. Processor time, in microseconds a program.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable
from typing import Final, TypeVar

from ssair.collection import garbage_collection_paused
from ssair.context import Context
from ssair.pipeline import run_pipeline
from ssair.testing.directed_arguments import module_arguments
from ssair.testing.modules import generate_module
from ssair.testing.oracles import CALLS, Settings, Stage, Subject
from ssair.verifier import verify

_BATCH: Final = 100
_WARM: Final = 50
_VERIFIER: Final = "verifier"
Result = TypeVar("Result")


class Clock:
    """Processor time by what it was spent on."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()

    def timed(self, what: str, work: Callable[[], Result]) -> Result:
        """What `work` gives; its time is added."""
        start = time.process_time()
        try:
            return work()
        finally:
            self.seconds[what] += time.process_time() - start


def tried(seed: int, level: int, clock: Clock) -> int:
    """Put the program of a seed to the oracle; gives how many instructions it has."""
    module = clock.timed("generator", lambda: generate_module(seed, endless=True))
    calls = clock.timed("arguments", lambda: module_arguments(module, seed, CALLS))
    subject = Subject(module, "", calls)
    clock.timed("interpreter, before", subject.run)
    copy = clock.timed("copy", module.clone)
    clock.timed("pipeline", lambda: run_pipeline(copy, None, level, Context()))
    clock.timed(_VERIFIER, lambda: verify(copy))
    clock.timed("interpreter, after", lambda: Stage("interp", subject, Settings()).compare(copy))
    return sum(len(block.instrs) for function in module.functions.values() for block in function.blocks)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=2000, help="how many programs (default: 2000)")
    parser.add_argument("--seed", type=int, default=1, help="the first of them (default: 1)")
    parser.add_argument("--level", type=int, default=2, help="of the pipeline (default: 2)")
    options = parser.parse_args()
    for seed in range(_WARM):
        tried(seed, options.level, Clock())
    clock, instructions = Clock(), 0
    for first in range(options.seed, options.seed + options.count, _BATCH):
        with garbage_collection_paused():
            for seed in range(first, min(first + _BATCH, options.seed + options.count)):
                instructions += tried(seed, options.level, clock)
    whole = clock.seconds.total()
    asked = whole - clock.seconds[_VERIFIER]
    print(f"programs of {instructions / options.count:.0f} instructions")
    print(f"{options.count / asked:.0f} a second through interpreter, pipeline and interpreter, generator included")
    print(f"{options.count / whole:.0f} a second with the verifier")
    for what, seconds in clock.seconds.items():
        print(f"{what:20} {1e6 * seconds / options.count:7.0f} {seconds / whole:5.0%}")


if __name__ == "__main__":
    main()
