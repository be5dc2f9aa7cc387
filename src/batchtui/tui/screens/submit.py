"""Choosing a file of requests: it is checked and priced before anything is asked."""

from dataclasses import dataclass
from pathlib import PurePath
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Input, Label, Static

from batchtui.domain.errors import BatchtuiError, LintError
from batchtui.domain.human import counted
from batchtui.domain.lint import MENDED_RULES
from batchtui.services.prepare import Prepared, discard
from batchtui.services.request_file import file_lines
from batchtui.services.workbench import Workbench
from batchtui.tui.present.notices import problem_lines
from batchtui.tui.widgets.dialogs import Dialog, LineInput
from batchtui.tui.widgets.literal import literal
from batchtui.tui.widgets.paths import PathSuggester

MEND_HELP = (
    "ctrl+r mends this: it leaves such params out, and moves betas to the header of the batch. enter goes on."
)

HELP = 'One JSON object a line: {"custom_id": …, "params": {…}}'


@dataclass(frozen=True, slots=True)
class Choice:
    """A file that was checked, and what its job shall be called."""

    prepared: Prepared
    name: str


class SubmitScreen(Dialog[Choice | None]):
    """Ask for a file and a name; dismisses with what was prepared, or None. What is wrong is shown here."""

    CSS_PATH = "submit.tcss"
    KEYS = "enter check · tab next · → complete · esc cancel"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Cancel", id="submit-cancel", tooltip="Go back, nothing is sent"),
        Binding(
            "ctrl+r",
            "mend",
            "Mend",
            id="submit-mend",
            tooltip="Leave out params no model takes any more, move betas",
        ),
    ]

    def __init__(self, workbench: Workbench) -> None:
        super().__init__("Submit a file of requests")
        self._workbench = workbench
        self._is_checking = False
        self._checked: Prepared | None = None

    def compose_body(self) -> ComposeResult:
        """Lay out the two inputs and the place for what is wrong."""
        yield Static(literal(HELP), classes="help")
        yield Label("File", markup=False)
        path = LineInput(placeholder="requests.jsonl", id="path")
        path.suggester = PathSuggester()
        yield path
        yield Label("Name", markup=False)
        yield LineInput(placeholder="as the file", id="name")
        with VerticalScroll(id="problems", can_focus=False):
            yield Static(id="report")

    def on_mount(self) -> None:
        """Start with the file."""
        self.query_one("#path").focus()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._begin()

    def action_mend(self) -> None:
        """Check the file, and mend what needs no asking."""
        self._begin(mend=True)

    async def on_unmount(self) -> None:
        """Drop what was checked and is not wanted."""
        await self._drop_checked()

    def _begin(self, *, mend: bool = False) -> None:
        typed = self.query_one("#path", LineInput).value.strip()
        if not typed:
            self._report("Give the path of a file.")
        elif not self._is_checking:
            self._check(typed, mend=mend)

    @work(group="check", exclusive=True)
    async def _check(self, path: str, *, mend: bool) -> None:
        """Prepare the file and go on with it, or say what is wrong with it, or what could be mended."""
        self._is_checking = True
        try:
            prepared = self._checked
            if mend or prepared is None or prepared.source != path:
                prepared = await self._prepare(path, mend=mend)
                if mendable := [problem for problem in prepared.problems if problem.rule in MENDED_RULES]:
                    self._report("\n".join([MEND_HELP, *problem_lines(mendable)]))
                    return
            prepared = await self._priced(prepared)
        except LintError as error:
            self._report("\n".join([error.what, *problem_lines(error.problems), error.unharmed]), is_error=True)
        except BatchtuiError as error:
            self._report(str(error), is_error=True)
        else:
            name = self.query_one("#name", LineInput).value.strip()
            await self.action_dismiss(Choice(prepared, name or PurePath(path).stem))
        finally:
            self._is_checking = False

    async def _prepare(self, path: str, *, mend: bool) -> Prepared:
        await self._drop_checked()
        self._report(f"Checking {path} …")
        self._checked = await self._workbench.prepare(file_lines(path), path, mend=mend)
        return self._checked

    async def _priced(self, prepared: Prepared) -> Prepared:
        """Return what was checked with its price; from then on it is not dropped with the dialog."""
        self._report(f"{counted(prepared.request_count, 'request')} checked. Asking what they will cost …")
        priced = await self._workbench.count_sample(prepared)
        self._checked = None
        return priced

    async def _drop_checked(self) -> None:
        checked, self._checked = self._checked, None
        if checked is not None:
            await discard(checked)

    def _report(self, text: str, *, is_error: bool = False) -> None:
        report = self.query_one("#report", Static)
        report.update(literal(text))
        report.set_class(is_error, "-error")
