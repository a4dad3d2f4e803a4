"""Floats by their exact digits, against decimal arithmetic."""

import math
import random
import struct
from decimal import ROUND_HALF_UP, Context, Decimal

import numpy as np
import pytest

from ssair.exact_decimals import exact_decimal
from ssair.interp import execute
from ssair.parser import parse_module


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1 + 0.2, "0.30000000000000004"),
        (0.0, "0.00000000000000000"),
        (-0.0, "-0.00000000000000000"),
        (math.nan, "NaN"),
        (-math.nan, "NaN"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
        (2.0**-18, "0.00000381469726563"),  # an exact tie: away from zero
        (-(2.0**-18), "-0.00000381469726563"),
        (1e10, "1.00000000000000000e+10"),
        (9999999999.0, "9999999999.00000000000000000"),
        (1e-9, "0.00000000100000000"),
        (1e-10, "1.00000000000000004e-10"),
        (1.1e11, "1.10000000000000000e+11"),
        (1e-21, "9.99999999999999908e-22"),
        (1e153, "1.00000000000000000e+153"),  # which is a little less, and rounds up
        (5e-324, "4.94065645841246544e-324"),
        (1.7976931348623157e308, "1.79769313486231571e+308"),
    ],
)
def test_digits(value: float, text: str) -> None:
    assert exact_decimal(value) == text


def expected(value: float) -> str:
    number, sign = Decimal(value), "-" if value < 0 else ""
    if abs(math.log10(abs(value))) < 10:
        wide = Context(prec=60, rounding=ROUND_HALF_UP)
        return sign + format(abs(number.quantize(Decimal(1).scaleb(-17), context=wide)), "f")
    rounded = Context(prec=18, rounding=ROUND_HALF_UP).plus(number)
    digits = "".join(map(str, rounded.as_tuple().digits)).ljust(18, "0")
    return f"{sign}{digits[0]}.{digits[1:]}e{rounded.adjusted():+d}"


def test_digits_of_random_floats() -> None:
    generator = random.Random(0)
    for turn in range(10_000):
        (value,) = struct.unpack("<d", struct.pack("<Q", generator.getrandbits(64)))
        if turn % 2:
            value = generator.uniform(-1, 1) * 10.0 ** generator.randrange(-12, 13)
        if math.isfinite(value) and value:
            assert exact_decimal(value) == expected(value)


def test_digits_of_ties() -> None:
    for place in range(1, 1000):
        value = (2 * place + 1) * 2.0**-18  # 18 decimals, the last of which is a 5
        assert exact_decimal(value) == expected(value)


def test_the_operation_prints_floats_by_their_digits_and_the_rest_as_print_does() -> None:
    module = parse_module(
        "func @f {\nbb0(v0: f64, v1: i64, v2: f64[:]):\n"
        '  v3: () = print_exact v0, " ", v1, " ", v2\n  v4: () = print v0\n  return\n}\n'
    )
    assert 'print_exact v0, " ", v1' in str(module)
    output = execute(module, [0.1, 7, np.array([0.5])]).output
    assert output == ["0.10000000000000001 7 [0.50000000000000000]", "0.1"]
