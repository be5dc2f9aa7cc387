from __future__ import annotations

from pathlib import Path

import pytest

from batchtui.domain.batch import StoredBatch
from batchtui.domain.job import KeptTemplate
from batchtui.store import Store
from batchtui.store.files import rows_beside, template_beside
from tests.store.making import PROFILE, TEMPLATE, bring, row_line, send, succeeded

IDS = ["a", "b", "c"]


async def made(store: Store, batch_id: str = "msgbatch_1", template: KeptTemplate | None = TEMPLATE) -> StoredBatch:
    return await send(store, await store.jobs.create("rivers", PROFILE), IDS, batch_id, template=template)


async def test_a_batch_keeps_what_it_was_made_from(store: Store) -> None:
    stored = await made(store)
    assert store.templates.of_batch(stored.key) == store.templates.of_job(stored.job_id) == TEMPLATE
    assert [store.requests.row_line(stored.key, custom_id) for custom_id in IDS] == [row_line(i) for i in IDS]
    assert sorted(path.name for path in store.files.requests_path(stored.id).parent.iterdir()) == [
        "requests.jsonl",
        "rows.jsonl",
        "template.yaml",
    ]
    assert store.check() == []


async def test_a_batch_made_without_a_template_has_none(store: Store) -> None:
    stored = await made(store, template=None)
    assert store.templates.of_batch(stored.key) is None
    assert store.templates.of_job(stored.job_id) is None
    assert store.requests.row_line(stored.key, "a") is None
    assert store.requests.row_line(stored.key, "no such") is None
    assert [path.name for path in store.files.requests_path(stored.id).parent.iterdir()] == ["requests.jsonl"]


async def test_a_text_under_two_names_is_told_by_the_name_it_had(store: Store) -> None:
    copy = KeptTemplate("copy of rivers", TEMPLATE.text)
    batches = [
        await made(store, f"msgbatch_{number}", kept) for number, kept in enumerate([TEMPLATE, copy, TEMPLATE])
    ]
    assert [store.templates.of_batch(stored.key) for stored in batches] == [TEMPLATE, copy, TEMPLATE]


async def test_a_data_row_that_is_not_known_is_none(store: Store) -> None:
    stored = await made(store)
    rows_beside(store.files.requests_path(stored.id)).write_bytes(row_line("a") + b"\nnull\n" + row_line("c"))
    await store.requests.index(stored.id)
    assert [store.requests.row_line(stored.key, custom_id) for custom_id in IDS] == [
        row_line("a"),
        None,
        row_line("c"),
    ]


@pytest.mark.parametrize(
    ("rows", "said"),
    [(IDS[:2], "only 2 data rows"), ([*IDS, "d"], "more than 3 data rows"), ([], "only 0 data rows")],
)
async def test_data_rows_that_are_not_as_many_as_the_requests_are_refused(
    store: Store, rows: list[str], said: str
) -> None:
    stored = await made(store)
    path = rows_beside(store.files.requests_path(stored.id))
    path.write_bytes(b"".join(row_line(custom_id) + b"\n" for custom_id in rows))
    (finding,) = store.check()
    assert (finding.kind, finding.can_repair) == ("requests", True)
    (done,) = await store.repair()
    assert said in done
    assert str(path) in done
    path.unlink()
    await store.repair()
    assert store.check() == []
    assert (store.requests.row_line(stored.key, "a"), len(store.requests.line(stored.key, "a")) > 9) == (None, True)


async def test_what_the_index_has_lost_is_found_again_in_the_files(store: Store, home: Path) -> None:
    stored = await made(store)
    await bring(store, stored.id, [succeeded(custom_id) for custom_id in IDS])
    for statement in (
        "UPDATE batches SET template_key = NULL, rows_bytes = NULL",
        "UPDATE intents SET template_key = NULL",
        "UPDATE requests SET row_offset = NULL, row_length = NULL",
        "DELETE FROM templates",
    ):
        store._database._writer.execute(statement)
    assert {(finding.kind, finding.can_repair) for finding in store.check()} == {("requests", True)}
    await store.repair()
    assert store.check() == []
    assert [store.requests.row_line(stored.key, custom_id) for custom_id in IDS] == [row_line(i) for i in IDS]
    assert store.templates.of_batch(stored.key) == KeptTemplate("template", TEMPLATE.text)


async def test_a_template_file_that_is_gone_is_written_again(store: Store) -> None:
    stored = await made(store)
    path = template_beside(store.files.requests_path(stored.id))
    path.unlink()
    (finding,) = store.check()
    assert (finding.kind, finding.can_repair) == ("requests", True)
    assert await store.repair() == ["msgbatch_1: its template was written again."]
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (TEMPLATE.text.encode(), 0o600)
    assert store.check() == []


async def test_trials_are_remembered_by_text_and_model(store: Store) -> None:
    for text, model, output_tokens in (("t", "m", 100), ("t", "m", 200), ("t", "n", 7), ("other", "m", 9_000)):
        await store.templates.add_trial(text, model, input_tokens=10, output_tokens=output_tokens, cost_usd=None)
    assert store.templates.tried_output("t") == {"m": 150.0, "n": 7.0}
    assert store.templates.tried_output("never") == {}


async def test_a_batch_that_is_forgotten_leaves_no_data_behind(store: Store, home: Path) -> None:
    stored = await made(store)
    await store.batches.forget(stored.id)
    assert list((home / "batches").iterdir()) == []
