"""`x` in the statistics: the table shown, to a file."""

import asyncio

from textual.app import App

from batchtui.domain.human import bytes_text
from batchtui.services.exporting.place import refusal, usual
from batchtui.services.stats import FORMATS, StatsFormat
from batchtui.tui.messages import StatsExportAsked
from batchtui.tui.present.notices import Notice
from batchtui.tui.session import Session
from batchtui.tui.toasts import tell
from batchtui.tui.widgets.dialogs import ConfirmScreen, PromptScreen

HELP = "The name says what is written: one that ends in .csv a table, one that ends in .json a JSON document."


async def export_stats(app: App[None], session: Session, wanted: StatsExportAsked) -> None:
    """Write a report to a file that the user names."""
    report = wanted.report
    prompt = PromptScreen("Export the figures", help=HELP, value=f"stats-by-{report.by}.csv", check=_problem)
    typed = await app.push_screen_wait(prompt)
    if typed is None:
        return
    path = usual(typed.strip())
    exists = await asyncio.to_thread(refusal, path)
    if exists is not None:
        if (error := await asyncio.to_thread(refusal, path, overwrite=True)) is not None:
            raise error
        question = ConfirmScreen("Overwrite the file?", [str(path)], confirm_label="Overwrite", danger=True)
        if not await app.push_screen_wait(question):
            return
    size_bytes = await session.workbench.stats.write(report, path, _format(typed), overwrite=exists is not None)
    tell(app, Notice(f"{bytes_text(size_bytes)} written to {path.absolute()}"))


def _format(typed: str) -> StatsFormat:
    return next((each for each in FORMATS if typed.strip().lower().endswith(f".{each}")), FORMATS[0])


def _problem(typed: str) -> str:
    if not typed.strip():
        return "Give the name of a file."
    is_known = typed.strip().lower().endswith(tuple(f".{each}" for each in FORMATS))
    return "" if is_known else "The name must end in .csv or in .json."
