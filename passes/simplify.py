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
from ssair.passes.copyprop import finish_forwarding
from ssair.passes.known_relations import KnownRelations
from ssair.passes.patterns import Literal, Operation, Pattern, Variable
from ssair.passes.replacement import Constant, NewOperation, Replacement
from ssair.passes.rewriting import Rewriting, fold_scalars
from ssair.passes.rule_table import RULE_TABLE, Binding, Case, CompiledRule, known_scalar
from ssair.passes.weaken_facts import below
from ssair.types import BOOL, ArrayType

NAME: Final = "simplify"
#: No rule undoes another, so that few follow one another; this guards against a table that breaks that.
MOST_REWRITES: Final = 16

_NOT: Final = OPS["not"]
_COMPARISON_OPS: Final = frozenset(COMPARISONS.values())


def run(function: Function, context: Context) -> int:
    """Simplify every reachable instruction; gives the number of rewrites."""
    sweep = _Sweep(function, context)
    for block in reverse_postorder(function):
        sweep.visit(block)
    sweep.turn_negated_branches()
    if sweep.replaced:
        finish_forwarding(function)
    for what, times in sweep.done.items():
        context.count(f"{NAME}.{what}", times)
    del sweep.relations  # they hold each other, and while a pipeline runs nobody collects what does
    return sweep.changes


class _Sweep(Rewriting):
    """One sweep over a function: which rule is applied to what."""

    def __init__(self, function: Function, context: Context) -> None:
        super().__init__(function, context, NAME)
        self.incoming = incoming_edges(function)
        order = reverse_postorder(function)
        #: The blocks that are reached, where some are not.
        self.reached = set(order) if len(order) < len(function.blocks) else None
        self.yielded: dict[Block | None, tuple[Value, ...]] = {}
        if has_comprehensions(function):
            region = comprehension_of(function)
            self.yielded = {region[block]: block.end.args for block in order if block.end.op is YIELD}
        self.relations = KnownRelations(function, self.origin)

    # ---- blocks ---------------------------------------------------------------------------------------------------

    def visit(self, block: Block) -> None:
        """Simplify a block whose dominators are done."""
        instrs, self.instrs = block.instrs, []
        if block.params and block is not self.function.entry:
            self.visit_params(block)
        for param in block.params:
            self.settle(param)
        kinds, origins, improved, cases = self.kinds, self.origins, self.improved, RULE_TABLE.cases
        for instr in instrs:
            args = instr.args
            if len(args) == 2:  # most have two operands and stay as they are, as one look-up tells
                left, right = args
                if (
                    left.forward is None
                    and right.forward is None
                    and instr.fact.constant is None
                    and improved.isdisjoint(args)
                ):
                    first, second = left.id, right.id
                    same = origins[first] is origins[second]
                    case = cases[instr.op, same, kinds[first], kinds[second]]
                    if case.known_first and self.put_known_second(instr):
                        left, right = right, left
                        case = cases[instr.op, same, kinds[second], kinds[first]]
                    if case.settled_if_apart and self.are_apart(case, left, right):
                        self.instrs.append(instr)
                        kinds[instr.id] = instr.op
                        origins[instr.id] = instr
                        continue
            op = instr.op
            if op is CONST:
                self.instrs.append(instr)
                origins[instr.id] = instr
                kinds[instr.id] = RULE_TABLE.kind(instr, instr)
                continue
            if op.pure or op.refines:
                self.visit_instr(instr)
                if instr.forward is not None:
                    continue
            else:  # no rule speaks of what has effects, and no operand tells more of its result
                for value in args:
                    if value.forward is not None:
                        instr.args = tuple([value.find() for value in args])
                        break
            self.instrs.append(instr)
            self.settle(instr)
        block.instrs = self.instrs

    def visit_params(self, block: Block) -> None:
        """Let the facts of the parameters be no more than what arrives; fold those that can have one value only."""
        incoming = self.incoming[block]
        if self.reached is not None:
            incoming = [entry for entry in incoming if entry.source in self.reached]
        bound = incoming[0].source.end.op.binds
        edges = [entry.source.end.edges[entry.index] for entry in incoming]
        for index, param in enumerate(block.params):
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

    def visit_instr(self, instr: Instr) -> None:
        """Bring an instruction up to date with its operands, then rewrite it while a rule holds."""
        args = instr.args
        better = False
        for value in args:
            if value.forward is not None:
                instr.args = args = tuple([value.find() for value in args])
                better = True
                break
        improved = self.improved
        if instr.op is REFINE and instr.type is BOOL:  # takes no fuel, as what it becomes below
            instr.fact = instr.fact & instr.op.fact_rule(instr.type, [value.fact for value in args], instr.aux)
        elif better or (improved and not improved.isdisjoint(args)):
            self.improve(instr, instr.op.fact_rule(instr.type, [value.fact for value in args], instr.aux))
        if instr.op.refines:
            if instr.op is REFINE and not self.cut_off.isdisjoint(instr.args):
                self.become(instr, NARROW, instr.args[:1], None)  # with a constant, the fact says all; takes no fuel
                instr.fact = instr.fact & instr.args[0].fact
            self.origins[instr.id] = self.origin(instr.args[0])
            self.relations.learn(instr)
        for _ in range(MOST_REWRITES):
            if not self.rewrite(instr):
                return

    def rewrite(self, instr: Instr) -> bool:
        """Apply the first rule that holds; whether there may be another."""
        op = instr.op
        if op is CONST:
            return False
        if op.refines:
            return self.rewrite_refinement(instr)
        if not op.pure:
            return False
        known = instr.fact.constant
        if known is not None and known_scalar(instr) is not None:
            return self.replace(instr, Constant(known), "folded")
        case = self.case(instr)
        if case.all_known:
            folded = self.fold(instr)
            if folded or len(instr.args) == 2:
                return folded
        elif case.known_first and self.put_known_second(instr):
            case = self.case(instr)
        for rule in case.candidates:
            binding = rule.match(instr, self.origin)
            if binding is not None:
                self.context.explain_rewrite(instr, rule.rule.pattern, rule.rule.replacement)
                return self.replace(instr, self.instantiate(rule, binding, instr), "rewritten")
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

    def instantiate(self, rule: CompiledRule, binding: Binding, instr: Instr) -> Replacement:
        """What the replacement of a rule is under a binding; new constants are put before `instr`."""
        replacement = rule.replacement
        if isinstance(replacement, Literal):
            return Constant(replacement.value)
        if isinstance(replacement, Variable):
            return binding[replacement.name]
        args = [self.operand(part, binding, instr) for part in replacement.args]
        return NewOperation(replacement.op, tuple(args), None)

    def operand(self, part: Pattern, binding: Binding, instr: Instr) -> Value:
        """An operand of a replacement: a bound value, or a constant computed of bound ones."""
        if isinstance(part, Variable):
            return binding[part.name].find()
        assert isinstance(part, Operation)
        known = [binding[variable.name] for variable in part.args if isinstance(variable, Variable)]
        type = known[0].type
        return self.new_constant(instr.block, type, fold_scalars(part.op, type, None, known))


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
