"""The programs of `synthetic.py` in the text of other compilers: LLVM IR, and the `arith` and `cf` dialects of MLIR.

text_of(LlvmWriter, "shallow", size=100_000, seed=1)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from synthetic import write


class LlvmWriter:
    """Writes the text of LLVM IR."""

    NAMES: Final = {"add": "add", "sub": "sub", "mul": "mul", "and": "and", "or": "or", "xor": "xor"}

    def __init__(self) -> None:
        self.size = 0
        self.lines: list[str] = []
        self.parameters: list[str] = []
        self.block = "entry"
        self.blocks = 0
        self.joins: list[tuple[str, str, str, str]] = []
        self.leaves: list[tuple[str, str]] = []

    def text(self) -> str:
        """The module."""
        declared = "declare i64 @llvm.smin.i64(i64, i64)\n"
        head = f"define i64 @main({', '.join('i64 ' + name for name in self.parameters)}) {{\nentry:\n"
        return declared + head + "\n".join(self.lines) + "\n}\n"

    def _fresh(self) -> str:
        self.size += 1
        return f"%v{self.size}"

    def _new_block(self) -> str:
        self.blocks += 1
        return f"b{self.blocks}"

    def _start(self, block: str) -> None:
        self.lines.append(f"{block}:")
        self.block = block

    def parameter(self) -> str:
        self.parameters.append(self._fresh())
        return self.parameters[-1]

    def constant(self, value: int) -> str:
        return str(value)

    def apply(self, name: str, left: str, right: str) -> str:
        result = self._fresh()
        if name == "min":
            self.lines.append(f"{result} = call i64 @llvm.smin.i64(i64 {left}, i64 {right})")
        else:
            self.lines.append(f"{result} = {self.NAMES[name]} i64 {left}, {right}")
        return result

    def less(self, left: str, right: str) -> str:
        result = self._fresh()
        self.lines.append(f"{result} = icmp slt i64 {left}, {right}")
        return result

    def begin_if(self, test: str) -> None:
        positive, negative, join = self._new_block(), self._new_block(), self._new_block()
        self.lines.append(f"br i1 {test}, label %{positive}, label %{negative}")
        self.joins.append((negative, join, "", ""))
        self._start(positive)

    def begin_else(self, value: str) -> None:
        negative, join, _, _ = self.joins.pop()
        self.joins.append((negative, join, value, self.block))
        self.lines.append(f"br label %{join}")
        self._start(negative)

    def end_if(self, value: str) -> str:
        _, join, first, first_block = self.joins.pop()
        self.lines.append(f"br label %{join}")
        second_block = self.block
        self._start(join)
        result = self._fresh()
        self.lines.append(f"{result} = phi i64 [ {first}, %{first_block} ], [ {value}, %{second_block} ]")
        return result

    def leave_if(self, test: str, value: str) -> None:
        self.leaves.append((value, self.block))
        onward = self._new_block()
        self.lines.append(f"br i1 {test}, label %leave, label %{onward}")
        self._start(onward)

    def give(self, value: str) -> None:
        if self.leaves:
            self.leaves.append((value, self.block))
            self.lines.append("br label %leave")
            self._start("leave")
            sources = ", ".join(f"[ {source}, %{block} ]" for source, block in self.leaves)
            value = self._fresh()
            self.lines.append(f"{value} = phi i64 {sources}")
        self.lines.append(f"ret i64 {value}")


class XdslWriter:
    """Writes the text that xDSL reads: MLIR's dialects `arith`, `cf` and `func`."""

    NAMES: Final = {
        "add": "addi", "sub": "subi", "mul": "muli", "and": "andi", "or": "ori", "xor": "xori", "min": "minsi",
    }  # fmt: skip

    def __init__(self) -> None:
        self.size = 0
        self.lines: list[str] = []
        self.parameters: list[str] = []
        self.blocks = 0
        self.joins: list[tuple[str, str]] = []
        self.leaves = False

    def text(self) -> str:
        """The module."""
        given = ", ".join(f"{name}: i64" for name in self.parameters)
        return f"func.func @main({given}) -> i64 {{\n" + "\n".join(self.lines) + "\n}\n"

    def _emit(self, text: str) -> str:
        self.size += 1
        self.lines.append(f"%v{self.size} = {text}")
        return f"%v{self.size}"

    def _new_block(self) -> str:
        self.blocks += 1
        return f"^b{self.blocks}"

    def parameter(self) -> str:
        self.size += 1
        self.parameters.append(f"%v{self.size}")
        return self.parameters[-1]

    def constant(self, value: int) -> str:
        return self._emit(f"arith.constant {value} : i64")

    def apply(self, name: str, left: str, right: str) -> str:
        return self._emit(f"arith.{self.NAMES[name]} {left}, {right} : i64")

    def less(self, left: str, right: str) -> str:
        return self._emit(f"arith.cmpi slt, {left}, {right} : i64")

    def begin_if(self, test: str) -> None:
        positive, negative, join = self._new_block(), self._new_block(), self._new_block()
        self.lines.append(f'"cf.cond_br"({test}) [{positive}, {negative}] '
                          "<{operandSegmentSizes = array<i32: 1, 0, 0>}> : (i1) -> ()")  # fmt: skip
        self.joins.append((negative, join))
        self.lines.append(f"{positive}:")

    def begin_else(self, value: str) -> None:
        negative, join = self.joins[-1]
        self.lines.append(f"cf.br {join}({value} : i64)")
        self.lines.append(f"{negative}:")

    def end_if(self, value: str) -> str:
        _, join = self.joins.pop()
        self.lines.append(f"cf.br {join}({value} : i64)")
        self.size += 1
        self.lines.append(f"{join}(%v{self.size}: i64):")
        return f"%v{self.size}"

    def leave_if(self, test: str, value: str) -> None:
        self.leaves = True
        onward = self._new_block()
        self.lines.append(f'"cf.cond_br"({test}, {value}) [^leave, {onward}] '
                          "<{operandSegmentSizes = array<i32: 1, 1, 0>}> : (i1, i64) -> ()")  # fmt: skip
        self.lines.append(f"{onward}:")

    def give(self, value: str) -> None:
        if self.leaves:
            self.lines.append(f"cf.br ^leave({value} : i64)")
            self.size += 1
            value = f"%v{self.size}"
            self.lines.append(f"^leave({value}: i64):")
        self.lines.append(f"func.return {value} : i64")


def text_of(make: Callable[[], LlvmWriter | XdslWriter], shape: str, size: int, seed: int = 0) -> str:
    """The program as the text of a peer."""
    writer = make()
    write(writer, shape, size, seed)
    return writer.text()
