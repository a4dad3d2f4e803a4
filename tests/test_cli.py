"""`ssairc` as its users meet it: what it prints, where, and its exit status."""

import fcntl
import io
import json
import os
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import numpy as np
import pytest

from ssair.cli import main
from ssair.commands import COMMANDS, options
from ssair.commands.colours import columns_of, paint_for
from ssair.commands.options import DEFAULT_LEVEL
from ssair.commands.run import report_trap
from ssair.diagnostics import Source, SourceError
from ssair.ir import Span as Place
from ssair.parser import parse_module
from ssair.pipeline import LEVELS
from ssair.rendering import coloured, plain
from ssair.sources import load
from ssair.traps import DivideTrap

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


def test_arguments_are_written_as_in_python_json_or_fun(program, capsys):
    path = program("fn f(xs: [n]f64, p: (i64, bool)) = (xs, p)\n")
    for xs, pair in (("[1., -.5,]", "(10, True)"), ("[1e0, -0.5]", "[10, true]"), ("[1.0, -0.5]", "(0xa, true)")):
        assert run("run", path, "--interpret", xs, pair) == 0
        assert capsys.readouterr().out == "([1.0, -0.5], (10, true))\n"
    path = program("fn f(xs: [n]f64, k: i64) = (xs, k)\n")
    assert run("run", path, "--interpret", "[inf, -inf, nan, -0.0]", "1_000") == 0
    assert capsys.readouterr().out == "([inf, -inf, nan, -0.0], 1000)\n"


@pytest.mark.parametrize("flags", [[], ["--interpret"]])
def test_a_trap_has_a_status_of_its_own_and_what_was_printed_stays(flags, program, capsys):
    path = program('fn f(xs: [n]f64, i: i64) -> f64 = print("before", i) in xs[i]\n')
    assert run("run", path, *flags, "[1.0]", "3") == 4
    captured = capsys.readouterr()
    assert captured.out == "before 3\n"
    assert "index 3" in captured.err
    assert "length 1" in captured.err


def test_a_trap_shows_the_calls_that_led_to_it(capsys):
    source = Source("fn f(x: i64) -> i64 = 1 + 8 // x\nfn g(x: i64) -> i64 = f(x - 3)\n", "a.fun")
    trap = DivideTrap("line 1: 8 by zero", Place(1, 27, 1, 33), (8,), None, [Place(2, 23, 2, 31)])
    assert report_trap(trap, source, plain) == 4
    assert capsys.readouterr().err.splitlines()[2:7] == [
        "  |",
        "1 | fn f(x: i64) -> i64 = 1 + 8 // x",
        "  |                           ^^^^^^",
        "2 | fn g(x: i64) -> i64 = f(x - 3)",
        "  |                       -------- called from here",
    ]


def test_a_trap_of_a_text_of_the_ir_is_one_line_and_where_to_read_more(program, capsys):
    check = "v1: i64{nonzero} = check_nonzero v0, v0 @0"
    path = program(f"site 0: divide\nfunc @f -> i64 {{\nbb0(v0: i64):\n  {check}\n  return v1\n}}\n", "f.ssair")
    assert run("run", path, "--interpret", "0") == 4
    error = capsys.readouterr().err
    assert error.startswith("trap[divide]: ") and error.endswith("\n\nMore about this trap: ssairc explain divide\n")


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
    monkeypatch.setitem(emitters, "opt", emitters["opt"]._replace(module=broken))
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


