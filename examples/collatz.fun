# The start below `limit` of the longest 3n + 1 sequence, and the steps that it takes to reach 1.
# Problem: L. Collatz (1937).

fn steps_to_one(start: i64) -> i64 =
  let (_, steps) =
    loop (x = start, steps = 0) while x > 1 do (if x & 1 == 0 then x >> 1 else 3 * x + 1, steps + 1)
  in steps

fn longest(limit: size) -> (i64, i64) =
  assert limit > 1, "no start below the limit"
  let steps = [steps_to_one(start) for start in 1..limit]
  let best = argmax(steps)
  in (best + 1, steps[best])
