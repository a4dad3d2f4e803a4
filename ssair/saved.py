"""Kernels in files: compiled ahead of time for certain shapes, and loaded without the compiler.

    kernel.save("f.kernel", {"n": 1000}, {"n": 2000})      # for arrays of these sizes
    ssair.load("f.kernel")(xs)

The file is a zip archive. `kernel.json` has the format's number, the versions, the signature, the parameters and the
sites of traps, and the cases, each with the sizes and shapes that it was compiled for. Each case has, for each
platform, what `jax.export` serialised (`0.cpu`) and the variant of it that tells the values at fault (`0.cpu.telling`).

Nothing of a file is executed but what JAX has exported, and nothing of it is unpickled.
"""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from typing import TYPE_CHECKING, Any, Final

from ssair.arguments import ArgumentValueError
from ssair.facts import format_fact, parse_fact, top
from ssair.ir import NO_SPAN, Module, Param, Site
from ssair.libraries import libraries
from ssair.packed import Packed, pack_signature, unpack_signature
from ssair.sources import UsageError
from ssair.traps import Trap
from ssair.types import parse_type

if TYPE_CHECKING:
    import jax

    from ssair.backends.execution import Case, Execution
    from ssair.kernel import Kernel

#: The number of the format; another one is refused.
FORMAT: Final = 1
_HEADER: Final = "kernel.json"


# ---- saving -------------------------------------------------------------------------------------------------------


def save(
    kernel: Kernel, execution: Execution, path: str | os.PathLike[str], cases: Sequence[Case], platforms: Sequence[str]
) -> None:
    """Write the file of a kernel, for these cases and platforms; UsageError if it cannot be written."""
    import jax

    members: dict[str, bytes] = {}
    entry = kernel.module.entry()
    header = {
        "format": FORMAT,
        "ssair": _version(),
        "jax": jax.__version__,
        "name": entry.name,
        "checks": kernel.checks,
        "signature": pack_signature(kernel.signature),
        "params": [[param.type.name, format_fact(param.type, param.fact), param.static] for param in entry.params],
        "results": len(entry.results),
        "sites": _pack_sites(kernel.module),
        "cases": [_add_case(execution, case, str(number), platforms, members) for number, case in enumerate(cases)],
    }
    try:
        with zipfile.ZipFile(os.fspath(path), "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(_HEADER, json.dumps(header))
            for name, data in members.items():
                archive.writestr(name, data)
    except OSError as error:
        raise UsageError(f"cannot write {os.fspath(path)}: {error.strerror or error}") from error


def _version() -> str:
    try:
        return metadata.version("ssair")
    except metadata.PackageNotFoundError:
        return "not installed"


def _add_case(
    execution: Execution, case: Case, name: str, platforms: Sequence[str], members: dict[str, bytes]
) -> dict[str, Any]:
    """The header's entry of a case, whose members are added."""
    events: dict[str, list[Any]] = {}
    for platform in platforms:
        exported = execution.export(case, platform)
        members[f"{name}.{platform}"] = exported.kernel
        if exported.telling:
            members[f"{name}.{platform}.telling"] = exported.telling
        events[platform] = [
            [event.site, [dtype.name for dtype in event.dtypes], list(event.shape)] for event in exported.events
        ]
    return {"name": name, "static": list(case.static), "shapes": list(map(list, case.shapes)), "events": events}


def _pack_sites(module: Module) -> list[list[Any]]:
    return [
        [site.kind, module.span(site.span), site.detail, [module.span(call) for call in site.calls]]
        for site in module.sites
    ]


def _unpack_sites(packed: list[list[Any]]) -> Module:
    """A module that has the sites, and no function."""
    module = Module()

    def span(found: list[int] | None) -> int:
        return NO_SPAN if found is None else module.new_span(*found)

    for kind, place, detail, calls in packed:
        module.sites.append(Site(kind, span(place), detail, tuple([span(call) for call in calls])))
    return module


# ---- loading ------------------------------------------------------------------------------------------------------


def load(path: str | os.PathLike[str], device: str | jax.Device | None = None) -> SavedKernel:
    """The kernel that `Kernel.save` wrote to `path`; `device` as for `ssair.compile`.

    Raises UsageError for a file that cannot be read, is no kernel, has another format, or was not saved for the
    platform of the device.
    """
    try:
        with zipfile.ZipFile(os.fspath(path)) as archive:
            header = json.loads(archive.read(_HEADER))
            members = {name: archive.read(name) for name in archive.namelist() if name != _HEADER}
    except OSError as error:
        raise UsageError(f"cannot read {os.fspath(path)}: {error.strerror or error}") from error
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError) as error:
        raise UsageError(f"{os.fspath(path)} is no kernel, or a damaged one: {error}") from error
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        found = header.get("format") if isinstance(header, dict) else None
        raise UsageError(f"{os.fspath(path)} has the format {found!r}; this version of ssair reads format {FORMAT}")
    try:
        return SavedKernel(header, members, device, os.fspath(path))
    except (AttributeError, KeyError, TypeError, ValueError) as error:  # what a header without its parts comes to
        raise UsageError(f"{os.fspath(path)} is no kernel, or a damaged one: {error}") from error


