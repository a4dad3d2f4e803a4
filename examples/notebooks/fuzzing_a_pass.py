# %% [markdown]
# # Fuzzing a pass
#
# A pass that looks right is not. Here is one with the classic mistake, what finds it, and the pass as it should be.
# The same tools work for passes and front ends of yours.

# %%
import ssair
from ssair.context import Context
from ssair.ir import Function, Instr
from ssair.testing import check_pass, check_program, reduce_module
from ssair.types import ScalarType, is_integer

# %% [markdown]
# ## A pass
#
# What is subtracted from itself is zero:


# %%
def cancel(function: Function, context: Context) -> int:
    """Turn each `sub x, x` into a zero."""
    changes = 0
    for block in function.blocks:
        for instr in block.instrs:
            if instr.op.name == "sub" and same(instr):
                changes += become_zero(function, instr)
    return changes


def same(instr: Instr) -> bool:
    """Whether both operands are equal: refinements of one value are."""
    return instr.args[0].origin() is instr.args[1].origin()


def become_zero(function: Function, instr: Instr) -> bool:
    """Let an instruction be a constant; not where its fact excludes that, since such a place is never reached."""
    zero = 0 if is_integer(instr.type) else 0.0
    new = function.new_instr("const", type=instr.type, aux=zero)
    if not new.fact <= instr.fact:
        return False
    instr.op, instr.args, instr.aux, instr.fact = new.op, (), new.aux, new.fact
    return True


# %% [markdown]
# ## Thousands of programs
#
# `check_pass` runs generated modules before and after the pass, on arguments where such passes break: results, traps
# and output must be the same, and the IR valid.

# %%
found = check_pass(cancel, count=400)
assert found is not None
print(found.kind)  # passes cancel VerifierError

# %% [markdown]
# The verifier does not take it: arrays are subtracted too, and a number is no array. Only scalars, then:


# %%
def cancel_scalars(function: Function, context: Context) -> int:
    """Turn each scalar `sub x, x` into a zero."""
    changes = 0
    for block in function.blocks:
        for instr in block.instrs:
            if instr.op.name == "sub" and isinstance(instr.type, ScalarType) and same(instr):
                changes += become_zero(function, instr)
    return changes


found = check_pass(cancel_scalars, count=2000)
assert found is not None
print(found.kind)  # passes cancel_scalars differs

# %% [markdown]
# ## The smallest program
#
# Now the program means something else. It is long; the reducer takes away whatever is not needed for the difference.


# %%
def goes_wrong(text: str) -> bool:
    """Whether the pass still changes what a module means, on the arguments of some seed."""
    module = ssair.parse(text, "ssair")
    for seed in range(20):
        difference = check_program(module, passes=[cancel_scalars], against=("passes",), seed=seed)
        if difference is not None:
            return difference.kind == "passes cancel_scalars differs"
    return False


small = reduce_module(found.source, goes_wrong)
print(len(small.splitlines()) < len(found.source.splitlines()))  # True
print(small)

# %% [markdown]
# Infinity minus infinity is NaN, and so is NaN minus NaN. What is subtracted from itself is zero only if it is an
# integer:


# %%
def cancel_integers(function: Function, context: Context) -> int:
    """Turn each integer `sub x, x` into a zero."""
    changes = 0
    for block in function.blocks:
        for instr in block.instrs:
            if instr.op.name == "sub" and is_integer(instr.type) and same(instr):
                changes += become_zero(function, instr)
    return changes


print(check_pass(cancel_integers, count=400))  # None
module = ssair.parse("fn f(x: i64) -> i64 = if x > 3 then x - x else 1")
print(ssair.optimize(module, passes=["refine", cancel_integers, "dce"]))

# %% [markdown]
# `ssairc fuzz --passes mymodule:run` does the same for hours, on all cores; docs/fuzzing.md says more.
