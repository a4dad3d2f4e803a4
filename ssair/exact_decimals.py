"""Floats in decimal digits as Bril prints them: every digit exact, 17 behind the point, ties away from zero.

    0.30000000000000004   -0.00000000000000000   1.10000000000000000e+11   NaN   -Infinity

Numbers whose decimal logarithm is 10 or more, or -10 or less, have an exponent. This is what `toFixed(17)` and
`toExponential(17)` give in JavaScript (ECMA-262, 21.1.3.2 and 21.1.3.3); C's and Python's formats round ties to even.
"""

from __future__ import annotations

import math
from typing import Final

_DIGITS: Final = 17
_SCALE: Final = 10**_DIGITS


def exact_decimal(value: float) -> str:
    """The digits of a float.

    Example:
        >>> exact_decimal(0.1), exact_decimal(-2.0**40)
        ('0.10000000000000001', '-1.09951162777600000e+12')
    """
    if math.isnan(value):
        return "NaN"
    sign = "-" if math.copysign(1.0, value) < 0 else ""
    if math.isinf(value):
        return f"{sign}Infinity"
    numerator, denominator = abs(value).as_integer_ratio()
    if value == 0 or abs(math.log10(abs(value))) < 10:
        return sign + _pointed(_rounded(numerator * _SCALE, denominator))
    exponent = _exponent(numerator, denominator)
    up, down = max(_DIGITS - exponent, 0), max(exponent - _DIGITS, 0)
    digits = _rounded(numerator * 10**up, denominator * 10**down)
    if digits == 10 * _SCALE:
        digits, exponent = _SCALE, exponent + 1
    return f"{sign}{_pointed(digits)}e{exponent:+d}"


def _rounded(numerator: int, denominator: int) -> int:
    """The integer nearest to a quotient, ties upwards."""
    return (2 * numerator + denominator) // (2 * denominator)


def _pointed(digits: int) -> str:
    whole, rest = divmod(digits, _SCALE)
    return f"{whole}.{rest:0{_DIGITS}}"


def _exponent(numerator: int, denominator: int) -> int:
    """The greatest n with 10**n no greater than a positive quotient; logarithms alone may be one off."""
    exponent = math.floor(math.log10(numerator) - math.log10(denominator))
    while numerator * 10 ** max(-exponent, 0) < denominator * 10 ** max(exponent, 0):
        exponent -= 1
    while numerator * 10 ** max(-exponent - 1, 0) >= denominator * 10 ** max(exponent + 1, 0):
        exponent += 1
    return exponent
