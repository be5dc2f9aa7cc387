"""What the compose screen asks for: files of templates, rows, a live trial, and the batch itself."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import Literal

from textual.app import App

from batchtui.domain.errors import InputError, RefusedError
from batchtui.domain.estimate import Estimate, Estimator, require_affordable
from batchtui.domain.human import counted
from batchtui.services.find import Target
from batchtui.services.prepare import discard
from batchtui.tui.drafts import Answer, Draft
from batchtui.tui.flows import outside
from batchtui.tui.flows.ask import agreed
from batchtui.tui.flows.submit import send_prepared
from batchtui.tui.messages import ComposeAgainAsked, ComposeAsked
from batchtui.tui.present import compose as present
from batchtui.tui.present.notices import Notice
from batchtui.tui.screens.data_picker import DataPicker
from batchtui.tui.session import Session
from batchtui.tui.toasts import tell
from batchtui.tui.widgets.dialogs import PromptScreen
from batchtui.tui.widgets.menu import MenuScreen

Verb = Literal[
    "data", "send", "try", "row", "save", "new", "duplicate", "rename", "delete", "revert", "editor", "file"
]
"""What can be asked for; `file` is for the flow of request files."""


async def compose(app: App[None], session: Session, message: ComposeAsked | ComposeAgainAsked) -> None:
    """Do one of the things that the compose screen asks for, or bring the template of a job there."""
    if isinstance(message, ComposeAgainAsked):
        await _compose_again(app, session, message.target)
        return
    if message.verb == "new":
        await _new(app, session)
        return
    draft = session.composing.draft
    if draft is None:
        raise InputError("There is no template in hand.", todo="n begins one.")
    flows: Mapping[Verb, Callable[[App[None], Session, Draft], Awaitable[None]]] = {
        "data": _choose_data,
        "send": _send,
        "try": _try_row,
        "row": _go_to_row,
        "save": _save,
        "duplicate": _duplicate,
        "rename": _rename,
        "delete": _delete,
        "revert": _revert,
        "editor": _edit_outside,
    }
    await flows[message.verb](app, session, draft)


async def _compose_again(app: App[None], session: Session, target: Target) -> None:
    """Take the template in hand that a job was made from, beside today's of that name."""
    kept = await asyncio.to_thread(session.workbench.composer.template_of, target)
    if kept is None:
        raise InputError(
            f"{target.job.name} was not made from a template.",
            todo="n composes from one; N sends a file of requests.",
        )
    await session.composing.look()
    session.composing.take_job(kept)
    await app.run_action("room('compose')")


async def _choose_data(app: App[None], session: Session, draft: Draft) -> None:
    picker = DataPicker(draft.choice, [used.choice for used in session.composing.recent])
    if (choice := await app.push_screen_wait(picker)) is not None:
        await session.composing.take_data(choice)


async def _go_to_row(app: App[None], session: Session, _draft: Draft) -> None:
    count = session.composing.data.count

    def check(text: str) -> str:
        if not text.strip().isdecimal() or not int(text):
            return "Rows are numbers from 1."
        return f"There are {counted(count, 'row')}." if count is not None and int(text) > count else ""

    help_ = "Its number, from 1." if count is None else f"Its number, from 1 to {count:,}."
    if (typed := await app.push_screen_wait(PromptScreen("Go to row", help=help_, check=check))) is not None:
        session.composing.take_row(int(typed))


async def _new(app: App[None], session: Session) -> None:
    name = await _name(app, session, "New template", "What it is for, in a word or two.", "")
    if name:
        composing = session.composing
        await composing.write(name, present.BEGINNING.format(name=name), like=composing.draft)
        tell(app, Notice(f"{name} begins with an example; enter writes in it"))


async def _duplicate(app: App[None], session: Session, draft: Draft) -> None:
    words = f"The name of the copy. It is made of {draft.key.name} as it stands here."
    name = await _name(app, session, "Duplicate", words, f"{draft.key.name}-copy")
    if name:
        await session.composing.write(name, draft.text, like=draft)
        tell(app, Notice(f"{name} is a template of your own"))


async def _rename(app: App[None], session: Session, draft: Draft) -> None:
    name = await _name(app, session, "Rename", draft.key.name, draft.key.name)
    if name and name != draft.key.name:
        await session.composing.rename(draft, name)


async def _delete(app: App[None], session: Session, draft: Draft) -> None:
    if draft.key.kind == "job" or await agreed(app, present.delete_question(draft)):
        await session.composing.delete(draft)


