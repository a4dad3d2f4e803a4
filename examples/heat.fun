# Heat spreading on a plate whose rim keeps its temperature: the plate after some time steps, and
# the largest change of the last one.
# Scheme: forward in time, centred in space; stable for ratio <= 1/4 (R. Courant, K. Friedrichs
# and H. Lewy, 1928).

fn heat_step(u: [h, w]f64, ratio: f64) -> [h, w]f64 =
  [if 0 < i < h - 1 && 0 < j < w - 1 then
     u[i, j] + ratio * (u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1] - 4.0 * u[i, j])
   else u[i, j]
   for i in 0..h, j in 0..w]

fn largest_change(before: [h, w]f64, after: [h, w]f64) -> f64 =
  loop worst = 0.0 for i in 0..h do
    loop worst = worst for j in 0..w do max(worst, abs(after[i, j] - before[i, j]))

fn heat(plate: [h, w]f64, ratio: f64, steps: i64) -> ([h, w]f64, f64) =
  assert 0.0 <= ratio <= 0.25, "the scheme is not stable"
  in loop (u = plate, change = 0.0) for _ in 0..steps do
       let next = heat_step(u, ratio)
       in (next, largest_change(u, next))
