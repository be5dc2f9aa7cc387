"""The command line as a whole: all commands, and what becomes of their errors."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from batchtui import __version__
from batchtui.cli import options
from batchtui.cli.demo import demo
from batchtui.cli.desk import opened
from batchtui.cli.follow import sync, watch
from batchtui.cli.key import key
from batchtui.cli.look import list_batches, show
from batchtui.cli.manage import adopt, cancel, rename
from batchtui.cli.options import Given
from batchtui.cli.output import flush, say
from batchtui.cli.report import report
from batchtui.cli.results import results
from batchtui.cli.retry import retry
from batchtui.cli.screens import open_screens, require_terminal
from batchtui.cli.send import submit
from batchtui.cli.settle import settle
from batchtui.cli.simulate import simulate
from batchtui.cli.upkeep import doctor, paths, show_config
from batchtui.domain.errors import BatchtuiError

INTERRUPTED = 130
READER_GONE = 1

COMMANDS = (
    *(demo, simulate, list_batches, show, submit, settle, sync, watch, results, retry),
    *(cancel, adopt, rename, key, paths, show_config, doctor),
)


class _ReaderGoneError(Exception):
    """Whoever read stdout has gone away, as `head` does; not an error to talk about."""


class _Commands(click.Group):
    """The commands in the order a user meets them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> object:
        # Below this click makes a broken pipe a plain exit, and Python then complains while it shuts down.
        try:
            value = super().invoke(ctx)
            flush()
        except BrokenPipeError as error:
            raise _ReaderGoneError from error
        return value


@click.group(cls=_Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@options.general
@click.version_option(__version__, prog_name="batchtui", message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context) -> None:
    """Send, watch, read and repair Anthropic Message Batches. Without a command, open the screens.

    An ID is a batch id, a unique beginning of one, the name of a job, or @1 for the newest batch. Exit codes: 0
    done, 1 error, 2 usage, 3 ended with failed rows (watch), 4 a submission is unclear (settle), 130 interrupted.
    """
    if context.invoked_subcommand is None:
        given = context.ensure_object(Given)
        require_terminal()
        config = given.config()
        with opened(given, config) as desk:
            open_screens(given, desk, config)


for command in COMMANDS:
    cli.add_command(command)


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            # A terminal that cannot show a character gets a question mark, not a traceback.
            reconfigure(errors="replace")
    try:
        code = cli.main(list(arguments), prog_name="batchtui", standalone_mode=False)
    except click.ClickException as error:
        say(_usage(error))
        return error.exit_code
    except click.Abort:
        say("Interrupted.")
        return INTERRUPTED
    except BatchtuiError as error:
        report(error)
        return error.exit_code
    except _ReaderGoneError:
        # What is still buffered has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_GONE
    return code if isinstance(code, int) else 0


def _usage(error: click.ClickException) -> str:
    lines = [f"error: {error.format_message()}"]
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is not None:
        lines.append(f"`{context.command_path} --help` says how.")
    return "\n".join(lines)
