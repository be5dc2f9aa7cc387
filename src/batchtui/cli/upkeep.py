"""`paths`, `config` and `doctor`: where things are, which settings hold, whether all is well."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from operator import attrgetter
from typing import Literal

import click

from batchtui.cli import options
from batchtui.cli.desk import Desk, opened
from batchtui.cli.key import source_of, source_words
from batchtui.cli.options import Given
from batchtui.cli.output import out, out_json, out_pairs, out_table, say
from batchtui.domain.errors import BatchtuiError
from batchtui.domain.human import bytes_text, counted
from batchtui.paths import Places
from batchtui.secrets import key_status, sdk_login

OTHERS = stat.S_IRWXG | stat.S_IRWXO


@click.command("paths")
@options.as_json
@options.general
@click.pass_obj
def paths(given: Given, as_json: bool) -> None:
    """Print every place where something is kept."""
    places = given.places()
    named = {
        "home": places.home,
        "config": places.config,
        "templates": places.templates,
        "database": places.database,
        "batches": places.batches,
        "spool": places.spool,
        "log": places.log,
    }
    if as_json:
        out_json({name: str(path) for name, path in named.items()})
    else:
        out_pairs([(name, str(path)) for name, path in named.items()])


@click.command("config")
@options.as_json
@options.general
@click.pass_obj
def show_config(given: Given, as_json: bool) -> None:
    """Print the settings in force and where each comes from."""
    config = given.config()
    values = {name: attrgetter(name)(config) for name in config.sources}
    # The rest of a hook can hold a secret.
    values["hooks"] = tuple(f"{hook.name}: {hook.target}" for hook in config.hooks)
    if as_json:
        out_json({name: {"value": value, "source": config.sources[name]} for name, value in values.items()})
        return
    out_table(
        ("SETTING", "VALUE", "FROM"),
        ((name, _setting_words(value), config.sources[name]) for name, value in values.items()),
    )


def _setting_words(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return "" if value is None or value == {} else str(value)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    check: str
    state: Literal["ok", "problem", "skipped"]
    message: str


@click.command("doctor")
@click.option("--repair", is_flag=True, help="Mend what can be, from the files.")
@click.option("--offline", is_flag=True, help="Leave out the network.")
@options.as_json
@options.general
@click.pass_obj
def doctor(given: Given, repair: bool, offline: bool, as_json: bool) -> None:
    """Check home, database, files, key and network. Exits with 1 if something is wrong."""
    checks: list[Check] = []
    try:
        config = given.config()
        checks.append(Check("settings", "ok", str(given.places().config)))
        with opened(given, config) as desk:
            if repair:
                for sentence in desk.wait(desk.bench.store.repair()):
                    say(sentence)
            checks += [*_home(given.places(), repair=repair), *_store(desk), _key(desk)]
            checks.append(_network(desk) if not offline else Check("network", "skipped", "not asked"))
    except BatchtuiError as error:
        checks.append(Check("home" if checks else "settings", "problem", str(error)))
    if as_json:
        out_json([asdict(check) for check in checks])
    else:
        for check in checks:
            mark = {"ok": "ok  ", "problem": "BAD ", "skipped": "-   "}[check.state]
            out(f"{mark}{check.check}: {check.message}")
    if any(check.state == "problem" for check in checks):
        raise click.exceptions.Exit(1)


def _home(places: Places, *, repair: bool) -> Iterator[Check]:
    """Check that nobody else can read what is kept."""
    for path in (places.home, places.database):
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & OTHERS and repair:
            path.chmod(mode & ~OTHERS)
            say(f"{path}: made private.")
        elif mode & OTHERS:
            yield Check("home", "problem", f"{path} can be read by others; --repair makes it private")
            return
    yield Check("home", "ok", str(places.home))


def _store(desk: Desk) -> Iterator[Check]:
    findings = desk.bench.store.check()
    for finding in findings:
        hint = "; --repair mends it" if finding.can_repair else ""
        yield Check(finding.kind, "problem", f"{finding.subject}: {finding.message}{hint}")
    if not findings:
        number = len(desk.bench.store.batches.list())
        yield Check("store", "ok", f"{counted(number, 'batch', 'batches')}, index and files agree")
    yield Check("disk", "ok", _disk(desk))
    unclear = sum(intent.state == "unclear" for intent in desk.bench.settlements.open_submissions())
    if unclear:
        yield Check("submissions", "problem", f"{counted(unclear, 'submission')} unclear: `batchtui settle`")


def _disk(desk: Desk) -> str:
    """Return how much the home takes."""
    house, batches = desk.bench.housekeeping, desk.bench.store.batches.list()
    bodies = sum(house.disk_use(stored).total_bytes for stored in batches)
    return f"{bytes_text(bodies)} of bodies; `batchtui prune` drops old ones"


def _key(desk: Desk) -> Check:
    found = key_status(desk.bench.profile.name, os.environ)
    if found.problem and found.in_environment is None:
        return Check("keyring", "problem", found.problem)
    if source_of(found) == "sdk" and not sdk_login(os.environ):
        return Check(
            "key", "skipped", "no key and no login was found: `batchtui key set`, or set ANTHROPIC_API_KEY"
        )
    return Check("key", "ok", f"from {source_words(found)}")


def _network(desk: Desk) -> Check:
    base_url = desk.bench.gateway.base_url
    try:
        desk.wait(desk.bench.gateway.check())
    except BatchtuiError as error:
        return Check("network", "problem", str(error))
    return Check("network", "ok", f"{base_url} answers and takes the key")
