"""`simulate`: the simulator alone, as a server for anyone's pipeline."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import click

from batchtui.cli import options
from batchtui.cli.output import flush, out, say
from batchtui.domain.errors import InputError

if TYPE_CHECKING:
    from batchtui.simulator import Simulator

SHARE = click.FloatRange(0, 1)


@click.command("simulate")
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=0, metavar="N", help="Listen here; else on a free one."
)
@click.option("--seed", type=int, metavar="N", help="The same seed gives the same ids and answers; else drawn.")
@click.option("--duration", type=click.FloatRange(min=0), metavar="S", default=10.0, help="Seconds a batch runs.")
@click.option("--error-rate", type=SHARE, metavar="X", default=0.0, help="Share of rows that end errored.")
@click.option("--expire-rate", type=SHARE, metavar="X", default=0.0, help="Share of rows that expire.")
@click.option("--refusal-rate", type=SHARE, metavar="X", default=0.0, help="Share of answers that are refusals.")
@click.option("--truncate-rate", type=SHARE, metavar="X", default=0.0, help="Share of answers cut at max_tokens.")
@click.option("--history", is_flag=True, help="Begin with the batches of some weeks.")
@click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", type=options.ASSIGNMENT, help="Any other knob."
)
@options.general
def simulate(
    *,
    port: int,
    seed: int | None,
    duration: float,
    error_rate: float,
    expire_rate: float,
    refusal_rate: float,
    truncate_rate: float,
    history: bool,
    settings: tuple[tuple[str, object], ...],
) -> None:
    """Serve Message Batches on this machine until Ctrl-C.

    The first line it prints is its base URL. It answers like the API and costs nothing. POST /_control moves its
    time and orders faults.
    """
    from batchtui.simulator import Settings, SimulatorError, run

    # A drawn seed: another run with the same ids would pass for the batches of this one.
    drawn = secrets.randbelow(1_000_000) if seed is None else seed

    def listening(base_url: str, simulator: Simulator) -> None:
        if history:
            simulator.seed_history()
        out(base_url)
        flush()
        say(f"Seed {drawn}. Try: ANTHROPIC_BASE_URL={base_url} ANTHROPIC_API_KEY=any batchtui list")

    try:
        chosen = Settings(
            seed=drawn,
            duration_seconds=duration,
            error_rate=error_rate,
            expire_rate=expire_rate,
            refusal_rate=refusal_rate,
            truncate_rate=truncate_rate,
        ).changed(dict(settings))
        run(chosen, port, on_listening=listening)
    except SimulatorError as error:
        raise InputError(f"The simulator did not start: {error}.") from error
