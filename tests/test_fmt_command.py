"""`ssairc fmt`: what it writes, what it prints, and its exit status."""

from __future__ import annotations

import io
import sys

import pytest

from ssair.cli import main

ROUGH = "fn f(x:i64)=x\n"
NEAT = "fn f(x: i64) = x\n"
FAULTY = "fn f( = x\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current folder, with three programs in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rough.fun").write_text(ROUGH)
    (tmp_path / "neat.fun").write_text(NEAT)
    (tmp_path / "faulty.fun").write_text(FAULTY)
    return tmp_path


def on_standard_input(monkeypatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_files_are_formatted_in_place(folder, capsys):
    assert main(["fmt", "rough.fun", "neat.fun"]) == 0
    assert (folder / "rough.fun").read_text() == NEAT
    assert capsys.readouterr() == ("", "")


def test_a_file_that_would_not_change_is_not_written(folder):
    (folder / "neat.fun").chmod(0o444)
    before = (folder / "neat.fun").stat().st_mtime_ns
    assert main(["fmt", "neat.fun"]) == 0
    assert (folder / "neat.fun").stat().st_mtime_ns == before


def test_a_faulty_file_is_reported_and_left_and_the_others_are_formatted(folder, capsys):
    assert main(["fmt", "faulty.fun", "rough.fun"]) == 1
    assert (folder / "faulty.fun").read_text() == FAULTY
    assert (folder / "rough.fun").read_text() == NEAT
    assert "faulty.fun:1:7" in capsys.readouterr().err


def test_check_names_what_would_change_and_writes_nothing(folder, capsys):
    assert main(["fmt", "--check", "rough.fun", "neat.fun"]) == 1
    assert (folder / "rough.fun").read_text() == ROUGH
    assert capsys.readouterr().out == "rough.fun\n"
    assert main(["fmt", "--check", "neat.fun"]) == 0


def test_diff_shows_what_would_change_and_writes_nothing(folder, capsys):
    assert main(["fmt", "--diff", "rough.fun", "neat.fun"]) == 0
    assert (folder / "rough.fun").read_text() == ROUGH
    assert capsys.readouterr().out.splitlines() == [
        "--- rough.fun (as it is)",
        "+++ rough.fun (formatted)",
        "@@ -1 +1 @@",
        "-fn f(x:i64)=x",
        "+fn f(x: i64) = x",
    ]
    assert main(["fmt", "--diff", "--check", "rough.fun"]) == 1


def test_diff_says_that_the_last_line_has_no_end(folder, capsys):
    (folder / "rough.fun").write_text(ROUGH.rstrip("\n"))
    assert main(["fmt", "--diff", "rough.fun"]) == 0
    assert "-fn f(x:i64)=x\n\\ No newline at end of file\n+fn" in capsys.readouterr().out


def test_a_folder_stands_for_its_programs(folder, capsys):
    (folder / "faulty.fun").unlink()
    (folder / "inner").mkdir()
    (folder / "inner" / "also.fun").write_text(ROUGH)
    (folder / "inner" / "text.txt").write_text(ROUGH)
    (folder / "inner" / "ir.ssair").write_text("func @f {")
    assert main(["fmt", "--check", "."]) == 1
    assert capsys.readouterr().out.splitlines() == ["inner/also.fun", "rough.fun"]


def test_a_file_may_be_called_as_standard_input_is(folder):
    (folder / "-").write_text(ROUGH)
    assert main(["fmt", "./-"]) == 0
    assert (folder / "-").read_text() == NEAT


def test_standard_input_to_standard_output(monkeypatch, capsys):
    on_standard_input(monkeypatch, "\ufefffn f(x:i64)=x # é\r\n".encode())
    assert main(["fmt", "-"]) == 0
    assert capsys.readouterr().out == "fn f(x: i64) = x  # é\n"


def test_a_faulty_standard_input_gives_no_output(monkeypatch, capsys):
    on_standard_input(monkeypatch, FAULTY.encode())
    assert main(["fmt", "-"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "<stdin>:1:7" in err


@pytest.mark.parametrize("data", [NEAT.replace("\n", "\r\n").encode(), b"\xef\xbb\xbf" + NEAT.encode()])
def test_line_ends_and_byte_order_marks_are_changes(folder, capsys, data):
    (folder / "neat.fun").write_bytes(data)
    assert main(["fmt", "--check", "neat.fun"]) == 1
    assert main(["fmt", "neat.fun"]) == 0
    assert (folder / "neat.fun").read_bytes() == NEAT.encode()


@pytest.mark.parametrize("arguments", [["missing.fun"], ["program.ssair"], [], ["--wrong", "neat.fun"]])
def test_a_faulty_command_line(folder, capsys, arguments):
    assert main(["fmt", *arguments]) == 2
    assert "ssairc: " in capsys.readouterr().err
