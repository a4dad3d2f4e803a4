"""Simplification: folding, algebraic identities, proved checks, from tables of rules; canonical operand order.

One sweep in reverse postorder, so that what is learned of a value reaches its users behind it in the same run. Facts
that became better are computed anew for their users on the way (loops get one step of it, not a fixed point).

Requires: valid IR without crumbs. Ensures: valid IR of the same meaning, in which
- an instruction or block parameter that can have one value only is a constant;
- a known operand of a commutative operation or a comparison stands second;
- no rule of `rules`, `array_rules`, `check_rules` holds for an instruction, but for what only the next run sees.
Where what is put in place of a value knows less than it, the value becomes a `narrow` of that. A comparison on which a
branch depends states the same relations afterwards, or ones that its operands' facts imply: refinements stay justified.
Complexity: linear; at most `MOST_REWRITES` rewrites an instruction.
"""

from __future__ import annotations

from typing import Final

from ssair.cfg import Incoming, comprehension_of, has_comprehensions, incoming_edges, reverse_postorder
from ssair.context import Context
from ssair.facts import Fact, top
from ssair.ir import Block, Edge, Function, Instr, Terminator, Value
from ssair.ops import BRANCH, COMPARISONS, CONST, NARROW, OPS, REFINE, SWAPPED, YIELD
from ssair.passes.check_reasons import explain_proved
from ssair.passes.check_rules import PROOFS
from ssair.passes.copyprop import finish_forwarding, forward_operands
from ssair.passes.known_relations import KnownRelations
from ssair.passes.patterns import Literal, Operation, Variable
from ssair.passes.replacement import Constant, NewOperation, Replacement
from ssair.passes.rewriting import Rewriting, fold_scalars
from ssair.passes.rule_table import RULE_TABLE, Case, CompiledRule, known_scalar
from ssair.passes.weaken_facts import below
from ssair.types import BOOL, ArrayType

NAME: Final = "simplify"
#: No rule undoes another, so that few follow one another; this guards against a table that breaks that.
MOST_REWRITES: Final = 16

_NOT: Final = OPS["not"]
_COMPARISON_OPS: Final = frozenset(COMPARISONS.values())


def run(function: Function, context: Context) -> int:
    """Simplify every reachable instruction; gives the number of rewrites."""
    sweep = Sweep(function, context, NAME)
    for block in reverse_postorder(function):
        sweep.visit(block)
    sweep.turn_negated_branches()
    if sweep.replaced:
        finish_forwarding(function)
    sweep.finish()
    return sweep.changes


