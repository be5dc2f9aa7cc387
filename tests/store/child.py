"""Another process on the same home, for tests: `python -m tests.store.child HOME ACTION`.

It says `here` when it has come to the point asked for, and waits there to be killed.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from batchtui.domain.errors import StoreError
from batchtui.store import Store, download_rows, files, ingest
from batchtui.store.files import Files
from tests.store.making import PROFILE, TEMPLATE, draft, foreign, places, running, succeeded

IDS = ["a", "b", "c"]


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def here(*_args: object, **_kwargs: object) -> NoReturn:
    say("here")
    while True:
        signal.pause()


async def submission(store: Store) -> None:
    """Take a batch as far as the point that has been patched."""
    job = await store.jobs.create("rivers", PROFILE)
    intent = await draft(store, job, IDS, template=TEMPLATE)
    await store.intents.mark_sending(intent.id)
    await store.intents.close(intent.id, running("msgbatch_1", 3))
    here()


async def prepared(store: Store) -> None:
    store.files.new_spool().write_bytes(b"never sent")
    here()


async def sending(store: Store) -> None:
    job = await store.jobs.create("rivers", PROFILE)
    intent = await draft(store, job, IDS, template=TEMPLATE)
    await store.intents.mark_sending(intent.id)
    here()


async def taken_over(store: Store) -> None:
    """Stop after the spool of an intent has its new name and before its row is committed."""
    after(Files, "keep_spool")
    await submission(store)


async def closed(store: Store) -> None:
    """Stop after the rows of a batch are committed and before its requests are moved."""
    Files.put_requests_in_place = here  # type: ignore[method-assign]
    await submission(store)


async def half_moved(store: Store) -> None:
    """Stop when the data rows are moved, and neither the template nor the requests."""
    original, calls = Path.rename, []

    def rename(path: Path, place: Path) -> Path:
        calls.append(place.name)
        if calls[-2:] == ["rows.jsonl", "template.yaml"]:
            here()
        return original(path, place)

    Path.rename = rename  # type: ignore[assignment,method-assign]
    await submission(store)


async def moved(store: Store) -> None:
    """Stop after the requests are moved and before what is left of the spool is removed."""
    files.remove = here
    await submission(store)


async def arriving(store: Store) -> None:
    ingest.FLUSH_BYTES = ingest.ROWS_AT_ONCE = 1
    await foreign(store, "msgbatch_1", 3)
    writer = store.results.writer("msgbatch_1")
    await writer.feed(succeeded("a") + b"\n" + succeeded("b") + b"\n" + succeeded("c")[:9])
    await store.leases.release("a write that comes", "after")
    here()


async def download(store: Store) -> None:
    """Bring results home as far as the point that has been patched."""
    await foreign(store, "msgbatch_1", 3)
    writer = store.results.writer("msgbatch_1")
    await writer.feed(b"\n".join(succeeded(custom_id) for custom_id in IDS))
    await writer.finish(3)
    here()


async def finished(store: Store) -> None:
    """Stop after the rows of a download are committed and before its file has its name."""
    download_rows.keep = here
    await download(store)


async def nameless(store: Store) -> None:
    """Finish a download whose file cannot get its name, and live on."""

    def refuse(*_args: object, **_kwargs: object) -> NoReturn:
        raise StoreError("The disk refused.")

    download_rows.keep = refuse
    try:
        await download(store)
    except StoreError:
        here()


async def renamed(store: Store) -> None:
    """Stop after the file of a download has its name and before that is committed."""
    after(download_rows, "sync_directory")
    await download(store)


async def writing(store: Store) -> None:
    """Write as fast as can be, and say what is done."""
    for number in range(10_000):
        job = await store.jobs.create(f"job {number}", PROFILE)
        intent = await draft(store, job, IDS)
        await store.intents.mark_sending(intent.id)
        batch_id = f"msgbatch_{number}"
        await store.intents.close(intent.id, running(batch_id, 3))
        await store.requests.index(batch_id)
        say(batch_id)


async def fifty_jobs(store: Store) -> None:
    for number in range(50):
        await store.jobs.create(f"{store.files.new_spool().parent.name} {number}", PROFILE)


def after(place: object, name: str) -> None:
    """Stop when a function has done its work."""
    original: Callable[..., object] = getattr(place, name)

    def stopping(*args: object, **kwargs: object) -> NoReturn:
        original(*args, **kwargs)
        here()

    setattr(place, name, stopping)


async def main() -> None:
    home, action = sys.argv[1:]
    store = Store.open(places(Path(home)))
    await globals()[action](store)
    store.close()


if __name__ == "__main__":
    asyncio.run(main())
