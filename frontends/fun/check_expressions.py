"""The typing rules of expressions, and the walk that applies them to one function.

A rule is a generator: it yields each part that has to be checked before it goes on, so that it reads like the
recursive rule and the walk keeps its own stack.  Names come into scope between two yields, where evaluation binds them.
Linear in the size of the function.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping

from ssair.diagnostics import Span
from ssair.frontends.fun import ast
from ssair.frontends.fun.ast import OperandDim, OperandValue, SizeCheck, SizeSource
from ssair.frontends.fun.builtins import BUILTINS, FOREIGN
from ssair.frontends.fun.check_builtins import BuiltinRules
from ssair.frontends.fun.literals import in_range, integer_value
from ssair.frontends.fun.report import Report, shortened
from ssair.frontends.fun.scope import Scope
from ssair.frontends.fun.signature import AnnotationReader, Signature
from ssair.frontends.fun.sizes import (
    FAULTY_SIZE,
    Size,
    add,
    constant_size,
    floor_divide,
    is_nonnegative,
    multiply,
    substitute,
    subtract,
)
from ssair.frontends.fun.types import BOOL, FLOATS, I64, INTEGERS, SCALARS, SIZE, ArrayType, Scalar, TupleType, Type
from ssair.frontends.fun.typing_rules import TypingRules, common_type_help, conversion_help, shown
from ssair.frontends.fun.unify import (
    ALL_SCALARS,
    NUMBERS,
    DimPair,
    Variable,
    dims_of,
    element_of,
    error_type,
    is_open,
    is_scalar,
    prune,
    unify,
)

Rule = Generator[ast.Expression, None, None]

_MAXIMUM_HOLE_NAMES = 12

_SIZE_OPERATIONS: dict[str, Callable[[Size, Size], Size]] = {
    "+": add,
    "-": subtract,
    "*": multiply,
    "//": floor_divide,
}

_OPERATOR_CHOICES = {
    **dict.fromkeys(("+", "-", "*", "//", "%", "**", "@"), NUMBERS),
    "/": FLOATS,
    **dict.fromkeys(("&", "|", "^", "<<", ">>"), INTEGERS),
    **dict.fromkeys(("<", "<=", ">", ">="), NUMBERS),
    **dict.fromkeys(("==", "!="), ALL_SCALARS),
}
"""The scalars that each operator is for."""


class ExpressionChecker:
    """Checks the expressions of one function: types, sizes, bindings."""

    def __init__(self, signature: Signature, signatures: Mapping[str, Signature], report: Report) -> None:
        self.signature = signature
        self.signatures = signatures
        self.report = report
        self.rules = TypingRules(report)
        self.builtin_rules = BuiltinRules(self.rules)
        self.annotations = AnnotationReader(report)
        self.scope = Scope()
        self.expressions: list[ast.Expression] = []
        self.bindings: list[ast.Binding] = []
        self.holes: list[tuple[ast.Hole, list[ast.Binding]]] = []
        self._unknown_names: set[str] = set()

    def bind(self, binding: ast.Binding, type: Type, size: Size | None = None) -> None:
        """Declare a variable of that type; it is in scope from here on."""
        binding.type = type
        binding.size = size
        self.bindings.append(binding)
        self.scope.bind(binding)

    def check(self, expression: ast.Expression) -> None:
        """Check an expression and all its parts."""
        stack: list[Rule] = []
        pending: ast.Expression | None = expression
        while True:
            if pending is not None:
                leaf = _LEAVES.get(type(pending))
                self.expressions.append(pending)
                if leaf is not None:
                    leaf(self, pending)
                else:
                    stack.append(_RULES[type(pending)](self, pending))
            if not stack:
                return
            pending = next(stack[-1], None)
            if pending is None:
                stack.pop()

    # Leaves

    def _literal(self, node: ast.Literal) -> None:
        if not node.text:
            node.type = error_type()
            return
        if node.suffix:
            node.type = SCALARS[node.suffix]
        elif node.text in ("true", "false"):
            node.type = BOOL
            return
        elif _is_integer_text(node.text):
            node.type = Variable(NUMBERS)
        else:
            node.type = Variable(FLOATS, prefers_float=True)
            return
        if node.type is I64 or not node.suffix:
            value = integer_value(node.text)
            node.size = constant_size(value) if value is not None and in_range(value, I64) else None

    def _name(self, node: ast.Name) -> None:
        binding = self.scope.find(node.name)
        if binding is not None:
            node.binding, node.type, node.size = binding, binding.type, binding.size
            return
        node.type = error_type()
        if node.name in self._unknown_names:
            return
        self._unknown_names.add(node.name)
        if node.name in self.signatures or node.name in BUILTINS:
            usage = BUILTINS[node.name].usage if node.name in BUILTINS else f"{node.name}(…)"
            message = f"`{node.name}` is a function, and not a value"
            self.report.add("E0201", message, node.span, help=f"call it: `{usage}`")
            return
        nearest = self.report.nearest(node.name, (binding.name for binding in self.scope.visible()))
        help = f"did you mean `{nearest}`?" if nearest else ""
        self.report.add("E0201", f"there is no `{shortened(node.name)}` in scope", node.span, help=help)

    def _hole(self, node: ast.Hole) -> None:
        node.type = Variable(None)
        visible = self.scope.visible()
        names = [binding for binding, _ in zip(visible, range(_MAXIMUM_HOLE_NAMES), strict=False)]
        self.holes.append((node, names))

    # Operators

    def _unary(self, node: ast.Unary) -> Rule:
        yield node.operand
        if node.operator == "!":
            self.rules.require(node.operand, BOOL, "the operand of `!`")
            node.type = BOOL
        elif self.rules.require_elements(node.operand, NUMBERS, "`-`"):
            node.type = prune(node.operand.type)
        else:
            node.type = error_type()

    def _binary(self, node: ast.Binary) -> Rule:
        yield node.left
        yield node.right
        left, right = node.left, node.right
        if left.type is I64 and right.type is I64 and node.operator not in ("/", "@"):
            node.type = I64
        elif node.operator == "@":
            self._matrix_product(node)
        else:
            self._elementwise(node)
        size_operation = _SIZE_OPERATIONS.get(node.operator)
        if size_operation is not None and left.size is not None and right.size is not None:
            node.size = size_operation(left.size, right.size)

    def _elementwise(self, node: ast.Binary) -> None:
        what = f"`{node.operator}`"
        node.type = self._operands_agree([node.left, node.right], _OPERATOR_CHOICES[node.operator], what, node.span)
        if not is_open(node.type):
            dims, node.checks = self.rules.elementwise([node.left, node.right], what, node.span)
            node.type = self.rules.shaped(node.type, dims, node.span)

    def _operands_agree(
        self, operands: list[ast.Expression], allowed: tuple[Scalar, ...], what: str, span: Span
    ) -> Type:
        """The one element type that two operands have; open after a fault."""
        fine = all(self.rules.require_elements(operand, allowed, what) for operand in operands)
        if not fine or not self.rules.same_elements(operands[0], operands[1], what, span):
            return error_type()
        return error_type() if any(is_open(operand.type) for operand in operands) else element_of(operands[0].type)

    def _matrix_product(self, node: ast.Binary) -> None:
        left, right = node.left, node.right
        node.type = error_type()
        element = self._operands_agree([left, right], NUMBERS, "`@`", node.span)
        if is_open(left.type) or is_open(right.type) or is_open(element):
            return
        left_dims, right_dims = dims_of(left.type), dims_of(right.type)
        if (len(left_dims), len(right_dims)) not in ((2, 2), (2, 1), (1, 2)):
            types = f"{shown(left.type)} and {shown(right.type)}"
            message = f"`@` is for two matrices or a matrix and a vector, not {types}"
            help = "use `dot(xs, ys)`" if len(left_dims) == len(right_dims) == 1 else ""
            help = "use `*`" if not left_dims or not right_dims else help
            self.report.add("E0302", message, node.span, help=help)
            return
        if self.rules.sizes_may_agree(left_dims[-1], right_dims[0], "`@`", node.span, (left, right)):
            node.checks = (SizeCheck(OperandDim(0, (), len(left_dims) - 1), OperandDim(1, (), 0)),)
        node.type = self.rules.shaped(element, left_dims[:-1] + right_dims[1:], node.span)

    def _logical(self, node: ast.Logical) -> Rule:
        node.type = BOOL
        for operand in (node.left, node.right):
            yield operand
            help = f"use `select(…)` for arrays of truth values: `{node.operator}` is for scalars"
            help = help if dims_of(operand.type) else ""
            self.rules.require(operand, BOOL, f"an operand of `{node.operator}`", help)

    def _compare(self, node: ast.Compare) -> Rule:
        yield from node.operands
        node.type = BOOL
        for place, operator in enumerate(node.operators):
            pair = node.operands[place : place + 2]
            what = f"`{operator}`"
            element = self._operands_agree(pair, _OPERATOR_CHOICES[operator], what, node.span)
            if is_open(element):
                continue
            dims, checks = self.rules.elementwise(pair, what, node.span)
            if dims and len(node.operators) > 1:
                message = "a chain of comparisons is for scalars"
                array = next(operand for operand in pair if dims_of(operand.type))
                self.report.add("E0302", message, array.span, help="compare two at a time")
            elif dims:
                node.checks = checks
                node.type = self.rules.shaped(BOOL, dims, node.span)

    # Control

    def _if(self, node: ast.If) -> Rule:
        yield node.condition
        self.rules.require(node.condition, BOOL, "a condition")
        yield node.positive
        yield node.negative
        dims: list[DimPair] = []
        positive, negative = node.positive, node.negative
        node.type = prune(negative.type if is_open(positive.type) else positive.type)
        notes = [(f"this is {shown(side.type)}", side.span) for side in (positive, negative)]
        if not unify(positive.type, negative.type, dims):
            message = f"the sides of this `if` are {shown(positive.type)} and {shown(negative.type)}"
            help = common_type_help(positive.type, negative.type)
            self.report.add("E0301", message, node.span, notes, help)
            node.type = error_type()
        elif dims:
            self.rules.same_shape(dims, "the sides of this `if` have different sizes", node.span, notes)

    def _block(self, node: ast.Block) -> Rule:
        mark = self.scope.mark()
        for statement in node.statements:
            if isinstance(statement, ast.Let):
                yield statement.value
                self._bind_pattern(statement.pattern, statement.value)
            elif isinstance(statement, ast.Assert):
                yield statement.condition
                self.rules.require(statement.condition, BOOL, "what is asserted")
            elif isinstance(statement, ast.Print):
                yield from (part for part in statement.parts if isinstance(part, ast.Expression))
        yield node.body
        self.scope.leave(mark)
        node.type, node.size = node.body.type, node.body.size

    def _bind_pattern(self, pattern: ast.Pattern, value: ast.Expression) -> None:
        """Bind the names of a pattern to the parts of a value; a size stays one through a tuple written out."""
        seen: dict[str, ast.Binding] = {}
        pending: list[tuple[ast.Pattern, Type, ast.Expression | None]] = [(pattern, value.type, value)]
        while pending:
            pattern, type, source = pending.pop()
            while isinstance(source, ast.Block):
                source = source.body
            if isinstance(pattern, ast.NamePattern):
                binding = pattern.binding
                first = seen.setdefault(binding.name, binding)
                if first is not binding:
                    message = f"`{binding.name}` stands twice in one pattern"
                    self.report.add("E0203", message, binding.span, [("first declared here", first.span)])
                self.bind(binding, prune(type), source.size if source is not None else None)
            elif isinstance(pattern, ast.TuplePattern):
                types = self._taken_apart(pattern, type)
                parts: list[ast.Expression | None] = [None] * len(types)
                if isinstance(source, ast.Tuple) and len(source.elements) == len(types):
                    parts = list(source.elements)
                pending.extend(reversed(list(zip(pattern.elements, types, parts, strict=True))))

    def _taken_apart(self, pattern: ast.TuplePattern, type: Type) -> list[Type]:
        type = prune(type)
        count = len(pattern.elements)
        if isinstance(type, TupleType) and len(type.elements) == count:
            return list(type.elements)
        if not is_open(type):
            if isinstance(type, TupleType):
                message = f"the pattern has {count} elements, but the value {len(type.elements)}: {shown(type)}"
            else:
                message = f"the pattern is a tuple, but the value is {shown(type)}"
            self.report.add("E0305", message, pattern.span)
        return [error_type() for _ in range(count)]

    def _loop(self, node: ast.Loop) -> Rule:
        for state in node.states:
            yield state.initial
        length: Size | None = None
        mark = self.scope.mark()
        if isinstance(node.source, ast.For):
            yield from self._iterable(node.source.iterable, "scan" if node.is_scan else "loop")
            length = node.source.length = self._steps(node.source.iterable, node.is_scan)
        self._bind_states(node)
        if isinstance(node.source, ast.For):
            self._bind_element(node.source.pattern, node.source.iterable, node.is_scan)
        else:
            yield node.source.condition
            self.rules.require(node.source.condition, BOOL, "a condition")
        yield node.body
        self.scope.leave(mark)
        state_type = self._state_type(node)
        self._body_gives_state(node, state_type)
        node.type = state_type
        if node.is_scan:
            assert length is not None
            node.type = self._stacked(state_type, (length,), node.span)

    def _bind_states(self, node: ast.Loop) -> None:
        seen: dict[str, ast.Binding] = {}
        for state in node.states:
            binding = state.binding
            first = seen.setdefault(binding.name, binding)
            if first is not binding:
                message = f"the state `{binding.name}` is declared twice"
                self.report.add("E0203", message, binding.span, [("first declared here", first.span)])
            self.bind(binding, prune(state.initial.type))

    def _state_type(self, node: ast.Loop) -> Type:
        types = tuple(state.binding.type for state in node.states)
        return types[0] if len(types) == 1 else self.annotations.tuple(types, node)

    def _body_gives_state(self, node: ast.Loop, state_type: Type) -> None:
        """The body must give the next state: report the component that it does not."""
        dims: list[DimPair] = []
        body = node.body
        while isinstance(body, ast.Block):
            body = body.body
        if unify(state_type, body.type, dims):
            if dims:
                state = node.states[dims[0].path[0] if len(node.states) > 1 else 0]
                notes = [(f"`{state.binding.name}` starts as {shown(state.binding.type)}", state.span)]
                self.rules.same_shape(dims, "the state changes its size", body.span, notes)
            return
        word = "scan" if node.is_scan else "loop"
        body_type = prune(body.type)
        if len(node.states) > 1 and isinstance(body_type, TupleType) and len(body_type.elements) == len(node.states):
            for place, (state, type) in enumerate(zip(node.states, body_type.elements, strict=True)):
                if not unify(state.binding.type, type, []):
                    part = body.elements[place] if isinstance(body, ast.Tuple) else body
                    self._wrong_state(state, type, part.span)
        elif len(node.states) == 1:
            self._wrong_state(node.states[0], body_type, body.span)
        else:
            message = f"the body of this {word} gives {shown(body_type)}, but the state is {shown(state_type)}"
            notes = [("the state is declared here", node.states[0].span)]
            self.report.add("E0301", message, body.span, notes, "the body gives the next state, a tuple of all parts")

    def _wrong_state(self, state: ast.State, type: Type, span: Span) -> None:
        name = state.binding.name
        message = f"the next `{name}` is {shown(type)}, but it starts as {shown(state.binding.type)}"
        notes = [(f"`{name}` is {shown(state.binding.type)} here", state.initial.span)]
        self.report.add("E0301", message, span, notes, conversion_help(state.binding.type, type))

    # Iteration

    def _iterable(self, iterable: ast.Range | ast.Expression, role: str) -> Rule:
        """Check what is iterated over: the bounds of a range, or an array."""
        if isinstance(iterable, ast.Expression):
            yield iterable
            help = "write `0..n` for a range" if element_of(iterable.type) in INTEGERS else ""
            self.rules.require_array(iterable, f"what a {role} goes through", help=help)
            return
        bounds = [iterable.low, iterable.high, *([iterable.step] if iterable.step is not None else [])]
        yield from bounds
        if role == "loop":
            fine = [self.rules.require_integer(bound, "a bound of a range") for bound in bounds]
            for bound in bounds[1:] if all(fine) else ():
                self.rules.same_elements(bounds[0], bound, "the range", iterable.span)

    def _steps(self, iterable: ast.Range | ast.Expression, is_size_needed: bool) -> Size | None:
        """The number of steps; None for a range of a `loop`, which need not be a size."""
        if isinstance(iterable, ast.Expression):
            dims = dims_of(iterable.type)
            return dims[0] if dims else FAULTY_SIZE
        if not is_size_needed:
            return None
        low = self.rules.require_size(iterable.low, "a bound of this range")
        high = self.rules.require_size(iterable.high, "a bound of this range")
        length = subtract(high, low)
        iterable.known_nonnegative = is_nonnegative(length)
        if iterable.step is None:
            return length
        step = self.rules.require_size(iterable.step, "the step of this range")
        return floor_divide(add(length, subtract(step, constant_size(1))), step)

    def _bind_element(self, pattern: ast.Pattern, iterable: ast.Range | ast.Expression, is_size_needed: bool) -> None:
        """Bind what a `for` gives in each step."""
        if not isinstance(pattern, ast.NamePattern):
            return
        if isinstance(iterable, ast.Range):
            type: Type = I64 if is_size_needed else prune(iterable.low.type)
            if not isinstance(type, Variable) and type not in INTEGERS:
                type = error_type()
        else:
            array = prune(iterable.type)
            type = error_type()
            if isinstance(array, ArrayType):
                type = self.rules.shaped(array.element, array.dims[1:], pattern.span)
        self.bind(pattern.binding, type)

    def _comprehension(self, node: ast.Comprehension) -> Rule:
        lengths: list[Size] = []
        for clause in node.clauses:
            yield from self._iterable(clause.iterable, "comprehension")
            length = self._steps(clause.iterable, True)
            assert length is not None
            lengths.append(length)
        mark = self.scope.mark()
        seen: dict[str, ast.Binding] = {}
        for clause in node.clauses:
            if isinstance(clause.pattern, ast.NamePattern):
                binding = clause.pattern.binding
                first = seen.setdefault(binding.name, binding)
                if first is not binding:
                    message = f"`{binding.name}` is declared twice in one comprehension"
                    self.report.add("E0203", message, binding.span, [("first declared here", first.span)])
            self._bind_element(clause.pattern, clause.iterable, True)
        yield node.body
        self.scope.leave(mark)
        node.lengths = tuple(lengths)
        node.type = self._stacked(node.body.type, node.lengths, node.span)

    def _stacked(self, type: Type, dims: tuple[Size, ...], span: Span) -> Type:
        """The type of an array of values; of tuples, a tuple of arrays."""
        finished: list[Type] = []
        pending: list[tuple[Type, bool]] = [(type, False)]
        while pending:
            part, is_ready = pending.pop()
            part = prune(part)
            if not isinstance(part, TupleType):
                finished.append(self.rules.shaped(element_of(part), dims + dims_of(part), span))
            elif is_ready:
                count = len(part.elements)
                finished[-count:] = [TupleType(tuple(finished[-count:]), part.components)]
            else:
                pending.append((part, True))
                pending.extend((element, False) for element in reversed(part.elements))
        return finished[0]

    # Arrays and tuples

    def _index(self, node: ast.Index) -> Rule:
        yield node.array
        yield from node.indices
        node.type = error_type()
        for index in node.indices:
            self.rules.require_integer(index, "an index")
        array = self.rules.require_array(node.array, "what is indexed")
        if array is None:
            return
        if len(node.indices) > array.rank:
            message = f"{len(node.indices)} indices for {shown(array)}, which has {_dimensions(array.rank)}"
            self.report.add("E0306", message, node.span)
            return
        node.type = self.rules.shaped(array.element, array.dims[len(node.indices) :], node.span)

    def _with(self, node: ast.With) -> Rule:
        yield node.array
        yield from node.indices
        yield node.value
        for index in node.indices:
            self.rules.require_integer(index, "an index")
        array = self.rules.require_array(node.array, "what `with` changes")
        node.type = array if array is not None else error_type()
        if array is None:
            return
        if len(node.indices) != array.rank:
            message = f"`with` needs an index for each dimension: {shown(array)} has {_dimensions(array.rank)}"
            self.report.add("E0306", message, node.span)
        elif dims_of(node.value.type) or not unify(array.element, node.value.type, []):
            message = f"an element of {shown(array)} is {shown(array.element)}, but this is {shown(node.value.type)}"
            help = conversion_help(array.element, node.value.type)
            self.report.add("E0301", message, node.value.span, [("the array", node.array.span)], help)

    def _array_literal(self, node: ast.ArrayLiteral) -> Rule:
        yield from node.elements
        first = next((each for each in node.elements if not is_open(each.type)), node.elements[0])
        node.type = error_type()
        if isinstance(prune(first.type), TupleType):
            message = "the elements of an array are scalars or arrays, not tuples"
            self.report.add("E0302", message, first.span, help="write a tuple of arrays")
            return
        checks: list[SizeCheck] = []
        for place, element in enumerate(node.elements):
            dims: list[DimPair] = []
            if not unify(first.type, element.type, dims):
                message = f"the elements of an array have one type: {shown(first.type)} is not {shown(element.type)}"
                notes = [(f"this is {shown(first.type)}", first.span)]
                help = common_type_help(first.type, element.type)
                self.report.add("E0301", message, element.span, notes, help)
                return
            checks += (
                SizeCheck(OperandDim(0, (), pair.axis), OperandDim(place, (), pair.axis))
                for pair in dims
                if self.rules.sizes_may_agree(pair.left, pair.right, "an array of arrays", element.span, (first,))
            )
        node.checks = tuple(checks)
        dims_and_length = (constant_size(len(node.elements)), *dims_of(first.type))
        node.type = self.rules.shaped(element_of(first.type), dims_and_length, node.span)

    def _tuple(self, node: ast.Tuple) -> Rule:
        yield from node.elements
        node.type = self.annotations.tuple(tuple(prune(element.type) for element in node.elements), node)

    # Calls

    def _builtin_call(self, node: ast.BuiltinCall) -> Rule:
        yield from node.arguments
        self.builtin_rules.check(node)

    def _call(self, node: ast.Call) -> Rule:
        yield from node.arguments
        node.type = error_type()
        signature = self.signatures.get(node.name)
        if signature is None:
            self._unknown_function(node)
            return
        parameters = signature.function.parameters
        if len(parameters) != len(node.arguments):
            count = len(parameters)
            message = f"`{node.name}` takes {count} argument{'s' * (count != 1)}, not {len(node.arguments)}"
            notes = [("declared here", signature.function.name_span)]
            self.report.add("E0303", message, node.span, notes)
        elif self._arguments_fit(node, signature):
            values = {name: self._size_at(source, node) for name, source in signature.sources.items()}
            node.checks = self._call_checks(node, signature)
            node.type = _with_sizes(signature.result, values) if signature.result is not None else error_type()
            return
        if signature.result is not None and is_scalar(signature.result):
            node.type = signature.result

    def _unknown_function(self, node: ast.Call) -> None:
        binding = self.scope.find(node.name)
        if binding is not None:
            message = f"`{node.name}` is a variable, and not a function"
            help = f"an element is `{node.name}[…]`" if dims_of(binding.type) else ""
            self.report.add("E0202", message, node.name_span, [("declared here", binding.span)], help)
            return
        if self.report.is_partial:
            return
        if node.name in FOREIGN:
            help = f"write `{FOREIGN[node.name]}`"
        else:
            nearest = self.report.nearest(node.name, [*BUILTINS, *self.signatures])
            help = f"did you mean `{nearest}`?" if nearest else ""
        self.report.add("E0202", f"there is no function `{shortened(node.name)}`", node.name_span, help=help)

    def _arguments_fit(self, node: ast.Call, signature: Signature) -> bool:
        """Whether each argument has the type of its parameter, dimensions aside."""
        fits = True
        for place, (parameter, argument) in enumerate(
            zip(signature.function.parameters, node.arguments, strict=True), start=1
        ):
            if parameter.type is SIZE:
                self.rules.require_size(argument, f"argument {place} of `{node.name}`")
            elif not unify(parameter.type, argument.type, []):
                message = f"argument {place} of `{node.name}` is {shown(parameter.type)}, not {shown(argument.type)}"
                notes = [("the parameter is declared here", parameter.span)]
                help = conversion_help(parameter.type, argument.type)
                self.report.add("E0301", message, argument.span, notes, help)
                fits = False
            elif is_open(argument.type) and dims_of(parameter.type):
                fits = False
        return fits

    def _call_checks(self, node: ast.Call, signature: Signature) -> tuple[SizeCheck, ...]:
        """What the parameters demand of the sizes of the arguments, where it is not known to hold."""
        checks: list[SizeCheck] = []
        for check in signature.function.checks:
            left, right = self._size_at(check.left, node), self._size_at(check.right, node)
            places = [source for source in (check.left, check.right) if not isinstance(source, ast.LiteralSize)]
            operands = [node.arguments[source.operand] for source in places]
            if self.rules.sizes_may_agree(left, right, f"`{node.name}`", node.span, operands):
                checks.append(check)
        return tuple(checks)

    def _size_at(self, source: SizeSource, node: ast.Call) -> Size:
        """The size that a source of the callee's signature has in this call."""
        if isinstance(source, ast.LiteralSize):
            return constant_size(source.value)
        argument = node.arguments[source.operand]
        if isinstance(source, OperandValue):
            return argument.size if argument.size is not None else FAULTY_SIZE
        type = prune(argument.type)
        for place in source.path:
            if not isinstance(type, TupleType):
                return FAULTY_SIZE
            type = prune(type.elements[place])
        return type.dims[source.axis] if isinstance(type, ArrayType) else FAULTY_SIZE


