"""Testing of compilers: programs by the thousand, and oracles that say whether they are compiled right.

    generate_program(seed)          a Fun program, and arguments for it
    generate_module(seed)           a module of the IR
    module_arguments(module, seed)  directed arguments for any module
    check_program(program)          what some oracle finds wrong with it: a `Difference`, or None
    check_pass(run)                 the same of a pass of your own, on many modules
    bisect_program(program)         the pass and the one rewrite that make the difference
    reduce_fun, reduce_module       the smallest program that is still interesting

`programs()`, `functions()` and `arguments()` are Hypothesis strategies of the same, which shrink; they need the package
`hypothesis`, which is imported with them. `docs/fuzzing.md` shows how all of this is used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ssair.testing.bisection import Culprit, bisect_program
    from ssair.testing.differences import Difference
    from ssair.testing.directed_arguments import module_arguments
    from ssair.testing.fun_reduction import reduce_fun
    from ssair.testing.generator import Program, generate_program
    from ssair.testing.module_reduction import reduce_module
    from ssair.testing.modules import generate_module
    from ssair.testing.oracles import ORACLES, check_pass, check_program
    from ssair.testing.strategies import arguments, functions, programs

__all__ = [
    "ORACLES",
    "Culprit",
    "Difference",
    "Program",
    "arguments",
    "bisect_program",
    "check_pass",
    "check_program",
    "functions",
    "generate_module",
    "generate_program",
    "module_arguments",
    "programs",
    "reduce_fun",
    "reduce_module",
]

#: Where each public name is defined.
_NAMES: Final = {
    "ORACLES": "oracles",
    "Culprit": "bisection",
    "Difference": "differences",
    "Program": "generator",
    "arguments": "strategies",
    "bisect_program": "bisection",
    "check_pass": "oracles",
    "check_program": "oracles",
    "functions": "strategies",
    "generate_module": "modules",
    "generate_program": "generator",
    "module_arguments": "directed_arguments",
    "programs": "strategies",
    "reduce_fun": "fun_reduction",
    "reduce_module": "module_reduction",
}


def __getattr__(name: str) -> object:
    if name not in _NAMES:
        raise AttributeError(f"module 'ssair.testing' has no attribute {name!r}")
    value: object = getattr(importlib.import_module(f"ssair.testing.{_NAMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
