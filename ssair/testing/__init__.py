"""Testing of compilers made with ssair: generated programs, seeded or drawn by Hypothesis."""
