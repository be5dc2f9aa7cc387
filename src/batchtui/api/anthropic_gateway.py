"""The gateway to the Message Batches API, on the official SDK."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from batchtui.api.body import body_blocks, check_body
from batchtui.api.calls import ApiCall
from batchtui.api.client import Patience, make_client, timeout
from batchtui.api.convert import (
    batch_from_json,
    created_from_json,
    message_from_json,
    models_from_json,
    page_from_json,
    tokens_from_json,
)
from batchtui.api.errors import Action, Answer, answer_error, credentials_error, senseless_error, transport_error
from batchtui.api.loop_thread import LoopThread
from batchtui.api.stream import AnswerStream
from batchtui.domain.batch import Batch, BatchPage
from batchtui.domain.errors import ApiError, AuthError, MissingError
from batchtui.domain.model import ModelFacts
from batchtui.domain.origin import check_base_url, own_url

if TYPE_CHECKING:
    import httpx2
    from anthropic import AsyncAnthropic

T = TypeVar("T")

_BATCHES = "/v1/messages/batches"
_COUNTED = frozenset(
    {"messages", "model", "cache_control", "output_config", "speed", "system", "thinking", "tool_choice", "tools"}
)
"""The parameters of a Messages request that a token count takes too (API reference, count tokens)."""


@dataclass(frozen=True, slots=True)
class _Request:
    """One HTTP request; `path` is relative to the base URL, or an absolute URL on its origin."""

    action: Action
    method: str
    path: str
    answer_seconds: float
    content: bytes | AsyncIterator[bytes] | None = None
    content_bytes: int | None = None
    betas: tuple[str, ...] = ()
    streams_answer: bool = False


class AnthropicGateway:
    """A `Gateway` on the official SDK, for one base URL and one key.

    The SDK is imported by the first call and lives on an event loop in a thread of its own. No call is ever
    repeated, redirects are not followed, and the key goes to the origin of `base_url` only.

    `find_key` is called in that thread before the first call, and again after a key was refused. It may block or
    raise a BatchtuiError, which the call then raises. Where it returns None the SDK's own places are searched
    (environment, login profiles); if they hold nothing every call raises NoKeyError. `on_call` is told of every
    HTTP attempt, on the event loop of the caller. Raises ConfigError for a base URL that may not be used.
    """

    def __init__(
        self,
        base_url: str,
        find_key: Callable[[], str | None],
        workspace_id: str | None = None,
        *,
        patience: Patience | None = None,
        on_call: Callable[[ApiCall], None] | None = None,
    ) -> None:
        self._base_url = check_base_url(base_url)
        self._find_key = find_key
        self._key: str | None = None
        self._workspace_id = workspace_id or None
        self._patience = patience or Patience()
        self._on_call = on_call
        self._thread = LoopThread("batchtui-api")
        self._client: AsyncAnthropic | None = None
        self._retired: list[AsyncAnthropic] = []

    @property
    def base_url(self) -> str:
        """The origin all calls go to, and the path before `/v1` if there is one."""
        return self._base_url

    async def check(self) -> None:
        """Make one free call that shows that the server is there and takes the key."""
        await self._page(Action("check the key", is_about_batch=False), 1, None)

    async def list_batches(self, *, limit: int = 1000, after_id: str | None = None) -> BatchPage:
        """Return one page of batches, newest first; `after_id` is the `last_id` of the page before."""
        return await self._page(Action("list the batches", is_about_batch=False), limit, after_id)

    async def retrieve(self, batch_id: str) -> Batch:
        """Return one batch."""
        action = Action(f"look up batch {batch_id}")
        return await self._read(self._ask(action, "GET", _path(action, batch_id)), batch_from_json)

    async def create(
        self,
        lines: Path,
        *,
        body_bytes: int,
        betas: Sequence[str] = (),
        on_sent: Callable[[int], None] | None = None,
    ) -> Batch:
        """Create a batch from a file of request lines with one POST that is never repeated.

        `on_sent` is called on the caller's event loop. Raises StoreError, before anything is sent, if the file
        cannot be read or does not make `body_bytes`.
        """
        check_body(lines, body_bytes)
        caller = asyncio.get_running_loop()

        def sent(size: int) -> None:
            if on_sent is not None:
                caller.call_soon_threadsafe(on_sent, size)

        with closing(body_blocks(lines)) as blocks:
            request = _Request(
                Action("create the batch", "creates"),
                "POST",
                _BATCHES,
                self._patience.create_seconds,
                content=_async_blocks(blocks, sent),
                content_bytes=body_bytes,
                betas=tuple(betas),
            )
            return await self._read(request, created_from_json)

    async def cancel(self, batch_id: str) -> Batch:
        """Ask for the cancellation of a batch and return it as it is then.

        A server whose answer is not the batch is asked for it.
        """
        action = Action(f"cancel batch {batch_id}", "changes")
        response = await self._send(self._ask(action, "POST", _path(action, batch_id, "/cancel"), b"{}"))
        try:
            return batch_from_json(response.content)
        except (ValueError, RecursionError):
            return await self.retrieve(batch_id)

    async def delete(self, batch_id: str) -> None:
        """Delete an ended batch and its results at the API."""
        action = Action(f"delete batch {batch_id}", "changes")
        await self._send(self._ask(action, "DELETE", _path(action, batch_id)))

    @asynccontextmanager
    async def results(self, batch_id: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """Open the results of an ended batch as decoded bytes, in pieces of a MiB or more if they come fast.

        They are asked for at their usual path. Only if the server knows nothing there, the path in the batch's
        `results_url` is tried, provided it is on the origin of `base_url`.
        """
        action = Action(f"download the results of batch {batch_id}")
        path = _path(action, batch_id, "/results")
        try:
            response = await self._send(self._results_request(action, path))
        except MissingError:
            named = (await self.retrieve(batch_id)).results_url
            url = own_url(self._base_url, named) if named else None
            if url is None or url == self._base_url + path:
                raise
            response = await self._send(self._results_request(action, url))
        pieces = AnswerStream(self._thread, response, action)
        try:
            yield pieces
        finally:
            await pieces.close()

    async def count_tokens(self, params: dict[str, Any]) -> int:
        """Return the API's estimate of the input tokens of one request; free of charge."""
        body = json.dumps({name: value for name, value in params.items() if name in _COUNTED}).encode()
        action = Action("count the tokens", is_about_batch=False)
        return await self._read(self._ask(action, "POST", "/v1/messages/count_tokens", body), tokens_from_json)

    async def create_message(self, params: dict[str, Any], *, betas: Sequence[str] = ()) -> dict[str, Any]:
        """Have one request answered now, at full price, with one POST that is never repeated."""
        request = _Request(
            Action("have the request answered", "spends", is_about_batch=False),
            "POST",
            "/v1/messages",
            self._patience.create_seconds,
            content=json.dumps(params).encode(),
            betas=tuple(betas),
        )
        return await self._read(request, message_from_json)

    async def list_models(self) -> list[ModelFacts]:
        """Return the models the server says it has, on its first page of at most 1,000; free of charge."""
        action = Action("list the models")
        return await self._read(self._ask(action, "GET", "/v1/models?limit=1000"), models_from_json)

    async def close(self) -> None:
        """Close the connections and end the thread; the gateway cannot be used after that."""
        await self.forget_key()
        while self._retired:
            await self._thread.run(self._retired.pop().close())
        await self._thread.close()

    async def forget_key(self) -> None:
        """Look the key up again at the next call, because it may have changed; calls that run are not disturbed."""
        client, self._client = self._client, None
        if client is not None:
            self._retired.append(client)

    async def _page(self, action: Action, limit: int, after_id: str | None) -> BatchPage:
        path = f"{_BATCHES}?limit={limit}" + (f"&after_id={quote(after_id, safe='')}" if after_id else "")
        return await self._read(self._ask(action, "GET", path), lambda data: page_from_json(data, limit))

    def _ask(self, action: Action, method: str, path: str, content: bytes | None = None) -> _Request:
        return _Request(action, method, path, self._patience.answer_seconds, content=content)

    def _results_request(self, action: Action, path: str) -> _Request:
        return _Request(action, "GET", path, self._patience.silence_seconds, streams_answer=True)

    async def _read(self, request: _Request, convert: Callable[[bytes], T]) -> T:
        response = await self._send(request)
        try:
            return convert(response.content)
        except (ValueError, RecursionError) as error:
            answer = self._answer(response)
            raise senseless_error(request.action, answer, str(error)) from None

    async def _send(self, request: _Request) -> httpx2.Response:
        """Send one request from the thread, tell of it, and return the answer if it is a success."""
        client = await self._thread.run(self._connect(request.action))
        started_at, start = datetime.now(UTC), time.perf_counter()

        def tell(status: int | None, request_id: str | None) -> None:
            if self._on_call is not None:
                milliseconds = (time.perf_counter() - start) * 1000
                path = request.path.removeprefix(self._base_url)
                self._on_call(ApiCall(request.method, path, status, milliseconds, request_id, started_at))

        try:
            response = await self._thread.run(self._exchange(client, request))
        except ApiError as error:
            tell(error.status, error.request_id)
            if isinstance(error, AuthError) and error.refuses_key and self._client is client:
                await self.forget_key()
            raise
        except asyncio.CancelledError:
            tell(None, None)
            raise
        tell(response.status_code, response.headers.get("request-id"))
        return response

    async def _connect(self, action: Action) -> AsyncAnthropic:
        # Nothing is awaited here, so calls that come together make one client.
        if self._client is None:
            self._key = self._find_key() or None
            self._client = make_client(action, self._base_url, self._key, self._workspace_id, self._patience)
        return self._client

    async def _exchange(self, client: AsyncAnthropic, request: _Request) -> httpx2.Response:
        import anthropic
        import httpx2

        headers = {"Content-Length": str(request.content_bytes)} if request.content_bytes is not None else {}
        if request.betas:
            headers["anthropic-beta"] = ",".join(request.betas)
        if request.streams_answer:
            headers |= {"Accept": "application/x-jsonl, application/binary", "X-Stainless-Raw-Response": "stream"}
        options: Any = {"headers": headers, "timeout": timeout(self._patience, request.answer_seconds)}
        try:
            match request.method:
                case "GET":
                    return await client.get(request.path, cast_to=httpx2.Response, options=options)
                case "DELETE":
                    return await client.delete(request.path, cast_to=httpx2.Response, options=options)
                case _:
                    return await client.post(
                        request.path, cast_to=httpx2.Response, content=request.content, options=options
                    )
        except anthropic.APIStatusError as error:
            raise answer_error(request.action, self._answer(error.response)) from None
        except anthropic.APIConnectionError as error:
            cause = error.__cause__
            raise transport_error(request.action, cause if isinstance(cause, Exception) else error) from None
        except httpx2.HTTPError as error:
            raise transport_error(request.action, error) from None
        except anthropic.AnthropicError as error:
            raise credentials_error(request.action, error) from None
        except TypeError as error:
            if "resolve authentication" not in str(error):
                raise
            raise credentials_error(request.action, error) from None

    def _answer(self, response: httpx2.Response) -> Answer:
        return Answer(response.status_code, response.headers, response.content, self._key)


async def _async_blocks(blocks: Iterator[bytes], sent: Callable[[int], None]) -> AsyncIterator[bytes]:
    total = 0
    for block in blocks:
        yield block
        total += len(block)
        sent(total)


def _path(action: Action, batch_id: str, rest: str = "") -> str:
    """Return the path of a batch, whatever its id holds; raises MissingError for what would name another path."""
    if not batch_id.strip("."):
        raise MissingError(f"Could not {action.name}: that is no id.", unharmed=action.unharmed)
    return f"{_BATCHES}/{quote(batch_id, safe='')}{rest}"