async def _revert(app: App[None], session: Session, draft: Draft) -> None:
    if await agreed(app, present.revert_question(draft)):
        await session.composing.revert(draft)


async def _save(app: App[None], session: Session, draft: Draft) -> None:
    """Write the text to its file; to one of your own if it has none; never over what another program wrote."""
    composing, before = session.composing, draft.text
    if not draft.is_own:
        name = await _name(app, session, "Save as a template of your own", "Its name.", draft.key.name)
        if name:
            await composing.write(name, before, like=draft)
            # What was typed meanwhile is not in the copy, and stays.
            if draft.text == before:
                await composing.revert(draft)
            tell(app, Notice(f"{name} is saved, a template of your own"))
        return
    try:
        await composing.save(draft)
    except RefusedError as error:
        await _settle_conflict(app, session, draft, error)
    else:
        tell(app, Notice(f"{draft.key.name} is saved"))


async def _settle_conflict(app: App[None], session: Session, draft: Draft, error: RefusedError) -> None:
    """Let the user choose between their text and what another program made of the file meanwhile."""
    choices = [
        ("1", "save mine under another name"),
        ("2", "take the file, drop mine"),
        ("3", "write mine over the file"),
    ]
    chosen = await app.push_screen_wait(MenuScreen(error.what, choices))
    if chosen == "1":
        await _duplicate(app, session, draft)
    elif chosen == "2":
        await session.composing.revert(draft)
    elif chosen == "3":
        await session.composing.save(draft, over=True)


async def _edit_outside(app: App[None], session: Session, draft: Draft) -> None:
    before = draft.text
    text = await outside.edited(app, before, f"{draft.key.name}.yaml")
    if text is None:
        tell(app, Notice("The editor ended with an error; the text is as it was"))
    elif text != before:
        session.composing.take_text(draft, text)
        tell(app, Notice(f"{draft.key.name} is changed and not saved yet; ctrl+s saves it"))


async def _try_row(app: App[None], session: Session, draft: Draft) -> None:
    """Send the row in hand now, if the user agrees to the price, and show what came of it."""
    bench, composing = session.workbench, session.composing
    bench.require_writable("send")
    look = await composing.look_at_row()
    rendered = look.preview.rendered if look and look.preview else None
    if look is None or look.template is None or rendered is None:
        raise InputError(
            f"Row {composing.number:,} makes no request.", todo="What is wrong stands below the preview."
        )
    estimate = await asyncio.to_thread(_live_price, rendered.params)
    require_affordable(estimate, session.config.max_cost_usd)
    if not await agreed(
        app, present.trial_question(look.number, draft.key.name, estimate, rendered, bench.profile)
    ):
        return
    with session.activity(f"asking about row {look.number:,} …", sends=True):
        trial = await bench.composer.trial(look.template, rendered)
    composing.take_answer(Answer(look.number, look.text, trial))
    tell(app, Notice(present.trial_words(trial)))


def _live_price(params: dict[str, object]) -> Estimate:
    """Return what one request costs outside of a batch."""
    estimator = Estimator()
    estimator.add(params)
    estimate = estimator.estimate()
    return replace(estimate, cost_usd_low=None, cost_usd_high=estimate.standard_cost_usd)


async def _send(app: App[None], session: Session, draft: Draft) -> None:
    """Make all requests, and send them if the user agrees to the numbers."""
    bench, composing, choice = session.workbench, session.composing, draft.choice
    bench.require_writable("send")
    if choice is None:
        raise InputError("There are no rows yet.", todo="d chooses them.")
    with session.activity(f"making the requests of {draft.key.name} …"):
        template = await composing.template(draft)
        async with composing.data.reading(choice) as rows:
            prepared = await bench.composer.prepare(
                template, rows, values=choice.values, where=choice.where or None, limit=choice.limit
            )
        try:
            prepared = await bench.count_sample(prepared)
        except BaseException:
            await discard(prepared)
            raise
    await send_prepared(app, session, prepared, f"{draft.key.name} {PurePath(choice.source).stem}")


async def _name(app: App[None], session: Session, title: str, words: str, value: str) -> str:
    """Ask for the name of a template, which can be one; empty for escape."""

    def check(text: str) -> str:
        try:
            session.workbench.templates.path(text.strip())
        except InputError as error:
            return f"{error.what} {error.todo}"
        return ""

    typed = await app.push_screen_wait(PromptScreen(title, help=words, value=value, check=check))
    return (typed or "").strip()
