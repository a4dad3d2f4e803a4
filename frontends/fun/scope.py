"""Which binding a name means, while a function is checked.

Ensures: every step takes constant time, but for `visible`, which takes as many steps as it gives names.
"""

from __future__ import annotations

from collections.abc import Iterator

from ssair.frontends.fun.ast import Binding


class Scope:
    """The bindings in scope, innermost last.  `mark` and `leave` bracket the part of a program that sees a binding."""

    def __init__(self) -> None:
        self._bindings: list[Binding] = []
        self._by_name: dict[str, list[Binding]] = {}
        self._uses: dict[str, int] = {}

    def bind(self, binding: Binding) -> None:
        """Bring a binding into scope, where it hides others of its name, and give it a name that no other one has."""
        name = binding.name
        count = self._uses.get(name, 0)
        self._uses[name] = count + 1
        binding.unique = f"{name}.{count}" if count else name
        self._bindings.append(binding)
        self._by_name.setdefault(name, []).append(binding)

    def find(self, name: str) -> Binding | None:
        """The binding that `name` means here."""
        bindings = self._by_name.get(name)
        return bindings[-1] if bindings else None

    def mark(self) -> int:
        """The state to come back to with `leave`."""
        return len(self._bindings)

    def leave(self, mark: int) -> None:
        """Take the bindings since `mark` out of scope."""
        while len(self._bindings) > mark:
            self._by_name[self._bindings.pop().name].pop()

    def visible(self) -> Iterator[Binding]:
        """The bindings that a name can mean here, innermost first."""
        for binding in reversed(self._bindings):
            if self._by_name[binding.name][-1] is binding:
                yield binding
