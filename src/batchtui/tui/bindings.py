"""Every key of the screens, in one place; tables, panes and dialogs have theirs in `widgets`.

`id` makes a key remappable and is part of the contract with config.toml; `tooltip` is its help.
"""

from textual.binding import Binding, BindingType


def _key(keys: str, action: str, description: str, name: str, tooltip: str, *, show: bool = False) -> Binding:
    return Binding(keys, action, description, show=show, id=name, tooltip=tooltip)


APP: list[BindingType] = [
    _key("question_mark", "help", "Keys", "help", "Show the keys that work here", show=True),
    _key("1", "room('batches')", "Batches", "screen-batches", "Go to the batches"),
    _key("2", "room('results')", "Results", "screen-results", "Go to the results of the row under the cursor"),
    _key("R", "refresh_now", "Refresh", "refresh", "Ask the API now"),
    _key("equals_sign", "pause", "Pause", "pause", "Stop asking the API, or go on"),
    _key("q", "quit", "Quit", "quit", "Quit; asks only if something is being sent", show=True),
]

ROOM: list[BindingType] = [
    _key("slash", "filter", "Filter", "filter", "Narrow the list to the rows with these words", show=True),
    _key("s", "sort", "Sort", "sort", "Sort by the next column"),
    _key("S", "sort_reverse", "Reverse", "sort-reverse", "Turn the order round"),
    _key("z", "zoom", "Zoom", "zoom", "Give the room to the list, to the pane, or to both"),
    _key("tab", "app.focus_next", "Pane", "focus-next", "Go to the other pane"),
    _key("shift+tab", "app.focus_previous", "Pane", "focus-previous", "Go to the other pane"),
    _key("escape", "back", "Back", "back", "Leave the pane, clear the filter, or go back"),
]

BATCHES: list[BindingType] = [
    _key("r", "retry", "Retry failed", "retry", "Send again what failed, after a question", show=True),
    _key("c", "cancel", "Cancel", "cancel", "Cancel the batch, after a question", show=True),
    _key("n", "submit", "Submit", "submit", "Send a file of requests, after a question", show=True),
    _key("w", "download", "Download", "download", "Download the results now"),
    _key("e", "rename", "Rename", "rename", "Give the job another name"),
    _key("a", "adopt", "Adopt", "adopt", "Bring in a batch made elsewhere, or attach its requests"),
    _key("y", "copy", "Copy", "copy", "Send the id or the name to the clipboard"),
    _key("u", "settle", "Settle", "settle", "Look at drafts and submissions without an outcome"),
    _key("right,l", "fold(False)", "Unfold", "unfold", "Show the parts and attempts of a job"),
    _key("left,h", "fold(True)", "Fold", "fold", "Fold parts and attempts under their job"),
]

BATCH_TABLE: list[BindingType] = [
    _key("enter", "activate", "Results", "open-results", "Read the results, or settle a submission", show=True),
]

RESULT_TABLE: list[BindingType] = [
    _key("enter", "activate", "Read", "read-row", "Give the pane all the room", show=True),
]

RESULTS: list[BindingType] = [
    _key("f", "next_outcome", "Outcome", "next-outcome", "Show the next outcome only", show=True),
    _key("F", "next_outcome(-1)", "Outcome back", "previous-outcome", "Show the outcome before only"),
    _key("t", "next_view", "View", "next-view", "Next view: text, JSON, request, usage", show=True),
    _key("e", "go_failed(1)", "Next failed", "next-failed", "Go to the next failed row", show=True),
    _key("E", "go_failed(-1)", "Failed before", "previous-failed", "Go to the failed row before"),
    _key("r", "retry", "Retry", "retry-rows", "Send again what failed, or the marked rows", show=True),
    _key("o", "pager", "Pager", "pager", "Read what the pane shows in $PAGER"),
    _key("w", "download", "Download", "download-results", "Download the results now"),
    _key("y", "copy", "Copy", "copy-row", "Send id, text, JSON or request to the clipboard"),
]
