"""The question before rows are sent again, with what could go along."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType

from batchtui.tui.present.offers import Offer
from batchtui.tui.present.questions import RetryQuestion
from batchtui.tui.widgets.dialogs import ConfirmScreen

Ask = Callable[[Sequence[Offer], Collection[str]], RetryQuestion]
"""Makes the question for what is offered and what is taken of it."""


class RetryScreen(ConfirmScreen):
    """Ask whether to send rows again. Further offers may come while it is read; keys take them or leave them.

    Afterwards `taken` are the offers to send along, and `wants_queue` says that the queue is to be opened instead.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "take('t')", "Truncated", show=False, id="retry-truncated", tooltip="Truncated answers too"),
        Binding("u", "take('u')", "Refused", show=False, id="retry-refused", tooltip="Refused answers too"),
        Binding("f", "take('f')", "Flagged", show=False, id="retry-flagged", tooltip="Flagged answers too"),
        Binding("5", "queue", "Queue", show=False, id="retry-queue", tooltip="Go to the queue, nothing is sent"),
    ]

    def __init__(
        self, ask: Ask, find_offers: Callable[[], Awaitable[Sequence[Offer]]], offers: Sequence[Offer] | None
    ) -> None:
        """Ask with these offers, or without any while `find_offers` looks for them."""
        self.taken = [offer for offer in offers or () if offer.is_marked]
        self.wants_queue = False
        self._ask = ask
        self._find_offers = find_offers
        self._offers = offers
        question = self._question
        super().__init__(question.title, question.body, confirm_label=question.confirm)

    @property
    def _question(self) -> RetryQuestion:
        return self._ask(self._offers or (), [offer.key for offer in self.taken])

    def on_mount(self) -> None:
        """Look for what could go along, once the question is there to be read."""
        if self._offers is None:
            self.call_after_refresh(self._look)

    @work(group="offers")
    async def _look(self) -> None:
        self._offers = await self._find_offers()
        self._show()

    def action_take(self, key: str) -> None:
        """Take an offer, or leave it."""
        for offer in self._offers or ():
            if offer.key == key:
                self.taken = (
                    [*self.taken, offer] if offer not in self.taken else [o for o in self.taken if o != offer]
                )
                self._show()

    def _show(self) -> None:
        question = self._question
        self.show(question.title, question.body)

    async def action_queue(self) -> None:
        """Leave for the queue."""
        self.wants_queue = True
        await self.action_dismiss(False)

    async def action_dismiss(self, result: bool | None = None) -> None:
        """Leave with an answer; there is no yes to nothing."""
        if result and not self._question.rows:
            self.notify("Nothing would be sent.", severity="warning", timeout=4, markup=False)
        else:
            await super().action_dismiss(result)
