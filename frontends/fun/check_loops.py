"""The typing rules of `loop`, `scan` and comprehensions: states, and what is iterated over."""

from __future__ import annotations

from ssair.diagnostics import Span
from ssair.frontends.fun import ast
from ssair.frontends.fun.checking import Checking, Rule
from ssair.frontends.fun.sizes import FAULTY_SIZE, Size, add, constant_size, floor_divide, is_nonnegative, subtract
from ssair.frontends.fun.types import BOOL, I64, INTEGERS, ArrayType, TupleType, Type
from ssair.frontends.fun.typing_rules import TypingRules, shown
from ssair.frontends.fun.unify import (
    DimPair,
    Variable,
    dims_of,
    element_of,
    error_type,
    map_components,
    prune,
    unify,
)


def loop(checking: Checking, node: ast.Loop) -> Rule:
    """The type of the state; of a `scan`, that of the array of its states."""
    for state in node.states:
        yield state.initial
    length: Size | None = None
    mark = checking.scope.mark()
    if isinstance(node.source, ast.For):
        yield from _iterable(checking, node.source.iterable, "scan" if node.is_scan else "loop")
        length = node.source.length = _steps(checking, node.source.iterable, node.is_scan)
    _bind_states(checking, node)
    if isinstance(node.source, ast.For):
        _bind_element(checking, node.source.pattern, node.source.iterable, node.is_scan, {})
    else:
        yield node.source.condition
        checking.rules.require(node.source.condition, BOOL, "a condition")
    yield node.body
    checking.scope.leave(mark)
    state_type = _state_type(checking, node)
    _body_gives_state(checking, node, state_type)
    node.type = state_type
    if node.is_scan:
        assert length is not None
        node.type = stacked(checking.rules, state_type, (length,), node.span)


def _bind_states(checking: Checking, node: ast.Loop) -> None:
    seen: dict[str, ast.Binding] = {}
    for state in node.states:
        checking.bind_once(state.binding, prune(state.initial.type), seen, "one state")


def _state_type(checking: Checking, node: ast.Loop) -> Type:
    types = tuple(state.binding.type for state in node.states)
    return types[0] if len(types) == 1 else checking.annotations.tuple(types, node)


def _body_gives_state(checking: Checking, node: ast.Loop, state_type: Type) -> None:
    """The body must give the next state: report the component that it does not."""
    dims: list[DimPair] = []
    body = node.body
    while isinstance(body, ast.Block):
        body = body.body
    if unify(state_type, body.type, dims):
        if dims:
            state = node.states[dims[0].path[0] if len(node.states) > 1 else 0]
            notes = [(f"`{state.binding.name}` starts as {shown(state.binding.type)}", state.span)]
            checking.rules.same_shape(dims, "the state changes its size", body.span, notes)
        return
    word = "scan" if node.is_scan else "loop"
    body_type = prune(body.type)
    if len(node.states) > 1 and isinstance(body_type, TupleType) and len(body_type.elements) == len(node.states):
        for place, (state, type) in enumerate(zip(node.states, body_type.elements, strict=True)):
            if not unify(state.binding.type, type, []):
                part = body.elements[place] if isinstance(body, ast.Tuple) else body
                _wrong_state(checking, state, type, part)
    elif len(node.states) == 1:
        _wrong_state(checking, node.states[0], body_type, body)
    else:
        message = f"the body of this {word} gives {shown(body_type)}, but the state is {shown(state_type)}"
        notes = [("the state is declared here", node.states[0].span)]
        checking.report.add("E0301", message, body.span, notes, "the body gives the next state, a tuple of all parts")


def _wrong_state(checking: Checking, state: ast.State, type: Type, part: ast.Expression) -> None:
    name = state.binding.name
    message = f"the next `{name}` is {shown(type)}, but it starts as {shown(state.binding.type)}"
    notes = [(f"`{name}` is {shown(state.binding.type)} here", state.initial.span)]
    help = checking.rules.conversion_help(state.binding.type, type, part if prune(part.type) is type else None)
    checking.report.add("E0301", message, part.span, notes, help)


