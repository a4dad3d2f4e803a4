"""Small modules for kernels: valid, and right after all passes, one of them as a kernel."""

from __future__ import annotations

from ssair.testing.choices import SeededChoices
from ssair.testing.directed_arguments import module_arguments
from ssair.testing.kernel_modules import kernel_module
from ssair.testing.oracles import Settings, Subject, check_subject
from ssair.verifier import verify


def test_modules_are_valid_and_compiled_right() -> None:
    for number in range(20):
        module = kernel_module(SeededChoices(number))
        verify(module)
        subject = Subject(module, "", module_arguments(module, number, 6))
        against = ("interp", "kernel") if number == 0 else ("interp",)
        assert check_subject(subject, Settings(), against) is None


def test_there_are_all_divisions_and_two_ways_out_of_an_arm() -> None:
    function = kernel_module(SeededChoices(1)).entry()
    assert {"floordiv", "mod", "div_trunc", "rem_trunc"} <= {instr.op.name for instr in function.instructions()}
    assert sum(len(block.end.edges) == 2 for block in function.blocks) >= 4
