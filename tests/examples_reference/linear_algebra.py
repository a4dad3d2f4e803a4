"""References of the examples on matrices, by numpy.linalg or by checking the defining property."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from examples_reference.example import Arguments, Example, Result

Floats = npt.NDArray[np.float64]


def _positive_definite(generator: np.random.Generator, n: int) -> Floats:
    half = generator.normal(size=(n, n))
    return half @ half.T + n * np.eye(n)


def _matmul_cases(generator: np.random.Generator) -> Iterator[Arguments]:
    for n, k, m in [(1, 1, 1), (3, 4, 2), (5, 0, 2), (0, 3, 3), (17, 9, 13)]:
        yield generator.normal(size=(n, k)), generator.normal(size=(k, m))


def _lu(a: Floats) -> Result:
    """Gaussian elimination in place on whole rows, the largest pivot first."""
    a, order = a.copy(), np.arange(len(a))
    for k in range(len(a)):
        pivot = k + int(np.argmax(np.abs(a[k:, k])))
        a[[k, pivot]], order[[k, pivot]] = a[[pivot, k]], order[[pivot, k]]
        a[k + 1 :, k] /= a[k, k]
        a[k + 1 :, k + 1 :] -= np.outer(a[k + 1 :, k], a[k, k + 1 :])
    return a, order


def _lu_cases(generator: np.random.Generator) -> Iterator[Arguments]:
    for n in (0, 1, 2, 9):
        yield (generator.normal(size=(n, n)),)
    yield (np.eye(4)[[2, 0, 3, 1]],)


def _cholesky(a: Floats, b: Floats) -> Result:
    return np.linalg.cholesky(a), np.linalg.solve(a, b)


def _cholesky_cases(generator: np.random.Generator) -> Iterator[Arguments]:
    for n in (0, 1, 2, 8):
        yield _positive_definite(generator, n), generator.normal(size=n)


def _conjugate_gradient(a: Floats, b: Floats, tolerance: float, limit: int) -> Result:
    """The recurrences, on the whole history; the number of steps must be the same."""
    x, r, p, steps = np.zeros_like(b), b.copy(), b.copy(), 0
    square, goal = float(b @ b), tolerance**2 * float(b @ b)
    while square > goal and steps < limit:
        step = square / float(p @ (a @ p))
        x, r = x + step * p, r - step * (a @ p)
        p, square = r + float(r @ r) / square * p, float(r @ r)
        steps += 1
    return x, np.sqrt(square), steps


def _conjugate_gradient_cases(generator: np.random.Generator) -> Iterator[Arguments]:
    for n in (1, 6, 12):
        yield _positive_definite(generator, n), generator.normal(size=n), 1e-6, 4 * n
    yield _positive_definite(generator, 6), np.zeros(6), 1e-6, 10
    yield np.zeros((0, 0)), np.zeros(0), 1e-6, 10


def _tridiagonal(lower: Floats, diagonal: Floats, upper: Floats, right: Floats) -> Result:
    matrix = np.diag(diagonal) + np.diag(lower[1:], -1) + np.diag(upper[:-1], 1)
    return np.linalg.solve(matrix, right)


def _tridiagonal_cases(generator: np.random.Generator) -> Iterator[Arguments]:
    for n in (1, 2, 11):
        lower, upper, right = generator.normal(size=(3, n))
        yield lower, 4.0 + np.abs(generator.normal(size=n)), upper, right


def _power_iteration(a: Floats, start: Floats, steps: int) -> Result:
    x = start / np.linalg.norm(start)
    for _ in range(steps):
        x = a @ x
        x /= np.linalg.norm(x)
    return x @ a @ x, x


def _power_iteration_cases(generator: np.random.Generator) -> Iterator[Arguments]:
    for n, steps in ((1, 3), (2, 0), (7, 25)):
        yield _positive_definite(generator, n), generator.normal(size=n), steps


LINEAR_ALGEBRA = {
    "matmul": Example(np.matmul, _matmul_cases, tolerance=1e-12),
    "lu": Example(_lu, _lu_cases, tolerance=1e-9),
    "cholesky": Example(_cholesky, _cholesky_cases, tolerance=1e-10),
    "conjugate_gradient": Example(_conjugate_gradient, _conjugate_gradient_cases, tolerance=1e-9),
    "tridiagonal": Example(_tridiagonal, _tridiagonal_cases, tolerance=1e-11),
    "power_iteration": Example(_power_iteration, _power_iteration_cases, tolerance=1e-10),
}
