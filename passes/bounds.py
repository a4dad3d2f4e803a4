"""Checks proved by inequalities: what no interval tells, but the values' relations to each other do.

    while lo < hi                         lo <= hi - 1
      mid = lo + (hi - lo) // 2           so lo <= mid <= hi - 1 <= n - 1: the check of xs[mid] is gone

Requires: valid IR without crumbs; it proves most where `simplify`, `gvn` and `sccp` have been. Ensures: valid IR of
the same meaning, without the checks that `bounds_search` proves, and with constants for the comparisons that it
decides. A proved check leaves what it taught as a `proved` or a `narrow`, and a `refine` that nothing justifies any
more becomes a `proved`. The control flow stays; constant branches are for `clean_cfg`.

Every answer is true of the program as it was, checks and all: what a later iteration rests on (that the check has
passed before) is as true once the check is gone, because it never failed. So any of the proofs may be used.

Complexity: a bounded number of steps a question, and a bounded number for all, which grows with the instructions.
Source: ABCD (Bodik, Gupta & Sarkar, 2000).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ssair.context import Context, Reason
from ssair.dominators import dominator_tree
from ssair.facts import ANY_BOOL, FALSE, TRUE, IntFact, int_fact
from ssair.ir import Block, Function, Instr, Value
from ssair.ops import COMPARISONS, CONST, NARROW, OPS, PROVED, Op, negated
from ssair.passes.bounds_forms import Form, Forms, difference
from ssair.passes.bounds_relations import Place, Relations, Teacher, inequalities
from ssair.passes.bounds_search import MOST_STEPS, Prover
from ssair.passes.check_reasons import by_facts, by_inequalities
from ssair.passes.copyprop import forward_uses
from ssair.passes.justification import justify_refinements
from ssair.passes.origins import Origins
from ssair.refinement import Relation
from ssair.types import I64, is_integer, rank
from ssair.verifier_relations import stated_by_check

NAME = "bounds"

#: How many steps all questions of a kind about a function may take: these, and one for every so many instructions.
#: Most comparisons can go either way, and are asked about because it costs little: in programs of any size they take
#: ten times as long as the checks if they may. Those that an assertion asks for count with the checks.
_CHECK_STEPS: Final = 4096
_INSTRUCTIONS_A_CHECK_STEP: Final = 8
_COMPARISON_STEPS: Final = 128
_INSTRUCTIONS_A_COMPARISON_STEP: Final = 128
#: The share of what is left that one question may take, so that many that fail cost less and less; never fewer.
_SHARE: Final = 16
_FEW_STEPS: Final = 16
_MOST_STEPS_A_COMPARISON: Final = 16
_CHECK: Final = OPS["check"]
_CONNECTIVES: Final = frozenset(OPS[name] for name in ("and", "or", "not"))
_CHECK_NONZERO: Final = OPS["check_nonzero"]


def run(function: Function, context: Context) -> int:
    """Prove what can be proved; gives the number of checks and comparisons that went."""
    questions = questions_of(function)
    return Proofs(function, context).run(questions) if questions else 0


def questions_of(function: Function) -> list[tuple[Instr, Place]]:
    """The checks of scalars, and their comparisons of which no fact says the answer; what dominates comes first."""
    found = []
    for block in dominator_tree(function).preorder:
        for position, instr in enumerate(block.instrs):
            if instr.op in _COMPARISONS:
                if instr.fact is ANY_BOOL and is_integer(instr.args[0].type):
                    found.append((instr, Place(block, position)))
            elif instr.op.traps and instr.op in _QUESTIONS and not rank(instr.type):
                found.append((instr, Place(block, position)))
    return found


def _asserted(questions: list[tuple[Instr, Place]], origins: Origins) -> set[Value]:
    """The conditions that assertions are made of; for membership only."""
    found: set[Value] = set()
    work = [instr.args[0] for instr, _ in questions if instr.op is _CHECK]
    while work:
        condition = origins[work.pop()]
        if condition not in found:
            found.add(condition)
            if isinstance(condition, Instr) and condition.op in _CONNECTIVES:
                work += condition.args
    return found


class _Allowance:
    """The steps that the questions of one kind may still take."""

    def __init__(self, left: int, most: int) -> None:
        """All may take `left` steps together, each `most`."""
        self.left = left
        self.most = most

    def of_one(self) -> int:
        """How many steps the next question may take."""
        return min(self.most, self.left, max(self.left // _SHARE, _FEW_STEPS))


class Proofs:
    """Questions about one function, which share what they may cost, and what is made of the answers."""

    def __init__(self, function: Function, context: Context) -> None:
        self.function = function
        self.context = context
        self.tree = dominator_tree(function)
        self.forms = Forms(function, Origins())
        self.prover = Prover(function, self.tree, self.forms, Relations(function, self.tree, self.forms))
        self.changes = 0
        #: The comparisons that have been decided, with their answers. They stay what branches teach by to the end.
        self.decided: list[tuple[Instr, bool]] = []
        #: What proved checks and decided comparisons have stated.
        self.unsaid: list[Relation] = []
        #: What the proofs about the check under way rest on.
        self.teachers: list[Teacher] = []
        self.by_induction = False
        size = sum(len(block.instrs) for block in self.tree.preorder)
        self.for_checks = _Allowance(_CHECK_STEPS + size // _INSTRUCTIONS_A_CHECK_STEP, MOST_STEPS)
        self._asserted: set[Value] = set()
        self.for_comparisons = _Allowance(
            _COMPARISON_STEPS + size // _INSTRUCTIONS_A_COMPARISON_STEP, _MOST_STEPS_A_COMPARISON
        )
        #: What the question under way is paid from.
        self.allowance = self.for_checks

    def run(self, questions: list[tuple[Instr, Place]]) -> int:
        """Ask about every check and comparison."""
        self._asserted = _asserted(questions, self.forms.origins)
        found: dict[Block, list[tuple[int, Instr]]] = {}
        for instr, place in questions:
            if self.answer(instr, place):
                found.setdefault(place.block, []).append((place.position, instr))
        for comparison, truth in self.decided:
            comparison.op, comparison.args, comparison.aux = CONST, (), truth
        for block, answered in found.items():
            self.rewrite(block, answered)
        if self.changes:
            forward_uses(self.function)
            justify_refinements(self.function, self.unsaid)
        return self.changes

    # ---- questions --------------------------------------------------------------------------------------------------

    def answer(self, instr: Instr, place: Place) -> bool:
        """Whether a check cannot fail, or a comparison has one answer; of that, the fact says so at once."""
        if instr.op in _COMPARISONS:
            self.allowance = self.for_checks if instr in self._asserted else self.for_comparisons
            if self.allowance.left > 0:
                self.decide(instr, place)
            return False
        if not self.cannot_fail(instr, place) or not self.take(instr, "proved"):
            return False
        self.unsaid += stated_by_check(instr, self.forms.origins.__getitem__)
        reason = by_facts if instr.op is _CHECK else self.reason
        self.context.explain_removal(instr, "proved", lambda: reason(instr))
        if instr.op is _CHECK_NONZERO:
            self.sharpen(instr, place)
        return True

    def cannot_fail(self, check: Instr, place: Place) -> bool:
        """Whether a check is proved; `teachers` then hold what that rests on."""
        self.allowance = self.for_checks
        self.teachers, self.by_induction = [], False
        return _QUESTIONS[check.op](self, check, place)

    def sharpen(self, check: Instr, place: Place) -> None:
        """Let the fact of a proved divisor say that it is positive, if it is, for what is computed with it."""
        assert isinstance(check.fact, IntFact)
        if check.fact.lo < 1 and self.holds("gt", check.args[0], 0, place):
            check.fact = check.fact & int_fact(1, check.fact.hi)

    def reason(self, check: Instr) -> Reason:
        """Why a check that has just been proved cannot fail."""
        return by_inequalities([teacher for teacher in self.teachers if teacher is not check], self.by_induction)

    def decide(self, comparison: Instr, place: Place) -> None:
        """Let the fact of a comparison be its answer, if there is just one."""
        left, right = comparison.args
        for predicate, truth in ((comparison.op.name, True), (negated(comparison.op.name, I64), False)):
            if self.holds(predicate, left, right, place) and self.take(comparison, "decided"):
                comparison.fact = TRUE if truth else FALSE
                self.decided.append((comparison, truth))
                self.unsaid.append(Relation(left, predicate, right))
                return

    def holds(self, predicate: str, left: Value, right: Value | int, place: Place) -> bool:
        """Whether `left PREDICATE right` holds of integers at a place."""
        other = self.forms.of(right) if isinstance(right, Value) else Form((), right)
        value = self.forms.of(left)
        if predicate == "ne":
            apart = difference(value, other)
            said = self.prover.relations.are_apart(place, apart.terms, -apart.constant)
            if said is not None:
                self.teachers.append(said.teacher)
                return True
            return any(self.all_hold(inequalities(way, value, other), place) for way in ("lt", "gt"))
        return self.all_hold(inequalities(predicate, value, other), place)

    def all_hold(self, forms: list[Form], place: Place) -> bool:
        """Whether all forms are at most zero at a place."""
        return all(self.proves(form, place) for form in forms)

    def proves(self, form: Form, place: Place) -> bool:
        """Ask the prover, within what the function may cost."""
        allowed = self.allowance.of_one()
        if allowed <= 0:
            return False
        proved = self.prover.proves(form, place, allowed)
        self.allowance.left -= max(allowed - self.prover.steps, 1)  # what takes no step takes its time too
        if proved:
            self.teachers += self.prover.used
            self.by_induction = self.by_induction or self.prover.by_induction
        return proved

    def take(self, value: Value, what: str) -> bool:
        """Whether one more rewrite may be made; counts it."""
        if not self.context.fuel.take(NAME, value):
            return False
        self.changes += 1
        self.context.count(f"{NAME}.{what}")
        return True

    # ---- what is put in the place of checks -------------------------------------------------------------------------

    def rewrite(self, block: Block, proved: list[tuple[int, Instr]]) -> None:
        """Let proved checks be what they taught."""
        instrs: list[Instr] = []
        begin = 0
        for position, check in proved:
            instrs += block.instrs[begin:position]
            begin = position + 1
            predicate = _RELATIONS.get(check.op.name)
            if predicate is not None:
                promise = self.function.new_instr(PROVED, check.args, aux=predicate, span=check.span)
                promise.block = block
                instrs.append(promise)
                check.args = (promise,)
            source = check.args[0]
            if source.fact <= check.fact:
                check.make_equal_to(source)
            else:
                check.op, check.args, check.aux = NARROW, (source,), None
                check.fact = check.fact & source.fact
                instrs.append(check)
        block.instrs = instrs + block.instrs[begin:]


# ---- what checks ask ------------------------------------------------------------------------------------------------


def _is_index(proofs: Proofs, check: Instr, place: Place) -> bool:
    index, length = check.args
    return proofs.holds("lt", index, length, place) and proofs.holds("ge", index, 0, place)


def _is_nonzero(proofs: Proofs, check: Instr, place: Place) -> bool:
    return proofs.holds("ne", check.args[0], 0, place)


def _is_not_negative(proofs: Proofs, check: Instr, place: Place) -> bool:
    return proofs.holds("ge", check.args[0], 0, place)


def _is_positive(proofs: Proofs, check: Instr, place: Place) -> bool:
    return proofs.holds("ge", check.args[0], 1, place)


def _are_equal(proofs: Proofs, check: Instr, place: Place) -> bool:
    return proofs.holds("eq", check.args[0], check.args[1], place)


def _is_at_least(proofs: Proofs, check: Instr, place: Place) -> bool:
    return proofs.holds("ge", check.args[0], check.args[1], place)


def _is_true(proofs: Proofs, check: Instr, place: Place) -> bool:
    """Whether every part of a condition holds; comparisons that do are constants by now."""
    return check.args[0].fact == TRUE


def _never(proofs: Proofs, check: Instr, place: Place) -> bool:
    return False


_COMPARISONS: Final = frozenset(COMPARISONS.values())
_QUESTIONS: Final[dict[Op, Callable[[Proofs, Instr, Place], bool]]] = {
    OPS["check_index"]: _is_index,
    OPS["check_nonzero"]: _is_nonzero,
    OPS["check_exponent"]: _is_not_negative,
    OPS["check_nonempty"]: _is_positive,
    OPS["check_equal"]: _are_equal,
    OPS["check_at_least"]: _is_at_least,
    OPS["check"]: _is_true,
    OPS["check_convert_i32"]: _never,
    OPS["check_convert_i64"]: _never,
}
#: The relation that each check leaves when it goes.
_RELATIONS: Final = {"check_index": "lt", "check_equal": "eq", "check_at_least": "ge"}
