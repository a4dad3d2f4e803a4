"""What docs/remarks.md shows is what happens; `pytest --bless` rewrites the remarks in it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from ssair.cli import main

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "remarks.md"


def marked(mark: str) -> str:
    """The fenced block behind the comment `<!-- mark -->`."""
    found = re.search(rf"^<!-- {mark} -->\n```\w+\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    assert found
    return found[1]


@pytest.mark.parametrize("mark", ["kept", "proved"])
def test_the_remarks_are_those_of_the_program(mark, tmp_path, monkeypatch, capsys, request):
    monkeypatch.chdir(tmp_path)
    Path("search.fun").write_text(marked(mark))
    assert main(["search.fun", "--remarks"]) == 0
    printed = capsys.readouterr().out
    if request.config.getoption("--bless"):
        page, old = PAGE.read_text(), f"<!-- {mark} remarks -->\n```text\n{marked(f'{mark} remarks')}```"
        PAGE.write_text(page.replace(old, f"<!-- {mark} remarks -->\n```text\n{printed}```"))
    assert printed == marked(f"{mark} remarks")


def test_the_python_prints_what_its_comments_say():
    (block,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    run = subprocess.run([sys.executable, "-c", block], cwd=ROOT, capture_output=True, text=True, check=True)
    wanted = re.findall(r"^print\(.*?\)  # (.*)$", block, re.MULTILINE)
    assert wanted and run.stdout.splitlines() == wanted
