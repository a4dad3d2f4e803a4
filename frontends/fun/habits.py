"""What people write by mistake, or out of the habit of another language, and how Fun says it: tables only.

Advice may have `{found}` and `{before}` in it, the token at fault and the last word before it.
"""

from __future__ import annotations

_FUNCTIONS = "functions are declared with `fn` at the top of the program"
_BRACES = "there are no braces: a function is one expression, `fn f(x: i64) -> i64 = x`"
_LET = "write `let x = … in …`"
_IF = "write `if c then a else b`"
_BODY = "the body stands behind `=`: `fn f(x: i64) -> i64 = x`"
_ARRAY_TYPE = "array types are written `[n]f64`"
_UNCHANGED = "arrays do not change: `let xs = xs with [i] = v in …`"
_STATE_FIRST = "the state comes first: `loop acc = 0 for i in 0..n do acc + i`"
_CONSTANTS = "a program is functions; a constant is one too: `fn c() = 1.5`, and then `c()`"
_EVERY = "a comprehension takes every element: `[if c then x else 0 for x in xs]`"
_SPACE = "write an ordinary space"
COMMENTS = "comments start with `#`"
NO_FIELDS = "there are no fields; "
_NO_CLOSING = "no word closes a form: put parentheses around it"

WORDS: dict[str, str] = {
    "and": "write `&&` for and",
    "or": "write `||` for or",
    "not": "write `!` for not",
    "mod": "write `%` for the remainder",
    "div": "write `//` for the quotient",
    "xor": "write `^` for exclusive or",
    "is": "write `==` for equal",
    "def": "a function starts with `fn`",
    "function": "a function starts with `fn`",
    "func": "a function starts with `fn`",
    "pub": "a function starts with `fn`: all of them can be called",
    "async": "a function starts with `fn`",
    "import": "a program is one file: nothing is imported",
    "return": "there is no `return`: a function is one expression, its value",
    "elif": "write `else if`",
    "mut": "names do not change: another `let` of the same name hides the first",
    "var": _LET,
    "val": _LET,
    "const": _LET,
    "where": _LET,
    "lambda": _FUNCTIONS,
    "match": "write `if … then … else …`",
    "case": "write `if … then … else …`",
    "switch": "write `if … then … else …`",
    "begin": _NO_CLOSING,
    "end": _NO_CLOSING,
    "as": "types are converted by functions: `f64(x)`",
    "of": "write `for x in xs`",
    "to": "ranges are written `lo..hi`, and leave out `hi`",
}
"""Words of other languages, which are ordinary names in Fun."""

CHARACTERS: dict[str, str] = {
    "{": _BRACES,
    "}": _BRACES,
    ";": "there is no `;`: statements stand one after another, and `in` ends them",
    "'": 'strings are written with `"`',
    "\\": _FUNCTIONS,
    "λ": _FUNCTIONS,
    "?": _IF,
    "~": "the complement of x is `x ^ -1`",
    ".": NO_FIELDS + "a function is called as `f(x)`, and a range is `lo..hi`",
    **dict.fromkeys("∧", "write `&&` for and"),
    **dict.fromkeys("\u2228", "write `||` for or"),
    **dict.fromkeys("¬", "write `!` for not"),
    **dict.fromkeys("≤⩽", "write `<=`"),
    **dict.fromkeys("≥⩾", "write `>=`"),
    **dict.fromkeys("≠", "write `!=`"),
    **dict.fromkeys("\u00d7·∙⋅", "write `*`"),
    **dict.fromkeys("÷\u2215", "write `/`"),
    **dict.fromkeys("\u2212\u2013\u2014\u2010\u2011", "write the ASCII sign `-`"),
    **dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb\u2018\u2019", 'strings are written with `"`'),
    **dict.fromkeys("→⟶", "write `->`"),
    **dict.fromkeys("∈", "write `in`"),
    **dict.fromkeys("\u2026", "write `..`"),
    **dict.fromkeys("\u00a0\u2002\u2003\u2009\u202f\u3000", _SPACE),
    **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u200e\u200f", "this character does not show: leave it out"),
}
"""Characters that begin no token."""

FOREIGN_OPERATORS: dict[str, str] = {
    ":=": "a name is given a value with `=`: `let x = 1 in x`",
    "=>": "write `=` before the body of a function, and `>=` for greater or equal",
    "=<": "write `<=` for less or equal",
    "=!": "write `!=` for not equal",
    "<>": "write `!=` for not equal",
    "===": "write `==` for equal",
    "!==": "write `!=` for not equal",
    "++": "nothing is changed in place: write `x + 1`",
    **{f"{sign}=": f"nothing is changed in place: write `let x = x {sign} … in …`" for sign in "+-*/%&|^"},
    "**=": "nothing is changed in place: write `let x = x ** … in …`",
    "//=": "nothing is changed in place: write `let x = x // … in …`",
    "...": "ranges are written `lo..hi`, and leave out `hi`",
    "..=": "ranges leave out their end: write `lo..hi + 1`",
    "..<": "ranges are written `lo..hi`, and leave out `hi`",
    "^^": "write `!=` for exclusive or of truth values, `^` of integers",
    "&&&": "write `&` for integers, `&&` for truth values",
    "|||": "write `|` for integers, `||` for truth values",
    ">>>": "write `>>`: it keeps the sign",
    "<<<": "write `<<`",
    "|>": "a function is called as `f(x)`",
    "::": "a function is called as `f(x)`, and a type stands behind one `:`",
    "->": "`->` stands before the result type of a function",
    "<-": "write `let x = … in …`, or `for x in xs`",
    "/*": COMMENTS,
    "*/": COMMENTS,
}
"""Runs of operator characters that are one operator elsewhere."""

