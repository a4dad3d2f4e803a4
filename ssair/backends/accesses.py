"""Reads and writes of single elements in loops, through the stores that are kept (`ssair.backends.stores`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from ssair.backends.stores import Stored
from ssair.backends.structure import Structure
from ssair.ir import Block, Instr, Terminator
from ssair.ops import CALL_OP, DIM, FORALL, INDEX, UPDATE
from ssair.types import ArrayType

if TYPE_CHECKING:
    from ssair.backends.regions import Emitter

#: So many uses of a read are followed.
_FOLLOWED: Final = 32


def emit_access(emitter: Emitter, instr: Instr) -> bool:
    """Emit an `index` or `update` of one element in the body of a loop; False if it is to be emitted as it stands."""
    stores = emitter.trace.stores
    array = emitter.kept_operand(instr.args[0])
    if (stores.opaque is None and not isinstance(array, Stored)) or 0 in array.shape:
        return False
    if instr.op is INDEX:
        if isinstance(instr.type, ArrayType):
            return False
        indices = [emitter.operand(arg) for arg in instr.args[1:]]
        emitter.values[instr] = stores.read(array, indices, not feeds_its_store(emitter, instr))
        return True
    if isinstance(instr.args[1].type, ArrayType) or (id(array) not in stores.mutable and not isinstance(array, Stored)):
        return False
    indices = [emitter.operand(arg) for arg in instr.args[2:]]
    emitter.values[instr] = stores.keep(array, emitter.operand(instr.args[1]), indices)
    return True


def reads_elements_only(blocks: Sequence[Block], structure: Structure) -> bool:
    """Whether blocks without loops and calls make no array but by storing elements, and use none but by element."""
    return all(
        block.end.op is not FORALL
        and block not in structure.loops
        and all(instr.op is not CALL_OP and (instr.op.refines or _is_by_element(instr)) for instr in block.instrs)
        for block in blocks
    )


def _is_by_element(instr: Instr) -> bool:
    if instr.op in (INDEX, DIM):
        return not isinstance(instr.type, ArrayType)
    arrays = instr.args[1:] if instr.op is UPDATE else (*instr.args, instr)
    return not any(isinstance(value.type, ArrayType) for value in arrays)


def feeds_its_store(emitter: Emitter, read: Instr) -> bool:
    """Whether all that is made of a read goes into one store to the same array, in the same block.

    Such a read is an ancestor of the store and has no later user.
    """
    work, seen = [read], {read}
    while work:
        for user in emitter.users.get(work.pop(), ()):
            if isinstance(user, Terminator) or user.block is not read.block or len(seen) > _FOLLOWED:
                return False
            if user.op is UPDATE:
                if user.args[0] is not read.args[0]:
                    return False
            elif not user.op.pure or isinstance(user.type, ArrayType):
                return False
            elif user not in seen:
                seen.add(user)
                work.append(user)
    return True
