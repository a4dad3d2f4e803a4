# A pseudo-random permutation of xs, and the generator's state after it.
# Algorithm: R. Fisher and F. Yates (1938), in place after R. Durstenfeld (1964). Random numbers:
# D. Knuth's MMIX linear congruential generator, 64 bits that wrap, of which the upper 31 are used.

fn next_state(state: i64) -> i64 = state * 6364136223846793005 + 1442695040888963407

fn shuffle(xs: [n]i64, seed: i64) -> ([n]i64, i64) =
  loop (xs = xs, state = seed) for done in 1..n do
    let state = next_state(state)
    let i = n - done
    let j = (state >> 33 & 0x7fffffff) % (i + 1)
    in (xs with [i] = xs[j] with [j] = xs[i], state)
