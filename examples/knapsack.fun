# The greatest value of a choice of things whose weights sum up to at most `capacity`.
# Algorithm: dynamic programming over capacities; R. Bellman (1957).

fn knapsack(weights: [n]i64, values: [n]i64, capacity: size) -> i64 =
  let best =
    loop best = full(0, capacity + 1) for thing in 0..n do
      let weight = weights[thing]
      let value = values[thing]
      assert weight >= 0, "a negative weight"
      in [if weight <= room then max(best[room], best[room - weight] + value) else best[room]
          for room in 0..capacity + 1]
  in best[capacity]
