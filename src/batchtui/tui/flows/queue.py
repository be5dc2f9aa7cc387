"""What can be done with rows that wait to be sent again: change them, hold them, drop them."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any

from textual.app import App

from batchtui.domain.errors import BatchtuiError, InputError
from batchtui.domain.human import counted
from batchtui.services.find import Target
from batchtui.tui.flows import outside
from batchtui.tui.flows.ask import agreed, asked
from batchtui.tui.flows.retry import retry, retry_chosen
from batchtui.tui.messages import Chosen, QueueAsked, RetryAsked
from batchtui.tui.present.notices import Notice, error_notice
from batchtui.tui.present.questions import Question
from batchtui.tui.present.queue import QueueVerb, current_params
from batchtui.tui.screens.params import ParamsScreen
from batchtui.tui.session import Session
from batchtui.tui.toasts import tell
from batchtui.tui.widgets.menu import MenuScreen

Decide = Callable[[Target, Collection[str]], Awaitable[int]]

DONE: Mapping[QueueVerb, str] = {
    "hold": "held; h lets them go again",
    "release": "let go",
    "drop": "dropped; D takes them back",
    "restore": "back in the queue",
}


async def queue(app: App[None], session: Session, message: QueueAsked | RetryAsked) -> None:
    """Do what is asked for with rows that failed."""
    if isinstance(message, RetryAsked):
        await retry(app, session, message.target, message.custom_ids)
        return
    chosen = message.chosen
    if message.verb == "send":
        await retry_chosen(app, session, chosen)
    elif message.verb == "edit":
        await _edit(app, session, chosen)
    elif message.verb == "editor":
        await _edit_outside(app, session, chosen[0].target, chosen[0].custom_ids[0])
    elif message.verb == "template":
        await _render_again(app, session, chosen)
    else:
        await _decide(app, session, message.verb, chosen)


async def _decide(app: App[None], session: Session, verb: QueueVerb, chosen: Sequence[Chosen]) -> None:
    bench = session.workbench.queue
    verbs: Mapping[QueueVerb, Decide] = {
        "hold": bench.hold,
        "release": bench.release,
        "drop": bench.drop,
        "restore": bench.restore,
    }
    number = sum([await verbs[verb](one.target, one.custom_ids) for one in chosen])
    await session.look()
    tell(app, Notice(f"{counted(number, 'row')} {DONE[verb]}"))


async def _edit(app: App[None], session: Session, chosen: Sequence[Chosen]) -> None:
    """Set params of all rows, as lines typed in a dialog."""
    bench = session.workbench.queue

    async def apply(changes: Mapping[str, Any]) -> int:
        return sum([await bench.edit(one.target, one.custom_ids, changes) for one in chosen])

    first = chosen[0]
    text = await asyncio.to_thread(bench.request_text, first.target, first.custom_ids[0])
    total = sum(len(one.custom_ids) for one in chosen)
    title = f"Edit {counted(total, 'request')}"
    number = await asked(app, ParamsScreen(title, current_params(text), apply))
    if number is not None:
        await session.look()
        tell(app, Notice(f"{counted(number, 'request')} edited; r sends them"))


async def _edit_outside(app: App[None], session: Session, target: Target, custom_id: str) -> None:
    """Change a request in the user's editor, as often as it takes to be one that can be sent."""
    bench = session.workbench.queue
    before = text = await asyncio.to_thread(bench.request_text, target, custom_id)
    while True:
        left = await outside.edited(app, text, f"{custom_id}.json")
        if left is None:
            tell(app, Notice("The editor ended with an error; the request is as it was"))
            return
        if left == before:
            return
        text = left
        try:
            await bench.replace_request(target, custom_id, text)
        except BatchtuiError as error:
            if not await agreed(app, _again_question(custom_id, error)):
                return
        else:
            await session.look()
            tell(app, Notice(f"{custom_id} is edited; r sends it"))
            return


def _again_question(custom_id: str, error: BatchtuiError) -> Question:
    body = (*error_notice(error).text.split("\n"), "", "Without another look your changes are dropped.")
    return Question(f"{custom_id} cannot be sent like that", body, "Open the editor again")


async def _render_again(app: App[None], session: Session, chosen: Sequence[Chosen]) -> None:
    """Make the requests anew with a template that the user chooses."""
    bench = session.workbench
    entries = [entry for entry in await asyncio.to_thread(bench.templates.list) if not entry.problem]
    if not entries:
        raise InputError("There are no templates.", todo="3 goes where they are made.")
    keys = "123456789abcdefghilmnopqrstuvwxyz"
    choices = [
        (keys[place] if place < len(keys) else str(place), entry.name) for place, entry in enumerate(entries)
    ]
    picked = await asked(app, MenuScreen("Make them anew from", choices))
    if picked is None:
        return
    name = dict(choices)[picked]
    with session.activity(f"making requests from {name} …"):
        template = await asyncio.to_thread(bench.templates.load, name)
        number = sum([await bench.queue.rerender(one.target, one.custom_ids, template) for one in chosen])
    await session.look()
    tell(app, Notice(f"{counted(number, 'request')} made anew from {name}; r sends them"))
