"""Checking: names, types and sizes of a whole program.  What a checked tree guarantees is said in ast.py.

Ensures: a typed tree, or a SourceError with every fault found in one run.  Functions are checked callees first, so
that the result type of a function is known where it is called; in a call cycle it has to be declared.  Linear in the
size of the program; nothing is recursive.
"""

from __future__ import annotations

from ssair.collection import garbage_collection_paused
from ssair.diagnostics import SourceError, Span
from ssair.frontends.fun import ast
from ssair.frontends.fun.builtins import BUILTINS
from ssair.frontends.fun.call_graph import link_calls, order_by_calls
from ssair.frontends.fun.check_expressions import check_expression
from ssair.frontends.fun.checking import Checking
from ssair.frontends.fun.literals import float_value, in_range, integer_range, integer_value
from ssair.frontends.fun.parse import parse_what_can_be
from ssair.frontends.fun.report import Report, shortened
from ssair.frontends.fun.signature import Signature, check_signature
from ssair.frontends.fun.sizes import FAULTY_SIZE, Size
from ssair.frontends.fun.types import BOOL, FLOATS, I64, INTEGERS, Type
from ssair.frontends.fun.typing_rules import shown
from ssair.frontends.fun.unify import DimPair, Solver, error_type, is_open, prune, unify


def check_program(program: ast.Program) -> ast.Program:
    """Type a program in place, and give it back.

    Raises: SourceError.

    Example:
        >>> from ssair.frontends.fun.parse import parse_program
        >>> program = check_program(parse_program("fn main(xs: [n]f64) = xs[n - 1] * 2"))
        >>> str(program.functions[0].result)
        'f64'
    """
    _check(program, Report(program.source))
    return program


def checked_program(text: str, name: str = "<input>") -> ast.Program:
    """The typed tree of a source text.

    Raises: SourceError with the syntax errors, and with the faults of all functions that have no syntax error.
    """
    with garbage_collection_paused():
        program, syntax_errors = parse_what_can_be(text, name)
        _check(program, Report(program.source, syntax_errors))
    return program


def _check(program: ast.Program, report: Report) -> None:
    by_name = link_calls(program)
    signatures: dict[str, Signature] = {}
    for function in program.functions:
        signature = check_signature(function, report)
        _check_function_name(function, by_name[function.name], report)
        signatures.setdefault(function.name, signature)
    components = order_by_calls(program)
    checkers: dict[ast.Function, FunctionChecker] = {}
    for function in program.functions:
        own = signatures[function.name]
        own = own if own.function is function else Signature(function)
        checkers[function] = FunctionChecker(own, signatures, report)
        checkers[function].read_declared_result()
    for component in components:
        for function in component:
            checkers[function].require_declared_result()
        for function in component:
            checkers.pop(function).check_body()
    if report.diagnostics:
        raise SourceError(report.diagnostics)


def _check_function_name(function: ast.Function, first: ast.Function, report: Report) -> None:
    if function is not first:
        message = f"the function `{function.name}` is declared twice"
        report.add("E0203", message, function.name_span, [("first declared here", first.name_span)])
    if function.name in BUILTINS:
        report.add("E0204", f"`{function.name}` is a built-in function", function.name_span, help="use another name")


