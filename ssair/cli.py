"""`ssairc`: programs to dumps, and programs run, from the command line.

    ssairc FILE [--emit STAGE] …      print a stage of a program, by default the optimised IR
    ssairc run FILE ARGS…             run a program
    ssairc devices                    list the devices that kernels can run on

Exit status: 0 done, 1 the program is faulty, 2 the command line is, 3 a fault of ssair's own, 4 the program trapped.
Dumps import neither jax nor networkx, so that they come at once.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ssair.diagnostics import Diagnostic, Source, SourceError, Span, SsairError, decode_source
from ssair.sources import FRONTENDS, UsageError, frontend_of, read_file

if TYPE_CHECKING:
    from ssair.context import Context
    from ssair.ir import Function

DONE, PROGRAM_ERROR, USAGE_ERROR, OWN_FAULT, TRAPPED = range(5)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (default: that of the process); gives the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    command = _COMMANDS.get(arguments[0]) if arguments else None
    try:
        if command is not None:
            return command(arguments[1:])
        return _dump(arguments)
    except SourceError as error:
        print(error, file=sys.stderr)
        return PROGRAM_ERROR
    except UsageError as error:
        print(f"ssairc: {error}", file=sys.stderr)
        return USAGE_ERROR
    except SsairError as error:
        return _report_error(error)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that the flush at exit is quiet
        return DONE
    except OSError as error:
        print(f"ssairc: {error.strerror or error}", file=sys.stderr)
        return USAGE_ERROR
    except KeyboardInterrupt:
        print("ssairc: interrupted", file=sys.stderr)
        return 130
    except Exception as fault:
        return _report_own_fault(fault)


def _report_error(error: SsairError) -> int:
    from ssair.traps import Trap

    if isinstance(error, Trap):
        print(f"trap[{error.kind}]: {error}", file=sys.stderr)
        return TRAPPED
    print(f"ssairc: {error}", file=sys.stderr)
    return USAGE_ERROR if isinstance(error, TypeError | ValueError) else PROGRAM_ERROR  # arguments that do not fit


def _report_own_fault(fault: Exception) -> int:
    if os.environ.get("SSAIR_DEBUG"):
        raise fault
    print(f"ssairc: a fault of ssair's own: {type(fault).__name__}: {fault}", file=sys.stderr)
    print("ssairc: please report it with the program; SSAIR_DEBUG=1 shows where it happened", file=sys.stderr)
    return OWN_FAULT


# ---- dumps --------------------------------------------------------------------------------------------------------


def _dump_parser() -> argparse.ArgumentParser:
    from ssair.emit import EMITTERS

    parser = argparse.ArgumentParser(
        prog="ssairc",
        description="Print a stage of a program: by default the optimised IR.",
        epilog="Further commands: `ssairc run FILE ARGS…` runs a program, `ssairc devices` lists the devices.",
    )
    _add_source(parser)
    parser.add_argument("--emit", choices=EMITTERS, default="opt", help="what to print (default: opt)")
    parser.add_argument("--entry", metavar="F", help="the function that a program starts with")
    parser.add_argument("--passes", metavar="A,B,C", help="run just these passes, in this order")
    _add_level(parser)
    parser.add_argument("--print-after", metavar="PASS", help="print the IR after this pass, or after all of them")
    parser.add_argument("--verify-each", action="store_true", help="verify the IR after every pass")
    parser.add_argument("--time-passes", action="store_true", help="say how long each pass took (standard error)")
    parser.add_argument("--stats", action="store_true", help="count what each pass did (standard error)")
    parser.add_argument(
        "--size", metavar="n=8", action="append", default=[], help="a size for --emit jaxpr and hlo; may be repeated"
    )
    parser.add_argument("-o", dest="output", metavar="OUT", help="write to this file")
    parser.add_argument("--version", action="version", version=_version())
    return parser


def _add_source(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="the program; - is standard input")
    parser.add_argument("--frontend", choices=FRONTENDS, help="what the program is written in (default: by its suffix)")


def _add_level(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-O", dest="level", type=int, choices=range(4), default=2, help="how much to optimise (default: 2)"
    )


def _dump(arguments: list[str]) -> int:
    options = _dump_parser().parse_args(arguments)
    from ssair.emit import EMITTERS, Request

    text, name, frontend = _read(options.file, options.frontend)
    printed: list[str] = []
    context = _context(options, printed)
    sizes = dict(_size(item) for item in options.size)
    request = Request(text, name, frontend, options.entry, options.passes, options.level, sizes, context)
    result = EMITTERS[options.emit](request)
    _write(options.output, "\n".join([*printed, result.rstrip("\n")]) + "\n")
    if options.time_passes:
        _print_table("seconds", {name: f"{seconds:.4f}" for name, seconds in context.times.items()})
    if options.stats:
        _print_table("count", {name: str(count) for name, count in sorted(context.counters.items())})
    return DONE


def _context(options: argparse.Namespace, printed: list[str]) -> Context:
    """The hooks that the options ask for; dumps after passes go to `printed`."""
    from ssair.context import Context
    from ssair.pipeline import PASSES

    wanted = options.print_after
    if wanted not in (None, "all", *PASSES):
        raise UsageError(f"no pass is called {wanted!r}; there are: all, {', '.join(PASSES)}")

    def print_after(name: str, function: Function) -> None:
        if wanted in ("all", name):
            printed.append(f"; after {name}\n{function}\n")

    return Context(
        after_pass=print_after if wanted else None,
        verify_each=options.verify_each,
        time_passes=options.time_passes,
    )


def _print_table(unit: str, rows: dict[str, str]) -> None:
    """Two columns on standard error."""
    width = max(map(len, (*rows, "pass")))
    for name, cell in (("pass", unit), *rows.items()):
        print(f"{name:<{width}}  {cell:>10}", file=sys.stderr)


def _read(file: str, frontend: str | None) -> tuple[str, str, str]:
    """The program's text, the name to report it by, and its front end."""
    if file == "-":
        if sys.stdin is None:
            raise UsageError("there is no standard input")
        return decode_source(sys.stdin.buffer.read(), "<stdin>"), "<stdin>", frontend or "fun"
    path = Path(file)
    chosen = frontend or frontend_of(path)
    if chosen not in FRONTENDS:
        raise UsageError(f"no front end reads {file!r}; there are: {', '.join(FRONTENDS)}")
    return read_file(path), file, chosen


