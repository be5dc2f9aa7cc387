"""The questions before anything is sent, canceled or dropped: always with numbers, price and profile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from batchtui.domain.batch import StoredBatch
from batchtui.domain.estimate import Estimate
from batchtui.domain.human import bytes_text, count, counted, duration, usd, usd_range
from batchtui.domain.job import Intent
from batchtui.domain.verdicts import EDIT_FIRST, NEVER, RESEND, Verdict
from batchtui.services.adopt import Coverage
from batchtui.services.find import Target
from batchtui.services.housekeeping import Archivable, DiskUse
from batchtui.services.manage import deletion
from batchtui.services.prepare import Prepared
from batchtui.services.retry import RetryPlan
from batchtui.services.transfers import Transfer
from batchtui.services.workbench import Profile
from batchtui.tui.present.batches import utc_now
from batchtui.tui.present.header import host
from batchtui.tui.present.notices import PROBLEMS_SHOWN, problem_lines
from batchtui.tui.present.offers import Offer, total_estimate, with_offers

JOBS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Question:
    """What a confirm dialog asks; texts may be outside text."""

    title: str
    body: tuple[str, ...]
    confirm: str
    is_danger: bool = False


@dataclass(frozen=True, slots=True)
class RetryQuestion(Question):
    """A question about so many rows."""

    rows: int = 0


def retry_question(
    plans: Sequence[RetryPlan],
    offers: Sequence[Offer],
    taken: Collection[str],
    profile: Profile,
    *,
    total: int,
    strangers: int = 0,
) -> RetryQuestion:
    """Ask whether to send the rows of plans again, of one job each, and of the offers those with a key in `taken`.

    `total` is how many requests the jobs have, and `strangers` how many results answer none that is known.
    """
    along = [offer for offer in offers if offer.key in taken]
    going = with_offers(plans, along)
    kinds = _kinds(going)
    number = kinds.total()
    lines = []
    if number:
        causes = Counter[str]()
        for (_, cause), many in kinds.items():
            causes[cause] += many
        lines += [", ".join(f"{count(many)} {cause}" for cause, many in causes.most_common())]
        lines += [price(total_estimate(going))]
    lines += [_attempt(plan) for plan in going[:JOBS_SHOWN]]
    if len(plans) > JOBS_SHOWN:
        lines.append(f"… and {counted(len(plans) - JOBS_SHOWN, 'job')} more")
    lines.append(f"to {host(profile.base_url)}, profile {profile.name}")
    # What was marked is counted in the plans; other answers are not.
    if left := _left(plans, kinds if not along or along[0].is_marked else _kinds(plans), strangers):
        lines += ["", "Not sent:", *left]
    if offers:
        lines += ["", "Also, if you like:", *(_offer_line(offer, is_taken=offer in along) for offer in offers)]
    nothing = "Nothing goes out as it is" if left else "Nothing failed"
    title = f"Retry {count(number)} of {counted(total, 'request')}?" if number else nothing
    return RetryQuestion(title, tuple(lines), "Send again", rows=number)


def _attempt(plan: RetryPlan) -> str:
    rows = f": {counted(len(plan.rows), 'row')}" if plan.rows else ""
    return f"attempt {plan.attempt} of {plan.job.name}{rows}"


def _offer_line(offer: Offer, *, is_taken: bool) -> str:
    words = f"{count(offer.count)} {offer.words}, up to {usd(total_estimate(offer.plans).cost_usd_high)}"
    return f"  {'[x]' if is_taken else '[ ]'} {offer.key}  {words}"


def _kinds(plans: Sequence[RetryPlan]) -> Counter[tuple[Verdict, str]]:
    """Return how many rows are sent of each verdict and cause."""
    # Rows that failed alike share their ruling.
    rulings = Counter([row.ruling for plan in plans for row in plan.rows])
    kinds = Counter[tuple[Verdict, str]]()
    for ruling, many in rulings.items():
        kinds[ruling.verdict, ruling.cause] += many
    return kinds


def _left(plans: Sequence[RetryPlan], kinds: Counter[tuple[Verdict, str]], strangers: int) -> list[str]:
    """Return what is not sent and why, every row once; `kinds` are sent."""
    sent = Counter[Verdict]()
    for (verdict, _), many in kinds.items():
        sent[verdict] += many
    states = {
        "given up after the same error again and again": sum(plan.given_up for plan in plans),
        "held or dropped": sum(plan.set_aside for plan in plans),
        "of an unknown request": sum(plan.without_request for plan in plans),
    }
    numbers = {
        "to be edited first: 5 goes to the queue": sum(plan.edit_first for plan in plans) - sent[EDIT_FIRST],
        "that sending again cannot help": sum(plan.never for plan in plans) - sent[NEVER],
        ", ".join(words for words, number in states.items() if number): sum(plan.resend for plan in plans)
        - sent[RESEND],
        "results that answer none of the requests known": strangers,
    }
    return [f"  {count(number):>6} {words}" for words, number in numbers.items() if number]


def attach_question(target: Target) -> Question:
    """Offer to attach the file that a batch from elsewhere was made from."""
    body = (
        f"{target.name} was not sent from here, so its requests are not known and cannot be sent again.",
        "Attach the file it was made from? It is checked against the batch and its results; nothing is sent.",
    )
    return Question("The requests are not known", body, "Attach the file")


def partial_question(path: str, stored: StoredBatch, covered: Coverage) -> Question:
    """Ask whether to attach a file that has only some requests of a batch."""
    body = (
        f"{path} has {counted(covered.in_file, 'request')} of {stored.job_name}.",
        f"{count(covered.known)} of its {count(covered.total)} would be known then; "
        f"{count(covered.missing)} are missing, and what failed of these cannot be retried.",
        "",
        "The rest can be attached later from another file, or the whole file in place of this one.",
    )
    return Question(f"Attach {count(covered.in_file)} of {count(covered.total)} requests?", body, "Attach them")


def submit_question(name: str, prepared: Prepared, profile: Profile) -> Question:
    """Ask whether to send a file that was checked."""
    now, held = prepared.now, prepared.held
    body = [f"{prepared.source} as {name!r}" if name else prepared.source, price(now.estimate)]
    if held.parts:
        body.append(f"The other {count(held.request_count)} wait as drafts: {price(held.estimate)}")
    if prepared.models:
        body.append(f"models: {', '.join(prepared.models)}")
    body += _where(now, profile)
    if prepared.mended:
        betas = f"; betas in the header: {', '.join(prepared.betas)}" if prepared.betas else ""
        body.append(f"{counted(prepared.mended, 'request')} mended{betas}")
    if prepared.problems:
        body += ["", counted(prepared.problem_count, "warning"), *problem_lines(prepared.problems)]
    of = f"{count(now.request_count)} of " if held.parts else ""
    return Question(f"Send {of}{counted(prepared.request_count, 'request')}?", tuple(body), "Send")


def cancel_question(batches: Sequence[StoredBatch]) -> Question:
    """Ask whether to cancel running batches."""
    total = sum(stored.batch.counts.total for stored in batches)
    title = f"Cancel {counted(len(batches), 'batch', 'batches')} of {counted(total, 'request')}?"
    names = [
        f"{stored.job_name}  {stored.id}  running for {duration(utc_now() - stored.batch.created_at)}"
        for stored in batches
    ]
    note = "What is answered by then is kept and billed; the rest comes back canceled and can be retried."
    return Question(title, _some(names, note), "Cancel it" if len(batches) == 1 else "Cancel them", is_danger=True)


def delete_question(batches: Sequence[StoredBatch], *, here: bool, remote: bool) -> Question:
    """Ask whether to delete batches."""
    names = [f"{stored.job_name}  {stored.id}" for stored in batches]
    note = "This cannot be taken back." if here else "What is kept here stays as it is."
    what, _, lost = deletion(batches, here=here, remote=remote).partition("; ")
    warning = [f"Careful: {lost}."] if lost else []
    return Question(f"{what}?", _some(names, *warning, note), "Delete", is_danger=True)


def archive_question(chosen: Sequence[Archivable]) -> Question:
    """Ask whether to compress what is kept of batches."""
    plain = bytes_text(sum(each.plain_bytes for each in chosen))
    names = [f"{each.stored.job_name}  {each.stored.id}  {bytes_text(each.plain_bytes)}" for each in chosen]
    note = "JSON Lines take a third to a tenth of that then. All of it can be read as before."
    return Question(f"Archive {counted(len(chosen), 'batch', 'batches')}, {plain}?", _some(names, note), "Archive")


def prune_question(old: Sequence[DiskUse]) -> Question:
    """Ask whether to drop what is kept of old batches."""
    total = bytes_text(sum(use.total_bytes for use in old))
    names = [f"{use.stored.job_name}  {use.stored.id}  {bytes_text(use.total_bytes)}" for use in old]
    note = "This cannot be taken back: the API has dropped it too. Names, counts, costs and statistics stay."
    title = f"Drop what was sent and came back of {counted(len(old), 'batch', 'batches')}, {total}?"
    return Question(title, _some(names, note), "Drop", is_danger=True)


def end_transfer_question(transfer: Transfer) -> Question:
    """Ask whether to end a download."""
    body = (
        f"{transfer.name}  {transfer.batch_id}",
        "What has arrived is dropped; the API still has all of it. w downloads it again.",
    )
    return Question("End this download?", body, "End it")


def resend_question(intent: Intent, estimate: Estimate, profile: Profile) -> Question:
    """Ask whether to send a submission whose batch may exist."""
    is_unclear = intent.state == "unclear"
    body = [
        f"{intent.job_name}, part {intent.part} of {intent.parts} — {price(estimate)}",
        f"{bytes_text(intent.body_bytes)} to {host(profile.base_url)}, profile {profile.name}",
    ]
    if is_unclear:
        body += ["", "It was sent before and no answer came. If its batch exists after all, this pays twice."]
    title = f"Send {counted(intent.request_count, 'request')}{' again' if is_unclear else ''}?"
    return Question(title, tuple(body), "Send", is_danger=is_unclear)


def discard_question(intent: Intent) -> Question:
    """Ask whether to drop a submission."""
    body = (
        f"{intent.job_name}, part {intent.part} of {intent.parts}",
        "The request lines kept here are deleted. A batch at the API, if there is one, stays there.",
    )
    return Question(f"Drop {counted(intent.request_count, 'request')}?", body, "Drop", is_danger=True)


def quit_question(*, is_sending: bool, unsaved: Sequence[str]) -> Question | None:
    """Ask whether to quit, if something would be lost or left unclear by it."""
    words = []
    if is_sending:
        words.append("Something is being sent. If you leave now, its outcome has to be settled later.")
    if unsaved:
        words.append(f"Not saved, and lost if you leave now: {', '.join(unsaved)}. ctrl+s in Compose saves.")
    title = "Quit while sending?" if is_sending else "Quit without saving?"
    return Question(title, tuple(words), "Quit", is_danger=True) if words else None


def _some(names: Sequence[str], *notes: str) -> tuple[str, ...]:
    """Return the first of some names, how many more there are, and notes below them."""
    more = [f"… and {len(names) - PROBLEMS_SHOWN:,} more"] if len(names) > PROBLEMS_SHOWN else []
    return (*names[:PROBLEMS_SHOWN], *more, "", *notes)


def price(estimate: Estimate) -> str:
    """Return what a submission costs, in a few words."""
    if estimate.cost_usd_high is None:
        models = ", ".join(estimate.unpriced_models)
        return f"price unknown ({models})" if models else "price unknown"
    tried = "; the lower one has output as in your trial" if estimate.output_tried else ""
    return f"about {usd_range(estimate.cost_usd_low, estimate.cost_usd_high)}, half the standard price{tried}"


def _where(prepared: Prepared, profile: Profile) -> list[str]:
    parts = counted(len(prepared.parts), "part") + ", " if len(prepared.parts) > 1 else ""
    return [f"{parts}{bytes_text(prepared.body_bytes)} to {host(profile.base_url)}, profile {profile.name}"]
