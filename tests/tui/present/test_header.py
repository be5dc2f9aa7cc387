from datetime import timedelta

import pytest

from batchtui.domain.errors import NoKeyError, UnreachableError
from batchtui.services.poll import PollState
from batchtui.tui.present.header import ROOMS, Doing, HeaderFacts, header, sync_state
from tests.tui.present.make import NOW, texts

NARROWEST = " 1 Batches  " + "".join(f"{key} " for _, key, _ in ROOMS[1:])


def line(width: int, **fields: object) -> str:
    known = {
        "room": "batches",
        "profile": "default",
        "base_url": "https://api.anthropic.com",
        "read_only": False,
        "poll": PollState(last_synced_at=NOW - timedelta(seconds=12), next_at=NOW + timedelta(seconds=48)),
        "spend": "$1.24",
    }
    return "".join(texts(header(HeaderFacts(**(known | fields)), width, NOW)))  # type: ignore[arg-type]


@pytest.mark.parametrize("width", [1, 30, 60, 80, 100, 160, 300])
def test_the_line_fits(width: int) -> None:
    assert len(line(width)) <= max(width, len(NARROWEST))


def test_what_matters_most_stays_longest() -> None:
    assert "default  api.anthropic.com  synced 12s ago · next 48s  $1.24 today" in line(160)
    assert "api.anthropic.com" not in line(80)
    assert "default  synced 12s ago · next 48s" in line(80)
    assert NARROWEST in line(40)
    assert "synced 12s ago" in line(56)
    assert "read-only" in line(80, read_only=True)


def test_what_is_under_way_goes_before_the_countdown() -> None:
    shown = line(100, doing=(Doing("canceling rivers …"),))
    assert "canceling rivers …" in shown
    assert "synced" not in shown


def test_a_body_on_its_way_has_a_bar_as_long_as_what_is_sent() -> None:
    assert "sending ━━━╌╌╌╌╌╌╌╌╌ 50 MB of 200 MB" in line(80, doing=(Doing("", 50_000_000, 200_000_000),))
    assert "sending ━━━━━━━━━━━╌ 199 MB of 200 MB" in line(80, doing=(Doing("", 199_000_000, 200_000_000),))
    assert "sending ━━━━━━━━━━━━ awaiting the answer" in line(80, doing=(Doing("", 200, 200),))


@pytest.mark.parametrize(
    ("poll", "text"),
    [
        (PollState(), "not synced yet"),
        (PollState(polling=True), "not synced yet · asking"),
        (PollState(last_synced_at=NOW, paused=True), "synced just now · paused"),
        (PollState(elsewhere=True), "not synced yet · another batchtui polls"),
        (
            PollState(last_synced_at=NOW - timedelta(seconds=9), elsewhere=True),
            "synced 9s ago · another batchtui polls",
        ),
        (PollState(failures=1, error=NoKeyError("x")), "✗ no key"),
        (
            PollState(failures=1, error=UnreachableError("x"), next_at=NOW + timedelta(seconds=30)),
            "✗ unreachable · again in 30s",
        ),
        (PollState(failures=1, error=UnreachableError("x"), paused=True), "✗ unreachable"),
        (
            PollState(
                last_synced_at=NOW - timedelta(hours=2),
                failures=9,
                error=UnreachableError("x"),
                next_at=NOW + timedelta(minutes=5),
            ),
            "✗ unreachable · synced 2h ago · again in 5m",
        ),
    ],
)
def test_how_fresh_the_list_is(poll: PollState, text: str) -> None:
    assert "".join(texts(sync_state(poll, NOW))) == text


@pytest.mark.parametrize(
    ("age_seconds", "pace_seconds", "tone"),
    [(44, 15, "muted"), (61, 15, "warn"), (800, 300, "muted"), (901, 300, "warn"), (59, 0.1, "muted")],
)
def test_a_list_that_is_older_than_a_few_pauses_is_marked(
    age_seconds: float, pace_seconds: float, tone: str
) -> None:
    synced_at = NOW - timedelta(seconds=age_seconds)
    for fields in ({}, {"paused": True}, {"elsewhere": True}, {"polling": True}):
        poll = PollState(last_synced_at=synced_at, pace_seconds=pace_seconds, **fields)
        assert sync_state(poll, NOW)[0].tone == tone
