"""Submitting: choose a file, check and price it, ask, send it."""

from textual.app import App

from batchtui.domain.estimate import require_affordable
from batchtui.domain.human import counted
from batchtui.services.prepare import Prepared, discard
from batchtui.tui.flows.ask import agreed
from batchtui.tui.messages import SubmitAsked
from batchtui.tui.present.notices import sent_notice
from batchtui.tui.present.questions import submit_question
from batchtui.tui.screens.submit import SubmitScreen
from batchtui.tui.session import Session
from batchtui.tui.toasts import tell


async def submit(app: App[None], session: Session, _wanted: SubmitAsked) -> None:
    """Let the user choose a file, and send it if they agree to the numbers."""
    bench = session.workbench
    bench.require_writable("send")
    if any(isinstance(screen, SubmitScreen) for screen in app.screen_stack):
        return
    choice = await app.push_screen_wait(SubmitScreen(bench))
    if choice is None:
        return
    await send_prepared(app, session, choice.prepared, choice.name)


async def send_prepared(app: App[None], session: Session, prepared: Prepared, name: str) -> None:
    """Send a prepared submission as a job of this name if the user agrees to the numbers, else drop it."""
    bench = session.workbench
    try:
        require_affordable(prepared.now.estimate, session.config.max_cost_usd)
        if not await agreed(app, submit_question(name, prepared, bench.profile)):
            return
        words = f"sending {counted(prepared.now.request_count, 'request')} …"
        with session.activity(words, sends=True) as activity:
            sent = await bench.submissions.send(prepared, name=name, on_sent=activity.sent)
    finally:
        await discard(prepared)
    tell(app, sent_notice(sent))
    session.poller.refresh()
