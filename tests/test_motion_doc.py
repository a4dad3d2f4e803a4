"""What docs/motion.md shows is what happens."""

import re
from pathlib import Path

import pytest

from ssair.pipeline import optimize
from ssair.sources import load

TEXT = (Path(__file__).parents[1] / "docs" / "motion.md").read_text()


def marked(name: str) -> str:
    """The fenced block behind the comment `<!-- name -->`."""
    found = re.search(rf"^<!-- {name} -->\n```\w*\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
    assert found
    return found[1]


@pytest.mark.parametrize(("mark", "passes"), [("before", ""), ("after", ",motion,gvn,dce")])
def test_the_dumps_are_those_of_the_program(mark, passes):
    result = optimize(load(marked("program")), f"clean_cfg,gvn,copyprop,dce{passes}")
    assert str(result.functions["f"]).rstrip() == marked(mark).rstrip()


def test_the_files_named_are_there():
    for name in re.findall(r"`(passes/\w+\.py)`", TEXT):
        assert (Path(__file__).parents[1] / name).is_file()
