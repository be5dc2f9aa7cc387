"""The one live message: what goes over the wire, and what an answer proves about the bill."""

from __future__ import annotations

import json

import pytest

from batchtui.api.client import Patience
from batchtui.domain.errors import (
    ApiError,
    MissingError,
    RateLimitError,
    RejectedError,
    ServerError,
    UnclearError,
    UnreachableError,
)

from .conftest import KEY, Connect, Serve
from .raw_server import Behaviour, Exchange

PARAMS = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "größer \ud83d"}]}
ANSWER = {"type": "message", "model": "m", "content": [{"type": "text", "text": "Yes."}], "usage": {}}


def answered(exchange: Exchange) -> None:
    exchange.read_body()
    exchange.reply(200, json.dumps(ANSWER).encode())


async def test_it_is_one_post_with_params_and_betas(serve: Serve, connect: Connect) -> None:
    server = serve(answered)
    assert await connect(server.url).create_message(PARAMS, betas=("one", "two")) == ANSWER
    (post,) = server.requests
    assert (post.method, post.target, json.loads(post.body)) == ("POST", "/v1/messages", PARAMS)
    assert (post.headers["anthropic-beta"], post.headers["x-api-key"]) == ("one,two", KEY)


REFUSALS = {
    400: RejectedError,
    404: MissingError,
    413: RejectedError,
    429: RateLimitError,
}


@pytest.mark.parametrize("status", REFUSALS)
async def test_a_refusal_proves_that_nothing_is_charged(serve: Serve, connect: Connect, status: int) -> None:
    def refuse(exchange: Exchange) -> None:
        exchange.read_body()
        exchange.reply(status, b'{"error": {"type": "x", "message": "No."}}')

    server = serve(refuse)
    with pytest.raises(REFUSALS[status]) as caught:
        await connect(server.url).create_message(PARAMS)
    assert (len(server.requests), caught.value.nothing_was_created) == (1, True)
    assert caught.value.unharmed == "Nothing is charged."
    assert "batch" not in caught.value.todo.lower()


def five_hundred(exchange: Exchange) -> None:
    exchange.read_body()
    exchange.reply(500)


def senseless(exchange: Exchange) -> None:
    exchange.read_body()
    exchange.reply(200, b'{"id": "msg_1"}')


def silent(exchange: Exchange) -> None:
    exchange.read_body()


@pytest.mark.parametrize(
    ("behave", "kind"), [(five_hundred, ServerError), (senseless, UnclearError), (silent, UnclearError)]
)
async def test_what_is_unclear_may_have_been_charged_and_is_not_repeated(
    serve: Serve, connect: Connect, impatient: Patience, behave: Behaviour, kind: type[ApiError]
) -> None:
    server = serve(behave)
    with pytest.raises(kind) as caught:
        await connect(server.url, patience=impatient).create_message(PARAMS)
    assert (len(server.requests), caught.value.nothing_was_created, caught.value.unharmed) == (1, False, "")
    assert "charged" in caught.value.todo


async def test_without_a_connection_nothing_is_charged(connect: Connect) -> None:
    with pytest.raises(UnreachableError) as caught:
        await connect("http://127.0.0.1:9").create_message(PARAMS)
    assert caught.value.unharmed == "Nothing is charged."