def test_full_output_is_reported_and_quiet_at_the_end():
    command = [sys.executable, "-m", "ssair", "explain"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "ssairc: No space left on device\n"


def test_output_that_the_terminal_cannot_show_is_no_fault():
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "ssair", "explain", "E0107"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "Diam\\xe9tre" in done.stdout and done.stderr == ""


# ---- check ---------------------------------------------------------------------------------------------------------

FAULTY = "fn f(x: i64) -> i64 = y\nfn g(x: i64) -> i64 = f(x, x)\n"


def test_check_reports_all_errors_of_all_files_and_nothing_else(program, capsys):
    good, bad, text = program(TWICE, "a.fun"), program(FAULTY, "b.fun"), program("nonsense\n", "c.ssair")
    assert run("check", good, bad, text) == 1
    captured = capsys.readouterr()
    assert captured.err == ""
    starts = [line for line in captured.out.splitlines() if line.startswith("error[")]
    assert [start[:12] for start in starts] == ["error[E0201]", "error[E0303]", "error[E0501]"]
    assert f"{bad}:1:23" in captured.out and f"{text}:1:1" in captured.out


def test_check_is_silent_about_good_files(program, capsys):
    assert run("check", program(TWICE)) == 0
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


def test_check_shows_more_errors_than_a_traceback_would(program, capsys):
    names = " + ".join(f"name{i}" for i in range(30))
    assert run("check", program(f"fn f() -> i64 = {names}\n")) == 1
    assert capsys.readouterr().out.count("error[E0201]") == 30


def test_check_goes_on_after_a_file_that_cannot_be_read(program, capsys):
    assert run("check", "nowhere.fun", program(FAULTY), "--format", "json") == 2
    captured = capsys.readouterr()
    assert captured.err == "ssairc: cannot read nowhere.fun: No such file or directory\n"
    assert len(json.loads(captured.out)["diagnostics"]) == 2


def test_check_writes_json_for_editors(program, capsys):
    path = program(FAULTY)
    assert run("check", "--format", "json", path) == 1
    text = capsys.readouterr().out
    assert text.endswith("}\n")
    data = json.loads(text)
    assert list(data) == ["version", "unit", "diagnostics"] and (data["version"], data["unit"]) == (1, "character")
    with pytest.raises(SourceError) as caught:
        load(Path(path))
    assert data["diagnostics"] == [diagnostic.to_dict() for diagnostic in caught.value.diagnostics]
    assert data["diagnostics"][0]["file"] == path


def test_the_documentation_shows_what_is_printed(monkeypatch, tmp_path, capsys):
    page = (ROOT / "docs" / "editors.md").read_text()
    documented = re.search(r"^<!-- check --format json -->\n```json\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    Path("f.fun").write_text("fn f(x: i64, x: i64) -> i64 = 1\n")
    assert run("check", "--format", "json", "f.fun") == 1
    assert documented is not None and capsys.readouterr().out == documented[1]


def test_the_json_of_good_files_has_no_diagnostics(program, capsys):
    assert run("check", "--format", "json", program(TWICE)) == 0
    assert json.loads(capsys.readouterr().out)["diagnostics"] == []


def test_offsets_count_characters_of_the_text_behind_a_byte_order_mark(tmp_path, capsys):
    path = tmp_path / "a.fun"
    path.write_bytes("\ufeff# \u6f22\r\nfn f() -> i64 = y\r\n".encode())
    assert run("check", "--format", "json", str(path)) == 1
    place = json.loads(capsys.readouterr().out)["diagnostics"][0]["range"]
    assert place == {"start": {"line": 2, "column": 17, "offset": 21}, "end": {"line": 2, "column": 18, "offset": 22}}


def test_a_folder_that_cannot_be_listed_is_named_and_the_others_are_checked(monkeypatch, tmp_path, capsys):
    (tmp_path / "shut").mkdir()
    (tmp_path / "open").mkdir()
    (tmp_path / "open" / "faulty.fun").write_text("fn f() = y")
    listed = os.scandir

    def scandir(path):
        if str(path).endswith("shut"):
            raise PermissionError(13, "Permission denied", path)
        return listed(path)

    monkeypatch.setattr("os.scandir", scandir)
    for command in ("check", "fmt"):
        assert main([command, str(tmp_path)]) == 2
        output = capsys.readouterr()
        assert f"cannot read {tmp_path / 'shut'}: " in output.err
        assert ("there is no `y`" in output.out) == (command == "check")


def test_check_reads_standard_input_and_folders(monkeypatch, program, tmp_path, capsys):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"nonsense")))
    assert run("check", "-", "--frontend", "ssair") == 1
    assert "<stdin>:1:1" in capsys.readouterr().out
    (tmp_path / "inner").mkdir()
    program(FAULTY, "inner/b.fun")
    program(FAULTY, "a.fun")
    program("no program", "c.txt")
    assert run("check", str(tmp_path)) == 1
    shown = capsys.readouterr().out
    assert shown.index("a.fun:1:23") < shown.index("b.fun:1:23") and "c.txt" not in shown


