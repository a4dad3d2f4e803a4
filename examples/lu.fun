# PA = LU with partial pivoting: L (unit diagonal, not stored) and U in one matrix, and the
# permutation, row i of PA being row order[i] of A. A singular matrix fails an assertion.
# Algorithm: Doolittle's elimination; G. Golub and C. Van Loan, Matrix Computations, 3.4.

fn pivot_row(a: [n, n]f64, k: i64) -> i64 =
  let (row, _) =
    loop (row = k, largest = abs(a[k, k])) for i in k + 1..n do
      let candidate = abs(a[i, k])
      in if candidate > largest then (i, candidate) else (row, largest)
  in row

fn exchanged(i: i64, p: i64, q: i64) -> i64 = if i == p then q else if i == q then p else i

fn eliminate(a: [n, n]f64, k: i64) -> [n, n]f64 =
  [if i <= k || j < k then a[i, j]
   else let factor = a[i, k] / a[k, k] in if j == k then factor else a[i, j] - factor * a[k, j]
   for i in 0..n, j in 0..n]

fn lu(a: [n, n]f64) -> ([n, n]f64, [n]i64) =
  loop (a = a, order = iota(n)) for k in 0..n do
    let pivot = pivot_row(a, k)
    let swapped = [a[exchanged(i, k, pivot), j] for i in 0..n, j in 0..n]
    assert swapped[k, k] != 0.0, "the matrix is singular"
    in (eliminate(swapped, k), [order[exchanged(i, k, pivot)] for i in 0..n])
