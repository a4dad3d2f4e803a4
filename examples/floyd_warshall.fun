# Shortest distances between all pairs of nodes of a graph without negative cycles;
# weights[i, j] is the length of the edge from i to j, infinity where there is none.
# Algorithm: R. Floyd (1962), S. Warshall (1962), B. Roy (1959).

fn floyd_warshall(weights: [n, n]f64) -> [n, n]f64 =
  let start = [if i == j then min(0.0, weights[i, j]) else weights[i, j] for i in 0..n, j in 0..n]
  in loop d = start for k in 0..n do [min(d[i, j], d[i, k] + d[k, j]) for i in 0..n, j in 0..n]
