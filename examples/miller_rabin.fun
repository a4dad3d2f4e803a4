# Which of the numbers are primes; each must be below 2^31, so that products fit in 64 bits.
# Algorithm: G. Miller (1976), M. Rabin (1980); the bases 2, 3, 5 and 7 suffice below
# 3,215,031,751 (C. Pomerance, J. Selfridge and S. Wagstaff, 1980).

fn power_mod(base: i64, exponent: i64, modulus: i64, result: i64) -> i64 =
  if exponent == 0 then result
  else
    let next = if exponent & 1 == 1 then result * base % modulus else result
    in power_mod(base * base % modulus, exponent >> 1, modulus, next)

# Whether `base` shows that n = odd * 2^twos + 1 is composite.
fn is_witness(base: i64, n: i64, odd: i64, twos: i64) -> bool =
  let start = power_mod(base % n, odd, n, 1)
  let (power, _) =
    loop (power = start, k = 1) while power != 1 && power != n - 1 && k < twos do
      (power * power % n, k + 1)
  in power != n - 1 && start != 1

fn is_prime(n: i64) -> bool =
  assert n < 1 << 31, "too large a number"
  in if n < 2 then false
     else if n == 2 || n == 3 || n == 5 || n == 7 then true
     else if n & 1 == 0 then false
     else
       let (odd, twos) = loop (odd = n - 1, twos = 0) while odd & 1 == 0 do (odd >> 1, twos + 1)
       in loop prime = true for base in [2, 3, 5, 7] do
            prime && (base % n == 0 || !is_witness(base, n, odd, twos))

fn primes(numbers: [n]i64) -> [n]bool = [is_prime(number) for number in numbers]