RECURSIVE = "fn f(n: i64) -> i64 = if n < 2 then 1 else n * f(n - 1)\nfn g(n: i64) -> i64 = n + n\n"


@pytest.mark.parametrize(
    ("arguments", "status"), [([], 0), (["--kernel"], 0), (["--kernel", "--entry", "f"], 1), (["--entry", "f"], 2)]
)
def test_check_says_what_a_kernel_cannot_have_if_asked(arguments, status, program, capsys):
    assert run("check", program(RECURSIVE), *arguments) == status
    assert ("E0601" in capsys.readouterr().out) == (status == 1)


@pytest.mark.parametrize("arguments", [[], ["--kernel"], ["--format", "json"]])
def test_check_imports_no_jax(arguments):
    code = f"from ssair.cli import main; main(['check', '{SIEVE}', *{arguments}])"
    look = "import sys; print(sorted({'jax', 'networkx', 'graphviz', 'pygments'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; {look}"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


# ---- colours -------------------------------------------------------------------------------------------------------

ENVIRONMENTS = [
    (True, "auto", {}, True),
    (False, "auto", {}, False),
    (True, "never", {}, False),
    (False, "always", {}, True),
    (False, "always", {"NO_COLOR": "1", "TERM": "dumb"}, True),
    (True, "never", {"FORCE_COLOR": "1"}, False),
    (True, "auto", {"NO_COLOR": "1"}, False),
    (True, "auto", {"NO_COLOR": "0"}, False),
    (True, "auto", {"NO_COLOR": ""}, True),
    (False, "auto", {"FORCE_COLOR": "1"}, True),
    (False, "auto", {"CLICOLOR_FORCE": "1"}, True),
    (False, "auto", {"CLICOLOR_FORCE": "0"}, False),
    (True, "auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
    (True, "auto", {"CLICOLOR": "0"}, False),
    (True, "auto", {"TERM": "dumb"}, False),
    (True, "auto", {"TERM": "xterm"}, True),
    (False, "auto", {"TERM": "dumb", "CLICOLOR_FORCE": "1"}, True),
]


class Stream(io.StringIO):
    def __init__(self, is_terminal: bool) -> None:
        super().__init__()
        self.is_terminal = is_terminal

    def isatty(self) -> bool:
        return self.is_terminal


@pytest.mark.parametrize(("is_terminal", "choice", "environment", "expected"), ENVIRONMENTS)
def test_who_decides_on_colours(is_terminal, choice, environment, expected):
    assert (paint_for(Stream(is_terminal), choice, environment) is coloured) == expected


@pytest.mark.parametrize(
    ("is_terminal", "environment", "columns"),
    [
        (True, {"COLUMNS": "60"}, 60),
        (True, {"COLUMNS": "wide"}, None),
        (True, {}, None),
        (False, {"COLUMNS": "60"}, None),
    ],
)
def test_who_decides_on_the_columns_of_a_terminal(is_terminal, environment, columns):
    assert columns_of(Stream(is_terminal), environment) == columns


def test_a_terminal_is_asked_how_wide_it_is():
    terminal, shown = os.openpty()
    fcntl.ioctl(shown, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 72, 0, 0))
    with os.fdopen(terminal, "rb"), os.fdopen(shown, "w") as stream:
        assert columns_of(stream, {}) == 72


