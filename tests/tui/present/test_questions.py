from dataclasses import replace
from pathlib import Path
from typing import Any

from batchtui.domain.errors import LintError, UnreachableError
from batchtui.domain.estimate import Estimate
from batchtui.domain.job import Job
from batchtui.domain.lint import Problem
from batchtui.domain.queue import QueueRow, Ruling
from batchtui.domain.retry import FailedRow
from batchtui.domain.verdicts import RESEND
from batchtui.services.prepare import Prepared, PreparedPart
from batchtui.services.retry import RetryPlan
from batchtui.services.workbench import Profile
from batchtui.tui.present import notices, questions
from batchtui.tui.present.offers import Offer
from tests.tui.present.make import NOW, batch, intent

PROFILE = Profile("work", "https://api.anthropic.com")
ESTIMATE = Estimate(1000, 2000, 0.01, 0.04, 0.08)
PART = PreparedPart(Path("x"), 37, 12_345, "", ESTIMATE, frozenset({"claude-haiku-5-5"}))
PREPARED = Prepared("faq.jsonl", (PART,), ())


def plan_of(*rows: QueueRow, **fields: Any) -> RetryPlan:
    job = Job("job_1", "faq", "work", NOW)
    numbers = {
        "resend": len(rows),
        "edit_first": 0,
        "skipped": 0,
        "by_error": (),
        "changes": {},
        "estimate": ESTIMATE,
    }
    return RetryPlan(job, 2, rows, **numbers | fields)


def failed(error_type: str = "", *, type_: str = "errored", custom_id: str = "a") -> QueueRow:
    failure = FailedRow(custom_id, type_, error_type or None, None, 1, 0, 1)
    return QueueRow(failure, Ruling(error_type or type_, "", True, RESEND, ""), "waiting", None)


def test_a_retry_is_asked_for_with_numbers_price_and_profile() -> None:
    rows = [failed(type_="expired")] * 30 + [failed("overloaded_error")] * 7
    plan = plan_of(*rows, resend=40, edit_first=4, never=2, skipped=9, set_aside=1, given_up=2)
    question = questions.retry_question([plan], (), (), PROFILE, total=1000, strangers=5)
    assert question.title == "Retry 37 of 1,000 requests?"
    body = "\n".join(question.body)
    for wanted in (
        "30 expired, 7 overloaded_error",
        "about $0.01 to $0.04, half the standard price",
        "attempt 2 of faq: 37 rows",
        "profile work",
        "4 to be edited first",
        "2 that sending again cannot help",
        "3 given up after the same error again and again, held or dropped",
        "5 results that answer none of the requests known",
    ):
        assert wanted in body


def test_a_retry_counts_what_is_taken_along() -> None:
    plan = plan_of(*[failed(type_="expired", custom_id=name) for name in "abc"])
    offer = Offer("t", "truncated", (plan_of(*[failed("truncated", custom_id=name) for name in "cde"]),))
    left = questions.retry_question([plan], [offer], (), PROFILE, total=10)
    taken = questions.retry_question([plan], [offer], {"t"}, PROFILE, total=10)
    assert (left.title, taken.title) == ("Retry 3 of 10 requests?", "Retry 5 of 10 requests?")
    assert any("[ ] t  3 truncated" in line for line in left.body)
    assert any("[x] t  3 truncated, up to $0.04" in line for line in taken.body)
    assert "about $0.02 to $0.08, half the standard price" in taken.body


def test_a_retry_of_nothing_says_so() -> None:
    question = questions.retry_question([plan_of(edit_first=2, skipped=2)], (), (), PROFILE, total=10)
    assert question.title == "Nothing goes out as it is"
    assert any("2 to be edited first" in line for line in question.body)


def test_a_submission_is_asked_for_with_its_warnings() -> None:
    warned = replace(PREPARED, problems=(Problem(3, "a", "removed-param", "temperature", "warning"),))
    question = questions.submit_question("faq", warned, PROFILE)
    assert question.title == "Send 37 requests?"
    assert "1 warning" in question.body
    assert any("line 3 a: temperature [removed-param]" in line for line in question.body)


def test_an_unknown_price_is_said() -> None:
    assert questions.price(Estimate(1, 1, None, None, None, ("new-model",))) == "price unknown (new-model)"


def test_a_second_send_is_marked_as_dangerous() -> None:
    again = questions.resend_question(intent("unclear"), ESTIMATE, PROFILE)
    assert again.is_danger
    assert any("pays twice" in line for line in again.body)
    assert not questions.resend_question(intent("draft"), ESTIMATE, PROFILE).is_danger
    assert questions.discard_question(intent()).is_danger


def test_many_cancellations_are_summed_up() -> None:
    many = [batch(str(number), status="in_progress") for number in range(20)]
    question = questions.cancel_question(many)
    assert question.title == "Cancel 20 batches of 200 requests?"
    assert "… and 8 more" in question.body


def test_an_error_is_told_in_three_sentences() -> None:
    error = UnreachableError("No connection.", unharmed="Nothing was sent.", todo="Try again.")
    assert notices.error_notice(error).text == "No connection.\nNothing was sent.\nTry again."
    lint = LintError("faq.jsonl", [Problem(number, "", "json", "not JSON") for number in range(1, 9)])
    assert "line 1" in notices.error_notice(lint).text


def test_a_sample_is_asked_about_with_what_it_holds_back() -> None:
    few = replace(PART, request_count=5, estimate=Estimate(100, 200, 0.001, 0.004, 0.008))
    question = questions.submit_question(
        "faq", replace(PREPARED, parts=(few, PART), held_parts=1, mended=3), PROFILE
    )
    assert question.title == "Send 5 of 42 requests?"
    assert "about $0.0010 to $0.0040, half the standard price" in question.body
    assert "The other 37 wait as drafts: about $0.01 to $0.04, half the standard price" in question.body
    assert "3 requests mended" in question.body
