"""Options of the test suite."""

import pytest

pytest.register_assert_rewrite("specification")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--bless", action="store_true", help="rewrite the expectations of tests/golden by what comes out")
