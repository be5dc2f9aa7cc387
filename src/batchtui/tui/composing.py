"""What is being composed: the templates with what was changed in them, and the rows they are tried on."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from textual.app import App
from textual.signal import Signal

from batchtui.domain.errors import BatchtuiError, DataError, InputError, TemplateError
from batchtui.services.recent import DataChoice, Used
from batchtui.services.workbench import Workbench
from batchtui.tui.drafts import Answer, DataFacts, Draft, Found, Look, TemplateKey
from batchtui.tui.open_rows import OpenRows

if TYPE_CHECKING:
    from batchtui.domain.job import KeptTemplate
    from batchtui.domain.template.model import Template
    from batchtui.services.compose import Survey
    from batchtui.services.templates import TemplateEntry


class Composing:
    """The working copies of templates and the data beside them, kept while the screens run.

    `changed` tells that the list, the template, its data or the row is another, by whatever but typing.
    """

    def __init__(self, app: App[None], workbench: Workbench) -> None:
        self.changed: Signal[None] = Signal(app, "composing changed")
        self.drafts: dict[TemplateKey, Draft] = {}
        self.key: TemplateKey | None = None
        self.number = 1
        self.data = OpenRows()
        self.answer: Answer | None = None
        self.recent: Sequence[Used] = ()
        self._bench = workbench
        self._files = asyncio.Lock()

    @property
    def draft(self) -> Draft | None:
        """The template under the cursor."""
        return None if self.key is None else self.drafts.get(self.key)

    @property
    def unsaved(self) -> list[Draft]:
        """The templates with changes that are in no file."""
        return [draft for draft in self.drafts.values() if draft.is_changed]

    async def look(self) -> None:
        """Read the templates again; a text with changes stays, and is marked if its file is another now."""
        await self._look(was_changed=False)

    async def _look(self, *, was_changed: bool = True) -> None:
        async with self._files:
            known = {draft.key.name: draft.entry for draft in self.drafts.values() if draft.entry}
            found, self.recent = await asyncio.to_thread(_read, self._bench, known)
            is_other = self._follow(found)
        if is_other or was_changed:
            if self.draft is None and self.drafts:
                self.choose(next(iter(self.drafts)))
            self.changed.publish(None)

    def _follow(self, found: Sequence[Found]) -> bool:
        """Take over what there is, and tell whether anything is other than it was."""
        before, drafts = self.drafts, {key: draft for key, draft in self.drafts.items() if key.kind == "job"}
        is_other = False
        for one in found:
            key = TemplateKey("listed", one.entry.name)
            drafts[key] = draft = before.get(key) or Draft(key, one.text or "", one.text or "")
            is_other |= draft.entry != one.entry
            draft.follow(one)
        for key, draft in before.items():
            if key not in drafts and draft.is_changed:
                is_other |= not draft.was_changed_elsewhere
                draft.was_changed_elsewhere = True
                drafts[key] = draft
        is_other |= drafts.keys() != before.keys()
        self.drafts = drafts
        return is_other

    def choose(self, key: TemplateKey) -> None:
        """Take another template in hand; its data are those it was last used with, else the ones at hand.

        One that is shipped has its example beside it.
        """
        before, draft = self.draft, self.drafts[key]
        if key != self.key:
            self.answer = None
        self.key = key
        if draft.choice is None:
            draft.choice = self._last_used(key.name) or _example(draft) or (before.choice if before else None)
        if before is None or draft.choice != before.choice:
            self.number = 1

    def take(self, name: str) -> None:
        """Take a listed template in hand."""
        self.choose(TemplateKey("listed", name))
        self.changed.publish(None)

    def take_text(self, draft: Draft, text: str) -> None:
        """Go on with another text of a template."""
        draft.text = text
        self.changed.publish(None)

    async def revert(self, draft: Draft) -> None:
        """Drop what was changed in a template: it is as its file is, or gone with it."""
        if draft.key.kind == "job":
            self.take_text(draft, draft.saved)
        else:
            # Without an entry its file is read again; with nothing changed it goes if the file has gone.
            draft.entry, draft.text, draft.was_changed_elsewhere = None, draft.saved, False
            await self._look()

    def _forget(self, draft: Draft) -> None:
        self.drafts = {key: one for key, one in self.drafts.items() if one is not draft}

    async def save(self, draft: Draft, *, over: bool = False) -> None:
        """Write a text to its file.

        Raises `RefusedError` if another program has changed the file meanwhile, unless it is meant to be written
        over.
        """
        text = draft.text
        async with self._files:
            expected = None if over else draft.saved
            await asyncio.to_thread(
                self._bench.templates.save, draft.key.name, text, replace=True, expected=expected
            )
            draft.saved, draft.was_changed_elsewhere = text, False
        await self._look()

    async def write(self, name: str, text: str, *, like: Draft | None = None) -> None:
        """Write a new template, for the data of another if there is one, and take it in hand.

        Raises `RefusedError` if there is one by that name.
        """
        async with self._files:
            await asyncio.to_thread(self._bench.templates.save, name, text, replace=False)
            if like is not None:
                key = TemplateKey("listed", name)
                self.drafts[key] = Draft(key, text, text, choice=like.choice)
        await self._look()
        self.take(name)

    async def rename(self, draft: Draft, name: str) -> None:
        """Give a template of one's own another name; what is not saved yet goes along."""
        async with self._files:
            await asyncio.to_thread(self._bench.templates.rename, draft.key.name, name)
            self._forget(draft)
            key = TemplateKey("listed", name)
            self.drafts[key] = Draft(key, draft.saved, draft.text, choice=draft.choice)
        await self._look()
        self.take(name)

    async def delete(self, draft: Draft) -> None:
        """Remove a template of one's own, or take the one of a job out of the list."""
        async with self._files:
            if draft.key.kind == "listed":
                await asyncio.to_thread(self._bench.templates.delete, draft.key.name)
            self._forget(draft)
        await self._look()

    async def take_data(self, choice: DataChoice) -> None:
        """Compose with other data from now on, and remember them."""
        if draft := self.draft:
            draft.choice, self.number = choice, 1
            self.data.close()
            self.changed.publish(None)
            self.recent = await asyncio.to_thread(self._bench.recent_data.remember, Used(draft.key.name, choice))

    def take_row(self, number: int) -> None:
        """Try another row."""
        self.number = max(1, number)
        self.changed.publish(None)

    def take_answer(self, answer: Answer) -> None:
        """Keep what a live trial brought."""
        self.answer = answer
        self.changed.publish(None)

    def take_job(self, kept: "KeptTemplate") -> None:
        """Take the template of a job in hand, beside today's by that name."""
        key = TemplateKey("job", kept.name)
        today = self.drafts.get(TemplateKey("listed", kept.name))
        self.drafts = {key: Draft(key, kept.text, kept.text, today=today.text if today else ""), **self.drafts}
        self.choose(key)
        self.changed.publish(None)

    async def look_at_row(self) -> Look | None:
        """Return what the text in hand does with the row in hand; None without a template."""
        draft, number = self.draft, self.number
        if draft is None:
            return None
        text, choice = draft.text, draft.choice
        template = data = preview = None
        problems: tuple[str, ...] = ()
        try:
            if choice is None:
                return Look(number, text, await self.template(draft))
            async with self.data.reading(choice) as rows:
                data = DataFacts(choice, rows.kind, rows.columns, self.data.count)
                template = await self.template(draft)
                preview = await self._bench.composer.preview(template, rows, number, values=choice.values)
        except TemplateError as error:
            problems = tuple(map(str, error.problems))
        except BatchtuiError as error:
            problems = (str(error),)
            if isinstance(error, DataError):
                # A file that has changed since is opened anew the next time.
                self.data.close()
        return Look(number, text, template, data, preview, problems)

    async def survey(self) -> "Survey | None":
        """Return what all chosen rows come to with the text in hand; None where there is nothing to go by."""
        draft = self.draft
        if draft is None or draft.choice is None:
            return None
        choice = draft.choice
        await self.data.counted(choice)
        async with self.data.reading(choice) as rows:
            template = await self.template(draft)
            return await self._bench.composer.survey(
                template, rows, values=choice.values, where=choice.where or None, limit=choice.limit
            )

    async def template(self, draft: Draft) -> "Template":
        """Return a draft ready to use; raises `TemplateError`, and `InputError` if its file cannot be read."""
        from batchtui.domain.template.parse import parse_template

        if draft.trouble:
            raise InputError(draft.trouble)
        return await asyncio.to_thread(parse_template, draft.text, draft.key.name)

    def _last_used(self, name: str) -> DataChoice | None:
        return next((used.choice for used in self.recent if used.template == name), None)


def _example(draft: Draft) -> DataChoice | None:
    """Return the data that come along with a shipped template."""
    if draft.entry is None or draft.is_own:
        return None
    from batchtui.domain.template.shipped import EXAMPLE_DATA, example_data

    return DataChoice(str(example_data(draft.key.name))) if draft.key.name in EXAMPLE_DATA else None


def _read(bench: Workbench, known: "Mapping[str, TemplateEntry]") -> tuple[list[Found], list[Used]]:
    """Read the list of templates, and the texts of those that are not as they are known. Blocks."""
    found = []
    for entry in bench.templates.list():
        text, trouble = None, ""
        if known.get(entry.name) != entry:
            try:
                text = bench.templates.read(str(entry.path))
            except BatchtuiError as error:
                trouble = str(error)
        found.append(Found(entry, text, trouble))
    return found, bench.recent_data.list()
