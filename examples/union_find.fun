# Connected components of a graph with n nodes: for each node the least node of its component,
# and how many components there are. Edge e joins tails[e] and heads[e].
# Algorithm: disjoint sets with path halving; R. Tarjan and J. van Leeuwen (1984). The root with
# the smaller number wins, so that a root names its component.

fn find_root(parents: [n]i64, node: i64) -> ([n]i64, i64) =
  loop (parents = parents, x = node) while parents[x] != x do
    let above = parents[parents[x]]
    in (parents with [x] = above, above)

fn components(n: size, tails: [m]i64, heads: [m]i64) -> ([n]i64, i64) =
  let parents =
    loop parents = iota(n) for e in 0..m do
      let (parents, a) = find_root(parents, tails[e])
      let (parents, b) = find_root(parents, heads[e])
      in parents with [max(a, b)] = min(a, b)
  let roots = loop roots = parents for x in 0..n do roots with [x] = roots[roots[x]]
  in (roots,
      loop count = 0 for x in 0..n do
        if roots[x] == x then count + 1 else count)
