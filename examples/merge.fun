# Two sorted arrays as one; of equal elements those of xs come first.
# Algorithm: J. von Neumann (1945); Knuth 3, 5.2.4.

fn merge(xs: [n]f64, ys: [m]f64) -> [n + m]f64 =
  let (merged, _, _) =
    loop (out = zeros(n + m), i = 0, j = 0) while i < n || j < m do
      if j >= m || i < n && xs[i] <= ys[j] then (out with [i + j] = xs[i], i + 1, j)
      else (out with [i + j] = ys[j], i, j + 1)
  in merged
