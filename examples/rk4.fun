# A trajectory of predators and prey (A. Lotka 1925, V. Volterra 1926), one row a time step.
# Algorithm: the classical method of order four; W. Kutta (1901).

fn growth(state: [2]f64) -> [2]f64 =
  let prey = state[0]
  let predators = state[1]
  in [prey * (1.1 - 0.4 * predators), predators * (0.1 * prey - 0.4)]

fn rk4_step(state: [2]f64, h: f64) -> [2]f64 =
  let k1 = growth(state)
  let k2 = growth(state + 0.5 * h * k1)
  let k3 = growth(state + 0.5 * h * k2)
  let k4 = growth(state + h * k3)
  in state + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)

fn trajectory(start: [2]f64, h: f64, steps: size) -> [steps, 2]f64 =
  scan state = start for _ in 0..steps do rk4_step(state, h)
