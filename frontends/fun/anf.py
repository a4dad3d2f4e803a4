"""From the checked syntax tree of Fun to flat ANF, by mutable holes.

Requires: a program that `check.check_program` has passed.  Ensures: an `AnfProgram` (see anf_nodes) that evaluates,
checks and prints in the order that the language says; conditions in test position are control flow; every check that
the language asks for is an operation; a self-call in tail position is a jump to a loop around the body, where its
arrays keep their sizes, and functions that call each other so are one loop (anf_merge).  No recursion, no
continuations, and no node but those of the result (the folding pass, anf_fold, removes some and makes none).  Time and
space are linear in the program.

Source: "Flat/Non-higher-order construction of ANF via mutable holes".  A fragment, its value and its hole are a
`Fragment` (anf_fragment); a hole is the empty `rest` of the last node of a fragment.

    let x = (let y = f(2) in y + 1) in x * x

    head of x:  its head      let y = call f(2); □1          value y, hole □1
                its body      let %1 = add y, 1; □2          value %1, hole □2, put into □1; %1 is named x
    body        mul x, x      let %2 = mul x, x; □3          value %2, hole □3, put into □2
    at the end                done %2                        put into □3
"""

from __future__ import annotations

from ssair.collection import garbage_collection_paused
from ssair.frontends.fun import ast
from ssair.frontends.fun.anf_blocks import plan_block, plan_block_test
from ssair.frontends.fun.anf_conditions import (
    finish_test,
    plan_compare,
    plan_compare_test,
    plan_logical,
    plan_logical_test,
    swap_arms,
)
from ssair.frontends.fun.anf_conversion import Conversion
from ssair.frontends.fun.anf_entry import check_parameters, declare_parameters, open_restart
from ssair.frontends.fun.anf_fold import fold
from ssair.frontends.fun.anf_fragment import Fragment
from ssair.frontends.fun.anf_groups import find_groups
from ssair.frontends.fun.anf_if import plan_if, plan_if_test
from ssair.frontends.fun.anf_loops import plan_comprehension, plan_loop
from ssair.frontends.fun.anf_merge import delegate, merge, slots_of
from ssair.frontends.fun.anf_nodes import AnfFunction, AnfProgram, Arm, Done
from ssair.frontends.fun.anf_operators import (
    finish_binary,
    finish_builtin,
    finish_call,
    finish_index,
    finish_tuple,
    finish_unary,
    finish_with,
    give_literal,
    give_name,
    plan_array_literal,
    plan_operation,
)
from ssair.frontends.fun.anf_signature import signature_of
from ssair.frontends.fun.anf_types import flat_types


def convert(program: ast.Program) -> AnfProgram:
    """The ANF of a checked program, folded.  Linear."""
    with garbage_collection_paused():
        functions = convert_functions(program)
        for function in functions:
            fold(function)
    return AnfProgram(functions, program.source)


def convert_functions(program: ast.Program) -> list[AnfFunction]:
    """The functions of a checked program, with every name that the conversion made.

    Those that call each other in tail position become one loop, which stands before the first of them.
    """
    groups = {group.members[0]: group for group in find_groups(program)}
    slots = {group: slots_of(group) for group in groups.values()}
    group_of = {member: group for group in groups.values() for member in group.members}
    functions: list[AnfFunction] = []
    for function in program.functions:
        if function in groups:
            group = groups[function]
            functions.append(merge(group, slots[group], Conversion(convert_value, convert_test)))
        if function in group_of:
            group = group_of[function]
            functions.append(delegate(function, group, slots[group], Conversion(convert_value, convert_test)))
        else:
            functions.append(_convert_function(function, Conversion(convert_value, convert_test)))
    return functions


def _convert_function(function: ast.Function, conversion: Conversion) -> AnfFunction:
    parameters = declare_parameters(conversion, function)
    head = Arm(function.span)
    code = Fragment()
    code.add(head)
    check_parameters(conversion, code, function)
    open_restart(conversion, code, function)
    conversion.plan_value(function.body)
    conversion.run()
    (body,) = conversion.take(1)
    code.then(body)
    if code.hole is not None:
        code.end(Done(function.body.span, body.atoms))
    results, signature = flat_types(function.result), signature_of(function)
    return AnfFunction(function.name, parameters, results, signature, head, function.name_span)


def convert_value(conversion: Conversion, node: ast.Expression) -> None:
    """Convert an expression for its value: leave its fragment, or plan that."""
    match node:
        case ast.Name():
            give_name(conversion, node)
        case ast.Literal():
            give_literal(conversion, node)
        case ast.Binary():
            plan_operation(conversion, node, (node.left, node.right), finish_binary)
        case ast.Block():
            plan_block(conversion, node)
        case ast.If():
            plan_if(conversion, node)
        case ast.Index():
            plan_operation(conversion, node, (node.array, *node.indices), finish_index)
        case ast.Compare():
            plan_compare(conversion, node)
        case ast.BuiltinCall():
            plan_operation(conversion, node, node.arguments, finish_builtin)
        case ast.Call():
            plan_operation(conversion, node, node.arguments, finish_call)
        case ast.Unary():
            plan_operation(conversion, node, (node.operand,), finish_unary)
        case ast.Tuple():
            plan_operation(conversion, node, node.elements, finish_tuple)
        case ast.Loop():
            plan_loop(conversion, node)
        case ast.Comprehension():
            plan_comprehension(conversion, node)
        case ast.Logical():
            plan_logical(conversion, node)
        case ast.With():
            plan_operation(conversion, node, (node.array, *node.indices, node.value), finish_with)
        case ast.ArrayLiteral():
            plan_array_literal(conversion, node)
        case _:
            raise AssertionError(f"no conversion of {type(node).__name__}")


def convert_test(conversion: Conversion, node: ast.Expression) -> None:
    """Convert a condition that control depends on: leave its test, or plan that."""
    match node:
        case ast.Logical():
            plan_logical_test(conversion, node)
        case ast.Compare():
            plan_compare_test(conversion, node)
        case ast.Unary():
            conversion.plan_test(node.operand)
            conversion.plan(swap_arms, node)
        case ast.Block():
            plan_block_test(conversion, node)
        case ast.If():
            plan_if_test(conversion, node)
        case _:
            conversion.plan_value(node)
            conversion.plan(finish_test, node)
