"""`python -m ssair` is `ssairc`."""

import sys

from ssair.cli import main

if __name__ == "__main__":
    sys.exit(main())
