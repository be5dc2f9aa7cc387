"""`r`: plan, ask, send again."""

import asyncio
from collections.abc import Iterable, Sequence
from functools import partial

from textual.app import App

from batchtui.domain.estimate import require_affordable
from batchtui.domain.human import counted
from batchtui.services.find import Target
from batchtui.services.prepare import Prepared, discard
from batchtui.services.retry import RetryPlan
from batchtui.services.workbench import Workbench
from batchtui.tui.flows.ask import agreed, asked
from batchtui.tui.flows.manage import adopt
from batchtui.tui.messages import AdoptAsked, Chosen
from batchtui.tui.present.listing import tally
from batchtui.tui.present.notices import Notice, sent_notice
from batchtui.tui.present.offers import Offer, total_estimate, with_offers
from batchtui.tui.present.questions import attach_question, retry_question
from batchtui.tui.screens.retry import RetryScreen
from batchtui.tui.session import Session
from batchtui.tui.toasts import tell

FLAGS = {"t": "truncated", "u": "refused", "f": "flagged"}
"""The keys that take answers for which another may be wanted."""

NOTHING = "Nothing failed in it. No answer is truncated, refused or flagged either."
NOTHING_MARKED = "None of these rows failed, and no answer is truncated, refused or flagged."


async def retry(app: App[None], session: Session, target: Target, custom_ids: Sequence[str] = ()) -> None:
    """Send what failed of a target again, if the user agrees to the numbers; only some custom_ids if given."""
    bench = session.workbench
    bench.require_writable("send")
    if not any(stored.requests_known for stored in target.batches):
        # Without requests there is nothing to send; with the file they came from there is.
        if await agreed(app, attach_question(target)):
            await adopt(app, session, AdoptAsked(target.batches[0]))
        return
    await _plan_and_send(app, session, [Chosen(target, list(custom_ids))], FLAGS if not custom_ids else "t")


async def retry_chosen(app: App[None], session: Session, chosen: Sequence[Chosen]) -> None:
    """Send rows of the queue again, of one job or of several, if the user agrees to the numbers."""
    session.workbench.require_writable("send")
    await _plan_and_send(app, session, chosen, ())


async def _plan_and_send(
    app: App[None], session: Session, chosen: Sequence[Chosen], offered: Iterable[str]
) -> None:
    """Plan, ask and send; what is chosen without custom_ids is all that failed of a target.

    `offered` are the keys of answers to offer; those among custom_ids are taken unless the user leaves them.
    """
    bench, cap_usd = session.workbench, session.config.max_cost_usd
    with session.activity("looking at what failed …"):
        plans = await asyncio.to_thread(lambda: [_plan(bench, one) for one in chosen])
        find = partial(_find_offers, bench, chosen, offered)
        # They come later, so that the question need not wait for them, unless there may be nothing to ask.
        is_marked = any(one.custom_ids for one in chosen)
        offers = await find() if is_marked or not any(plan.failed for plan in plans) else None
    if not any(plan.failed for plan in plans) and not offers:
        tell(app, Notice(NOTHING_MARKED if is_marked else NOTHING))
        return
    if any(plan.rows for plan in plans):
        require_affordable(total_estimate(plans), cap_usd)
    ask = partial(
        retry_question,
        plans,
        profile=bench.profile,
        total=sum(tally(one.target.batches).total for one in chosen),
        strangers=sum(_strangers(bench, one.target) for one in chosen),
    )
    screen = RetryScreen(ask, find, offers)
    answer = await asked(app, screen)
    if screen.wants_queue:
        await app.run_action("room('queue')")
    if answer:
        await _send(app, session, [plan for plan in with_offers(plans, screen.taken) if plan.rows], cap_usd)


def _plan(bench: Workbench, chosen: Chosen) -> RetryPlan:
    return bench.retries.plan(chosen.target, custom_ids=chosen.custom_ids or None)


def _strangers(bench: Workbench, target: Target) -> int:
    known = [stored.key for stored in target.batches if stored.requests_known and stored.results != "none"]
    return sum(map(bench.store.batches.stranger_count, known))


async def _find_offers(bench: Workbench, chosen: Sequence[Chosen], keys: Iterable[str]) -> list[Offer]:
    """Return the answers that could be asked for anew beside what failed."""
    return await asyncio.to_thread(lambda: [offer for key in keys if (offer := _offer(bench, chosen, key)).count])


def _offer(bench: Workbench, chosen: Sequence[Chosen], key: str) -> Offer:
    """Return the answers with a flag; the truncated ones with a larger max_tokens."""
    flag, words, plans = FLAGS[key], FLAGS[key], []
    for one in chosen:
        ask = partial(bench.retries.plan, one.target, only=flag, custom_ids=one.custom_ids or None)
        plan = ask(include_invalid=True)
        if plan.suggested_max_tokens is not None:
            words = f"{flag}, with max_tokens {plan.suggested_max_tokens:,}"
            plan = ask(changes={"max_tokens": plan.suggested_max_tokens})
        plans.append(plan)
    return Offer(key, words, tuple(plans), is_marked=any(one.custom_ids for one in chosen))


async def _send(app: App[None], session: Session, plans: Sequence[RetryPlan], cap_usd: float | None) -> None:
    """Write down the requests of all plans and send them, unless they cost more than the cap together after all."""
    bench = session.workbench
    require_affordable(total_estimate(plans), cap_usd)
    done: list[Prepared] = []
    try:
        for plan in plans:
            with session.activity(f"writing {counted(len(plan.rows), 'request')} …"):
                done.append(await bench.retries.prepare(plan))
        require_affordable(total_estimate(done), cap_usd)
        for plan, prepared in zip(plans, done, strict=True):
            with session.activity(f"sending {counted(len(plan.rows), 'request')} …", sends=True) as activity:
                sent = await bench.retries.send(plan, prepared, activity.sent)
            tell(app, sent_notice(sent, plan.attempt))
    finally:
        for prepared in done:
            await discard(prepared)
        session.poller.refresh()