FIELDS: dict[str, str] = {
    "T": "transpose(a)",
    "append": "[… for i in 0..n + 1]",
    "astype": "f64(x)",
    "at": "xs with [i] = v",
    "copy": "xs",
    "set": "xs with [i] = v",
    "size": "len(xs)",
}
"""What stands behind a point elsewhere and is no function elsewhere, and how Fun says it."""

SLIPS: list[tuple[str, str, str, str]] = [
    # found         before                 wanted      advice
    ("RPAR RSQB",   "COMMA",               "",         "there is no comma after the last one"),
    ("RPAR",        "PRINT.LPAR",          "",         'an empty line is `print("")`'),
    ("RPAR",        "LPAR",                "MINUS",    "a tuple has two elements or more"),
    ("RSQB",        "COLON.LSQB ARROW.LSQB", "",       "array types have their sizes in the brackets: `[n]f64`"),
    ("RSQB",        "Name.LSQB Index.LSQB Call.LSQB", "", "an element has its place in the brackets: `xs[i]`"),
    ("RSQB",        "LSQB",                "MINUS",    "an array has an element or more; `zeros(0)` has none"),
    ("LT LSQB",     "FN.NAME",             "LPAR",     "sizes are not declared: `fn f(xs: [n]f64) = xs`"),
    ("LSQB LT",     "COLON.NAME ARROW.NAME COLON.TYPE ARROW.TYPE", "", _ARRAY_TYPE),
    ("RPAR COMMA EQUAL ARROW", "RSQB",             "NAME",     _ARRAY_TYPE),
    (";",           "LSQB.TYPE",           "",         _ARRAY_TYPE),
    ("AMPERSAND STAR", "COLON ARROW",      "",         "there are no references: a type is written `f64` or `[n]f64`"),
    ("EQUAL",       "COLON.ScalarNode COLON.ArrayNode", "RPAR",       "parameters have no default values"),
    ("NAME",        "LPAR.TYPE COMMA.TYPE", "COLON",   "the name comes first: `{found}: {before}`"),
    ("NAME LSQB",   "LPAR.NAME COMMA.NAME", "COLON",   "the type stands behind a colon: `{before}: f64`"),
    ("RPAR COMMA",  "NAME",                "COLON",    "parameters have types: `{before}: f64`"),
    ("EQUAL",       "FN.NAME",             "LPAR",     "parameters stand in parentheses, none too: `fn f() = 1`"),
    ("NAME",        "FN.NAME",             "LPAR",     "parameters stand in parentheses: `fn f(x: f64) = x`"),
    ("LPAR",        "FN",                  "NAME",     "every function has a name: `fn f(x: f64) = x`"),
    ("COLON NAME LSQB LPAR", "RPAR",       "ARROW",    "the result type stands behind `->`"),
    ("",            "ARROW.TYPE RSQB.TYPE RPAR", "EQUAL", _BODY),
    ("LET",         "nothing",             "FN",       _CONSTANTS),
    ("",            "nothing",             "FN",       "a program is functions: `fn f(x: i64) -> i64 = x`"),
    ("DECLARATION", "",                    "MINUS",    ""),
    ("FN",          "",                    "MINUS",    f"{_FUNCTIONS}, and are no values"),
    ("WHILE",       "",                    "FOR",      "`scan` takes `for`; only `loop` takes `while`"),
    ("FOR",         "LSQB",                "MINUS",    "the element comes first: `[x * 2 for x in xs]`"),
    ("FOR WHILE",   "LOOP SCAN",           "",         _STATE_FIRST),
    ("FOR",         "",                    "MINUS",    "a loop has a state: `loop acc = 0 for i in 0..n do acc + i`"),
    ("WHILE",       "",                    "MINUS",    "a loop has a state: `loop x = n while x > 1 do x // 2`"),
    ("FOR",         "",                    "FN",       "a comprehension stands in brackets: `[x * 2 for x in xs]`"),
    ("IN",          "LOOP.NAME SCAN.NAME", "",         _STATE_FIRST),
    ("FOR WHILE",   "LOOP.NAME SCAN.NAME", "EQUAL",    "a state has a first value: `loop {before} = 0 …`"),
    ("COMMA RPAR",  "LPAR.NAME COMMA.NAME", "EQUAL",   "each state has its first value: `loop (a = 0, b = 1) …`"),
    ("COMMA",       "",                    "FOR",      "several states stand in parentheses: `loop (a = 0, b = 1) …`"),
    ("EQUAL",       "FOR.NAME",            "IN",       "write `for {before} in lo..hi`"),
    ("COMMA",       "FOR.NAME COMMA.NAME", "IN",       "one name a clause: `[… for i in 0..n, x in xs]`"),
    ("IF",          "",                    "RSQB",     _EVERY),
    ("IF",          "",                    "PLUS",     _IF),
    ("{ COLON",     "",                    "THEN",     _IF),
    ("{ COLON",     "",                    "DO",       "the body of a loop stands behind `do`"),
    ("COLON",       "",                    "ELSE",     _IF),
    ("LSQB",        "LET.NAME",            "",         _UNCHANGED),
    ("COLON",       "LET.NAME",            "",         "its type is inferred: `let {before} = … in …`"),
    ("LPAR",        "LET.NAME",            "",         _FUNCTIONS),
    ("COMMA",       "LET.NamePattern",     "",         "a pattern has parentheses: `let (x, y) = … in …`"),
    ("EQ",          "LET.NAME LOOP.NAME SCAN.NAME", "", "a name is given a value with `=`"),
    ("IN",          "LET.NAME",            "EQUAL",    "a `let` gives a value: `let {before} = … in …`"),
    ("EQUAL",       "RSQB",                "EQ",       _UNCHANGED),
    ("EQUAL",       "Name.LPAR.Name", "RPAR", "arguments go by their place, and have no names"),
    ("EQUAL",       "Name",                "EQ FN",    "`==` compares; a value is named by `let {before} = … in …`"),
    ("EQUAL",       "",                    "EQ",       "`==` compares; `=` only stands in `let`, `loop` and `with`"),
    ("SLASHSLASH",  "",                    "MINUS",    COMMENTS),
    ("DOTS",        "",                    "",         "ranges stand behind `in`; an array is `iota(n)`"),
    ("COLON",       "Name.LSQB Index.LSQB", "",        "there are no slices: write `[xs[i] for i in lo..hi]`"),
    ("COLON",       "",                    "RSQB",     "there are no slices: write `[xs[i] for i in lo..hi]`"),
    ("COLON",       "Name",                "RPAR",     "its type is inferred; convert with `f64({before})`"),
    ("BAR",         "",                    "MINUS",    _FUNCTIONS),
    ("UNDERSCORE",  "",                    "MINUS",    "`_` only stands for a value that is not used, in a pattern"),
    ("",            "WITH",                "LSQB",     "the places stand in brackets: `xs with [i] = v`"),
    ("STRING",      "PRINT",               "LPAR",     "what is printed stands in parentheses: `print({found})`"),
    ("STRING",      "",                    "COMMA IN", "a comma stands before the message: `assert c, {found}`"),
    ("STRING",      "",                    "",         'strings only stand in `print("…")` and `assert c, "…"`'),
    ("",            "",                    "STRING",   "the message of an `assert` is a string"),
    ("COMMA",       "",                    "LET IN",   "statements have no commas between: `let x = 1 let y = 2 in …`"),
    ("",            "",                    "LET IN",   "statements end with `in` and the value: `let x = 1 in x + 1`"),
    ("",            "",                    "THEN",     _IF),
    ("FN $END IN RPAR RSQB COMMA DO FOR", "", "ELSE",  "every `if` has an `else`: `if c then a else b`"),
    ("IN",          "",                    "FN",       "`in` ends statements: `let x = 1 in x + 1`"),
    ("NOT",         "",                    "MINUS",    "write `(!…)` in parentheses: `!` is looser than comparisons"),
    ("LPAR",        "",                    "LSQB PLUS", "only a function is called, by its name; elements are `xs[i]`"),
    ("NAME INTEGER FLOAT LPAR", "TYPE.RPAR", "PLUS",   "types are converted by functions: `f64(x)`"),
    ("NAME INTEGER FLOAT", "TYPE",         "PLUS",     "convert with `{before}({found})`"),
    ("NAME INTEGER FLOAT", "Name",         "PLUS FN",  "a function is called with parentheses: `{before}({found})`"),
]  # fmt: skip
"""Mistakes, by what is found, what stands before it, and what could have come instead: the first row that fits counts.

Found and before are alternatives.  What is found is a terminal, a text that is none, or `DECLARATION` for the
`fn` of another function.  What stands before is one to three things with points between them, the last of which is next
to the fault: a terminal, the class of a node, or `TYPE` for the name of a scalar type, or `nothing`; a name on an
earlier line does not count as `Name`.  Of what is wanted, all must be.  An empty column fits everything, but a
character that begins no token has to be named.
"""
