"""Ending a download before it is done."""

from textual.app import App

from batchtui.tui.flows.ask import agreed
from batchtui.tui.messages import EndTransferAsked
from batchtui.tui.present.questions import end_transfer_question
from batchtui.tui.session import Session


async def end_transfer(app: App[None], _session: Session, wanted: EndTransferAsked) -> None:
    """End a download, if the user agrees and it still runs by then."""
    transfer = wanted.transfer
    if await agreed(app, end_transfer_question(transfer)) and transfer.cancel is not None:
        transfer.cancel()
