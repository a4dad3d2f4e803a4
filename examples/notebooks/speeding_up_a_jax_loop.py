# %% [markdown]
# # Speeding up a JAX loop
#
# Fisher and Yates shuffle an array by swapping elements in a loop. In JAX that is a `fori_loop` with two updates of
# the array, and XLA copies the whole array in each step. We write it by hand, in Fun, and measure both side by side.

# %%
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import ssair

jax.config.update("jax_enable_x64", True)


# %% [markdown]
# ## By hand


# %%
@jax.jit
def by_hand(xs: jax.Array, chosen: jax.Array) -> jax.Array:
    """Swap element i with element chosen[i], from the last one down."""

    def step(k: jax.Array, xs: jax.Array) -> jax.Array:
        i = xs.shape[0] - 1 - k
        j = chosen[i]
        a, b = xs[i], xs[j]
        return xs.at[i].set(b).at[j].set(a)

    return jax.lax.fori_loop(0, xs.shape[0] - 1, step, xs)


# %% [markdown]
# ## In Fun
#
# `xs with [i] = v` is the array with another element. Whoever reads it sees two array values; the compiler sees that
# the old one is not needed any more, and stores in place.

# %%
SHUFFLE = """
fn shuffle(xs: [n]f64, chosen: [n]i64) -> [n]f64 =
  loop xs = xs for k in 0..n - 1 do
    let i = n - 1 - k
    let j = chosen[i]
    in xs with [i] = xs[j] with [j] = xs[i]
"""
shuffle = ssair.compile(SHUFFLE)
for remark in shuffle.remarks:
    print(f"line {remark.line}: {remark.verdict} {remark.kind}")

# %% [markdown]
# The indices `i` are proved. That `chosen[i]` lies in the array depends on data: this check is made, at its first
# use.
#
# ## Equal, and side by side

# %%
random = np.random.default_rng(1)
xs = jnp.asarray(random.random(2000))
chosen = jnp.asarray([random.integers(0, i + 1) for i in range(2000)])
assert np.array_equal(by_hand(xs, chosen), shuffle(xs, chosen))


def seconds(run: Callable[..., Any]) -> float:
    """How long one call takes."""
    start = time.perf_counter()
    jax.block_until_ready(run(xs, chosen))
    return time.perf_counter() - start


pairs = [(seconds(by_hand), seconds(shuffle)) for _ in range(7)]
ratio = median(hand for hand, _ in pairs) / median(fun for _, fun in pairs)
print(f"by hand takes {ratio:.0f} times as long, checks included")

# %% [markdown]
# The copies are in what XLA makes of the loop by hand, and not in that of the kernel:


# %%
def copies(text: str) -> int:
    """How many arrays of 2000 elements are copied, by the text of the compiled program."""
    return sum("f64[2000]" in line and " copy(" in line for line in text.splitlines())


print(copies(by_hand.lower(xs, chosen).compile().as_text()) > copies(shuffle.ir("hlo", n=2000)))  # True

# %% [markdown]
# `benchmarks/kernels.py` measures this and more, against peers that are written as their users would.
