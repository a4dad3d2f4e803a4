"""References of the examples from numerical analysis, finance, statistics and cellular automata."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from examples_reference.example import Arguments, Example, Result

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]


def _mandelbrot(xs: Floats, ys: Floats, limit: int) -> Result:
    def steps(c: complex) -> int:
        z = 0j
        for k in range(limit):
            if z.real * z.real + z.imag * z.imag > 4.0:
                return k
            z = z * z + c
        return limit

    grid = [[steps(complex(x, y)) for x in xs] for y in ys]
    return np.array(grid, np.int64).reshape(len(ys), len(xs))


def _mandelbrot_cases(generator: np.random.Generator) -> Iterator[Arguments]:
    yield np.linspace(-2.03, 0.61, 12), np.linspace(-1.17, 1.19, 9), 60
    yield np.array([0.0]), np.array([0.0]), 7
    yield np.array([0.3, 3.0]), np.array([0.6]), 0
    yield np.zeros(0), np.zeros(2), 5


def _lotka_volterra(start: Floats, h: float, steps: int) -> Result:
    def slope(x: Floats) -> Floats:
        return np.array([1.1 * x[0] - 0.4 * x[0] * x[1], 0.1 * x[0] * x[1] - 0.4 * x[1]])

    rows, x = np.zeros((steps, 2)), start
    for step in range(steps):
        k1 = slope(x)
        k2 = slope(x + h / 2 * k1)
        k3 = slope(x + h / 2 * k2)
        k4 = slope(x + h * k3)
        rows[step] = x = x + h * (k1 + 2 * k2 + 2 * k3 + k4) / 6
    return rows


def _lotka_volterra_cases(generator: np.random.Generator) -> Iterator[Arguments]:
    for h, steps in ((0.1, 0), (0.1, 1), (0.05, 100)):
        yield generator.uniform(1.0, 10.0, size=2), h, steps


def _black_scholes(spot: float, strikes: Floats, rate: float, volatility: float, years: float) -> Result:
    """The closed formula; the normal distribution by the C library's erfc."""

    def cdf(x: float) -> float:
        return 0.5 * math.erfc(-x / math.sqrt(2))

    calls, puts = [], []
    for strike in strikes.tolist():
        deviation = volatility * math.sqrt(years)
        d1 = math.log(spot / strike) / deviation + (rate / volatility + volatility / 2) * math.sqrt(years)
        present = strike * math.exp(-rate * years)
        calls.append(spot * cdf(d1) - present * cdf(d1 - deviation))
        puts.append(present * cdf(deviation - d1) - spot * cdf(-d1))
    return np.array(calls, np.float64), np.array(puts, np.float64)


def _black_scholes_cases(generator: np.random.Generator) -> Iterator[Arguments]:
    yield 100.0, np.array([80.0, 100.0, 120.0]), 0.05, 0.2, 1.0
    yield 1.0, np.exp(generator.normal(size=20) * 3.0), -0.01, 0.1, 0.25
    yield 50.0, np.array([1e-30, 1e30]), 0.0, 1.0, 1.0
    yield 50.0, np.zeros(0), 0.0, 1.0, 1.0


def _kmeans_step(points: Floats, centres: Floats) -> Result:
    distances = ((points[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2)
    labels = distances.argmin(axis=1)
    moved = centres.copy()
    for c in range(len(centres)):
        if (labels == c).any():
            moved[c] = points[labels == c].mean(axis=0)
    return labels, moved, distances.min(axis=1).sum()


def _kmeans_step_cases(generator: np.random.Generator) -> Iterator[Arguments]:
    for n, d, k in ((1, 1, 1), (0, 2, 3), (20, 3, 4), (5, 2, 9)):
        yield generator.normal(size=(n, d)), generator.normal(size=(k, d))
    yield np.ones((3, 2)), np.ones((2, 2))


def _game_of_life(alive: Booleans, generations: int) -> Result:
    shifts = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)]
    for _ in range(generations):
        count = sum(np.roll(alive, shift, axis=(0, 1)).astype(int) for shift in shifts)
        alive = (count == 3) | (alive & (count == 2))
    return alive


