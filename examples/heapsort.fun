# The elements of xs in ascending order.
# Algorithm: J. Williams (1964), with the linear construction of the heap by R. Floyd (1964).

# Restores the heap xs[start] .. xs[end - 1] of which only the root may be too small.
fn sift_down(xs: [n]f64, start: i64, end: i64) -> [n]f64 =
  let (heap, _) =
    loop (xs = xs, root = start) while 2 * root + 1 < end do
      let left = 2 * root + 1
      let child = if left + 1 < end && xs[left] < xs[left + 1] then left + 1 else left
      in if xs[root] < xs[child] then (xs with [root] = xs[child] with [child] = xs[root], child)
         else (xs, end)
  in heap

fn heapsort(xs: [n]f64) -> [n]f64 =
  let heap = loop xs = xs for step in 0..n // 2 do sift_down(xs, n // 2 - 1 - step, n)
  in loop xs = heap for step in 1..n do
       let last = n - step
       in sift_down(xs with [0] = xs[last] with [last] = xs[0], 0, last)
