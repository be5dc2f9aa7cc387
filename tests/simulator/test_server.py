"""The socket, the threads and the memory: what a person notices of the simulator besides its answers."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import anthropic
import httpx2
import pytest
from anthropic.types.messages.batch_create_params import Request as BatchRequest

from batchtui.simulator import Settings, Simulator, SimulatorError, serve
from tests.simulator.conftest import BATCHES, FROZEN_AT, Caller, request


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.com"])
def test_only_loopback_is_served(host: str) -> None:
    with pytest.raises(SimulatorError, match=r"127\.0\.0\.1"), serve(host=host):
        pass


def test_a_taken_port_is_said(caller: Caller) -> None:
    port = int(caller.base_url.rsplit(":", 1)[1])
    with pytest.raises(SimulatorError, match=str(port)), serve(port=port):
        pass


def test_stopping_leaves_no_thread_and_no_file(start: Callable[..., Caller]) -> None:
    before = set(threading.enumerate())
    with serve(Settings(frozen_at=FROZEN_AT)) as served:
        caller = Caller(served.base_url, served.simulator)
        caller.ended(request())
        caller.http.close()
        directory = served.simulator.directory()
        assert directory.exists()
    assert set(threading.enumerate()) == before
    assert not directory.exists()


def test_the_official_sdk_is_content() -> None:
    with (
        serve(Settings(error_rate=0.2)) as served,
        anthropic.Anthropic(api_key="sk-ant-test", base_url=served.base_url) as client,
    ):
        lines = [request(f"row-{n}") for n in range(30)]
        batch = client.messages.batches.create(
            requests=[BatchRequest(custom_id=line["custom_id"], params=line["params"]) for line in lines]
        )
        assert served.simulator.log[-1]["headers"]["anthropic-version"] == "2026-10-21"
        assert [found.id for found in client.messages.batches.list(limit=1)] == [batch.id]
        served.simulator.clock.advance(60)
        results = list(client.messages.batches.results(batch.id))
        assert len(results) == 30
        failed = [each.result.error.error.type for each in results if each.result.type == "errored"]
        assert set(failed) <= {"overloaded_error", "api_error"}
        assert failed
        assert client.messages.batches.delete(batch.id).type == "message_batch_deleted"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_foreground_server_stops_on_a_signal_and_cleans_up(number: int, tmp_path: Path) -> None:
    script = (
        "from batchtui.simulator import run\n"
        "run(on_listening=lambda url, simulator: print(url, simulator.directory(), flush=True))\n"
        "print('stopped')\n"
    )
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", script], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        base_url, directory = process.stdout.readline().split()
        reply = httpx2.get(f"{base_url}/_control", verify=False)
        assert reply.status_code == 200
        process.send_signal(number)
        assert process.stdout.read() == "stopped\n"
        assert process.wait() == 0
    assert not Path(directory).exists()


def body_of(count: int, prompt_chars: int) -> Iterator[bytes]:
    """A create body that is never whole in memory."""
    yield b'{"requests":['
    for number in range(count):
        line = json.dumps(request(f"row-{number}", f"{number} " + "harbour " * (prompt_chars // 8)))
        yield (b"," if number else b"") + line.encode()
    yield b"]}"


def test_a_large_batch_takes_little_memory(tmp_path: Path) -> None:
    from batchtui.simulator.validation import Terms

    body = tmp_path / "body"
    with body.open("wb") as file:
        file.writelines(body_of(5_000, 6_000))
    assert body.stat().st_size > 30_000_000
    with Simulator(Settings(duration_seconds=0)) as simulator:
        tracemalloc.start()
        try:
            batch = simulator.create(body, None, Terms("2026-10-21", frozenset()))
            created_peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.reset_peak()
            simulator.prepare(simulator.shelf.get(batch.id))
            results_peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert batch.results_path.stat().st_size > 2_000_000
    assert created_peak < 4_000_000
    assert results_peak < 4_000_000


def test_polls_are_answered_while_a_large_create_is_read(caller: Caller) -> None:
    first = caller.created(request())
    parsing, done = threading.Event(), threading.Event()
    create = caller.simulator.create

    def slow_create(*args: object) -> object:
        parsing.set()
        assert done.wait(20)
        return create(*args)  # type: ignore[arg-type]  # passed on as they came

    caller.simulator.create = slow_create  # type: ignore[assignment,method-assign]  # to hold the reading still
    replies = []
    sender = threading.Thread(target=lambda: replies.append(caller.create(request())))
    sender.start()
    assert parsing.wait(20)
    with httpx2.Client(base_url=caller.base_url, headers=caller.http.headers, verify=False) as other:
        assert other.get(f"{BATCHES}/{first}").status_code == 200
        assert not replies
        done.set()
        sender.join()
        assert replies[0].status_code == 200


def test_a_client_that_leaves_in_the_middle_makes_no_batch(caller: Caller) -> None:
    def broken() -> Iterator[bytes]:
        yield from body_of(2_000, 1_000)
        raise InterruptedError("the client gave up")

    with pytest.raises(InterruptedError):
        caller.http.post(BATCHES, content=broken())
    assert caller.http.get(BATCHES).json()["data"] == []
