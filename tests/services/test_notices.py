"""What is told, to whom, and that it is told once."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from batchtui.domain.batch import StoredBatch
from batchtui.domain.news import Occasion
from batchtui.domain.watching import Hook, Notify
from batchtui.paths import Places
from batchtui.services.hooks import Hooks
from batchtui.services.notices import FAILURES_IN_A_ROW, Channel, Notices
from batchtui.services.workbench import Profile, Workbench
from batchtui.simulator import Served
from batchtui.store import Store
from tests.services.conftest import Open, request_line

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Clock:
    """The time now, moved by hand."""

    def __init__(self) -> None:
        self.later = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.later


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make_notices(tmp_path: Path, clock: Clock) -> Callable[..., Notices]:
    def make(bench: Workbench, hooks: Sequence[Hook] = (), **notify: Any) -> Notices:
        return Notices(
            bench.store,
            bench.profile.name,
            bench.gateway.base_url,
            notify=Notify(**notify),
            hooks=Hooks(hooks, tmp_path, lambda _hook: None),
            now=clock,
        )

    return make


def appending(path: Path, name: str = "tell", then: str = "", **fields: Any) -> Hook:
    """Return a hook that adds what it is given to a file, a line each."""
    code = f"import sys; open({str(path)!r}, 'a').write(sys.stdin.read() + chr(10)); {then}"
    return Hook(name, command=(sys.executable, "-c", code), **fields)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


async def send(bench: Workbench, name: str = "rivers", rows: int = 4) -> StoredBatch:
    prepared = await bench.prepare([request_line(f"row-{number}") for number in range(rows)], "test")
    return (await bench.submissions.send(prepared, name=name)).batches[0]


def end(server: Served, stored: StoredBatch) -> None:
    server.simulator.shelf.end_now(server.simulator.shelf.get(stored.id))


async def kinds(notices: Notices, channel: Channel = "screen") -> list[tuple[str, str]]:
    await notices.look()
    return [(news.kind, news.occasion.subject) for news in await notices.claim(channel)]


async def test_an_end_is_told_once_to_each_channel_of_a_home(
    open_workbench: Open, server: Served, make_notices: Callable[..., Notices]
) -> None:
    here, there = open_workbench(), open_workbench()
    mine, theirs = make_notices(here), make_notices(there)
    await mine.begin("screen", "desktop")
    await theirs.begin("screen")
    stored = await send(here)
    end(server, stored)
    await there.sync.run()
    await here.sync.run()
    assert await kinds(mine) == [("ended", stored.id)]
    assert await kinds(mine, "desktop") == [("ended", stored.id)]
    for notices in (mine, theirs):
        assert await kinds(notices) == []
        assert await kinds(notices, "desktop") == []


async def test_what_had_ended_when_it_was_first_seen_is_no_news(
    open_workbench: Open, server: Served, tmp_path: Path, make_notices: Callable[..., Notices]
) -> None:
    bench = open_workbench()
    end(server, await send(bench))
    other = Store.open(Places(tmp_path / "other", tmp_path / "other" / "config.toml"))
    stranger = Workbench(other, bench.gateway, Profile("default", bench.gateway.base_url), poll_seconds=1)
    notices = make_notices(stranger)
    await notices.begin("screen")
    report = await stranger.sync.run()
    assert len(report.changes) == 1
    assert await kinds(notices) == []
    other.close()


async def test_an_end_is_told_when_its_results_are_here(
    bench: Workbench, server: Served, make_notices: Callable[..., Notices], clock: Clock
) -> None:
    notices = make_notices(bench)
    await notices.begin("screen")
    first, second = await send(bench, "first"), await send(bench, "second")
    for stored in (first, second):
        end(server, stored)
    await bench.sync.update()
    assert await kinds(notices) == []
    await bench.downloads.download(bench.store.batches.get(first.id))
    assert await kinds(notices) == [("ended", first.id)]
    clock.later = timedelta(minutes=11)
    assert await kinds(notices) == [("ended", second.id)]


async def test_who_is_new_is_not_told_of_the_past(
    bench: Workbench, server: Served, tmp_path: Path, make_notices: Callable[..., Notices]
) -> None:
    said = tmp_path / "said"
    await make_notices(bench).begin()
    end(server, await send(bench))
    await bench.sync.run()
    notices = make_notices(bench, [appending(said)])
    await notices.begin("screen")
    assert await kinds(notices) == []
    assert await notices.run_hooks() == []
    assert lines(said) == []


async def test_what_is_long_ago_is_not_told(
    bench: Workbench, server: Served, make_notices: Callable[..., Notices], clock: Clock
) -> None:
    notices = make_notices(bench)
    await notices.begin("screen", "desktop")
    end(server, await send(bench))
    await bench.sync.run()
    clock.later = HOUR
    assert await kinds(notices, "desktop") == []
    clock.later = 25 * HOUR
    assert await kinds(notices) == []


@pytest.mark.parametrize(
    ("failed", "notify", "told"),
    [(2, {}, ["failed"]), (1, {"failed_share": 0.3}, []), (2, {"failed_rows": 3}, []), (0, {}, [])],
)
async def test_many_failed_rows_are_told(
    bench: Workbench,
    server: Served,
    make_notices: Callable[..., Notices],
    *,
    failed: int,
    notify: dict[str, Any],
    told: list[str],
) -> None:
    notices = make_notices(bench, **notify)
    await notices.begin("screen")
    stored = await send(bench, rows=4)
    server.simulator.shelf.expire_now(server.simulator.shelf.get(stored.id), 1 - failed / 4)
    await bench.sync.run()
    assert bench.store.batches.get(stored.id).batch.counts.failed == failed
    assert await kinds(notices) == [(kind, stored.id) for kind in ("ended", *told)]
    assert await kinds(notices) == []


async def test_what_a_person_canceled_is_not_told_as_failed(
    bench: Workbench, server: Served, make_notices: Callable[..., Notices]
) -> None:
    notices = make_notices(bench)
    await notices.begin("screen")
    stored = await send(bench)
    await bench.gateway.cancel(stored.id)
    await bench.sync.update()
    end(server, stored)
    await bench.sync.run()
    assert bench.store.batches.get(stored.id).batch.counts.canceled
    assert [kind for kind, _ in await kinds(notices)] == ["ended"]


async def test_a_batch_near_its_day_is_told_while_it_runs(
    bench: Workbench, server: Served, make_notices: Callable[..., Notices], clock: Clock
) -> None:
    notices = make_notices(bench)
    await notices.begin("screen")
    done, slow = await send(bench, "done"), await send(bench, "slow")
    end(server, done)
    await bench.sync.run()
    await kinds(notices)
    clock.later = timedelta(hours=22, minutes=59)
    assert await kinds(notices) == []
    clock.later = timedelta(hours=23, minutes=1)
    assert await kinds(notices) == [("late", slow.id)]
    assert await kinds(notices) == []


async def test_results_about_to_vanish_are_told_while_they_are_not_on_disk(
    bench: Workbench, server: Served, make_notices: Callable[..., Notices], clock: Clock
) -> None:
    notices = make_notices(bench)
    await notices.begin("screen")
    kept, lost = await send(bench, "kept"), await send(bench, "lost")
    for stored in (kept, lost):
        end(server, stored)
    await bench.sync.update()
    await bench.downloads.download(bench.store.batches.get(kept.id))
    clock.later = 25 * DAY
    assert await kinds(notices) == []
    clock.later = 26 * DAY + HOUR
    assert await kinds(notices) == [("vanishing", lost.id)]
    clock.later = 28 * DAY
    assert await kinds(notices) == []


async def test_a_budget_is_told_once_a_period_and_again_when_it_was_raised(
    bench: Workbench, server: Served, make_notices: Callable[..., Notices]
) -> None:
    notices = make_notices(bench, spend_day_usd=1e-9, spend_month_usd=1e9)
    await notices.begin("screen")
    assert await kinds(notices) == []
    end(server, await send(bench))
    await bench.sync.run()
    (_, (kind, subject)) = await kinds(notices)
    assert kind == "spend"
    assert f"{datetime.now().astimezone():%Y-%m-%d}" in subject
    assert await kinds(notices) == []
    assert await kinds(make_notices(bench, spend_day_usd=1e-9)) == []
    raised = make_notices(bench, spend_day_usd=2e-9, spend_month_usd=1e-9)
    assert [kind for kind, _ in await kinds(raised)] == ["spend", "spend"]


async def test_a_month_begins_by_the_clock_it_begins_with(
    bench: Workbench, clock: Clock, make_notices: Callable[..., Notices], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    try:
        clock.later = datetime(2026, 10, 31, 12, tzinfo=UTC) - datetime.now(UTC)
        asked: list[datetime] = []

        def spent_usd(_profile: str, _base_url: str, since: datetime) -> float:
            asked.append(since)
            return 0.0

        monkeypatch.setattr(bench.store.told, "spent_usd", spent_usd)
        await make_notices(bench, spend_day_usd=1, spend_month_usd=1).look()
    finally:
        monkeypatch.undo()
        time.tzset()
    assert asked == [datetime(2026, 10, 30, 23, tzinfo=UTC), datetime(2026, 9, 30, 22, tzinfo=UTC)]


async def test_hooks_are_told_what_they_want_as_json(
    bench: Workbench, server: Served, tmp_path: Path, make_notices: Callable[..., Notices]
) -> None:
    every, some = tmp_path / "every", tmp_path / "some"
    hooks = [appending(every, "every"), appending(some, "some", events=("failed", "late"))]
    notices = make_notices(bench, hooks)
    await notices.begin()
    stored = await send(bench, 'a "river" \x1b]2;x\x07')
    server.simulator.shelf.expire_now(server.simulator.shelf.get(stored.id), 0.5)
    await bench.sync.run()
    await notices.look()
    assert await notices.run_hooks() == []
    assert await notices.run_hooks() == []
    ended, failed = lines(every)
    assert lines(some) == [failed]
    stored = bench.store.batches.get(stored.id)
    assert ended == {
        "version": 1,
        "event": "ended",
        "message": 'a "river" \x1b]2;x\x07 ended: 2 succeeded, 2 failed',
        "noticed_at": ended["noticed_at"],
        "profile": "default",
        "base_url": server.base_url,
        "job": {"id": stored.job_id, "name": 'a "river" \x1b]2;x\x07'},
        "batch": {
            "id": stored.id,
            "status": "ended",
            "attempt": 1,
            "part": 1,
            "parts": 1,
            "models": ["claude-haiku-5-5"],
            "results": "complete",
        },
        "counts": {
            "total": 4,
            "processing": 0,
            "succeeded": 2,
            "failed": 2,
            "errored": 0,
            "canceled": 0,
            "expired": 2,
        },
        "cost_usd": stored.cost_usd,
        "cost_is": "actual",
        "created_at": stored.batch.created_at.isoformat(),
        "expires_at": stored.batch.expires_at.isoformat() if stored.batch.expires_at else None,
        "ended_at": stored.batch.ended_at.isoformat() if stored.batch.ended_at else None,
        "results_until": stored.batch.results_until.isoformat(),
    }
    assert failed == {**ended, "event": "failed", "message": failed["message"], "noticed_at": failed["noticed_at"]}
    assert failed["message"].endswith(": 2 of 4 rows failed")


async def test_a_hook_that_fails_is_left_alone_for_a_while_and_holds_up_no_other(
    bench: Workbench, server: Served, tmp_path: Path, make_notices: Callable[..., Notices]
) -> None:
    bad, good = tmp_path / "bad", tmp_path / "good"
    notices = make_notices(bench, [appending(bad, "bad", "sys.exit(1)"), appending(good, "good")])
    await notices.begin()
    for number in range(FAILURES_IN_A_ROW + 1):
        end(server, await send(bench, f"rivers {number}"))
    await bench.sync.run()
    errors = await notices.run_hooks()
    assert [error.hook for error in errors] == ["bad"] * FAILURES_IN_A_ROW
    assert len(lines(good)) == FAILURES_IN_A_ROW + 1
    assert len(await notices.run_hooks()) == 1
    assert await notices.run_hooks() == []
    assert [said["batch"]["id"] for said in lines(bad)] == [said["batch"]["id"] for said in lines(good)]


async def test_a_batch_that_was_removed_is_not_told(
    bench: Workbench, server: Served, make_notices: Callable[..., Notices]
) -> None:
    notices = make_notices(bench)
    await notices.begin("screen")
    stored = await send(bench)
    end(server, stored)
    await bench.sync.run()
    await bench.management.delete(bench.store.batches.get(stored.id), here=True, remote=False)
    assert await kinds(notices) == []


@pytest.mark.parametrize(("days", "is_forgotten"), [(89, False), (91, True)])
async def test_news_of_long_ago_is_forgotten(
    bench: Workbench, make_notices: Callable[..., Notices], *, days: int, is_forgotten: bool
) -> None:
    notices = make_notices(bench)
    await notices.begin("screen")
    stored = await send(bench)
    occasion = Occasion("vanishing", stored.id, bench.profile.name, bench.gateway.base_url)
    for ago in (days, 0):
        await bench.store.told.add([occasion], datetime.now(UTC) - timedelta(days=ago))
        await notices.begin("screen")
    assert await kinds(notices) == ([("vanishing", stored.id)] if is_forgotten else [])
