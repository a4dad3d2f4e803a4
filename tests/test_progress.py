"""What a terminal is told while something takes long."""

from __future__ import annotations

import io
import threading

import pytest

from ssair.progress import Progress, waiting


class Terminal(io.StringIO):
    """A terminal that tells when something was written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.told = threading.Event()

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        written = super().write(text)
        self.told.set()
        return written


def test_who_waits_is_told_for_what_and_the_line_is_cleared() -> None:
    terminal = Terminal()
    with waiting("compiling a.fun", terminal, patience=0.0):
        assert terminal.told.wait(60)
    text = terminal.getvalue()
    assert text.startswith("\r\x1b[Kcompiling a.fun: 0 s") and text.endswith("\r\x1b[K")


def test_what_is_done_at_once_is_not_spoken_of() -> None:
    terminal = Terminal()
    with waiting("compiling a.fun", terminal, patience=3600.0):
        pass
    assert terminal.getvalue() == ""


def test_a_file_is_told_nothing() -> None:
    stream = io.StringIO()
    with waiting("compiling a.fun", stream, patience=0.0):
        pass
    assert stream.getvalue() == ""


def test_a_fault_passes_and_the_line_is_cleared() -> None:
    terminal = Terminal()
    with pytest.raises(ZeroDivisionError), waiting("compiling a.fun", terminal, patience=0.0):
        assert terminal.told.wait(60)
        raise ZeroDivisionError
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_no_more_is_done_than_all(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("ssair.progress._LINE_SECONDS", -1.0)
    progress = Progress()
    progress.show(1.05, "late")
    assert capsys.readouterr().err == "100% late\n"


@pytest.mark.parametrize(
    ("columns", "line"),
    [
        (80, "[############............] 1,200 programs, 300 a second"),
        (42, "[#####.....] 1,200 programs, 300 a second"),
        (36, "50% 1,200 programs, 300 a second"),
        (20, "50% 1,200 programs,"),
        (0, ""),
    ],
)
def test_a_line_fits_its_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], columns: int, line: str
) -> None:
    monkeypatch.setattr("ssair.progress._columns", lambda terminal: columns)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    Progress().show(0.5, "1,200 programs, 300 a second")
    assert capsys.readouterr().err == f"\r\x1b[K{line}"
