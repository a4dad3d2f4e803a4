"""Remarks: each check of a program, whether it is still made after the passes, and why.

    for remark in ssair.compile("lower_bound.fun").remarks:
        print(remark)      # lower_bound.fun:8:10: proved[index]: `0 <= mid < len(xs)` follows from `lo < hi` (line 6)

A check that stands at several places of the optimised program (a function was inlined twice, say) is `kept` if one of
them is left, but `versioned` if all that are left are in loops of which a copy runs without it. What is kept has
advice: what to assert so that it goes too.

Nothing of this is noted while a program is compiled: the passes are deterministic, so that who asks runs them again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ssair.context import Context, Reason, Removal
from ssair.diagnostics import Diagnostic, Excerpt, Source, SourceError
from ssair.diagnostics import Span as Stretch
from ssair.ir import Function, Instr, Module, Site, Span, Value
from ssair.ops import CALL_OP
from ssair.rendering import Paint, plain
from ssair.static import static_values

if TYPE_CHECKING:
    from ssair.frontends.fun.advice import Questions
    from ssair.pipeline import Passes

#: What may become of a check, the first that holds of one of its places.
VERDICTS: Final = ("kept", "versioned", "proved", "duplicate", "unreachable")
_GONE: Final = ("proved", "duplicate", "unreachable")
#: What the passes do with checks, for those that do not say it.
_PASS_VERDICTS: Final = {"lvn": "duplicate", "gvn": "duplicate", "partition": "duplicate", "bounds": "proved"}
#: What each kind of check asks, where the source does not say it better.
_ASKS: Final = {
    "index": "that the index of dimension {} is in range",
    "divide": "that the divisor is not zero",
    "exponent": "that the exponent is not negative",
    "convert": "that the number fits the integer type",
    "assert": "the assertion",
    "empty": "that there is an element",
    "size": "that sizes agree",
}
#: The messages of size traps that speak of two sizes by name.
_TWO_SIZES: Final = re.compile(r"(.+) is \{0\}, but (.+) is \{1\}")
_ONE_SIZE: Final = re.compile(r"(.+) is \{1\}, not \{0\}")


@dataclass(frozen=True, slots=True)
class Remark:
    """What became of one check.

    `verdict` is one of `VERDICTS`, `kind` that of the trap (`ssair.ops.TRAP_KINDS`), `message` says what is checked and
    why it went or stayed. `advice` is an assertion (`assert 0 <= i < len(xs)`) that lets a kept check go, and `edit`
    the place in the source (offsets) and what is to stand there; empty and None if there is none. Lines and columns
    count from 1, and are 0 where the place is not known.
    """

    verdict: str
    kind: str
    message: str
    advice: str
    line: int
    column: int
    end_line: int
    end_column: int
    source_name: str = "<input>"
    excerpt: Excerpt | None = field(default=None, repr=False)
    edit: tuple[Stretch, str] | None = field(default=None, repr=False)

    def render(self, paint: Paint = plain, columns: int | None = None) -> str:
        """The remark with the source line that it is about; several lines, without a newline at the end.

        The source line is cut to the `columns` of a terminal, where they are given.
        """
        from ssair.rendering import render

        place = (self.line, self.column, self.end_line, self.end_column)
        help = f"`{self.advice} in` before it lets the check go" if self.advice else ""
        shown = Diagnostic(self.kind, self.message, *place, (), help, self.source_name, self.excerpt)
        return render(shown, paint, self.verdict, columns)

    def to_dict(self) -> dict[str, object]:
        """The remark as JSON data."""
        return {
            "verdict": self.verdict,
            "kind": self.kind,
            "message": self.message,
            "advice": self.advice or None,
            "file": self.source_name,
            "range": self.excerpt.range() if self.excerpt is not None else None,
            "edit": {"start": self.edit[0].start, "end": self.edit[0].end, "text": self.edit[1]} if self.edit else None,
        }

    def __str__(self) -> str:
        place = f":{self.line}:{self.column}" if self.line else ""
        return f"{self.source_name}{place}: {self.verdict}[{self.kind}]: {self.message}"


def remarks(module: Module, passes: Passes | None = None, level: int = 2) -> list[Remark]:
    """The remarks on the checks that a run from the entry of `module` may come to, in the order of the source.

    `module` is not optimised yet, and stays as it is; `passes` and `level` are those of `ssair.optimize`. Linear in the
    time that the passes take.
    """
    from ssair.pipeline import optimize

    collected = _Collected(module)
    context = Context(wants_remarks=True, removals=collected.removals, after_pass=collected.note)
    optimized = optimize(module, passes, level, context)
    versioned = _proved_in_copies(collected.removals)
    kept: dict[_Check, bool] = {}
    for site in _sites(optimized):
        check = _check_of(optimized.sites[site])
        kept[check] = kept.get(check, False) or site not in versioned
    asked_when_run = {_check_of(optimized.sites[site]) for site in _asked_when_run(optimized)}
    removed: dict[_Check, list[Removal]] = {}
    for removal in collected.removals:
        removed.setdefault(_check_of(optimized.sites[removal.site]), []).append(removal)
    writer = _Writer(module)
    checks = dict.fromkeys(_check_of(module.sites[site]) for site in _sites(module))
    found = [
        writer.remark(check, _left(check, kept), removed.get(check, []), check not in asked_when_run)
        for check in checks
    ]
    return sorted(found, key=lambda remark: (remark.line, remark.column, remark.end_line, remark.end_column))


#: A check of the source: a site, whatever calls it was inlined through.
_Check = Site


def _check_of(site: Site) -> _Check:
    return site._replace(calls=())


def _left(check: _Check, kept: dict[_Check, bool]) -> str:
    """The verdict on a check that is left, as `kept` tells whether it is everywhere; empty for one that is gone."""
    if check not in kept:
        return ""
    return "kept" if kept[check] else "versioned"


def _proved_in_copies(removals: list[Removal]) -> set[int]:
    """The sites of checks in versioned loops that have been proved afterwards. For membership only."""
    waiting: set[int] = set()
    proved: set[int] = set()
    for removal in removals:
        if removal.verdict == "versioned":
            waiting.add(removal.site)
        elif removal.site in waiting:
            proved.add(removal.site)
    return proved


def _sites(module: Module) -> list[int]:
    """The sites of all checks in the functions that the entry calls, directly or not; in order."""
    entry = module.entry()
    order, waiting = {entry.name: None}, [entry]
    found: list[int] = []
    while waiting:
        function = waiting.pop()
        for instr in function.instructions():
            if instr.op is CALL_OP and isinstance(instr.aux, str) and instr.aux not in order:
                order[instr.aux] = None
                waiting.append(module.functions[instr.aux])
        found += _sites_in(function)
    return sorted(set(found))


def _sites_in(function: Function) -> list[int]:
    return [instr.aux for instr in function.instructions() if _is_check(instr) and isinstance(instr.aux, int)]


def _is_check(instr: Instr) -> bool:
    return instr.op.traps and instr.op.refines


def _asked_when_run(module: Module) -> list[int]:
    """The sites of checks that are not decided by sizes alone, which a kernel knows when it is built."""
    return [
        instr.aux
        for function in module.functions.values()
        for static in [static_values(function)]
        for instr in function.instructions()
        if _is_check(instr) and isinstance(instr.aux, int) and not _is_decided(instr.args, static)
    ]


def _is_decided(operands: tuple[Value, ...], static: set[Value]) -> bool:
    """Whether all operands are static, or a comparison of such."""
    return all(
        value in static
        or (isinstance(value, Instr) and value.op.pure and bool(value.args) and static.issuperset(value.args))
        for value in operands
    )


class _Collected:
    """What a run of the passes removes: what they say, and for the rest what they are."""

    def __init__(self, module: Module) -> None:
        self.removals: list[Removal] = []
        self._said = 0
        self._before = {name: set(_sites_in(function)) for name, function in module.functions.items()}

    def note(self, pass_name: str, function: Function) -> None:
        """Compare what a pass has left of the checks with what was there."""
        left = set(_sites_in(function))
        gone = self._before.get(function.name, set()) - left
        said = {removal.site for removal in self.removals[self._said :]}
        verdict = _PASS_VERDICTS.get(pass_name, "unreachable")
        self.removals += [Removal(site, verdict, ()) for site in sorted(gone - said)]
        self._said = len(self.removals)
        self._before[function.name] = left


class _Writer:
    """Puts what is known of checks into words, with the texts of one source."""

    def __init__(self, module: Module) -> None:
        self._module = module
        self._source = Source(module.source, module.source_name or "<input>")
        self._questions = _questions(module)

    def remark(self, check: _Check, left: str, removals: list[Removal], is_decided: bool) -> Remark:
        """The remark on a check; `left` is its verdict if it is still made somewhere, which sizes may decide alone."""
        verdict, reason = self._verdict(left, removals)
        if verdict == "kept" and is_decided:
            reason = _DECIDED
        span = self._module.span(check.span)
        question = self._questions.question(check, span) if self._questions is not None and span is not None else None
        asks = f"`{question.condition}`" if question is not None else _asks(check)
        message = f"{asks} {reason}"
        if span is None:
            return Remark(verdict, check.kind, message, "", 0, 0, 0, 0, self._source.name)
        excerpt = self._source.excerpt(self._stretch(span)) if self._questions is not None else None
        edit = question.edit if question is not None and verdict == "kept" else None
        advice, change = (edit.statements, (edit.place, edit.text)) if edit is not None else ("", None)
        return Remark(verdict, check.kind, message, advice, *span, self._source.name, excerpt, change)

    def _verdict(self, left: str, removals: list[Removal]) -> tuple[str, str]:
        for verdict in (left,) if left else _GONE:
            for removal in removals:
                if removal.verdict == verdict:
                    return verdict, self._words(removal.reason) or _BY_VERDICT[verdict]
        verdict = left or "unreachable"
        return verdict, _BY_VERDICT[verdict]

    def _words(self, reason: Reason) -> str:
        return "".join(part if isinstance(part, str) else self._text(part) for part in reason)

    def _text(self, number: int) -> str:
        """The source text of a span, cut to a line, and where it stands."""
        span = self._module.span(number)
        if span is None:
            return "what stands before it"
        if self._questions is None:
            return f"line {span.line}"
        start, end = self._stretch(span)
        text, _, more = self._source.text[start:end].partition("\n")
        return f"`{text[:_LONGEST_TEXT]}{'…' if more or len(text) > _LONGEST_TEXT else ''}` (line {span.line})"

    def _stretch(self, span: Span) -> Stretch:
        return Stretch(self._source.offset(span.line, span.column), self._source.offset(span.end_line, span.end_column))


def _asks(check: _Check) -> str:
    """What a check asks, where the source does not say it in an expression."""
    detail = str(check.detail)
    if check.kind == "size" and (sizes := _TWO_SIZES.fullmatch(detail)) is not None:
        return f"that {sizes[1]} equals {sizes[2]}"
    if check.kind == "size" and (size := _ONE_SIZE.fullmatch(detail)) is not None:
        return f"{size[1]} as declared"
    return _ASKS[check.kind].format(check.detail or 0)


_LONGEST_TEXT: Final = 60
#: Why a check costs nothing that is kept.
_DECIDED: Final = "is decided when the kernel is built, by the sizes, and costs nothing when it runs"
_BY_VERDICT: Final = {
    "kept": "is not known to hold",
    "versioned": "is proved in the copy of a loop",
    "proved": "holds by what is known there",
    "duplicate": "is checked before",
    "unreachable": "is never asked: control does not come to it",
}


def _questions(module: Module) -> Questions | None:
    """What the checks ask in the source of a module; None if that is no Fun."""
    from ssair.frontends.fun.advice import Questions
    from ssair.frontends.fun.check import checked_program

    try:
        return Questions(checked_program(module.source, module.source_name), module.source)
    except SourceError:
        return None
