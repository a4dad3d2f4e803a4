"""References of the examples on arrays of numbers and text."""

from __future__ import annotations

import bisect
import functools
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from examples_reference.example import Arguments, Example, Result

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def _lower_bounds(xs: Floats, keys: Floats) -> Result:
    return np.array([bisect.bisect_left(xs.tolist(), key) for key in keys.tolist()], np.int64)


def _lower_bounds_cases(generator: np.random.Generator) -> Iterator[Arguments]:
    for n in (0, 1, 2, 33):
        xs = np.sort(generator.integers(0, 20, size=n).astype(np.float64))
        yield xs, np.concatenate([xs, xs + 0.5, [-1.0, np.inf, -np.inf]])


def _edit_distance(a: npt.NDArray[np.int32], b: npt.NDArray[np.int32]) -> Result:
    """The recursive definition."""

    @functools.cache
    def distance(i: int, j: int) -> int:
        if i == 0 or j == 0:
            return i + j
        substituted = distance(i - 1, j - 1) + int(a[i - 1] != b[j - 1])
        return min(substituted, distance(i - 1, j) + 1, distance(i, j - 1) + 1)

    return distance(len(a), len(b))


def _edit_distance_cases(generator: np.random.Generator) -> Iterator[Arguments]:
    def text(word: str) -> npt.NDArray[np.int32]:
        return np.array([ord(letter) for letter in word], np.int32)

    yield text("kitten"), text("sitting")
    for n, m in ((0, 0), (0, 3), (3, 0), (12, 17)):
        yield tuple(generator.integers(0, 4, size=size).astype(np.int32) for size in (n, m))


def _prefix_sums(xs: Integers, width: int) -> Result:
    windows = [xs[i : i + width].sum() for i in range(len(xs) - width + 1)]
    return np.cumsum(xs), np.maximum.accumulate(xs), np.array(windows, np.int64)


def _prefix_sums_cases(generator: np.random.Generator) -> Iterator[Arguments]:
    for n, width in ((0, 1), (1, 1), (5, 2), (5, 6), (20, 20)):
        yield generator.integers(-1000, 1000, size=n), width
    yield np.array([2**63 - 1, 1, -(2**63), -1]), 2


def _histogram(xs: Floats, lo: float, hi: float, bins: int) -> Result:
    inside = xs[(xs >= lo) & (xs < hi)]
    counts, _ = np.histogram(inside, bins=bins, range=(lo, hi))
    return counts, len(xs) - len(inside), int(np.argmax(counts))


def _histogram_cases(generator: np.random.Generator) -> Iterator[Arguments]:
    for n, bins in ((0, 1), (1, 3), (50, 8)):
        yield generator.normal(size=n), -1.0, 2.0, bins
    yield np.array([0.0, -0.0, 1.0, np.nan, np.inf, -np.inf, 0.5]), 0.0, 1.0, 2


def _merge(xs: Floats, ys: Floats) -> Result:
    return np.sort(np.concatenate([xs, ys]), kind="stable")


def _merge_cases(generator: np.random.Generator) -> Iterator[Arguments]:
    for n, m in ((0, 0), (0, 2), (3, 0), (9, 14)):
        yield tuple(np.sort(generator.integers(0, 9, size=k).astype(np.float64)) for k in (n, m))


def _heapsort_cases(generator: np.random.Generator) -> Iterator[Arguments]:
    for n in (0, 1, 2, 3, 31):
        yield (generator.integers(-9, 9, size=n).astype(np.float64),)


def _maximum_segment(xs: Integers) -> Result:
    """All segments: the largest sum, then the earliest end, then the earliest start."""
    n = len(xs)
    segments = [(-int(xs[i:j].sum()), j, i) for i in range(n) for j in range(i + 1, n + 1)]
    negated, last, first = min([(0, 0, 0), *segments])
    return -negated, first, last


def _maximum_segment_cases(generator: np.random.Generator) -> Iterator[Arguments]:
    yield (np.array([-2, 1, -3, 4, -1, 2, 1, -5, 4]),)
    yield (np.array([-3, -1]),)
    for n in (0, 1, 15):
        yield (generator.integers(-9, 9, size=n),)


def _word_count(text: Integers) -> Result:
    words = bytes(text.tolist()).split()
    return len(words), max((len(word) for word in words), default=0)


def _word_count_cases(generator: np.random.Generator) -> Iterator[Arguments]:
    for text in (b"", b" ", b"word", b"  two\twords\n", b"the quick brown fox jumps"):
        yield (np.frombuffer(text, np.uint8).astype(np.int64),)
    yield (generator.choice([9, 10, 32, 97, 98, 99], size=60),)


def _convolution(image: npt.NDArray[np.int32], weights: npt.NDArray[np.float32]) -> Result:
    h, w = image.shape
    padded = np.pad(image, 1, mode="edge").astype(np.float64)
    shifted = [weights[i, j] * padded[i : i + h, j : j + w] for i in range(3) for j in range(3)]
    return np.clip(np.rint(sum(shifted)), 0, 255).astype(np.int32)


def _convolution_cases(generator: np.random.Generator) -> Iterator[Arguments]:
    """Weights that are multiples of 1/16 make every sum exact in single precision."""
    blur = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]], np.float32) / np.float32(16)
    edges = np.array([[0, -1, 0], [-1, 4.5, -1], [0, -1, 0]], np.float32)
    for h, w in ((1, 1), (1, 5), (7, 6)):
        image = generator.integers(0, 256, size=(h, w)).astype(np.int32)
        yield image, blur
        yield image, edges


SEQUENCES = {
    "lower_bound": Example(_lower_bounds, _lower_bounds_cases),
    "edit_distance": Example(_edit_distance, _edit_distance_cases),
    "prefix_sums": Example(_prefix_sums, _prefix_sums_cases),
    "histogram": Example(_histogram, _histogram_cases),
    "merge": Example(_merge, _merge_cases),
    "heapsort": Example(np.sort, _heapsort_cases),
    "maximum_segment": Example(_maximum_segment, _maximum_segment_cases),
    "word_count": Example(_word_count, _word_count_cases),
    "convolution": Example(_convolution, _convolution_cases),
}
