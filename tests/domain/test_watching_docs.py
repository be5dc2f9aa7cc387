"""docs/watching.md says what the code does: its settings, its JSON, its way to check a signature."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from batchtui.api.webhook import signature
from batchtui.domain.batch import Batch, Counts, StoredBatch
from batchtui.domain.news import News, Occasion, body
from batchtui.domain.watching import KINDS, Hook, Notify, check_hooks

DOCS = (Path(__file__).parents[2] / "docs" / "watching.md").read_text(encoding="utf-8")
NOW = datetime(2026, 11, 20, tzinfo=UTC)


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOCS, re.DOTALL)


def test_the_settings_are_understood_and_none_is_left_out() -> None:
    notify, hooks = (tomllib.loads(block) for block in blocks("toml"))
    assert set(notify["notify"]) == set(Notify.__struct_fields__)
    understood, default = msgspec.convert(notify["notify"], Notify), Notify()
    for name in set(Notify.__struct_fields__) - {"spend_day_usd", "spend_month_usd"}:
        assert getattr(understood, name) == getattr(default, name)
    assert set().union(*hooks["hooks"]) == set(Hook.__struct_fields__)
    check_hooks(msgspec.convert(hooks["hooks"], tuple[Hook, ...]))


def test_every_event_is_in_the_table() -> None:
    table = DOCS.split("## What is told")[1].split("## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(KINDS)


def test_the_document_has_the_fields_that_hooks_get() -> None:
    batch = Batch("msgbatch_01", "ended", Counts(succeeded=963, errored=30, expired=7), NOW)
    stored = StoredBatch(
        1,
        batch,
        "job_1",
        "faq",
        "default",
        "u",
        1,
        1,
        1,
        "complete",
        True,
        ("m",),
        1.24,
        "actual",
    )
    shown = json.loads(blocks("json")[0])
    sent = body(News(1, Occasion("ended", "msgbatch_01", "default", "u"), NOW, stored), NOW)
    assert fields(shown) == fields(sent)
    assert (shown["message"], shown["counts"]) == (sent["message"], sent["counts"])


def test_a_receiver_that_checks_as_told_takes_what_is_signed() -> None:
    names: dict[str, Any] = {}
    exec(blocks("python")[0], names)
    at_seconds = int(names["time"].time())
    headers = {"Batchtui-Timestamp": str(at_seconds), "Batchtui-Signature": signature("s", at_seconds, b"{}")}
    assert names["is_genuine"]("s", headers, b"{}")
    assert not names["is_genuine"]("s", headers, b"{ }")
    assert not names["is_genuine"]("t", headers, b"{}")
    assert not names["is_genuine"]("s", {**headers, "Batchtui-Timestamp": str(at_seconds - 1)}, b"{}")


def fields(document: dict[str, Any], prefix: str = "") -> set[str]:
    inner = (fields(value, f"{name}.") for name, value in document.items() if isinstance(value, dict))
    return {f"{prefix}{name}" for name in document}.union(*inner)
