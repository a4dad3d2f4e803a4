# Which of the numbers 0 .. n - 1 are primes.
# Algorithm: the sieve of Eratosthenes; crossing out starts at p * p.

fn cross_out(prime: [n]bool, p: i64) -> [n]bool =
  loop marked = prime for multiple in p * p..n by p do marked with [multiple] = false

fn sieve(n: size) -> [n]bool =
  let (prime, _) =
    loop (prime = [i >= 2 for i in 0..n], p = 2) while p * p < n do
      (if prime[p] then cross_out(prime, p) else prime, p + 1)
  in prime
