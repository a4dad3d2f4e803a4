# The least number of insertions, deletions and substitutions that turn one sequence into another.
# Algorithm: R. Wagner and M. Fischer, The String-to-String Correction Problem (1974), in two rows.

fn edit_distance(a: [n]i32, b: [m]i32) -> i64 =
  let last =
    loop above = iota(m + 1) for i in 0..n do
      loop row = full(i + 1, m + 1) for j in 0..m do
        let substitution = above[j] + (if a[i] == b[j] then 0 else 1)
        let insertion = row[j] + 1
        let deletion = above[j + 1] + 1
        in row with [j + 1] = min(substitution, min(insertion, deletion))
  in last[m]