def test_remarks_that_go_into_a_file_have_no_colours(program, tmp_path, monkeypatch):
    monkeypatch.setattr("sys.stdout", Stream(is_terminal=True))
    for name in ("NO_COLOR", "CLICOLOR", "FORCE_COLOR", "CLICOLOR_FORCE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    path = program("fn f(xs: [n]f64, i: i64) -> f64 = xs[i]\n")
    assert run(path, "--kept", "-o", str(tmp_path / "kept.txt")) == 0
    assert "\x1b" not in (tmp_path / "kept.txt").read_text()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--color", "always", "check"),
        ("--color=always", "check"),
        ("check", "--color", "always"),
        ("check", "--color=never", "--color=always"),
    ],
)
def test_colours_can_be_asked_for_anywhere(arguments, program, capsys):
    assert run(*arguments, program(FAULTY)) == 1
    assert "\x1b[1;31merror[E0201]" in capsys.readouterr().out


def test_errors_and_traps_are_coloured_alike(program, capsys):
    assert run(program(FAULTY), "--color", "always") == 1
    assert "\x1b[1;31merror[E0201]" in capsys.readouterr().err
    path = program("fn f(xs: [n]f64, i: i64) -> f64 = xs[i]\n")
    assert run("run", path, "--interpret", "[1.0]", "3", "--color", "always") == 4
    error = capsys.readouterr().err
    assert "\x1b[1;31mtrap[index]" in error and error.endswith("\n\nMore about this trap: ssairc explain index\n")


def test_files_and_pipes_have_no_colours(program, capsys):
    assert run("check", program(FAULTY)) == 1
    assert run(program(FAULTY)) == 1
    captured = capsys.readouterr()
    assert "\x1b" not in captured.out + captured.err


# ---- faults of the command line ------------------------------------------------------------------------------------

USAGE = [
    (["chek", "a.fun"], "did you mean 'check'?"),
    (["frobnicate"], "there are: dump, run"),
    (["check"], "FILE"),
    (["run"], "FILE"),
    (["check", SIEVE, "--formt", "json"], "did you mean --format?"),
    (["check", SIEVE, "--format", "jsn"], "did you mean 'json'?"),
    ([SIEVE, "--emti", "ssa"], "did you mean --emit?"),
    ([SIEVE, "--emit", "optt"], "did you mean 'opt'?"),
    ([SIEVE, "--pass", "gvn"], "did you mean --passes?"),  # no option is cut short
    ([SIEVE, "extra.fun"], "'extra.fun' is one argument too many"),
    ([SIEVE, "-O", "7"], "there are: 0, 1, 2, 3"),
    ([SIEVE, "--passes", "gnv"], "did you mean 'gvn'?"),
    ([SIEVE, "--print-after", "gnv"], "did you mean 'gvn'?"),
    ([SIEVE, "--entry", "sive"], "did you mean 'sieve'?"),
    ([SIEVE, "--frontend", "funn"], "did you mean 'fun'?"),
    ([SIEVE, "--color", "sometimes"], "there are: auto, always, never"),
    ([SIEVE, "--passes", "gvn", "-O2"], "--passes says which passes run, and so does -O"),
    ([SIEVE, "--passes", "gvn", "--print-after", "dce"], "it does not run; what runs is gvn"),
    ([SIEVE, "-O0", "--print-after", "all"], "no pass runs at -O0"),
    ([SIEVE, "--emit", "ast", "--entry", "sieve"], "--entry has no meaning with --emit ast"),
    ([SIEVE, "--emit", "ast", "-O0"], "-O has no meaning with --emit ast"),
    ([SIEVE, "--emit", "ssa", "--passes", "gvn"], "--passes has no meaning with --emit ssa"),
    ([SIEVE, "--emit", "ssa", "--verify-each"], "--verify-each has no meaning"),
    ([SIEVE, "--emit", "anf", "--stats"], "--stats has no meaning"),
    ([SIEVE, "--emit", "anf", "--time-passes"], "--time-passes has no meaning"),
    ([SIEVE, "--emit", "anf", "--print-after", "all"], "--print-after has no meaning"),
    ([SIEVE, "--size", "n=8"], "--size has no meaning with --emit opt"),
    ([SIEVE, "--emit", "jaxpr", "--size", "n=8", "--size", "n=9"], "given twice"),
    ([SIEVE, "--emit", "jaxpr", "--size", "n=-1"], "a name and a number"),
    ([SIEVE, "--emit", "jaxpr", "--size", "n=8", "--size", "m=8"], "no size 'm'; there are: n"),
    (["run", GCD, "1", "2", "--interpret", "--device", "cpu"], "--device has no meaning with --interpret"),
    (["run", GCD, "9" * 5000, "2", "--interpret"], "is no argument; one is a number"),
    (["run", GCD, "a", "2", "--interpret"], "'a' is no argument"),
    (["run", GCD, "[" * 9000, "2", "--interpret"], "is no argument"),
    (["run", GCD, "1if", "2", "--interpret"], "'1if' is no argument"),
    (["devices", "all"], "'all' is one argument too many"),
    (["a.xyz"], "cannot read a.xyz"),
    (["a.bril"], "cannot read a.bril"),
    ([str(ROOT)], "Is a directory"),
]


