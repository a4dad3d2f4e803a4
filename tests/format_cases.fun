# Every form of Fun, short and long, in the formatter's layout.

fn nothing() = 1

fn sizes(n: size, xs: [n + 1, 2 * n]f64, pair: (i64, (bool, [3]f32))) -> ([n]f64, i64) = (xs[0], 2)

fn parameters_on_a_line_of_their_own(
  first: [n, m]f64, second: [n, m]f64, third: i64, fourth: i64
) -> ([n, m]f64, i64) =
  (first, third)

fn parameters_one_a_line(
  the_first_parameter: [number_of_rows, number_of_columns]f64,
  the_second_parameter: [number_of_rows, number_of_columns]f64,
  third: i64
) =
  the_first_parameter

# A comment before a function.
fn statements(x: i64, xs: [n]f64) =
  # a comment before a statement
  let a = x  # behind one
  let _ = 2

  let (b, (_, d)) = (x, (true, ?hole))
  assert a < b
  assert 0 <= a < b, "in range"
  assert the_first_name_of_a_long_condition <= the_second_name_of_it && the_third_name_of_it,
    "a message that does not fit"
  print("values", a, -b)
  print(
    "a line of output that is a little too long to stand on one line of the source", a, b, -x, 10
  )
  # before the value
  in a

fn conditionals(a: i64, b: i64) =
  let short = if a < b then a else b
  let long =
    if a < b then the_value_of_the_first_arm(a, b, a, b)
    else if a == b then the_value_of_the_second_arm(a, b)
    else the_value_of_the_third_arm
  let nested =
    if a < b then
      if a < 0 then the_value_of_the_first_arm(a, b) else the_value_of_the_second_arm(a, b)
    else if a == b then
      let c = a
      let d = b
      in c + d
    else
      let c = a
      let d = b
      in c - d
  in if the_first_condition_of_several(a, b) && the_second_condition_of_several(a, b)
        || the_third_condition_of_several(a, b) then (a, b)
     else (b, a)

fn chain(a: i64) =
  let b = a
  in let c = b
     let d = c
  in let e = d
  in e

fn loops(xs: [n]f64, a: [n, m]f64) =
  let power = loop p = 1 while p < 100 do 2 * p
  let sums = scan acc = 0.0 for x in xs do acc + x
  let stepped = loop acc = 0 for i in 0..n by 2 do acc + i
  let last = loop last = xs for row in a do row
  let count =
    loop (low = 0, high = len(xs)) while low < high && xs[low] < the_limit_of_the_search(xs) do
      let middle = (low + high) // 2
      in if xs[middle] < 0.0 then (middle + 1, high) else (low, middle)
  let body =
    loop total = 0.0 for _ in 0..n do
      loop total = total for j in 0..m do
        if a[0, j] < 0.0 then total else total + a[0, j]
  in loop (first_state = zeros(n),
           second_state = full(1.0, n),
           third_state = iota(n),
           fourth_state = transpose(a))
     for element in the_elements_of_a_long_list_of_them(xs, a) do
       (first_state, second_state, third_state, fourth_state)

fn operators(a: i64, b: i64, xs: [n]f64) =
  let all = !(a < b) || a | b ^ a & b << 1 >> 2 != -a + b * 3 // a % b && xs @ xs / 2.0 == 2.0 ** -b
  let sum =
    the_first_term_of_a_long_sum * its_factor
    + the_second_term_of_a_long_sum * its_factor
    - (the_third_term_of_a_long_sum + the_fourth_term_of_a_long_sum)
  let updated = xs with [0] = 1.0 with [1] = 2.0
  let long =
    xs
      with [the_first_index_of_a_long_update] = the_first_value_of_a_long_update
      with [the_second_index_of_a_long_update] = the_second_value_of_a_long_update
  in true

fn operands(xs: [n]f64, a: [n, m]f64) =
  let numbers = [1, 0xFF, 1e5, 2.5f32, 7i32, -1]
  let table =
    [3.52624965998911e-02, 0.700383064443688, 6.37396220353165, 33.912866078383, 112.079291497871,
     221.213596169931, 220.206867912376]
  let matrix = [[1, 2], [3, 4]]
  let squares = [x * x for x in xs]
  let products =
    [the_first_function_of_two_arguments(i, j) * the_second_function_of_two_arguments(i, j)
     for i in 0..n, j in 0..m]
  let bodies =
    [let x = xs[i]
     let y = a[i, j]
     in x * y
     for i in 0..n, j in 0..m]
  let element =
    a[
      the_row_of_the_element_that_is_looked_for(xs, a),
      the_column_of_the_element_that_is_looked_for(xs, a)
    ]
  let called =
    a_function_of_many_arguments(
      the_first_argument_of_it,
      the_second_argument_of_it,
      [the_third_argument_of_it, the_fourth_argument_of_it],
      nothing()
    )
  in (the_first_component_of_a_long_tuple(xs, a),
      # a comment before a component
      (the_second_component_of_a_long_tuple(xs, a)),  # and one behind it
      the_third_component)
