"""The API's endpoints over HTTP."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from batchtui.simulator.batches import Batch, require_results
from batchtui.simulator.chance import roll, token
from batchtui.simulator.engine import Engine
from batchtui.simulator.errors import ApiError, invalid, not_found
from batchtui.simulator.faults import LINE_FAULTS, spoil_lines
from batchtui.simulator.models import BY_NAME, CATALOGUE
from batchtui.simulator.replies import common_headers, reply
from batchtui.simulator.results import gzipped, joined, lines, pieces
from batchtui.simulator.usage import prompt_tokens
from batchtui.simulator.validation import VERSIONS, Terms, refuse_wrong_message

Handler = Callable[[Request], Awaitable[Response]]

_POLL_HINT_SECONDS = "10"
_DEFAULT_LIMIT = 20
_MAX_LIMIT = 1000
_MESSAGE_BYTES = 32_000_000
_ANY_MAX_TOKENS = 64_000


def api_routes(engine: Engine) -> list[Route]:
    """Everything under /v1."""
    api = _Api(engine)
    batches = "/v1/messages/batches"
    return [
        Route(batches, api.guarded(api.create), methods=["POST"]),
        Route(batches, api.guarded(api.page), methods=["GET"]),
        Route(f"{batches}/{{id}}", api.guarded(api.retrieve), methods=["GET"]),
        Route(f"{batches}/{{id}}", api.guarded(api.delete), methods=["DELETE"]),
        Route(f"{batches}/{{id}}/cancel", api.guarded(api.cancel), methods=["POST"]),
        Route(f"{batches}/{{id}}/results", api.guarded(api.results), methods=["GET"]),
        Route("/v1/messages", api.guarded(api.message), methods=["POST"]),
        Route("/v1/messages/count_tokens", api.guarded(api.count_tokens), methods=["POST"]),
        Route("/v1/models", api.guarded(api.models), methods=["GET"]),
        Route("/v1/models/{id}", api.guarded(api.model), methods=["GET"]),
    ]


class _Api:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def guarded(self, handler: Handler) -> Handler:
        """Return the handler behind the checks of key and version."""

        async def endpoint(request: Request) -> Response:
            key = _key(request)
            wanted = self._engine.settings.api_key
            if key.startswith("sk-ant-invalid") or (wanted is not None and key != wanted):
                raise ApiError(401, "authentication_error", "invalid x-api-key")
            header = request.headers.get("anthropic-workspace-id")
            request.state.workspace = header or token("wrkspc_", roll("key", key))
            version = request.headers.get("anthropic-version")
            if version is None:
                raise invalid("anthropic-version: header is required")
            if version not in VERSIONS:
                raise invalid(f'anthropic-version: "{version}" is not a valid API version')
            betas = request.headers.get("anthropic-beta", "")
            request.state.terms = Terms(version, frozenset(name.strip() for name in betas.split(",")))
            return await handler(request)

        return endpoint

    async def create(self, request: Request) -> Response:
        """POST: the body goes to a file while it arrives and is read in a thread, so that polls still answer."""
        with tempfile.TemporaryDirectory(dir=self._engine.directory(), prefix="body-") as directory:
            body = Path(directory, "body")
            await _save_body(request, body, self._engine.settings.max_body_bytes)
            batch = await asyncio.to_thread(self._engine.create, body, request.state.workspace, request.state.terms)
        return reply(self._engine, request, self._public(request, batch))

    async def page(self, request: Request) -> Response:
        """GET the list, newest first."""
        query = request.query_params
        found, has_more = self._engine.shelf.page(
            request.state.workspace, _limit(request), query.get("after_id"), query.get("before_id")
        )
        data = [self._public(request, batch) for batch in found]
        return reply(self._engine, request, _page(data, has_more))

    async def retrieve(self, request: Request) -> Response:
        """GET one; a running one carries the poll hint."""
        batch = self._batch(request)
        if batch.hidden_retrieves:
            batch.hidden_retrieves -= 1
            raise not_found(f"Message Batch {batch.id} not found.")
        hint = self._engine.settings.poll_hint and batch.status == "in_progress"
        headers = {"retry-after": _POLL_HINT_SECONDS} if hint else None
        return reply(self._engine, request, self._public(request, batch), headers=headers)

    async def cancel(self, request: Request) -> Response:
        """POST cancel; the body is not looked at."""
        batch = self._batch(request)
        self._engine.shelf.cancel(batch, self._engine.settings.cancel_seconds)
        return reply(self._engine, request, self._public(request, batch))

    async def delete(self, request: Request) -> Response:
        """DELETE an ended batch."""
        if not self._engine.settings.deletable:
            raise ApiError(405, "invalid_request_error", "Method Not Allowed")
        batch = self._batch(request)
        self._engine.shelf.delete(batch)
        return reply(self._engine, request, {"id": batch.id, "type": "message_batch_deleted"})

    async def results(self, request: Request) -> Response:
        """GET the results as JSON lines, made while they are sent."""
        batch = self._batch(request)
        engine = self._engine
        require_results(batch, engine.clock.now())
        fault = getattr(request.state, "fault", None)
        if fault is not None and fault.kind in LINE_FAULTS:
            body = joined(spoil_lines(lines(batch, engine.answerer, engine.settings), fault))
        else:
            body = pieces(batch, engine.answerer, engine.settings)
        headers = {
            **common_headers(engine, request),
            "content-disposition": f"attachment; filename*=utf-8''{batch.id}_results.jsonl",
        }
        if engine.settings.gzip_results and "gzip" in request.headers.get("accept-encoding", ""):
            body = gzipped(body)
            headers["content-encoding"] = "gzip"
        return StreamingResponse(_in_thread(body), headers=headers, media_type="application/x-jsonl")

    async def message(self, request: Request) -> Response:
        """POST one plain message, for trials."""
        params = await _json_body(request)
        refuse_wrong_message(params, request.state.terms)
        engine = self._engine
        number = roll(engine.settings.seed, "message", msgspec.json.encode(params, order="sorted").decode())
        return reply(engine, request, engine.answerer.message(params, number, "standard"))

    async def count_tokens(self, request: Request) -> Response:
        """POST an estimate of the input tokens."""
        params = await _json_body(request)
        if "max_tokens" in params:
            raise invalid("max_tokens: Extra inputs are not permitted")
        refuse_wrong_message({**params, "max_tokens": _ANY_MAX_TOKENS}, request.state.terms)
        return reply(self._engine, request, {"input_tokens": prompt_tokens(params)})

    async def models(self, request: Request) -> Response:
        """GET the models, newest first."""
        limit, known = _limit(request), [model.id for model in CATALOGUE]
        start, end = 0, len(known)
        if after_id := request.query_params.get("after_id"):
            start = _position(known, "after_id", after_id) + 1
        if before_id := request.query_params.get("before_id"):
            end = _position(known, "before_id", before_id)
            start = max(start, end - limit)
        data = [model.info() for model in CATALOGUE[start : min(end, start + limit)]]
        has_more = start > 0 if before_id else start + limit < end
        return reply(self._engine, request, _page(data, has_more))

    async def model(self, request: Request) -> Response:
        """GET one model, by id or alias."""
        found = BY_NAME.get(request.path_params["id"])
        if found is None:
            raise not_found(f"model: {request.path_params['id']}")
        return reply(self._engine, request, found.info())

    def _batch(self, request: Request) -> Batch:
        return self._engine.shelf.get(request.path_params["id"], request.state.workspace)

    def _public(self, request: Request, batch: Batch) -> dict[str, Any]:
        base = self._engine.settings.results_base
        if base is None:
            base = str(request.base_url).rstrip("/")
        return batch.public(self._engine.clock.now(), base.rstrip("/"))


def _key(request: Request) -> str:
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    key = bearer.strip() if scheme.lower() == "bearer" else ""
    key = key or request.headers.get("x-api-key", "")
    if not key:
        raise ApiError(401, "authentication_error", "x-api-key header is required")
    return key


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", str(_DEFAULT_LIMIT))
    try:
        limit = int(text)
    except ValueError:
        raise invalid("limit: Input should be a valid integer, unable to parse string as an integer") from None
    if limit < 1:
        raise invalid("limit: Input should be greater than or equal to 1")
    if limit > _MAX_LIMIT:
        raise invalid(f"limit: Input should be less than or equal to {_MAX_LIMIT}")
    return limit


def _position(known: list[str], name: str, wanted: str) -> int:
    if wanted not in known:
        raise invalid(f"{name}: '{wanted}' is not a known model")
    return known.index(wanted)


def _page(data: list[dict[str, Any]], has_more: bool) -> dict[str, Any]:
    return {
        "data": data,
        "has_more": has_more,
        "first_id": data[0]["id"] if data else None,
        "last_id": data[-1]["id"] if data else None,
    }


async def _save_body(request: Request, path: Path, max_bytes: int) -> None:
    """Write the body to a file; one that is too large is read to its end, so that the refusal can arrive."""
    count = 0
    with path.open("wb", buffering=0) as file:
        async for chunk in request.stream():
            count += len(chunk)
            if count <= max_bytes:
                file.write(chunk)
    if count > max_bytes:
        raise ApiError(413, "request_too_large", "Request exceeds the maximum size")


async def _json_body(request: Request) -> dict[str, Any]:
    body = await request.body()
    if len(body) > _MESSAGE_BYTES:
        raise ApiError(413, "request_too_large", "Request exceeds the maximum size")
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.ValidationError:
        raise invalid("Input should be a valid dictionary") from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise invalid(f"The request body is not valid JSON: {error}") from None


async def _in_thread(body: Iterator[bytes]) -> AsyncIterator[bytes]:
    while piece := await asyncio.to_thread(next, body, b""):
        yield piece
