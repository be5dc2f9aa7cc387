"""What batches came to, as a table of groups and a plot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from batchtui.domain.filter import Filter
from batchtui.domain.stats import BatchFigures, By, Group, spend_by_day
from batchtui.services.stats import Report, day_before, report
from batchtui.tui.present import plots
from batchtui.tui.present import stats as present
from batchtui.tui.widgets.plot import Draw
from batchtui.tui.widgets.table_model import Row


class StatsKey(NamedTuple):
    """Which row: by what batches are grouped, what they have in common, and on which server, for profiles."""

    by: By
    key: str
    server: str


@dataclass(frozen=True, slots=True)
class Scope:
    """What is looked at: which groups, the last so many days or all for 0, of one profile or of all for None."""

    by: By = "day"
    days: int = 0
    profile: str | None = None
    words: Filter | None = None


def look(batches: Sequence[BatchFigures], scope: Scope) -> Report:
    """Return what is to be shown; everything that takes long is worked out, so call it on a thread."""
    since = day_before(scope.days) if scope.days else ""
    shown = report(batches, scope.by, since=since, profile=scope.profile, words=scope.words)
    for group in shown.groups:
        present.cells(group)
    present.summary(shown.whole)
    return shown


class StatsSource:
    """Groups in the order they are shown in."""

    def __init__(self, groups: Sequence[Group] = ()) -> None:
        self._groups = groups
        self._index = {key_of(group): number for number, group in enumerate(groups)}

    def __len__(self) -> int:
        return len(self._groups)

    def rows(self, start: int, stop: int) -> list[Row]:
        """Return the cells of some rows."""
        return [present.cells(group) for group in self._groups[start:stop]]

    def key_at(self, index: int) -> StatsKey:
        """Return the key of a row."""
        return key_of(self._groups[index])

    def index_of(self, key: StatsKey) -> int | None:
        """Return where a row is."""
        return self._index.get(key)

    def at(self, key: StatsKey) -> Group | None:
        """Return the group of a key, if it is shown."""
        number = self._index.get(key)
        return None if number is None else self._groups[number]


def key_of(group: Group) -> StatsKey:
    """Return the key of a group."""
    return StatsKey(group.by, group.key, group.server)


def plot(shown: Report, scope: Scope, group: Group | None) -> Draw:
    """Return what draws the scope in two lines and a plot below: of all groups for days and sizes, else of one."""
    of = shown.whole if group is None or scope.by in {"day", "size"} else group
    head = [present.scope_line(scope.by, scope.days, scope.profile), present.summary(shown.whole)]
    if scope.by == "size":
        points = [(batch.requests, batch.seconds) for batch in of.batches if batch.seconds is not None]
        return lambda width, height: [*head, *plots.cloud(points, width, height - len(head))]
    today = day_before(1)
    first = shown.since or (shown.whole.batches[0].day if shown.whole.batches else today)
    days = spend_by_day(of.batches, first, max(today, of.batches[-1].day if of.batches else today))
    if scope.by != "day":
        head[1] = present.legend(of)
    return lambda width, height: [*head, *plots.day_bars(days, width, height - len(head))]
