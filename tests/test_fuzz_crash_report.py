"""A fault of ssair's own leaves a file that reproduces it and names the command; never a traceback on the terminal."""

from __future__ import annotations

import io
import re
import shlex
import sys
import tempfile
from pathlib import Path

import pytest

from ssair import pipeline
from ssair.cli import main

SOURCE = "fn main(x: i64) = x + 1\n"
MODULE = "func @main -> i64 {\nbb0(v0: i64):\n  v1: i64 = neg v0\n  return v1\n}\n"


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A pipeline whose `dce` fails; gives the folder of temporary files."""

    def fail(function: object, context: object, control: str = "cut") -> int:
        raise ZeroDivisionError("boom")

    monkeypatch.setitem(pipeline.PASSES, "dce", pipeline.PASSES["dce"]._replace(run=fail))
    monkeypatch.delenv("SSAIR_DEBUG", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def command_in(report: Path) -> list[str]:
    """The arguments of the command that a report names."""
    found = re.search(r"^[#;]?\s+ssairc (.*)$", report.read_text(), re.MULTILINE)
    assert found
    return shlex.split(found[1])


def only_report(folder: Path) -> Path:
    (report,) = folder.glob("ssairc-fault-*")
    return report


@pytest.mark.parametrize(
    ("name", "source", "options"),
    [("a.fun", SOURCE, ["-O", "1"]), ("a.ssair", MODULE, []), ("a.fun", SOURCE, ["--passes", "gvn,dce"])],
)
def test_the_report_reproduces_the_fault(
    broken: Path, capsys: pytest.CaptureFixture[str], name: str, source: str, options: list[str]
) -> None:
    program = broken / name
    program.write_text(source)
    assert main([str(program), *options]) == 3
    shown = capsys.readouterr().err
    report = only_report(broken)
    assert "ZeroDivisionError: boom" in shown and str(report) in shown
    assert "Traceback" not in shown
    text = report.read_text()
    assert "Traceback" in text and "ZeroDivisionError: boom" in text
    assert text.endswith("\n" + source)
    program.unlink()
    assert str(report) in command_in(report)
    assert main(command_in(report)) == 3


def test_a_program_from_standard_input_is_in_the_report(broken: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(SOURCE.encode())))
    assert main(["run", "-", "--interpret", "3"]) == 3
    report = only_report(broken)
    assert report.read_text().endswith(SOURCE)
    assert command_in(report) == ["run", str(report), "--interpret", "3"]
    assert main(command_in(report)) == 3


def test_a_fault_without_a_program_is_reported_too(broken: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ssair.commands.explain.run", lambda arguments: 1 // 0)
    assert main(["explain", "E0101"]) == 3
    report = only_report(broken)
    assert report.suffix == ".txt"
    assert command_in(report) == ["explain", "E0101"]


def test_who_debugs_gets_the_report_and_the_traceback(
    broken: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (broken / "a.fun").write_text(SOURCE)
    monkeypatch.setenv("SSAIR_DEBUG", "1")
    with pytest.raises(ZeroDivisionError, match="boom"):
        main([str(broken / "a.fun")])
    assert str(only_report(broken)) in capsys.readouterr().err


def test_where_no_report_can_be_written_the_fault_is_still_told(
    broken: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (broken / "a.fun").write_text(SOURCE)
    monkeypatch.setattr(tempfile, "tempdir", str(broken / "nowhere"))
    assert main([str(broken / "a.fun")]) == 3
    assert "no report could be written" in capsys.readouterr().err
