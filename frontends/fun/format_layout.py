"""How each form of Fun is laid out: where its lines may end, and how far what follows is indented.

Ensures: a rule for every rule and alias of fun.lark (`LAYOUTS`; a test reads the grammar), each giving the parts of the
form in their order with groups and breaks between, and nothing else.

The style.  What fits on a line stands on it; what does not is broken at its outermost places first.  Brackets that
begin an expression (tuples, arrays, comprehensions) keep what they hold in line with its first part; those that follow
a name (calls, parameters, indices) put it on lines of its own, all on one if it fits.  Operators begin lines.
Statements stand one a line; only a block of one `let` may be on one line, and not as a body, behind `=` or `do`.  A
`let`, `if`, `loop` or `scan` that is the body of a loop begins a line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from lark import Token

from ssair.frontends.fun.format_document import CLOSE, Break, Close, Group, Kind, before_bracket, line, newline, space
from ssair.frontends.fun.format_tree import Form, Part

Item = Part | Break | Group | Close
Items = Iterator[Item]


def _items(parts: Part, separator: Callable[[], Break]) -> Items:
    """A list with its commas, and a break behind each comma."""
    assert isinstance(parts, list)
    for part in parts:
        yield part
        if isinstance(part, Token):
            yield separator()


def _group(items: Iterable[Item], aligned: bool = True) -> Items:
    yield Group(aligned)
    yield from items
    yield CLOSE


def _as_it_is(form: Form) -> Items:
    yield from form.parts


# ---- functions and types ------------------------------------------------------------------------------------------


def _function(form: Form) -> Items:
    word, name, opening, parameters, closing, result, equal, body = form.parts
    yield Group()
    yield from _group((word, space(), name, *_hanging(opening, parameters, closing), result, space(), equal))
    yield from (line(2), *_body(body), CLOSE)


def _parameter(form: Form) -> Items:
    name, colon, type = form.parts
    yield from (name, colon, space(), type)


def _result(form: Form) -> Items:
    arrow, type = form.parts
    yield from (space(), arrow, space(), type)


def _array_type(form: Form) -> Items:
    opening, dimensions, closing, element = form.parts
    yield opening
    yield from _items(dimensions, lambda: space(1))
    yield closing
    yield element


def _bracketed(form: Form) -> Items:
    """A list in brackets of its own: the elements stand one below the other."""
    opening, elements, closing = form.parts
    return _column(opening, _items(elements, lambda: line(1)), closing)


def _column(opening: Part, items: Iterable[Item], closing: Part) -> Items:
    yield from _group((opening, space(1, ""), *items, before_bracket(Kind.NEVER, 1), closing))


def _hanging(opening: Part, elements: Part, closing: Part) -> Items:
    """What stands in brackets behind a name, in the group that begins with the name."""
    yield opening
    if elements:
        yield line(2, "")
        yield from _group(_items(elements, lambda: line(0)))
        yield before_bracket(Kind.GROUP, 2)
    yield closing


# ---- statements ---------------------------------------------------------------------------------------------------


def _block(form: Form, is_broken: bool = False) -> Items:
    """Statements, `in` and the value; a block that is the value goes on at the same indentation."""
    statements, word, value = form.parts
    is_broken = is_broken or not _is_one_let(statements) or _is(value, "block")
    yield Group()
    yield from _statements(statements, 0)
    while True:
        yield newline(0, keeps_blank=True) if is_broken else line(0, keeps_blank=True)
        yield from (word, space(3))
        if not (isinstance(value, Form) and value.rule == "block"):
            break
        statements, word, value = value.parts
        yield from _statements(statements, 3)
    yield from (value, CLOSE)


def _body(body: Part) -> Items:
    """What stands behind `=` or `do`: a block there is never on one line."""
    if isinstance(body, Form) and body.rule == "block":
        yield from _block(body, is_broken=True)
    else:
        yield body


def _statements(statements: Part, offset: int) -> Items:
    assert isinstance(statements, list)
    for index, statement in enumerate(statements):
        if index:
            yield newline(offset, keeps_blank=True)
        yield statement


def _is_one_let(statements: Part) -> bool:
    return isinstance(statements, list) and len(statements) == 1 and _is(statements[0], "let")


def _is(part: Part, *rules: str) -> bool:
    return isinstance(part, Form) and part.rule in rules


def _bound(form: Form) -> Items:
    """`let pattern = value` and `name = value`."""
    *head, equal, value = form.parts
    yield Group()
    for part in head:
        yield from (part, space())
    yield from (equal, line(2), *_body(value), CLOSE)


def _assertion(form: Form) -> Items:
    word, condition = form.parts
    yield from _group((word, space(), condition))


def _assertion_with_message(form: Form) -> Items:
    word, condition, comma, message = form.parts
    yield from _group((word, space(), condition, comma, line(2), message))


def _print(form: Form) -> Items:
    word, opening, parts, closing = form.parts
    yield from _group((word, *_hanging(opening, parts, closing)))


# ---- control ------------------------------------------------------------------------------------------------------


def _conditional(form: Form) -> Items:
    """`else if` goes on at the same indentation; an arm stands behind its word or below it."""
    yield Group()
    while True:
        word, condition, then, positive, otherwise, negative = form.parts
        yield from (word, space(), condition, space(), then)
        yield from _arm(positive, stands_below=_is(positive, "block", "conditional"))
        yield from (line(0), otherwise)
        if not (isinstance(negative, Form) and negative.rule == "conditional"):
            break
        form = negative
        yield space()
    yield from _arm(negative)
    yield CLOSE


def _arm(arm: Part, stands_below: bool = False) -> Items:
    if stands_below:
        yield from (line(2), arm)
    else:
        yield from _group((line(2), arm), aligned=False)


_LOOPS: Final = ("while_loop", "for_loop", "scan")


def _while_loop(form: Form) -> Items:
    word, states, while_word, condition, do, body = form.parts
    return _loop(word, states, (while_word, space(), condition, space(), do), body)


def _for_loop(form: Form) -> Items:
    word, states, for_word, variable, in_word, iterable, do, body = form.parts
    head = (for_word, space(), variable, space(), in_word, space(), iterable, space(), do)
    return _loop(word, states, head, body)


def _loop(word: Part, states: Part, head: Iterable[Item], body: Part) -> Items:
    yield Group()
    yield from _group((word, space(), *(states if isinstance(states, list) else [states]), line(0), *head))
    yield newline(2) if _is(body, "block", "conditional", *_LOOPS) else line(2)
    yield from (*_body(body), CLOSE)


def _range(form: Form) -> Items:
    low, dots, high, *step = form.parts
    yield from (low, dots, high)
    for part in step:
        yield from (space(), part)


def _clause(form: Form) -> Items:
    variable, word, iterable = form.parts
    yield from (variable, space(), word, space(), iterable)


def _comprehension(form: Form) -> Items:
    opening, body, word, clauses, closing = form.parts
    lines = (body, line(1), word, space(), *_group(_items(clauses, lambda: line(0))))
    return _column(opening, lines, closing)


# ---- operators and operands ---------------------------------------------------------------------------------------


def _chain(form: Form) -> Items:
    """Operands with operators between: each operator may begin a line."""
    yield Group()
    for index, part in enumerate(form.parts):
        if index % 2:
            yield line(0)
        yield part
        if index % 2:
            yield space()
    yield CLOSE


def _with_element(form: Form) -> Items:
    """Each element that is replaced may begin a line."""
    yield Group()
    yield form.parts[0]
    for start in range(1, len(form.parts), 6):
        word, opening, indices, closing, equal, value = form.parts[start : start + 6]
        yield from (line(2), word, space(), *_column(opening, _items(indices, lambda: line(1)), closing))
        yield from (space(), equal, space(4), value)
    yield CLOSE


def _index(form: Form) -> Items:
    yield Group()
    yield form.parts[0]
    for start in range(1, len(form.parts), 3):
        opening, indices, closing = form.parts[start : start + 3]
        yield from _group(_hanging(opening, indices, closing), aligned=False)
    yield CLOSE


def _call(form: Form) -> Items:
    name, opening, arguments, closing = form.parts
    yield from _group((name, *_hanging(opening, arguments, closing)))


def _parenthesised(form: Form) -> Items:
    opening, inner, closing = form.parts
    return _column(opening, (inner,), closing)


def _tuple(form: Form) -> Items:
    opening, first, comma, others, closing = form.parts
    assert isinstance(others, list)
    return _column(opening, _items([first, comma, *others], lambda: line(1)), closing)


def _array(form: Form) -> Items:
    """Numbers fill their lines; other elements have one each, if they do not fit on one together."""
    opening, elements, closing = form.parts
    assert isinstance(elements, list)
    is_filled = all(isinstance(part, Token) or _is_number(part) for part in elements)
    separator = (lambda: Break(Kind.FILL, 1)) if is_filled else (lambda: line(1))
    return _column(opening, _items(elements, separator), closing)


_NUMBERS: Final = ("integer", "float_number", "truth")


def _is_number(part: Part) -> bool:
    if isinstance(part, Form) and part.rule == "unary_minus":
        part = part.parts[1]
    return _is(part, *_NUMBERS)


LAYOUTS: Final[dict[str, Callable[[Form], Items]]] = {
    "function": _function,
    "parameter": _parameter,
    "absent": _as_it_is,
    "result": _result,
    "scalar_type": _as_it_is,
    "array_type": _array_type,
    "tuple_type": _bracketed,
    "block": _block,
    "let": _bound,
    "assertion": _assertion,
    "assertion_with_message": _assertion_with_message,
    "print_statement": _print,
    "name_pattern": _as_it_is,
    "wildcard": _as_it_is,
    "tuple_pattern": _bracketed,
    "conditional": _conditional,
    "while_loop": _while_loop,
    "for_loop": _for_loop,
    "scan": _for_loop,
    "states": _bracketed,
    "state": _bound,
    "range": _range,
    "stepped_range": _range,
    "with_element": _with_element,
    "logical": _chain,
    "unary": _as_it_is,
    "chain": _chain,
    "binary": _chain,
    "unary_minus": _as_it_is,
    "call_without_arguments": _as_it_is,
    "call": _call,
    "index": _index,
    "name": _as_it_is,
    "integer": _as_it_is,
    "float_number": _as_it_is,
    "truth": _as_it_is,
    "hole": _as_it_is,
    "parenthesised": _parenthesised,
    "tuple": _tuple,
    "array": _array,
    "comprehension": _comprehension,
    "clause": _clause,
    "string": _as_it_is,
}  # fmt: skip
"""The layout of each form, by its rule."""
