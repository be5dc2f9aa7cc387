"""Ending a download before it is done."""

from textual.app import App

from batchtui.services.transfers import Transfer
from batchtui.tui.flows.ask import agreed
from batchtui.tui.present.questions import end_transfer_question


async def end_transfer(app: App[None], transfer: Transfer) -> None:
    """End a download, if the user agrees and it still runs by then."""
    if await agreed(app, end_transfer_question(transfer)) and transfer.cancel is not None:
        transfer.cancel()
