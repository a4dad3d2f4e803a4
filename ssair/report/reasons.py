"""Why a value is no longer there after a pass, in words."""

from __future__ import annotations

from typing import Final, NamedTuple

from ssair.context import Reason, Removal
from ssair.ir import Instr, Value
from ssair.printer import format_constant


class Departure(NamedTuple):
    """Why a value went: words, the id of what stands for it now (None for nothing), and what the pass said itself."""

    because: str
    leader: int | None = None
    reason: Reason = ()


#: What a pass replaces values for; `{}` is what stands for them.
_REPLACED: Final = {
    "lvn": "computes the same as {}, which stands before it in its block",
    "gvn": "computes the same as {}, which dominates it",
    "partition": "is equal to {} wherever both are defined, and that dominates it",
    "copyprop": "is a copy of {}",
    "simplify": "is {}, by an identity or by what is known of its operands",
    "sccp": "is {}, by what is known of it on all ways that can be taken",
    "bounds": "is a check that cannot fail: its operand {} stands for it",
    "memory": "loads what {} is known to be",
    "clean_cfg": "gets {} over every edge",
    "inline": "is {} where the call was made",
    "motion": "is computed once, as {}",
    "reassociate": "is the same sum or product as {}",
    "refine": "is {}, of which no less is known",
    "drop_refinements": "was {} with more known of it, which nothing asks for any more",
    "if_convert": "is {} whichever way is taken",
}
#: What a pass removes values for that nothing stands for.
_REMOVED: Final = {
    "dce": "nothing needs it",
    "memory": "is not read any more",
    "motion": "went where it is needed",
    "inline": "is replaced by the body of what it calls",
    "clean_cfg": "is not needed where control goes now",
    "drop_refinements": "became a variant of an operation, or is not needed by one",
}


def why_gone(
    pass_name: str, value: Value, block_stays: bool, removal: Removal | None = None, rule: str | None = None
) -> Departure:
    """Why `value`, which was there before a pass, is not there after it.

    `removal` is what the pass said of a check, `rule` the rule that rewrote the value last, if one did.
    """
    reason = removal.reason if removal is not None else ()
    if value.forward is None:
        if not block_stays and pass_name in ("clean_cfg", "sccp"):
            return Departure(f"went with {value.block}, to which control never comes", None, reason)
        return Departure(_REMOVED.get(pass_name, "nothing needs it"), None, reason)
    leader = value.find()
    return Departure(_replaced(pass_name, leader, rule, bool(reason)), leader.id, reason)


def _replaced(pass_name: str, leader: Value, rule: str | None, is_explained: bool) -> str:
    """What `leader` is to the value that it stands for."""
    if is_explained:
        return f"{leader} stands for it"
    if rule is not None:
        return f"is {leader} by the rule {rule}"
    if isinstance(leader, Instr) and leader.is_constant:
        return f"is the constant {format_constant(leader.aux)}, {leader}"
    return _REPLACED.get(pass_name, "is replaced by {}").format(leader)
