"""`n`: choose a file, check and price it, ask, send it."""

from textual.app import App

from batchtui.domain.estimate import require_affordable
from batchtui.domain.human import bytes_text, counted
from batchtui.services.prepare import discard
from batchtui.tui.flows.ask import agreed
from batchtui.tui.present.notices import sent_notice
from batchtui.tui.present.questions import submit_question
from batchtui.tui.screens.submit import SubmitScreen
from batchtui.tui.session import Session
from batchtui.tui.toasts import tell


async def submit(app: App[None], session: Session) -> None:
    """Let the user choose a file, and send it if they agree to the numbers."""
    bench = session.workbench
    bench.require_writable("send")
    choice = await app.push_screen_wait(SubmitScreen(bench))
    if choice is None:
        return
    try:
        require_affordable(choice.prepared.estimate, session.config.max_cost_usd)
        if not await agreed(app, submit_question(choice.name, choice.prepared, bench.profile)):
            return
        words = f"sending {counted(choice.prepared.request_count, 'request')}"
        with session.activity(f"{words} …", sends=True) as activity:
            sent = await bench.submissions.send(
                choice.prepared,
                name=choice.name,
                on_sent=lambda done, total: activity.say(f"sending {bytes_text(done)} of {bytes_text(total)}"),
            )
    finally:
        await discard(choice.prepared)
    tell(app, sent_notice(sent))
    session.poller.refresh()
