# The integral of the normal density over [lo, hi], for several numbers of strips, with the change
# from each number to the next as an estimate of the error.
# Algorithm: T. Simpson's rule (1743) on an even number of strips.

fn density(x: f64) -> f64 = 0.3989422804014327 * exp(-0.5 * x * x)

fn simpson(lo: f64, hi: f64, strips: i64) -> f64 =
  assert strips > 0 && strips % 2 == 0, "the number of strips must be even"
  let h = (hi - lo) / f64(strips)
  let inner =
    loop acc = 0.0 for i in 1..strips do
      acc + (if i % 2 == 1 then 4.0 else 2.0) * density(lo + f64(i) * h)
  in h / 3.0 * (density(lo) + inner + density(hi))

fn integrals(lo: f64, hi: f64, strips: [n]i64) -> ([n]f64, [n]f64) =
  let values = [simpson(lo, hi, count) for count in strips]
  in (values, [if i == 0 then 0.0 else abs(values[i] - values[i - 1]) for i in 0..n])
