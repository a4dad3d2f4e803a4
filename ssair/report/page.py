"""The page of a report: the files of `page/` and the data, put together in one HTML text."""

from __future__ import annotations

import json
from html import escape
from importlib.resources import files
from string import Template
from typing import Any, Final

#: The scripts in the order in which they stand in the page.
_SCRIPTS: Final = ("model.js", "column.js", "details.js", "views.js", "main.js")


def page(data: dict[str, Any]) -> str:
    """The page that shows the data of `ssair.report.contents`."""
    title = f"{data['name']} — ssair"
    return Template(_part("page.html")).substitute(
        title=escape(title),
        style=_part("style.css"),
        data=_in_script(json.dumps(data, ensure_ascii=False, separators=(",", ":"))),
        script="\n".join(map(_part, _SCRIPTS)),
    )


def _part(name: str) -> str:
    return files("ssair.report").joinpath("page", name).read_text(encoding="utf-8")


def _in_script(text: str) -> str:
    """JSON that no end of a script element or start of a comment stands in."""
    return text.replace("<", "\\u003c")
