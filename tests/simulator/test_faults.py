"""Every fault, as the client meets it, and what it left behind on the server."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from batchtui.simulator import Fault, SimulatorError
from tests.simulator.conftest import BATCHES, Caller, error_of, request

RESULTS = f"{BATCHES}/*/results"


def order(caller: Caller, **fault: Any) -> None:
    caller.control(faults=[{"path": BATCHES, "method": "POST", **fault}])


def batch_count(caller: Caller) -> int:
    return len(caller.http.get(BATCHES).json()["data"])


def last_seen(caller: Caller) -> dict[str, Any]:
    return dict(caller.http.get("/_control/log").json()[-1])


def test_refuse_answers_with_what_was_ordered(caller: Caller) -> None:
    order(
        caller,
        kind="refuse",
        status=429,
        error_type="rate_limit_error",
        message="Slow down",
        retry_after=7,
        should_retry=True,
    )
    reply = caller.create(request())
    assert reply.status_code == 429
    assert reply.json()["error"] == {"type": "rate_limit_error", "message": "Slow down"}
    assert reply.headers["retry-after"] == "7"
    assert reply.headers["x-should-retry"] == "true"
    assert batch_count(caller) == 0
    assert caller.create(request()).status_code == 200


def test_refuse_can_do_the_work_behind_the_clients_back(caller: Caller) -> None:
    order(caller, kind="refuse", status=500, body="<oops>", carried_out=True)
    reply = caller.create(request())
    assert (reply.status_code, reply.text) == (500, "<oops>")
    assert "x-should-retry" not in reply.headers
    assert batch_count(caller) == 1


@pytest.mark.parametrize(
    ("kind", "made"), [("drop_before", 0), ("drop_during", 0), ("drop_after", 1), ("truncated_reply", 1)]
)
def test_a_dropped_connection_makes_a_batch_or_not(caller: Caller, kind: str, made: int) -> None:
    order(caller, kind=kind, after_bytes=200_000 if kind == "drop_during" else None)
    # A cut of the socket shows as a failure to write or to read, by who is first.
    with pytest.raises((httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError)):
        caller.create(request(prompt="x" * 5_000_000))
    assert batch_count(caller) == made


def test_drop_during_reads_about_as_much_as_ordered(caller: Caller) -> None:
    order(caller, kind="drop_during", after_bytes=1_000_000)
    with pytest.raises((httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError)):
        caller.create(request(prompt="x" * 20_000_000))
    entry = last_seen(caller)
    assert entry["fault"] == "drop_during"
    assert entry["status"] is None
    assert 1_000_000 <= entry["body_bytes"] < 3_000_000


def test_a_truncated_reply_can_be_cut_at_a_byte(caller: Caller) -> None:
    batch_id = caller.ended(*(request(f"row-{n}") for n in range(2000)))
    whole = caller.http.get(f"{BATCHES}/{batch_id}/results", headers={"accept-encoding": "identity"}).content
    order(caller, kind="truncated_reply", method="GET", path=RESULTS, after_bytes=400_000)
    received = b""

    def download() -> None:
        nonlocal received
        with caller.http.stream(
            "GET", f"{BATCHES}/{batch_id}/results", headers={"accept-encoding": "identity"}
        ) as reply:
            for piece in reply.iter_raw():
                received += piece

    with pytest.raises(httpx2.RemoteProtocolError):
        download()
    assert received == whole[:400_000]
    assert len(caller.results(batch_id)) == 2000


def test_garbage_is_a_200_that_is_no_json(caller: Caller) -> None:
    order(caller, kind="garbage")
    reply = caller.create(request())
    assert reply.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        reply.json()
    assert batch_count(caller) == 0


@pytest.mark.parametrize("carried_out", [True, False])
def test_a_hang_never_answers(caller: Caller, carried_out: bool) -> None:
    order(caller, kind="hang", carried_out=carried_out)
    with pytest.raises(httpx2.ReadTimeout):
        caller.http.post(BATCHES, json={"requests": [request()]}, timeout=0.2)
    assert batch_count(caller) == int(carried_out)


def test_a_hanging_request_does_not_keep_the_server_from_stopping(start: Callable[..., Caller]) -> None:
    # The fixture stops the server while this request still hangs; the test's own time limit is the judge.
    caller = start()
    order(caller, kind="hang")
    stream = caller.http.stream("POST", BATCHES, json={"requests": [request()]}, timeout=0.2)
    with pytest.raises(httpx2.ReadTimeout):
        stream.__enter__()


def test_slow_waits_and_then_answers(caller: Caller) -> None:
    order(caller, kind="slow", seconds=0.3)
    with pytest.raises(httpx2.ReadTimeout):
        caller.http.post(BATCHES, json={"requests": [request()]}, timeout=0.1)
    order(caller, kind="slow", seconds=0.01)
    assert caller.create(request()).status_code == 200


@pytest.mark.parametrize("kind", ["corrupt_line", "unknown_result", "missing_line", "blank_line"])
def test_one_line_of_the_results_is_spoiled(caller: Caller, kind: str) -> None:
    batch_id = caller.ended(*(request(f"row-{n}") for n in range(6)))
    good = caller.http.get(f"{BATCHES}/{batch_id}/results").text.splitlines()
    order(caller, kind=kind, method="GET", path=RESULTS, line=3)
    bad = caller.http.get(f"{BATCHES}/{batch_id}/results").text.splitlines()
    assert bad[:3] == good[:3]
    assert bad[-2:] == good[-2:]
    if kind == "corrupt_line":
        assert good[3].startswith(bad[3])
        assert len(bad[3]) < len(good[3])
    elif kind == "unknown_result":
        assert json.loads(bad[3])["custom_id"] == json.loads(good[3])["custom_id"]
        assert json.loads(bad[3])["result"]["type"] == "postponed"
    elif kind == "missing_line":
        assert bad == good[:3] + good[4:]
    else:
        assert bad == [*good[:3], "", *good[3:]]
    assert caller.http.get(f"{BATCHES}/{batch_id}/results").text.splitlines() == good


def test_faults_are_counted_skipped_and_matched(caller: Caller) -> None:
    order(caller, kind="refuse", times=2, skip=1)
    statuses = [caller.create(request()).status_code for _ in range(5)]
    assert statuses == [200, 529, 529, 200, 200]
    order(caller, kind="refuse", times=0, method="GET", path=f"{BATCHES}/*")
    batch_id = caller.http.get(BATCHES).json()["data"][0]["id"]
    assert [caller.retrieve(batch_id).status_code for _ in range(3)] == [529] * 3
    assert error_of(caller.http.get(f"{BATCHES}/{batch_id}/results"))[0] == 404
    assert len(caller.control(clear_faults=True)["faults"]) == 0
    assert caller.retrieve(batch_id).status_code == 200
    order(caller, kind="refuse", method="*", path="/v1/**")
    assert caller.http.get("/v1/models").status_code == 529


def test_a_fault_of_no_known_kind_is_refused(caller: Caller) -> None:
    with pytest.raises(SimulatorError, match="drop_before"):
        Fault(kind="explode")  # type: ignore[arg-type]  # the point of the test
    reply = caller.http.post("/_control", json={"faults": [{"kind": "explode"}]})
    assert error_of(reply)[0] == 400
