"""Bril: the Big Red Intermediate Language, its core with the float, memory and SSA extensions."""
