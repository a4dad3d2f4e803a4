"""The documentation as pages: `sphinx-build -W docs build/docs` (the packages are in the extra `docs`)."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent / "_ext"), str(Path(__file__).parents[1])]

project = "ssair"
author = "the ssair authors"
copyright = author
extensions = ["myst_parser", "sphinx.ext.autodoc", "ssair_sphinx"]
exclude_patterns = ["_ext"]
html_theme = "furo"
html_title = "ssair"
html_static_path: list[str] = []
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "show-inheritance": False}
default_role = "literal"
# the texts of dumps are shown as they are where a lexer is not sure
suppress_warnings = ["misc.highlighting_failure"]
