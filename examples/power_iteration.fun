# The dominant eigenvalue of a matrix and its eigenvector of length 1, by a number of steps.
# Algorithm: R. von Mises and H. Pollaczek-Geiringer (1929), with the quotient of J. Rayleigh.

fn normalised(x: [n]f64) -> [n]f64 =
  let length = sqrt(dot(x, x))
  assert length > 0.0, "the start lies in the kernel of the matrix"
  in x / length

fn power_iteration(a: [n, n]f64, start: [n]f64, steps: i64) -> (f64, [n]f64) =
  let x = loop x = normalised(start) for _ in 0..steps do normalised(a @ x)
  in (dot(x, a @ x), x)
