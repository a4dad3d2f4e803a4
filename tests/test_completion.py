"""Completion of command lines, in the shells themselves where they are installed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from ssair.cli import main
from ssair.commands import COMMANDS
from ssair.emit import EMITTERS
from ssair.pipeline import PASSES


def script(shell: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["completion", shell]) == 0
    return capsys.readouterr().out


def completed(script: str, folder: Path, *words: str) -> set[str]:
    """What bash offers for the last of some words."""
    listed = " ".join(f"'{word}'" for word in words)
    asks = f"COMP_WORDS=({listed}); COMP_CWORD={len(words) - 1}; _ssairc; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    command = ["bash", "-c", f"{script}\n{asks}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return set(done.stdout.split())


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_completes_commands_files_options_and_their_values(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "report.fun").touch()
    text = script("bash", capsys)
    assert completed(text, tmp_path, "ssairc", "") == {*COMMANDS, "report.fun"}
    assert completed(text, tmp_path, "ssairc", "rep") == {"report", "report.fun"}
    assert completed(text, tmp_path, "ssairc", "report.fun", "--emit", "") == set(EMITTERS)
    assert completed(text, tmp_path, "ssairc", "report.fun", "--emit", "=", "an") == {"anf"}
    assert completed(text, tmp_path, "ssairc", "x.fun", "--print-") == {"--print-after", "--print-changed"}
    assert completed(text, tmp_path, "ssairc", "x.fun", "--print-after", "gv") == {"gvn", "gvn_simplify"}
    assert completed(text, tmp_path, "ssairc", "passes", "") == {*PASSES, "report.fun"}
    assert completed(text, tmp_path, "ssairc", "explain", "E030") >= {"E0301", "E0302"}
    assert completed(text, tmp_path, "ssairc", "run", "rep") == {"report.fun"}
    assert "--interpret" in completed(text, tmp_path, "ssairc", "run", "--")
    assert completed(text, tmp_path, "ssairc", "completion", "b") == {"bash"}


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
def test_zsh_takes_the_script(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["zsh", "-f", "-c", f"{script('zsh', capsys)}\nprint -r -- $_comps[ssairc]"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "_ssairc" in done.stdout and done.stderr == ""


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
def test_fish_completes_commands_and_values(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = script("fish", capsys)

    def offered(line: str) -> set[str]:
        command = ["fish", "--no-config", "-c", f"{text}\ncomplete -C '{line}'"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        return {entry.partition("\t")[0] for entry in done.stdout.splitlines()}

    assert offered("ssairc ") >= set(COMMANDS)
    assert offered("ssairc a.fun --emit ") >= set(EMITTERS)
    assert offered("ssairc a.fun --print-") == {"--print-after", "--print-changed"}
    assert "--interpret" in offered("ssairc run --")


def test_a_shell_that_there_is_nothing_for_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "cmd"]) == 2
    assert "bash, zsh, fish" in capsys.readouterr().err
