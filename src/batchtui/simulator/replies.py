"""How the simulator's answers look on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from starlette.responses import Response

from batchtui.simulator.chance import token
from batchtui.simulator.engine import Engine
from batchtui.simulator.errors import ApiError, envelope
from batchtui.simulator.results import without_nulls

if TYPE_CHECKING:
    from starlette.requests import Request


def reply(
    engine: Engine, request: Request, content: object, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """Return a JSON reply with the service's headers; chunked, as recorded."""
    if engine.settings.omit_nulls:
        content = without_nulls(content)
    response = Response(
        msgspec.json.encode(content),
        status,
        {**common_headers(engine, request), **(headers or {})},
        media_type="application/json",
    )
    del response.headers["content-length"]
    return response


def refusal(engine: Engine, request: Request, error: ApiError) -> Response:
    """Return an error reply whose envelope names the request id of its header."""
    content = envelope(error.kind, error.message, _request_id(engine, request))
    return reply(engine, request, content, error.status, error.headers)


def common_headers(engine: Engine, request: Request) -> dict[str, str]:
    """Return the headers of every reply; the workspace only where the caller is known."""
    headers = {
        "request-id": _request_id(engine, request),
        "anthropic-organization-id": token("org_", engine.settings.seed, "organization"),
        "vary": "Accept-Encoding",
    }
    workspace = getattr(request.state, "workspace", None)
    if workspace is not None:
        headers["anthropic-workspace-id"] = workspace
    return headers


def _request_id(engine: Engine, request: Request) -> str:
    if not hasattr(request.state, "request_id"):
        request.state.request_id = engine.next_request_id()
    found: str = request.state.request_id
    return found
