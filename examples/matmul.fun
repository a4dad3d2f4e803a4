# The product of two matrices, one inner product an element.

fn matmul(a: [n, k]f64, b: [k, m]f64) -> [n, m]f64 =
  [loop acc = 0.0 for p in 0..k do acc + a[i, p] * b[p, j] for i in 0..n, j in 0..m]
