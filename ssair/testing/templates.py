"""Left sides of rewrite rules and their near misses, as text to be filled in.

Placeholders: {x} {y} are values of the type in question, {c} {d} constants of it, {n} one that is
not 0, {t} a small integer of the type, {b} a boolean, {a} an array of the type with one dimension,
{i} {j} indices. The same placeholder gives the same text everywhere, which is what makes most of
these redundant. The near misses are the ones that look like a rule and are none: `x - x` on floats,
`x + 0.0` for -0.0, `x + 1 > x` for integers that wrap, an index that differs.
"""

from __future__ import annotations

INTEGER_TEMPLATES = (
    # units and zeros, on both sides
    "({x} + 0)", "(0 + {x})", "({x} - 0)", "(0 - {x})", "({x} * 1)", "(1 * {x})", "({x} * 0)",
    "({x} * -1)", "({x} // 1)", "({x} % 1)", "({x} // -1)", "({x} % -1)", "({x} ** 0)",
    "({x} ** 1)", "({x} ** 2)", "({x} ** 3)", "({x} & 0)", "({x} & -1)", "({x} | 0)", "({x} | -1)",
    "({x} ^ 0)", "({x} ^ -1)", "({x} << 0)", "({x} >> 0)", "(0 << {x})", "(-1 >> {x})", "(0 // {n})",
    "(0 - (0 - {x}))", "(1 ** {t})", "(2 ** {t})", "(0 % {n})",
    # equal operands
    "({x} - {x})", "({x} + {x})", "({x} ^ {x})", "({x} & {x})", "({x} | {x})", "min({x}, {x})",
    "max({x}, {x})", "({n} // {n})", "(({x} | 1) // ({x} | 1))", "(({x} | 1) % ({x} | 1))",
    "select({b}, {x}, {x})", "(if {b} then {x} else {x})", "({x} * {x} - {x} * {x})",
    # inverses, and what is lost on the way
    "(-(-{x}))", "(-{x} + {x})", "({x} + -{y})", "({x} - -{y})", "(-{x} - {y})", "(-{x} * -{y})",
    "(({x} - {y}) + {y})", "(({x} + {y}) - {y})", "({x} - ({x} - {y}))", "(({x} * {n}) // {n})",
    "(({x} * {y}) // ({y} | 1))", "(({x} & 255) * {n} // {n})", "(({x} * {n}) % {n})",
    "(({x} // {n}) * {n})", "({x} - {x} // {n} * {n})", "({x} // {n} * {n} + {x} % {n})",
    "(({x} << 3) >> 3)", "(({x} >> 3) << 3)", "(({x} ^ {y}) ^ {y})", "(({x} & {y}) | ({x} & {c}))",
    "(({x} | {y}) & {x})", "(({x} & {y}) | {x})", "(({x} ^ -1) + 1)", "(({x} ^ -1) & {x})",
    # constants that meet
    "(({x} + {c}) + {d})", "(({x} - {c}) + {d})", "(({x} + {c}) - {c})", "({c} - ({x} + {d}))",
    "(({x} * {c}) * {d})", "(({x} * {c}) + ({x} * {d}))", "({x} * {c} + {x})", "({c} + {d} * {x})",
    "(({x} & {c}) & {d})", "(({x} | {c}) | {d})", "(({x} ^ {c}) ^ {d})", "(({x} << 1) << 2)",
    "(({x} >> 1) >> 2)", "(({x} >> 40) >> 40)", "min(min({x}, {c}), {d})", "max(min({x}, {c}), {d})",
    "(({x} // 2) // 4)", "(({x} % 8) % 4)", "(({x} % 4) % 8)", "(({x} + {y}) + ({y} + {x}))",
    "({x} * {y} - {y} * {x})", "(({x} + {y}) * {c} - ({y} + {x}) * {c})", "(({x} & 12) % 4)",
    # powers of two and signs
    "({x} * 2)", "({x} * 8)", "({x} // 2)", "({x} // 8)", "({x} % 2)", "({x} % 8)", "({x} // -2)",
    "({x} % -8)", "({x} % -2)", "({x} << 1)", "({x} << 31)", "({x} << 32)", "({x} << 63)",
    "({x} << 64)", "({x} << -1)", "({x} >> 1)", "({x} >> 31)", "({x} >> 32)", "({x} >> 63)",
    "({x} >> 64)", "({x} >> -1)", "(({x} & 7) // 2)", "(({x} & 7) % 8)", "(({x} & 7) % 4)",
    "(({x} % 8) // 8)", "(({x} % 8) & 7)", "(({x} % {n}) // {n})", "({x} % ({y} | 1))",
    "({x} // ({y} | 1))", "(({x} & 63) << ({y} & 7))", "(max({x}, 0) // 4)", "(max({x}, 0) % 4)",
    "(max({x}, 1) // max({y}, 1))", "(min({x}, 0) // 4)", "(min({x}, -1) % 4)",
    # absolute values, signs, extremes
    "abs(abs({x}))", "abs(-{x})", "(abs({x}) + {x})", "(sign({x}) * abs({x}))", "abs(sign({x}))",
    "sign(abs({x}))", "(abs({x}) * abs({x}))", "abs({x} * {x})", "abs({x} & 255)", "abs(max({x}, 0))",
    "max({x}, min({x}, {y}))", "min({x}, max({x}, {y}))", "max({x}, -{x})", "min(abs({x}), 0)",
    "max(abs({x}), -1)", "(max({x}, {y}) + min({x}, {y}))", "(max({x}, {y}) - max({y}, {x}))",
    "min(max({x}, 0), 7)", "sign(sign({x}))", "(max({x}, {y}) - {x})", "abs(min({x}, {y}) - {x})",
    # what an arm knows
    "(if {x} > 0 then abs({x}) else {x})", "(if {x} >= 0 then abs({x}) else -{x})",
    "(if {x} < 0 then abs({x}) else {x})", "(if {x} <= 0 then -abs({x}) else {x})",
    "(if {x} > {c} then max({x}, {c}) else min({x}, {c}))", "(if {x} > {c} then min({x}, {c}) else {c})",
    "(if {x} == {y} then {x} else {y})", "(if {x} == {y} then {x} - {y} else {x} ^ {y})",
    "(if {x} != {y} then {x} else {y})", "(if {x} == {c} then {x} + {d} else {d})",
    "(if {x} < {y} then {x} else {y})", "(if {x} > {y} then {x} else {y})",
    "(if {x} < {y} then min({x}, {y}) else max({y}, {x}))", "(if {x} >= 0 then {x} // 8 else {x} % 8)",
    "(if {x} >= 0 then {x} % 8 else {x} // 8)", "(if {x} > 0 then {y} // {x} else {y})",
    "(if {x} != 0 then {y} % {x} else {y})", "(if {x} > 0 then {x} % {x} + {x} // {x} else 0)",
    "(if {x} == 0 then {y} * {x} else {y} * 2)", "(if {x} == 2 then {y} ** ({x} & 3) else {y})",
    "(if {x} < {y} then (if {x} < {y} then {x} else {c}) else (if {x} < {y} then {d} else {y}))",
    "(if {x} < {y} then (if {y} > {x} then {c} else {x}) else {y})",
    "(if {x} < {y} then (if {x} <= {y} then {x} else {c}) else (if {x} == {y} then {d} else {y}))",
    "(if {x} < {y} then (if {x} == {y} then {c} else {x}) else (if {x} >= {y} then {y} else {d}))",
    "(if {x} < {c} then (if {x} < {d} then {x} else {y}) else (if {x} > {d} then {y} else {x}))",
    "(if {x} <= {c} then {x} + 1 else {x} - 1)", "(if {x} < {y} then {x} + 1 else {y})",
    "(if {x} >= {y} then {x} - {y} else {y} - {x})", "(if 0 <= {x} < 8 then {x} >> 3 else {x} & 7)",
    "(if {b} then (if {b} then {x} else {y}) else (if {b} then {y} else {x}))",
    "(if {b} then {x} else (if {b} then {y} else {x}))", "(if !{b} then {x} else {y})",
    "select(!{b}, {x}, {y})", "select({x} < {y}, {x}, {y})", "select({b}, {x} + 1, {x})",
    "(if {b} then {x} + {y} else {y} + {x})", "((if {b} then {x} * {y} else {c}) + {y} * {x})",
    "(if {b} then {x} + {c} else {x} + {d})", "((if {b} then {x} else {y}) + (if {b} then {y} else {x}))",
    "(if {b} && {x} < {y} then {x} else {y})", "(if {b} || {x} < {y} then {x} else {y})",
    "(if {b} then 1 else 0)", "(if {b} then 0 else 1)", "(if {b} then -1 else 0)",
    # loops
    "(loop s = {x} for k in 0..3 do s)", "(loop s = {x} for k in 0..0 do s + 1)",
    "(loop s = {x} for k in 0..3 do s + {y})", "(loop s = {x} for k in 0..3 do {y})",
    "(loop s = {x} for k in 0..4 do max(s, {y} + 1))", "(loop s = {x} for k in 0..3 do s ^ {x})",
    "(let (s, r) = loop (s = {x}, r = {x}) for k in 0..3 do (s + {y}, r + {y}) in s - r)",
    "(let (s, r) = loop (s = {x}, r = {y}) for k in 0..3 do (r, s) in s * 2 + r)",
    "(let (s, r) = loop (s = {x}, r = {x}) for k in 0..3 do (r, s) in s - r)",
    "(let (s, r) = loop (s = {x}, r = {y}) for k in 0..3 do (s + {c}, s) in s ^ r)",
    "(let (s, r, q) = loop (s = {x}, r = {y}, q = 0) for k in 0..2 do (r, q, s + r) in q - r)",
    "(loop s = {x} for k in 0..3 do (if {b} then s + {y} * {y} else s - {y} * {y}))",
    # carries that are equal in every iteration, and that are not
    "(let (s, r) = loop (s = {x}, r = {x}) for k in 0..3 do (r + {y}, {y} + s) in s - r)",
    "(let (s, r) = loop (s = {x}, r = {x}) for k in 0..3 do (r + {y}, s - {y}) in s - r)",
    "(let (s, r) = loop (s = {x}, r = {x}) for k in 0..3 do (if s > {c} then (s + {y}, r + {y}) else (r, s)) in s - r)",
    "(let (s, r) = loop (s = {x}, r = {x}) for k in 0..3 do (if {b} then (s * {y}, {y} * r) else (r, {y})) in s ^ r)",
    "(let (s, r, q) = loop (s = {x}, r = {x}, q = {x}) for k in 0..4 do (r, q, q + {c}) in (s ^ r) + q)",
    "(let (s, r) = loop (s = {x}, r = {x}) for k in 0..2 do"
    " (loop (u = s, w = r) for h in 0..2 do (w * {y}, u * {y})) in s - r)",
    "(let (s, r) = loop (s = {a}, r = {a}) for k in 0..len({a}) do"
    " (s with [k] = s[k] + {x}, r with [k] = {x} + r[k]) in sum(s) - sum(r))",
    "(let (s, r) = loop (s = {a}, r = {a}) for k in 0..len({a}) do"
    " (s with [k] = {x}, r with [0] = {x}) in sum(s) - sum(r))",
    "(sum([e * {x} for e in {a}]) - sum([{x} * e for e in {a}]))",
    "(sum([e - {x} for e in {a}]) + sum([{x} - e for e in {a}]))",
    # sums and products in other orders
    "((({x} + {y}) + {c}) - (({c} + {x}) + {y}))", "(({x} * {y} * {c}) ^ ({c} * {y} * {x}))",
    "(({x} - {y}) - ({c} - ({y} + {x})))", "(({x} + {y} + {x}) * ({x} * 2 + {y}))",
    "(-{x} - ({y} - {c}) * {d} + {x} * {d})", "(({x} + {c} - {y}) - ({x} - {y} + {d}))",
    "(loop s = {x} for k in 0..3 do (if s > {c} then s - {y} else s + {y}))",
    "(if {x} <= {y} then (if {x} < {y} then {c} else {x}) else (if {x} > {y} then {d} else {y}))",
    "(if {x} != {y} then (if {x} < {y} then {x} else (if {x} > {y} then {y} else {c})) else {x} - {y})",
    # arrays: read over write
    "sum([({a} with [u] = {x})[w] for u in 0..len({a}), w in 0..len({a})])",
    "sum([(({a} with [u] = {x}) with [w] = {y})[u] for u in 0..len({a}), w in 0..len({a})])",
    "sum([{a}[len({a}) - 1 - u] - {a}[u] for u in 0..len({a})])",
    "sum([({a} with [u] = {x})[max(u - 1, 0)] for u in 0..len({a})])",
    "({a} with [{i}] = {x})[{i}]", "({a} with [{i}] = {x})[{j}]", "({a} with [0] = {x})[1]",
    "(({a} with [{i}] = {x}) with [{i}] = {y})[{i}]", "({a} with [{i}] = {a}[{i}])[{j}]",
    "(({a} with [{i}] = {x}) with [{j}] = {y})[{i}]", "reverse(reverse({a}))[{i}]",
    "({a}[{i}] + {a}[{i}])", "({a}[{i}] - {a}[{j}])", "[{x}, {y}][{i} & 1]", "sum({a} with [{i}] = {x})",
    "(if 0 <= {i} < len({a}) then {a}[{i}] else {x})", "({a} + {a})[{i}]", "({a} with [{i}] = {x} + 1)[{i}]",
    "(if {b} then {a} with [{i}] = {x} else {a})[{i}]", "[e * 2 for e in {a}][{i}]",
    "(loop r = {a} for k in 0..len({a}) do r with [k] = r[k] + {x})[{i}]",
    "(loop r = {a} for k in 1..len({a}) do r with [k] = r[k - 1] + {x})[{i}]",
    "(loop s = {x} for e in {a} do s + e * {y})", "(scan s = {x} for e in {a} do s + e)[{i}]",
    "(loop r = {a} for k in 0..len({a}) do (if r[k] < {c} then r with [k] = {c} else r))[{i}]",
)  # fmt: skip

