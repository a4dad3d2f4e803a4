# Escape times of the Mandelbrot set on a grid: result[i, j] counts the steps of z -> z^2 + c
# that stay within |z| <= 2 for c = xs[j] + ys[i] * I, at most `limit` of them.
# Algorithm: escape time, after R. Brooks and P. Matelski (1978) and B. Mandelbrot (1980).

fn escape_time(cr: f64, ci: f64, limit: i64) -> i64 =
  let (_, _, steps) =
    loop (zr = 0.0, zi = 0.0, k = 0) while zr * zr + zi * zi <= 4.0 && k < limit do
      (zr * zr - zi * zi + cr, 2.0 * zr * zi + ci, k + 1)
  in steps

fn mandelbrot(xs: [w]f64, ys: [h]f64, limit: i64) -> [h, w]i64 =
  [escape_time(x, y, limit) for y in ys, x in xs]
