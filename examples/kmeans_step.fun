# One step of k-means: the nearest centre of each point (the first of equals), the mean of each
# centre's points (a centre without points stays), and the sum of squared distances before it.
# Algorithm: S. Lloyd, Least Squares Quantization in PCM (1957, 1982).

fn squared_distance(a: [d]f64, b: [d]f64) -> f64 =
  loop acc = 0.0 for i in 0..d do
    let difference = a[i] - b[i]
    in acc + difference * difference

fn kmeans_step(points: [n, d]f64, centres: [k, d]f64) -> ([n]i64, [k, d]f64, f64) =
  let distances = [squared_distance(p, c) for p in points, c in centres]
  let labels = [argmin(row) for row in distances]
  let (sums, counts) =
    loop (sums = zeros(k, d), counts = zeros(k)) for i in 0..n do
      let c = labels[i]
      in (loop sums = sums for j in 0..d do sums with [c, j] = sums[c, j] + points[i, j],
          counts with [c] = counts[c] + 1.0)
  let moved =
    [if counts[c] > 0.0 then sums[c, j] / counts[c] else centres[c, j] for c in 0..k, j in 0..d]
  in (labels, moved, loop total = 0.0 for i in 0..n do total + distances[i, labels[i]])
