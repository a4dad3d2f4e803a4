"""Results in an `.npy` file, of which it need not be known how many there will be.

While there are elements to come, they are in `PATH.partial`, an `.npy` file itself; only the whole takes the place of
what may be at PATH. `PATH.partial` is locked, so that no other process writes there at the same time.

Written at the end alone; memory is that of the system's file cache.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import IO, Any

import numpy as np

from ssair.mapping.feeds import Array, Shape
from ssair.sources import UsageError

if sys.platform != "win32":
    import fcntl


class FileSink:
    """Appends to `PATH.partial`, and gives it the name PATH in the end."""

    def __init__(self, path: str, dtype: np.dtype[Any], shape: Shape) -> None:
        if os.path.isdir(path) or not os.path.basename(path):
            raise UsageError(f"out: {path!r} is no name of a file")
        self.path = path
        self.partial = f"{path}.partial"
        self._dtype = dtype
        self._shape = shape
        self._header = len(header(dtype, (0, *shape)))
        self._element_bytes = dtype.itemsize * int(np.prod(shape, dtype=np.int64))
        self._begun = False
        self._written = 0
        self._file: IO[bytes] = _opened(self.partial)

    def begin(self, done: int) -> bool:
        """Keep the first `done` elements of what `PATH.partial` has, and go on behind them; False if it has fewer."""
        end = self._header + done * self._element_bytes
        if done and self._file.seek(0, os.SEEK_END) < end:
            return False
        self._file.truncate(end if done else 0)
        self._begun, self._written = True, done
        self._write_header()
        self._file.seek(end)
        return True

    def write(self, values: Array) -> None:
        """Append the next elements."""
        self._file.write(np.ascontiguousarray(values).reshape(-1).view(np.uint8).data)
        self._written += len(values)

    def save(self) -> None:
        """See to it that what was written is on the disk, and that the header tells of it."""
        self._write_header()
        self._file.seek(0, os.SEEK_END)
        self._file.flush()
        os.fsync(self._file.fileno())

    def finish(self) -> Array:
        """The file's array, to be read: mapped into memory, unless it is empty, which cannot be."""
        self.save()
        if sys.platform == "win32":
            self._file.close()  # what is open keeps its name there
        os.replace(self.partial, self.path)
        self._file.close()
        empty = self._written * self._element_bytes == 0
        array: Array = np.load(self.path, mmap_mode=None if empty else "r")
        return array

    def close(self) -> None:
        """Close the file and with that unlock it; without a single element there is nothing to keep."""
        if not self._file.closed and self._begun and self._written == 0:
            os.remove(self.partial)
        self._file.close()

    def _write_header(self) -> None:
        self._file.seek(0)
        self._file.write(header(self._dtype, (self._written, *self._shape)))


def header(dtype: np.dtype[Any], shape: Shape) -> bytes:
    """The first bytes of an `.npy` file; NumPy leaves room, so that their number does not depend on the first axis."""
    text = io.BytesIO()
    described = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(text, described)
    return text.getvalue()


def _opened(path: str) -> IO[bytes]:
    """The file at `path`, made where there is none, for this process alone; UsageError if another one has it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
    file = os.fdopen(descriptor, "r+b")
    if sys.platform != "win32":
        try:
            _lock(file)
            if not os.path.samestat(os.fstat(descriptor), os.stat(path)):
                raise BlockingIOError  # it was finished, and has another name now
        except (BlockingIOError, FileNotFoundError):
            file.close()
            raise UsageError(f"{path} is being written by another map") from None
    return file


if sys.platform != "win32":

    def _lock(file: IO[bytes]) -> None:
        """Lock a file, where its file system has locks; BlockingIOError if it is locked."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS):
                raise
