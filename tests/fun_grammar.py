"""The grammar of Fun in EBNF, made of fun.lark.

Left recursion becomes repetition, optional parts become brackets, terminals of one text stand as that text; names of
alternatives, and what is there for faulty programs only, are left out.
"""

from __future__ import annotations

import re
from pathlib import Path

_FAULTY = {"BAD_NUMBER", "BAD_STRING", "OTHER"}
_RULE = re.compile(r"^\??([a-z_]+):", re.MULTILINE)
_LITERAL = re.compile(r'^([A-Z]+): ("[^"]+")$', re.MULTILINE)

Alternative = tuple[str, ...]


def ebnf(grammar: Path) -> str:
    """The rules in their order, one a line; long ones go on in lines of their own for each alternative."""
    text = re.sub(r"^ *//[^\n]*", "", grammar.read_text(), flags=re.MULTILINE)
    literals = dict(_LITERAL.findall(text))
    rules = {name: body for name, body in _rules(text).items() if body != [("STRING",)]}
    return "\n".join(_line(name, body, literals) for name, body in rules.items()) + "\n"


def _rules(text: str) -> dict[str, list[Alternative]]:
    """The alternatives of each rule, without those that read faulty programs."""
    text = text[: re.search(r"^[A-Z]+(\.-?[0-9]+)?:", text, re.MULTILINE).start()]  # type: ignore[union-attr]
    starts = list(_RULE.finditer(text))
    rules: dict[str, list[Alternative]] = {}
    for number, start in enumerate(starts):
        end = starts[number + 1].start() if number + 1 < len(starts) else len(text)
        bodies = [re.sub(r"->\s*\w+", "", part).split() for part in text[start.end() : end].split("|")]
        rules[start[1]] = [tuple(body) for body in bodies if not _FAULTY & set(body)]
    return rules


def _line(name: str, body: list[Alternative], literals: dict[str, str]) -> str:
    parts = _parts(name, body, literals)
    line = f"{name} = {' | '.join(parts)} ;"
    if len(line) <= 110:
        return line
    return f"{name} =\n    " + "\n  | ".join(parts) + " ;"


def _parts(name: str, body: list[Alternative], literals: dict[str, str]) -> list[str]:
    repeated = [alternative[1:] for alternative in body if alternative[:1] == (name,)]
    first = [alternative for alternative in body if alternative[:1] != (name,)]
    shown = _shown([alternative for alternative in first if alternative], literals)
    if not all(first):
        assert len(shown) == 1 and not repeated
        return [f"[ {shown[0]} ]"]
    if not repeated:
        return shown
    head = shown[0] if len(shown) == 1 else f"( {' | '.join(shown)} )"
    return [f"{head} {{ {' | '.join(_shown(repeated, literals))} }}"]


def _shown(alternatives: list[Alternative], literals: dict[str, str]) -> list[str]:
    """Alternatives as text; those that differ in one place alone, an operator, are one."""
    texts = [
        ["STRING" if symbol == "string" else literals.get(symbol, symbol) for symbol in each] for each in alternatives
    ]
    columns = list(zip(*texts, strict=False))
    differing = [place for place, column in enumerate(columns) if len(set(column)) > 1]
    if len(texts) == 1 or len({len(text) for text in texts}) > 1 or len(differing) != 1 or len(columns) == 1:
        return [" ".join(text) for text in texts]
    (place,) = differing
    return [" ".join((*texts[0][:place], f"( {' | '.join(columns[place])} )", *texts[0][place + 1 :]))]
