"""What is asked about comparisons: two sides, a batch that judges them, a report."""

import asyncio
from itertools import islice

from textual.app import App

from batchtui.domain.batch import StoredBatch
from batchtui.domain.human import bytes_text, counted
from batchtui.services.exporting.place import safe_name
from batchtui.tui.diff_source import Compared
from batchtui.tui.flows.submit import send_prepared
from batchtui.tui.messages import CompareAsked, DiffExportAsked, JudgeAsked
from batchtui.tui.present.diff import name_of
from batchtui.tui.present.listing import RowKey
from batchtui.tui.present.notices import Notice
from batchtui.tui.screens.compare import CompareScreen
from batchtui.tui.screens.diff import DiffScreen
from batchtui.tui.screens.diff_export import DiffExportScreen
from batchtui.tui.session import Session
from batchtui.tui.toasts import tell

LOOKED_BACK = 50
"""Among how many batches made before one is looked for of the same template."""


async def compare(app: App[None], session: Session, asked: CompareAsked) -> None:
    """Compare two sides, which the user is asked for unless they are known, in the room for it."""
    comparisons = session.workbench.comparisons
    if asked.left and asked.right:
        compared: Compared | None = Compared(comparisons.side(asked.left), comparisons.side(asked.right))
    else:
        left, right = await asyncio.to_thread(_proposed, session, asked.row)
        compared = await app.push_screen_wait(CompareScreen(comparisons, left, right))
    if compared is not None:
        session.compared = compared
        await app.switch_mode("diff")
        if isinstance(app.screen, DiffScreen):
            app.screen.show_compared()


def _proposed(session: Session, row: RowKey | None) -> tuple[str, str]:
    """Return what a row may be compared with, and the row: the attempt before, or the job, of the same template."""
    if row is None or row.kind == "intent":
        return "", ""
    batches = session.batches
    mine = [stored for stored in batches if row.id in {stored.id, stored.job_id}]
    if not mine:
        return "", row.id
    newest = mine[0]
    name, attempt = newest.job_name, newest.attempt
    is_part = row.kind == "batch" and any(o.job_id == newest.job_id and o.id != row.id for o in batches)
    if attempt > 1:
        return f"{name}#{attempt - 1}", row.id if is_part else f"{name}#{attempt}"
    return _of_same_template(session, newest), row.id if is_part else name


def _of_same_template(session: Session, newest: StoredBatch) -> str:
    """Return the name of the last job made before a batch from the template of that one, empty if none is known."""
    templates = session.workbench.store.templates
    template = templates.of_batch(newest.key)
    if template is None:
        return ""
    made = newest.batch.created_at
    older = (o for o in session.batches if o.job_id != newest.job_id and o.batch.created_at <= made)
    for stored in islice(older, LOOKED_BACK):
        kept = templates.of_batch(stored.key)
        if kept is not None and kept.name == template.name:
            return stored.job_name
    return ""


async def judge(app: App[None], session: Session, asked: JudgeAsked) -> None:
    """Send a batch that judges pairs, if the user agrees to the numbers."""
    bench = session.workbench
    bench.require_writable("send")
    with session.activity(f"composing a batch that judges {counted(len(asked.positions), 'pair')} …"):
        prepared = await bench.judging.compose(asked.comparison, asked.positions)
        prepared = await bench.count_sample(prepared)
    await send_prepared(app, session, prepared, bench.judging.job_name(asked.comparison))


async def export_diff(app: App[None], session: Session, asked: DiffExportAsked) -> None:
    """Write pairs to a file that the user names."""
    count = len(asked.positions)
    rows = counted(count, "marked row") if asked.are_marked else f"{counted(count, 'row')} shown"
    choice = await app.push_screen_wait(DiffExportScreen(rows, safe_name(name_of(asked.comparison))))
    if choice is None:
        return
    with session.activity(f"writing {counted(count, 'row')} …"):
        exported = await session.workbench.diff_exports.write(
            asked.comparison,
            asked.positions,
            choice.path,
            choice.format,
            overwrite=choice.overwrite,
            ignore_white_space=asked.ignore_white_space,
        )
    size = bytes_text(exported.file_bytes)
    tell(app, Notice(f"{counted(exported.rows, 'row')}, {size}, written to {exported.path.absolute()}"))
