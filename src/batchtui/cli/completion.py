"""Completion of commands, options and names in the shell."""

from __future__ import annotations

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

from batchtui.cli.options import general
from batchtui.cli.output import out

SHELLS: dict[str, type[ShellComplete]] = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}
VARIABLE = "_BATCHTUI_COMPLETE"
"""By this environment variable the script asks batchtui for what fits."""

HOW = {
    "bash": 'eval "$(batchtui completion bash)"   in ~/.bashrc',
    "zsh": 'eval "$(batchtui completion zsh)"   in ~/.zshrc, after compinit',
    "fish": "batchtui completion fish > ~/.config/fish/completions/batchtui.fish",
}


@click.command("completion", epilog="\b\n" + "\n".join(HOW.values()))
@click.argument("shell", type=click.Choice(list(SHELLS)))
@general
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script that lets a shell complete commands, options, and names of jobs."""
    complete = SHELLS[shell](context.find_root().command, {}, "batchtui", VARIABLE)
    out(complete.source_template % complete.source_vars())
