"""`ssairc run` with Bril programs: standard output, standard error and the exit status are those of Bril."""

from pathlib import Path

import pytest
from bril_corpus import FOLDER, read_corpus_program

from ssair.cli import main

GCD = str(FOLDER / "gcd.bril")
JSON = str(FOLDER / "json_form.json")


def run(*arguments: str) -> int:
    return main(["run", *arguments])


@pytest.fixture
def program(tmp_path: Path):
    def written(text: str) -> str:
        path = tmp_path / "p.bril"
        path.write_text(text)
        return str(path)

    return written


@pytest.mark.parametrize("flags", [[], ["--interpret"], ["-O", "0"], ["-O", "3"], ["--device", "cpu"]])
def test_a_program_prints_and_nothing_else(flags, capfd) -> None:
    assert run(GCD, "462", "1071", *flags) == 0
    assert capfd.readouterr() == ("21\n", "")


def test_json_is_read_when_asked_for(capfd) -> None:
    assert run(JSON, "3", "-0.25", "--frontend", "bril", "-O1") == 0
    assert capfd.readouterr().out == "9007199254740993 -1.00000000000000000\n"


def test_the_profile_counts_what_the_given_program_executes(capfd, program) -> None:
    path = program("@main(n: int) { x: int = id n; .l: nop; jmp .m; .m: print x; ret; }")
    assert run(path, "5", "--profile") == 0
    assert capfd.readouterr() == ("5\n", "total_dyn_inst: 5\n")


@pytest.mark.parametrize("flags", [["--interpret"], ["-O", "1"], ["--device", "cpu"]])
def test_the_profile_is_of_no_other_program(flags, capfd) -> None:
    assert run(GCD, "1", "2", "--profile", *flags) == 2
    assert "--profile" in capfd.readouterr().err


def test_the_profile_is_of_bril_programs_only(capfd) -> None:
    assert run(str(FOLDER.parents[1] / "examples" / "gcd.fun"), "1", "2", "--profile", "--interpret") == 2
    assert "--profile" in capfd.readouterr().err


FAULTS = {
    "@main(n: int) { print n; z: int = const 0; q: int = div n z; print q; }": "zero",
    "@main(n: int) { print n; p: ptr<int> = alloc n; }": "not freed",
    "@main(n: int) { print n; p: ptr<int> = alloc n; v: int = load p; free p; }": "never written",
    "@main(n: int) { print n; p: ptr<int> = alloc n; q: ptr<int> = ptradd p n; store q n; }": "outside",
    "@main(n: int) { print n; p: ptr<int> = alloc n; free p; free p; }": "free",
    "@main(n: int) { print n; m: int = sub n n; p: ptr<int> = alloc m; }": "allocate 0",
}


@pytest.mark.parametrize("flags", [[], ["-O", "0"], ["-O", "2"]])
@pytest.mark.parametrize("text", FAULTS)
def test_a_failing_run_has_its_output_its_error_and_a_status_of_its_own(text, flags, capfd, program) -> None:
    assert run(program(text), "5", *flags) == 2
    captured = capfd.readouterr()
    assert captured.out == "5\n"
    assert captured.err.startswith("error: ") and FAULTS[text] in captured.err and captured.err.count("\n") == 1


def test_a_kernel_fails_in_the_same_way(capfd, program) -> None:
    text = "@main(n: int, f: float) { print n f; z: int = sub n n; q: int = div n z; print q; }"
    assert run(program(text), "5", "0.1", "--device", "cpu") == 2
    captured = capfd.readouterr()
    assert captured.out == "5 0.10000000000000001\n"
    assert captured.err.startswith("error: ") and "zero" in captured.err


@pytest.mark.parametrize(
    "name", ["irreducible", "ssa_swap", "float_identities_that_are_none", "mandelbrot", "dead_division"]
)
def test_a_kernel_prints_the_same(name, capfd) -> None:
    found = read_corpus_program(FOLDER / f"{name}.bril")
    assert run(str(FOLDER / f"{name}.bril"), *found.words, "--device", "cpu") == (0 if found.error is None else 2)
    assert capfd.readouterr().out.splitlines() == found.output


def test_a_failing_run_is_not_profiled(capfd, program) -> None:
    assert run(program("@main { z: int = const 0; q: int = div z z; }"), "--profile") == 2
    assert "total_dyn_inst" not in capfd.readouterr().err


def test_arguments_that_do_not_fit(capfd) -> None:
    assert run(GCD, "1") == 2
    assert capfd.readouterr().err == "error: @main takes 2 arguments, not 1\n"
    assert run(GCD, "1", "x") == 2
    assert capfd.readouterr().err == "error: the argument 'x' for `b` is no int\n"


def test_a_text_that_is_no_program(capfd, program) -> None:
    assert run(program("@main { x: int = ad x x; }")) == 2
    captured = capfd.readouterr()
    assert captured.out == "" and captured.err.startswith("error[E0703]")


def test_what_a_kernel_cannot_be_is_told(capfd, program) -> None:
    assert run(program("@main(n: int) { p: ptr<int> = alloc n; free p; }"), "1", "--device", "cpu", "-O0") != 0
    assert "E0602" in capfd.readouterr().err


def test_another_function_may_be_run(capfd, program) -> None:
    text = "@main { nop; } @f(n: int): int { print n; ret n; }"
    assert run(program(text), "4", "--entry", "f") == 0
    assert run(program(text), "4", "--entry", "f", "-O2") == 0
    assert capfd.readouterr().out == "4\n4\n"
    assert run(program(text), "--entry", "g") == 2
