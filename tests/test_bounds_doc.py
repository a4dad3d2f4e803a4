"""What docs/bounds.md shows is what happens; `pytest --bless` rewrites its dumps."""

import re
from pathlib import Path

import pytest

from ssair.pipeline import optimize
from ssair.sources import load

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "bounds.md"


def marked(name: str) -> str:
    """The fenced block behind the comment `<!-- name -->`."""
    found = re.search(rf"^<!-- {name} -->\n```\w*\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    assert found
    return found[1]


@pytest.mark.parametrize(("mark", "passes"), [("before", ""), ("after", ",bounds")])
def test_the_dumps_are_those_of_the_program(mark, passes, request):
    module = optimize(load(marked("program")), f"clean_cfg,gvn,copyprop,sccp,dce{passes}")
    text = f"{str(module.functions['f']).rstrip()}\n"
    if request.config.getoption("--bless"):
        page = PAGE.read_text()
        PAGE.write_text(page.replace(f"<!-- {mark} -->\n```\n{marked(mark)}```", f"<!-- {mark} -->\n```\n{text}```"))
    assert text == marked(mark)


def test_the_files_named_are_there():
    files = re.findall(r"`(passes/\w+\.py)`", PAGE.read_text())
    assert files
    for name in files:
        assert (ROOT / name).is_file()
