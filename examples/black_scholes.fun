# Prices of European calls and puts by strike.
# Model: F. Black and M. Scholes, The Pricing of Options and Corporate Liabilities (1973).
# The normal distribution: J. Hart, Computer Approximations (1968), algorithm 5666, in the form of
# G. West, Better Approximations to Cumulative Normal Functions (2005); absolute error near 1e-15.

# The weight exp(-x * x / 2) times a rational function, for 0 <= x < 5 * sqrt(2).
fn central_tail(x: f64) -> f64 =
  let numerator =
    loop acc = 0.0
    for c in [3.52624965998911e-02, 0.700383064443688, 6.37396220353165, 33.912866078383,
              112.079291497871, 221.213596169931, 220.206867912376] do
      acc * x + c
  let denominator =
    loop acc = 0.0
    for c in [8.83883476483184e-02, 1.75566716318264, 16.064177579207, 86.7807322029461,
              296.564248779674, 637.333633378831, 793.826512519948, 440.413735824752] do
      acc * x + c
  in exp(-0.5 * x * x) * numerator / denominator

# A continued fraction, for the far tail.
fn far_tail(x: f64) -> f64 =
  let fraction = x + 1.0 / (x + 2.0 / (x + 3.0 / (x + 4.0 / (x + 0.65))))
  in exp(-0.5 * x * x) / (fraction * 2.506628274631)

fn normal_cdf(x: f64) -> f64 =
  let distance = abs(x)
  let tail =
    if distance > 37.0 then 0.0
    else if distance < 7.07106781186547 then central_tail(distance)
    else far_tail(distance)
  in if x > 0.0 then 1.0 - tail else tail

fn option_prices(
  spot: f64, strikes: [n]f64, rate: f64, volatility: f64, years: f64
) -> ([n]f64, [n]f64) =
  assert spot > 0.0 && volatility > 0.0 && years > 0.0, "the market data must be positive"
  in [let deviation = volatility * sqrt(years)
      let d1 = (log(spot / strike) + (rate + 0.5 * volatility ** 2.0) * years) / deviation
      let d2 = d1 - deviation
      let discounted = strike * exp(-rate * years)
      in (spot * normal_cdf(d1) - discounted * normal_cdf(d2),
          discounted * normal_cdf(-d2) - spot * normal_cdf(-d1))
      for strike in strikes]
