"""Source languages of ssair.  The one import name of this package is ``ssair.frontends``."""

if __name__ != "ssair.frontends":
    raise ImportError(f"import this package as ssair.frontends, not as {__name__}")
