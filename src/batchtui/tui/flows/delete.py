"""Deleting batches: where, and then whether."""

from textual.app import App

from batchtui.domain.batch import StoredBatch
from batchtui.domain.human import counted
from batchtui.tui.flows.ask import agreed, asked
from batchtui.tui.messages import DeleteAsked
from batchtui.tui.present.notices import Notice
from batchtui.tui.present.questions import delete_question
from batchtui.tui.session import Session
from batchtui.tui.toasts import tell
from batchtui.tui.widgets.menu import MenuScreen

PLACES = (
    ("b", "at the API and here"),
    ("r", "at the API only, kept here"),
    ("l", "here only, kept at the API"),
)


async def delete(app: App[None], session: Session, wanted: DeleteAsked) -> None:
    """Delete ended batches where the user wants it; results that would be lost unseen are brought home first."""
    bench, batches = session.workbench, wanted.batches
    bench.require_writable("delete")
    chosen = await asked(app, MenuScreen("Delete", PLACES))
    if chosen is None:
        return
    here, remote = chosen != "r", chosen != "l"
    if not here:
        batches = [await _brought_home(session, stored) for stored in batches]
    for stored in batches:
        bench.management.require_deletable(stored, here=here, remote=remote)
    if not await agreed(app, delete_question(batches, here=here, remote=remote)):
        return
    for stored in batches:
        with session.activity(f"deleting {stored.id} …"):
            await bench.management.delete(stored, here=here, remote=remote)
        await session.look()
    tell(app, Notice(f"{counted(len(batches), 'batch', 'batches')} deleted"))


async def _brought_home(session: Session, stored: StoredBatch) -> StoredBatch:
    if stored.results not in {"none", "partial"}:
        return stored
    with session.activity(f"downloading {stored.job_name} …"):
        return (await session.workbench.downloads.download(stored)).batch
