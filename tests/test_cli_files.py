"""Files that `ssairc` reads and writes: what is none, what cannot be written, and what would be lost."""

import json

import pytest

from ssair.cli import main

TWICE = "fn twice(x: i64) -> i64 = x + x\n"


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "twice.fun"
    path.write_text(TWICE)
    return path


@pytest.mark.parametrize("command", [[], ["report"]])
def test_a_program_is_not_written_over_by_what_is_made_of_it(command, program, capsys):
    (program.parent / "same.fun").symlink_to(program)
    for output in (program, program.parent / "same.fun"):
        assert main([*command, str(program), "-o", str(output)]) == 2
        told = f"ssairc: -o {output} would overwrite the program that it is made of\n"
        assert capsys.readouterr().err == told
    assert program.read_text() == TWICE


@pytest.mark.parametrize(
    ("output", "why"),
    [
        ("", "'': No such file or directory"),
        ("no/where", "'no/where': No such file or directory"),
        ("nul\0", r"'nul\x00': embedded null byte"),
        ("/", "'/': Is a directory"),
    ],
)
def test_what_cannot_be_written(output, why, program, capsys):
    assert main([str(program), "-o", output]) == 2
    assert capsys.readouterr().err == f"ssairc: cannot write {why}\n"


@pytest.mark.parametrize(
    ("file", "why"), [("", "No such file or directory"), ("none.npy", "No such file or directory")]
)
def test_an_array_that_cannot_be_read(file, why, program, capsys):
    assert main(["run", str(program), f"@{file}"]) == 2
    assert capsys.readouterr().err == f"ssairc: cannot read the array {file}: {why}\n"


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_ends_of_lines_and_marks_of_encodings_make_no_difference(ends, mark, program, capsys):
    program.write_bytes(mark + "# twice\nfn twice(x: i64) -> i64 =\n  x + y\n".replace("\n", ends).encode())
    assert main(["check", "--format", "json", str(program)]) == 1
    (found,) = json.loads(capsys.readouterr().out)["diagnostics"]
    assert found["code"] == "E0201"
    assert (found["range"]["start"]["line"], found["range"]["start"]["column"]) == (3, 7)


def test_an_error_counts_the_arguments_in_good_grammar(program, capsys):
    assert main(["run", str(program)]) == 2
    assert capsys.readouterr().err == "ssairc: 1 argument is wanted (x: i64) -> i64, not 0\n"


def test_a_folder_that_cannot_be_made_is_named(program, capsys):
    assert main(["fuzz", "--count", "1", "--corpus", f"{program}/corpus"]) == 2
    assert capsys.readouterr().err == f"ssairc: {program}/corpus: Not a directory\n"
