"""References of the examples on graphs and on choices of things, by brute force."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from examples_reference.example import Arguments, Example, Result

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def _shortest_distances(weights: Floats) -> Result:
    """Repeated squaring of the distance matrix in the (min, +) semiring."""
    n = len(weights)
    distances = np.where(np.eye(n, dtype=bool), np.minimum(weights, 0.0), weights)
    for _ in range(n):
        through = distances[:, :, None] + distances[None, :, :]
        distances = np.minimum(distances, through.min(axis=1, initial=np.inf))
    return distances


def _floyd_warshall_cases(generator: np.random.Generator) -> Iterator[Arguments]:
    """Integral lengths, so that every order of addition gives the same sum."""
    for n in (0, 1, 2, 12):
        lengths = generator.integers(1, 50, size=(n, n)).astype(np.float64)
        yield (np.where(generator.random((n, n)) < 0.3, lengths, np.inf),)


def _components(n: int, tails: Integers, heads: Integers) -> Result:
    """Labels spread along the edges until none changes."""
    labels = np.arange(n)
    for _ in range(n):
        for a, b in zip(tails, heads, strict=True):
            labels[a] = labels[b] = min(labels[a], labels[b])
    return labels, len(set(labels.tolist()))


def _components_cases(generator: np.random.Generator) -> Iterator[Arguments]:
    for n, edges in ((0, 0), (1, 0), (1, 2), (6, 0), (12, 7), (12, 30)):
        tails, heads = generator.integers(0, max(n, 1), size=(2, edges))
        yield n, tails, heads


def _knapsack(weights: Integers, values: Integers, capacity: int) -> Result:
    """All subsets."""
    choices = itertools.product([0, 1], repeat=len(weights))
    return max(
        (int(values @ np.array(choice, np.int64)) if len(weights) else 0)
        for choice in choices
        if not len(weights) or weights @ np.array(choice, np.int64) <= capacity
    )


def _knapsack_cases(generator: np.random.Generator) -> Iterator[Arguments]:
    for n, capacity in ((0, 0), (0, 5), (3, 0), (8, 20)):
        yield generator.integers(0, 9, size=n), generator.integers(0, 99, size=n), capacity


GRAPHS_AND_SETS = {
    "floyd_warshall": Example(_shortest_distances, _floyd_warshall_cases),
    "union_find": Example(_components, _components_cases),
    "knapsack": Example(_knapsack, _knapsack_cases),
}
