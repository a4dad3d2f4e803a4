"""The documentation: its pages are built without a warning, and what their code blocks show is what happens."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from doc_blocks import blocks_of, importable, run_blocks

DOCS = Path(__file__).parents[1] / "docs"
EXAMPLES = DOCS.parent / "examples"
PAGES = sorted(DOCS.glob("*.md"))
#: Pages whose blocks other tests hold, or that have none to run.
ELSEWHERE = {
    "bounds": "test_bounds_doc",
    "bril": "test_bril_doc",
    "facts": "test_facts_doc",
    "language": "test_language_doc",
    "motion": "test_motion_doc",
    "remarks": "test_remarks_doc",
}


@pytest.mark.parametrize("page", [page for page in PAGES if page.stem not in ELSEWHERE], ids=lambda page: page.stem)
def test_the_code_of_a_page_does_what_it_shows(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = blocks_of(page)
    runnable = [block for block in blocks if block.language in ("python", "sh", "fun") and "not run" not in block.mark]
    shutil.copytree(EXAMPLES, tmp_path / "examples")
    shutil.copy(EXAMPLES / "matmul.fun", tmp_path)
    monkeypatch.chdir(tmp_path)
    with importable(tmp_path):
        assert run_blocks(blocks, tmp_path) == len(runnable)


def test_pages_that_are_tested_elsewhere_are() -> None:
    for page, test in ELSEWHERE.items():
        assert (DOCS / f"{page}.md").exists()
        assert f"{page}.md" in (Path(__file__).parent / f"{test}.py").read_text(encoding="utf-8")


def test_a_block_that_does_not_do_what_it_shows_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = tmp_path / "page.md"
    for faulty in (
        "```python\nprint(1 + 1)  # 3\n```\n",
        "```python\nprint(1 + 1)\n# 3\n```\n",
        "```fun\nfn main( = 1\n```\n",
        "```sh\nssairc explain E9999\n```\n",
        "```sh\nssairc passes gvn\n```\n```text\nnothing\n```\n",
    ):
        page.write_text(faulty, encoding="utf-8")
        with pytest.raises(Exception):  # noqa: B017 — whatever says so
            run_blocks(blocks_of(page), tmp_path)


def test_the_pages_are_built_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "html", str(DOCS), str(tmp_path / "html")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    front = (tmp_path / "html" / "index.html").read_text(encoding="utf-8")
    assert "Ten minutes" in front
    api = (tmp_path / "html" / "api.html").read_text(encoding="utf-8")
    assert "ssair.compile" in api and "make_equal_to" in api
    ir = (tmp_path / "html" / "ir.html").read_text(encoding="utf-8")
    assert "check_index" in ir and "dominance" in ir
