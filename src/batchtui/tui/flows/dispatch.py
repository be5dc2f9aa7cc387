"""From what a screen asks to the flow that does it."""

from collections.abc import Coroutine, Hashable
from typing import Any

from textual.app import App

from batchtui.tui import messages
from batchtui.tui.flows import manage
from batchtui.tui.flows.compose import compose
from batchtui.tui.flows.copy import copy
from batchtui.tui.flows.export import export
from batchtui.tui.flows.queue import queue
from batchtui.tui.flows.results import about_results
from batchtui.tui.flows.settle import settle
from batchtui.tui.flows.submit import submit
from batchtui.tui.session import Session

Asked = (
    messages.RetryAsked
    | messages.CancelAsked
    | messages.DownloadAsked
    | messages.RenameAsked
    | messages.AdoptAsked
    | messages.SubmitAsked
    | messages.ComposeAsked
    | messages.ComposeAgainAsked
    | messages.SettleAsked
    | messages.CopyAsked
    | messages.ExportAsked
    | messages.PagerAsked
    | messages.EditorAsked
    | messages.SearchAsked
    | messages.QueueAsked
)


async def flow(app: App[None], session: Session, message: Asked) -> None:
    """Do what a message asks for, unless the same is being done already: a key is easily pressed twice."""
    about = _about(message)
    if about is None:
        await _flow(app, session, message)
    elif about not in session.asked:
        session.asked.add(about)
        try:
            await _flow(app, session, message)
        finally:
            session.asked.discard(about)


def _about(message: Asked) -> Hashable | None:
    """Return what a flow is about that is not done twice at once, None for one that may be."""
    match message:
        case messages.RetryAsked(target):
            return "retry", target.job.id
        case messages.QueueAsked():
            return "queue"
        case messages.CancelAsked(batches) | messages.DownloadAsked(batches):
            return type(message).__name__, *(stored.id for stored in batches)
        case messages.RenameAsked(job):
            return "rename", job.id
        case messages.AdoptAsked() | messages.SettleAsked():
            return type(message).__name__
    return None


def _flow(app: App[None], session: Session, message: Asked) -> Coroutine[Any, Any, None]:
    match message:
        case messages.RetryAsked() | messages.QueueAsked():
            return queue(app, session, message)
        case messages.CancelAsked(batches):
            return manage.cancel(app, session, batches)
        case messages.DownloadAsked(batches):
            return manage.download(app, session, batches)
        case messages.RenameAsked(job):
            return manage.rename(app, session, job)
        case messages.AdoptAsked(stored):
            return manage.adopt(app, session, stored)
        case messages.SubmitAsked():
            return submit(app, session)
        case messages.ComposeAsked() | messages.ComposeAgainAsked():
            return compose(app, session, message)
        case messages.SettleAsked():
            return settle(app, session)
        case messages.CopyAsked(choices):
            return copy(app, choices)
        case messages.ExportAsked(keys, name, are_marked):
            return export(app, session, keys, name, are_marked=are_marked)
        case messages.PagerAsked(text):
            return manage.page(app, text)
        case messages.EditorAsked() | messages.SearchAsked():
            return about_results(app, session, message)
