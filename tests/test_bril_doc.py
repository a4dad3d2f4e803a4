"""What docs/bril.md shows is what happens; `pytest --bless` rewrites its dump."""

import re
from pathlib import Path

from ssair.cli import main
from ssair.frontends.bril import compile_source

PAGE = Path(__file__).parents[1] / "docs" / "bril.md"


def marked(name: str) -> str:
    """The fenced block behind the comment `<!-- name -->`."""
    found = re.search(rf"^<!-- {name} -->\n```\w*\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    assert found
    return found[1]


def test_the_dump_is_that_of_the_program(request) -> None:
    text = f"{str(compile_source(marked('program')).functions['main']).rstrip()}\n"
    if request.config.getoption("--bless"):
        page = PAGE.read_text()
        PAGE.write_text(page.replace(f"<!-- ssa -->\n```\n{marked('ssa')}```", f"<!-- ssa -->\n```\n{text}```"))
    assert text == marked("ssa")


def test_the_commands_print_what_the_page_says(capfd, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("gcd.bril").write_text(marked("program"))
    commands = re.findall(
        r"^    ssairc (run [^\n]*?)  +(?:prints|runs)|^    ssairc (run .* cpu) ", PAGE.read_text(), re.MULTILINE
    )
    assert len(commands) == 4
    for command in (one or other for one, other in commands):
        assert main(command.split()) == 0
        captured = capfd.readouterr()
        assert captured.out == "21\n"
        if "--profile" in command:
            assert captured.err.strip() in PAGE.read_text() and "total_dyn_inst" in captured.err
