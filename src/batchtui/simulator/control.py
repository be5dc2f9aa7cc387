"""The simulator's own endpoint: move time, end batches, order faults, read what was asked."""

from __future__ import annotations

import asyncio
import ipaddress
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.responses import Response
from starlette.routing import Route

from batchtui.simulator.batches import Batch
from batchtui.simulator.clock import stamp
from batchtui.simulator.engine import Engine
from batchtui.simulator.errors import ApiError, invalid
from batchtui.simulator.faults import Fault
from batchtui.simulator.settings import SimulatorError

if TYPE_CHECKING:
    from starlette.requests import Request


class Order(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The body of POST /_control; every part is optional, and they are done in this order.

    `settings` changes those named; `clear_faults` and `clear_log` forget; `faults` adds; `advance_seconds` moves
    the clock; `expire` and `end` take a batch id or "all" and act on running batches now, `expire` with
    `finished_share` of the rows done. `prepare` makes the results of ended batches now, so that sending them later
    costs the server nothing.
    """

    settings: dict[str, Any] = {}
    clear_faults: bool = False
    clear_log: bool = False
    faults: list[Fault] = []
    advance_seconds: float = 0.0
    expire: str | None = None
    finished_share: float = 0.0
    end: str | None = None
    prepare: str | None = None


def obey(engine: Engine, order: Order) -> None:
    """Do what the order says; raises SimulatorError for a wrong setting, ApiError for an unknown batch."""
    if order.settings:
        engine.change(order.settings)
    if order.clear_faults:
        engine.faults.pending.clear()
    if order.clear_log:
        engine.clear_log()
    engine.faults.pending.extend(order.faults)
    engine.clock.advance(order.advance_seconds)
    for batch in _meant(engine, order.expire):
        engine.shelf.expire_now(batch, order.finished_share)
    for batch in _meant(engine, order.end):
        engine.shelf.end_now(batch)
    for batch in _meant(engine, order.prepare):
        engine.prepare(batch)


def state(engine: Engine) -> dict[str, Any]:
    """Return what GET and POST /_control answer."""
    return {
        "now": stamp(engine.clock.now()),
        "batches": [
            {"id": batch.id, "status": batch.status, "counts": batch.counts()} for batch in engine.shelf.all()
        ],
        "faults": msgspec.to_builtins(engine.faults.pending),
        "settings": {**msgspec.to_builtins(engine.settings), "api_key": None},
        "requests_seen": len(engine.log),
    }


def control_routes(engine: Engine) -> list[Route]:
    """`/_control` and `/_control/log`, for callers on this machine only."""

    async def read(request: Request) -> Response:
        _require_loopback(request)
        return _json(state(engine))

    async def write(request: Request) -> Response:
        _require_loopback(request)
        try:
            order = msgspec.json.decode(await request.body(), type=Order)
            await asyncio.to_thread(obey, engine, order)
        except (msgspec.DecodeError, SimulatorError) as error:
            raise invalid(f"_control: {error}") from None
        return _json(state(engine))

    async def log(request: Request) -> Response:
        _require_loopback(request)
        return _json(engine.log)

    return [
        Route("/_control", read, methods=["GET"]),
        Route("/_control", write, methods=["POST"]),
        Route("/_control/log", log, methods=["GET"]),
    ]


def _meant(engine: Engine, name: str | None) -> list[Batch]:
    if name is None:
        return []
    return engine.shelf.all() if name == "all" else [engine.shelf.get(name)]


def _require_loopback(request: Request) -> None:
    host = request.client.host if request.client is not None else ""
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise ApiError(403, "permission_error", "_control answers callers on this machine only")


def _json(content: object) -> Response:
    return Response(msgspec.json.encode(content), media_type="application/json")
