"""What the README shows is what happens."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import ssair

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PYTHON_BLOCKS = re.findall(r"^```python\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
COMMANDS = [
    line.split("#")[0].strip()
    for block in re.findall(r"^```sh\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    for line in block.splitlines()
    if line.startswith("ssairc")
]


def marked(name: str) -> str:
    """The fenced block behind the comment `<!-- name -->`."""
    found = re.search(rf"^<!-- {name} -->\n```\w+\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    assert found
    return found[1]


@pytest.fixture
def checkout(tmp_path):
    """A folder in which the files that the README names are, and may be written beside."""
    (tmp_path / "tests").mkdir()
    for name in ("examples", "tests/bril"):
        (tmp_path / name).symlink_to(ROOT / name)
    return tmp_path


ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


@pytest.mark.parametrize("number", range(len(PYTHON_BLOCKS)))
def test_each_block_of_python_prints_what_its_comments_say(number, checkout):
    block = PYTHON_BLOCKS[number]
    run = subprocess.run(
        [sys.executable, "-c", block], cwd=checkout, env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    for expected in re.findall(r"^\s*print\(.*?\)\s+# (.*)$", block, re.MULTILINE):
        assert expected in run.stdout.splitlines()


@pytest.mark.parametrize(("mark", "stage"), [("before", "ssa"), ("after", "opt")])
def test_the_dumps_are_those_of_the_program(mark, stage):
    source = re.search(r'"""\n(.*?)"""', PYTHON_BLOCKS[0], re.DOTALL)
    assert source
    assert marked(mark) in ssair.compile(source[1]).ir(stage)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_line_works(command, checkout):
    program = "import sys; from ssair.cli import main; sys.exit(main(sys.argv[1:]))"
    line = f'"{sys.executable}" -c "{program}" {command.removeprefix("ssairc ")}'
    run = subprocess.run(line, shell=True, cwd=checkout, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_each_install_command_makes_its_own_environment():
    for name in ("run", "test"):
        command = marked(name)
        environment = re.match(r"python3 -m venv (\S+) && ", command)
        assert environment
        assert command.count(f"{environment[1]}/bin/") == 2
        assert len(command.splitlines()) == 1


def test_what_checks_cost_is_what_performance_says_and_the_command_prints_it():
    head, *rows = marked("seen").splitlines()
    measured = (ROOT / "docs" / "performance.md").read_text()
    assert all(f"{row}\n" in measured for row in (head, *rows))
    script = marked("see").split()[1]
    options = ["--repeat", "1", "--only", "gather"]
    run = subprocess.run(
        [sys.executable, ROOT / script, *options], env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    assert run.stdout.splitlines()[0] == head
    assert run.stdout.splitlines()[1].startswith("gather ")


def test_the_links_lead_to_pages():
    links = re.findall(r"\]\(([^)]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
