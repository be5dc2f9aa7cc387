"""Jobs that failed, for the tests of the queue."""

from __future__ import annotations

import json

from batchtui.services.find import Target
from batchtui.services.prepare import prepare
from batchtui.services.workbench import Workbench
from batchtui.simulator import Served
from tests.services.conftest import request_line

CREATE = "/v1/messages/batches"


def end(server: Served) -> None:
    for batch in server.simulator.shelf.all():
        if batch.status != "ended":
            server.simulator.shelf.end_now(batch)


def expire(server: Served) -> None:
    for batch in server.simulator.shelf.all():
        server.simulator.shelf.expire_now(batch, 0.0)


async def submit(bench: Workbench, lines: list[bytes], name: str = "rivers") -> Target:
    await bench.submissions.send(await prepare(bench.store, lines, "test"), name=name)
    return bench.finder.known(name)


async def expired(bench: Workbench, server: Served, rows: int = 3, name: str = "rivers") -> Target:
    """Return a job of which no row was answered."""
    await submit(bench, [request_line(f"r{number}") for number in range(rows)], name)
    expire(server)
    await bench.sync.run()
    return bench.finder.known(name)


def sent_params(bench: Workbench, target: Target) -> dict[str, dict[str, object]]:
    """Return the params of the newest attempt by custom_id."""
    newest = bench.store.jobs.summary(target.job.id).batches[-1]
    lines = bench.store.files.requests_path(newest.id).read_bytes().splitlines()
    return {request["custom_id"]: request["params"] for request in map(json.loads, lines)}
