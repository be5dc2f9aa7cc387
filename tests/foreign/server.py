"""A small Message Batches server with manners of its own, as people write them from the API's documentation."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.api.raw_server import Exchange

PATH = "/v1/messages/batches"
COUNTS = ("processing", "succeeded", "errored", "canceled", "expired")
CREATED_AT = "2024-08-20T18:37:24Z"


@dataclass
class Held:
    """A batch on the server; what becomes of a request is the last word of its prompt."""

    id: str
    requests: list[dict[str, Any]]
    polls_left: int
    status: str = "in_progress"
    results_asked: int = 0

    @property
    def runs(self) -> bool:
        return self.status in {"in_progress", "canceling"}

    def outcome(self, request: dict[str, Any]) -> str:
        return "canceled" if self.status == "canceled" else request["params"]["messages"][0]["content"].split()[-1]


@dataclass
class Foreign:
    """Answers by its `manners`; `polls` is how often a batch is looked at before it has ended."""

    manners: frozenset[str]
    polls: int = 1
    held: dict[str, Held] = field(default_factory=dict)
    numbers: count[int] = field(default_factory=lambda: count(1))

    def __call__(self, exchange: Exchange) -> None:
        exchange.read_body()
        url = urlsplit(exchange.target)
        path = url.path.removeprefix("/proxy") if "under a path" in self.manners else url.path
        if "x-api-key only" in self.manners and "x-api-key" not in exchange.headers:
            self.refuse(exchange, 401, "authentication_error")
        elif "content-length" not in exchange.headers and exchange.method == "POST":
            self.refuse(exchange, 411, "invalid_request_error")
        elif path == PATH:
            self.collection(exchange, {name: values[0] for name, values in parse_qs(url.query).items()})
        elif path.startswith("/files/"):
            self.results(exchange, self.held[path.removeprefix("/files/")])
        elif (batch := self.held.get(path.removeprefix(PATH + "/").partition("/")[0])) is None:
            self.refuse(exchange, 404, "not_found_error")
        else:
            self.one(exchange, batch, path.rpartition("/")[2])

    def refuse(self, exchange: Exchange, status: int, kind: str) -> None:
        error = {"type": kind, "message": "no"}
        exchange.reply(
            status, json.dumps({"error": error} if "flat errors" in self.manners else {"detail": "no"}).encode()
        )

    def collection(self, exchange: Exchange, query: dict[str, str]) -> None:
        limit = int(query.get("limit", 20))
        if exchange.method == "POST":
            self.create(exchange)
        elif "no list" in self.manners:
            self.refuse(exchange, 405, "not_found_error")
        elif "small pages" in self.manners and limit > 20:
            self.refuse(exchange, 422, "invalid_request_error")
        else:
            self.page(exchange, min(limit, 20), None if "no cursor" in self.manners else query.get("after_id"))

    def create(self, exchange: Exchange) -> None:
        name = f"batch-{next(self.numbers)}"
        batch = self.held[name] = Held(name, json.loads(exchange.body)["requests"], self.polls)
        exchange.reply(
            201, json.dumps({"id": name} if "bare create" in self.manners else self.view(batch)).encode()
        )

    def page(self, exchange: Exchange, limit: int, after_id: str | None) -> None:
        names = list(self.held)[::-1]
        if after_id is not None:
            names = names[names.index(after_id) + 1 :]
        page: dict[str, Any] = {"data": [self.view(self.polled(self.held[name])) for name in names[:limit]]}
        if "no has_more" not in self.manners:
            page |= {"has_more": len(names) > limit}
        exchange.reply(200, json.dumps(page).encode())

    def one(self, exchange: Exchange, batch: Held, last: str) -> None:
        if last == "results":
            if "results elsewhere" in self.manners or batch.runs:
                self.refuse(exchange, 404, "not_found_error")
            else:
                self.results(exchange, batch)
        elif last != "cancel":
            exchange.reply(200, json.dumps(self.view(self.polled(batch))).encode())
        elif batch.status != "in_progress":
            self.refuse(exchange, 400, "invalid_request_error")
        else:
            batch.status = "canceling"
            bare = {} if "empty cancel" in self.manners else {"id": batch.id, "processing_status": "canceling"}
            exchange.reply(202, json.dumps(bare).encode())

    def polled(self, batch: Held) -> Held:
        batch.polls_left -= 1
        if batch.polls_left < 0 and batch.runs:
            batch.status = "canceled" if batch.status == "canceling" else "ended"
        return batch

    def view(self, batch: Held) -> dict[str, Any]:
        view: dict[str, Any] = {"id": batch.id, "processing_status": batch.status if batch.runs else "ended"}
        counts = dict.fromkeys(COUNTS, 0)
        for request in batch.requests:
            stays = batch.runs or "counts stand still" in self.manners
            counts["processing" if stays else batch.outcome(request)] += 1
        if "no counts" not in self.manners:
            view["request_counts"] = {name: number for name, number in counts.items() if number}
        if "no dates" not in self.manners:
            view["created_at"] = CREATED_AT
        if not batch.runs:
            prefix = "/files/" if "results elsewhere" in self.manners else PATH + "/"
            view["results_url"] = prefix + batch.id + ("" if "results elsewhere" in self.manners else "/results")
        return view

    def results(self, exchange: Exchange, batch: Held) -> None:
        batch.results_asked += 1
        if "late results" in self.manners and batch.results_asked == 1:
            self.refuse(exchange, 404, "not_found_error")
            return
        outcomes = [(request["custom_id"], batch.outcome(request)) for request in batch.requests]
        if "only answers" in self.manners:
            outcomes = [each for each in outcomes if each[1] in {"succeeded", "errored"}]
        lines = [json.dumps({"custom_id": name, "result": self.result(kind)}) for name, kind in outcomes]
        body = ("\r\n" if "CRLF" in self.manners else "\n").join(lines).encode()
        if "compressed" in self.manners:
            exchange.reply(200, gzip.compress(body), {"content-encoding": "gzip"})
        else:
            exchange.reply(200, body, {"content-type": "text/plain"})

    def result(self, kind: str) -> dict[str, Any]:
        if kind == "errored":
            return {"type": kind, "error": {"type": "overloaded_error", "message": "busy"}}
        if kind == "succeeded":
            text = "fine" if "plain content" in self.manners else [{"type": "text", "text": "fine"}]
            return {"type": kind, "message": {"content": text, "stop_reason": "end_turn"}}
        return {"type": kind}
