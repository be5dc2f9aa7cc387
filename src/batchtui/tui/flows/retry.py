"""`r`: plan, price, ask, send again."""

import asyncio
from collections.abc import Sequence

from textual.app import App

from batchtui.domain.estimate import require_affordable
from batchtui.domain.human import counted
from batchtui.services.find import Target
from batchtui.services.prepare import discard
from batchtui.tui.flows.ask import agreed
from batchtui.tui.present.listing import tally
from batchtui.tui.present.notices import sent_notice
from batchtui.tui.present.questions import retry_question
from batchtui.tui.session import Session
from batchtui.tui.toasts import tell


async def retry(app: App[None], session: Session, target: Target, custom_ids: Sequence[str] = ()) -> None:
    """Send what failed of a target again, if the user agrees to the numbers; only some custom_ids if given."""
    bench = session.workbench
    bench.require_writable("send")
    with session.activity(f"looking at what failed of {target.job.name} …"):
        plan = await asyncio.to_thread(bench.retries.plan, target, custom_ids=custom_ids or None)
        prepared = await bench.retries.prepare(plan)
    try:
        require_affordable(prepared.estimate, session.config.max_cost_usd)
        question = retry_question(plan, prepared, bench.profile, tally(target.batches).total)
        if not await agreed(app, question):
            return
        with session.activity(f"sending {counted(len(plan.rows), 'request')} …", sends=True) as activity:
            sent = await bench.retries.send(plan, prepared, activity.sent)
    finally:
        await discard(prepared)
    tell(app, sent_notice(sent, plan.attempt))
    session.poller.refresh()
