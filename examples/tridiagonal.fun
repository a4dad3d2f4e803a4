# The solution of a tridiagonal system of equations: row i reads
# lower[i] * x[i - 1] + diagonal[i] * x[i] + upper[i] * x[i + 1] = right[i],
# where lower[0] and upper[n - 1] are not used.
# Algorithm: L. Thomas (1949), elimination without pivoting.

fn tridiagonal(lower: [n]f64, diagonal: [n]f64, upper: [n]f64, right: [n]f64) -> [n]f64 =
  let (ratios, values) =
    scan (ratio = 0.0, value = 0.0) for i in 0..n do
      let pivot = diagonal[i] - (if i == 0 then 0.0 else lower[i] * ratio)
      assert pivot != 0.0, "a zero pivot"
      let rest = right[i] - (if i == 0 then 0.0 else lower[i] * value)
      in (upper[i] / pivot, rest / pivot)
  in reverse(
       scan x = 0.0 for step in 0..n do
         let i = n - 1 - step
         in values[i] - (if step == 0 then 0.0 else ratios[i] * x)
     )
