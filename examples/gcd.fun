# The greatest common divisor with the coefficients of Bezout's identity: (g, x, y) such that
# g = a * x + b * y, for a and b of any sign; g is not negative.
# Algorithm: Euclid, Elements VII; the extended form after Knuth 2, 4.5.2, as a tail call.

fn extended(a: i64, b: i64, x: i64, next_x: i64, y: i64, next_y: i64) -> (i64, i64, i64) =
  if b == 0 then (if a < 0 then (-a, -x, -y) else (a, x, y))
  else let q = a // b in extended(b, a - q * b, next_x, x - q * next_x, next_y, y - q * next_y)

fn gcd(a: i64, b: i64) -> (i64, i64, i64) = extended(a, b, 1, 0, 0, 1)