def _size(text: str) -> tuple[str, int]:
    name, equals, number = text.partition("=")
    if not equals or not number.strip().isdecimal():
        raise UsageError(f"--size wants a name and a number, as in n=8, not {text!r}")
    return name.strip(), int(number)


def _write(output: str | None, text: str) -> None:
    if output is None or output == "-":
        sys.stdout.write(text)
        return
    try:
        Path(output).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {output}: {error.strerror}") from error


# ---- running ------------------------------------------------------------------------------------------------------


def _run_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ssairc run", description="Run a program and print its value.")
    _add_source(parser)
    parser.add_argument("arguments", metavar="ARGS", nargs="*", help="numbers, true, false, JSON arrays, @file.npy")
    parser.add_argument("--entry", metavar="F", help="the function to call")
    parser.add_argument("--device", metavar="D", help="where to run it, as `ssairc devices` lists them")
    parser.add_argument("--interpret", action="store_true", help="run it in the interpreter, without jax")
    _add_level(parser)
    return parser


def _run(arguments: list[str]) -> int:
    # a leading blank keeps argparse from taking -1e5 or -inf for an option
    guarded = [f" {argument}" if _is_negative_number(argument) else argument for argument in arguments]
    options = _run_parser().parse_intermixed_args(guarded)
    values = [parse_argument(argument.strip()) for argument in options.arguments]
    text, name, frontend = _read(options.file, options.frontend)
    run = _interpret if options.interpret else _run_kernel
    try:
        run(text, name, frontend, options, values)
    except SsairError as error:
        return _report_trap(error, Source(text, name)) if frontend == "fun" else _report_error(error)
    return DONE


def _report_trap(error: SsairError, source: Source) -> int:
    """Show a trap with the line of the source that it stands on."""
    from ssair.traps import Trap

    if not isinstance(error, Trap) or error.span is None:
        raise error
    span = error.span
    start, end = source.offset(span.line, span.column), source.offset(span.end_line, span.end_column)
    excerpt = source.excerpt(Span(start, end))
    shown = Diagnostic(error.kind, error.reason, *span, source_name=source.name, excerpt=excerpt).render()
    print(shown.replace("error[", "trap[", 1), file=sys.stderr)
    return TRAPPED


def _is_negative_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text.startswith("-")


def parse_argument(text: str) -> Any:
    """The value that an argument of `ssairc run` stands for; UsageError if it is none."""
    if text.startswith("@"):
        import numpy as np

        try:
            return np.load(text[1:], allow_pickle=False)
        except (OSError, ValueError) as error:
            raise UsageError(f"cannot read the array {text[1:]}: {error}") from error
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        return float(text)  # inf, nan
    except ValueError:
        raise UsageError(f"no argument: {text[:60]!r}; numbers, true, false, JSON arrays and @file.npy are") from None


def _interpret(text: str, name: str, frontend: str, options: argparse.Namespace, values: list[Any]) -> None:
    from ssair.emit import Request
    from ssair.interpreted import call
    from ssair.signature import signature_of

    module = Request(text, name, frontend, options.entry, level=options.level).optimized()
    print(format_result(call(module, values, on_print=print), signature_of(module.entry()).result))


def _run_kernel(text: str, name: str, frontend: str, options: argparse.Namespace, values: list[Any]) -> None:
    from ssair.emit import Request
    from ssair.kernel import compile_module

    module = Request(text, name, frontend, options.entry).module()
    kernel = compile_module(module, level=options.level, device=options.device)
    print(format_result(kernel(*values), kernel.signature.result))


def format_result(value: Any, tree: object) -> str:
    """The value of a program as `print` shows values; tuples as `(1, 2)`."""
    import numpy as np

    from ssair.semantics import dtype_of, format_value
    from ssair.types import Type

    parts: list[str] = []
    stack: list[tuple[Any, object] | str] = [(value, tree)]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            parts.append(item)
        elif isinstance(item[1], Type):
            parts.append(format_value(np.asarray(item[0], dtype_of(item[1]))))
        else:
            assert isinstance(item[1], tuple)
            inner: list[tuple[Any, object] | str] = [")"]
            for pair in reversed(list(zip(item[0], item[1], strict=True))):
                inner += [pair, ", "]
            stack += [*(inner[:-1] if len(inner) > 1 else inner), "("]
    return "".join(parts)


def _devices(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="ssairc devices", description="List the devices that kernels can run on.")
    parser.parse_args(arguments)
    from ssair.placement import devices

    for device in devices():
        print(device)
    return DONE


_COMMANDS: Final[dict[str, Callable[[list[str]], int]]] = {"run": _run, "devices": _devices}


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"ssairc {version('ssair')}"
    except PackageNotFoundError:
        return "ssairc (not installed)"


if __name__ == "__main__":
    sys.exit(main())
