"""The command `rollcall`: its subcommands, and how their errors are shown."""

from __future__ import annotations

import os
from importlib import metadata
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.text import Text
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException

from rollcall.adapters.errors import AWS_ERRORS
from rollcall.model.errors import RollcallError
from rollcall_cli.aws.composition import build_composition
from rollcall_cli.commands.approve import approve
from rollcall_cli.commands.doctor import doctor
from rollcall_cli.commands.drill import drill
from rollcall_cli.commands.explain import explain
from rollcall_cli.commands.history import history
from rollcall_cli.commands.init import init
from rollcall_cli.commands.pause import pause, unpause
from rollcall_cli.commands.plan import plan
from rollcall_cli.commands.release import release
from rollcall_cli.commands.report import report
from rollcall_cli.commands.setup import setup
from rollcall_cli.commands.status import status
from rollcall_cli.commands.sweep import sweep
from rollcall_cli.commands.validate import validate
from rollcall_cli.text.problems import (
    ERROR,
    INTERRUPTED,
    CommandError,
    explain_aws_error,
    explain_machine_error,
)
from rollcall_config.document import ConfigError

if TYPE_CHECKING:
    from rich.console import Console

#: If set, an unexpected error is shown with its traceback, which can contain contact details.
TRACEBACK: Final = "ROLLCALL_TRACEBACK"

#: The library writes it before each value that is not one of a list.
_LEAKED: Final = "Value error, "


class _Help:
    """Shows the help option without a placeholder for its value: it takes none."""

    def get_help_option(self, ctx: Any) -> Any:
        option = super().get_help_option(ctx)  # type: ignore[misc]  # of the class that this is mixed into
        if option is not None:
            option.metavar = ""
        return option


class _Command(_Help, TyperCommand):
    pass


class _Commands(_Help, TyperGroup):
    """Shows errors as text with exit status 1. Status 2 always means a difference."""

    def make_context(self, *args: Any, **parameters: Any) -> Any:
        try:
            return super().make_context(*args, **parameters)
        except TyperException as error:
            raise _correct(error) from None

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except TyperException as error:
            raise _correct(error) from None
        except (typer.Exit, BrokenPipeError):
            raise
        except (KeyboardInterrupt, typer.Abort) as error:
            raise typer.Exit(_show_interruption(ctx, error)) from None
        except CommandError as error:
            _show_error(ctx.obj.err, error.problem, fix=error.fix)
            raise typer.Exit(error.status) from None
        except ConfigError as error:
            _show_error(
                ctx.obj.err, str(error), fix="correct the configuration; `rollcall validate` checks it"
            )
        except RollcallError as error:
            _show_error(ctx.obj.err, str(error), fix="run the command again in a minute")
        except Exception as error:  # the edge of the program: a person gets text for any error
            if os.environ.get(TRACEBACK):
                raise
            _show_unforeseen(ctx.obj.err, error)
        raise typer.Exit(ERROR)


app = typer.Typer(
    name="rollcall",
    cls=_Commands,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
for _command in (
    *(init, validate, plan, explain, status, sweep, approve),
    *(pause, unpause, release, history, report, setup, doctor, drill),
):
    app.command(cls=_Command)(_command)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"rollcall {metadata.version('rollcall')}")
        raise typer.Exit


@app.callback()
def main(
    context: typer.Context,
    *,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", metavar="", callback=_show_version, is_eager=True, help="Show the version."
        ),
    ] = False,
) -> None:
    """The right people on every AWS account: set Rollcall up, preview its changes, operate it."""
    context.obj = context.obj or build_composition()


def _correct(error: TyperException) -> TyperException:
    """Return the error of the library with our exit status, and without the name of its own error."""
    error.exit_code = ERROR
    error.message = error.message.replace(_LEAKED, "", 1)
    return error


def _show_interruption(ctx: Any, error: BaseException) -> int:
    """Show why the command ended before its end; returns the exit status. Questions end in typer.Abort."""
    if isinstance(error, typer.Abort):
        ctx.obj.err.print()  # The line of the question has no end yet.
        if isinstance(error.__context__, EOFError):
            # Every command that asks has this option.
            _show_error(ctx.obj.err, "the question was not answered: end of input", fix="add --yes")
            return ERROR
    _show_error(ctx.obj.err, "interrupted", fix=_describe_interruption(ctx))
    return INTERRUPTED


def _describe_interruption(ctx: Any) -> str:
    if ctx.invoked_subcommand == "setup":
        return "completed steps stay completed; run the command again to continue"
    return "nothing was changed"


def _show_unforeseen(console: Console, error: Exception) -> None:
    known = None
    if isinstance(error, AWS_ERRORS):  # first: some of them are errors of this machine, too
        known = explain_aws_error(error)
    elif isinstance(error, OSError):
        known = explain_machine_error(error)
    if known is not None:
        _show_error(console, known.problem, fix=known.fix)
        return
    fix = f"this is a bug in Rollcall, please report it; {TRACEBACK}=1 shows the traceback"
    _show_error(console, f"unexpected {type(error).__name__}", fix=fix)


def _show_error(console: Console, problem: str, *, fix: str) -> None:
    console.print(Text.assemble(("error: ", "red"), problem), soft_wrap=True)
    console.print(Text.assemble(("fix: ", "bold"), fix), soft_wrap=True)
