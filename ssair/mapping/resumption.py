"""What a chunked map into files needs to go on after an interrupt: how far it came, of what, and from what.

    record = Record([sink], identity={"program": "…", "argument scale": "…"})
    done, sums = record.begin(1)         # 0 unless an interrupted map of the same identity left its record
    record.advance(1000, sums)           # 1,000 more elements are done: saved now and then, when the files are
    record.finish()                      # nothing is left to go on with

The record is a JSON file beside the first sink's: `PATH.partial.json`. It is replaced as a whole, and only after what
it tells of is on the disk. `sums` has a checksum of the elements read of each argument, so that the ones done are known
to be the same when a map goes on: those not yet done may have been mended meanwhile.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from typing import Final, TypedDict, cast

from ssair.mapping.files import FileSink
from ssair.sources import UsageError

_VERSION: Final = 1
#: Saving waits for the disk; what is done within this time is done again after a kill.
_PAUSE_SECONDS: Final = 0.2


class Saved(TypedDict):
    """The record as JSON has it."""

    version: int
    identity: dict[str, str]
    done: int
    sums: list[int]


class Record:
    """Tells how far the sinks were filled; `identity` names what must not change in between, with a print of it."""

    def __init__(self, sinks: Sequence[FileSink], identity: Mapping[str, str]) -> None:
        assert sinks
        self._sinks = sinks
        self._path = f"{sinks[0].partial}.json"
        self._identity = dict(identity)
        self._at: tuple[int, list[int]] = (0, [])  # what is done, and its sums
        self._saved = 0.0

    @property
    def path(self) -> str:
        """The file that tells how far the map is."""
        return self._path

    def begin(self, arguments: int) -> tuple[int, list[int]]:
        """How many elements are done, with the checksums of so many `arguments`; the sinks go on behind them.

        Raises UsageError where the record is of another map.
        """
        saved = self._load()
        done, sums = (saved["done"], saved["sums"]) if saved is not None else (0, [0] * arguments)
        for sink in self._sinks:
            if not sink.begin(done):
                raise self._refused(f"tells of {done} elements, which {sink.partial} has not got")
        self._at = (done, sums)
        return self._at

    def advance(self, count: int, sums: Sequence[int]) -> None:
        """So many more elements are in the sinks."""
        self._at = (self._at[0] + count, list(sums))  # at once, whatever interrupts
        if time.monotonic() - self._saved >= _PAUSE_SECONDS:
            self.save()

    def save(self) -> None:
        """Put the sinks, and then the record, on the disk."""
        for sink in self._sinks:
            sink.save()
        done, sums = self._at
        saved = Saved(version=_VERSION, identity=self._identity, done=done, sums=sums)
        fresh = f"{self._path}.new"
        with open(fresh, "w", encoding="utf-8") as file:
            json.dump(saved, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, self._path)
        self._saved = time.monotonic()

    def finish(self) -> None:
        """Remove the record: all elements are in the sinks, which may take their names now."""
        if os.path.exists(self._path):
            os.remove(self._path)

    def _load(self) -> Saved | None:
        try:
            with open(self._path, encoding="utf-8") as file:
                found = json.load(file)
        except FileNotFoundError:
            return None
        except ValueError:
            raise self._refused("cannot be read") from None
        if not isinstance(found, dict) or found.get("version") != _VERSION:
            raise self._refused("was written by another version")
        saved = cast(Saved, found)
        for name in dict.fromkeys([*self._identity, *saved["identity"]]):
            if saved["identity"].get(name) != self._identity.get(name):
                raise self._refused(f"is of another map: the {name} differs")
        return saved

    def _refused(self, why: str) -> UsageError:
        return UsageError(f"{self._path} {why}; delete it to start over")
