# The lower triangular L with L L^T = A, for a symmetric positive definite A, and from it the
# solution of A x = b. Only the lower half of A is read.
# Algorithm: A.-L. Cholesky (1910), in the order of Banachiewicz, row by row.

fn partial_dot(l: [n, n]f64, i: i64, j: i64) -> f64 =
  loop acc = 0.0 for k in 0..j do acc + l[i, k] * l[j, k]

fn cholesky(a: [n, n]f64) -> [n, n]f64 =
  loop l = zeros(n, n) for i in 0..n do
    loop l = l for j in 0..i + 1 do
      let rest = a[i, j] - partial_dot(l, i, j)
      assert i != j || rest > 0.0, "the matrix is not positive definite"
      in l with [i, j] = (if i == j then sqrt(rest) else rest / l[j, j])

fn forward_substitution(l: [n, n]f64, b: [n]f64) -> [n]f64 =
  loop y = zeros(n) for i in 0..n do
    let known = loop acc = 0.0 for k in 0..i do acc + l[i, k] * y[k]
    in y with [i] = (b[i] - known) / l[i, i]

fn back_substitution(l: [n, n]f64, y: [n]f64) -> [n]f64 =
  loop x = zeros(n) for step in 0..n do
    let i = n - 1 - step
    let known = loop acc = 0.0 for k in i + 1..n do acc + l[k, i] * x[k]
    in x with [i] = (y[i] - known) / l[i, i]

fn solve(a: [n, n]f64, b: [n]f64) -> ([n, n]f64, [n]f64) =
  let l = cholesky(a)
  in (l, back_substitution(l, forward_substitution(l, b)))
