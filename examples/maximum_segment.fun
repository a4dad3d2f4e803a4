# The largest sum of a segment xs[first] .. xs[last - 1], and the segment: the earliest to end,
# and the longest of those. The empty segment at 0 has the sum 0.
# Algorithm: J. Kadane, in J. Bentley's Programming Pearls (1984).

fn maximum_segment(xs: [n]i64) -> (i64, i64, i64) =
  let (_, _, best, first, last) =
    loop (here = 0, start = 0, best = 0, first = 0, last = 0) for i in 0..n do
      let (here, start) = if here < 0 then (xs[i], i) else (here + xs[i], start)
      in if here > best then (here, start, here, start, i + 1) else (here, start, best, first, last)
  in (best, first, last)
