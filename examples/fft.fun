# The discrete Fourier transform of complex numbers, real and imaginary parts apart; their number
# must be a power of two.
# Algorithm: J. Cooley and J. Tukey (1965), radix two, decimation in time.

fn bit_reversed(i: i64, bits: i64) -> i64 =
  let (_, reversed) =
    loop (rest = i, reversed = 0) for _ in 0..bits do (rest >> 1, reversed << 1 | rest & 1)
  in reversed

# Joins transforms of `half` elements each to transforms of twice as many.
fn butterflies(re: [n]f64, im: [n]f64, half: i64) -> ([n]f64, [n]f64) =
  [let lower = i - (i & half)
   let upper = lower + half
   let angle = -3.141592653589793 * f64(i & (half - 1)) / f64(half)
   let turned_re = cos(angle) * re[upper] - sin(angle) * im[upper]
   let turned_im = cos(angle) * im[upper] + sin(angle) * re[upper]
   in if i & half == 0 then (re[lower] + turned_re, im[lower] + turned_im)
      else (re[lower] - turned_re, im[lower] - turned_im)
   for i in 0..n]

fn fft(re: [n]f64, im: [n]f64) -> ([n]f64, [n]f64) =
  assert n > 0 && n & (n - 1) == 0, "the length must be a power of two"
  let bits = loop bits = 0 while 1 << bits < n do bits + 1
  let (re, im) = [let j = bit_reversed(i, bits) in (re[j], im[j]) for i in 0..n]
  in loop (re = re, im = im) for stage in 0..bits do butterflies(re, im, 1 << stage)