@pytest.mark.parametrize(("arguments", "message"), USAGE)
def test_a_faulty_command_line_is_told_what_was_meant(arguments, message, capsys):
    assert run(*arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("ssairc: ") and message in captured.err
    assert captured.err.count("\n") == 1 and len(captured.err) < 300


def test_names_of_files_cannot_write_to_the_terminal(capsys):
    assert run("a\x1b[2J.fun") == 2
    assert run("a\x00.fun") == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 2 and "\x1b" not in error and "\x00" not in error


@pytest.mark.parametrize("data", [b"", b"\x93NUMPY", b"PK\x03\x04", b"no array"])
def test_a_file_that_is_no_array(data, tmp_path, capsys):
    path = tmp_path / "a.npy"
    path.write_bytes(data)
    assert run("run", SIEVE, "--interpret", f"@{path}") == 2
    assert f"cannot read the array {path}" in capsys.readouterr().err


def test_help_lists_the_commands_and_each_has_its_own_in_80_columns(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert run("--help") == 0
    listed = capsys.readouterr().out
    assert max(map(len, listed.splitlines())) <= 80
    for name, command in COMMANDS.items():
        assert f"  {name} " in listed and command.summary in listed
        assert run(name, "--help") == 0
        told = capsys.readouterr().out
        assert f"usage: ssairc {name}" in told
        assert max(map(len, told.splitlines())) <= 80


def test_without_arguments_help_goes_to_standard_error(capsys):
    assert run() == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.startswith("usage: ssairc ")


def test_the_levels_are_those_of_the_pipeline():
    assert [int(level) for level in options.LEVELS] == list(LEVELS)
    assert DEFAULT_LEVEL in LEVELS


def test_the_version(capsys):
    assert run("--version") == 0
    assert capsys.readouterr().out.startswith("ssairc ")


def test_the_package_runs_as_the_command_does():
    done = subprocess.run([sys.executable, "-m", "ssair"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and done.stderr.startswith("usage: ssairc ")


def test_memory_that_is_not_there_is_no_fault_of_ours(monkeypatch, program, capsys):
    def broken(request: object) -> str:
        raise MemoryError("no 3 TB")

    emitters = sys.modules["ssair.emit"].EMITTERS
    monkeypatch.setitem(emitters, "opt", emitters["opt"]._replace(module=broken))
    assert run(program(TWICE)) == 1
    assert capsys.readouterr().err == "ssairc: out of memory: no 3 TB\n"
