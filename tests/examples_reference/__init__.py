"""What every program in examples/ should compute, written a second time in plain Python and NumPy.

EXAMPLES maps the stem of each file to an Example. The references share nothing with ssair: they are
the textbook's computation where there is one, a brute force or a library function where there is not.
"""

from examples_reference.example import Arguments, Example, Result
from examples_reference.graphs_and_sets import GRAPHS_AND_SETS
from examples_reference.linear_algebra import LINEAR_ALGEBRA
from examples_reference.numbers_and_bits import NUMBERS_AND_BITS
from examples_reference.sequences import SEQUENCES
from examples_reference.simulation import SIMULATION

EXAMPLES: dict[str, Example] = {
    **GRAPHS_AND_SETS,
    **LINEAR_ALGEBRA,
    **NUMBERS_AND_BITS,
    **SEQUENCES,
    **SIMULATION,
}

__all__ = ["EXAMPLES", "Arguments", "Example", "Result"]
