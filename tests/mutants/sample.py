"""`python -m tests.mutants.sample [FILE…] [--sample N] [--seed N]`: are small changes to the source noticed?

Some edits of each file (`edits.py`; by default of every pass and of what finds facts) are made in a copy, one at a
time. The fuzzer's oracles hunt for each as for the mutants of the catalogue; what they do not find goes to the goldens
of the passes that use the file, and to the tests named after it. What survives both is printed with its diff, to be
read: it wants a test, or a reason. Exit status: 0 if nothing survives, 1 if something does.
"""

from __future__ import annotations

import argparse
import difflib
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Final

from .catalogue import ROOT
from .edits import Edit, edits, sample
from .run import Copy, Verdict

#: What finds facts and relations, and what decides what may move, beside the passes.
_FACTS: Final = (
    "facts", "transfer", "transfer_floats", "transfer_refinements", "transfer_arrays",
    "refinement", "constants", "call_effects", "call_graph",
    "dominators", "common_dominators", "ancestors", "postdominators", "loops", "cfg", "static", "clone",
)  # fmt: skip

#: The parts of the catalogue by the names of files, or by their first words.
_PARTS: Final = {
    "bounds": "bounds", "check": "checks", "call": "calls", "inline": "calls", "purity": "calls",
    "clean": "control", "jump": "control", "useless": "control", "finite": "control", "if": "control",
    "dce": "control", "replace": "control", "cfg": "control", "loops": "control", "dominators": "numbering",
    "memory": "memory", "motion": "motion", "movement": "motion", "sinking": "motion", "version": "motion",
    "gvn": "numbering", "lvn": "numbering", "value": "numbering", "partition": "numbering", "equal": "numbering",
    "computations": "numbering", "copyprop": "numbering", "origins": "numbering", "replacement": "numbering",
    "refine": "refinement", "sccp": "refinement", "justification": "refinement", "known": "refinement",
    "weaken": "refinement", "drop": "refinement", "division": "refinement", "widening": "refinement",
    "simplify": "rules", "scalar": "rules", "array": "rules", "rule": "rules", "rules": "rules", "patterns": "rules",
    "conditions": "rules", "rewriting": "rules", "reassociate": "rules",
}  # fmt: skip
_IMPORTED: Final = re.compile(r"^from ssair\.passes\.(\w+) import", re.MULTILINE)
_MOST_GOLDENS: Final = 5
_ALONE: Final = ("-p", "no:xdist")
#: How pytest ends where no test is chosen.
_NOTHING_COLLECTED: Final = 5
#: Of CPU for the tests of one file of tests; none takes a third of it.
_MOST_SECONDS: Final = 60


def default_files() -> list[str]:
    """Every pass, and what finds facts."""
    passes = [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "passes").glob("[a-z]*.py"))]
    return [*passes, *(f"ssair/{name}.py" for name in _FACTS)]


def part_of(file: str) -> str:
    """The part of the compiler, as the catalogue calls it, that a file belongs to."""
    path = Path(file)
    return _PARTS.get(path.stem, _PARTS.get(path.stem.partition("_")[0], "" if path.parts[0] == "passes" else "facts"))


def users(folder: Path, module: str) -> list[str]:
    """The modules of passes that import a module of passes, directly or not, and itself; sorted."""
    imports = {
        path.stem: set(_IMPORTED.findall(path.read_text(encoding="utf-8"))) for path in (folder / "passes").glob("*.py")
    }
    found, work = {module}, [module]
    while work:
        name = work.pop()
        new = {user for user, used in imports.items() if name in used} - found
        found |= new
        work += new
    return sorted(found)


