"""Room on the disk: archiving batches, and dropping what old ones hold."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from textual.app import App

from batchtui.domain.batch import RESULTS_KEPT
from batchtui.domain.human import bytes_text, counted
from batchtui.services.housekeeping import Archivable, DiskUse
from batchtui.tui.flows.ask import agreed, asked
from batchtui.tui.messages import HouseAsked
from batchtui.tui.present.notices import Notice
from batchtui.tui.present.questions import archive_question, prune_question
from batchtui.tui.session import Session
from batchtui.tui.toasts import tell
from batchtui.tui.widgets.dialogs import PromptScreen
from batchtui.tui.widgets.menu import MenuScreen

ARCHIVE_DAYS = 30
"""After how many days a batch is archived if nothing else is said."""

DROP_DAYS = 90
"""The same for dropping, which cannot be taken back."""


async def keep_house(app: App[None], session: Session, wanted: HouseAsked) -> None:
    """Archive the chosen or old batches, or drop what old ones hold, if the user agrees to the numbers."""
    session.workbench.require_writable("archive or drop anything")
    house = session.workbench.housekeeping
    choices = [("o", "archive what ended long ago …"), ("d", "drop what ended long ago …")]
    if wanted.batches:
        choices.insert(0, ("a", f"archive {counted(len(wanted.batches), 'batch', 'batches')}: what is chosen"))
    choice = await asked(app, MenuScreen("Room on the disk", choices))
    if choice == "a":
        await _archive(app, session, await asyncio.to_thread(house.require_archivable, wanted.batches))
    elif choice == "o":
        age = await _age(app, "Archive what ended so many days ago", ARCHIVE_DAYS, at_least=0)
        if age is not None:
            await _archive(app, session, await asyncio.to_thread(house.archivable, age, datetime.now(UTC)))
    elif choice == "d":
        age = await _age(app, "Drop what ended so many days ago", DROP_DAYS, at_least=RESULTS_KEPT.days)
        if age is not None:
            await _drop(app, session, await asyncio.to_thread(house.prunable, age, datetime.now(UTC)))


async def _age(app: App[None], title: str, days: int, *, at_least: int) -> timedelta | None:
    def check(text: str) -> str:
        is_fine = text.strip().isdecimal() and int(text) >= at_least
        return "" if is_fine else f"A number of days, {at_least} or more."

    answer = await asked(app, PromptScreen(title, value=str(days), check=check))
    return None if answer is None else timedelta(days=int(answer))


async def _archive(app: App[None], session: Session, chosen: Sequence[Archivable]) -> None:
    if not chosen:
        tell(app, Notice("There is nothing to archive."))
        return
    if not await agreed(app, archive_question(chosen)):
        return
    plain_bytes = packed_bytes = 0
    for each in chosen:
        with session.activity(f"archiving {each.stored.job_name} …"):
            packed_bytes += await session.workbench.housekeeping.archive(each.stored)
        plain_bytes += each.plain_bytes
    session.batches_changed.publish(None)
    batches = counted(len(chosen), "batch", "batches")
    tell(app, Notice(f"{batches} archived: {bytes_text(plain_bytes)} take {bytes_text(packed_bytes)} now"))


async def _drop(app: App[None], session: Session, old: Sequence[DiskUse]) -> None:
    if not old:
        tell(app, Notice("Nothing on disk is that old."))
        return
    if not await agreed(app, prune_question(old)):
        return
    for use in old:
        with session.activity(f"dropping what {use.stored.job_name} holds …"):
            await session.workbench.housekeeping.prune(use.stored)
    tell(app, Notice(f"{bytes_text(sum(use.total_bytes for use in old))} are free"))
