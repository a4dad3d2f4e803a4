"""`ssairc passes [NAME…]`: what passes there are, in which order each level runs them, and why in that order."""

from __future__ import annotations

import inspect
import json
import sys
from typing import Any, Final

from ssair.commands.options import CommandParser
from ssair.commands.status import DONE
from ssair.pipeline import LEVELS, ORDERS, PASSES, Order, Pass, parse_pipeline
from ssair.sources import UsageError
from ssair.suggestions import unknown

#: Counts up when a part of the JSON changes its meaning or goes; parts may be added.
JSON_VERSION: Final = 1
_WIDTH: Final = 100


def parser() -> CommandParser:
    """What the command takes."""
    parser = CommandParser("passes", "List the passes, the levels and their orders; or tell of some passes at length.")
    parser.add_argument("names", metavar="NAME", nargs="*", help="a pass: its contract, options and place")
    parser.add_choice("--format", "format", ("text", "json"), "how it is written", default="text")
    return parser


def run(arguments: list[str]) -> int:
    """Print the table, or what is to be known of each pass named."""
    options = parser().parse(arguments)
    rows = [_row(name) for name in options.names]
    if options.format == "json":
        print(json.dumps(as_json(rows or list(PASSES.values())), indent=2))
    elif rows:
        print("\n\n".join(map(_told, rows)))
    else:
        print(_overview())
    return DONE


def _row(name: str) -> Pass:
    row = PASSES.get(name.replace("-", "_"))
    if row is None:
        raise UsageError(unknown("pass", name, PASSES))
    return row


def as_json(rows: list[Pass]) -> dict[str, Any]:
    """The passes, levels and orders as data."""
    return {
        "version": JSON_VERSION,
        "passes": [
            {
                "name": row.name,
                "summary": row.summary,
                "whole_module": row.whole_module,
                "options": _options(row),
                "contract": _contract(row),
            }
            for row in rows
        ],
        "levels": {str(level): text for level, text in LEVELS.items()},
        "orders": [order._asdict() for order in ORDERS],
    }


def _overview() -> str:
    width = max(map(len, PASSES))
    lines = ["passes:", *(f"  {row.name:<{width}}  {row.summary}" for row in PASSES.values()), "", "levels:"]
    for level, text in LEVELS.items():
        lines += _wrapped(f"  -O{level}  ", _steps(text))
    lines += ["", "orders that matter:"]
    lines += [f"  {order.before} before {order.after}: {order.because}" for order in ORDERS]
    lines += ["", "`ssairc passes NAME` tells of one at length; `--passes 'gvn{table=scoped},dce'` runs some."]
    return "\n".join(lines)


def _steps(text: str) -> list[str]:
    """The steps of a pipeline as they are written, commas in braces kept."""
    steps = []
    for step in parse_pipeline(text):
        options = ",".join(f"{name}={value}" for name, value in step.options.items())
        steps.append(f"{step.row.name}{{{options}}}" if options else step.row.name)
    return steps


def _wrapped(head: str, words: list[str]) -> list[str]:
    """Words behind a head, on as many lines as they take, the further ones below the first word."""
    lines = [head.rstrip() if not any(words) else head]
    for word in filter(None, words):
        if len(lines[-1]) + len(word) > _WIDTH:
            lines.append(" " * len(head))
        lines[-1] += f"{word} "
    return [line.rstrip() for line in lines]


def _told(row: Pass) -> str:
    lines = [f"{row.name}: {row.summary}", "", _contract(row), ""]
    lines += [f"option {name}: {default}" for name, default in _options(row).items()]
    levels = [
        f"-O{level}" for level, text in LEVELS.items() if row.name in (step.row.name for step in parse_pipeline(text))
    ]
    lines.append(f"runs at {', '.join(levels)}" if levels else "runs at no level")
    lines += [f"before {order.after}: {order.because}" for order in _orders(row) if order.before == row.name]
    lines += [f"behind {order.before}: {order.because}" for order in _orders(row) if order.after == row.name]
    return "\n".join(lines)


def _orders(row: Pass) -> list[Order]:
    return [order for order in ORDERS if row.name in (order.before, order.after)]


def _contract(row: Pass) -> str:
    """The docstring of the pass's module: requires, ensures, complexity, source."""
    return inspect.getdoc(sys.modules[row.run.__module__]) or ""


def _options(row: Pass) -> dict[str, str]:
    """The options of a pass with their defaults."""
    parameters = list(inspect.signature(row.run).parameters.values())[2:]
    return {parameter.name: str(parameter.default) for parameter in parameters}
