"""ssair: checked numeric kernels for JAX, by an SSA library that optimises.

    kernel = ssair.compile("fn f(xs: [n]f64, i: i64) -> f64 = xs[i] * 2.0")
    kernel([1.0, 2.0], 1)

The names here are the public ones; each is imported when it is first used, so that `import ssair` and the modules of
the IR bring in neither JAX nor NumPy.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ssair.diagnostics import SourceError, SsairError
    from ssair.ir import Module
    from ssair.kernel import Kernel, compile
    from ssair.mapping.mesh import mesh
    from ssair.mapping.processes import PeerError
    from ssair.pipeline import optimize
    from ssair.placement import devices
    from ssair.saved import load
    from ssair.sources import UsageError
    from ssair.sources import load as parse
    from ssair.traps import Trap

__all__ = [
    "Kernel",
    "Module",
    "PeerError",
    "SourceError",
    "SsairError",
    "Trap",
    "UsageError",
    "compile",
    "devices",
    "load",
    "mesh",
    "optimize",
    "parse",
]

#: Where each public name is defined, and what it is called there.
_NAMES: Final = {
    "Kernel": ("ssair.kernel", "Kernel"),
    "Module": ("ssair.ir", "Module"),
    "PeerError": ("ssair.mapping.processes", "PeerError"),
    "SourceError": ("ssair.diagnostics", "SourceError"),
    "SsairError": ("ssair.diagnostics", "SsairError"),
    "Trap": ("ssair.traps", "Trap"),
    "UsageError": ("ssair.sources", "UsageError"),
    "compile": ("ssair.kernel", "compile"),
    "devices": ("ssair.placement", "devices"),
    "load": ("ssair.saved", "load"),
    "mesh": ("ssair.mapping.mesh", "mesh"),
    "optimize": ("ssair.pipeline", "optimize"),
    "parse": ("ssair.sources", "load"),
}


def __getattr__(name: str) -> object:
    if name not in _NAMES:
        raise AttributeError(f"module 'ssair' has no attribute {name!r}")
    from ssair.libraries import libraries

    module, attribute = _NAMES[name]
    with libraries():
        value: object = getattr(importlib.import_module(module), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
