"""`u`: what became of submissions without an outcome; nothing is sent unless the user says so."""

from textual.app import App

from batchtui.domain.errors import BatchtuiError
from batchtui.domain.estimate import require_affordable
from batchtui.domain.human import counted, duration, local_time
from batchtui.services.settle import OpenSubmission
from batchtui.tui.flows.ask import agreed, asked
from batchtui.tui.messages import SettleAsked
from batchtui.tui.present.batches import short_id, utc_now
from batchtui.tui.present.notices import Notice, error_notice
from batchtui.tui.present.questions import discard_question, resend_question
from batchtui.tui.screens.settle import Decision, SettleScreen
from batchtui.tui.session import Session
from batchtui.tui.toasts import tell
from batchtui.tui.widgets.menu import MenuScreen


async def settle(app: App[None], session: Session, _wanted: SettleAsked) -> None:
    """Show what is open until all is settled or the user leaves."""
    while session.workbench.settlements.open_submissions():
        decision = await app.push_screen_wait(SettleScreen(session.workbench))
        if decision is None:
            return
        try:
            await _do(app, session, decision)
        except BatchtuiError as error:
            tell(app, error_notice(error))
        await session.look()


async def _do(app: App[None], session: Session, decision: Decision) -> None:
    bench, intent = session.workbench, decision.submission.intent
    if decision.verb == "adopt":
        await _adopt(app, session, decision.submission)
    elif decision.verb == "discard":
        bench.require_writable("drop requests")
        if await agreed(app, discard_question(intent)):
            await bench.settlements.discard(intent)
            tell(app, Notice(f"{intent.job_name}: dropped"))
    else:
        bench.require_writable("send")
        estimate = await bench.settlements.estimate(intent)
        require_affordable(estimate, session.config.max_cost_usd)
        if await agreed(app, resend_question(intent, estimate, bench.profile)):
            words = f"sending {counted(intent.request_count, 'request')} …"
            with session.activity(words, sends=True) as activity:
                sent = await bench.settlements.resend(
                    intent, on_sent=lambda sent_bytes: activity.sent(sent_bytes, intent.body_bytes)
                )
            tell(app, Notice(f"{sent.job_name} is on its way"))
            session.poller.refresh()


async def _adopt(app: App[None], session: Session, submission: OpenSubmission) -> None:
    """Take one of the candidates for the batch that was sent."""
    now = utc_now()
    keys = "123456789"
    choices = [
        (
            key,
            f"{short_id(stored.id)}  made {local_time(stored.batch.created_at)}, "
            f"{duration(now - stored.batch.created_at)} ago",
        )
        for key, stored in zip(keys, submission.candidates, strict=False)
    ]
    chosen = await asked(app, MenuScreen("Which one is it?", choices))
    if chosen is not None:
        batch = submission.candidates[keys.index(chosen)].batch
        adopted = await session.workbench.settlements.adopt(submission.intent, batch)
        tell(app, Notice(f"{adopted.job_name} is {adopted.id}"))
        session.poller.refresh()
