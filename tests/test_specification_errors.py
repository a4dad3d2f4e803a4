"""The language, sentence by sentence: the errors that a user sees."""

from collections.abc import Sequence

import pytest
from fun_runs import faults
from specification import assert_refused, refused

import ssair
from ssair.diagnostics import SourceError
from ssair.parser import parse_module

MANY_MISTAKES = """\
fn scale(xs: [n]f64, factor: i64) -> [n]f64 = xs * factor
fn total(xs: [n]f64) = sum(xs + ones) + 1
fn first(xs: [n]f64) -> i64 = let x = xs[0.0] in let y = x * 2.0 in y
fn pick(flag: i64, a: f64, b: f64) =
  let chosen = if flag then a else b in
  let twice = chosen * 2 in
  let (p, q) = twice in
  p + q + chosen
fn grow(xs: [n]f64) = loop ys = xs for i in 0..3 do zeros(n + 1)
fn walk(n: i64) = [i for i in 0..n]
fn area(w: f64, h: f64) = w * h
fn call(x: f64) = area(x) + lenght([x]) + area(x, true)
fn main(n: size, xs: [n]f64, k: i64) =
  let total = toal(xs) in
  let ys = xs + zeros(n - 1) in
  let z = xs[k, k] in
  let w = 99999999999 + 1i32 in
  assert total in
  let u = k / 2 in
  let m = min(xs) in
  (total, ys, z, w, u, m, ?rest)
fn fact(n: i64) = if n == 0 then 1 else n * fact(n - 1)
"""

THEIR_FAULTS = [
    ("E0301", "xs * factor"), ("E0201", "ones"), ("E0301", "0.0"), ("E0301", "y"), ("E0301", "flag"),
    ("E0305", "(p, q)"), ("E0402", "zeros(n + 1)"), ("E0403", "n"), ("E0303", "area(x)"), ("E0202", "lenght"),
    ("E0301", "true"), ("E0202", "toal"), ("E0401", "xs + zeros(n - 1)"), ("E0306", "xs[k, k]"),
    ("E0304", "99999999999"), ("E0302", "k"), ("E0303", "min(xs)"), ("E0205", "?rest"), ("E0308", "fact"),
]  # fmt: skip


def test_all_errors_of_a_file_are_reported_in_one_run_and_each_once() -> None:
    assert [fault[:2] for fault in faults(MANY_MISTAKES)] == THEIR_FAULTS


#: A mistake, and uses of what it was to give: they are no errors of their own.
NO_CASCADES = [
    ("a binding", "fn f(x: i64) = let y = x + true in let z = y * 2.0 in (z && y, z[0], len(y))", "E0302 true"),
    ("a pattern", "fn f(x: i64) = let (a, b) = x in a + b * 1.5 + len(b)", "E0305 (a, b)"),
    ("a parameter of an unknown type", "fn f(x: flaot) = x + 1 && x[0]", "E0307 flaot: there is no type `flaot`"),
    ("a dimension that is no size", "fn f(a: [2 * n]f64) -> [n]f64 = zeros(n) + a", "E0403 2 * n"),
    ("a call of a function with a fault", "fn f() = g(1) + 1.5 fn g(x: i64) = x + y", "E0201 y"),
    ("an unknown name, however often it is used", "fn f() = y + y * y", "E0201 y"),
    ("an unknown function", "fn f() = let x = g(1) in x[0] + x", "E0202 g"),
    ("a wrong number of arguments", "fn f(x: f64) = g(x, 1) + 1.0 fn g(x: f64) = x", "E0303 g(x, 1)"),
    ("an index that is no integer", "fn f(a: [n]f64) = a[true] + 1.0", "E0301 true"),
    ("a state of another type", "fn f() = (loop s = 1 for i in 0..3 do true) + 1", "E0301 true"),
    ("a condition that is none", "fn f(a: [n]f64) = if len(a) then a else a + 1.0", "E0301 len(a)"),
    ("a range that is none", "fn f(x: f64) = sum([i + i for i in 0..x]) + 1", "E0301 x"),
    ("a result of another type, where it is called", "fn f() = g(1) + 1.5 fn g(x: i64) -> f64 = x", "E0301 x"),
    ("a size that differs, and the sum of it", "fn f(a: [n]f64) = let b = a + zeros(n + 1) in b * a",
     "E0401 a + zeros(n + 1)"),
    ("a length that is no size", "fn f(k: i64, a: [n]f64) = let b = zeros(k) in a + b", "E0403 k"),
    ("a hole", "fn f(a: [n]f64) = let x = ?h in (x + 1, -x, a[x])", "E0205 ?h"),
    ("a function declared twice", "fn f(x: i64) = x + 1 fn f(x: f64) = x * 2.0 fn g() = f(1) + 1", "E0203 f"),
]  # fmt: skip


@refused(NO_CASCADES)
def test_no_error_comes_of_another_one(program: str, expected: Sequence[str]) -> None:
    assert_refused(program, expected)


