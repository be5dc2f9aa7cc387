"""What is read of the result under the cursor, from the files."""

from __future__ import annotations

from batchtui.domain.errors import UnknownIdError
from batchtui.domain.selection import StoredResult
from batchtui.services.workbench import Workbench
from batchtui.tui.present import bodies
from batchtui.tui.present.bodies import VIEWS, Body, View
from batchtui.tui.widgets.table_model import Cell


class Reading:
    """Which view is read, and whether as it stands: Markdown without colours, JSON as the bytes it came in.

    Every method that is given a row reads files and raises `StoreError`.
    """

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self._reader = workbench.reader
        self.view: View = VIEWS[0]
        self.is_plain = False

    def body(self, row: StoredResult, view: View | None = None) -> Body:
        """Return what a view shows of a row, by default the one that is read."""
        view = view or self.view
        plain = self.is_plain
        if view == "JSON":
            return bodies.json_body(self._reader.line(row), is_plain=plain)
        if view == "request":
            return bodies.request_body(self._request_line(row), is_plain=plain)
        if view == "row":
            return bodies.data_row_body(self._reader.data_row(row), is_plain=plain)
        if view == "usage":
            return bodies.usage_body(row)
        if view == "history":
            return self._history(row)
        message = self._reader.message(row)
        if view == "thinking":
            return bodies.thinking_body(message, is_plain=plain)
        return bodies.tools_body(message) if view == "tools" else bodies.text_body(row, message, is_plain=plain)

    def views(self, row: StoredResult) -> tuple[View, ...]:
        """Return the views in which there is something of a row."""
        return bodies.views_of(
            self._reader.message(row),
            has_request=self._request_line(row) is not None,
            has_row=self._reader.data_row(row) is not None,
            has_history=self._reader.times_sent(row) > 1,
        )

    def go_on(self, row: StoredResult, step: int) -> None:
        """Read the next view in which there is something of a row, or the one before."""
        there = set(self.views(row))
        position = VIEWS.index(self.view)
        order = [VIEWS[(position + step * number) % len(VIEWS)] for number in range(1, len(VIEWS) + 1)]
        self.view = next(view for view in order if view in there)

    def title(self, row: StoredResult) -> list[Cell]:
        """Return the line over the body."""
        return bodies.title(row, self.views(row), self.view, is_plain=self.is_plain)

    def _history(self, row: StoredResult) -> Body:
        job = self._workbench.finder.known(self._workbench.store.batches.by_key(row.batch_key).job_id)
        try:
            attempts = self._workbench.queue.history(job, row.facts.custom_id)
        except UnknownIdError:
            attempts = []
        return bodies.history_body(attempts, {stored.id: stored.batch for stored in job.batches})

    def _request_line(self, row: StoredResult) -> bytes | None:
        try:
            return self._reader.request_line(row)
        except UnknownIdError:
            return None
