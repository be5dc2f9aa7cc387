from dataclasses import replace
from pathlib import Path

from batchtui.domain.batch import Counts
from batchtui.domain.errors import LintError, UnreachableError
from batchtui.domain.estimate import Estimate
from batchtui.domain.job import Job
from batchtui.domain.lint import Problem
from batchtui.domain.retry import Cause, FailedRow
from batchtui.domain.verdicts import EDIT_FIRST, RESEND
from batchtui.services.prepare import Prepared, PreparedPart
from batchtui.services.retry import RetryPlan
from batchtui.services.sync import SyncReport
from batchtui.services.workbench import Profile
from batchtui.store import Change
from batchtui.tui.present import notices, questions
from tests.tui.present.make import NOW, batch, intent

PROFILE = Profile("work", "https://api.anthropic.com")
ESTIMATE = Estimate(1000, 2000, 0.01, 0.04, 0.08)
PART = PreparedPart(Path("x"), 37, 12_345, "", ESTIMATE, frozenset({"claude-haiku-5-5"}))
PREPARED = Prepared("faq.jsonl", (PART,), ())


def test_a_retry_is_asked_for_with_numbers_price_and_profile() -> None:
    row = FailedRow("a", "expired", None, None, 1, 0, 1)
    plan = RetryPlan(
        Job("job_1", "faq", "work", NOW),
        2,
        (row,) * 37,
        37,
        4,
        4,
        (
            Cause("expired", "", 30, RESEND),
            Cause("overloaded_error", "Overloaded", 5, RESEND),
            Cause("overloaded_error", "Busy", 2, RESEND),
            Cause("invalid_request_error", "bad", 4, EDIT_FIRST),
        ),
        {},
    )
    question = questions.retry_question(plan, PREPARED, PROFILE, 1000)
    assert question.title == "Retry 37 of 1,000 requests?"
    body = "\n".join(question.body)
    for wanted in ("30 expired, 7 overloaded_error", "$0.01 to $0.04", "Left out: 4 invalid", "work", "attempt 2"):
        assert wanted in body


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


def test_ends_are_told_in_one_notice() -> None:
    running = batch(status="in_progress")
    ended = batch(counts=Counts(succeeded=963, errored=37))
    (one,) = notices.report_notices(SyncReport((Change(running, ended),)))
    assert one.text == "faq ended: 963 succeeded, 37 failed — r retries them"
    (two,) = notices.report_notices(SyncReport((Change(running, ended), Change(running, ended))))
    assert two.text.startswith("2 batches ended, 74 requests failed")
    assert notices.report_notices(SyncReport((Change(None, ended), Change(ended, ended)))) == []


def test_a_sample_is_asked_about_with_what_it_holds_back() -> None:
    few = replace(PART, request_count=5, estimate=Estimate(100, 200, 0.001, 0.004, 0.008))
    question = questions.submit_question(
        "faq", replace(PREPARED, parts=(few, PART), held_parts=1, mended=3), PROFILE
    )
    assert question.title == "Send 5 of 42 requests?"
    assert "about $0.0010 to $0.0040, half the standard price" in question.body
    assert "The other 37 wait as drafts: about $0.01 to $0.04, half the standard price" in question.body
    assert "3 requests mended" in question.body
