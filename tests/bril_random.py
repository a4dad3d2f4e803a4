"""Random Bril programs: of ordinary control flow and of any, over the core and the float, memory and SSA extensions.

Every program ends: what goes back spends fuel. Most runs are without fault; some divide by zero, fail in memory, or
read a variable that was not assigned, which tools may do anything about.
"""

import random
from collections.abc import Callable

INT, BOOL, FLOAT, POINTER, HANDLE = "int", "bool", "float", "ptr<int>", "ptr<ptr<int>>"
NAMES = {
    INT: ("a", "b", "i", "add", "v1", "x.y"),
    BOOL: ("c", "br", "%t"),
    FLOAT: ("f", "g", "const"),
    POINTER: ("p", "q", "r"),
    HANDLE: ("h",),
}
SHADOWS = {INT: ("s", "t"), BOOL: ("u",), FLOAT: ("w",)}
INTS = (0, 1, 2, 3, -1, -2, 7, 10, 2**63 - 1, -(2**63), 2**32, -(2**31))
FLOATS = ("0.0", "-0.0", "1.0", "0.1", "-2.5", "3", "1e300", "1e-300", "5e-324", "0.5")
CELLS = 3


class RandomFunction:
    """Writes one function, which may call itself and those that were made before it."""

    def __init__(self, generator: random.Random, name: str, callees: list["RandomFunction"], size: int) -> None:
        self.random = generator
        self.name = name
        self.callees = callees
        self.left = size
        self.lines: list[str] = []
        self.labels = 0
        self.is_main = name == "main"
        self.params = self.chosen_params()
        self.result = None if self.is_main else generator.choice((None, INT, INT, BOOL, FLOAT))
        self.begin()
        if generator.random() < 0.5:
            self.structured(3)
        else:
            self.blocks()
        self.end()

    def chosen_params(self) -> list[tuple[str, str]]:
        if self.is_main:
            return [("a", INT), ("b", INT), ("c", BOOL), ("f", FLOAT)]
        types = [self.random.choice((INT, INT, BOOL, FLOAT, POINTER)) for _ in range(self.random.randrange(4))]
        return [("fuel", INT), *((f"{NAMES[type][0]}{place}", type) for place, type in enumerate(types))]

    def __str__(self) -> str:
        params = f"({', '.join(f'{name}: {type}' for name, type in self.params)})" if self.params else ""
        result = f": {self.result}" if self.result else ""
        return "\n".join([f"@{self.name}{params}{result} {{", *self.lines, "}"])

    # ---- pieces ---------------------------------------------------------------------------------------------------

    def emit(self, text: str) -> None:
        self.lines.append(f"  {text};")

    def label(self) -> str:
        self.labels += 1
        return f".{self.random.choice(('b', 'bb', 'loop.', 'jmp'))}{self.labels}"

    def place(self, label: str) -> None:
        self.lines.append(f"{label}:")

    def variable(self, type: str) -> str:
        """A variable to read, most often one that is surely assigned."""
        of_type = [name for name, other in self.params if other == type]
        if of_type and self.random.random() < 0.3:
            return self.random.choice(of_type)
        return self.random.choice(NAMES[type])

    def target(self, type: str) -> str:
        return self.random.choice(NAMES[type])

    def constant(self, type: str) -> str:
        if type == INT:
            return str(self.random.choice(INTS) if self.random.random() < 0.4 else self.random.randrange(-3, 12))
        return self.random.choice(("true", "false")) if type == BOOL else self.random.choice(FLOATS)

    def begin(self) -> None:
        if self.is_main:
            self.emit("fuel: int = const 30")
            self.emit(f"cells: int = const {CELLS}")
        self.emit("one: int = const 1")
        self.emit("none: int = const 0")
        if not self.is_main:
            self.rest()
        for type in (INT, BOOL, FLOAT):
            for name in NAMES[type]:
                if (name, type) not in self.params and self.random.random() < 0.97:
                    self.emit(f"{name}: {type} = const {self.constant(type)}")
            for name in SHADOWS[type]:
                self.emit(
                    f"set {name} {NAMES[type][0] if (NAMES[type][0], type) in self.params else self.filled(type)}"
                )
        self.pointers()

    def rest(self) -> None:
        """Return at once if there is no fuel: this is where recursion ends."""
        stop, go = self.label(), self.label()
        self.emit("tired: bool = le fuel none")
        self.emit(f"br tired {stop} {go}")
        self.place(stop)
        self.emit(f"ret {self.filled(self.result)}" if self.result else "ret")
        self.place(go)

    def filled(self, type: str) -> str:
        self.emit(f"z.{type}: {type} = const {self.constant(type)}")
        return f"z.{type}"

    def pointers(self) -> None:
        """Give every pointer a region to point into, where the function has one."""
        given = [name for name, type in self.params if type == POINTER]
        if self.is_main:
            self.emit("region: ptr<int> = alloc cells")
            for offset in range(CELLS):
                self.emit(f"k: int = const {offset}")
                self.emit("cell: ptr<int> = ptradd region k")
                if self.random.random() < 0.98:
                    self.emit(f"store cell {self.random.choice(('k', 'a', 'b'))}")
            given = ["region"]
        self.has_pointers = bool(given)
        if given:
            for name in NAMES[POINTER]:
                self.emit(f"{name}: ptr<int> = id {self.random.choice(given)}")
        if self.is_main:
            self.emit("h: ptr<ptr<int>> = alloc one")
            self.emit("store h region")

    def end(self) -> None:
        """Leave the function."""
        if self.is_main and self.random.random() < 0.95:
            self.emit("free h")
            self.emit("free region")
        if self.result and self.random.random() < 0.95:
            self.emit(f"ret {self.variable(self.result)}")
        elif self.result is None and self.random.random() < 0.5:
            self.emit("ret")

    # ---- instructions ---------------------------------------------------------------------------------------------

    def instruction(self) -> None:
        self.left -= 1
        ways: list[Callable[[], None]] = [self.arithmetic] * 5 + [self.comparison] * 2 + [self.logic, self.floats] * 2
        ways += [self.const, self.copy] * 2 + [self.output] * 3 + [self.division, self.shadow, self.shadow, self.call]
        if self.has_pointers:
            ways += [self.load, self.store] * 3 + [self.move, self.copy_pointer, self.local_region]
            ways += [self.handle] if self.is_main else []
        self.random.choice(ways)()

    def arithmetic(self) -> None:
        op = self.random.choice(("add", "sub", "mul"))
        self.emit(f"{self.target(INT)}: int = {op} {self.variable(INT)} {self.variable(INT)}")

    def division(self) -> None:
        if self.random.random() < 0.7:
            self.emit(f"d: int = const {self.random.choice((1, 2, 3, -1, 7, -4))}")
            self.emit(f"{self.target(INT)}: int = div {self.variable(INT)} d")
        else:
            self.emit(f"{self.target(INT)}: int = div {self.variable(INT)} {self.variable(INT)}")

    def comparison(self) -> None:
        op = self.random.choice(("eq", "lt", "gt", "le", "ge"))
        if self.random.random() < 0.3:
            self.emit(f"{self.target(BOOL)}: bool = f{op} {self.variable(FLOAT)} {self.variable(FLOAT)}")
        else:
            self.emit(f"{self.target(BOOL)}: bool = {op} {self.variable(INT)} {self.variable(INT)}")

    def logic(self) -> None:
        op = self.random.choice(("and", "or", "not"))
        operands = f"{self.variable(BOOL)} {self.variable(BOOL)}" if op != "not" else self.variable(BOOL)
        self.emit(f"{self.target(BOOL)}: bool = {op} {operands}")

    def floats(self) -> None:
        op = self.random.choice(("fadd", "fsub", "fmul", "fdiv"))
        self.emit(f"{self.target(FLOAT)}: float = {op} {self.variable(FLOAT)} {self.variable(FLOAT)}")

    def const(self) -> None:
        type = self.random.choice((INT, INT, BOOL, FLOAT))
        self.emit(f"{self.target(type)}: {type} = const {self.constant(type)}")

    def copy(self) -> None:
        type = self.random.choice((INT, INT, BOOL, FLOAT))
        self.emit(f"{self.target(type)}: {type} = id {self.variable(type)}")

    def output(self) -> None:
        types = [self.random.choice((INT, INT, BOOL, FLOAT)) for _ in range(self.random.choice((1, 1, 1, 2, 3)))]
        self.emit(" ".join(["print", *map(self.variable, types)]))

    def shadow(self) -> None:
        type = self.random.choice((INT, INT, BOOL, FLOAT))
        name = self.random.choice(SHADOWS[type])
        way = self.random.random()
        if way < 0.45:
            self.emit(f"set {name} {self.variable(type)}")
        elif way < 0.9:
            self.emit(f"{name}: {type} = get")
            self.emit(f"{self.target(type)}: {type} = id {name}")
        else:
            self.emit(f"e.{type}: {type} = undef")
            self.emit(f"e.{type}: {type} = id e.{type}")

    def call(self) -> None:
        known = self.callees if self.is_main else [*self.callees, self]
        callees = [callee for callee in known if self.has_pointers or POINTER not in dict(callee.params).values()]
        if not callees:
            return
        callee = self.random.choice(callees)
        self.emit("k: int = const 4")
        self.emit("less: int = div fuel k")
        fuel = "fuel" if callee is not self and self.random.random() < 0.5 else "less"
        operands = [self.variable(type) if name != "fuel" else fuel for name, type in callee.params]
        text = " ".join(["call", f"@{callee.name}", *operands])
        self.emit(f"{self.target(callee.result)}: {callee.result} = {text}" if callee.result else text)

    def offset(self) -> str:
        if self.random.random() < 0.95:
            self.emit(f"k: int = const {self.random.randrange(CELLS)}")
            return "k"
        return self.variable(INT)

    def cell(self) -> str:
        base = self.random.choice(NAMES[POINTER]) if self.random.random() < 0.1 or not self.is_main else "region"
        if self.random.random() < 0.3:
            return base
        self.emit(f"cell: ptr<int> = ptradd {base} {self.offset()}")
        return "cell"

    def load(self) -> None:
        self.emit(f"{self.target(INT)}: int = load {self.cell()}")

    def store(self) -> None:
        self.emit(f"store {self.cell()} {self.variable(INT)}")

    def move(self) -> None:
        name = self.random.choice(NAMES[POINTER])
        if self.is_main:
            self.emit(f"{name}: ptr<int> = ptradd region {self.offset()}")

    def copy_pointer(self) -> None:
        first, second = (self.random.choice(NAMES[POINTER]) for _ in range(2))
        self.emit(f"{first}: ptr<int> = id {second}")

    def handle(self) -> None:
        if self.random.random() < 0.5:
            self.emit(f"store h {self.random.choice(NAMES[POINTER])}")
        else:
            self.emit(f"{self.random.choice(NAMES[POINTER])}: ptr<int> = load h")

    def local_region(self) -> None:
        self.emit("l: ptr<int> = alloc one")
        self.emit(f"store l {self.variable(INT)}")
        if self.random.random() < 0.7:
            self.emit(f"{self.target(INT)}: int = load l")
        if self.random.random() < 0.95:
            self.emit("free l")

    def instructions(self) -> None:
        for _ in range(self.random.randrange(1, 6)):
            self.instruction()

    # ---- control --------------------------------------------------------------------------------------------------

    def structured(self, depth: int) -> None:
        for _ in range(self.random.randrange(1, 5)):
            self.instructions()
            if self.left > 0 and depth:
                self.random.choice((self.conditional, self.loop))(depth - 1)

    def conditional(self, depth: int) -> None:
        then, other, after = self.label(), self.label(), self.label()
        both = self.random.random() < 0.6
        self.emit(f"br {self.variable(BOOL)} {then} {other if both else after}")
        self.place(then)
        self.structured(depth)
        if both:
            self.emit(f"jmp {after}")
            if self.random.random() < 0.2:
                self.instructions()  # which nothing reaches
            self.place(other)
            self.structured(depth)
        self.place(after)

    def loop(self, depth: int) -> None:
        head, body, after = self.label(), self.label(), self.label()
        counter = f"n{self.labels}"
        self.emit(f"{counter}: int = const {self.random.randrange(5)}")
        self.place(head)
        self.spend(after)
        self.emit(f"more: bool = gt {counter} none")
        self.emit(f"br more {body} {after}")
        self.place(body)
        self.structured(depth)
        self.emit(f"{counter}: int = sub {counter} one")
        self.emit(f"jmp {head}")
        self.place(after)

    def spend(self, way_out: str) -> None:
        """Go to `way_out` if there is no fuel left."""
        go = self.label()
        self.emit("fuel: int = sub fuel one")
        self.emit("spent: bool = lt fuel none")
        self.emit(f"br spent {way_out} {go}")
        self.place(go)

    def blocks(self) -> None:
        """Blocks that go anywhere; those that go back spend fuel."""
        labels = [self.label() for _ in range(self.random.randrange(2, 8))]
        way_out = self.label()
        for index, label in enumerate(labels):
            self.place(label)
            self.spend(way_out)
            self.instructions()
            if self.left > 0:
                self.instructions()
            way = self.random.random()
            if way < 0.6:
                targets = [self.random.choice(labels) for _ in range(2)]
                self.emit(f"br {self.variable(BOOL)} {targets[0]} {targets[1]}")
            elif way < 0.8:
                self.emit(f"jmp {self.random.choice((*labels, way_out))}")
            elif way < 0.85 and index:
                self.emit(f"jmp {labels[index - 1]}")
                self.instructions()
        self.place(way_out)


def random_bril(seed: int, size: int = 40) -> str:
    """The text of the program of a seed; `@main(a: int, b: int, c: bool, f: float)`."""
    generator = random.Random(seed)
    functions: list[RandomFunction] = []
    for place in range(generator.randrange(3)):
        functions.append(RandomFunction(generator, f"f{place}", functions[:], size // 2))
    functions.append(RandomFunction(generator, "main", functions[:], size))
    if generator.random() < 0.5:
        functions.reverse()
    return "\n\n".join(map(str, functions)) + "\n"


def random_arguments(seed: int) -> list[tuple[int, int, bool, float]]:
    """Some arguments for the program of a seed."""
    generator = random.Random(seed)
    return [
        (generator.randrange(-3, 10), generator.choice(INTS), generator.random() < 0.5, generator.uniform(-2, 2)),
        (0, 1, True, -0.0),
    ]
