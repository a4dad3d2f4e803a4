"""The libraries that ssair is installed with, and what is said where one of them is not there.

That one is missing is a fault of the installation, neither of a program nor of ssair's own: the error says what to
install. What imports them wherever it is first used does so inside `libraries`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from ssair.diagnostics import SsairError

#: What to install for a package that is imported.
LIBRARIES: Final = {
    "flatbuffers": "flatbuffers",
    "graphviz": "graphviz",
    "hypothesis": "hypothesis",
    "jax": "jax",
    "jaxlib": "jaxlib",
    "lark": "lark",
    "networkx": "networkx",
    "numpy": "numpy",
    "pygments": "pygments",
    "z3": "z3-solver",
}


class MissingLibraryError(SsairError, ImportError):
    """A library that is needed and is not installed; `name` is the package that was to be imported."""


@contextmanager
def libraries() -> Iterator[None]:
    """Raise MissingLibraryError inside, for a package of `LIBRARIES` that cannot be found.

    Example:
        >>> try:
        ...     with libraries():
        ...         raise ModuleNotFoundError("No module named 'lark.lexer'", name="lark.lexer")
        ... except MissingLibraryError as error:
        ...     print(error)
        ssair needs lark, which is not installed: `pip install lark`
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in LIBRARIES:
            raise
        told = f"ssair needs {package}, which is not installed: `pip install {LIBRARIES[package]}`"
        raise MissingLibraryError(told, name=package) from error
