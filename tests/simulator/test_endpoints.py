"""The six endpoints, messages and models, as a client sees them over HTTP."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.simulator.conftest import BATCHES, Caller, error_of, request

Start = Callable[..., Caller]


def test_a_batch_runs_ends_and_gives_its_results(caller: Caller) -> None:
    created = caller.create(request("a"), request("b", model="none")).json()
    assert created["processing_status"] == "in_progress"
    assert created["created_at"] == "2026-11-02T12:00:00.123456+00:00"
    assert created["expires_at"] == "2026-11-03T12:00:00.123456+00:00"
    running = caller.retrieve(created["id"])
    assert running.json()["request_counts"] == {
        "processing": 2,
        "succeeded": 0,
        "errored": 0,
        "canceled": 0,
        "expired": 0,
    }
    assert running.headers["retry-after"] == "10"
    caller.control(advance_seconds=10)
    ended = caller.retrieve(created["id"])
    assert "retry-after" not in ended.headers
    assert ended.json()["processing_status"] == "ended"
    assert ended.json()["ended_at"] == "2026-11-02T12:00:10.123456+00:00"
    assert ended.json()["request_counts"]["succeeded"] == 1
    assert ended.json()["request_counts"]["errored"] == 1
    assert ended.json()["results_url"] == f"{caller.base_url}{BATCHES}/{created['id']}/results"
    assert {key: result["type"] for key, result in caller.results(created["id"]).items()} == {
        "a": "succeeded",
        "b": "errored",
    }


def test_results_before_the_end_are_a_404_that_should_not_be_retried(caller: Caller) -> None:
    batch_id = caller.created(request())
    reply = caller.http.get(f"{BATCHES}/{batch_id}/results")
    assert error_of(reply) == (404, "not_found_error", f"Message Batch {batch_id} has no available results.")
    assert reply.headers["x-should-retry"] == "false"


def test_results_are_unordered_lines_with_a_trailing_newline(caller: Caller) -> None:
    batch_id = caller.ended(*(request(f"row-{n}") for n in range(50)))
    reply = caller.http.get(f"{BATCHES}/{batch_id}/results")
    assert reply.headers["content-type"] == "application/x-jsonl"
    assert reply.headers["content-encoding"] == "gzip"
    assert "content-length" not in reply.headers
    assert reply.headers["content-disposition"].endswith(f"{batch_id}_results.jsonl")
    assert reply.text.endswith("}\n")
    ids = [line.split('"')[3] for line in reply.text.splitlines()]
    assert ids != sorted(ids, key=lambda name: int(name[4:]))
    assert sorted(ids) == sorted(f"row-{n}" for n in range(50))
    plain = caller.http.get(f"{BATCHES}/{batch_id}/results", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == reply.content


def test_canceling_keeps_what_was_finished(caller: Caller) -> None:
    batch_id = caller.created(*(request(f"row-{n}") for n in range(100)))
    caller.control(advance_seconds=4)
    canceled = caller.http.post(f"{BATCHES}/{batch_id}/cancel").json()
    assert canceled["processing_status"] == "canceling"
    assert canceled["cancel_initiated_at"] == "2026-11-02T12:00:04.123456+00:00"
    assert canceled["request_counts"]["processing"] == 100
    again = caller.http.post(f"{BATCHES}/{batch_id}/cancel").json()
    assert again == canceled
    caller.control(advance_seconds=2)
    counts = caller.retrieve(batch_id).json()["request_counts"]
    assert counts["processing"] == 0
    assert counts["succeeded"] + counts["canceled"] == 100
    assert 20 < counts["succeeded"] < 60
    results = caller.results(batch_id).values()
    assert [result for result in results if result["type"] == "canceled"] == [{"type": "canceled"}] * counts[
        "canceled"
    ]
    assert error_of(caller.http.post(f"{BATCHES}/{batch_id}/cancel"))[0] == 400


def test_a_batch_that_takes_longer_than_a_day_expires(start: Start) -> None:
    caller = start(duration_seconds=2 * 86_400)
    batch_id = caller.created(*(request(f"row-{n}") for n in range(100)))
    caller.control(advance_seconds=86_399)
    assert caller.retrieve(batch_id).json()["processing_status"] == "in_progress"
    caller.control(advance_seconds=1)
    ended = caller.retrieve(batch_id).json()
    assert ended["ended_at"] == ended["expires_at"]
    counts = ended["request_counts"]
    assert counts["succeeded"] + counts["expired"] == 100
    assert 30 < counts["expired"] < 70


def test_results_go_29_days_after_creation_but_the_batch_stays(caller: Caller) -> None:
    batch_id = caller.ended(request())
    caller.control(advance_seconds=29 * 86_400 - 1)
    assert caller.results(batch_id)
    caller.control(advance_seconds=1)
    archived = caller.retrieve(batch_id).json()
    assert archived["archived_at"] == "2026-12-01T12:00:00.123456+00:00"
    assert archived["results_url"] is None
    assert error_of(caller.http.get(f"{BATCHES}/{batch_id}/results"))[0] == 404


def test_only_an_ended_batch_can_be_deleted(caller: Caller) -> None:
    batch_id = caller.created(request())
    assert error_of(caller.http.delete(f"{BATCHES}/{batch_id}"))[:2] == (400, "invalid_request_error")
    caller.control(end=batch_id)
    reply = caller.http.delete(f"{BATCHES}/{batch_id}")
    assert reply.json() == {"id": batch_id, "type": "message_batch_deleted"}
    assert error_of(caller.retrieve(batch_id))[:2] == (404, "not_found_error")


def test_the_list_pages_both_ways(caller: Caller) -> None:
    ids = []
    for number in range(7):
        ids.append(caller.created(request(f"row-{number}")))
        caller.control(advance_seconds=1)
    newest_first = ids[::-1]

    def page(**query: object) -> tuple[list[str], bool]:
        body = caller.http.get(BATCHES, params={key: str(value) for key, value in query.items()}).json()
        found = [batch["id"] for batch in body["data"]]
        assert (body["first_id"], body["last_id"]) == ((found[0], found[-1]) if found else (None, None))
        return found, body["has_more"]

    assert page() == (newest_first, False)
    assert page(limit=3) == (newest_first[:3], True)
    assert page(limit=3, after_id=newest_first[2]) == (newest_first[3:6], True)
    assert page(limit=3, after_id=newest_first[5]) == (newest_first[6:], False)
    assert page(limit=3, before_id=newest_first[6]) == (newest_first[3:6], True)
    assert page(limit=3, before_id=newest_first[3]) == (newest_first[:3], False)
    assert page(after_id=newest_first[6]) == ([], False)


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=many", "after_id=msgbatch_none"])
def test_a_wrong_page_is_refused(caller: Caller, query: str) -> None:
    caller.created(request())
    assert error_of(caller.http.get(f"{BATCHES}?{query}"))[:2] == (400, "invalid_request_error")


def test_an_empty_list_has_no_ids(caller: Caller) -> None:
    assert caller.http.get(BATCHES).json() == {"data": [], "has_more": False, "first_id": None, "last_id": None}


def test_either_header_carries_the_key(caller: Caller) -> None:
    bare = {"authorization": ""}
    assert error_of(caller.http.get(BATCHES, headers=bare))[:2] == (401, "authentication_error")
    assert caller.http.get(BATCHES, headers={**bare, "x-api-key": "k"}).status_code == 200
    wrong = {"authorization": "Bearer sk-ant-invalid-1"}
    assert error_of(caller.http.get(BATCHES, headers=wrong))[:2] == (401, "authentication_error")


def test_one_key_can_be_required(start: Start) -> None:
    caller = start(api_key="sk-ant-only")
    assert caller.http.get(BATCHES).status_code == 401
    assert caller.http.get(BATCHES, headers={"authorization": "Bearer sk-ant-only"}).status_code == 200


def test_every_key_and_every_workspace_sees_its_own_batches(caller: Caller) -> None:
    batch_id = caller.created(request())
    other = {"authorization": "Bearer sk-ant-other"}
    assert caller.http.get(BATCHES, headers=other).json()["data"] == []
    assert error_of(caller.http.get(f"{BATCHES}/{batch_id}", headers=other))[0] == 404
    shared = {"anthropic-workspace-id": "wrkspc_team"}
    reply = caller.http.post(BATCHES, json={"requests": [request()]}, headers=shared)
    assert reply.headers["anthropic-workspace-id"] == "wrkspc_team"
    seen = caller.http.get(BATCHES, headers={**other, **shared}).json()["data"]
    assert [batch["id"] for batch in seen] == [reply.json()["id"]]


@pytest.mark.parametrize("version", ["", "2020-01-01", "soon"])
def test_an_unknown_api_version_is_refused(caller: Caller, version: str) -> None:
    assert error_of(caller.http.get(BATCHES, headers={"anthropic-version": version}))[0] == 400


def test_a_missing_api_version_is_refused(caller: Caller) -> None:
    del caller.http.headers["anthropic-version"]
    assert error_of(caller.http.get(BATCHES)) == (
        400,
        "invalid_request_error",
        "anthropic-version: header is required",
    )


def test_unknown_paths_and_methods_answer_in_the_envelope(caller: Caller) -> None:
    assert error_of(caller.http.get("/v1/nothing"))[:2] == (404, "not_found_error")
    assert error_of(caller.http.put(BATCHES))[0] == 405


def test_one_plain_message(caller: Caller) -> None:
    params = request(prompt="What is 5 + 5?")["params"]
    message = caller.http.post("/v1/messages", json=params).json()
    assert message["content"] == [{"citations": None, "type": "text", "text": "10"}]
    assert message["usage"]["service_tier"] == "standard"
    refused = caller.http.post("/v1/messages", json={**params, "model": "none"})
    assert error_of(refused) == (404, "not_found_error", "model: none")
    assert error_of(caller.http.post("/v1/messages", json=[]))[0] == 400
    assert error_of(caller.http.post("/v1/messages", content=b"{"))[0] == 400


def test_tokens_are_counted_without_max_tokens(caller: Caller) -> None:
    params = request(prompt="word " * 100)["params"]
    del params["max_tokens"]
    counted = caller.http.post("/v1/messages/count_tokens", json=params)
    assert 100 <= counted.json()["input_tokens"] <= 160
    thinking = {"type": "enabled", "budget_tokens": 2048}
    assert caller.http.post("/v1/messages/count_tokens", json={**params, "thinking": thinking}).status_code == 200
    assert error_of(caller.http.post("/v1/messages/count_tokens", json={**params, "max_tokens": 1}))[0] == 400


def test_models_are_listed_and_found_by_alias(caller: Caller) -> None:
    first = caller.http.get("/v1/models", params={"limit": 4}).json()
    assert first["has_more"]
    rest = caller.http.get("/v1/models", params={"limit": 1000, "after_id": first["last_id"]}).json()
    assert not rest["has_more"]
    models = first["data"] + rest["data"]
    assert len({model["id"] for model in models}) == len(models) > 10
    back = caller.http.get("/v1/models", params={"limit": 2, "before_id": first["last_id"]}).json()
    assert [model["id"] for model in back["data"]] == [model["id"] for model in first["data"][1:3]]
    alias = caller.http.get("/v1/models/claude-haiku-4-5").json()
    assert alias["id"] == "claude-haiku-4-5-20251001"
    assert alias["capabilities"]["batch"] == {"supported": True}
    assert error_of(caller.http.get("/v1/models/none"))[0] == 404


def test_the_same_seed_and_calls_give_the_same_bytes(start: Start) -> None:
    def story(seed: int) -> list[bytes]:
        caller = start(seed=seed, error_rate=0.3, refusal_rate=0.2, truncate_rate=0.2, expire_rate=0.1)
        batch_id = caller.ended(
            *(request(f"row-{n}", f"Describe the number {n} of chapter {n}") for n in range(40))
        )
        replies = [caller.retrieve(batch_id), caller.http.get(f"{BATCHES}/{batch_id}/results")]
        return [reply.content.replace(caller.base_url.encode(), b"") for reply in replies]

    assert story(1) == story(1)
    assert story(1) != story(2)
