"""`ssairc fuzz`, `reduce` and `bisect`: a bug that is planted is found, kept, reduced and named, all by command."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ssair.cli import main
from ssair.commands.fuzz_record import total
from ssair.commands.interrupts import Overdue, at_most
from ssair.sources import UsageError
from ssair.testing.corpus import format_arguments, parse_arguments
from ssair.testing.differences import Difference
from ssair.testing.generator import Program, generate_program
from ssair.testing.modules import generate_module
from ssair.testing.passes import read_passes

ROOT = Path(__file__).parents[1]
BROKEN = '''"""A pass that takes x * x for x + x."""

from ssair.ops import OPS


def run(function, context):
    changes = 0
    for instr in function.instructions():
        if instr.op is OPS["mul"] and instr.args[0] is instr.args[1] and context.fuel.take("broken", instr):
            instr.op = OPS["add"]
            changes += 1
    return changes


def tell(function, context):
    print("under way", flush=True)
    return 0


number = 3
'''
PASSES = "lvn,broken_for_tests:run,dce"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current directory with the broken pass in it."""
    (tmp_path / "broken_for_tests.py").write_text(BROKEN)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def cases(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix in (".fun", ".ssair"))


def test_nothing_is_found_where_nothing_is_wrong(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fuzz", "--count", "40", "--seed", "1"]) == 0
    shown = capsys.readouterr().out
    assert "40 programs of " in shown and "seeds 1 to 40, against interp" in shown
    assert shown.endswith("no difference found\n")
    assert not (folder / "fuzz-corpus").exists()


def test_a_planted_bug_is_found_kept_reduced_and_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fuzz", "--count", "200", "--seed", "0", "--passes", PASSES, "--corpus", "found"]) == 1
    shown = capsys.readouterr().out
    assert "broken_for_tests:run of @main" in shown
    kept = cases(folder / "found")
    assert kept
    for case in kept:
        assert f"ssairc bisect {Path('found') / case.name} --passes {PASSES}" in case.read_text()
        assert main(["bisect", str(case), "--passes", PASSES]) == 1
        shown = capsys.readouterr().out
        assert shown.startswith("broken_for_tests:run over @")
        assert f"again: ssairc bisect {case} --passes {PASSES}" in shown
    case = kept[0]
    reduced = folder / f"reduced{case.suffix}"
    assert main(["reduce", str(case), "--fails", "--passes", PASSES, "-o", str(reduced)]) == 0
    text = reduced.read_text()
    assert len([line for line in text.splitlines() if line and line[0] not in "#;"]) < 15
    assert main(["bisect", str(reduced), "--passes", PASSES]) == 1
    assert main(["fuzz", str(reduced), "--passes", PASSES]) == 1
    assert main(["fuzz", str(reduced)]) == 0


def test_what_is_found_in_200_lines_is_shown_in_15_and_blamed_on_one_rewrite(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hunt = ["fuzz", "--count", "40", "--seed", "30", "--size", "70", "--frontend", "ssair", "--passes", PASSES]
    assert main(hunt) == 1
    large = max(cases(folder / "fuzz-corpus"), key=lambda path: len(path.read_text().splitlines()))
    assert len(large.read_text().splitlines()) >= 200
    assert main(["reduce", str(large), "--fails", "--passes", PASSES, "-o", "small.ssair"]) == 0
    program = [line for line in (folder / "small.ssair").read_text().splitlines() if line and not line.startswith(";")]
    assert len(program) < 15
    capsys.readouterr()
    assert main(["bisect", "small.ssair", "--passes", PASSES]) == 1
    assert re.match(r"broken_for_tests:run over @\w+, rewrite \d+ of the pipeline, of v\d+\n", capsys.readouterr().out)


def long_source() -> str:
    """A Fun program of 200 lines: what many generated ones do, as one."""
    parts: list[str] = []
    for number in range(60):
        source = generate_program(number, 60).source
        parts.append(re.sub(r"\b(main|f\d[ab]?)\b", rf"\1_{number}", source))
    return "\n".join(parts)


def test_200_lines_of_fun_become_15_that_fail_the_same_way(folder: Path) -> None:
    source = (
        long_source() + "\nfn main(x: i64) -> i64 =\n  let a = x * 3\n  let b = a + x * x\n  print(a, b)\n  in b - a\n"
    )
    assert len(source.splitlines()) >= 200
    (folder / "large.fun").write_text(source)
    assert main(["reduce", "large.fun", "--fails", "--passes", PASSES, "-o", "small.fun"]) == 0
    program = [line for line in (folder / "small.fun").read_text().splitlines() if line and not line.startswith("#")]
    assert len(program) < 15 and any("*" in line for line in program)
    assert main(["bisect", "small.fun", "--passes", PASSES]) == 1


@pytest.mark.parametrize(("suffix", "word"), [("fun", "%"), ("ssair", "select")])
def test_a_command_says_what_is_kept_of_200_lines(folder: Path, suffix: str, word: str) -> None:
    source = long_source() if suffix == "fun" else str(generate_module(4, 90))
    assert len(source.splitlines()) >= 200 and word in source
    (folder / f"large.{suffix}").write_text(source)
    for jobs in ("1", "3"):
        command = ["reduce", f"large.{suffix}", "--predicate", f"grep -q {word} {{}}", "--jobs", jobs]
        assert main([*command, "-o", f"small{jobs}.{suffix}"]) == 0
    text = (folder / f"small1.{suffix}").read_text()
    assert word in text and len(text.splitlines()) < 15
    assert (folder / f"small3.{suffix}").read_text() == text


def test_a_command_that_does_not_end_is_not_interesting(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ssair.commands.reduce._SHORTEST", 0.2)
    (folder / "f.fun").write_text("fn main(x: i64) =\n  let y = sin(0.5)\n  in x\n")
    assert main(["reduce", "f.fun", "--predicate", 'sh -c "grep -q sin {} || sleep 100"']) == 0
    assert capsys.readouterr().out == "fn main() =\n  let y = sin(0.5)\n  in 0\n"


def test_a_candidate_on_which_the_compiler_does_not_end_is_not_interesting(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even a fault: the pass under test would be blamed for it."""
    monkeypatch.setattr("ssair.commands.reduce._SHORTEST", 0.2)
    waits = BROKEN.replace(
        "    return changes", "    while not changes and len(function.params) < 2: pass\n    return changes"
    )
    (folder / "waits_for_tests.py").write_text(waits)
    (folder / "f.fun").write_text("fn main(x: i64, y: i64) =\n  let z = x * x\n  in z + y\n")
    assert main(["reduce", "f.fun", "--fails", "--passes", "waits_for_tests:run"]) == 0
    assert "*" in capsys.readouterr().out


def test_time_that_is_up_passes_what_catches_every_exception() -> None:
    def endless() -> None:
        while True:
            try:
                while True:
                    pass
            except Exception:
                pass

    with pytest.raises(Overdue), at_most(0.05):
        endless()
    with at_most(0.05):
        pass
    time.sleep(0.1)


def test_which_differences_may_be_one_bug() -> None:
    def found(stage: str, text: str, expected: str = "no fault", call: tuple[object, ...] | None = (1,)) -> Difference:
        return Difference("passes", stage, call, expected, text)

    run = found("gvn of @main", "(2: int64)", "(1: int64)")
    assert run.same_bug(found("gvn of @f", "FactViolation: v1"))
    assert run.same_bug(found("gvn of @f", "MemoryFault: access"))
    assert not run.same_bug(found("lvn of @main", "(2: int64)", "(1: int64)"))
    assert not run.same_bug(found("gvn of @main", "VerifierError: v1", call=None))
    assert not run.same_bug(found("gvn of @main", "KeyError: 3"))
    assert found("gvn of @main", "KeyError: 3").same_bug(found("gvn of @f", "KeyError: 4"))


def test_a_valid_program_that_the_front_end_refuses_is_found(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = Program("fn main(x: i64) = y\n", "main", (), {})
    monkeypatch.setattr("ssair.testing.hunting.generate_program", lambda seed, **options: refused)
    assert main(["fuzz", "--count", "5", "--seed", "1", "--frontend", "fun"]) == 1
    assert "5 times front end SourceError" in capsys.readouterr().out
    assert "fn main(x: i64) = y\n" in cases(folder / "fuzz-corpus")[0].read_text()


def test_few_files_are_kept_of_one_kind(folder: Path) -> None:
    assert main(["fuzz", "--count", "250", "--seed", "0", "--passes", PASSES, "--frontend", "ssair"]) == 1
    kinds = {path.name.rpartition("-")[0] for path in cases(folder / "fuzz-corpus")}
    assert len(cases(folder / "fuzz-corpus")) <= 3 * len(kinds)


def test_a_hunt_goes_on_where_the_last_one_ended(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fuzz", "--count", "30", "--seed", "100", "--corpus", "kept"]) == 0
    assert json.loads((folder / "kept" / "state.json").read_text())["next"] == 130
    assert main(["fuzz", "--count", "20", "--resume", "--corpus", "kept"]) == 0
    assert "seeds 130 to 149" in capsys.readouterr().out


def test_processes_share_the_work(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fuzz", "--count", "150", "--seed", "0", "--jobs", "2", "--passes", PASSES]) == 1
    shown = capsys.readouterr().out
    assert "seeds 0 to 149" in shown and "in 2 processes" in shown


def test_all_oracles_but_the_kernel_agree_on_a_few(folder: Path) -> None:
    oracles = "interp,passes,fuel,tables,text,twice,changes,plain"
    assert main(["fuzz", "--count", "2", "--seed", "7", "--against", oracles]) == 0


def test_the_time_is_kept(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fuzz", "--time", "0.5s", "--frontend", "ssair"]) == 0
    assert "no difference found" in capsys.readouterr().out


def test_a_row_of_the_record_is_added_before_its_end_and_all_rows_are_counted(folder: Path) -> None:
    record = folder / "record.md"
    record.write_text("| runs |\n<!-- end of runs -->\n\nmore\n")
    hunt = ["fuzz", "--count", "5", "--seed", "3", "--record", str(record)]
    assert main(hunt) == 0
    first, row, *rest = record.read_text().splitlines()
    assert first == "| runs |"
    assert "| interp | `-O2` | both | 5 | 3 |" in row
    assert rest == ["<!-- end of runs -->", "", "In all: `interp` 5 programs; 0 found.", "", "more"]
    assert main([*hunt, "--against", "twice,interp"]) == 0
    assert record.read_text().splitlines()[4:] == ["", "In all: `interp` 10, `twice` 5 programs; 0 found.", "", "more"]


def test_rows_are_counted_by_oracle() -> None:
    table = """
| day | oracles | passes | programs are | programs | first seed | seconds | found |
| --- | --- | --- | --- | --- | --- | --- | --- |
| 2026-11-23 | interp, text | `-O2` | both | 1,200 | 7 | 3 | 2 |
| 2026-11-24 | kernel | `lvn,dce` | fun | 30 | 7 | 3 | 1 |
| 2026-11-24 | text | `-O3` | both | 100 | 7 | 3 | 0 |
"""
    assert total(table) == "In all: `text` 1,300, `interp` 1,200, `kernel` 30 programs; 3 found."


def hunting(*arguments: str) -> subprocess.Popen[str]:
    """`ssairc fuzz` in a process of its own."""
    command = [sys.executable, "-c", "import sys; from ssair.cli import main; sys.exit(main(sys.argv[1:]))"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [*command, "fuzz", "--time", "10m", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip


def test_ctrl_c_ends_with_a_summary(folder: Path) -> None:
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)  # which may be ignored where the tests run
    try:
        running = hunting("--seed", "0", "--passes", PASSES)
    finally:
        signal.signal(signal.SIGINT, handler)
    assert running.stdout is not None
    first = running.stdout.readline()  # of what is found first: the hunt is under way
    running.send_signal(signal.SIGINT)
    out, error = running.communicate(timeout=60)
    assert running.returncode == 1
    assert first.startswith("passes, broken_for_tests:run of @")
    assert "Traceback" not in error
    assert "interrupted\n" in out and "found; kept in fuzz-corpus" in out
    assert (folder / "fuzz-corpus" / "state.json").exists()


@pytest.mark.parametrize(("jobs", "passes", "status"), [("1", "broken_for_tests:tell", 130), ("2", PASSES, 1)])
def test_a_hunt_in_the_background_ends_when_it_is_told_to(folder: Path, jobs: str, passes: str, status: int) -> None:
    """As a shell without job control starts it, or `nohup`: SIGINT is ignored."""
    ignoring = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        running = hunting("--jobs", jobs, "--passes", passes, "--corpus", "kept", "--record", "record.md")
    finally:
        signal.signal(signal.SIGINT, ignoring)
    assert running.stdout is not None
    running.stdout.readline()  # the hunt is under way
    running.send_signal(signal.SIGTERM)
    out, error = running.communicate(timeout=60)
    assert running.returncode == status
    assert "Traceback" not in error
    assert "interrupted\n" in out and "\nseeds " in out
    state, record = json.loads((folder / "kept" / "state.json").read_text()), (folder / "record.md").read_text()
    assert f" {state['programs']:,} " in record and f" {state['found']} |" in record


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fuzz", "--against", "kernle"], "kernel"),
        (["fuzz", "--passes", "gnv"], "gvn"),
        (["fuzz", "--passes", "broken_for_tests:walk"], "there is no pass broken_for_tests:walk"),
        (["fuzz", "--passes", "no_such_module:run"], "there is no pass no_such_module:run"),
        (["fuzz", "--passes", "broken_for_tests:number"], "is no function"),
        (["fuzz", "--passes", "gvn", "-O", "1"], "does not go with -O"),
        (["fuzz", "--time", "soon"], "no time: 'soon'"),
        (["fuzz", "--count", "0"], "no number above 0"),
        (["fuzz", "--resume", "--corpus", "nowhere"], "cannot resume"),
        (["reduce", "f.fun"], "--predicate and --fails"),
        (["reduce", "f.fun", "--predicate", "true"], "{} has to stand for the file"),
        (["reduce", "f.fun", "--predicate", "no-such-command {}"], "cannot run no-such-command"),
        (["bisect", "f.fun", "--args", "[1"], "no arguments: '[1'"),
        (["bisect", "f.fun", "--args", "[1, 2]"], "1 argument is wanted, not 2"),
    ],
)
def test_a_faulty_command_line_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    (folder / "f.fun").write_text("fn main(x: i64) = x\n")
    assert main(arguments) == 2
    assert message in capsys.readouterr().err


def test_a_predicate_is_any_command(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "f.fun").write_text("fn g(x: i64) = x\n\nfn main(x: i64) =\n  let y = x * 3\n  print(y)\n  in g(y) + 1\n")
    assert main(["reduce", "f.fun", "--predicate", "grep -q print {}"]) == 0
    shown = capsys.readouterr()
    assert shown.out == "fn main() =\n  print(0)\n  in 0\n"
    assert "6 lines became 3" in shown.err
    assert main(["reduce", "f.fun", "--predicate", "false {}"]) == 1
    assert main(["reduce", "f.fun", "--fails"]) == 1


def test_a_correct_program_has_nothing_to_bisect(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "f.fun").write_text("fn main(x: i64) = x * x\n")
    assert main(["bisect", "f.fun", "--args", "[5]"]) == 0
    assert capsys.readouterr().out == "no pass makes a difference\n"


def test_arguments_are_kept_exactly() -> None:
    import numpy as np

    values = (np.int64(-(2**63)), np.float64("nan"), np.float64(-0.0), np.float64("-inf"), np.bool_(True))
    again = parse_arguments(format_arguments((*values, np.zeros((0, 3)), np.array([1.5, np.nan]))))
    assert repr(again[:5]) == "[-9223372036854775808, nan, -0.0, -inf, True]"
    assert np.shape(again[5]) == (0, 3)
    assert repr(again[6]) == "[1.5, nan]"


def test_passes_of_ones_own_stand_among_the_others(folder: Path) -> None:
    assert read_passes("gvn{table=scoped},dce") == "gvn{table=scoped},dce"
    first, own, last = read_passes("gvn{table=scoped}, broken_for_tests:run ,dce")
    assert (first, last) == ("gvn{table=scoped}", "dce")
    assert callable(own) and own.__name__ == "broken_for_tests:run"
    with pytest.raises(UsageError):
        read_passes("gvn,broken_for_tests:run,dcee")