def _with_sizes(type: Type, values: Mapping[str, Size]) -> Type:
    """The result type of a call: that of the function, over the sizes of the arguments."""
    finished: list[Type] = []
    pending: list[tuple[Type, bool]] = [(type, False)]
    while pending:
        part, is_ready = pending.pop()
        if isinstance(part, ArrayType):
            finished.append(ArrayType(part.element, tuple(substitute(dim, values) for dim in part.dims)))
        elif not isinstance(part, TupleType):
            finished.append(part)
        elif is_ready:
            count = len(part.elements)
            finished[-count:] = [TupleType(tuple(finished[-count:]), part.components)]
        else:
            pending.append((part, True))
            pending.extend((element, False) for element in reversed(part.elements))
    return finished[0]


def _is_integer_text(text: str) -> bool:
    digits = text.removeprefix("-")
    return digits.isdigit() or digits[:2] in ("0x", "0X")


def _dimensions(rank: int) -> str:
    return f"{rank} dimension{'s' if rank > 1 else ''}"


_LEAVES: dict[type, Callable[[ExpressionChecker, ast.Expression], None]] = {
    ast.Literal: ExpressionChecker._literal,  # type: ignore[dict-item]
    ast.Name: ExpressionChecker._name,  # type: ignore[dict-item]
    ast.Hole: ExpressionChecker._hole,  # type: ignore[dict-item]
}
"""The rules of expressions without parts."""

