"""What a call may do besides giving its result, as far as is known of the function that it calls."""

from __future__ import annotations

from typing import Final, NamedTuple


class CallEffects(NamedTuple):
    """What may happen in a call; all that is not ruled out is true."""

    traps: bool = False
    prints: bool = False
    reads: bool = False
    writes: bool = False
    #: Whether it is not proved that the call ends.
    lasts: bool = False
    #: Whether it goes round loops, or over arrays, so that it may take long.
    loops: bool = False

    @property
    def removable(self) -> bool:
        """Whether nobody can tell that the call was not made, if its result is not used."""
        return not (self.traps or self.prints or self.writes or self.lasts)

    @property
    def repeatable(self) -> bool:
        """Whether a second call with the same arguments, behind the first, gives the same and does no more."""
        return not (self.prints or self.reads or self.writes)

    @property
    def movable(self) -> bool:
        """Whether the call is as good as an operation: it may be made elsewhere, more often, or not at all."""
        return self.removable and self.repeatable

    def __or__(self, other: CallEffects) -> CallEffects:
        """What one or the other may do."""
        return CallEffects(*[mine or theirs for mine, theirs in zip(self, other, strict=True)])


#: Of a function that nobody has looked at.
ANYTHING: Final = CallEffects(True, True, True, True, True, True)
