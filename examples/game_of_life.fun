# The game of life on a torus, some generations on.
# Rules: J. Conway, in M. Gardner's Mathematical Games, Scientific American 223 (October 1970).

fn neighbours(alive: [h, w]bool, i: i64, j: i64) -> i64 =
  loop count = 0 for di in -1..2 do
    loop count = count for dj in -1..2 do
      if (di != 0 || dj != 0) && alive[(i + di) % h, (j + dj) % w] then count + 1 else count

fn generation(alive: [h, w]bool) -> [h, w]bool =
  [let count = neighbours(alive, i, j) in count == 3 || alive[i, j] && count == 2
   for i in 0..h, j in 0..w]

fn game_of_life(alive: [h, w]bool, generations: i64) -> [h, w]bool =
  loop alive = alive for _ in 0..generations do generation(alive)
