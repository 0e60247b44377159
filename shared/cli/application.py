"""The commands by name, and one sentence on stderr for whatever goes wrong."""

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from typing import Annotated

import typer
from rich.console import Console

DEBUG_VARIABLE = "TANDEM_DEBUG"
DEBUG_OPTION = "--debug"

COMMANDS: Mapping[str, tuple[str, str]] = {
    "up": ("up", "up"),
    "keep": ("keep", "keep"),
    "login": ("login", "login"),
    "status": ("status", "status"),
    "doctor": ("doctor", "doctor"),
    "tail": ("tail", "tail"),
    "report": ("report", "report"),
    "reports": ("report", "reports"),
    "evidence": ("report", "evidence"),
    "publish-report": ("publications", "publish_report"),
    "diff": ("publications", "diff"),
    "verify": ("publications", "verify"),
    "explain": ("explain", "explain"),
    "publish": ("publish", "publish"),
    "import": ("importing", "commands"),
    "generate": ("generate", "generate"),
    "schemas": ("publish", "schemas"),
    "conformance": ("conformance", "conformance"),
    "audit": ("audit", "audit"),
    "rebuild": ("rebuild", "rebuild"),
    "backup": ("backup", "commands"),
    "restore": ("backup", "restore"),
    "credentials": ("credentials", "commands"),
    "log": ("operator_log", "log"),
    "rejected": ("rejected", "commands"),
    "waiting": ("messages", "waiting"),
    "queue": ("questions", "commands"),
    "person": ("person", "commands"),
}
"""Each command with the module of this package, and the name in it, that does it."""


def application(names: Iterable[str] = COMMANDS) -> typer.Typer:
    """Return the command line with these commands; only their modules are loaded."""
    built = typer.Typer(
        name="tandem",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    )
    built.callback()(common)
    for name in names:
        module, attribute = COMMANDS[name]
        does = getattr(import_module(f"shared.cli.{module}"), attribute)
        if isinstance(does, typer.Typer):
            built.add_typer(does, name=name)
        else:
            built.command(name)(does)
    return built


def common(
    debug: Annotated[
        bool,
        typer.Option(
            DEBUG_OPTION, envvar=DEBUG_VARIABLE, help="Show the traceback when something fails."
        ),
    ] = False,
) -> None:
    """What the National League of Cities and the Strong Cities Network do together."""


def main() -> None:
    """Run the command line; a failure is one sentence on stderr and the exit code 1."""
    debug = DEBUG_OPTION in sys.argv[1:] or bool(os.environ.get(DEBUG_VARIABLE))
    arguments = [each for each in sys.argv[1:] if each != DEBUG_OPTION]
    telling(lambda: application(wanted(arguments))(arguments), debug=debug)


def telling(work: Callable[[], None], *, debug: bool = False) -> None:
    """Do some work; when it fails, say so in one sentence and exit with 1, or raise to debug."""
    try:
        work()
    except Exception as error:
        if debug:
            raise
        from shared.cli.failures import sentence  # knows gRPC and NATS, which take time to load

        said = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
        said.print(sentence(error), style="red")
        sys.exit(1)


def wanted(arguments: Sequence[str]) -> Iterable[str]:
    """Return the command that is asked for, or all when that is not one: for help or a mistake."""
    first = next(iter(arguments), "")
    return [first] if first in COMMANDS else COMMANDS
