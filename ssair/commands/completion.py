"""`ssairc completion SHELL`: the script by which a shell completes command lines of `ssairc`.

It is made of the parsers of the commands and holds all that it needs, so that completing starts no Python. The first
word may be a command or a file, which generators for common command lines do not know of.
"""

from __future__ import annotations

import argparse
import importlib
import re
import shlex
from collections.abc import Callable, Iterator
from typing import Final

from ssair.commands import COMMANDS, DEFAULT
from ssair.commands.options import CommandParser
from ssair.commands.status import DONE


def parser() -> CommandParser:
    """What the command takes."""
    description = (
        "Print what completes command lines of ssairc. bash: `source <(ssairc completion bash)`, zsh: the same with "
        "zsh, fish: `ssairc completion fish | source`; or keep the output where the shell looks for completions."
    )
    parser = CommandParser("completion", description)
    parser.add_argument("shell", metavar=f"{{{','.join(_SCRIPTS)}}}", help="the shell")
    return parser


def run(arguments: list[str]) -> int:
    """Print the script."""
    command = parser()
    options = command.parse(arguments)
    if options.shell not in _SCRIPTS:
        command.error(f"no completion for {options.shell!r}; there is some for {', '.join(_SCRIPTS)}")
    print(_SCRIPTS[options.shell]())
    return DONE


# ---- what there is to complete ------------------------------------------------------------------------------------


def _actions(command: str) -> list[argparse.Action]:
    """The options and arguments of a command."""
    found: CommandParser = importlib.import_module(COMMANDS[command].module).parser()
    return [action for action in found._actions if action.help != argparse.SUPPRESS]


def _words(action: argparse.Action) -> list[str]:
    """What an argument may be, where that is one of some words."""
    metavar = str(action.metavar or "")
    if (listed := re.fullmatch(r"\{(.*)\}", metavar)) is not None:
        return listed[1].split(",")
    return _known_words().get(metavar, [])


def _known_words() -> dict[str, list[str]]:
    """Words by what the help calls them."""
    from ssair.explanations import explanations
    from ssair.pipeline import PASSES

    return {"PASS": [*PASSES, "all"], "NAME": list(PASSES), "A,B,C": list(PASSES), "CODE": list(explanations())}


def _options(command: str) -> list[str]:
    return [name for action in _actions(command) for name in action.option_strings]


def _arguments(command: str) -> list[str]:
    """The words that may stand where no option does."""
    return [word for action in _actions(command) if not action.option_strings for word in _words(action)]


# ---- bash and zsh -------------------------------------------------------------------------------------------------

_BASH: Final = """\
_ssairc() {{
  local word="${{COMP_WORDS[COMP_CWORD]}}" before="${{COMP_WORDS[COMP_CWORD-1]}}" command={default} words="" i
  if [[ $word == "=" ]]; then word=""; elif [[ $before == "=" ]]; then before="${{COMP_WORDS[COMP_CWORD-2]}}"; fi
  if (( COMP_CWORD > 1 )); then
    case "${{COMP_WORDS[1]}}" in {commands}) command="${{COMP_WORDS[1]}}" ;; esac
  fi
  case "$command $before" in
{values}
  esac
  if [[ -z $words ]]; then
    case "$command" in
{positions}
    esac
    if (( COMP_CWORD == 1 )); then words+=" {names}"; fi
    if [[ $word != -* ]]; then
      COMPREPLY=( $(compgen -W "$words" -- "$word") $(compgen -f -- "$word") )
      return
    fi
    case "$command" in
{options}
    esac
  fi
  COMPREPLY=( $(compgen -W "$words" -- "$word") )
}}
complete -o filenames -F _ssairc ssairc"""


def _bash() -> str:
    cases = [(command, action) for command in COMMANDS for action in _actions(command)]
    return _BASH.format(
        default=DEFAULT,
        commands="|".join(COMMANDS),
        names=" ".join(COMMANDS),
        values="\n".join(
            f'    "{command} {name}") words={shlex.quote(" ".join(_words(action)))} ;;'
            for command, action in cases
            if _words(action)
            for name in action.option_strings
        ),
        positions="\n".join(_bash_case(command, _arguments(command)) for command in COMMANDS if _arguments(command)),
        options="\n".join(_bash_case(command, _options(command)) for command in COMMANDS),
    )


def _bash_case(command: str, words: list[str]) -> str:
    return f"      {command}) words+={shlex.quote(' ' + ' '.join(words))} ;;"


def _zsh() -> str:
    return f"autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n{_bash()}"


# ---- fish ---------------------------------------------------------------------------------------------------------


def _fish() -> str:
    names = " ".join(COMMANDS)
    lines = [
        f"complete -c ssairc -n __fish_is_first_token -a {command.name} -d {shlex.quote(command.summary)}"
        for command in COMMANDS.values()
    ]
    for command in COMMANDS:
        seen = f"not __fish_seen_subcommand_from {names}" if command == DEFAULT else ""
        own = f"__fish_seen_subcommand_from {command}"
        for condition in filter(None, (own, seen)):
            lines += _fish_lines(command, condition)
    return "\n".join(lines)


def _fish_lines(command: str, condition: str) -> Iterator[str]:
    for action in _actions(command):
        words = " ".join(_words(action))
        choice = f" -a {shlex.quote(words)}" if words else ""
        needs = " -r" if action.option_strings and action.nargs != 0 else ""
        names = " ".join(
            f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in action.option_strings
        )
        if names or choice:
            what = shlex.quote((action.help or "").replace("%%", "%"))
            yield f"complete -c ssairc -n {shlex.quote(condition)} {names}{needs}{choice} -d {what}"


_SCRIPTS: Final[dict[str, Callable[[], str]]] = {"bash": _bash, "zsh": _zsh, "fish": _fish}