def _iterable(checking: Checking, iterable: ast.Range | ast.Expression, role: str) -> Rule:
    """Check what is iterated over: the bounds of a range, or an array."""
    if isinstance(iterable, ast.Expression):
        yield iterable
        help = "write `0..n` for a range" if element_of(iterable.type) in INTEGERS else ""
        checking.rules.require_array(iterable, f"what a {role} goes through", help=help)
        return
    bounds = [iterable.low, iterable.high, *([iterable.step] if iterable.step is not None else [])]
    yield from bounds
    if role == "loop":
        fine = [checking.rules.require_integer(bound, "a bound of a range") for bound in bounds]
        for bound in bounds[1:] if all(fine) else ():
            _same_integers(checking, bounds[0], bound, iterable.span)


def _same_integers(checking: Checking, first: ast.Expression, bound: ast.Expression, span: Span) -> None:
    if not unify(first.type, bound.type, []):
        message = f"the bounds of a range have one type: this is {shown(first.type)}, and this {shown(bound.type)}"
        notes = [(f"this is {shown(part.type)}", part.span) for part in (first, bound)]
        checking.report.add("E0301", message, span, notes, checking.rules.common_type_help(first, bound))


def _steps(checking: Checking, iterable: ast.Range | ast.Expression, is_size_needed: bool) -> Size | None:
    """The number of steps; None for a range of a `loop`, which need not be a size."""
    if isinstance(iterable, ast.Expression):
        dims = dims_of(iterable.type)
        return dims[0] if dims else FAULTY_SIZE
    if not is_size_needed:
        return None
    low = checking.rules.require_size(iterable.low, "a bound of this range")
    high = checking.rules.require_size(iterable.high, "a bound of this range")
    length = subtract(high, low)
    iterable.known_nonnegative = is_nonnegative(length)
    if iterable.step is None:
        return length
    step = checking.rules.require_size(iterable.step, "the step of this range")
    return floor_divide(add(length, subtract(step, constant_size(1))), step)


def _bind_element(
    checking: Checking,
    pattern: ast.Pattern,
    iterable: ast.Range | ast.Expression,
    is_size_needed: bool,
    seen: dict[str, ast.Binding],
) -> None:
    """Bind what a `for` gives in each step."""
    if not isinstance(pattern, ast.NamePattern):
        return
    if isinstance(iterable, ast.Range):
        type: Type = I64 if is_size_needed else prune(iterable.low.type)
        if not isinstance(type, Variable) and type not in INTEGERS:
            type = error_type()
    else:
        array = prune(iterable.type)
        type = error_type()
        if isinstance(array, ArrayType):
            type = checking.rules.shaped(array.element, array.dims[1:], pattern.span)
    checking.bind_once(pattern.binding, type, seen, "one comprehension")


def comprehension(checking: Checking, node: ast.Comprehension) -> Rule:
    """The array of what the body gives, a dimension a clause."""
    lengths: list[Size] = []
    for clause in node.clauses:
        yield from _iterable(checking, clause.iterable, "comprehension")
        length = _steps(checking, clause.iterable, True)
        assert length is not None
        lengths.append(length)
    mark = checking.scope.mark()
    seen: dict[str, ast.Binding] = {}
    for clause in node.clauses:
        _bind_element(checking, clause.pattern, clause.iterable, True, seen)
    yield node.body
    checking.scope.leave(mark)
    node.lengths = tuple(lengths)
    node.type = stacked(checking.rules, node.body.type, node.lengths, node.span)


def stacked(rules: TypingRules, type: Type, dims: tuple[Size, ...], span: Span) -> Type:
    """The type of an array of values; of tuples, a tuple of arrays."""
    return map_components(type, lambda part: rules.shaped(element_of(part), dims + dims_of(part), span))
