# For each key the smallest index i with xs[i] >= key, or n if there is none; xs is sorted.
# Algorithm: binary search on a half-open range; D. Knuth, The Art of Computer Programming 3, 6.2.1.

fn lower_bound(xs: [n]f64, key: f64) -> i64 =
  let (lo, _) =
    loop (lo = 0, hi = n) while lo < hi do
      let mid = lo + (hi - lo) // 2
      in if xs[mid] < key then (mid + 1, hi) else (lo, mid)
  in lo

fn lower_bounds(xs: [n]f64, keys: [m]f64) -> [m]i64 = [lower_bound(xs, key) for key in keys]