HELP = [
    ("a name nearly right", "fn f(count: i64) = coutn", "E0201 coutn: did you mean `count`?"),
    ("a size name nearly right", "fn f(a: [rows, 2]f64) = zeros(row)", "E0201 row: did you mean `rows`?"),
    ("a size name of a result nearly right", "fn f(a: [rows]f64) -> [row]f64 = a", "E0404 row: did you mean `rows`?"),
    ("a type nearly right", "fn f(x: f46) = x", "E0307 f46: did you mean `f64`?"),
    ("a function nearly right", "fn f(x: f64) = sqr(x)", "E0202 sqr: did you mean `sqrt`?"),
    ("a word of another language nearly right", "fn f(a: [n]f64) = lenght(a)", "E0202 lenght: write `len(xs)`"),
    ("a name of another language", "fn f(n: size) = ones + 1", "E0201 ones: write `full(1.0, n)`"),
    ("a value of another language", "fn f(x: f64) = x * pi", "E0201 pi: write `3.141592653589793`"),
    ("a truth value of another language", "fn f() = True", "E0201 True: write `true`"),
    ("a sign for powers of another language", "fn f(x: f64) = x ^ 2", "E0302 x: a power is written `**`"),
    ("a tuple for one of its parts", "fn f(b: bool) = b && (true, 1)",
     "E0301 (true, 1): take it apart with `let (a, b) = …`"),
    ("a parameter that has to be a size", "fn f(n: i64) = iota(n)",
     "E0403 n: `n` is an i64 here … declare the parameter as `n: size`"),
    ("a result type that has to be written", "fn f(a: i64, b: f64) = f(a, b) + 1.0",
     "E0308 f: `fn f(a: i64, b: f64) -> … =` … the call is here"),
    ("a dimension that no parameter can have", "fn f(a: [n]f64, b: [3, n + 1]f64) = b",
     "E0403 n + 1: give it a name, and check it in the body: `assert dim(b, 1) == n + 1`"),
    ("such a dimension in a tuple", "fn f(p: ([n]f64, [2 * n]f64)) = p", "E0403 2 * n: `assert m == 2 * n`"),
    ("a conversion of what is written", "fn f(a: [n]i64, x: f64) = a[0] * x",
     "E0301 a[0] * x: convert with `f64(a[0])`"),
]  # fmt: skip


@refused(HELP)
def test_help_can_be_pasted(program: str, expected: Sequence[str]) -> None:
    assert_refused(program, expected)


RECURSIVE = [
    ("fn fact(n: i64) -> i64 = if n == 0 then 1 else n * fact(n - 1)", "fact(n - 1)", "fact -> fact: only tail calls"),
    ("fn f(n: i64) -> i64 = if n == 0 then 0 else 1 + g(n) fn g(n: i64) -> i64 = 10 * f(n - 1)",
     "g(n)", "f -> g -> f: only tail calls"),
    ("fn even(n: i64) -> bool = if n == 0 then true else !odd(n - 1) "
     "fn odd(n: i64) -> bool = if n == 0 then false else !third(n - 1) fn third(n: i64) -> bool = even(n)",
     "odd(n - 1)", "even -> odd -> third -> even: only tail calls"),
    ("fn f(n: i64) -> i64 = if n == 0 then 0 else g(n) fn g(n: i64) -> i64 = let y = f(n - 1) in y + 1",
     "f(n - 1)", "g -> f -> g: only tail calls"),
    ("fn f(n: i64, xs: [k]i64) -> i64 = if n == 0 then sum(xs) else f(n - 1, iota(k + 1))",
     "f(n - 1, iota(k + 1))", "f -> f: tail calls become loops if their arrays keep their sizes"),
]  # fmt: skip


@pytest.mark.parametrize(("program", "place", "help"), RECURSIVE)
def test_a_kernel_refuses_recursion_at_a_call_that_is_no_tail_call_and_shows_the_cycle(
    program: str, place: str, help: str
) -> None:
    with pytest.raises(SourceError) as caught:
        ssair.compile(program)
    (fault,) = caught.value.diagnostics
    assert fault.code == "E0601"
    assert program[fault.column - 1 : fault.end_column - 1] == place
    assert fault.help.startswith(help)


def test_the_recursion_of_a_program_without_source_is_refused_by_its_functions() -> None:
    module = parse_module("func @f -> i64 {\nbb0(v0: i64):\n  v1: i64 = call @f(v0)\n  return v1\n}\n")
    with pytest.raises(SourceError) as caught:
        ssair.compile(module)
    (fault,) = caught.value.diagnostics
    assert (fault.code, fault.message) == ("E0601", "`f` is recursive, which a kernel cannot be")


def test_a_long_cycle_is_shown_shortened() -> None:
    count = 50
    program = "\n".join(f"fn g{i}(x: i64) -> i64 = 1 + g{(i + 1) % count}(x)" for i in range(count))
    with pytest.raises(SourceError) as caught:
        ssair.compile(program)
    (fault,) = caught.value.diagnostics
    assert fault.help.startswith("g0 -> g1 -> g2 -> g3 -> … -> g48 -> g49 -> g0: only tail calls")
