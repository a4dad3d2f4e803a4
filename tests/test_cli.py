"""`ssairc` as its users meet it: what it prints, where, and its exit status."""

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ssair.cli import main
from ssair.parser import parse_module

ROOT = Path(__file__).parents[1]
SIEVE = str(ROOT / "examples" / "sieve.fun")
GCD = str(ROOT / "examples" / "gcd.fun")
TWICE = "fn twice(x: i64) -> i64 = (x + 1) * (1 + x)\n"


@pytest.fixture
def program(tmp_path):
    """Writes a program into a file; gives its path."""

    def write(text: str, name: str = "program.fun") -> str:
        path = tmp_path / name
        path.write_text(text)
        return str(path)

    return write


def run(*arguments: str) -> int:
    """The exit status, also where argparse ends the process."""
    try:
        return main(arguments)
    except SystemExit as stop:
        return int(stop.code or 0)


def test_the_optimised_ir_is_the_default(program, capsys):
    assert run(program(TWICE)) == 0
    printed = capsys.readouterr().out
    assert printed.count("= add") == 1
    assert str(parse_module(printed)) == printed


def test_the_ir_as_built_has_both_sums(program, capsys):
    assert run(program(TWICE), "--emit", "ssa") == 0
    assert capsys.readouterr().out.count("= add") == 2


@pytest.mark.parametrize(
    ("stage", "expected"),
    [
        ("ast", "Function twice(x: i64) -> i64"),
        ("anf", "fn twice(x: i64) -> i64"),
        ("dot", "digraph"),
        ("jaxpr", "lambda"),
        ("hlo", "HloModule"),
    ],
)
def test_every_stage_prints(stage, expected, program, capsys):
    assert run(program(TWICE), "--emit", stage) == 0
    assert expected in capsys.readouterr().out


def test_a_kernel_stage_needs_the_sizes(program, capsys):
    path = program("fn f(xs: [n]f64) -> f64 = sum(xs)\n")
    assert run(path, "--emit", "jaxpr") == 2
    assert "size n" in capsys.readouterr().err
    assert run(path, "--emit", "jaxpr", "--size", "n=8") == 0
    assert "f64[8]" in capsys.readouterr().out
    assert run(path, "--emit", "jaxpr", "--size", "eight") == 2


def test_levels_and_passes(program, capsys):
    path = program(TWICE)
    assert run(path, "-O", "0") == 0
    assert capsys.readouterr().out.count("= add") == 2
    assert run(path, "--passes", "lvn,gvn{table=scoped},dce") == 0
    assert capsys.readouterr().out.count("= add") == 1
    assert run(path, "--passes", "gnv") == 2
    assert "gvn" in capsys.readouterr().err


def test_print_after_each_pass(program, capsys):
    path = program(TWICE)
    assert run(path, "--passes", "gvn,dce", "--print-after", "all", "--verify-each") == 0
    printed = capsys.readouterr().out
    assert printed.index("; after gvn") < printed.index("; after dce")
    assert run(path, "--print-after", "nothing") == 2


def test_times_and_counters_go_to_standard_error(program, capsys):
    assert run(program(TWICE), "--time-passes", "--stats") == 0
    captured = capsys.readouterr()
    assert "gvn" in captured.err
    assert "seconds" in captured.err
    assert "seconds" not in captured.out


def test_output_to_a_file(program, tmp_path, capsys):
    output = tmp_path / "out.ssair"
    assert run(program(TWICE), "-o", str(output)) == 0
    assert capsys.readouterr().out == ""
    assert run(str(output)) == 0
    assert run(program(TWICE), "-o", str(tmp_path)) == 2


def test_standard_input(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TWICE.encode())))
    assert run("-", "--emit", "ssa") == 0
    text = capsys.readouterr().out
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert run("-", "--frontend", "ssair") == 0
    assert capsys.readouterr().out.count("= add") == 1


