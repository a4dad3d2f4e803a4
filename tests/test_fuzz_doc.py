"""What docs/fuzzing.md shows of commands that find something is what happens, on the page's own broken pass.

`pytest --bless tests/test_fuzz_doc.py` writes anew what they print.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from doc_blocks import blocks_of, importable

from ssair.cli import main
from ssair.commands.fuzz_record import total
from ssair.testing.oracles import ORACLES

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "fuzzing.md"
_FINDS = re.compile(
    r"(?<=<!-- not run: it finds something -->\n)```sh\n(?P<command>.*?)\n```\n(?:```text\n(?P<shown>.*?)^```\n)?",
    re.MULTILINE | re.DOTALL,
)
_FILE = re.compile(r"<!-- shown: (?P<name>\S+) -->\n```text\n(?P<shown>.*?)^```\n", re.MULTILINE | re.DOTALL)
_TIMES = re.compile(r"in \d+\.\d s: [\d,]+ a second")


def test_what_finds_something_finds_what_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    monkeypatch.chdir(tmp_path)
    (source,) = (block for block in blocks_of(PAGE) if block.mark == "file: doubles.py")
    (tmp_path / "doubles.py").write_text(source.text)
    bless = request.config.getoption("--bless")

    def run(match: re.Match[str]) -> str:
        status = main(shlex.split(match["command"])[1:])
        assert status == (0 if " reduce " in match["command"] else 1)
        printed = _TIMES.sub("in … s: … a second", capsys.readouterr().out)
        if match["shown"] is None:
            return match[0]
        assert bless or printed.strip() == match["shown"].strip()
        return f"```sh\n{match['command']}\n```\n```text\n{printed.strip()}\n```\n"

    with importable(tmp_path):
        text = _FINDS.sub(run, PAGE.read_text(encoding="utf-8"))
    for match in _FILE.finditer(text):
        made = (tmp_path / match["name"]).read_text()
        assert bless or made.strip() == match["shown"].strip()
        text = text.replace(match[0], f"<!-- shown: {match['name']} -->\n```text\n{made.strip()}\n```\n")
    if bless:
        PAGE.write_text(text, encoding="utf-8")


def test_every_oracle_is_in_the_table() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE) == list(ORACLES)


def test_the_record_ends_where_rows_are_added() -> None:
    text = (DOCS / "reliability.md").read_text(encoding="utf-8")
    assert text.count("<!-- end of runs -->") == 1
    table, _, after = text.partition("<!-- end of runs -->")
    assert table.splitlines()[-1].startswith("| 20")
    assert after.startswith(f"\n\n{total(table)}\n\n")