class FileTests:
    """The tests in a copy of the source; `about` runs those named after a file, and the goldens of its pass."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for part in ("tests", "examples"):
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", folder)

    def about(self, file: str, text: str) -> str:
        """The first test that fails with `text` in the place of a file; empty if none does."""
        path = self.folder / file
        kept, times = path.read_bytes(), path.stat()
        path.write_text(text, encoding="utf-8")
        try:
            return next(filter(None, map(self._failing, self.chosen(file))), "")
        finally:
            path.write_bytes(kept)
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))

    def chosen(self, file: str) -> list[list[str]]:
        """What pytest is asked, one time after the other: tests by the longest beginning of the name, and goldens."""
        words = Path(file).stem.split("_")
        for length in range(len(words), 0, -1):
            named = sorted((self.folder / "tests").glob(f"test_{'_'.join(words[:length])}*.py"))
            found = [[f"tests/{path.name}"] for path in named if not path.stem.endswith("_doc")]
            if found:
                return [*found, self._goldens(file)]
        return [self._goldens(file)]

    def _goldens(self, file: str) -> list[str]:
        """The goldens of the passes that use a file; all where these are many."""
        golden = self.folder / "tests" / "golden"
        using = users(self.folder, Path(file).stem) if file.startswith("passes/") else []
        names = [path.stem for path in sorted(golden.glob("*.ssair")) if path.stem in using]
        chosen = ["-k", " or ".join(f"{name}-" for name in names)] if 0 < len(names) <= _MOST_GOLDENS else []
        return ["tests/test_golden.py", *chosen]

    def _failing(self, asked: list[str]) -> str:
        # -B: compiled files are kept by time and length of their source, which an edit may share with the original
        command = [sys.executable, "-B", "-m", "pytest", "-x", "-q", "--no-header", "--tb=no", "-rfE", *_ALONE, *asked]
        ended = subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, check=False, preexec_fn=_limit_time
        )
        if ended.returncode in (0, _NOTHING_COLLECTED):
            return ""
        lines = [line for line in ended.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
        return f"test: {lines[0][:100] if lines else asked[0]}"


def _limit_time() -> None:
    """An edit may have made an endless loop; a test that is ended by a signal has failed."""
    resource.setrlimit(resource.RLIMIT_CPU, (_MOST_SECONDS, _MOST_SECONDS))


def diff(file: str, text: str, edit: Edit) -> str:
    """The lines that an edit changes, with one line around them."""
    lines = text.splitlines(), edit.applied(text).splitlines()
    told = difflib.unified_diff(*lines, file, edit.kind, lineterm="", n=1)
    return "\n".join("    " + line for line in list(told)[2:])


def try_edit(copy: Copy, tests: FileTests, file: str, edit: Edit, seed: int, seconds: float) -> Verdict:
    """What notices an edit: an oracle, or else the tests about the file."""
    changed = edit.applied((copy.folder / file).read_text(encoding="utf-8"))
    verdict = copy.hunt(file, changed, seed, seconds, part_of(file))
    return verdict._replace(by=tests.about(file, changed)) if verdict.survived else verdict


def chosen_edits(text: str, line: int, count: int, choices: random.Random) -> list[Edit]:
    """Some edits of a text, or all that begin on a line."""
    if not line:
        return sample(text, count, choices)
    return [edit for edit in edits(text) if text.count("\n", 0, edit.start) + 1 == line]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants.sample", description=(__doc__ or "").split(":")[0])
    parser.add_argument("files", nargs="*", metavar="FILE[:LINE]", help="from the root; all edits of a line, if given")
    parser.add_argument("--sample", type=int, default=4, help="how many edits of each file (default: 4)")
    parser.add_argument("--seed", type=int, default=1, help="which edits, and which programs (default: 1)")
    parser.add_argument("--seconds", type=float, default=4.0, help="of CPU for the oracles, each (default: 4)")
    options = parser.parse_args()
    found: Counter[str] = Counter()
    seconds = 0.0
    with tempfile.TemporaryDirectory() as folder, Copy(Path(folder)) as copy:
        tests = FileTests(copy.folder)
        for name in options.files or default_files():
            file, _, line = name.partition(":")
            text = (copy.folder / file).read_text(encoding="utf-8")
            choices = random.Random(f"{options.seed} {file}")
            for edit in chosen_edits(text, int(line or 0), options.sample, choices):
                verdict = try_edit(copy, tests, file, edit, options.seed, options.seconds)
                seconds += verdict.seconds
                found["nothing" if verdict.survived else verdict.by.partition(":")[0]] += 1
                place = text.count("\n", 0, edit.start) + 1
                told = verdict.by or "NOTHING\n" + diff(file, text, edit)
                print(f"{file}:{place} {edit.kind}, {verdict.programs} programs: {told}", flush=True)
    print(f"{found.total()} edits, seed {options.seed}, {seconds:.0f} s of CPU for the oracles; found by")
    for by, count in found.most_common():
        print(f"{count:6} {by}")
    return 1 if found["nothing"] else 0


if __name__ == "__main__":
    sys.exit(main())
