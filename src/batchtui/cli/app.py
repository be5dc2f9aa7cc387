"""The command line as a whole: all commands, and what becomes of their errors."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import click

from batchtui import __version__
from batchtui.cli import options
from batchtui.cli.desk import opened
from batchtui.cli.options import Given
from batchtui.cli.output import flush, say
from batchtui.cli.report import report
from batchtui.cli.screens import open_screens, require_terminal
from batchtui.domain.errors import BatchtuiError

INTERRUPTED = 130
READER_GONE = 1


class Place(NamedTuple):
    """Where a command is, as `module:function`, and its line in the list of commands."""

    where: str
    help: str


COMMANDS = {
    "demo": Place("demo:demo", "Open the screens on the built-in simulator"),
    "simulate": Place("simulate:simulate", "Serve Message Batches on this machine until Ctrl-C"),
    "list": Place("look:list_batches", "List the batches of the server, newest first"),
    "show": Place("look:show", "Show a batch or a job: dates, counts, cost, attempts"),
    "submit": Place("send:submit", "Check, price and send a file, or a template and rows"),
    "settle": Place("settle:settle", "Settle drafts and submissions without an outcome"),
    "sync": Place("follow:sync", "Look once: update batches, download what has ended"),
    "watch": Place("follow:watch", "Wait until batches have ended and results are here"),
    "results": Place("results:results", "Read or export the results of a batch or job"),
    "search": Place("search:search", "Look for a text in all results stored here"),
    "diff": Place("diff:diff", "Compare two batches, jobs or files row by row"),
    "judge": Place("judge:judge", "Let a model say in a batch which answers are better"),
    "prefer": Place("diff:prefer", "Keep which answer to a row you find better"),
    "retry": Place("retry:retry", "Send again what failed of a batch or job"),
    "queue": Place("queue:queue", "See and change the rows that wait to be sent again"),
    "cancel": Place("manage:cancel", "Ask the API to cancel running batches"),
    "adopt": Place("manage:adopt", "Bring in a batch made elsewhere, with its requests"),
    "delete": Place("manage:delete", "Delete ended batches at the API, here, or both"),
    "rename": Place("manage:rename", "Give a job another name"),
    "flag": Place("remark:flag", "Flag results, or take their flag away"),
    "note": Place("remark:note", "Write a note on a job or on results"),
    "archive": Place("archive:archive", "Compress what is kept of old batches"),
    "prune": Place("prune:prune", "Drop what was sent and came back of old batches"),
    "stats": Place("stats:stats", "Add up costs, savings, tokens and durations"),
    "template": Place("template:template", "Keep templates, and see what they make of rows"),
    "key": Place("key:key", "Keep the API key in the keyring of the system"),
    "hook": Place("hook:hook", "Try the hooks of config.toml"),
    "profile": Place("profile:profile", "Keep a profile for each key, server and workspace"),
    "paths": Place("upkeep:paths", "Print every place where something is kept"),
    "config": Place("upkeep:show_config", "Print the settings in force and their sources"),
    "doctor": Place("upkeep:doctor", "Check home, database, files, key and network"),
    "completion": Place("completion:completion", "Print the script for completion in a shell"),
}
"""All commands, in the order a user meets them; none is imported before it is asked for."""


class _ReaderGoneError(Exception):
    """Whoever read stdout has gone away, as `head` does; not an error to talk about."""


class _Commands(click.Group):
    """The commands, each imported when it is wanted."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, name = place.where.split(":")
        command = getattr(import_module(f"batchtui.cli.{module}"), name)
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, place.help) for name, place in COMMANDS.items()])

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
    done, 1 error, 2 usage, 3 ended with failed rows (watch) or something differs (diff), 4 a submission is unclear
    (settle), 130 interrupted.
    """
    if context.invoked_subcommand is None:
        given = context.ensure_object(Given)
        require_terminal()
        is_open = True
        while is_open:
            config = given.config()
            with opened(given, config) as desk:
                chosen = open_screens(given, desk, config)
            # The server is that of the profile then, unless the environment names one.
            given.profile, given.base_url, is_open = chosen, None, bool(chosen)


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code."""
    if sys.stdin is None:
        # It was closed, and there is nothing to be had of it.
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - it stays open
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
