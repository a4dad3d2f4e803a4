"""The report: one page that shows what the passes made of a program, in itself complete.

    ssair.compile("sieve.fun").report("sieve.html")
    ssairc report sieve.fun -o sieve.html

The page has the source, the ANF, and a column for each pass that changed something; the checks by source line;
pictures; times. It loads nothing. `recording` watches a run of the passes, `contents` makes data of it, `page` makes
the page.
"""
