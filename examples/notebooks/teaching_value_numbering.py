# %% [markdown]
# # Value numbering, seen at work
#
# Two computations are redundant if they surely give the same value. Value numbering finds them: it gives each value a
# number, and equal operations of equally numbered operands get the same one. We go from one block to branches, joins
# and loops. (Cells begin with `# %%`: run them in an editor that knows that, in Jupyter by jupytext, or all at once.)

# %%
import ssair
from ssair.interp import execute


def show(source: str, passes: str) -> ssair.Module:
    """Print what the passes make of the program, and give it back."""
    module = ssair.optimize(ssair.parse(source), passes=passes)
    print(module)
    return module


# %% [markdown]
# ## One block
#
# `a + b` and `b + a` are one value, for addition commutes. What was `v3` and `v5` is `v2`.

# %%
block = show("fn f(a: i64, b: i64) -> i64 = (a + b) * (b + a) + (a + b)", "lvn,dce")
# func @f -> i64 {
# bb0(v0: i64, v1: i64):
#   v2: i64 = add v0, v1
#   v4: i64 = mul v2, v2
#   v6: i64 = add v4, v2
#   return v6
# }

# %% [markdown]
# ## Branches
#
# Local numbering sees one block at a time. Global numbering walks the dominator tree: what a block has computed is
# there in all that it dominates, both arms of a branch among them.

# %%
BRANCH = """
fn f(a: i64, b: i64, c: bool) -> i64 =
  let x = a * b in
  if c then a * b + 1 else b * a + x
"""
local = show(BRANCH, "lvn,dce")
shared = show(BRANCH, "gvn,dce")
print(str(local).count("mul"), str(shared).count("mul"))  # 3 1

# %% [markdown]
# ## Joins
#
# Neither arm dominates the other, so no leader is there to be shared. But the parameter of the join gets `a * a` over
# both edges, and so does what is computed behind it: `partition` numbers all values on one table, and sees that they
# are equal wherever both are defined.

# %%
JOIN = """
fn f(a: i64, c: bool) -> i64 =
  let y = if c then a * a else a * a in
  y + a * a
"""
print(str(show(JOIN, "gvn,dce")).count("mul"))  # 3
print(str(show(JOIN, "partition,dce")).count("mul"))  # 2

# %% [markdown]
# ## Loops
#
# Two carries that begin equal and are stepped equally are equal in every iteration. Who numbers in one pass must
# decide about the parameters of the loop before the back edge is seen, and calls them different (pessimism).
# Optimistic numbering supposes that all are equal, and splits where that is contradicted, until nothing changes.

# %%
LOOP = """
fn f(n: i64) -> i64 =
  let (i, j) = loop (i = 0, j = 0) while i < n do (i + 1, j + 1) in
  i * 1000 + j
"""
pessimistic = show(LOOP, "gvn,dce")
optimistic = show(LOOP, "partition,dce")
print(str(pessimistic).count("add"), str(optimistic).count("add"))  # 3 2

# %% [markdown]
# ## What is not equal
#
# `1`, `true` and `1.0` are equal in Python, and so are `0.0` and `-0.0`: a table that is keyed by Python's equality
# computes wrongly. And a float minus itself is no zero, for it may be NaN.

# %%
zeros = show("fn f(x: f64) -> f64 = x * 0.0 + x * -0.0", "simplify,gvn,dce")
print(str(zeros).count("const"))  # 2
difference = show("fn f(x: f64) -> f64 = x - x", "simplify,gvn,dce")
print(execute(difference, [float("inf")]).results)  # (np.float64(nan),)

# %% [markdown]
# `ssairc report FILE` shows the same for programs of yours, a click on a value away: which one stands for it, and
# why. The passes are to be read: `passes/lvn.py`, `passes/gvn.py`, `passes/partition.py`.
