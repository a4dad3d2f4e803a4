"""Pages take in what benchmarks print, and name commands that exist."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))

from record import output_of, recorded  # noqa: E402

PAGE = """\
Before.

<!-- from: python -c "print('new')" -->
```text
old
```

<!-- from: python other.py -->
```text
kept
```

```text
no output
```
"""


def test_the_output_of_a_command_replaces_its_block_alone() -> None:
    assert recorded(PAGE, "print", output_of) == PAGE.replace("old\n", "new\n")


def test_every_command_is_run_where_none_is_chosen() -> None:
    ran: list[str] = []
    recorded(PAGE, "", lambda command: ran.append(command) or "")  # type: ignore[func-returns-value]
    assert ran == ["-c \"print('new')\"", "other.py"]


def test_pages_name_benchmarks_that_exist() -> None:
    pages = [page.read_text(encoding="utf-8") for page in (ROOT / "docs").glob("*.md")]
    named = {name for page in pages for name in re.findall(r"<!-- from: python (\S+)", page)}
    assert named
    assert all((ROOT / name).exists() for name in named)
