"""What screens ask of the app: each is an intention of the user that outlives the screen it came from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from batchtui.domain.batch import StoredBatch
from batchtui.domain.errors import BatchtuiError
from batchtui.domain.job import Job
from batchtui.domain.selection import ResultKey

if TYPE_CHECKING:
    from batchtui.services.find import Target
    from batchtui.tui.flows.compose import Verb
    from batchtui.tui.present.queue import QueueVerb


@dataclass(eq=False, repr=False)
class RetryAsked(Message):
    """Send again what failed; only these custom_ids if any are given."""

    target: "Target"
    custom_ids: Sequence[str] = ()


@dataclass(eq=False, repr=False)
class CancelAsked(Message):
    """Cancel running batches."""

    batches: Sequence[StoredBatch]


@dataclass(eq=False, repr=False)
class DownloadAsked(Message):
    """Download the results of ended batches now."""

    batches: Sequence[StoredBatch]


@dataclass(eq=False, repr=False)
class RenameAsked(Message):
    """Give a job another name."""

    job: Job


@dataclass(eq=False, repr=False)
class AdoptAsked(Message):
    """Bring in a batch made elsewhere, or attach the file that this one was made from."""

    stored: StoredBatch | None


@dataclass(eq=False, repr=False)
class SubmitAsked(Message):
    """Choose a file of requests and send it."""


@dataclass(eq=False, repr=False)
class ComposeAsked(Message):
    """Do something with the template or the data in hand."""

    verb: "Verb"


@dataclass(eq=False, repr=False)
class ComposeAgainAsked(Message):
    """Compose from the template that a job was made from."""

    target: "Target"


@dataclass(eq=False, repr=False)
class SettleAsked(Message):
    """Look at submissions without an outcome."""


CopyChoice = tuple[str, str, str | Callable[[], str]]
"""A key, what it is, and the text, or what reads it once it is chosen."""


@dataclass(eq=False, repr=False)
class CopyAsked(Message):
    """Offer texts for the clipboard."""

    choices: Sequence[CopyChoice]


@dataclass(eq=False, repr=False)
class ExportAsked(Message):
    """Write results to a file; `are_marked` tells that they were marked and are not all that is shown.

    `name` is proposed for the file, without a suffix.
    """

    keys: Sequence[ResultKey]
    name: str
    are_marked: bool = False


@dataclass(eq=False, repr=False)
class PagerAsked(Message):
    """Read a text in the pager of the user."""

    text: str


@dataclass(eq=False, repr=False)
class EditorAsked(Message):
    """Look at a copy of a text in the editor of the user; `kind` is what it is: text, markdown, json."""

    text: str
    kind: str


@dataclass(eq=False, repr=False)
class SearchAsked(Message):
    """Search the answers of all batches on disk."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Some rows of a job."""

    target: "Target"
    custom_ids: list[str]


@dataclass(eq=False, repr=False)
class QueueAsked(Message):
    """Do something with rows that wait to be sent again."""

    verb: "QueueVerb"
    chosen: Sequence[Chosen]


@dataclass(eq=False, repr=False)
class ErrorMet(Message):
    """Something a screen wanted could not be done."""

    error: BatchtuiError
