# The number of ways to place n queens on an n by n board so that none attacks another.
# Algorithm: backtracking over three bit sets (columns and both diagonals); M. Richards,
# Backtracking Algorithms in MCPL using Bit Patterns and Recursion (1997). Fun has no deep
# recursion in kernels, so the squares still to be tried in each row are kept on a stack.

fn n_queens(n: size) -> i64 =
  assert 0 <= n <= 20, "the board must have 0 to 20 rows"
  let board = (1 << n) - 1
  let none = full(0, n + 1)
  let (_, _, _, _, _, solutions) =
    loop (row = 0,
          free = none with [0] = board,
          columns = none,
          left = none,
          right = none,
          solutions = 0)
    while row >= 0 do
      if row == n then (row - 1, free, columns, left, right, solutions + 1)
      else if free[row] == 0 then (row - 1, free, columns, left, right, solutions)
      else
        let queen = free[row] & -free[row]
        let next_columns = columns[row] | queen
        let next_left = (left[row] | queen) << 1
        let next_right = (right[row] | queen) >> 1
        let attacked = next_columns | next_left | next_right
        let open = board & (attacked ^ -1)
        in (row + 1,
            free with [row] = free[row] ^ queen with [row + 1] = open,
            columns with [row + 1] = next_columns,
            left with [row + 1] = next_left,
            right with [row + 1] = next_right,
            solutions)
  in solutions