class FunctionChecker:
    """Checks one function, in the order of its methods."""

    def __init__(self, signature: Signature, signatures: dict[str, Signature], report: Report) -> None:
        self.signature = signature
        self.function = signature.function
        self.report = report
        self.checking = Checking(signature, signatures, report)
        for binding in self.function.size_names:
            self.checking.bind(binding, I64, binding.size)
        for parameter in self.function.parameters:
            self.checking.bind(parameter.binding, parameter.binding.type, parameter.binding.size)

    def read_declared_result(self) -> None:
        """Read the result type, if one is declared; its dimensions are size expressions over the parameters."""
        annotation = self.function.declared_result
        if annotation is not None:
            self.signature.result = self.checking.annotations.read(annotation, self._result_dim)

    def _result_dim(self, dim: ast.Expression) -> Size:
        pending: list[ast.Node] = [dim]
        while pending:
            node = pending.pop()
            if isinstance(node, ast.Name) and self.checking.scope.find(node.name) is None:
                message = f"no parameter has the size `{node.name}`"
                nearest = self.report.nearest(node.name, (binding.name for binding in self.checking.scope.visible()))
                help = f"did you mean `{nearest}`?" if nearest else "the sizes of a result are made of the parameters'"
                self.report.add("E0404", message, node.span, help=help)
                return FAULTY_SIZE
            if not isinstance(node, ast.Name | ast.Literal | ast.Binary | ast.BuiltinCall):
                self.report.add("E0403", "this is not a size", node.span)
                return FAULTY_SIZE
            pending.extend(ast.children(node))
        check_expression(self.checking, dim)
        return self.checking.rules.require_size(dim, "a dimension of the result")

    def require_declared_result(self) -> None:
        """In a call cycle a body cannot be typed before the others: the result type must be written."""
        if not self.function.recursive or self.signature.result is not None:
            return
        self.signature.result = error_type()
        calls = self.function.calls
        call = next(c for c in calls if c.function and c.function.component == self.function.component)
        through = "" if call.function is self.function else f" through `{call.name}`"
        message = f"`{self.function.name}` calls itself{through}, so its result type has to be declared"
        self.report.add(
            "E0308", message, self.function.name_span, [("the call is here", call.name_span)],
            f"write its type before the `=`: `fn {self._parameters_text()} -> … =`",
        )  # fmt: skip

    def _parameters_text(self) -> str:
        """The name and the parameters as they are written, if that is short."""
        function = self.function
        end = max([function.name_span.end, *(parameter.span.end for parameter in function.parameters)])
        text = self.report.text_of(Span(function.name_span.start, end))
        return f"{text})" if text and function.parameters else f"{shortened(function.name)}(…)"

    def check_body(self) -> None:
        """Check the body against the declared result, or infer the result from it."""
        function, body = self.function, self.function.body
        check_expression(self.checking, body)
        _mark_tail_calls(function)
        declared = self.signature.result
        if declared is not None:
            self._body_gives_result(declared)
        solver = Solver()
        for binding in self.checking.bindings:
            binding.type = solver.solve(binding.type)
            binding.size = binding.size if binding.type is I64 else None
        for expression in self.checking.expressions:
            expression.type = solver.solve(expression.type)
            if expression.size is not None and expression.type is not I64:
                expression.size = None
            if isinstance(expression, ast.Literal):
                self._give_value(expression)
        self._report_holes(solver)
        function.result = solver.solve(declared if declared is not None else body.type)
        self.signature.result = function.result

    def _body_gives_result(self, declared: Type) -> None:
        """The declared type and the body's must be the same; reported where the value is written."""
        value = self.function.body
        while isinstance(value, ast.Block):
            value = value.body
        annotation = self.function.declared_result
        place = annotation.span if annotation is not None else self.function.name_span
        notes = [(f"the result is declared {shown(declared)}", place)]
        dims: list[DimPair] = []
        if not unify(declared, value.type, dims):
            message = f"the result of `{self.function.name}` is {shown(declared)}, but this is {shown(value.type)}"
            help = self.checking.rules.conversion_help(declared, value.type, value)
            self.report.add("E0301", message, value.span, notes, help)
        elif dims:
            self.checking.rules.same_shape(dims, "the value has another size than declared", value.span, notes)

    def _give_value(self, literal: ast.Literal) -> None:
        """Find the value of a literal, now that its type is known."""
        type = literal.type
        if is_open(type):
            return
        if type is BOOL:
            literal.value = literal.text == "true"
            return
        if literal.size is not None:
            literal.value = literal.size.constant
        elif type in INTEGERS:
            integer = integer_value(literal.text)
            literal.value = integer if integer is not None and in_range(integer, type) else None
        elif type in FLOATS:
            literal.value = float_value(literal.text, type)
        if literal.value is None:
            low, high = integer_range(type) if type in INTEGERS else (None, None)
            help = f"an {type} is between {low} and {high}" if low is not None else ""
            message = f"`{shortened(literal.text)}` is out of the range of {type}"
            self.report.add("E0304", message, literal.span, help=help)

    def _report_holes(self, solver: Solver) -> None:
        for hole, names in self.checking.holes:
            wanted = prune(hole.type)
            what = "any type fits here" if is_open(wanted) else f"{shown(wanted)} is wanted here"
            visible = ", ".join(f"`{b.name}: {shown(solver.solve(b.type))}`" for b in names)
            help = f"in scope: {visible}" if visible else ""
            self.report.add("E0205", f"the hole `?{hole.name}`: {what}", hole.span, help=help)


def _mark_tail_calls(function: ast.Function) -> None:
    """A call is in tail position at the end of the body, of a block, or of a side of an `if` that is."""
    pending = [function.body]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Call):
            node.is_tail = True
        elif isinstance(node, ast.Block):
            pending.append(node.body)
        elif isinstance(node, ast.If):
            pending.extend((node.positive, node.negative))
