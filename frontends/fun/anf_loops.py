"""Conversion to ANF of loops, scans and comprehensions.

A loop is a header with the states as its parameters, whose test goes on in the body or leaves to a join without
parameters: the states are in scope there.  The body ends with a jump back to the header.

    loop x = e while c do f        for i in lo..hi by s              scan x = e for y in ys do f
    ─────────────────────          ─────────────────────             ───────────────────────────
    loop L(x = e)                  loop L(i = lo, x = e)             let all = full(0, n)
    if c                           if i < hi                         loop L(k = 0, x = e, all' = all)
      f, jump L(f)                   f, jump L(i + s, f)             if k < n
    else jump out                  else jump out                       f, jump L(k + 1, f, all' with [k] = f)
    join out                       join out                          else jump out

The sum `i + s` must not wrap: an index greater than MAX - s is replaced by that, which gives MAX and ends the loop.
So the index is never less than at first, which the types of the IR can state where s is a number.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

from ssair.diagnostics import Span
from ssair.frontends.fun import ast
from ssair.frontends.fun.anf_arms import Test, branch_on, follow, leave
from ssair.frontends.fun.anf_conversion import Conversion
from ssair.frontends.fun.anf_fragment import Fragment, integer
from ssair.frontends.fun.anf_nodes import Arm, Atom, Constant, Forall, Join, Loop, Name, Yield, fill
from ssair.frontends.fun.anf_operators import zero
from ssair.frontends.fun.anf_sizes import dimension, size_atom
from ssair.frontends.fun.anf_steps import Steps, checked_step, count_steps, plan_steps
from ssair.frontends.fun.anf_types import components
from ssair.frontends.fun.types import ArrayType, Type
from ssair.types import I64, array_of, element_type, integer_range, rank


@dataclass(slots=True, eq=False)
class _OpenLoop:
    """A loop whose body is being converted: the code before it, its header, its own index, the code of its test."""

    before: Fragment
    header: Loop
    index: Name | None = None
    step: Atom | None = None
    test: Test | None = None
    arrays: tuple[Name, ...] = ()


def plan_loop(conversion: Conversion, node: ast.Loop) -> None:
    """`loop` and `scan`: the initial states, then what it runs over, then the test, then the body."""
    for state in node.states:
        conversion.plan_value(state.initial)
    if isinstance(node.source, ast.While):
        conversion.plan(_begin_while, node)
        return
    plan_steps(conversion, node.source.iterable)
    if isinstance(node.source.iterable, ast.Range) and not node.is_scan:
        conversion.plan(_begin_range, node)
    else:
        conversion.plan(_begin_steps, node)


def _open(
    conversion: Conversion,
    node: ast.Loop,
    before: Fragment,
    initial: list[tuple[Atom, ...]],
    own: tuple[tuple[Name, Atom], ...] = (),
) -> _OpenLoop:
    """Add the header: names of its `own`, then the states."""
    states = [conversion.new_names(state.binding, state.initial.type) for state in node.states]
    names = (*(name for name, _ in own), *chain.from_iterable(states))
    values = (*(value for _, value in own), *chain.from_iterable(initial))
    return _OpenLoop(before, Loop(node.span, names, values))


def _begin_while(conversion: Conversion, node: ast.Loop) -> None:
    assert isinstance(node.source, ast.While)
    before, initial = conversion.take_operands(len(node.states))
    opened = _open(conversion, node, before, initial)
    conversion.plan_test(node.source.condition)
    conversion.plan_value(node.body)
    conversion.plan(_finish_while, (node, opened))


def _finish_while(conversion: Conversion, place: tuple[ast.Loop, _OpenLoop]) -> None:
    node, opened = place
    (body,) = conversion.take(1)
    opened.test = conversion.tests.pop()
    body.jump(opened.header, body.atoms, node.body.span)
    _close(conversion, node, opened, body, opened.header.parameters)


def _begin_range(conversion: Conversion, node: ast.Loop) -> None:
    assert isinstance(node.source, ast.For) and isinstance(node.source.iterable, ast.Range)
    before, values = conversion.take_operands(len(node.states) + 1)
    *initial, (low, high, step) = values
    span = node.source.iterable.span
    step = checked_step(before, step, span)
    index = Name(low.type)
    opened = _open(conversion, node, before, initial, ((index, low),))
    opened.index, opened.step = index, step
    if isinstance(step, Constant):
        opened.header.rising = index
    head = Fragment()
    opened.test = branch_on(head, head.let("lt", (index, high), span), span)
    if isinstance(node.source.pattern, ast.NamePattern):
        conversion.declare(node.source.pattern.binding, (index,))
    conversion.plan_value(node.body)
    conversion.plan(_finish_range_loop, (node, opened))


def _finish_range_loop(conversion: Conversion, place: tuple[ast.Loop, _OpenLoop]) -> None:
    node, opened = place
    assert opened.index is not None and opened.step is not None
    (body,) = conversion.take(1)
    following = _next_index(body, opened.index, opened.step, node.source.span)
    body.jump(opened.header, (following, *body.atoms), node.body.span)
    _close(conversion, node, opened, body, opened.header.parameters[1:])


def _next_index(body: Fragment, index: Atom, step: Atom, span: Span) -> Atom:
    """`index + step`, which ends the loop where it would wrap."""
    if not (isinstance(step, Constant) and step.value == 1):
        greatest = integer_range(step.type)[1]
        last: Atom
        if isinstance(step, Constant):
            last = Constant(step.type, greatest - int(step.value))
        else:
            last = body.let("sub", (Constant(step.type, greatest), step), span)
        index = body.let("min", (index, last), span)
    return body.let("add", (index, step), span)


def _begin_steps(conversion: Conversion, node: ast.Loop) -> None:
    """A loop or scan over a counted number of steps."""
    assert isinstance(node.source, ast.For)
    iterable, span = node.source.iterable, node.source.span
    steps = count_steps(conversion, conversion.fragments[-1], iterable)
    before, (*initial, _) = conversion.take_operands(len(node.states) + 1)
    index = Name(I64)
    own: list[tuple[Name, Atom]] = [(index, integer(0))]
    if node.is_scan:
        types = chain.from_iterable(components(state.initial.type) for state in node.states)
        for atom, type in zip(chain.from_iterable(initial), types, strict=True):
            own.append(_collected(conversion, before, atom, type, steps.length, node.span))
    opened = _open(conversion, node, before, initial, tuple(own))
    opened.index, opened.arrays = index, tuple([name for name, _ in own[1:]])
    opened.header.rising = index
    head = Fragment()
    opened.test = branch_on(head, head.let("lt", (index, steps.length), span), span)
    conversion.give(_element(conversion, node.source, steps, index))
    conversion.plan_value(node.body)
    conversion.plan(_finish_steps, (node, opened))


def _collected(
    conversion: Conversion, before: Fragment, state: Atom, type: Type, count: Atom, span: Span
) -> tuple[Name, Atom]:
    """The name of the array that collects a state of a scan, and what it is at first."""
    dims = [dimension(conversion, before, state, type, axis, span) for axis in range(rank(state.type))]
    empty = before.let("full", (zero(element_type(state.type)), count, *dims), span)
    return Name(empty.type), empty


def _element(conversion: Conversion, clause: ast.For | ast.Clause, steps: Steps, position: Atom) -> Fragment:
    """The code of the element at a position, which the clause's name is bound to."""
    fragment = Fragment()
    if isinstance(clause.pattern, ast.NamePattern):
        element = steps.element(fragment, position, clause.span)
        conversion.declare(clause.pattern.binding, (element,))
    return fragment


