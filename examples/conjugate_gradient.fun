# The solution of A x = b for a symmetric positive definite A, with the norm of its residual and
# the number of steps, at most `limit`.
# Algorithm: M. Hestenes and E. Stiefel, Methods of Conjugate Gradients (1952).

fn conjugate_gradient(a: [n, n]f64, b: [n]f64, tolerance: f64, limit: i64) -> ([n]f64, f64, i64) =
  let goal = tolerance * tolerance * dot(b, b)
  let (x, r, _, rr, steps) =
    loop (x = zeros(n), r = b, p = b, rr = dot(b, b), k = 0) while rr > goal && k < limit do
      let ap = a @ p
      let curvature = dot(p, ap)
      assert curvature > 0.0, "the matrix is not positive definite"
      let step = rr / curvature
      let residual = r - step * ap
      let square = dot(residual, residual)
      in (x + step * p, residual, residual + square / rr * p, square, k + 1)
  in (x, sqrt(rr), steps)
