"""Programs as people write them: which of their checks are kept, and that the advice on each of these works.

A row says what the remarks advise to assert; whoever follows it has a check less of that kind. A program without a row
of advice keeps no check but the assertions that it makes itself.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import pytest
from test_remarks import helps, module_of

from ssair.remarks import remarks


class Row(NamedTuple):
    """A program, and what is advised on the checks that it keeps."""

    source: str
    advice: list[str]


PROGRAMS: Final = {
    "matrix times vector": Row(
        "fn f(a: [n, m]f64, x: [k]f64) -> [n]f64 = [loop s = 0.0 for j in 0..m do s + a[i, j] * x[j] for i in 0..n]",
        ["assert 0 <= j < len(x)"],
    ),
    "a matrix by rows": Row(
        """
fn f(rows: size, cols: size, a: [k]f64) -> f64 =
  assert k == rows * cols in
  loop t = 0.0 for i in 0..rows do loop s = t for j in 0..cols do s + a[i * cols + j]
""",
        ["assert 0 <= i * cols + j < len(a)"],
    ),
    "a triangle by rows": Row(
        """
fn f(n: size) -> [n * (n + 1) // 2]f64 =
  loop t = zeros(n * (n + 1) // 2) for i in 0..n do
    loop t = t for j in 0..i + 1 do t with [i * (i + 1) // 2 + j] = 1.0
""",
        ["assert n * (n + 1) // 2 >= 0", "assert 0 <= i * (i + 1) // 2 + j < len(t)"],
    ),
    "lengths of several dimensions": Row(
        "fn f(n: size, m: size) -> i64 = sum([len(a) for a in full(1, n - 3, (m - 2) * (n + 1))])",
        ["assert n - 3 >= 0", "assert (m - 2) * (n + 1) >= 0"],
    ),
    "a step of quicksort": Row(
        """
fn f(xs: [n]f64, lo: i64, hi: i64) -> ([n]f64, i64) =
  let pivot = xs[hi]
  let (xs, i) = loop (xs = xs, i = lo) for j in lo..hi do
    if xs[j] < pivot then (let t = xs[i] in xs with [i] = xs[j] with [j] = t, i + 1) else (xs, i)
  let t = xs[i] in (xs with [i] = xs[hi] with [hi] = t, i)
""",
        ["assert 0 <= hi < len(xs)", "assert 0 <= j < len(xs)", "assert 0 <= i < len(xs)", "assert 0 <= i < len(xs)"],
    ),
    "the same, of a part that there is": Row(
        """
fn f(xs: [n]f64, lo: i64, hi: i64) -> ([n]f64, i64) =
  assert 0 <= lo <= hi < n
  let pivot = xs[hi]
  let (xs, i) = loop (xs = xs, i = lo) for j in lo..hi do
    if xs[j] < pivot then (let t = xs[i] in xs with [i] = xs[j] with [j] = t, i + 1) else (xs, i)
  let t = xs[i] in (xs with [i] = xs[hi] with [hi] = t, i)
""",
        [],
    ),
    "down a heap": Row(
        """
fn f(heap: [n]f64, start: i64, end: i64) -> [n]f64 =
  assert 0 <= start && end <= n
  let (heap, _) = loop (heap = heap, root = start) while 2 * root + 1 < end do
    let child = 2 * root + 1
    let child = if child + 1 < end && heap[child] < heap[child + 1] then child + 1 else child
    in if heap[root] < heap[child]
       then (let t = heap[root] in heap with [root] = heap[child] with [child] = t, child) else (heap, end)
  in heap
""",
        ["assert 0 <= child < len(heap)", "assert 0 <= root < len(heap)", "assert 0 <= child < len(heap)"],
    ),
    "up a heap": Row(
        """
fn f(heap: [n]f64, i: i64) -> [n]f64 =
  if 0 <= i < n then
    (let (heap, _) = loop (heap = heap, i = i) while i > 0 && heap[i] < heap[(i - 1) // 2] do
       let p = (i - 1) // 2 let t = heap[i] in (heap with [i] = heap[p] with [p] = t, p)
     in heap)
  else heap
""",
        [],
    ),
    "the longest common subsequence": Row(
        """
fn f(a: [n]i64, b: [m]i64) -> i64 =
  let t =
    loop t = zeros(n + 1, m + 1) for i in 1..n + 1 do
      loop t = t for j in 1..m + 1 do
        let best = if a[i - 1] == b[j - 1] then t[i - 1, j - 1] + 1 else max(t[i - 1, j], t[i, j - 1])
        in t with [i, j] = best
  in t[n, m]
""",
        [],
    ),
    "the same, two rows at a time": Row(
        """
fn f(a: [n]i64, b: [m]i64) -> i64 =
  let t =
    loop above = zeros(m + 1) for i in 0..n do
      loop row = zeros(m + 1) for j in 0..m do
        let best = if a[i] == b[j] then above[j] + 1 else max(above[j + 1], row[j]) in row with [j + 1] = best
  in t[m]
""",
        [],
    ),
    "breadth first": Row(
        """
fn f(starts: [n]i64, targets: [m]i64, s: i64) -> [n]i64 =
  let none = full(-1, n)
  let (dist, _, _, _) =
    loop (dist = none with [s] = 0, queue = full(s, n), head = 0, tail = 1) while head < tail do
      let u = queue[head]
      let (dist, queue, tail) =
        loop (dist = dist, queue = queue, tail = tail) for e in starts[u]..(if u + 1 < n then starts[u + 1] else m) do
          let t = targets[e] in
          if dist[t] < 0 then (dist with [t] = dist[u] + 1, queue with [tail] = t, tail + 1) else (dist, queue, tail)
      in (dist, queue, head + 1, tail)
  in dist
""",
        [
            "assert 0 <= s < len(none)",
            "assert 0 <= e < len(targets)",
            "assert 0 <= t < len(dist)",
            "assert 0 <= tail < len(queue)",
        ],
    ),
    "sparse rows": Row(
        """
fn f(starts: [n]i64, cols: [m]i64, vals: [k]f64, x: [p]f64) -> [n - 1]f64 =
  [loop s = 0.0 for e in starts[i]..starts[i + 1] do s + vals[e] * x[cols[e]] for i in 0..n - 1]
""",
        [
            "assert 0 <= e < len(vals)",
            "assert 0 <= cols[e] < len(x)",
            "assert 0 <= e < len(cols)",
            "assert n - 1 >= 0",
        ],
    ),
    "a histogram": Row(
        """
fn f(xs: [n]f64, bins: size) -> [bins]i64 =
  assert bins > 0 in
  loop h = zeros(bins) for x in xs do
    let b = max(0, min(bins - 1, i64(x * f64(bins)))) in h with [b] = h[b] + 1
""",
        ["assert -9223372036854775808.0 <= x * f64(bins) < 9223372036854775808.0"],
    ),
    "sorting by counts": Row(
        """
fn f(xs: [n]i64, k: size) -> [n]i64 =
  let counts = loop c = zeros(k + 1) for x in xs do c with [x + 1] = c[x + 1] + 1
  let starts = loop c = counts for i in 1..k + 1 do c with [i] = c[i] + c[i - 1]
  let (out, _) = loop (out = zeros(n), at = starts) for x in xs do
    (out with [at[x]] = x, at with [x] = at[x] + 1)
  in out
""",
        [
            "assert k + 1 >= 0",
            "assert 0 <= x + 1 < len(c)",
            "assert 0 <= at[x] < len(out)",
            "assert 0 <= x < len(at)",
        ],
    ),
    "a word in a text": Row(
        """
fn f(text: [n]i64, word: [m]i64) -> i64 =
  let (at, _) =
    loop (at = 0, found = false) while at + m <= n && !found do
      let k = loop k = 0 while k < m && text[at + k] == word[k] do k + 1
      in if k == m then (at, true) else (at + 1, false)
  in at
""",
        ["assert 0 <= at + k < len(text)"],
    ),
    "a table of borders": Row(
        """
fn f(word: [m]i64) -> [m]i64 =
  let (t, _) = loop (t = zeros(m), k = 0) for i in 1..m do
    let k = loop k = k while k > 0 && word[i] != word[k] do t[k - 1]
    let k = if word[i] == word[k] then k + 1 else k
    in (t with [i] = k, k)
  in t
""",
        [],
    ),
    "a ring buffer": Row(
        """
fn f(xs: [n]f64, cap: size) -> f64 =
  assert cap > 0
  let (_, _, s) = loop (ring = zeros(cap), head = 0, s = 0.0) for x in xs do
    let s = s + x - ring[head] in (ring with [head] = x, (head + 1) % cap, s)
  in s
""",
        [],
    ),
    "two pointers": Row(
        """
fn f(xs: [n]i64, target: i64) -> i64 =
  let (_, _, c) = loop (lo = 0, hi = n - 1, c = 0) while lo < hi do
    let s = xs[lo] + xs[hi] in
    if s == target then (lo + 1, hi - 1, c + 1) else if s < target then (lo + 1, hi, c) else (lo, hi - 1, c)
  in c
""",
        [],
    ),
    "a sliding window": Row(
        """
fn f(xs: [n]i64, limit: i64) -> i64 =
  let (_, _, best) = loop (left = 0, s = 0, best = 0) for right in 0..n do
    let s = s + xs[right]
    let (left, s) = loop (left = left, s = s) while left <= right && s > limit do (left + 1, s - xs[left])
    in (left, s, max(best, right - left + 1))
  in best
""",
        [],
    ),
    "as many elements as are asked for": Row(
        "fn f(xs: [n]f64, count: i64) -> f64 = loop s = 0.0 for i in 0..count do s + xs[i]",
        ["assert 0 <= i < len(xs)"],
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_is_kept_and_that_the_advice_on_it_works(name: str) -> None:
    row = PROGRAMS[name]
    module = module_of(row.source.lstrip())
    kept = [remark for remark in remarks(module) if remark.verdict == "kept" and remark.kind != "assert"]
    assert [remark.advice for remark in kept] == row.advice
    for remark in kept:
        assert helps(module, remark), str(remark)