def _game_of_life_cases(generator: np.random.Generator) -> Iterator[Arguments]:
    for h, w, generations in ((1, 1, 2), (2, 3, 1), (8, 9, 4), (8, 9, 0), (4, 1, 1)):
        yield generator.random((h, w)) < 0.4, generations


def _brackets(coefficients: Floats, lo: float, hi: float, tolerance: float) -> tuple[float, float]:
    sign = np.polyval(coefficients, lo)
    while hi - lo > tolerance:
        middle = lo + 0.5 * (hi - lo)
        lo, hi = (middle, hi) if np.polyval(coefficients, middle) * sign > 0 else (lo, middle)
    return lo, hi


def _bisection(coefficients: Floats, lo: float, hi: float, tolerance: float) -> Result:
    left, right = _brackets(coefficients, lo, hi, tolerance)
    return left + 0.5 * (right - left)


def _bisection_printed(coefficients: Floats, lo: float, hi: float, tolerance: float) -> str:
    left, right = _brackets(coefficients, lo, hi, tolerance)
    return f"bracket {float(left)!r} {float(right)!r}\n"


def _bisection_cases(generator: np.random.Generator) -> Iterator[Arguments]:
    yield np.array([1.0, 0.0, -1.0, -2.0]), 1.0, 2.0, 1e-9
    yield np.array([-2.0, 1.0]), 0.0, 4.0, 1e-3
    yield np.array([1.0, 0.0]), 0.0, 0.0, 1e-3
    yield np.zeros(0), -1.0, 1.0, 0.5


def _heat(plate: Floats, ratio: float, steps: int) -> Result:
    change = 0.0
    for _ in range(steps):
        inner = plate[1:-1, 1:-1]
        around = plate[:-2, 1:-1] + plate[2:, 1:-1] + plate[1:-1, :-2] + plate[1:-1, 2:]
        after = plate.copy()
        after[1:-1, 1:-1] = inner + ratio * (around - 4.0 * inner)
        change = np.abs(after - plate).max(initial=0.0)
        plate = after
    return plate, change


def _heat_cases(generator: np.random.Generator) -> Iterator[Arguments]:
    for h, w, steps in ((3, 3, 1), (7, 9, 6), (2, 2, 3), (0, 4, 1), (5, 5, 0)):
        yield generator.normal(size=(h, w)), 0.2, steps


def _fft(re: Floats, im: Floats) -> Result:
    transform = np.fft.fft(re + 1j * im)
    return transform.real, transform.imag


def _fft_cases(generator: np.random.Generator) -> Iterator[Arguments]:
    for n in (1, 2, 4, 32):
        yield generator.normal(size=n), generator.normal(size=n)


def _simpson(lo: float, hi: float, strips: npt.NDArray[np.int64]) -> Result:
    values = []
    for count in strips.tolist():
        x = np.linspace(lo, hi, count + 1)
        y = np.exp(-x * x / 2) / math.sqrt(2 * math.pi)
        values.append((hi - lo) / count / 3 * (y[0::2].sum() * 2 - y[0] - y[-1] + 4 * y[1::2].sum()))
    return np.array(values), np.abs(np.diff(values, prepend=values[:1]))


def _simpson_cases(generator: np.random.Generator) -> Iterator[Arguments]:
    yield -1.0, 1.0, np.array([2, 4, 8, 64])
    yield 0.5, 0.5, np.array([2])
    yield 0.0, 1.0, np.zeros(0, np.int64)


SIMULATION = {
    "mandelbrot": Example(_mandelbrot, _mandelbrot_cases),
    "rk4": Example(_lotka_volterra, _lotka_volterra_cases, tolerance=1e-11),
    "black_scholes": Example(_black_scholes, _black_scholes_cases, tolerance=1e-13),
    "kmeans_step": Example(_kmeans_step, _kmeans_step_cases, tolerance=1e-12),
    "game_of_life": Example(_game_of_life, _game_of_life_cases),
    "bisection": Example(_bisection, _bisection_cases, printed=_bisection_printed),
    "heat": Example(_heat, _heat_cases, tolerance=1e-12),
    "fft": Example(_fft, _fft_cases, tolerance=1e-12),
    "simpson": Example(_simpson, _simpson_cases, tolerance=1e-13),
}
