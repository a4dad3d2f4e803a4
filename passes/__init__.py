"""The passes, one file each; imported as `ssair.passes` and under no other name.

A pass takes valid IR and leaves valid IR: `run(function, context) -> int` gives the number of changes made. What runs
when, and why in that order, stands in `ssair.pipeline`.
"""

if __name__ != "ssair.passes":
    raise ImportError("import this package as ssair.passes")
