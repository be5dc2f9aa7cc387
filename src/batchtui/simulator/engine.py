"""The simulator without HTTP: settings, clock, batches, faults and log in one object."""

from __future__ import annotations

import itertools
import tempfile
import threading
from collections import deque
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from batchtui.simulator.answers import Answerer
from batchtui.simulator.batches import Batch, Shelf, new_batch, require_results
from batchtui.simulator.chance import token
from batchtui.simulator.clock import Clock
from batchtui.simulator.errors import ApiError
from batchtui.simulator.faults import FaultPlan
from batchtui.simulator.history import HistoryBatch, history
from batchtui.simulator.intake import Rows, read_body
from batchtui.simulator.results import pieces
from batchtui.simulator.settings import Settings
from batchtui.simulator.validation import Terms

_LOG_ENTRIES = 10_000


class Engine:
    """Everything the simulator knows and can do; the routes only translate it to HTTP.

    Request lines live in a private temporary directory, so close it (or use it as a context manager).
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.clock = Clock(self.settings.frozen_at)
        self.shelf = Shelf(self.clock)
        self.faults = FaultPlan()
        self.answerer = Answerer(self.settings)
        self.requests_seen: deque[dict[str, Any]] = deque(maxlen=_LOG_ENTRIES)
        self._request_numbers = itertools.count(1)
        self._batch_numbers = itertools.count(1)
        self._number_lock = threading.Lock()
        self._directory: tempfile.TemporaryDirectory[str] | None = None

    @property
    def log(self) -> list[dict[str, Any]]:
        """Every request seen, oldest first, without credentials or bodies (the shape of GET /_control/log)."""
        return list(self.requests_seen)

    def clear_log(self) -> None:
        """Forget the requests seen so far."""
        self.requests_seen.clear()

    def change(self, patch: dict[str, Any]) -> None:
        """Use other settings from now on; raises SimulatorError for a wrong one.

        `frozen_at` and `control` keep the value they had at the start, and so does every batch that exists.
        """
        self.settings = self.settings.changed(patch)
        self.answerer = Answerer(self.settings)

    def directory(self) -> Path:
        """Return the private directory that holds the request lines."""
        with self._number_lock:
            if self._directory is None:
                self._directory = tempfile.TemporaryDirectory(
                    prefix="batchtui-simulator-", ignore_cleanup_errors=True
                )
            return Path(self._directory.name)

    def next_request_id(self) -> str:
        """Return the `request-id` of one reply."""
        with self._number_lock:
            return token("req_", self.settings.seed, "request", next(self._request_numbers))

    def next_batch_id(self) -> str:
        """Return the id of the next batch to be created."""
        with self._number_lock:
            return token("msgbatch_", self.settings.seed, "batch", next(self._batch_numbers))

    def create(self, body: Path, workspace: str | None, terms: Terms) -> Batch:
        """Make a batch from a create body on disk; raises ApiError to refuse it as a whole. Call it in a thread."""
        batch_id = self.next_batch_id()
        rows = Rows(self.directory() / f"{batch_id}.jsonl", terms)
        try:
            read_body(body, rows, batch_id, self.settings)
        except ApiError:
            rows.path.unlink(missing_ok=True)
            raise
        batch = new_batch(batch_id, workspace, self.clock.now(), rows, self.settings)
        self.shelf.add(batch)
        return batch

    def prepare(self, batch: Batch) -> None:
        """Make the results of an ended batch now; raises a 404 when it has none."""
        require_results(batch, self.clock.now())
        for _ in pieces(batch, self.answerer, self.settings):
            pass

    def seed_history(self) -> list[tuple[str, HistoryBatch]]:
        """Put the demo's past on the shelf, seen by every key; gives each batch's id beside what it was made of."""
        now = self.clock.now()
        return [(self._seed(chapter, now), chapter) for chapter in history(self.settings.seed, now)]

    def close(self) -> None:
        """Remove the request lines."""
        if self._directory is not None:
            self._directory.cleanup()
            self._directory = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _seed(self, chapter: HistoryBatch, now: datetime) -> str:
        batch_id = self.next_batch_id()
        rows = Rows(self.directory() / f"{batch_id}.jsonl", chapter.terms)
        chapter.write(rows, batch_id, self.settings)
        batch = new_batch(batch_id, None, now - timedelta(seconds=chapter.age_seconds), rows, self.settings)
        batch.hidden_retrieves = 0
        if chapter.is_running:
            batch.duration_seconds = chapter.age_seconds + self.settings.duration_seconds
        else:
            batch.duration_seconds = chapter.duration_seconds
        if chapter.canceled_after_seconds is not None:
            batch.cancel_initiated_at = batch.created_at + timedelta(seconds=chapter.canceled_after_seconds)
            batch.cancel_share = batch.finished_share(batch.cancel_initiated_at)
            batch.duration_seconds = chapter.canceled_after_seconds + 40
        self.shelf.add(batch)
        return batch_id
