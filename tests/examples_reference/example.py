"""An example's reference: the plain computation, the inputs to try, and how close floats must be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

Result = object  # a scalar of Python or NumPy, a NumPy array, or a tuple of these
Arguments = tuple[object, ...]


@dataclass(frozen=True)
class Example:
    """`compute(*arguments)` is the expected result for each of `cases(generator)`.

    Integers and booleans must agree exactly. Floats may differ by `tolerance`, relative to the
    larger of 1 and the expected value: the kernel may contract a * b + c and reorder `dot` and `@`.
    `printed(*arguments)` is the expected standard output.
    """

    compute: Callable[..., Result]
    cases: Callable[[np.random.Generator], Iterator[Arguments]]
    tolerance: float = 0.0
    printed: Callable[..., str] = lambda *arguments: ""
