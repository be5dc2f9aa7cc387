"""What the data picker says, and what is typed into it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from batchtui.domain.errors import InputError
from batchtui.domain.human import counted
from batchtui.services.recent import DataChoice
from batchtui.tui.drafts import DataFacts

COLUMNS_NAMED = 30


def given_fields(choice: DataChoice | None) -> dict[str, str]:
    """Return a choice as it is typed, field by field."""
    if choice is None:
        choice = DataChoice("")
    return {
        "source": choice.source,
        "query": choice.query,
        "where": choice.where,
        "limit": "" if choice.limit is None else str(choice.limit),
        "values": shlex.join(f"{name}={value}" for name, value in choice.values.items()),
        "encoding": choice.encoding,
    }


def parse_fields(fields: Mapping[str, str]) -> DataChoice:
    """Return what was typed as a choice; raises `InputError` that names the field."""
    limit = fields["limit"].replace(",", "").strip()
    if limit and (not limit.isdecimal() or not int(limit)):
        raise InputError("First: give a number of rows, at least 1, or nothing for all.")
    try:
        words = shlex.split(fields["values"])
    except ValueError as error:
        raise InputError(f"Set: {error}.") from error
    pairs = [word.partition("=") for word in words]
    for name, equals, _ in pairs:
        if not name or not equals:
            raise InputError("Set: write name=value, with quotes around what has spaces.")
    return DataChoice(
        fields["source"].strip(),
        query=fields["query"].strip(),
        encoding=fields["encoding"].strip(),
        where=fields["where"].strip(),
        limit=int(limit) if limit else None,
        values={name: value for name, _, value in pairs},
    )


def choice_words(choice: DataChoice) -> str:
    """Return a choice in one line."""
    more = {key: value for key, value in given_fields(choice).items() if value and key != "source"}
    return "  ".join([choice.source, *(f"{key} {value}" for key, value in more.items())])


def found_words(facts: DataFacts) -> str:
    """Return what a path leads to."""
    rows = "" if facts.count is None else f", {counted(facts.count, 'row')}"
    named = ", ".join(facts.columns[:COLUMNS_NAMED]) + (" …" if len(facts.columns) > COLUMNS_NAMED else "")
    return f"{facts.kind}{rows}, {counted(len(facts.columns), 'column')}: {named}"
