"""The simulator itself: settings, clock, batches and faults in one object, and the ASGI app over them."""

from __future__ import annotations

import itertools
import tempfile
import threading
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import Response

from batchtui.simulator.answers import Answerer
from batchtui.simulator.batches import Batch, Shelf, new_batch, require_results
from batchtui.simulator.chance import token
from batchtui.simulator.clock import Clock
from batchtui.simulator.control import control_routes
from batchtui.simulator.errors import ApiError, envelope
from batchtui.simulator.faults import FaultPlan, Gate
from batchtui.simulator.history import HistoryBatch, history
from batchtui.simulator.intake import Rows, read_body
from batchtui.simulator.results import pieces, without_nulls
from batchtui.simulator.routes import api_routes
from batchtui.simulator.settings import Settings
from batchtui.simulator.validation import Terms

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp


class Simulator:
    """A Message Batches server without a socket: `app` is the ASGI app, the rest is for tests and the demo.

    Request lines live in a private temporary directory, so close it (or use it as a context manager).
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.clock = Clock(self.settings.frozen_at)
        self.shelf = Shelf(self.clock)
        self.faults = FaultPlan()
        self.answerer = Answerer(self.settings)
        self._request_numbers = itertools.count(1)
        self._batch_numbers = itertools.count(1)
        self._number_lock = threading.Lock()
        self._directory: tempfile.TemporaryDirectory[str] | None = None
        self._gate = Gate(self._build(), self.faults, self.clock)

    @property
    def app(self) -> ASGIApp:
        """The ASGI application, faults and request log included."""
        return self._gate

    @property
    def log(self) -> list[dict[str, Any]]:
        """Every request seen, oldest first, without credentials or bodies (the shape of GET /_control/log)."""
        return list(self._gate.log)

    def clear_log(self) -> None:
        """Forget the requests seen so far."""
        self._gate.log.clear()

    def change(self, patch: dict[str, Any]) -> None:
        """Use other settings from now on; raises SimulatorError for a wrong one."""
        self.settings = self.settings.changed(patch)
        self.answerer = Answerer(self.settings)

    def directory(self) -> Path:
        """Return the private directory that holds the request lines."""
        with self._number_lock:
            if self._directory is None:
                self._directory = tempfile.TemporaryDirectory(prefix="batchtui-simulator-")
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
        return [(self._seed(chapter, now), chapter) for chapter in history(self.settings.seed)]

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

    def reply(
        self, request: Request, content: object, status: int = 200, headers: dict[str, str] | None = None
    ) -> Response:
        """Return a JSON reply with the service's headers; chunked, as recorded."""
        if self.settings.omit_nulls:
            content = without_nulls(content)
        response = Response(
            msgspec.json.encode(content),
            status,
            {**self.headers(request), **(headers or {})},
            media_type="application/json",
        )
        del response.headers["content-length"]
        return response

    def headers(self, request: Request) -> dict[str, str]:
        """Return the headers of every reply; the workspace only where the caller is known."""
        headers = {
            "request-id": self._request_id(request),
            "anthropic-organization-id": token("org_", self.settings.seed, "organization"),
        }
        workspace = getattr(request.state, "workspace", None)
        if workspace is not None:
            headers["anthropic-workspace-id"] = workspace
        return headers

    def _request_id(self, request: Request) -> str:
        if not hasattr(request.state, "request_id"):
            request.state.request_id = self.next_request_id()
        found: str = request.state.request_id
        return found

    def _seed(self, chapter: HistoryBatch, now: datetime) -> str:
        batch_id = self.next_batch_id()
        rows = Rows(self.directory() / f"{batch_id}.jsonl", chapter.terms)
        chapter.write(rows, batch_id, self.settings)
        batch = new_batch(batch_id, None, now - timedelta(seconds=chapter.age_seconds), rows, self.settings)
        batch.hidden_retrieves = 0
        batch.duration_seconds = chapter.duration_seconds
        if chapter.canceled_after_seconds is not None:
            batch.cancel_initiated_at = batch.created_at + timedelta(seconds=chapter.canceled_after_seconds)
            batch.cancel_share = batch.finished_share(batch.cancel_initiated_at)
            batch.duration_seconds = chapter.canceled_after_seconds + 40
        self.shelf.add(batch)
        return batch_id

    def _build(self) -> Starlette:
        routes = api_routes(self)
        if self.settings.control:
            routes += control_routes(self)
        return Starlette(
            routes=routes,
            exception_handlers={ApiError: self._on_api_error, HTTPException: self._on_http_exception},
        )

    def _on_api_error(self, request: Request, error: Exception) -> Response:
        if not isinstance(error, ApiError):
            raise error
        content = envelope(error.kind, error.message, self._request_id(request))
        return self.reply(request, content, error.status, error.headers)

    def _on_http_exception(self, request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        kind = "not_found_error" if error.status_code == 404 else "invalid_request_error"
        content = envelope(kind, error.detail, self._request_id(request))
        return self.reply(request, content, error.status_code, dict(error.headers or {}))
