# %% [markdown]
# # Proving checks away
#
# Every index is checked, and most checks cost nothing, for they are proved while the program is compiled. Here is how
# to find those that stay, and how to let them go: the greatest sum of `width` neighbours, from a first try to a
# kernel without checks in its loops.

# %%
import ssair

FIRST_TRY = """
fn best(xs: [n]f64, width: i64) -> f64 =
  loop best = 0.0 for i in 0..n do
    max(best, loop s = 0.0 for j in i..i + width do s + xs[j])
"""
kernel = ssair.compile(FIRST_TRY)

# %% [markdown]
# ## Which checks are left?
#
# A remark says of each check what became of it, why, and what could be asserted so that it goes.

# %%
for remark in kernel.remarks:
    print(f"line {remark.line}: {remark.verdict}: {remark.message}")
# line 4: kept: `0 <= j < len(xs)` is not known to hold

# %% [markdown]
# It is not known because it does not hold: the last windows run over the end. The check finds that at run time, where
# JAX would take the last element again and again, in silence.

# %%
try:
    kernel([1.0, 5.0, 2.0], 2)
except IndexError as trap:
    print(trap)  # line 4, column 57: index 3 is out of range for dimension 0 of length 3

# %% [markdown]
# ## Say what holds
#
# There are `n - width + 1` windows. That they lie within the array rests on what `width` may be, and nobody has said
# that so far. One assertion before the loop is one check, instead of one for each step:

# %%
SECOND_TRY = """
fn best(xs: [n]f64, width: i64) -> f64 =
  assert 0 <= width && width <= n in
  loop best = 0.0 for i in 0..n - width + 1 do
    max(best, loop s = 0.0 for j in i..i + width do s + xs[j])
"""
kernel = ssair.compile(SECOND_TRY)
for remark in kernel.remarks:
    print(f"line {remark.line}: {remark.verdict}: {remark.message}")
# line 3: kept: `0 <= width && width <= n` is not known to hold
# line 5: proved: `0 <= j < len(xs)` follows from `0..n - width + 1` (line 4), `i..i + width` (line 5)
print(kernel([1.0, 5.0, 2.0], 2))  # 7.0

# %% [markdown]
# ## What depends on data
#
# The bin of a number depends on the number, and no proof says where it lies. Make it true, and the check goes:

# %%
HISTOGRAM = """
fn histogram(xs: [n]f64, bins: size) -> [bins]i64 =
  assert bins > 0 in
  loop counts = full(0, bins) for i in 0..n do
    let x = if isnan(xs[i]) then 0.0 else min(max(xs[i], 0.0), 1.0)
    let bin = min(i64(x * 1000.0) * bins // 1000, bins - 1)
    let bin = max(bin, 0)
    in counts with [bin] = counts[bin] + 1
"""
histogram = ssair.compile(HISTOGRAM)
print(sorted({remark.verdict for remark in histogram.remarks if remark.kind == "index"}))  # ['duplicate', 'proved']
print(histogram([0.1, 0.2, 0.9, float("nan"), -3.0], 4).tolist())  # [4, 0, 0, 1]

# %% [markdown]
# `ssairc FILE --remarks` prints the same with the source lines. docs/remarks.md says what the optimiser understands.
