"""The conversion of Fun to ANF: flat, in the order of evaluation, without a needless name or node."""

from __future__ import annotations

import pytest

from ssair.frontends.fun.anf import convert
from ssair.frontends.fun.anf_nodes import AnfFunction, Branch, Join, Let, Node, walk
from ssair.frontends.fun.anf_print import format_program
from ssair.frontends.fun.check import check_program
from ssair.frontends.fun.parse import parse_program

SEEDS = range(60)


def anf(source: str) -> str:
    return format_program(convert(check_program(parse_program(source))))


def functions(source: str) -> list[AnfFunction]:
    return convert(check_program(parse_program(source))).functions


def nodes(source: str) -> list[Node]:
    return [node for function in functions(source) for node in walk(function.head)]


FORMS = {
    "a let in the head of a let, and names for the results": (
        "fn f(x: i64) -> i64 = let a = (let b = x + 1 in b * b) in a + 2",
        """\
fn f(x: i64) -> i64
  let b: i64 = add x, 1
  let a: i64 = mul b, b
  let %1: i64 = add a, 2
  done %1
""",
    ),
    "names, constants and tuples need no code": (
        "fn f(p: (i64, f64), q: bool) -> (f64, i64) = let (a, b) = if q then p else (1, 2.0) in (b, a)",
        """\
fn f(p#0: i64, p#1: f64, q: bool) -> (f64, i64)
  if q
    jump join1(p#0, p#1)
  else
    jump join1(1, 2.0)
  join1(a: i64, b: f64)
  done b, a
""",
    ),
    "a condition is control flow, and its arms meet once": (
        "fn f(i: i64, n: i64, ok: bool) -> i64 = if 0 <= i < n && !(i == 3 || ok) then i else n",
        """\
fn f(i: i64, n: i64, ok: bool) -> i64
  let %1: bool = le 0, i
  if %1
    let %2: bool = lt i, n
    if %2
      let %3: bool = eq i, 3
      if %3
        jump join1(n)
      else
        if ok
          jump join1(n)
        else
          jump join1(i)
    else
      jump join1(n)
  else
    jump join1(n)
  join1(%4: i64)
  done %4
""",
    ),
    "an arm with code that several ways lead to stands behind a join without parameters": (
        "fn f(i: i64, n: i64) -> i64 = if i == 3 || n == 3 then i * 2 else n * 2",
        """\
fn f(i: i64, n: i64) -> i64
  let %1: bool = eq i, 3
  if %1
    jump join1
  else
    let %2: bool = eq n, 3
    if %2
      jump join1
    else
      let %3: i64 = mul n, 2
      jump join2(%3)
  join1
  let %4: i64 = mul i, 2
  jump join2(%4)
  join2(%5: i64)
  done %5
""",
    ),
    "an if in the arm of an if shares its join": (
        "fn f(x: i64) -> i64 = if x < 0 then 0 else if x < 10 then 1 else 2",
        """\
fn f(x: i64) -> i64
  let %1: bool = lt x, 0
  if %1
    jump join1(0)
  else
    let %2: bool = lt x, 10
    if %2
      jump join1(1)
    else
      jump join1(2)
  join1(%3: i64)
  done %3
""",
    ),
    "the value of a condition: only the last operand is evaluated for it": (
        "fn f(a: bool, b: bool, x: i64, y: i64) -> bool = a && b || x // y > 2",
        """\
fn f(a: bool, b: bool, x: i64, y: i64) -> bool
  if a
    if b
      jump join2(true)
    else
      jump join1
  else
    jump join1
  join1
  let %1: i64 = check_nonzero y, x  # divide at 1:60
  let %2: i64 = floordiv x, %1
  let %3: bool = gt %2, 2
  jump join2(%3)
  join2(%4: bool)
  done %4
""",
    ),
    "an operand that needs no evaluation is taken strictly": (
        "fn f(x: i64, b: bool) -> bool = x < 1 && b || false",
        """\
fn f(x: i64, b: bool) -> bool
  let %1: bool = lt x, 1
  let %2: bool = and %1, b
  let %3: bool = or %2, false
  done %3
""",
    ),
    "checks come after the operands, and their results are used": (
        "fn f(xs: [n]f64, i: i32, a: [n, m]f64, j: i64) -> f64 = xs[i] + a[0][i] + a[i64(i), j // i64(i)]",
        """\
fn f(xs: f64[:], i: i32, a: f64[:,:], j: i64) -> f64
  let n: i64 = dim xs, 0
  let m: i64 = dim a, 1
  let %1: i64 = dim a, 0
  let %2: i64 = check_equal n, %1  # size at 1:26
  let %3: i64 = convert i
  let %4: i64 = check_index %3, n  # index 0 at 1:57
  let %5: f64 = index xs, %4
  let %6: i64 = check_index 0, n  # index 0 at 1:65
  let %7: f64[:] = index a, %6
  let %8: i64 = convert i
  let %9: i64 = check_index %8, m  # index 0 at 1:65
  let %10: f64 = index %7, %9
  let %11: f64 = add %5, %10
  let %12: i64 = convert i
  let %13: i64 = convert i
  let %14: i64 = check_nonzero %13, j  # divide at 1:85
  let %15: i64 = floordiv j, %14
  let %16: i64 = check_index %12, n  # index 0 at 1:75
  let %17: i64 = check_index %15, m  # index 1 at 1:75
  let %18: f64 = index a, %16, %17
  let %19: f64 = add %11, %18
  done %19
""",
    ),
    "an update evaluates its value before it checks its indices": (
        "fn f(a: [n, m]i64, i: i64, x: f64) -> [n, m]i64 = a with [i, 0] = i64(x)",
        """\
fn f(a: i64[:,:], i: i64, x: f64) -> i64[:,:]
  let n: i64 = dim a, 0
  let m: i64 = dim a, 1
  let %1: f64 = check_convert_i64 x  # convert at 1:67
  let %2: i64 = convert %1
  let %3: i64 = check_index i, n  # index 0 at 1:51
  let %4: i64 = check_index 0, m  # index 1 at 1:51
  let %5: i64[:,:] = update a, %2, %3, %4
  done %5
""",
    ),
    "a scalar is broadcast before it is checked for every element; literals pass their checks": (
        "fn f(xs: [n]i64, d: i64) -> [n]i64 = xs // 2 + xs % d + d ** 2",
        """\
fn f(xs: i64[:], d: i64) -> i64[:]
  let n: i64 = dim xs, 0
  let %1: i64[:] = floordiv xs, 2
  let %2: i64[:] = full d, n
  let %3: i64[:] = check_nonzero %2, xs  # divide at 1:48
  let %4: i64[:] = mod xs, %3
  let %5: i64[:] = add %1, %4
  let %6: i64 = pow d, 2
  let %7: i64[:] = add %5, %6
  done %7
""",
    ),
    "sizes: literals are checked against parameters, lengths against zero, shapes before elements": (
        "fn f(n: size, xs: [n]i64, ys: [m]i64) -> [n]i64 = xs // ys + zeros(2 * n - n)",
        """\
fn f(n: size, xs: i64[:], ys: i64[:]) -> i64[:]
  let m: i64 = dim ys, 0
  let %1: i64 = dim xs, 0
  let %2: i64 = check_equal n, %1  # size at 1:15
  let %3: i64 = check_equal n, m  # size at 1:51
  let %4: i64[:] = check_nonzero ys, xs  # divide at 1:51
  let %5: i64[:] = floordiv xs, %4
  let %6: i64 = mul 2, n
  let %7: i64 = sub %6, n
  let %8: i64[:] = full 0, %7
  let %9: i64[:] = add %5, %8
  done %9
""",
    ),
    "an array of literals is one constant": (
        "fn f(x: f64) -> [2, 2]f64 = if x < 1.0 then [[1.0, 2.0], [3.0, -4.0]] else [[x, x], [0.0, 0.5]]",
        """\
fn f(x: f64) -> f64[:,:]
  let %1: bool = lt x, 1.0
  if %1
    let %2: f64[:,:] = const [[1.0, 2.0], [3.0, -4.0]]
    jump join1(%2)
  else
    let %3: f64[:] = array x, x
    let %4: f64[:] = const [0.0, 0.5]
    let %5: f64[:,:] = array %3, %4
    jump join1(%5)
  join1(%6: f64[:,:])
  done %6
""",
    ),
    "a while loop: the states are the header's parameters": (
        "fn f(n: i64) -> i64 = loop x = n while x > 0 && x != 7 do x - 1",
        """\
fn f(n: i64) -> i64
  loop1(x: i64 = n)
  let %1: bool = gt x, 0
  if %1
    let %2: bool = ne x, 7
    if %2
      let %3: i64 = sub x, 1
      jump loop1(%3)
    else
      jump join2
  else
    jump join2
  join2
  done x
""",
    ),
    "a for loop whose index would wrap ends": (
        "fn f(low: i64, high: i64) -> i64 = loop s = 0 for i in low..high by 2 do s + i",
        """\
fn f(low: i64, high: i64) -> i64
  loop1(i: i64 = low, s: i64 = 0)
  let %1: bool = lt i, high
  if %1
    let %2: i64 = add s, i
    let %3: i64 = min i, 9223372036854775805
    let %4: i64 = add %3, 2
    jump loop1(%4, %2)
  else
    jump join2
  join2
  done s
""",
    ),
    "a step is checked as an i64; the index has the type of the bounds": (
        "fn f(low: i32, high: i32, step: i32) -> i32 = loop s = 0i32 for _ in low..high by step do s + 1i32",
        """\
fn f(low: i32, high: i32, step: i32) -> i32
  let %1: i64 = convert step
  let %2: i64 = check_at_least %1, 1  # size at 1:70
  let %3: i32 = convert %2
  loop1(%4: i32 = low, s: i32 = 0i32)
  let %5: bool = lt %4, high
  if %5
    let %6: i32 = add s, 1i32
    let %7: i32 = sub 2147483647i32, %3
    let %8: i32 = min %4, %7
    let %9: i32 = add %8, %3
    jump loop1(%9, %6)
  else
    jump join2
  join2
  done s
""",
    ),
    "a loop over elements needs no check": (
        "fn f(xs: [n]f64) -> f64 = loop s = 0.0 for x in xs do s + x",
        """\
fn f(xs: f64[:]) -> f64
  let n: i64 = dim xs, 0
  loop1(%1: i64 = 0, s: f64 = 0.0)
  let %2: bool = lt %1, n
  if %2
    let x: f64 = index xs, %1
    let %3: f64 = add s, x
    let %4: i64 = add %1, 1
    jump loop1(%4, %3)
  else
    jump join2
  join2
  done s
""",
    ),
    "a scan collects its states, rows too": (
        "fn f(x: [d]f64, n: size) -> [n, d]f64 = scan y = x for _ in 0..n do y * 2.0",
        """\
fn f(x: f64[:], n: size) -> f64[:,:]
  let d: i64 = dim x, 0
  let %1: i64 = check_at_least n, 0  # size at 1:61
  let %2: f64[:,:] = full 0.0, %1, d
  loop1(%3: i64 = 0, %4: f64[:,:] = %2, y: f64[:] = x)
  let %5: bool = lt %3, %1
  if %5
    let %6: f64[:] = mul y, 2.0
    let %7: f64[:,:] = update %4, %6, %3
    let %8: i64 = add %3, 1
    jump loop1(%8, %7, %6)
  else
    jump join2
  join2
  done %4
""",
    ),
    "a comprehension: several clauses, several arrays": (
        "fn f(xs: [n]f64, m: size) -> ([n, m]f64, [n, m]bool) = [(x, i < 1) for x in xs, i in 0..m]",
        """\
fn f(xs: f64[:], m: size) -> (f64[:,:], bool[:,:])
  let n: i64 = dim xs, 0
  let %1: i64 = check_at_least m, 0  # size at 1:86
  let %2: f64[:,:], %3: bool[:,:] = forall %4 < n, i < %1
    let x: f64 = index xs, %4
    let %5: bool = lt i, 1
    yield x, %5
  done %2, %3
""",
    ),
    "a comprehension over rows says how long they are": (
        "fn f(xs: [n]f64, m: size) -> [m, n + 1]f64 = [zeros(n + 1) for _ in 0..m]",
        """\
fn f(xs: f64[:], m: size) -> f64[:,:]
  let n: i64 = dim xs, 0
  let %1: i64 = check_at_least m, 0  # size at 1:69
  let %2: i64 = add n, 1
  let %3: f64[:,:] = forall %4 < %1 of [%2]
    let %5: i64 = add n, 1
    let %6: f64[:] = full 0.0, %5
    yield %6
  done %3
""",
    ),
    "the number of steps of a range is computed without wrapping": (
        "fn f(n: size, k: size) = [i for i in 1..n by k]",
        """\
fn f(n: size, k: size) -> i64[:]
  let %1: i64 = sub n, 1
  let %2: i64 = check_at_least %1, 0  # size at 1:38
  let %3: i64 = check_at_least k, 1  # size at 1:38
  let %4: i64 = sub %2, 1
  let %5: i64 = floordiv %4, %3
  let %6: i64 = add %5, 1
  let %7: i64[:] = forall %8 < %6
    let %9: i64 = mul %8, %3
    let i: i64 = add 1, %9
    yield i
  done %7
""",
    ),
    "a tail call of itself is a jump; what never changes is no state": (
        "fn f(x: f64, n: i64, acc: f64) -> f64 = if n == 0 then acc else f(x, n - 1, acc * x)",
        """\
fn f(x: f64, n: i64, acc: f64) -> f64
  loop1(n': i64 = n, acc': f64 = acc)
  let %1: bool = eq n', 0
  if %1
    jump join2
  else
    let %2: i64 = sub n', 1
    let %3: f64 = mul acc', x
    jump loop1(%2, %3)
  join2
  done acc'
""",
    ),
    "a tail call with arrays of other sizes is a call": (
        "fn f(n: size, x: i64) -> i64 = if n == 0 then x else f(n - 1, x)",
        """\
fn f(n: size, x: i64) -> i64
  let %1: bool = eq n, 0
  if %1
    jump join1(x)
  else
    let %2: i64 = sub n, 1
    let %3: i64 = check_at_least 4503599627370496, %2  # size at 1:54
    let %4: i64 = check_at_least %2, -4503599627370496  # size at 1:54
    let %5: i64 = call f(%2, x)
    jump join1(%5)
  join1(%6: i64)
  done %6
""",
    ),
    "functions that call each other in tail position are one loop, with slots that they share": (
        "fn f(xs: [n]i64, i: i64) -> i64 = if i == n then 0 else g(i + 1, xs, 0.5)\n"
        "fn g(k: i64, ys: [m]i64, x: f64) -> i64 = if x < f64(k) then m else f(ys, k)",
        """\
fn f.loop(state: i64, xs: i64[:], i: i64, x: f64, n: size) -> i64
  loop1(state': i64 = state, i': i64 = i, x': f64 = x)
  let %1: bool = lt state', 1
  if %1
    let %2: bool = eq i', n
    if %2
      jump join2(0)
    else
      let %3: i64 = add i', 1
      jump loop1(1, %3, 0.5)
  else
    let %4: f64 = convert i'
    let %5: bool = lt x', %4
    if %5
      jump join2(n)
    else
      jump loop1(0, i', x')
  join2(%6: i64)
  done %6

fn f(xs: i64[:], i: i64) -> i64
  let n: i64 = dim xs, 0
  let %1: i64 = call f.loop(0, xs, i, 0.0, n)
  done %1

fn g(k: i64, ys: i64[:], x: f64) -> i64
  let m: i64 = dim ys, 0
  let %1: i64 = call f.loop(1, ys, k, x, m)
  done %1
""",
    ),
    "each part of a conjunction that is asserted is a check, evaluated when those before it hold": (
        'fn f(a: i64, b: i64) -> i64 = assert 0 < b <= a // b && a != 5, "b is \\"positive\\"" in a',
        """\
fn f(a: i64, b: i64) -> i64
  let %1: bool = lt 0, b
  let %2: bool = check %1  # assert "b is \\"positive\\"" at 1:31
  let %3: i64 = check_nonzero b, a  # divide at 1:47
  let %4: i64 = floordiv a, %3
  let %5: bool = le b, %4
  let %6: bool = check %5  # assert "b is \\"positive\\"" at 1:31
  let %7: bool = ne a, 5
  let %8: bool = check %7  # assert "b is \\"positive\\"" at 1:31
  done a
""",
    ),
    "print has the text around the values; a call may have several results": (
        'fn f(p: (i64, f64)) -> i64 = print("p is", p, true) let (q, _) = g(7) in q\n'
        "fn g(a: i64) -> (i64, bool) = (a, a < 1)",
        """\
fn f(p#0: i64, p#1: f64) -> i64
  print "p is (", p#0, ", ", p#1, ") ", true
  let q: i64, %1: bool = call g(7)
  done q

fn g(a: i64) -> (i64, bool)
  let %1: bool = lt a, 1
  done a, %1
""",
    ),
    "an extremum of nothing traps": (
        "fn f(a: [n, m]f64) -> f64 = minimum(a)",
        """\
fn f(a: f64[:,:]) -> f64
  let n: i64 = dim a, 0
  let m: i64 = dim a, 1
  let %1: i64 = mul n, m
  let %2: i64 = check_nonempty %1  # empty at 1:29
  let %3: f64 = minimum a
  done %3
""",
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_form(name: str) -> None:
    source, expected = FORMS[name]
    assert anf(source) == expected


def test_conditions_in_test_position_are_never_values() -> None:
    """No join passes a truth value on, and no `and`, `or` or `not` computes one."""
    condition = (
        "(a < b || !(b < 3 && a != 2)) && (let c = a - b in c < 9 || c > 20) && (if a < 0 then b < 0 else 1 < a < b)"
    )
    for source in (
        f"fn f(a: i64, b: i64) -> i64 = if {condition} then a + 1 else b + 1",
        f"fn f(a: i64, b: i64) -> i64 = loop a = a while {condition} do a + 1",
        f"fn f(a: i64, b: i64) -> i64 = if !({condition}) then a + 1 else b + 1",
    ):
        program = nodes(source)
        assert not any(isinstance(node, Join) and node.parameters[:1] and node.parameters[0].type.name == "bool"
                       for node in program)  # fmt: skip
        assert not any(isinstance(node, Let) and node.op in ("and", "or", "not") for node in program)
        compared = {node.names[0] for node in program if isinstance(node, Let) and node.op in ("lt", "gt", "ne")}
        assert {node.condition for node in program if isinstance(node, Branch)} == compared
