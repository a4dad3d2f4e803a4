"""Fun programs made small: functions, statements, parameters and parts of results left out, expressions replaced by
parts of themselves and by literals, as long as the program checks and is still interesting.

    reduce_fun(source, interesting)      the smallest program found of which `interesting(source)` holds

Works on the syntax tree and edits the text at its spans; nothing is recursive. Each round parses the program anew and
goes through the kinds of edits, coarse ones first; it ends when a round finds nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from ssair.diagnostics import SourceError
from ssair.frontends.fun import ast
from ssair.frontends.fun.check import checked_program
from ssair.frontends.fun.format import format_source
from ssair.frontends.fun.types import BOOL, F32, F64, I32, I64, TupleType, Type
from ssair.testing.reduction import Candidate, Interesting, Item, Search, leave_out

_TOKEN: Final = re.compile(r"#[^\n]*|[A-Za-z_]\w*|[0-9][\w.]*|\S")
_LITERALS: Final[dict[Type, tuple[str, ...]]] = {
    I64: ("0", "1"), I32: ("0i32", "1i32"), F64: ("0.0", "1.0"), F32: ("0.0f32", "1.0f32"), BOOL: ("true", "false"),
}  # fmt: skip
_MOST_PARTS: Final = 12
_IN: Final = re.compile(r"\bin\b")


class Edit(NamedTuple):
    """A stretch of the text and what comes in its place."""

    start: int
    end: int
    text: str


def reduce_fun(source: str, interesting: Interesting) -> str:
    """The smallest program found of which `interesting` holds; `source` itself if it does not hold of that.

    `interesting` is only asked of programs that check. Raises: SourceError if `source` does not.

    Example:
        >>> reduce_fun("fn main(x: i64, y: i64) = let z = x * y in z + 7\\n", lambda text: "*" in text)
        'fn main() = 0 * 0\\n'
    """
    reducer = FunReducer(source, interesting)
    if interesting(source):
        reducer.run()
    return reducer.search.best


class FunReducer:
    """A reduction under way; `search.best` is what it has by now."""

    def __init__(self, source: str, interesting: Interesting, jobs: int = 1) -> None:
        checked_program(source, "<input>")
        self.search = Search(source, lambda text: _checks(text) and interesting(text), _weight, jobs)

    def run(self) -> None:
        """Reduce until nothing gets smaller."""
        self.search.accept(_uncommented(self.search.best))
        before = ""
        while self.search.best != before:
            before = self.search.best
            self._functions()
            self._annotations()
            self._statements()
            self._parameters()
            self._expressions()
            self._elements()
            self._brackets()
        self._lay_out()

    def _lay_out(self) -> None:
        """The program as the formatter writes it."""
        try:
            laid_out = format_source(self.search.best)
        except SourceError:
            return
        self.search.accept_as_good(laid_out)

    def _first(self, texts: Iterable[str]) -> int | None:
        """Take the first text for the best that is better; says which it was."""
        found = self.search.first(Candidate(text, number) for number, text in enumerate(texts))
        return None if found is None else found.item

    def _leave_out(self, items: Sequence[Item], without: Callable[[list[Item]], str]) -> None:
        """Leave out as many items as can be; `without` is the program without some."""
        leave_out(items, lambda sets: self._first(map(without, sets)))

    def _tree(self) -> tuple[str, ast.Program]:
        text = self.search.best
        return text, checked_program(text, "<input>")

    def _functions(self) -> None:
        """Functions left out, with calls of them replaced by literals."""
        text, tree = self._tree()
        calls: dict[str, list[ast.Call]] = {}
        for function in tree.functions:
            for node in nodes(function.body):
                if isinstance(node, ast.Call):
                    calls.setdefault(node.name, []).append(node)

        def without(gone: list[ast.Function]) -> str:
            edits = [Edit(*function.span, "") for function in gone]
            for function in gone:
                for call in calls.get(function.name, ()):
                    edits += _literal_edits(call)
            return edited(text, edits)

        self._leave_out(tree.functions, without)

    def _brackets(self) -> None:
        """Pairs of round brackets left out."""
        text = self.search.best
        pairs = _bracket_pairs(text)

        def without(gone: list[tuple[int, int]]) -> str:
            return edited(text, [Edit(place, place + 1, "") for pair in gone for place in pair])

        self._leave_out(pairs, without)

    def _annotations(self) -> None:
        """Declared results left out: they follow, but for functions that call themselves."""
        text, tree = self._tree()
        edits = []
        for function in tree.functions:
            if function.declared_result is not None:
                end = function.declared_result.span.end
                edits.append(Edit(text.rindex("->", 0, function.declared_result.span.start), end, ""))
        self._leave_out(edits, lambda gone: edited(text, gone))

    def _statements(self) -> None:
        """Statements left out; what they bind is replaced by literals where it is used."""
        text, tree = self._tree()
        blocks = [node for function in tree.functions for node in nodes(function.body) if isinstance(node, ast.Block)]
        uses = _uses(tree)
        parts = [(block, place) for block in blocks for place in range(len(block.statements))]

        def without(gone: list[tuple[ast.Block, int]]) -> str:
            left_out: dict[int, set[int]] = {}
            edits: list[Edit] = []
            for block, place in gone:
                left_out.setdefault(id(block), set()).add(place)
                for binding in _bound(block.statements[place]):
                    for use in uses.get(binding, ()):
                        edits += _literal_edits(use)
            for block in blocks:
                edits += _block_edits(text, block, left_out.get(id(block), set()))
            return edited(text, edits)

        self._leave_out(parts, without)

    def _parameters(self) -> None:
        """Parameters left out, with the arguments of all calls."""
        text, tree = self._tree()
        uses = _uses(tree)
        parts = [(function, place) for function in tree.functions for place in range(len(function.parameters))]

        def without(gone: list[tuple[ast.Function, int]]) -> str:
            edits: list[Edit] = []
            places: dict[str, list[int]] = {}
            for function, place in gone:
                places.setdefault(function.name, []).append(place)
                for use in uses.get(function.parameters[place].binding, ()):
                    edits += _literal_edits(use)
            for function in tree.functions:
                edits += _listed(text, function.parameters, places.get(function.name, []))
                for node in nodes(function.body):
                    if isinstance(node, ast.Call):
                        edits += _listed(text, node.arguments, places.get(node.name, []))
            return edited(text, edits)

        self._leave_out(parts, without)

    def _elements(self) -> None:
        """Elements of tuples left out; a tuple of one is that one."""
        limit = len(self.search.best) + 1
        while True:
            text, tree = self._tree()
            found = [
                node
                for function in tree.functions
                for node in nodes(function.body)
                if isinstance(node, ast.Tuple) and node.span.start < limit
            ]
            if not found:
                return
            node = max(found, key=lambda each: each.span.start)
            limit = node.span.start
            parts = [_bracketed(text, element) for element in node.elements]
            for place in range(len(parts)):
                kept = parts[:place] + parts[place + 1 :]
                replacement = kept[0] if len(kept) == 1 else f"({', '.join(kept)})"
                if self.search.accept(edited(text, [Edit(*node.span, replacement)])):
                    limit = node.span.start + 1
                    break

    def _expressions(self) -> None:
        """Expressions, the longest first, replaced by a literal, or by a part of the same type."""
        longest = len(self.search.best)
        skip: set[tuple[int, int]] = set()
        while True:
            text, tree = self._tree()
            found = [
                node
                for function in tree.functions
                for node in nodes(function.body)
                if isinstance(node, ast.Expression) and node.span.end - node.span.start <= longest
            ]
            found.sort(key=lambda node: (node.span.start - node.span.end, node.span.start))
            for node in found:
                length = node.span.end - node.span.start
                if length < longest:
                    skip.clear()
                    longest = length
                if (node.span.start, node.span.end) in skip:
                    continue
                if self._first(edited(text, [edit]) for edit in _simpler(text, node)) is not None:
                    break
                skip.add((node.span.start, node.span.end))
            else:
                return


def nodes(root: ast.Node) -> Iterator[ast.Node]:
    """All nodes below and with `root`, from left to right."""
    pending = [root]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(reversed(list(ast.children(node))))


def edited(text: str, edits: list[Edit]) -> str:
    """The text after edits, of which those inside another one are left out."""
    parts: list[str] = []
    end = 0
    for edit in sorted(edits, key=lambda each: (each.start, -each.end)):
        if edit.start >= end:
            parts += [text[end : edit.start], edit.text]
            end = edit.end
    return "".join([*parts, text[end:]])


def _simpler(text: str, node: ast.Expression) -> Iterator[Edit]:
    """What could stand in the place of an expression."""
    for literal in _literals(node):
        yield Edit(*node.span, literal)
    if isinstance(node, ast.Literal):
        if node.type in (I64, I32) and isinstance(node.value, int):
            yield Edit(*node.span, f"{int(node.value / 2)}{node.suffix}")
        return
    count = 0
    for part in nodes(node):
        if part is not node and isinstance(part, ast.Expression) and part.type == node.type:
            yield Edit(*node.span, _bracketed(text, part))
            count += 1
            if count == _MOST_PARTS:
                return


def _literals(node: ast.Expression) -> tuple[str, ...]:
    """Literals of the type of an expression, nested in a tuple where it is one."""
    if isinstance(node.type, TupleType):
        parts = [_LITERALS.get(element) for element in node.type.elements]
        if all(part is not None for part in parts):
            return (f"({', '.join(part[0] for part in parts if part is not None)})",)
        return ()
    return _LITERALS.get(node.type, ())


def _literal_edits(node: ast.Expression) -> list[Edit]:
    """The edit that puts the simplest literal in the place of an expression, if its type has one."""
    return [Edit(*node.span, literal) for literal in _literals(node)[:1]]


def _bracketed(text: str, node: ast.Expression) -> str:
    """The text of an expression, in brackets unless it is closed in itself: spans leave brackets out."""
    found = text[node.span.start : node.span.end]
    closed = isinstance(node, ast.Name | ast.Call | ast.BuiltinCall | ast.Index | ast.ArrayLiteral)
    closed = closed or (isinstance(node, ast.Literal) and not found.startswith("-"))
    return found if closed or (found.startswith("(") and isinstance(node, ast.Tuple)) else f"({found})"


def _block_edits(text: str, block: ast.Block, gone: set[int]) -> list[Edit]:
    """The edits that take statements out of a block, and its `in` with the last of them."""
    if not gone:
        return []
    last = block.statements[-1].span.end
    found = _IN.search(text, last, block.body.span.start)
    assert found is not None
    if len(gone) == len(block.statements):
        return [Edit(block.statements[0].span.start, found.end(), "")]
    starts = [*(statement.span.start for statement in block.statements), found.start()]
    return [Edit(starts[place], starts[place + 1], "") for place in sorted(gone)]


def _listed(text: str, items: list[ast.Parameter] | list[ast.Expression], gone: list[int]) -> list[Edit]:
    """The edits that take items out of a list with commas between, in brackets."""
    edits = []
    kept = [place for place in range(len(items)) if place not in gone]
    for place in sorted(gone):
        start, end = items[place].span
        if place + 1 < len(items):
            end = text.index(",", _closed(text, end)) + 1
        elif kept:
            start = text.rindex(",", 0, start)
        edits.append(Edit(start, end, ""))
    return edits


def _closed(text: str, end: int) -> int:
    """Behind the brackets that close around an item."""
    while end < len(text) and text[end] in ") \n":
        end += 1
    return end


def _bracket_pairs(text: str) -> list[tuple[int, int]]:
    """Where round brackets open and close, but for those behind a name, which make it a call."""
    pairs: list[tuple[int, int]] = []
    opened: list[int] = []
    for place, character in enumerate(text):
        if character == "(":
            opened.append(place)
        elif character == ")" and opened:
            start = opened.pop()
            if not (start and (text[start - 1].isalnum() or text[start - 1] == "_")):
                pairs.append((start, place))
    return pairs


def _uses(tree: ast.Program) -> dict[ast.Binding, list[ast.Name]]:
    uses: dict[ast.Binding, list[ast.Name]] = {}
    for function in tree.functions:
        for node in nodes(function.body):
            if isinstance(node, ast.Name) and node.binding is not None:
                uses.setdefault(node.binding, []).append(node)
    return uses


def _bound(statement: ast.Statement) -> list[ast.Binding]:
    """What a statement binds."""
    found: list[ast.Binding] = []
    pending: list[ast.Pattern] = [statement.pattern] if isinstance(statement, ast.Let) else []
    while pending:
        pattern = pending.pop()
        if isinstance(pattern, ast.NamePattern):
            found.append(pattern.binding)
        elif isinstance(pattern, ast.TuplePattern):
            pending.extend(pattern.elements)
    return found


def _checks(text: str) -> bool:
    try:
        checked_program(text, "<input>")
    except SourceError:
        return False
    return True


def _weight(text: str) -> int:
    """How large a program is: names weigh more than literals, so that a literal in the place of a name is progress."""
    total = 0
    for token in _TOKEN.findall(text):
        if token[0].isalpha() or token[0] == "_":
            total += 8 if token not in ("true", "false") else 3 + (token == "false")
        elif token[0].isdigit():
            total += 2 + len(token) + (token[0] != "0")
        else:
            total += 1
    return total


def _uncommented(text: str) -> str:
    """The program without its comments; no string holds a `#` in what generators write."""
    return "".join(line for line in text.splitlines(keepends=True) if not line.lstrip().startswith("#"))
