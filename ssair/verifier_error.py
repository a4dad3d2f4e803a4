"""What the verifier raises."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ssair.ir import Block, Function, Value


class VerifierError(Exception):
    """A function that breaks a rule of the IR: the fault of who built or changed it, not of the program's author.

    `rule` is the name of the rule in the docstring of `ssair.verifier`; `function`, `block` and `value` say where, as
    far as that is known. A copy, by `copy` or `pickle`, says the same without holding the IR.
    """

    def __init__(
        self,
        rule: str,
        message: str,
        function: Function | None = None,
        block: Block | None = None,
        value: Value | None = None,
    ) -> None:
        self.rule = rule
        self.message = message
        self.function = function
        self.block = block
        self.value = value
        places = [f"@{function.name}"] if function is not None else []
        places += [str(place) for place in (block, value) if place is not None]
        super().__init__(f"{' '.join(places)}{': ' if places else ''}{message} [{rule}]")

    def __reduce__(self) -> tuple[object, ...]:
        return _without_ir, (self.rule, self.message, str(self))


def _without_ir(rule: str, message: str, text: str) -> VerifierError:
    error = VerifierError(rule, message)
    error.args = (text,)
    return error
