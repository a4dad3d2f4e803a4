"""What the typing rules of one function work on: its names in scope, and what they have found so far.

A rule is a generator: it yields each part that has to be checked before it goes on, so that it reads like the
recursive rule while the walk (check_expressions.py) keeps its own stack.  Names come into scope between two yields,
where evaluation binds them.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping

from ssair.frontends.fun import ast
from ssair.frontends.fun.check_builtins import BuiltinRules
from ssair.frontends.fun.report import Report
from ssair.frontends.fun.scope import Scope
from ssair.frontends.fun.signature import AnnotationReader, Signature
from ssair.frontends.fun.sizes import Size
from ssair.frontends.fun.types import Type
from ssair.frontends.fun.typing_rules import TypingRules

Rule = Generator[ast.Expression, None, None]


class Checking:
    """The state of checking one function.

    `expressions` and `bindings` are all that have been typed, in order; their types may still be variables.
    """

    def __init__(self, signature: Signature, signatures: Mapping[str, Signature], report: Report) -> None:
        self.signature = signature
        self.signatures = signatures
        self.report = report
        self.rules = TypingRules(report)
        self.builtin_rules = BuiltinRules(self.rules)
        self.annotations = AnnotationReader(report)
        self.scope = Scope()
        self.expressions: list[ast.Expression] = []
        self.bindings: list[ast.Binding] = []
        self.holes: list[tuple[ast.Hole, list[ast.Binding]]] = []
        self.unknown_names: set[str] = set()

    def bind(self, binding: ast.Binding, type: Type, size: Size | None = None) -> None:
        """Declare a variable of that type; it is in scope from here on."""
        binding.type = type
        binding.size = size
        self.bindings.append(binding)
        self.scope.bind(binding)

    def bind_once(
        self, binding: ast.Binding, type: Type, seen: dict[str, ast.Binding], where: str, size: Size | None = None
    ) -> None:
        """Declare a variable that must not be one of those `seen` in the same construct; it is one of them then."""
        first = seen.setdefault(binding.name, binding)
        if first is not binding:
            message = f"`{binding.name}` is declared twice in {where}"
            self.report.add("E0203", message, binding.span, [("first declared here", first.span)])
        self.bind(binding, type, size)
