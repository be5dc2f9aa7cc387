"""The simulator as an ASGI app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from batchtui.simulator.control import control_routes
from batchtui.simulator.engine import Engine
from batchtui.simulator.errors import ApiError, invalid
from batchtui.simulator.faults import Gate
from batchtui.simulator.replies import refusal
from batchtui.simulator.routes import api_routes
from batchtui.simulator.settings import Settings

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp


class Simulator(Engine):
    """A Message Batches server without a socket: `app` is the ASGI app, the rest moves and looks into it.

    Request lines live in a private temporary directory, so close it (or use it as a context manager).
    """

    def __init__(self, settings: Settings | None = None) -> None:
        super().__init__(settings)
        routes = api_routes(self)
        if self.settings.control:
            routes += control_routes(self)
        app = Starlette(
            routes=routes,
            exception_handlers={
                ApiError: self._on_api_error,
                HTTPException: self._on_http_exception,
                ClientDisconnect: self._on_disconnect,
            },
        )
        self.app: ASGIApp = Gate(app, self.faults, self.clock, self.requests_seen)

    def _on_api_error(self, request: Request, error: Exception) -> Response:
        if not isinstance(error, ApiError):
            raise error
        return refusal(self, request, error)

    def _on_http_exception(self, request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        kind = "not_found_error" if error.status_code == 404 else "invalid_request_error"
        headers = dict(error.headers or {})
        return refusal(self, request, ApiError(error.status_code, kind, error.detail, headers))

    def _on_disconnect(self, request: Request, error: Exception) -> Response:
        # Nobody will read this; what matters is that half a body made no batch and no crash.
        return refusal(self, request, invalid(str(error) or "incomplete request"))