def test_only_a_fun_program_has_a_syntax_tree(program, capsys):
    assert run(program("func @f -> i64 {\nbb0(v0: i64):\n  return v0\n}\n", "f.ssair"), "--emit", "ast") == 2
    assert "ast" in capsys.readouterr().err


def test_a_faulty_program_is_reported_with_its_place(program, capsys):
    path = program("fn f(x: i64) -> i64 = x + true\n")
    assert run(path) == 1
    error = capsys.readouterr().err
    assert f"{path}:1:" in error
    assert "^" in error


def test_a_file_that_is_not_there(capsys):
    assert run("nowhere.fun") == 2
    assert "nowhere.fun" in capsys.readouterr().err


@pytest.mark.parametrize("flags", [[], ["--interpret"], ["--device", "cpu"], ["-O", "0"]])
def test_run(flags, capsys):
    assert run("run", GCD, *flags, "12", "18") == 0
    assert capsys.readouterr().out == "(6, -1, 1)\n"


@pytest.mark.parametrize("flags", [[], ["--interpret"]])
def test_arguments_of_every_kind(flags, program, tmp_path, capsys):
    np.save(tmp_path / "xs.npy", np.array([1.5, 2.5]))
    path = program("fn f(xs: [n]f64, i: i64, b: bool, p: (f64, f64)) -> ((i64, bool), [n]f64) = ((-i, !b), xs)\n")
    assert run("run", path, *flags, f"@{tmp_path / 'xs.npy'}", "-3", "true", "[-1e5, -0.5]") == 0
    assert capsys.readouterr().out == "((3, false), [1.5, 2.5])\n"
    path = program("fn f(x: f64) -> f64 = x\n")
    for number, printed in (("-1e5", "-100000.0"), ("-inf", "-inf"), ("nan", "nan"), ("2", "2.0")):
        assert run("run", path, *flags, number) == 0
        assert capsys.readouterr().out == f"{printed}\n"


@pytest.mark.parametrize("flags", [[], ["--interpret"]])
def test_a_trap_has_a_status_of_its_own_and_what_was_printed_stays(flags, program, capsys):
    path = program('fn f(xs: [n]f64, i: i64) -> f64 = print("before", i) in xs[i]\n')
    assert run("run", path, *flags, "[1.0]", "3") == 4
    captured = capsys.readouterr()
    assert captured.out == "before 3\n"
    assert "index 3" in captured.err
    assert "length 1" in captured.err


@pytest.mark.parametrize("arguments", [["1"], ["1", "2", "3"], ["1.5", "2"], ["x", "1"], ["@none.npy", "1"]])
def test_arguments_that_do_not_fit_are_errors_of_usage(arguments, capsys):
    assert run("run", GCD, "--interpret", *arguments) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_devices(capsys):
    assert run("devices") == 0
    assert "cpu" in capsys.readouterr().out


def test_a_device_that_is_not_there(capsys):
    assert run("run", GCD, "--device", "tpu:9", "1", "2") == 2
    assert "cpu" in capsys.readouterr().err


def test_a_fault_of_our_own_has_its_status_and_no_traceback(monkeypatch, program, capsys):
    def broken(request: object) -> str:
        raise ZeroDivisionError("boom")

    emitters = sys.modules["ssair.emit"].EMITTERS
    monkeypatch.setitem(emitters, "opt", emitters["opt"]._replace(text=broken))
    monkeypatch.delenv("SSAIR_DEBUG", raising=False)
    assert run(program(TWICE)) == 3
    error = capsys.readouterr().err
    assert "boom" in error
    assert "Traceback" not in error


def test_a_closed_pipe_is_no_fault():
    program = f"import sys; from ssair.cli import main; sys.exit(main(['{SIEVE}']))"
    command = f'"{sys.executable}" -c "{program}" | head -n 1'
    done = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("site 0")
    assert done.stderr == ""


def test_usage():
    assert run() == 2
    assert run("--emit", "nothing", SIEVE) == 2
    assert run("--help") == 0
    assert run("run", "--help") == 0
