"""What the documentation has beyond Sphinx: lexers, docstrings as the project writes them, tables made of its data.

```{ssair-operations}
```                         the table of operations
```{ssair-terminators}
```                         the table of terminators
```{ssair-specification}
```                         the rules of the verifier
"""

from __future__ import annotations

import inspect
import re

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx
from sphinx.util.parsing import nested_parse_to_nodes

from ssair import verifier
from ssair.highlighting import FunLexer, SsairLexer
from ssair.ops import OPS, TERMINATORS


class Operations(Directive):
    """A table of all operations."""

    def run(self) -> list[nodes.Node]:
        """The rows in the order of the table."""
        rows = [
            (
                op.name,
                f"{-op.arity - 1} or more" if op.arity < 0 else str(op.arity),
                op.aux.value,
                ", ".join(word for word in ("pure", "commutative", "refines", "traps") if getattr(op, word)),
            )
            for op in OPS.values()
        ]
        return [_table(("operation", "operands", "immediate", "properties"), rows)]


class Terminators(Directive):
    """A table of all terminators."""

    def run(self) -> list[nodes.Node]:
        """The rows in the order of the table."""
        return [_table(("terminator", "what it does"), [(op.name, _WHAT[op.name]) for op in TERMINATORS.values()])]


_WHAT = {
    "jump": "goes to one block",
    "branch": "goes to the first block where its operand is true, else to the second",
    "switch": "goes to the block of the case that its operand equals, else to the last one",
    "forall": "runs its body for all indices, then goes on with the arrays of what the body yields",
    "return": "ends the function with its results",
    "yield": "ends the body of a forall with its elements",
}


class Specification(Directive):
    """The docstring of the verifier, which is written in Markdown."""

    def run(self) -> list[nodes.Node]:
        """Its paragraphs and lists."""
        text = inspect.getdoc(verifier) or ""
        return nested_parse_to_nodes(self.state, text, source="ssair/verifier.py", allow_section_headings=False)


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> nodes.table:
    table = nodes.table()
    group = nodes.tgroup(cols=len(heads))
    table += group
    group += [nodes.colspec(colwidth=1) for _ in heads]
    head, body = nodes.thead(), nodes.tbody()
    group += [head, body]
    head += _row(heads, literal=False)
    body += [_row(row, literal=True) for row in rows]
    return table


def _row(cells: tuple[str, ...], literal: bool) -> nodes.row:
    row = nodes.row()
    for number, cell in enumerate(cells):
        text = nodes.literal(text=cell) if literal and number == 0 else nodes.Text(cell)
        row += nodes.entry("", nodes.paragraph("", "", text))
    return row


#: A blank line, then an indented block: code, as Markdown has it.
_CODE = re.compile(r"\A {4}\S")


#: A literal with a letter right behind it, which reStructuredText wants parted from it.
_LITERAL = re.compile(r"`([^`]+)`(?=\w)")


def docstring_to_rst(app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    """Turn the little Markdown that docstrings have (indented code) into what autodoc reads."""
    made: list[str] = []
    in_code = False
    for index, line in enumerate(lines):
        begins = _CODE.match(line) and (index == 0 or not lines[index - 1].strip())
        if begins and not in_code:
            made += ["::", ""]
            in_code = True
        elif line.strip() and not line.startswith(" "):
            in_code = False
        made.append(line if in_code else _LITERAL.sub(r"`\1`\\ ", line))
    lines[:] = made


def setup(app: Sphinx) -> dict[str, bool]:
    """Register all of it."""
    app.add_lexer("fun", FunLexer)
    app.add_lexer("ssair", SsairLexer)
    app.add_directive("ssair-operations", Operations)
    app.add_directive("ssair-terminators", Terminators)
    app.add_directive("ssair-specification", Specification)
    app.connect("autodoc-process-docstring", docstring_to_rst)
    return {"parallel_read_safe": True}