_RULES: dict[type, Callable[[ExpressionChecker, ast.Expression], Rule]] = {
    ast.Unary: ExpressionChecker._unary,  # type: ignore[dict-item]
    ast.Binary: ExpressionChecker._binary,  # type: ignore[dict-item]
    ast.Logical: ExpressionChecker._logical,  # type: ignore[dict-item]
    ast.Compare: ExpressionChecker._compare,  # type: ignore[dict-item]
    ast.If: ExpressionChecker._if,  # type: ignore[dict-item]
    ast.Block: ExpressionChecker._block,  # type: ignore[dict-item]
    ast.Loop: ExpressionChecker._loop,  # type: ignore[dict-item]
    ast.Comprehension: ExpressionChecker._comprehension,  # type: ignore[dict-item]
    ast.Index: ExpressionChecker._index,  # type: ignore[dict-item]
    ast.With: ExpressionChecker._with,  # type: ignore[dict-item]
    ast.ArrayLiteral: ExpressionChecker._array_literal,  # type: ignore[dict-item]
    ast.Tuple: ExpressionChecker._tuple,  # type: ignore[dict-item]
    ast.BuiltinCall: ExpressionChecker._builtin_call,  # type: ignore[dict-item]
    ast.Call: ExpressionChecker._call,  # type: ignore[dict-item]
}
"""The rules of all other expressions."""
