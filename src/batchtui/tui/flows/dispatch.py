"""From what a screen asks to the flow that does it."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from textual.app import App

from batchtui.tui import messages
from batchtui.tui.flows import manage
from batchtui.tui.flows.activity import end_transfer
from batchtui.tui.flows.compose import compose
from batchtui.tui.flows.copy import copy
from batchtui.tui.flows.delete import delete
from batchtui.tui.flows.diff import compare, export_diff, judge
from batchtui.tui.flows.export import export
from batchtui.tui.flows.profile import choose_profile
from batchtui.tui.flows.queue import queue
from batchtui.tui.flows.results import about_results
from batchtui.tui.flows.settle import settle
from batchtui.tui.flows.stats import export_stats
from batchtui.tui.flows.submit import submit
from batchtui.tui.session import Session

Flow = Callable[[App[None], Session, Any], Coroutine[Any, Any, None]]

FLOWS: Mapping[type[messages.Asked], Flow] = {
    messages.RetryAsked: queue,
    messages.QueueAsked: queue,
    messages.CancelAsked: lambda app, session, asked: manage.cancel(app, session, asked.batches),
    messages.DeleteAsked: lambda app, session, asked: delete(app, session, asked.batches),
    messages.DownloadAsked: lambda app, session, asked: manage.download(app, session, asked.batches),
    messages.RenameAsked: lambda app, session, asked: manage.rename(app, session, asked.job),
    messages.AdoptAsked: lambda app, session, asked: manage.adopt(app, session, asked.stored),
    messages.SubmitAsked: lambda app, session, _: submit(app, session),
    messages.ComposeAsked: compose,
    messages.ComposeAgainAsked: compose,
    messages.SettleAsked: lambda app, session, _: settle(app, session),
    messages.CopyAsked: lambda app, _, asked: copy(app, asked.choices),
    messages.ExportAsked: lambda app, session, asked: export(
        app, session, asked.keys, asked.name, are_marked=asked.are_marked
    ),
    messages.PagerAsked: lambda app, _, asked: manage.page(app, asked.text),
    messages.FlagAsked: about_results,
    messages.NoteAsked: about_results,
    messages.EditorAsked: about_results,
    messages.SearchAsked: about_results,
    messages.CompareAsked: compare,
    messages.JudgeAsked: judge,
    messages.DiffExportAsked: export_diff,
    messages.StatsExportAsked: lambda app, session, asked: export_stats(app, session, asked.report),
    messages.EndTransferAsked: lambda app, _, asked: end_transfer(app, asked.transfer),
    messages.ProfileAsked: lambda app, session, _: choose_profile(app, session),
}


async def flow(app: App[None], session: Session, message: messages.Asked) -> None:
    """Do what a message asks for, unless the same is being done already: a key is easily pressed twice."""
    do = FLOWS[type(message)]
    about = message.about
    if about is None:
        await do(app, session, message)
    elif about not in session.asked:
        session.asked.add(about)
        try:
            await do(app, session, message)
        finally:
            session.asked.discard(about)
