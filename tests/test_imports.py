"""What is imported when: a dump brings in neither jax nor networkx, and the core nothing heavy at all."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = ("jax", "networkx", "graphviz", "hypothesis", "rich", "matplotlib")


def modules_after(statement: str) -> set[str]:
    """The top-level modules that a fresh interpreter holds after `statement`."""
    report = "import sys; print(' '.join(sorted({name.split('.')[0] for name in sys.modules})))"
    command = [sys.executable, "-c", f"{statement}\n{report}"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return set(run.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("module", ["ssair", "ssair.ir", "ssair.printer", "ssair.builder", "ssair.pipeline"])
def test_the_core_imports_nothing_heavy(module):
    assert not modules_after(f"import {module}") & {*HEAVY, "lark", "numpy"}


@pytest.mark.parametrize("emit", ["ast", "anf", "ssa", "opt"])
def test_a_dump_imports_neither_jax_nor_networkx(emit):
    dump = f"from ssair.cli import main; assert main(['examples/sieve.fun', '--emit', '{emit}']) == 0"
    assert not modules_after(dump) & set(HEAVY)


def test_the_interpreter_does_not_import_jax():
    run = "from ssair.cli import main; assert main(['run', 'examples/gcd.fun', '--interpret', '12', '18']) == 0"
    assert not modules_after(run) & set(HEAVY)


def test_the_formatter_imports_nothing_that_computes():
    run = "from ssair.cli import main; assert main(['fmt', '--check', 'examples/gcd.fun']) == 0"
    assert not modules_after(run) & {*HEAVY, "numpy", "pygments"}


def test_integer_programs_are_optimised_without_numpy():
    """Folding asks it for floats alone: of known integers the fact rules say the result."""
    source = "fn main(x: i64) -> i64 = (7 & 12) + 2 ** 5 % 9 + (1 << 62) * 4 + (-7 // 2 ^ 3) + x"
    imports = "from ssair.pipeline import optimize\nfrom ssair.sources import load\n"
    assert "numpy" not in modules_after(f"{imports}optimize(load({source!r}))")
