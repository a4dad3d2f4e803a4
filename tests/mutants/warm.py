"""A process that is warm: the compiler is imported once, and each changed source is hunted in a fork of its own.

    python warm.py          in a copy of the source, the import path beginning with it

Reads jobs, one line of JSON each: `module` and `path` of the file that is changed, its `text`, `seed`, `seconds` of CPU
and `part`. Answers each with a line: what `hunter.hunt` gives, or `fault`. A fork forgets the changed module and all
that import it, directly or not, and imports them anew, which takes a tenth of a second where the whole takes half.
"""

from __future__ import annotations

import builtins
import importlib
import importlib.util
import json
import os
import resource
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import CodeType, ModuleType
from typing import Final

HUNTER: Final = "hunter"
#: What oracles import when they are first asked.
_LATER: Final = ("ssair.parser", "ssair.testing.plain_oracle", "ssair.frontends.fun")
#: What is imported when a job of a part first needs it, which takes longer than most hunts: kernels need JAX.
_WITH_JAX: Final = {"kernel": ("ssair.kernel",), "mapping": ("maps",)}
_MOST_MEMORY: Final = 8 << 30
_Importing = Callable[..., ModuleType]


class Imports:
    """Which module imports which, written down while `recorded` is at work."""

    def __init__(self) -> None:
        self.importers: dict[str, set[str]] = {}

    def recorded(self, names: Iterable[str]) -> None:
        """Import these, writing down what each module that is executed for it imports."""
        plain: _Importing = builtins.__import__

        def importing(
            name: str,
            globals: Mapping[str, object] | None = None,
            locals: Mapping[str, object] | None = None,
            fromlist: Sequence[str] | None = (),
            level: int = 0,
        ) -> ModuleType:
            if globals is not None and not level:
                importer = str(globals.get("__name__"))
                for imported in (name, *[f"{name}.{item}" for item in fromlist or ()]):
                    self.importers.setdefault(imported, set()).add(importer)
            return plain(name, globals, locals, fromlist, level)

        builtins.__import__ = importing
        try:
            for name in names:
                importlib.import_module(name)
        finally:
            builtins.__import__ = plain

    def affected(self, module: str) -> list[str]:
        """The module and those that have it by way of some import, as far as they are imported."""
        found, work = {module: None}, [module]
        while work:
            for importer in sorted(self.importers.get(work.pop(), ())):
                if importer not in found and importer in sys.modules:
                    found[importer] = None
                    work.append(importer)
        return list(found)


class Changed(SourceFileLoader):
    """Gives a module a text of its own."""

    def __init__(self, module: str, path: str, text: str) -> None:
        super().__init__(module, path)
        self.text = text

    def get_code(self, fullname: str) -> CodeType:
        code: CodeType = compile(self.text, self.path, "exec", dont_inherit=True)
        return code


class Finder(MetaPathFinder):
    """Finds one module, where a loader says."""

    def __init__(self, loader: Changed) -> None:
        self.loader = loader

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self.loader.name:
            return None
        return importlib.util.spec_from_file_location(fullname, self.loader.path, loader=self.loader)


def _forget(module: str) -> None:
    """Let a module be imported anew; its package has it as an attribute as well."""
    sys.modules.pop(module, None)
    package, _, name = module.rpartition(".")
    if package in sys.modules:
        vars(sys.modules[package]).pop(name, None)


def _hunted(job: dict[str, str], imports: Imports) -> dict[str, object]:
    """In the fork: put the changed module in place, and hunt."""
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    affected = imports.affected(job["module"])
    for name in affected:
        _forget(name)
    sys.meta_path.insert(0, Finder(Changed(job["module"], job["path"], job["text"])))
    hunter = importlib.import_module(HUNTER)
    found: dict[str, object] = hunter.hunt(int(job["seed"]), float(job["seconds"]), job["part"], affected)
    return found


def _answered(job: dict[str, str], imports: Imports) -> dict[str, object]:
    try:
        return _hunted(job, imports)
    except BaseException as fault:
        return {"fault": f"{type(fault).__name__}: {fault}"}


def _in_a_fork(job: dict[str, str], imports: Imports) -> str:
    """The answer to a job."""
    readable, writable = os.pipe()
    child = os.fork()
    if not child:
        os.close(readable)
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the answers are not for it to write
            os.write(writable, json.dumps(_answered(job, imports)).encode())
        finally:
            os._exit(0)
    os.close(writable)
    with os.fdopen(readable, encoding="utf-8") as answers:
        text = answers.read()
    os.waitpid(child, 0)
    return text or json.dumps({"fault": "the process ended"})


def main() -> None:
    imports = Imports()
    imports.recorded((HUNTER, *_LATER))
    for line in sys.stdin:
        job = json.loads(line)
        imports.recorded(_WITH_JAX.get(job["part"], ()))
        print(_in_a_fork(job, imports), flush=True)


if __name__ == "__main__":
    main()
