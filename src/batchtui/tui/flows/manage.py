"""Cancel, download now, rename, and reading in a pager."""

import asyncio
import os
import shlex
import shutil

from textual.app import App, SuspendNotSupported

from batchtui.domain.batch import StoredBatch
from batchtui.domain.errors import InputError
from batchtui.domain.human import bytes_text, count, counted
from batchtui.services.request_file import file_lines
from batchtui.tui.flows.ask import agreed, asked
from batchtui.tui.flows.outside import lent
from batchtui.tui.messages import AdoptAsked, CancelAsked, DownloadAsked, PagerAsked, RenameAsked
from batchtui.tui.present.notices import Notice, error_notice
from batchtui.tui.present.questions import cancel_question, partial_question
from batchtui.tui.session import Session
from batchtui.tui.text import clean, clean_line
from batchtui.tui.toasts import tell
from batchtui.tui.widgets.dialogs import PromptScreen


async def cancel(app: App[None], session: Session, wanted: CancelAsked) -> None:
    """Cancel running batches, if the user agrees."""
    batches = wanted.batches
    bench = session.workbench
    bench.require_writable("cancel")
    if not await agreed(app, cancel_question(batches)):
        return
    for stored in batches:
        with session.activity(f"canceling {stored.job_name} …"):
            await bench.management.cancel(stored)
        await session.look()
    tell(app, Notice(f"{counted(len(batches), 'batch', 'batches')} being canceled; what is answered is kept"))
    session.poller.refresh()


async def download(app: App[None], session: Session, wanted: DownloadAsked) -> None:
    """Download the results of ended batches now."""
    for stored in wanted.batches:
        with session.activity(f"downloading {stored.job_name} …") as activity:

            def progress(received_bytes: int, stored: StoredBatch = stored) -> None:
                session.on_download(stored, received_bytes)
                activity.say(f"downloading {stored.job_name}, {bytes_text(received_bytes)}")

            try:
                done = await session.workbench.downloads.download(stored, progress)
            finally:
                session.downloads.pop(stored.id, None)
        await session.look()
        tell(app, Notice(f"{stored.job_name}: {counted(done.lines, 'result')} on disk"))
        if mismatch := session.workbench.downloads.mismatch(done.batch):
            tell(app, error_notice(mismatch))


async def rename(app: App[None], session: Session, wanted: RenameAsked) -> None:
    """Give a job another name."""
    job = wanted.job

    def check(text: str) -> str:
        return "" if text.strip() else "A name has at least one character."

    name = await asked(app, PromptScreen("Rename", help=job.name, value=job.name, check=check))
    if name is not None and name.strip() != job.name:
        renamed = await session.workbench.management.rename(job.id, name.strip())
        tell(app, Notice(f"It is called {renamed.name} now"))


async def adopt(app: App[None], session: Session, wanted: AdoptAsked) -> None:
    """Attach the requests of a batch that was made elsewhere, or bring such a batch in by its id."""
    stored = wanted.stored
    bench = session.workbench
    if stored is None or not await asyncio.to_thread(bench.adoptions.lacks_requests, stored):
        id_ = await asked(
            app,
            PromptScreen(
                "Bring in a batch made elsewhere", help="Its id, as the API gave it.", placeholder="msgbatch_…"
            ),
        )
        if id_ and id_.strip():
            with session.activity(f"looking for {clean_line(id_, max_length=40)} …"):
                target = await bench.finder.find(id_.strip())
            tell(app, Notice(f"{target.name} is in the list"))
            session.poller.refresh()
        return
    words = f"The file that {stored.job_name} was made from. It is checked against the batch and its results."
    path = await asked(app, PromptScreen("Attach requests", help=words, placeholder="requests.jsonl"))
    if path and (path := path.strip()):
        with session.activity("checking the requests …"):
            covered = await bench.adoptions.coverage(stored, file_lines(path), path)
        if covered.missing and not await agreed(app, partial_question(path, stored, covered)):
            return
        with session.activity("keeping the requests …"):
            await bench.adoptions.attach(stored, file_lines(path), path, is_partial=covered.missing > 0)
        some = f"{count(covered.known)} of {count(covered.total)}" if covered.missing else "The"
        tell(app, Notice(f"{some} requests of {stored.job_name} are known now; what failed can be retried"))


async def page(app: App[None], _session: Session, wanted: PagerAsked) -> None:
    """Read a text in the user's pager; polls and downloads go on meanwhile."""
    words = shlex.split(os.environ.get("PAGER", "")) or ["less"]
    program = shutil.which(words[0])
    if program is None:
        raise InputError(
            f"The pager {words[0]!r} was not found.",
            todo="Set PAGER to a program that reads from stdin, as `less`.",
        )
    try:
        await lent(app, [program, *words[1:]], clean(wanted.text).encode())
    except SuspendNotSupported as error:
        raise InputError("This terminal cannot be lent to a pager.", todo="Read it in the pane.") from error