FLOAT_TEMPLATES = (
    # units and zeros: -0.0 and NaN make most of these near misses
    "({x} + 0.0)", "(0.0 + {x})", "({x} - 0.0)", "(0.0 - {x})", "({x} + -0.0)", "({x} - -0.0)",
    "({x} * 1.0)", "(1.0 * {x})", "({x} * 0.0)", "({x} * -1.0)", "({x} * 2.0)", "({x} - {x})",
    "({x} + {x})", "min({x}, {x})", "max({x}, {x})", "min({x}, {y})", "max({x}, {y})",
    "(-(-{x}))", "(-{x} + {y})", "({x} + -{y})", "({x} - -{y})", "(-{x} * -{y})", "(-({x} - {y}))",
    "(({x} - {y}) + {y})", "(({x} + {y}) - {y})", "(({x} + {c}) + {d})", "(({x} * {c}) * {d})",
    "({x} * {y} + {x} * {c})", "({x} * {y} - {y} * {x})", "({x} * {y} + {c})", "(0.0 * {x} + {y})",
    # absolute values and extremes
    "abs(abs({x}))", "abs(-{x})", "(-abs({x}))", "abs({x} * {x})", "abs(max({x}, 0.0))",
    "(sign({x}) * abs({x}))", "sign(abs({x}))", "max({x}, min({x}, {y}))", "min({x}, max({x}, {y}))",
    "max(abs({x}), 0.0)", "min(abs({x}), -0.0)", "max({x}, -0.0)", "min({x}, 0.0)", "max({x}, -{x})",
    "max({x}, (0.0 / 0.0))", "min((0.0 / 0.0), {x})", "max(min({x}, 1.0), 0.0)", "sign(sign({x}))",
    "floor(floor({x}))", "ceil(floor({x}))", "round(ceil({x}))", "round({x} + 0.5)", "floor(-{x})",
    # what an arm knows: that x == 0.0 does not say which zero
    "(if {x} > 0.0 then abs({x}) else {x})", "(if {x} >= 0.0 then abs({x}) else -{x})",
    "(if {x} < 0.0 then -{x} else abs({x}))", "(if {x} <= 0.0 then abs({x}) else {x})",
    "(if {x} > 0.0 then {x} else abs({x}))", "(if {x} == {y} then {x} else {y})",
    "(if {x} != {y} then {x} else {y})", "(if {x} == 0.0 then {x} else 1.0)",
    "(if {x} < {y} then {x} else {y})", "(if {x} > {y} then {x} else {y})",
    "(if !({x} < {y}) then {x} else {y})",
    "(if !({x} < {y}) then (if {x} >= {y} then {x} else {c}) else (if {x} <= {y} then {y} else {d}))",
    "(if {x} >= {c} then max({x}, {c}) else min({x}, {c}))", "(if {x} < {c} then {c} else max({x}, {c}))",
    "(if {x} == {x} then {x} else {c})", "(if {x} != {x} then {c} else {x})",
    "(if isnan({x}) then {c} else {x})",
    "(if isnan({x}) then {x} else {x} - {x})", "(if {x} == {x} then {x} - {x} else {y})",
    "(if isinf({x}) then sign({x}) else {x})", "(if {x} > 0.0 then sign({x}) else {y})",
    "(if {x} <= {y} then {x} else (if {y} < {x} then {y} else {c}))",
    "(if {x} < {y} then (if {x} < {y} then {x} else {c}) else (if {x} >= {y} then {d} else {y}))",
    "(if {b} then {x} else {x})", "select({b}, {x}, {x})", "select({b}, {x}, {y})",
    "select({x} < {y}, {x}, {y})",
    "(if {b} then {x} + {y} else {y} + {x})", "((if {b} then {x} * {y} else {c}) + {y} * {x})",
    "(if {b} then (if {b} then {x} else {y}) else (if {b} then {y} else {x}))",
    # loops and arrays
    "(loop s = {x} for k in 0..3 do s + {y})", "(loop s = {x} for k in 0..3 do max(s, {y}))",
    "(let (s, r) = loop (s = {x}, r = {x}) for k in 0..3 do (s + {y}, r + {y}) in s - r)",
    "(let (s, r) = loop (s = {x}, r = {y}) for k in 0..3 do (r, s) in s - r)",
    "({a} with [{i}] = {x})[{i}]", "({a} with [{i}] = {x})[{j}]", "({a} with [0] = {x})[1]",
    "(({a} with [{i}] = {x}) with [{i}] = {y})[{i}]", "({a}[{i}] - {a}[{i}])", "reverse({a})[{i}]",
    "(if {b} then {a} with [{i}] = {x} else {a})[{i}]", "(scan s = {x} for e in {a} do s + e)[{i}]",
    "(loop s = {x} for e in {a} do max(s, e))", "(if {b} then -{a} else {a})[{i}]",
)  # fmt: skip

