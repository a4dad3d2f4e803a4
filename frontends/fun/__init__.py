"""Fun: a small, strict, first-order functional language for numeric kernels."""
