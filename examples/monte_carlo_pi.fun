# How many of `count` pseudo-random points of a square lie in the quarter disc that it holds, and
# the estimate of pi from that.
# Random numbers: G. Marsaglia, Xorshift RNGs (2003), 32 bits, of which the lower 31 are used.

fn xorshift(x: i32) -> i32 =
  let x = x ^ x << 13
  let x = x ^ (x >> 17 & 0x7fff)
  in x ^ x << 5

fn monte_carlo_pi(seed: i32, count: i64) -> (i64, f64) =
  assert seed != 0 && count > 0
  let (_, hits) =
    loop (state = seed, hits = 0) for _ in 0..count do
      let first = xorshift(state)
      let second = xorshift(first)
      let x = i64(first & 0x7fffffff)
      let y = i64(second & 0x7fffffff)
      in (second, if x * x + y * y < 1 << 62 then hits + 1 else hits)
  in (hits, 4.0 * f64(hits) / f64(count))
