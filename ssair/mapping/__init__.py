"""Kernels over many elements: batches, devices, and what is larger than a device; `ssair.mapping.map` is the door."""
