# Running sums, running maxima, and the sums of all windows of `width` elements.

fn prefix_sums(xs: [n]i64) -> [n]i64 = scan acc = 0 for x in xs do acc + x

fn running(xs: [n]i64, width: size) -> ([n]i64, [n]i64, [n - width + 1]i64) =
  assert width > 0, "an empty window"
  let sums = prefix_sums(xs)
  let maxima = scan largest = -9223372036854775808 for x in xs do max(largest, x)
  let windows =
    [sums[i + width - 1] - (if i == 0 then 0 else sums[i - 1]) for i in 0..n - width + 1]
  in (sums, maxima, windows)
