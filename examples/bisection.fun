# A root of a polynomial between two points where its signs differ; coefficients[0] is the highest.
# The bracket that is left is printed.
# Algorithm: bisection (B. Bolzano 1817), evaluation by W. Horner (1819).

fn horner(coefficients: [n]f64, x: f64) -> f64 = loop acc = 0.0 for c in coefficients do acc * x + c

fn bisection(coefficients: [n]f64, lo: f64, hi: f64, tolerance: f64) -> f64 =
  let at_lo = horner(coefficients, lo)
  assert lo <= hi && tolerance > 0.0
  assert at_lo * horner(coefficients, hi) <= 0.0, "no change of sign"
  let (left, right) =
    loop (left = lo, right = hi) while right - left > tolerance do
      let middle = left + 0.5 * (right - left)
      in if horner(coefficients, middle) * at_lo > 0.0 then (middle, right) else (left, middle)
  print("bracket", left, right)
  in left + 0.5 * (right - left)
