"""A library that is not installed: one line says what to install, in a process that does not find it."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from ssair.libraries import LIBRARIES

ROOT = Path(__file__).parents[1]
GCD = str(ROOT / "examples" / "gcd.fun")


def without(library: str, code: str) -> "subprocess.CompletedProcess[str]":
    """What Python code does where a library cannot be imported."""
    hidden = f"import sys; sys.modules[{library!r}] = None\n"
    return subprocess.run([sys.executable, "-c", hidden + code], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("library", "arguments"),
    [
        ("lark", [GCD]),
        ("jax", ["run", GCD, "12", "18"]),
        ("jax", [GCD, "--emit", "jaxpr"]),
        ("jax", ["devices"]),
        ("graphviz", [GCD, "--emit", "dot"]),
        ("graphviz", ["report", GCD, "-o", "/dev/null"]),
        ("numpy", ["run", GCD, "--interpret", "12", "18"]),
        ("z3", [GCD, "--validate"]),
    ],
)
def test_the_command_line_says_what_to_install(library, arguments):
    done = without(library, f"from ssair.cli import main; sys.exit(main({arguments!r}))")
    told = f"ssairc: ssair needs {library}, which is not installed: `pip install {LIBRARIES[library]}`\n"
    assert (done.returncode, done.stderr) == (2, told)


@pytest.mark.parametrize(
    ("library", "use"),
    [
        ("lark", "ssair.parse('fn f() = 1')"),
        ("jax", "ssair.compile(ssair.parse('examples/gcd.fun'))"),
        ("jax", "ssair.devices()"),
        ("numpy", "ssair.compile"),
    ],
)
def test_the_library_says_what_to_install(library, use):
    done = without(library, f"import ssair\ntry: {use}\nexcept ImportError as e: print(type(e).__name__, e.name, e)")
    told = f"ssair needs {library}, which is not installed: `pip install {LIBRARIES[library]}`\n"
    assert done.stdout == f"MissingLibraryError {library} {told}", done.stderr


def test_a_module_of_its_own_that_is_missing_is_a_fault_of_its_own(monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    done = without("ssair.passes.gvn", f"from ssair.cli import main; sys.exit(main([{GCD!r}]))")
    assert done.returncode == 3
    assert "a fault of ssair's own" in done.stderr


def test_every_library_that_is_installed_with_it_is_known():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["validate"]
    assert {re.split(r"[^\w-]", each)[0] for each in wanted} <= set(LIBRARIES.values())
