"""From what a screen asks to the flow that does it."""

from collections.abc import Callable, Coroutine, Mapping
from importlib import import_module
from typing import Any

from textual.app import App

from batchtui.tui import messages
from batchtui.tui.session import Session

Flow = Callable[[App[None], Session, Any], Coroutine[Any, Any, None]]

FLOWS: Mapping[type[messages.Asked], str] = {
    messages.AdoptAsked: "manage:adopt",
    messages.CancelAsked: "manage:cancel",
    messages.CompareAsked: "diff:compare",
    messages.ComposeAgainAsked: "compose:compose",
    messages.ComposeAsked: "compose:compose",
    messages.CopyAsked: "copy:copy",
    messages.DeleteAsked: "delete:delete",
    messages.DiffExportAsked: "diff:export_diff",
    messages.DownloadAsked: "manage:download",
    messages.EditorAsked: "results:about_results",
    messages.EndTransferAsked: "activity:end_transfer",
    messages.ExportAsked: "export:export",
    messages.FlagAsked: "results:about_results",
    messages.HouseAsked: "house:keep_house",
    messages.JudgeAsked: "diff:judge",
    messages.NoteAsked: "results:about_results",
    messages.PagerAsked: "manage:page",
    messages.ProfileAsked: "profile:choose_profile",
    messages.QueueAsked: "queue:queue",
    messages.RenameAsked: "manage:rename",
    messages.RetryAsked: "queue:queue",
    messages.SearchAsked: "results:about_results",
    messages.SettleAsked: "settle:settle",
    messages.StatsExportAsked: "stats:export_stats",
    messages.SubmitAsked: "submit:submit",
}
"""Where the flow for each message is; none is imported before it is wanted."""


def flow_for(kind: type[messages.Asked]) -> Flow:
    """Return what does what a kind of message asks for."""
    module, name = FLOWS[kind].split(":")
    found: Flow = getattr(import_module(f"batchtui.tui.flows.{module}"), name)
    return found


async def flow(app: App[None], session: Session, message: messages.Asked) -> None:
    """Do what a message asks for, unless the same is being done already: a key is easily pressed twice."""
    do = flow_for(type(message))
    about = message.about
    if about is None:
        await do(app, session, message)
    elif about not in session.asked:
        session.asked.add(about)
        try:
            await do(app, session, message)
        finally:
            session.asked.discard(about)