def _finish_steps(conversion: Conversion, place: tuple[ast.Loop, _OpenLoop]) -> None:
    node, opened = place
    assert opened.index is not None
    body, (_, states) = conversion.take_operands(2)
    arrays = [
        body.let("update", (array, state, opened.index), node.span)
        for array, state in zip(opened.arrays, states, strict=False)
    ]
    following = body.let("add", (opened.index, integer(1)), node.source.span)
    body.jump(opened.header, (following, *arrays, *states), node.body.span)
    results = opened.arrays if node.is_scan else opened.header.parameters[1:]
    _close(conversion, node, opened, body, results)


def _close(
    conversion: Conversion, node: ast.Loop, opened: _OpenLoop, body: Fragment, results: tuple[Name, ...]
) -> None:
    """Put the loop together: test, body, and the join behind it."""
    assert opened.test is not None and body.first is not None
    test, header = opened.test, opened.header
    out = Join(node.span, ())
    first = follow(test.first, test.positive, body.first, node.span)
    for arm in test.negative:
        leave(arm, out, (), node.span)
    fill(header, first)
    out.term = header
    opened.before.add(out)
    conversion.give(opened.before, *results)


# ---- comprehensions -----------------------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class _OpenComprehension:
    """A comprehension whose clauses are being converted."""

    node: ast.Comprehension
    steps: list[Steps]
    indices: tuple[Name, ...] = ()
    lengths: tuple[Atom, ...] = ()


def plan_comprehension(conversion: Conversion, node: ast.Comprehension) -> None:
    """What each clause runs over, then the body."""
    opened = _OpenComprehension(node, [])
    for clause in node.clauses:
        plan_steps(conversion, clause.iterable)
        conversion.plan(_count_clause, opened)
    conversion.plan(_begin_body, opened)


def _count_clause(conversion: Conversion, opened: _OpenComprehension) -> None:
    clause = opened.node.clauses[len(opened.steps)]
    opened.steps.append(count_steps(conversion, conversion.fragments[-1], clause.iterable))


def _begin_body(conversion: Conversion, opened: _OpenComprehension) -> None:
    code = conversion.fragments[-1]
    dims = chain.from_iterable(type.dims for type in components(opened.node.body.type) if isinstance(type, ArrayType))
    opened.lengths = tuple([size_atom(code, dim, conversion.sizes, opened.node.span) for dim in dims])
    opened.indices = tuple([Name(I64) for _ in opened.steps])
    for clause, steps, index in zip(opened.node.clauses, opened.steps, opened.indices, strict=True):
        conversion.give(_element(conversion, clause, steps, index))
    conversion.plan_value(opened.node.body)
    conversion.plan(_finish_comprehension, opened)


def _finish_comprehension(conversion: Conversion, opened: _OpenComprehension) -> None:
    node, dimensions = opened.node, len(opened.steps)
    body, (*_, elements) = conversion.take_operands(dimensions + 1)
    body.end(Yield(node.body.span, elements))
    assert body.first is not None
    whole, _ = conversion.take_operands(dimensions)
    arm = Arm(node.body.span)
    fill(arm, body.first)
    extents = tuple([steps.length for steps in opened.steps])
    names = tuple([Name(array_of(element_type(e.type), rank(e.type) + dimensions)) for e in elements])
    whole.add(Forall(node.span, names, opened.indices, extents, opened.lengths, arm))
    conversion.give(whole, *names)
