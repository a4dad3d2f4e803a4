"""The specification of the IR: `verify` raises `VerifierError` at the first rule that a function breaks.

A valid module keeps these rules; a pass takes valid IR and leaves valid IR. An error names its rule.

**Modules**
- `module`: each function stands under its own name and knows its module; the entry, if one is named, is there.
- `spans`: what points into the table of spans is an index into it, or -1.
- `sites`: each trap site has a kind of `ops.TRAP_KINDS`; an `index` may have a dimension, an `assert` a message, no
  other anything. A check names a site of its own kind (`ops.CHECK_KINDS`).

**Blocks and edges**
- `ids`: the numbers of a function's values are all different and below `next_value`, those of blocks below
  `next_block`.
- `blocks`: a function has a block at least; what stands in a block says so.
- `terminators`: each block ends in one terminator of the table, with the operands and edges that it takes: a `branch` a
  bool, a `switch` an integer with a case for each edge but the last, all different.
- `entry`: no edge leads to the entry.
- `edges`: an edge leads to a block of the function, with one argument of its type for each parameter of the target; a
  `forall` binds the parameters of its targets itself and gives none.
- `params`: no block parameter is a tuple; only i64 parameters of the entry are static.
- `results`: a `return` gives values of the function's result types.
- `signature`: where a front end has left one, its tuples flatten to the function's parameters and results.

**Comprehensions** (of the blocks that the entry reaches)
- `forall`: the body and the exit have no incoming edge but the forall's; the body's parameters are its indices, one i64
  an extent, with facts from 0 up; behind the extents stand the lengths of the arrays that are yielded, if any; the
  exit's parameters are the arrays of what is yielded: of its element type, and of its rank plus the number of extents.
- `regions`: no edge enters a comprehension or leaves it but through its forall; it ends in one `yield` (or never), and
  nothing in it returns. What it makes is therefore seen outside only as the exit's parameters.

**Values**
- `operations`: each operation is a row of `ops.OPS`.
- `operands`: each operand is a value of the function.
- `forwarded`: no operand has been replaced by another value (`make_equal_to`) without its uses being rewritten.
- `types`: a value's type is what the operation's type rule makes of the operands' types.
- `immediates`: `aux` is what the operation's column `aux` says: a constant of the type, a predicate, a dimension that
  the array has, a piece of text more than printed values, and None where there is no immediate.
- `calls`: a call names a function of the module, gives it what its parameters take, facts included, and has its result
  type (a tuple unless there is just one result); a `get` takes an item that the tuple has.
- `dominance`: in blocks that the entry reaches, each operand is defined earlier in the block or in a dominating one.
- `static`: what shapes an array (the extents and lengths of a `forall`, the lengths of `full` and `iota`, an argument
  for a static parameter) is static, as `ssair.static` defines it.

**Facts** (of the blocks that the entry reaches; that a fact is of its type's kind and within its top holds everywhere)
- `facts`: a value's fact contains what the operation's fact rule makes of the operands' facts; a block parameter's
  contains the fact of its argument on every edge; an index's contains all that is below its extent; that of the
  parameter of an exit contains what is yielded.
- `narrow`: the fact of a `narrow` is contained in its operand's. It is a promise that only running can check.
- `refine`: what a `refine` states is said, of the same origins, by a dominating edge (into a block that has no other)
  or by an earlier check or refinement, or it follows from its operands' facts. What a `proved` states is a promise, as
  that of a `narrow`, and justifies no `refine`.

**Analyses**
- `analyses`: an analysis that is cached for the current `cfg_version` equals what is computed anew.

Instructions keep their order, which is all that effects need. Time is near-linear: one walk over the dominator tree,
and the dominators themselves. `verify` changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from ssair.analysis_comparison import same_result
from ssair.dominators import dominator_tree
from ssair.ir import Function, Module
from ssair.ops import TRAP_KINDS
from ssair.verifier_error import VerifierError
from ssair.verifier_structure import check_comprehensions, check_structure
from ssair.verifier_values import check_types, check_values

__all__ = ["VerifierError", "verify"]


def verify(subject: Function | Module) -> None:
    """Check a module with all its functions, or one function alone.

    Raises: VerifierError, at the first fault.
    """
    if isinstance(subject, Function):
        _verify_function(subject)
        return
    _check_module(subject)
    for number in range(len(subject.sites)):
        _check_site(subject, number)
    for function in subject.functions.values():
        _verify_function(function)


def _check_module(module: Module) -> None:
    for name, function in module.functions.items():
        if function.name != name or function.module is not module:
            raise VerifierError("module", f"stands under the name {name!r} or in another module", function)
    if module.entry_name is not None and module.entry_name not in module.functions:
        raise VerifierError("module", f"the entry {module.entry_name!r} is not there")


def _check_site(module: Module, number: int) -> None:
    site = module.sites[number]
    if site.kind not in TRAP_KINDS:
        raise VerifierError("sites", f"site {number}: no kind of trap {site.kind!r}")
    wanted = {"index": int, "assert": str, "size": str}.get(site.kind)
    if site.detail is not None and site.detail.__class__ is not wanted:
        raise VerifierError("sites", f"site {number}: {site.detail!r} at a trap of kind {site.kind}")
    if any(not -1 <= span < len(module.spans) for span in (site.span, *site.calls)):
        raise VerifierError("spans", f"site {number} points at no span")


def _verify_function(function: Function) -> None:
    check_structure(function)
    _check_spans(function)
    check_types(function)
    cached = function.analyses
    function.analyses = {}  # the rules are checked against analyses computed anew
    try:
        tree = dominator_tree(function)
        check_comprehensions(function)
        check_values(function, tree)
        for analysis, (version, result) in cached.items():
            if version == function.cfg_version and not same_result(result, analysis(function)):
                name = getattr(analysis, "__name__", "an analysis")
                raise VerifierError("analyses", f"{name} is cached and not what it would be by now", function)
    finally:
        function.analyses = cached


def _check_spans(function: Function) -> None:
    count = len(function.module.spans)
    for span in _spans(function):
        if not -1 <= span < count:
            raise VerifierError("spans", f"something points at span {span} of {count}", function)


def _spans(function: Function) -> Iterator[int]:
    for block in function.blocks:
        for param in block.params:
            yield param.span
        for instr in block.instrs:
            yield instr.span
        yield block.end.span
