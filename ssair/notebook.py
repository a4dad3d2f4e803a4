"""Kernels as notebooks show them: a line with the signature, what became of the checks, and the program to unfold.

The HTML stands alone: no script, no style sheet, no colours of its own, so that it fits light and dark pages.
"""

from __future__ import annotations

from collections import Counter
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ssair.kernel import Kernel
    from ssair.remarks import Remark


def kernel_html(kernel: Kernel) -> str:
    """A kernel as HTML."""
    name = kernel.module.entry().name
    remarks = kernel.remarks
    parts = [f"<code><b>{escape(name)}</b>{escape(str(kernel.signature))}</code>", _summary(kernel, remarks)]
    kept = [remark for remark in remarks if remark.verdict == "kept"]
    if kept:
        parts.append(_details(f"{len(kept)} kept", "\n\n".join(remark.render() for remark in kept)))
    if kernel.source.source:
        parts.append(_details("source", kernel.source.source))
    parts.append(_details("optimised", kernel.ir()))
    return f"<div>{''.join(f'<div>{part}</div>' for part in parts)}</div>"


def _summary(kernel: Kernel, remarks: list[Remark]) -> str:
    """How many checks there are, and what became of them."""
    counts = Counter(remark.verdict for remark in remarks)
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items()) or "none"
    return escape(f"checks={kernel.checks!r}, floats={kernel.floats!r}; checks: {told}")


def _details(summary: str, text: str) -> str:
    return f"<details><summary>{escape(summary)}</summary><pre>{escape(text.rstrip())}</pre></details>"
