"""References of the examples on integers, bits and pseudo-random numbers."""

from __future__ import annotations

import itertools
import math
import zlib
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from examples_reference.example import Arguments, Example, Result

Integers = npt.NDArray[np.int64]


def _wrapped(x: int, bits: int) -> int:
    """The two's complement number with the lower bits of x."""
    return (x + (1 << bits - 1)) % (1 << bits) - (1 << bits - 1)


def _is_prime(n: int) -> bool:
    return n > 1 and all(n % divisor for divisor in range(2, math.isqrt(n) + 1))


def _sieve(n: int) -> Result:
    return np.array([_is_prime(i) for i in range(n)], dtype=bool)


def _sieve_cases(generator: np.random.Generator) -> Iterator[Arguments]:
    for n in (0, 1, 2, 3, 25, 26, 100):
        yield (n,)


def _gcd(a: int, b: int) -> Result:
    """The remainders and their coefficients as whole lists."""
    rows = [(a, 1, 0), (b, 0, 1)]
    while rows[-1][0] != 0:
        quotient = rows[-2][0] // rows[-1][0]
        rows.append(tuple(p - quotient * q for p, q in zip(rows[-2], rows[-1], strict=True)))
    g, x, y = rows[-2]
    assert abs(g) == math.gcd(a, b) and g == a * x + b * y
    return (-g, -x, -y) if g < 0 else (g, x, y)


def _gcd_cases(generator: np.random.Generator) -> Iterator[Arguments]:
    yield from [(0, 0), (0, -7), (12, 0), (1, 1), (-48, 18), (48, -18), (2**62, 3**39)]
    for a, b in generator.integers(-10_000, 10_000, size=(5, 2)):
        yield int(a), int(b)


def _collatz(limit: int) -> Result:
    def steps(x: int) -> int:
        return 0 if x == 1 else 1 + steps(3 * x + 1 if x % 2 else x // 2)

    counts = [steps(start) for start in range(1, limit)]
    return counts.index(max(counts)) + 1, max(counts)


def _collatz_cases(generator: np.random.Generator) -> Iterator[Arguments]:
    for limit in (2, 3, 10, 100):
        yield (limit,)


def _fnv1a(data: Integers) -> Result:
    value = 0xCBF29CE484222325
    for byte in data.tolist():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return _wrapped(value, 64)


def _crc32(data: Integers) -> Result:
    return zlib.crc32(bytes(data.tolist()))


def _bytes_cases(generator: np.random.Generator) -> Iterator[Arguments]:
    yield (np.zeros(0, np.int64),)
    yield (np.array([255], np.int64),)
    yield (np.frombuffer(b"123456789", np.uint8).astype(np.int64),)
    yield (generator.integers(0, 256, size=40),)


def _shuffle(xs: Integers, seed: int) -> Result:
    out, state = xs.copy(), seed
    for i in range(len(xs) - 1, 0, -1):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        j = (state >> 33) % (i + 1)
        out[[i, j]] = out[[j, i]]
    return out, _wrapped(state, 64)


def _shuffle_cases(generator: np.random.Generator) -> Iterator[Arguments]:
    for n, seed in ((0, 1), (1, 2), (2, -3), (20, 2**63 - 1)):
        yield generator.integers(-100, 100, size=n), seed


def _n_queens(n: int) -> Result:
    """All permutations whose diagonals differ."""
    return sum(
        len({row + column for row, column in enumerate(placing)}) == n
        and len({row - column for row, column in enumerate(placing)}) == n
        for placing in itertools.permutations(range(n))
    )


def _n_queens_cases(generator: np.random.Generator) -> Iterator[Arguments]:
    for n in (0, 1, 2, 5, 6):
        yield (n,)


def _primes(numbers: Integers) -> Result:
    return np.array([_is_prime(n) for n in numbers.tolist()], dtype=bool)


def _primes_cases(generator: np.random.Generator) -> Iterator[Arguments]:
    yield (np.arange(-3, 60),)
    yield (np.array([2047, 3215031751 // 2, 561, 2**31 - 1, 46337**2, 25326001]),)
    yield (np.zeros(0, np.int64),)


def _approximations(n: int) -> Iterator[int]:
    if n == 0:
        return
    r = 1
    while r * r <= n:
        r *= 2
    while True:
        yield r
        if (r + n // r) // 2 >= r:
            return
        r = (r + n // r) // 2


def _integer_sqrt_printed(n: int) -> str:
    return "".join(f"approximation {r}\n" for r in _approximations(n))


def _integer_sqrt_cases(generator: np.random.Generator) -> Iterator[Arguments]:
    for n in (0, 1, 2, 3, 4, 99, 100, 2**62 - 1, 2**62, 2**63 - 1, 3037000499**2 - 1):
        yield (n,)


def _monte_carlo_pi(seed: int, count: int) -> Result:
    state, points = seed % 2**32, []
    for _ in range(2 * count):
        state ^= state << 13 & 0xFFFFFFFF
        state ^= state >> 17
        state ^= state << 5 & 0xFFFFFFFF
        points.append(state & 0x7FFFFFFF)
    hits = sum(x * x + y * y < 2**62 for x, y in zip(points[::2], points[1::2], strict=True))
    return hits, 4.0 * hits / count


def _monte_carlo_pi_cases(generator: np.random.Generator) -> Iterator[Arguments]:
    for seed, count in ((1, 1), (-1, 10), (2463534242 - 2**32, 1000), (2**31 - 1, 100)):
        yield np.int32(seed), count


NUMBERS_AND_BITS = {
    "sieve": Example(_sieve, _sieve_cases),
    "gcd": Example(_gcd, _gcd_cases),
    "collatz": Example(_collatz, _collatz_cases),
    "fnv1a": Example(_fnv1a, _bytes_cases),
    "crc32": Example(_crc32, _bytes_cases),
    "fisher_yates": Example(_shuffle, _shuffle_cases),
    "n_queens": Example(_n_queens, _n_queens_cases),
    "miller_rabin": Example(_primes, _primes_cases),
    "integer_sqrt": Example(math.isqrt, _integer_sqrt_cases, printed=_integer_sqrt_printed),
    "monte_carlo_pi": Example(lambda seed, count: _monte_carlo_pi(int(seed), count), _monte_carlo_pi_cases, 1e-15),
}
