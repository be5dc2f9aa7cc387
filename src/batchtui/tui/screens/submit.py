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
from batchtui.services.prepare import Prepared, discard
from batchtui.services.request_file import file_lines
from batchtui.services.workbench import Workbench
from batchtui.tui.present.notices import problem_lines
from batchtui.tui.widgets.dialogs import Dialog, LineInput
from batchtui.tui.widgets.literal import literal
from batchtui.tui.widgets.paths import PathSuggester

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
    ]

    def __init__(self, workbench: Workbench) -> None:
        super().__init__("Submit a file of requests")
        self._workbench = workbench
        self._is_checking = False

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
        typed = self.query_one("#path", LineInput).value.strip()
        if not typed:
            self._report("Give the path of a file.")
        elif not self._is_checking:
            self._check(typed, self.query_one("#name", LineInput).value.strip())

    @work(group="check", exclusive=True)
    async def _check(self, path: str, name: str) -> None:
        """Prepare the file and go on with it, or say what is wrong with it."""
        self._is_checking = True
        self._report(f"Checking {path} …")
        try:
            prepared = await self._workbench.prepare(file_lines(path), path)
            self._report(f"{counted(prepared.request_count, 'request')} checked. Asking what they will cost …")
            prepared = await self._priced(prepared)
        except LintError as error:
            self._report("\n".join([error.what, *problem_lines(error.problems), error.unharmed]), is_error=True)
        except BatchtuiError as error:
            self._report(str(error), is_error=True)
        else:
            await self.action_dismiss(Choice(prepared, name or PurePath(path).stem))
        finally:
            self._is_checking = False

    async def _priced(self, prepared: Prepared) -> Prepared:
        try:
            return await self._workbench.count_sample(prepared)
        except BaseException:
            await discard(prepared)
            raise

    def _report(self, text: str, *, is_error: bool = False) -> None:
        report = self.query_one("#report", Static)
        report.update(literal(text))
        report.set_class(is_error, "-error")