class Sweep(Rewriting):
    """One sweep over a function: which rule is applied to what."""

    def __init__(self, function: Function, context: Context, pass_name: str) -> None:
        super().__init__(function, context, pass_name)
        self.incoming = incoming_edges(function)
        order = reverse_postorder(function)
        #: The blocks that are reached, where some are not.
        self.reached = set(order) if len(order) < len(function.blocks) else None
        self.yielded: dict[Block | None, tuple[Value, ...]] = {}
        if has_comprehensions(function):
            region = comprehension_of(function)
            self.yielded = {region[block]: block.end.args for block in order if block.end.op is YIELD}
        #: The instruction that was rewritten last, and how often.
        self.under_way: Instr | None = None
        self.times = 0
        self.relations = KnownRelations(function, self.origin)

    def finish(self) -> None:
        """Count what has been done, and let go of what was found out."""
        for what, times in self.done.items():
            self.context.count(f"{self.pass_name}.{what}", times)
        del self.relations  # they hold each other, and while a pipeline runs nobody collects what does

    # ---- blocks ---------------------------------------------------------------------------------------------------

    def visit(self, block: Block) -> None:
        """Simplify a block whose dominators are done."""
        kept = self.visit_params(block)
        for instr in block.instrs:
            for value in instr.args:
                if value.forward is not None:
                    forward_operands(instr)
                    self.renew(instr)
                    break
            while self.rewrite(instr):
                if self.new:
                    kept += self.taken()
                if instr.forward is not None:
                    break
            else:
                kept.append(instr)
        block.instrs = kept

    def visit_params(self, block: Block) -> list[Instr]:
        """Let the facts of the parameters be no more than what arrives; fold those that can have one value only.

        Gives what is to stand at the head of the block.
        """
        if block.params and block is not self.function.entry:
            self.improve_params(block)
        for param in block.params:
            if param.forward is None:
                self.settle(param)
        return self.taken()

    def improve_params(self, block: Block) -> None:
        """Let the facts of the parameters that stay be no more than what arrives; fold what can have one value only."""
        incoming = self.incoming[block]
        if self.reached is not None:
            incoming = [entry for entry in incoming if entry.source in self.reached]
        bound = incoming[0].source.end.op.binds
        edges = [entry.source.end.edges[entry.index] for entry in incoming]
        for index, param in enumerate(block.params):
            if param.forward is not None:
                continue
            arriving = self.bound_fact(incoming[0], index) if bound else _arriving(edges, index)
            if arriving is not None:
                self.improve(param, arriving)
            known = known_scalar(param)
            if known is not None and not bound and self.take(param, "folded"):
                param.make_equal_to(self.new_constant(block, param.type, known))
                self.replaced = True

    def bound_fact(self, entry: Incoming, index: int) -> Fact | None:
        """What is sure of a parameter that a comprehension binds; None if nothing ever arrives."""
        if entry.index == 0:
            return below(entry.source.end.args[index].find().fact)
        return self.yielded[entry.source][index].find().fact if entry.source in self.yielded else None

    def turn_negated_branches(self) -> None:
        """Branch on what a `not` negates, the other way round. After the sweep, which goes by the places of edges."""
        for block in reverse_postorder(self.function):
            end = block.end
            condition = self.origin(end.args[0]) if end.op is BRANCH else None
            if not isinstance(condition, Instr) or condition.op is not _NOT or self.is_refined_in(condition, end.edges):
                continue
            if self.take(condition, "rewritten"):
                args = (condition.args[0].find(),)
                block.set_terminator(Terminator(BRANCH, args, (end.edges[1], end.edges[0]), (), end.span))

    def is_refined_in(self, condition: Value, edges: tuple[Edge, ...]) -> bool:
        """Whether an arm refines `condition` itself, which the negated branch would say nothing of."""
        return any(
            instr.op is REFINE and self.origin(instr) is condition for edge in edges for instr in edge.target.instrs
        )

    def are_apart(self, case: Case, left: Value, right: Value) -> bool:
        """Whether nothing of what `case` asks for is so of its two operands."""
        origins = self.origins
        if case.asks_below:
            first, second = origins[left.id], origins[right.id]
            for user, used in ((first, second), (second, first)):
                if isinstance(user, Instr):
                    for value in user.args:
                        if origins[value.id] is used:
                            return False
        if case.asks_facts and not (left.fact is right.fact is top(left.type)):
            return False
        return not case.asks_relations or not self.relations.speak_of(self.origin(left), self.origin(right))

    # ---- instructions ---------------------------------------------------------------------------------------------

    def rewrite(self, instr: Instr) -> bool:
        """Apply the first rule that holds; whether the instruction computes something else now, or is replaced.

        To be asked again until it is neither. Requires that its operands are done and carry no crumbs; new
        instructions are put into `new`.
        """
        op, args = instr.op, instr.args
        if len(args) == 2 and op.pure:  # most have two operands and stay as they are, as one look-up tells
            left, right = args
            if instr.fact.constant is None and self.improved.isdisjoint(args):
                kinds, origins = self.kinds, self.origins
                first, second = left.id, right.id
                same = origins[first] is origins[second]
                case = RULE_TABLE.cases[op, same, kinds[first], kinds[second]]
                if case.known_first and self.put_known_second(instr):
                    left, right = right, left
                    op = instr.op
                    case = RULE_TABLE.cases[op, same, kinds[second], kinds[first]]
                if case.settled_if_apart and self.are_apart(case, left, right):
                    kinds[instr.id] = op
                    origins[instr.id] = instr
                    return False
                if self.may_rewrite(instr) and (self.apply(instr, case) or instr.forward is not None):
                    return True
                self.settle(instr)
                return False
        elif op is CONST:
            self.origins[instr.id], self.kinds[instr.id] = instr, RULE_TABLE.kind(instr, instr)
            return False
        elif not (op.pure or op.refines):  # no rule speaks of what has effects
            self.settle(instr)
            return False
        if self.may_rewrite(instr):
            self.update(instr)
            if self.rewrite_refinement(instr) if op.refines else self.rewrite_pure(instr):
                return True
            if instr.forward is not None:
                return True
        self.settle(instr)
        return False

    def may_rewrite(self, instr: Instr) -> bool:
        """Whether an instruction has not been rewritten too often."""
        if instr is not self.under_way:
            self.under_way, self.times = instr, 0
        self.times += 1
        return self.times <= MOST_REWRITES

    def renew(self, instr: Instr) -> None:
        """Let an instruction know what its operands tell of it."""
        op = instr.op
        if op.pure or op.refines:
            sure = op.fact_rule(instr.type, [value.fact for value in instr.args], instr.aux)
            if op is REFINE and instr.type is BOOL:  # takes no fuel, as what `update` makes of it
                instr.fact = instr.fact & sure
            else:
                self.improve(instr, sure)

    def update(self, instr: Instr) -> None:
        """Bring an instruction up to date with its operands."""
        op, args = instr.op, instr.args
        if (op is REFINE and instr.type is BOOL) or not self.improved.isdisjoint(args):
            self.renew(instr)
        if op.refines:
            if op is REFINE and not self.cut_off.isdisjoint(args):
                self.become(instr, NARROW, args[:1], None)  # with a constant, the fact says all; takes no fuel
                instr.fact = instr.fact & args[0].fact
            self.origins[instr.id] = self.origin(args[0])
            self.relations.learn(instr)

    def rewrite_pure(self, instr: Instr) -> bool:
        """Apply the first rule that holds for a pure operation; whether there may be another."""
        known = instr.fact.constant
        if known is not None and instr.type.__class__ is not ArrayType:
            return self.replace(instr, Constant(known), "folded")
        case = self.case(instr)
        if case.known_first and self.put_known_second(instr):
            case = self.case(instr)
        return self.apply(instr, case)

    def apply(self, instr: Instr, case: Case) -> bool:
        """Apply the first rule of a case that holds; whether there may be another."""
        if case.all_known:
            folded = self.fold(instr)
            if folded or len(instr.args) == 2:
                return folded
        for rule in case.candidates:
            values = rule.match(instr, self.origin)
            if values is not None:
                instead = rule.replacement
                if isinstance(instead, Variable) and values[rule.places[instead.name]].type is not instr.type:
                    return False
                if not self.take(instr, "rewritten"):
                    return False
                self.context.explain_rewrite(instr, rule.rule.pattern, rule.rule.replacement)
                return self.put(instr, self.instantiate(rule, values, instr))
        found = case.further(instr, self.relations) if case.further is not None else None
        return found is not None and self.replace(instr, found, "rewritten")

    def fold(self, instr: Instr) -> bool:
        """Compute a pure operation on known scalars; False if it gives an array or a part of a tuple."""
        if isinstance(instr.type, ArrayType) or instr.op not in _FOLDABLE:
            return False
        return self.replace(instr, Constant(fold_scalars(instr.op, instr.type, instr.aux, instr.args)), "folded")

    def put_known_second(self, instr: Instr) -> bool:
        """Swap the operands of a commutative operation or a comparison whose first is known."""
        op = instr.op
        swapped = op if op.commutative else COMPARISONS[SWAPPED[op.name]] if op in _COMPARISON_OPS else None
        if swapped is None or not self.take(instr, "rewritten"):
            return False
        instr.op, instr.args = swapped, (instr.args[1], instr.args[0])
        return True

    def rewrite_refinement(self, instr: Instr) -> bool:
        """A proved check is its operand, a refinement of a known value a constant."""
        op, source = instr.op, instr.args[0]
        if op.traps:
            if not PROOFS[op](instr.args, self.relations):
                return False
            if not self.take(instr, "proved"):
                return False
            explain_proved(instr, self.context)
            return self.put(instr, source)
        known = known_scalar(instr)
        if known is not None and op is REFINE and instr.type is BOOL:
            self.changes += 1  # takes no fuel: a condition that was rewritten may not say this any more
            return self.put(instr, Constant(known))
        if known is not None:
            return self.replace(instr, Constant(known), "folded")
        if op is NARROW and source.fact <= instr.fact:
            return self.replace(instr, source, "rewritten")
        if op is REFINE and _says_nothing(instr):
            return self.replace(instr, source, "rewritten")
        return False

    # ---- patterns -------------------------------------------------------------------------------------------------

    def instantiate(self, rule: CompiledRule, values: tuple[Value, ...], instr: Instr) -> Replacement:
        """What the replacement of a rule is for the values at its places; new constants are put before `instr`."""
        replacement, places = rule.replacement, rule.places
        if isinstance(replacement, Literal):
            return Constant(replacement.value)
        if isinstance(replacement, Variable):
            return values[places[replacement.name]]
        args: list[Value] = []
        for part in replacement.args:
            if isinstance(part, Variable):
                args.append(values[places[part.name]])
            else:
                assert isinstance(part, Operation)
                known = [values[places[variable.name]] for variable in part.args if isinstance(variable, Variable)]
                scalar = fold_scalars(part.op, known[0].type, None, known)
                args.append(self.new_constant(instr.block, known[0].type, scalar))
        return NewOperation(replacement.op, tuple(args), None)


def _arriving(edges: list[Edge], index: int) -> Fact:
    """The join of what arrives for a parameter."""
    fact = edges[0].args[index].find().fact
    for edge in edges[1:]:
        other = edge.args[index].find().fact
        if other is not fact:
            fact = fact | other
    return fact


def _says_nothing(refinement: Instr) -> bool:
    """Whether a refinement neither narrows its operand nor states what is not said already."""
    source, other = refinement.args
    if source.fact is other.fact and source.fact.constant is None:
        return False  # nothing holds of all values with all: no need to ask
    comparison = COMPARISONS.get(str(refinement.aux))
    if comparison is None or isinstance(source.type, ArrayType) or not source.fact <= refinement.fact:
        return False
    return comparison.fact_rule(refinement.type, [source.fact, other.fact], None).constant is True


_FOLDABLE: Final = frozenset(
    op for op in OPS.values() if op.pure and op.arity > 0 and op.name not in ("iota", "dim", "get", "ptradd")
)