class SavedKernel:
    """A kernel from a file: called as the kernel was, for the sizes and shapes that it was saved for.

    `signature` tells the parameters and results, `cases` what it was saved for, `versions` by what it was made.
    """

    def __init__(
        self, header: Packed, members: Mapping[str, bytes], device: str | jax.Device | None, path: str
    ) -> None:
        with libraries():
            from ssair.backends.execution import Case
            from ssair.backends.intake import Intake
        from ssair.placement import find_device

        self.name: Final[str] = header["name"]
        self.checks: Final[str] = header["checks"]
        self.versions: Final = {"ssair": header["ssair"], "jax": header["jax"]}
        self.signature: Final = unpack_signature(header["signature"])
        self.device = find_device(device) if device is not None else None
        self._path = path
        self._members = members
        self._results: int = header["results"]
        self._module = _unpack_sites(header["sites"])
        self._platform = self._find_platform(header["cases"])
        self._intake = Intake(self.signature.leaf_names(), _unpack_params(header["params"]), self.device)
        self._cases: dict[Case, dict[str, Any]] = {
            Case(tuple(case["static"]), tuple(map(tuple, case["shapes"]))): case for case in header["cases"]
        }
        self._calls: dict[str, Callable[..., list[Any]]] = {}

    @property
    def cases(self) -> list[Case]:
        """The sizes and shapes that the kernel was saved for."""
        return list(self._cases)

    def _find_platform(self, cases: list[dict[str, Any]]) -> str:
        import jax

        from ssair.placement import platform_of

        platform = platform_of(self.device if self.device is not None else jax.devices()[0])
        saved = list(dict.fromkeys(name for case in cases for name in case["events"]))
        if platform not in saved:
            raise UsageError(f"{self._path} was saved for {', '.join(saved)}, not for {platform}")
        return platform

    def __call__(self, *args: Any, **named: Any) -> Any:
        """Run the kernel, as `Kernel.__call__` does; ArgumentValueError for shapes that it was not saved for."""
        import jax
        import numpy as np

        flat = self.signature.flatten(self.signature.bind(args, named) if named else args)
        with jax.enable_x64(True), self._intake.placed():
            dynamic, static = self._intake.split(self._intake.arguments(flat))
            case = self._case(static, dynamic)
            dynamic = list(self._intake.put(dynamic))
            try:
                out = self._call(f"{case['name']}.{self._platform}")(*dynamic)
            except (ValueError, jax.errors.JaxRuntimeError) as error:
                refusal = self._intake.refusal(error, self._intake.join(dynamic, static))
                if refusal is None:
                    raise
                raise refusal from None
            code = out[self._results] if len(out) > self._results else np.int32(0)
            if self.checks == "raise" and np.asarray(code):
                raise self._trap(case, dynamic)
        value = self.signature.unflatten(out[: self._results])
        return (value, code) if self.checks == "return" else value

    def _case(self, static: tuple[int, ...], dynamic: Sequence[Any]) -> dict[str, Any]:
        from ssair.backends.execution import Case

        case = Case(static, tuple([tuple(arg.shape) for arg in dynamic]))
        if case not in self._cases:
            known = "; ".join(map(_described, list(self._cases)[:8]))
            raise ArgumentValueError(f"{self.name} was not saved for {_described(case)}, but for {known}")
        return self._cases[case]

    def _call(self, member: str) -> Callable[..., list[Any]]:
        """The function that a member of the file holds."""
        known = self._calls.get(member)
        if known is None:
            import jax
            import jax.export

            try:
                exported = jax.export.deserialize(bytearray(self._members[member]))
            except Exception as error:  # whatever JAX raises for what another version of it wrote
                made = f"made by JAX {self.versions['jax']}, this is {jax.__version__}"
                raise UsageError(f"{self._path} cannot be loaded ({made}): {error}") from error
            known = self._calls[member] = jax.jit(exported.call)
        return known

    def _trap(self, case: dict[str, Any], dynamic: Sequence[Any]) -> Trap:
        from ssair.backends.checks import trap_of
        from ssair.backends.trace import Event
        from ssair.semantics import DTYPES

        out = self._call(f"{case['name']}.{self._platform}.telling")(*dynamic)
        dtypes = {dtype.name: dtype for dtype in DTYPES.values()}
        events = [
            Event(site, tuple([dtypes[name] for name in names]), tuple(shape))
            for site, names, shape in case["events"][self._platform]
        ]
        return trap_of(self._module, events, [int(value) for value in out[self._results :]])

    def __getattr__(self, name: str) -> Any:
        """Raise AttributeError, and say why where a `Kernel` has the attribute."""
        from ssair.kernel import Kernel

        what = f"a saved kernel has no `{name}`"
        if not name.startswith("_") and hasattr(Kernel, name):
            what += (
                ": it is compiled for its cases, and called; compile the program, or pickle the kernel, for the rest"
            )
        raise AttributeError(what, name=name, obj=self)

    def __repr__(self) -> str:
        return f"<saved kernel {self.name}{self.signature}>"


def _unpack_params(packed: list[list[Any]]) -> list[Param]:
    params = []
    for number, (type_name, fact, static) in enumerate(packed):
        type = parse_type(type_name)
        params.append(Param(number, type, parse_fact(type, fact) if fact else top(type), static=static))
    return params


def _described(case: Case) -> str:
    sizes = [f"sizes {', '.join(map(str, case.static))}"] if case.static else []
    return " and ".join([*sizes, f"shapes {', '.join(str(list(shape)) for shape in case.shapes) or 'none'}"])
