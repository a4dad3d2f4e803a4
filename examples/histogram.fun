# Counts of values in equal bins over [lo, hi), how many lie outside, and the fullest bin.
# A value that is not a number lies outside.

fn histogram(xs: [n]f64, lo: f64, hi: f64, bins: size) -> ([bins]i64, i64, i64) =
  assert lo < hi, "an empty range"
  let scale = f64(bins) / (hi - lo)
  let (counts, outside) =
    loop (counts = full(0, bins), outside = 0) for x in xs do
      if lo <= x < hi then
        let bin = min(i64(floor((x - lo) * scale)), bins - 1)
        in (counts with [bin] = counts[bin] + 1, outside)
      else (counts, outside + 1)
  in (counts, outside, argmax(counts))