INEXACT_FLOAT_TEMPLATES = (
    "({x} / {x})", "({x} / 1.0)", "({x} / -1.0)", "({x} / 2.0)", "({x} / 3.0)", "(1.0 / {x})",
    "({x} / {y} * {y})", "(({x} * {y}) / {y})", "({x} / 0.0)", "(0.0 / {x})", "({x} / ({y} / {x}))",
    "({x} ** 0.0)", "({x} ** 1.0)", "({x} ** 2.0)", "({x} ** 0.5)", "({x} ** -1.0)", "(1.0 ** {x})",
    "sqrt({x} * {x})", "(sqrt({x}) * sqrt({x}))", "(1.0 / sqrt({x}))", "exp(log({x}))", "log(exp({x}))",
    "({x} // 1.0)", "({x} % 1.0)", "({x} // {y} * {y} + {x} % {y})", "({x} % {y})", "({x} // {y})",
    "(({x} + 1e16) - 1e16)", "(if {x} > 0.0 then sqrt({x}) else {x})", "tanh(-{x})", "cos(-{x})", "sin(-{x})",
    "abs(exp({x}))", "abs(sqrt({x}))", "max(exp({x}), 0.0)", "(exp({x}) * exp(-{x}))", "({x} % 2.0 - 2.0)",
)  # fmt: skip

