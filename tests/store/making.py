"""Lines, batches and whole attempts for the tests of the store."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from batchtui.domain.batch import Batch, Counts, StoredBatch
from batchtui.domain.job import Intent, Job, KeptTemplate
from batchtui.domain.request import body_length
from batchtui.paths import Places
from batchtui.store import Draft, Store
from batchtui.store.files import rows_beside, template_beside
from batchtui.store.ingest import ResultsWriter
from batchtui.store.result_rows import Ingested

URL = "http://127.0.0.1:8000"
PROFILE = "default"
MODEL = "claude-haiku-4-5-20251001"
TEMPLATE = KeptTemplate("rivers", "params:\r\n  model: größer  # exactly so\n\n")
CREATED_AT = datetime.now(UTC) - timedelta(hours=1)


def places(home: Path) -> Places:
    return Places(home, home / "config.toml")


def request_line(custom_id: str, model: str = MODEL) -> bytes:
    params = {"model": model, "max_tokens": 64, "messages": [{"role": "user", "content": f"About {custom_id}?"}]}
    return json.dumps({"custom_id": custom_id, "params": params}).encode()


def result_line(custom_id: str, **result: object) -> bytes:
    return json.dumps({"custom_id": custom_id, "result": result}, ensure_ascii=False).encode()


def succeeded(
    custom_id: str,
    text: str = "An answer.",
    *,
    model: str = MODEL,
    stop_reason: str = "end_turn",
    input_tokens: int = 1_000,
    output_tokens: int = 200,
) -> bytes:
    message = {
        "model": model,
        "stop_reason": stop_reason,
        "content": [{"type": "text", "text": text}],
        "usage": {"input_tokens": input_tokens, "output_tokens": output_tokens},
    }
    return result_line(custom_id, type="succeeded", message=message)


def errored(custom_id: str, error_type: str = "overloaded_error", message: str = "Overloaded") -> bytes:
    return result_line(
        custom_id, type="errored", error={"type": "error", "error": {"type": error_type, "message": message}}
    )


def expired(custom_id: str) -> bytes:
    return result_line(custom_id, type="expired")


def running(batch_id: str, requests: int, *, age: timedelta = timedelta()) -> Batch:
    created_at = CREATED_AT - age
    return Batch(batch_id, "in_progress", Counts(processing=requests), created_at, created_at + timedelta(hours=24))


def ended(batch_id: str, results: int, *, age: timedelta = timedelta()) -> Batch:
    created_at = CREATED_AT - age
    return Batch(
        batch_id,
        "ended",
        Counts(succeeded=results),
        created_at,
        created_at + timedelta(hours=24),
        created_at + timedelta(minutes=5),
        results_url=f"{URL}/v1/messages/batches/{batch_id}/results",
    )


async def record(store: Store, *batches: Batch) -> None:
    await store.batches.record(batches, profile=PROFILE, base_url=URL)


async def foreign(store: Store, batch_id: str, results: int) -> StoredBatch:
    """Return an ended batch that was not sent from here."""
    await record(store, ended(batch_id, results))
    return store.batches.get(batch_id)


def row_line(custom_id: str) -> bytes:
    """Return the data row that a request of this custom_id is made from."""
    return json.dumps({"name": custom_id, "text": "größer\n"}, ensure_ascii=False).encode()


async def draft(
    store: Store,
    job: Job,
    custom_ids: Iterable[str],
    *,
    attempt: int = 1,
    part: int = 1,
    template: KeptTemplate | None = None,
) -> Intent:
    """Write down a submission; with a template it is made from that and data rows."""
    custom_ids = list(custom_ids)
    lines = [request_line(custom_id) for custom_id in custom_ids]
    spool = store.files.new_spool()
    spool.write_bytes(b"".join(line + b"\n" for line in lines))
    if template is not None:
        rows_beside(spool).write_bytes(b"".join(row_line(custom_id) + b"\n" for custom_id in custom_ids))
        template_beside(spool).write_bytes(template.text.encode())
    body_bytes = body_length(sum(map(len, lines)), len(lines))
    draft = Draft(part, 1, spool, len(lines), body_bytes, "", 0.5, template=template)
    (intent,) = await store.intents.open([draft], job=job, base_url=URL, attempt=attempt)
    return intent


async def send(
    store: Store,
    job: Job,
    custom_ids: Sequence[str],
    batch_id: str,
    *,
    attempt: int = 1,
    part: int = 1,
    template: KeptTemplate | None = None,
) -> StoredBatch:
    """Take a batch through its intent, as if the API had taken it, and return it running."""
    intent = await draft(store, job, custom_ids, attempt=attempt, part=part, template=template)
    await store.intents.mark_sending(intent.id)
    await store.intents.close(intent.id, running(batch_id, len(custom_ids)))
    await store.requests.index(batch_id)
    return store.batches.get(batch_id)


async def bring(
    store: Store, batch_id: str, lines: Sequence[bytes], *, expected: int | None = None, end: bytes = b"\n"
) -> Ingested:
    """Let a batch end and its results arrive."""
    await record(store, ended(batch_id, len(lines)))
    writer = store.results.writer(batch_id)
    await writer.feed(b"\n".join(lines) + end)
    return await finish(writer, len(lines) if expected is None else expected)


async def finish(writer: ResultsWriter, answers: int) -> Ingested:
    """End a download of a batch with that many answers."""
    return await writer.finish(answers)


async def arrived(writer: ResultsWriter, data: bytes) -> None:
    """Let whole lines arrive and be taken; their rows can be read then if the test uses `at_once`."""
    await writer.feed(data)
    await writer.feed(b"\n")
