"""What docs/facts.md shows is what happens."""

import re
from pathlib import Path

import pytest

from ssair.pipeline import optimize
from ssair.sources import load

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "facts.md").read_text()


def marked(name: str) -> str:
    """The fenced block behind the comment `<!-- name -->`."""
    found = re.search(rf"^<!-- {name} -->\n```\w*\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
    assert found
    return found[1]


@pytest.mark.parametrize(
    ("mark", "passes"),
    [
        ("before", ""),
        ("facts", ",refine,sccp"),
        ("after", ",refine,sccp,simplify,gvn,clean_cfg,dce,drop_refinements,dce"),
    ],
)
def test_the_dumps_are_those_of_the_program(mark, passes):
    result = optimize(load(marked("program")), f"clean_cfg,gvn,copyprop,dce{passes}")
    assert str(result.functions["f"]).rstrip() == marked(mark).rstrip()


def test_the_files_named_are_there():
    files = re.findall(r"`(passes/\w+\.py)`", TEXT)
    assert len(files) == 4
    for name in files:
        assert (ROOT / name).is_file()
