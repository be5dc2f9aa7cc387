"""What waits to be sent again, as a table of groups that unfold to their rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass

from batchtui.domain.batch import StoredBatch
from batchtui.domain.filter import Filter
from batchtui.domain.queue import QueueRow, groups
from batchtui.services.find import Target
from batchtui.services.workbench import Workbench
from batchtui.tui.present import queue as present
from batchtui.tui.present.queue import QueueKey, Waiting
from batchtui.tui.widgets.table_model import Row


@dataclass(frozen=True, slots=True)
class JobRows:
    """The rows of a job that wait, and whether rows of data are kept that they were made from."""

    target: Target
    rows: Sequence[QueueRow]
    has_data: bool
    is_ours: bool


def read(bench: Workbench, is_ours: Callable[[StoredBatch], bool]) -> list[JobRows]:
    """Return what waits, job by job; with 40,000 rows that takes some tenths of a second."""
    return [
        JobRows(
            target,
            rows,
            bench.composer.template_of(target) is not None,
            all(is_ours(stored) for stored in target.batches),
        )
        for target in bench.queue.jobs()
        if (rows := bench.queue.rows(target))
    ]


def gather(jobs: Iterable[JobRows], words: Filter | None) -> list[Waiting]:
    """Return the groups of what fits a filter."""
    found: list[Waiting] = []
    for job in jobs:
        name = job.target.job.name
        rows = [row for row in job.rows if words is None or words.holds(present.values(row, name))]
        by_id = {row.custom_id: row for row in rows}
        for group in groups(job.target.job.id, name, rows):
            of_group = [by_id[custom_id] for custom_id in group.custom_ids]
            found.append(present.waiting(job.target, group, of_group, has_data=job.has_data, is_ours=job.is_ours))
    return found


class QueueSource:
    """Groups, with the rows of those that are unfolded below them; cells are made when they are looked at."""

    def __init__(self, shown: Sequence[Waiting] = (), opened: Set[QueueKey] = frozenset()) -> None:
        self._opened = opened
        self._items: list[tuple[QueueKey, Waiting, QueueRow | None]] = []
        for group in shown:
            key = group.key
            self._items.append((key, group, None))
            if key in opened:
                self._items += ((key._replace(custom_id=row.custom_id), group, row) for row in group.rows)
        self._index = {item[0]: number for number, item in enumerate(self._items)}

    def __len__(self) -> int:
        return len(self._items)

    def rows(self, start: int, stop: int) -> list[Row]:
        """Return the cells of some rows."""
        return [
            present.group_cells(group, is_open=key in self._opened)
            if row is None
            else present.row_cells(row, group.group.job_name)
            for key, group, row in self._items[start:stop]
        ]

    def key_at(self, index: int) -> QueueKey:
        """Return the key of a group or a row."""
        return self._items[index][0]

    def index_of(self, key: QueueKey) -> int | None:
        """Return where a group or a row is."""
        return self._index.get(key)

    def at(self, key: QueueKey) -> tuple[Waiting, QueueRow | None]:
        """Return the group of a key, and the row if it is the key of one."""
        _, group, row = self._items[self._index[key]]
        return group, row

    def chosen(self, keys: Iterable[QueueKey]) -> list[Waiting]:
        """Return what keys stand for: whole groups, and each row whose group is not among them."""
        keys = set(keys)
        found = []
        for key in keys:
            group, row = self.at(key)
            if row is None:
                found.append(group)
            elif key.group not in keys:
                found.append(group.only(row))
        return found

    def successor(self, key: QueueKey) -> QueueKey | None:
        """Return where rows went that are in another state now, if their group is shown."""
        same = (key.job_id, key.cause, key.message)
        return next((other for other in self._index if other[:3] == same), None)
