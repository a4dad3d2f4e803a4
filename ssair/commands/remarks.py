"""`ssairc FILE --remarks`: each check of a program with its source line, whether it is still made, and why.

With `--kept` only those that are still made, at all places or in a copy of their loop; all are counted.
For people as diagnostics are shown, with what to assert as the help line and a count at the end; as JSON for scripts
and editors.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Final

from ssair.emit import Request
from ssair.remarks import VERDICTS, Remark, remarks

if TYPE_CHECKING:
    from ssair.rendering import Paint

#: Counts up when a part of the JSON changes its meaning or goes; parts may be added.
JSON_VERSION: Final = 1


#: What `--kept` shows: checks that some run may still make.
_MADE: Final = ("kept", "versioned")


def remarks_text(request: Request, format: str, only_kept: bool, paint: Paint, columns: int | None) -> str:
    """The remarks on a program, or those on the checks kept, as `text` or `json`; ends in a newline."""
    found = remarks(request.module(), request.passes, request.level)
    shown = [remark for remark in found if remark.verdict in _MADE] if only_kept else found
    if format == "json":
        return json.dumps(as_json(shown), indent=2) + "\n"
    return "\n\n".join([*(remark.render(paint, columns) for remark in shown), _count(found)]) + "\n"


def as_json(found: list[Remark]) -> dict[str, object]:
    """Remarks as data, as docs/remarks.md describes it."""
    return {"version": JSON_VERSION, "unit": "character", "remarks": [remark.to_dict() for remark in found]}


def _count(found: list[Remark]) -> str:
    numbers = Counter(remark.verdict for remark in found)
    told = ", ".join(f"{numbers[verdict]} {verdict}" for verdict in VERDICTS if numbers[verdict])
    return f"{len(found)} check{'' if len(found) == 1 else 's'}{': ' if told else ''}{told}"
