"""What screens ask of the app: each is an intention of the user that outlives the screen it came from."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from batchtui.domain.batch import StoredBatch
from batchtui.domain.errors import BatchtuiError
from batchtui.domain.job import Job
from batchtui.domain.selection import ResultKey

if TYPE_CHECKING:
    from batchtui.domain.comparison import Comparison
    from batchtui.services.find import Target
    from batchtui.services.stats import Report
    from batchtui.services.transfers import Transfer
    from batchtui.tui.flows.compose import Verb
    from batchtui.tui.present.listing import RowKey
    from batchtui.tui.present.queue import QueueVerb


class Asked(Message):
    """Something is to be done."""

    @property
    def about(self) -> Hashable | None:
        """What is not done twice at once, None where it may be."""
        return None


@dataclass(eq=False, repr=False)
class RetryAsked(Asked):
    """Send again what failed; only these custom_ids if any are given."""

    target: "Target"
    custom_ids: Sequence[str] = ()

    @property
    def about(self) -> Hashable:
        """What is not done twice at once."""
        return "retry", self.target.job.id


@dataclass(eq=False, repr=False)
class AskedOfBatches(Asked):
    """Something is to be done with some batches."""

    batches: Sequence[StoredBatch]

    @property
    def about(self) -> Hashable:
        """What is not done twice at once."""
        return type(self), *(stored.id for stored in self.batches)


class CancelAsked(AskedOfBatches):
    """Cancel running batches."""


class DeleteAsked(AskedOfBatches):
    """Delete ended batches here, at the API, or both."""


class DownloadAsked(AskedOfBatches):
    """Download the results of ended batches now."""


class HouseAsked(AskedOfBatches):
    """Make room on the disk: archive these or old batches, or drop what old ones hold."""

    @property
    def about(self) -> Hashable:
        """What is not done twice at once."""
        return "house"


@dataclass(eq=False, repr=False)
class RenameAsked(Asked):
    """Give a job another name."""

    job: Job

    @property
    def about(self) -> Hashable:
        """What is not done twice at once."""
        return "rename", self.job.id


@dataclass(eq=False, repr=False)
class AdoptAsked(Asked):
    """Bring in a batch made elsewhere, or attach the file that this one was made from."""

    stored: StoredBatch | None

    @property
    def about(self) -> Hashable:
        """What is not done twice at once."""
        return "adopt"


@dataclass(eq=False, repr=False)
class SubmitAsked(Asked):
    """Choose a file of requests and send it."""


@dataclass(eq=False, repr=False)
class ComposeAsked(Asked):
    """Do something with the template or the data in hand."""

    verb: "Verb"


@dataclass(eq=False, repr=False)
class ComposeAgainAsked(Asked):
    """Compose from the template that a job was made from."""

    target: "Target"


@dataclass(eq=False, repr=False)
class SettleAsked(Asked):
    """Look at submissions without an outcome."""

    @property
    def about(self) -> Hashable:
        """What is not done twice at once."""
        return "settle"


CopyChoice = tuple[str, str, str | Callable[[], str]]
"""A key, what it is, and the text, or what reads it once it is chosen."""


@dataclass(eq=False, repr=False)
class CopyAsked(Asked):
    """Offer texts for the clipboard."""

    choices: Sequence[CopyChoice]


@dataclass(eq=False, repr=False)
class ExportAsked(Asked):
    """Write results to a file; `are_marked` tells that they were marked and are not all that is shown.

    `name` is proposed for the file, without a suffix.
    """

    keys: Sequence[ResultKey]
    name: str
    are_marked: bool = False


@dataclass(eq=False, repr=False)
class FlagAsked(Asked):
    """Flag results of a target, or take the flag away if all of them have it."""

    target: "Target"
    keys: Sequence[ResultKey]


@dataclass(eq=False, repr=False)
class NoteAsked(Asked):
    """Write a note on results of a target; `note` is what stands there, if it is one result alone."""

    target: "Target"
    keys: Sequence[ResultKey]
    note: str = ""

    @property
    def about(self) -> Hashable:
        """What is not done twice at once."""
        return "note"


@dataclass(eq=False, repr=False)
class PagerAsked(Asked):
    """Read a text in the pager of the user."""

    text: str


@dataclass(eq=False, repr=False)
class EditorAsked(Asked):
    """Look at a copy of a text in the editor of the user; `kind` is what it is: text, markdown, json."""

    text: str
    kind: str


@dataclass(eq=False, repr=False)
class SearchAsked(Asked):
    """Search the answers of all batches on disk."""


@dataclass(eq=False, repr=False)
class EndTransferAsked(Asked):
    """End a download before it is done."""

    transfer: "Transfer"


@dataclass(eq=False, repr=False)
class ProfileAsked(Asked):
    """Choose the profile that the screens go on with."""

    @property
    def about(self) -> Hashable:
        """What is not done twice at once."""
        return "profile"


@dataclass(frozen=True, slots=True)
class Chosen:
    """Some rows of a job."""

    target: "Target"
    custom_ids: list[str]


@dataclass(eq=False, repr=False)
class QueueAsked(Asked):
    """Do something with rows that wait to be sent again."""

    verb: "QueueVerb"
    chosen: Sequence[Chosen]

    @property
    def about(self) -> Hashable:
        """What is not done twice at once."""
        return "queue"


@dataclass(eq=False, repr=False)
class CompareAsked(Asked):
    """Compare two sides, each by id; without them ask for both. `row` is the one under the cursor, if any."""

    left: str = ""
    right: str = ""
    row: "RowKey | None" = None

    @property
    def about(self) -> Hashable:
        """What is not done twice at once."""
        return "compare"


@dataclass(eq=False, repr=False)
class JudgeAsked(Asked):
    """Send a batch that judges the pairs at some positions."""

    comparison: "Comparison"
    positions: Sequence[int]

    @property
    def about(self) -> Hashable:
        """What is not done twice at once."""
        return "judge"


@dataclass(eq=False, repr=False)
class DiffExportAsked(Asked):
    """Write pairs to a file; `are_marked` tells that they were marked and are not all that is shown."""

    comparison: "Comparison"
    positions: Sequence[int]
    are_marked: bool = False
    ignore_white_space: bool = False


@dataclass(eq=False, repr=False)
class StatsExportAsked(Asked):
    """Write statistics to a file."""

    report: "Report"


@dataclass(eq=False, repr=False)
class ErrorMet(Message):
    """Something a screen wanted could not be done."""

    error: BatchtuiError
