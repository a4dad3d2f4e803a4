"""`ssairc FILE`: a stage of a program as text, by default the optimised IR.

Imports neither jax nor networkx for the stages up to the optimised IR, so that a dump comes at once.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Final, NamedTuple

from ssair.commands.colours import columns_of, paint_for
from ssair.commands.files import check_apart, read_program, write_text
from ssair.commands.messages import say
from ssair.commands.options import DEFAULT_LEVEL, CommandParser, add_level, add_source
from ssair.commands.status import DONE
from ssair.emit import EMITTERS, Request
from ssair.progress import waiting
from ssair.sources import UsageError

if TYPE_CHECKING:
    from ssair.commands.pass_dumps import PassDumps
    from ssair.context import Context, Fuel
    from ssair.ir import Module
    from ssair.rendering import Paint


class _Option(NamedTuple):
    """An option that not all stages have a use for: the field of a `Request` that it sets, and why some have none."""

    flag: str
    field: str
    because: str


#: How remarks and the IR are written; the names are here so that no other stage imports what writes them.
FORMATS: Final = ("text", "json")
#: What `--emit dot` draws; here for the same reason.
GRAPH_KINDS: Final = ("cfg", "domtree", "values", "calls")
_NO_PASSES: Final = "it shows the program before any pass"
_OPTIONS: Final = (
    _Option("--entry", "entry", "it shows the whole program"),
    _Option("--passes", "passes", _NO_PASSES),
    _Option("-O", "level", _NO_PASSES),
    _Option("--print-after", "context", _NO_PASSES),
    _Option("--print-changed", "context", _NO_PASSES),
    _Option("--fuel", "context", _NO_PASSES),
    _Option("--verify-each", "context", _NO_PASSES),
    _Option("--time-passes", "context", _NO_PASSES),
    _Option("--stats", "context", _NO_PASSES),
    _Option("--size", "sizes", "it is made for all sizes at once"),
    _Option("--graph", "graph", "it is no graph"),
)


def run(arguments: list[str]) -> int:
    """Print the stage that is asked for; times and counters go to standard error."""
    command = parser()
    options = command.parse(arguments)
    _refuse_useless_options(command, options)
    check_apart(options.file, options.output)
    text, name, frontend = read_program(options.file, options.frontend)
    if options.validate:
        from ssair.commands.validation import print_verdicts

        return print_verdicts(text, name, frontend, _level(options), options)
    if options.remarks or options.kept:
        return _print_remarks(Request(text, name, frontend, options.entry, options.passes, _level(options)), options)
    paint = paint_for(sys.stdout if options.output is None else None, options.color)
    dumps, context = _hooks(options, paint)
    sizes = _sizes(options.size)
    graph = options.graph or "cfg"
    request = Request(text, name, frontend, options.entry, options.passes, _level(options), sizes, context, graph)
    with waiting(f"compiling {name}"):
        result = _stage_text(request, options, dumps, paint)
    write_text(options.output, "\n".join([*dumps.texts, result.rstrip("\n")]) + "\n")
    if options.fuel is not None:
        say(_spent(context.fuel))
    if options.format == "json":
        return DONE
    if options.time_passes:
        _print_table("seconds", {name: f"{seconds:.4f}" for name, seconds in context.times.items()})
    if options.stats:
        _print_table("count", {name: str(count) for name, count in sorted(context.counters.items())})
    return DONE


def parser() -> CommandParser:
    """What the command takes."""
    parser = CommandParser("dump", "Print a stage of a program: by default the optimised IR.")
    add_source(parser)
    parser.add_choice("--emit", "stage", EMITTERS, "what to print (default: opt)")
    parser.add_argument("--remarks", action="store_true", help="tell of each check whether it is still made, and why")
    parser.add_argument("--kept", action="store_true", help="as --remarks, but only of the checks that are still made")
    parser.add_choice("--format", "format", FORMATS, "how the IR or --remarks are written (default: text)")
    parser.add_argument("--entry", metavar="F", help="the function that a program starts with")
    parser.add_argument("--passes", metavar="A,B,C", help="run just these passes, in this order")
    add_level(parser)
    parser.add_argument("--print-after", metavar="PASS", help="print the IR after this pass, or after all of them")
    parser.add_argument("--print-changed", action="store_true", help="print how each pass changed the IR")
    parser.add_argument(
        "--annotate", action="store_true", help="align the IR, and say what of the source it stands for"
    )
    parser.add_argument(
        "--fuel", metavar="N", type=_count, help="make only the first N rewrites, and tell the last one"
    )
    parser.add_argument("--verify-each", action="store_true", help="verify the IR after every pass")
    parser.add_argument(
        "--validate", action="store_true", help="prove by z3 that each pass changed nothing, or say why not"
    )
    parser.add_argument("--validate-seconds", metavar="S", type=float, help="how long a proof may take (default: 10)")
    parser.add_argument("--time-passes", action="store_true", help="say how long each pass took (standard error)")
    parser.add_argument("--stats", action="store_true", help="count what each pass did (standard error)")
    parser.add_argument(
        "--size", metavar="n=8", action="append", default=[], help="a size for --emit jaxpr and hlo; may be repeated"
    )
    parser.add_choice("--graph", "graph", GRAPH_KINDS, "what --emit dot draws (default: cfg)")
    parser.add_argument("-o", dest="output", metavar="OUT", help="write to this file")
    return parser


def _level(options: argparse.Namespace) -> int:
    level: int | None = options.level
    return DEFAULT_LEVEL if level is None else level


def _print_remarks(request: Request, options: argparse.Namespace) -> int:
    from ssair.commands.remarks import remarks_text

    stream = sys.stdout if options.output is None else None
    paint, columns = paint_for(stream, options.color), columns_of(stream)
    with waiting(f"compiling {request.name}"):
        text = remarks_text(request, options.format or "text", options.kept, paint, columns)
    write_text(options.output, text)
    return DONE


#: The options that say what stage is shown, or how.
_OF_A_STAGE: Final = (
    "--emit",
    "--print-after",
    "--print-changed",
    "--annotate",
    "--fuel",
    "--verify-each",
    "--time-passes",
    "--stats",
    "--size",
    "--graph",
)


def _refuse_useless_options(parser: CommandParser, options: argparse.Namespace) -> None:
    """UsageError for options that would be ignored."""
    remarks = "--remarks" if options.remarks else "--kept" if options.kept else ""
    if options.validate_seconds is not None and not options.validate:
        parser.error("--validate-seconds has no meaning without --validate")
    if options.validate and (remarks or options.format):
        parser.error(f"{remarks or '--format'} has no meaning with --validate, which shows no stage")
    if remarks or options.validate:
        for flag in _OF_A_STAGE:
            if _is_given(options, flag):
                parser.error(f"{flag} has no meaning with {remarks or '--validate'}, which shows no stage")
    stage = options.emit or "opt"
    for flag in ("--format", "--annotate"):
        if _is_given(options, flag) and not remarks and EMITTERS[stage].module is None:
            parser.error(f"{flag} has no meaning with --emit {stage}, which is not the IR")
    if options.format == "json" and not remarks:
        for flag in ("--annotate", "--print-after", "--print-changed"):
            if _is_given(options, flag):
                parser.error(f"{flag} has no meaning with --format json, which is not for reading")
    for option in _OPTIONS:
        if _is_given(options, option.flag) and option.field not in EMITTERS[stage].uses:
            parser.error(f"{option.flag} has no meaning with --emit {stage}: {option.because}")
    if options.passes is not None and options.level is not None:
        parser.error("--passes says which passes run, and so does -O: give one of them")


def _is_given(options: argparse.Namespace, flag: str) -> bool:
    value = getattr(options, "level" if flag == "-O" else flag[2:].replace("-", "_"))
    return value is not None and value is not False and value != []  # level 0 is one


def _hooks(options: argparse.Namespace, paint: Paint) -> tuple[PassDumps, Context]:
    """What watches the passes as the options ask for it."""
    from ssair.commands.pass_dumps import PassDumps, refuse_absent_pass
    from ssair.context import Context, Fuel

    if options.print_after is not None:
        refuse_absent_pass(options, _level(options))
    dumps = PassDumps(options.print_after, options.print_changed, paint)
    watched = options.print_after is not None or options.print_changed
    context = Context(
        after_pass=dumps.note if watched else None,
        fuel=Fuel(options.fuel),
        verify_each=options.verify_each,
        time_passes=options.time_passes,
    )
    return dumps, context


def _stage_text(request: Request, options: argparse.Namespace, dumps: PassDumps, paint: Paint) -> str:
    """The stage that is asked for, as it is asked for."""
    emitter = EMITTERS[options.emit or "opt"]
    if emitter.module is None:
        return emitter.text(request)
    from ssair.commands.ir_colours import painted_ir

    if options.print_changed:
        dumps.begin(request.module())
    module = emitter.module(request)
    if options.format == "json":
        return _json_text(module, request.context, options)
    if options.annotate:
        from ssair.listing import list_module

        return painted_ir(list_module(module), paint)
    return painted_ir(str(module), paint)


def _json_text(module: Module, context: Context, options: argparse.Namespace) -> str:
    """The IR as JSON; times and counters are in it where they are asked for."""
    import json

    from ssair.ir_json import module_data

    data = module_data(module)
    if options.time_passes:
        data["seconds"] = context.times
    if options.stats:
        data["counters"] = dict(sorted(context.counters.items()))
    return json.dumps(data)


def _spent(fuel: Fuel) -> str:
    """How many rewrites were made, and which was the last."""
    made = f"{fuel.spent} rewrite{' was' if fuel.spent == 1 else 's were'} made"
    return f"{made}; the last is of {fuel.last[0]}: {fuel.last[1]}" if fuel.last is not None else made


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise UsageError(f"--fuel wants a number of rewrites, not {text!r}")
    return int(text)


def _print_table(unit: str, rows: dict[str, str]) -> None:
    """Two columns on standard error."""
    width = max(map(len, (*rows, "pass")))
    for name, cell in (("pass", unit), *rows.items()):
        print(f"{name:<{width}}  {cell:>10}", file=sys.stderr)


def _sizes(items: list[str]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for item in items:
        name, equals, number = map(str.strip, item.partition("="))
        if not (name and equals and number.isdecimal() and number.isascii()):
            raise UsageError(f"--size wants a name and a number, as in n=8, not {item!r}")
        if name in sizes:
            raise UsageError(f"--size {name} is given twice")
        sizes[name] = int(number)
    return sizes
