"""The exit statuses of `ssairc`."""

from __future__ import annotations

from typing import Final

DONE: Final = 0
PROGRAM_ERROR: Final = 1
"""The program is faulty."""
USAGE_ERROR: Final = 2
"""The command line is, a file that it names cannot be read or written, or a library is not installed."""
OWN_FAULT: Final = 3
"""ssair itself is."""
TRAPPED: Final = 4
"""The program ran and ended in a trap."""
INTERRUPTED: Final = 130
