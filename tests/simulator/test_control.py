"""The control endpoint, and the settings that make the simulator behave like somebody else's server."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from batchtui.simulator import Settings, SimulatorError
from tests.simulator.conftest import BATCHES, Caller, error_of, request

Start = Callable[..., Caller]


def test_the_log_tells_what_was_asked_and_no_credentials(caller: Caller) -> None:
    body = {"requests": [request()]}
    caller.http.post(f"{BATCHES}?beta=true", json=body, headers={"x-api-key": "sk-secret", "cookie": "sk-secret"})
    caller.http.get("/v1/models", headers={"authorization": ""})
    log = caller.http.get("/_control/log")
    first, second = log.json()
    assert (first["method"], first["path"], first["query"]) == ("POST", BATCHES, "beta=true")
    assert first["auth"] == "bearer"
    assert first["status"] == 200
    assert first["fault"] is None
    assert first["body_bytes"] == int(first["headers"]["content-length"])
    assert (second["auth"], second["status"]) == ("none", 401)
    assert "sk-" not in log.text
    assert caller.control(clear_log=True)["requests_seen"] == 0


def test_time_moves_only_forward_and_only_when_told(caller: Caller) -> None:
    before = caller.control()["now"]
    assert caller.control(advance_seconds=90)["now"] == before.replace("12:00:00", "12:01:30")
    assert error_of(caller.http.post("/_control", json={"advance_seconds": -1}))[0] == 400


def test_batches_end_and_expire_on_order(caller: Caller) -> None:
    first, second, third = (caller.created(*(request(f"r{n}") for n in range(50))) for _ in range(3))
    caller.control(end=first)
    caller.control(expire=second, finished_share=0.5)
    counts = {batch["id"]: batch["counts"] for batch in caller.control()["batches"]}
    assert counts[first]["succeeded"] == 50
    assert 10 < counts[second]["expired"] < 40
    assert counts[third]["processing"] == 50
    caller.control(expire="all")
    assert caller.retrieve(third).json()["request_counts"]["expired"] == 50
    assert caller.retrieve(first).json()["request_counts"]["succeeded"] == 50
    assert error_of(caller.http.post("/_control", json={"end": "msgbatch_none"}))[0] == 404


def test_prepared_results_are_the_same_bytes(caller: Caller) -> None:
    batch_id = caller.ended(*(request(f"row-{n}", f"Describe item {n}") for n in range(20)))
    made = caller.http.get(f"{BATCHES}/{batch_id}/results").content
    other = caller.ended(request())
    caller.control(prepare=other)
    assert caller.http.get(f"{BATCHES}/{batch_id}/results").content == made
    assert len(caller.results(other)) == 1
    running = caller.created(request())
    assert error_of(caller.http.post("/_control", json={"prepare": running}))[0] == 404


def test_settings_change_for_what_comes_next(caller: Caller) -> None:
    fine = caller.ended(*(request(f"row-{n}") for n in range(30)))
    caller.control(settings={"error_rate": 1, "duration_seconds": 1})
    failed = caller.ended(*(request(f"row-{n}") for n in range(30)))
    assert caller.retrieve(fine).json()["request_counts"]["succeeded"] == 30
    assert caller.retrieve(failed).json()["request_counts"]["errored"] == 30
    errors = {row["error"]["error"]["type"] for row in caller.results(failed).values()}
    assert errors == {"overloaded_error", "api_error"}


@pytest.mark.parametrize(
    "patch", [{"error_rate": 2}, {"error_rate": "often"}, {"unknown": 1}, {"duration_seconds": -1}]
)
def test_a_wrong_setting_changes_nothing(caller: Caller, patch: dict[str, Any]) -> None:
    before = caller.control()["settings"]
    assert error_of(caller.http.post("/_control", json={"settings": patch}))[0] == 400
    assert caller.control()["settings"] == before


@pytest.mark.parametrize(
    "wrong", [{"error_rate": -0.1}, {"duration_seconds": math.nan}, {"max_requests": 0}, {"frozen_at": "naive"}]
)
def test_wrong_settings_are_refused_in_words(wrong: dict[str, Any]) -> None:
    from datetime import datetime

    if wrong.get("frozen_at"):
        wrong = {"frozen_at": datetime(2026, 1, 1)}  # noqa: DTZ001 - the point of the test
    with pytest.raises(SimulatorError, match=next(iter(wrong))):
        Settings(**wrong)


def test_an_order_that_is_no_order_is_refused(caller: Caller) -> None:
    assert error_of(caller.http.post("/_control", content=b"{"))[0] == 400
    assert error_of(caller.http.post("/_control", json={"advance": 1}))[0] == 400


def test_the_control_endpoint_can_be_switched_off(start: Start) -> None:
    caller = start(control=False)
    assert error_of(caller.http.get("/_control"))[0] == 404
    assert error_of(caller.http.get("/_control/log"))[0] == 404


def test_passing_errors_are_rolled_anew_in_the_next_batch(start: Start) -> None:
    caller = start(error_rate=0.4)
    rows = [request(f"row-{n}") for n in range(50)]
    first = caller.results(caller.ended(*rows))
    failed = {key for key, row in first.items() if row["type"] == "errored"}
    assert failed
    assert all(first[key]["error"]["request_id"].startswith("req_") for key in failed)
    again = caller.results(caller.ended(*(row for row in rows if row["custom_id"] in failed)))
    assert any(row["type"] == "succeeded" for row in again.values())


def test_results_urls_can_be_relative_or_name_another_host(start: Start) -> None:
    for base, expected in (("", ""), ("https://elsewhere.example/", "https://elsewhere.example")):
        caller = start(results_base=base)
        batch_id = caller.ended(request())
        assert caller.retrieve(batch_id).json()["results_url"] == f"{expected}{BATCHES}/{batch_id}/results"


def test_a_lean_server_leaves_out_nulls_hints_delete_and_envelopes(start: Start) -> None:
    caller = start(omit_nulls=True, poll_hint=False, deletable=False, flat_errors=True)
    created = caller.create(request("good"), request("bad", model="none")).json()
    assert "ended_at" not in created
    assert "retry-after" not in caller.retrieve(created["id"]).headers
    caller.control(end="all")
    results = caller.results(created["id"])
    assert "stop_sequence" not in results["good"]["message"]
    assert results["bad"]["error"]["type"] == "not_found_error"
    assert caller.http.delete(f"{BATCHES}/{created['id']}").status_code == 405


def test_a_fresh_batch_can_be_hidden_for_a_while(start: Start) -> None:
    caller = start(fresh_404s=2)
    batch_id = caller.created(request())
    assert [caller.retrieve(batch_id).status_code for _ in range(3)] == [404, 404, 200]
