"""`x`: results to a file."""

from textual.app import App

from batchtui.domain.human import bytes_text, count, counted
from batchtui.services.exporting.place import safe_name
from batchtui.tui.messages import ExportAsked
from batchtui.tui.present.notices import Notice
from batchtui.tui.screens.export import ExportScreen
from batchtui.tui.session import Session
from batchtui.tui.toasts import tell


async def export(app: App[None], session: Session, wanted: ExportAsked) -> None:
    """Write results to a file that the user names."""
    keys, name = wanted.keys, wanted.name
    rows = counted(len(keys), "marked row") if wanted.are_marked else f"{counted(len(keys), 'row')} shown"
    choice = await app.push_screen_wait(ExportScreen(rows, safe_name(name)))
    if choice is None:
        return
    with session.activity(f"exporting {counted(len(keys), 'row')} …") as activity:

        def progress(done: int) -> None:
            activity.say(f"exporting, {count(done)} of {counted(len(keys), 'row')}")

        exported = await session.workbench.exports.write(
            keys,
            choice.path,
            choice.format,
            join=choice.join,
            guard_formulas=choice.guard_formulas,
            one_file_a_row=choice.one_file_a_row,
            overwrite=choice.overwrite,
            on_progress=progress,
        )
    size = bytes_text(exported.file_bytes)
    words = f"{counted(exported.rows, 'row')}, {size}, written to {exported.path.absolute()}"
    tell(app, Notice(words))