# {x} and {y} are numbers of one type here; {t} is not used.
TEST_TEMPLATES = (
    "({x} == {x})", "({x} != {x})", "({x} < {x})", "({x} <= {x})", "({x} > {x})", "({x} >= {x})",
    "(!({x} < {y}))", "(!({x} <= {y}))", "(!({x} > {y}))", "(if {x} < {y} then false else {x} >= {y})",
    "(!({x} == {y}))", "(!({x} != {y}))", "({x} < {y} && {y} > {x})",
    "({x} < {y} || {x} >= {y})", "({x} < {y} || {y} < {x})", "({x} <= {y} && {x} >= {y})",
    "({x} < {y} < {x})", "({c} <= {x} <= {d})", "({x} < {c} && {x} > {d})", "({x} < {c} || {x} > {c})",
    "({x} <= {y} && {x} != {y})", "({x} == {c} && {x} == {d})", "({x} == {c} || {x} != {c})",
    "(min({x}, {y}) <= {x})", "(max({x}, {y}) >= {x})", "(min({x}, {y}) > {y})", "(abs({x}) == {x})",
    "(abs({x}) == abs(-{x}))", "(-{x} == {x})", "({x} - {y} == {x} - {y})", "({x} + {y} == {y} + {x})",
    "((if {b} then {x} else {y}) < {y})", "((if {x} < {y} then {x} else {y}) <= {x})",
    "({b} && {b})", "({b} || {b})", "({b} && !{b})", "({b} || !{b})", "(!(!{b}))", "({b} == true)",
    "({b} != false)", "({b} == {b})", "({b} && true)", "({b} || false)", "({b} && false)", "({b} || true)",
    "(let t = {x} < {y} in (if {b} then t else !t))", "(let t = {x} >= {y} in select({b}, !t, t))",
    "(let t = {x} <= {y} in !t && {x} > {y})", "(let t = {x} == {y} in !t || {x} < {y})",
    "(if {b} then true else false)", "(if {b} then false else true)", "(if {b} then {b} else true)",
    "(if {b} then {x} < {y} else {x} >= {y})", "(if {b} then {x} < {y} else {y} > {x})",
    "select({b}, {x} < {y}, {x} < {y})", "select({b}, true, false)", "(sign({x}) == sign({y}))",
)  # fmt: skip

INTEGER_TEST_TEMPLATES = (
    "({x} + 1 > {x})", "({x} - 1 < {x})", "({x} - {y} < 0)", "({x} * {x} >= 0)", "(({x} & 7) < 8)",
    "(abs({x}) >= 0)", "({x} % 8 < 8)", "({x} % {n} < {n})", "({x} >> 1 <= {x})", "({x} % 2 == {x} & 1)",
    "({x} // 2 == {x} >> 1)", "({x} + {c} == {y} + {c})", "({x} * 2 == {x} << 1)", "({x} + {c} < {x} + {d})",
    "({x} ^ {y} == 0)", "(-{x} < 0)", "({x} % {n} >= 0)", "(bool({x}) == ({x} != 0))", "({x} + {c} > {d})",
    "({x} & 1 == 1)", "(max({x}, 0) >= 0)", "(0 <= {x} && {x} < {y})", "({x} < {y} + 1 == {x} <= {y})",
)  # fmt: skip
