# The largest r with r * r <= n; every approximation on the way is printed.
# Algorithm: Newton's iteration from above in integers; Heron of Alexandria. The start is a power
# of two that is not below the root.

fn starting_point(n: i64) -> i64 = loop r = 1 while r < 1 << 32 && r * r <= n do r << 1

fn integer_sqrt(n: i64) -> i64 =
  assert n >= 0, "the root of a negative number"
  in if n == 0 then 0
     else
       let (root, _) =
         loop (r = starting_point(n), falls = true) while falls do
           print("approximation", r)
           let next = (r + n // r) >> 1
           in if next < r then (next, true) else (r, false)
       in root
