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
    _key("3", "room('compose')", "Compose", "screen-compose", "Write a template, try it on rows, and send them"),
    _key("4", "room('diff')", "Diff", "screen-diff", "Go to what was compared last"),
    _key("5", "room('queue')", "Queue", "screen-queue", "Go to what failed and waits to be sent again"),
    _key("6", "room('stats')", "Stats", "screen-stats", "Go to what was spent and saved, and how long it took"),
    _key("7", "room('activity')", "Activity", "screen-activity", "Go to what is sent, downloaded and asked"),
    _key("ctrl+g", "begin('search')", "Search all", "search-all", "Search the answers of all batches on disk"),
    _key("R", "refresh_now", "Refresh", "refresh", "Ask the API now"),
    _key("equals_sign", "pause", "Pause", "pause", "Stop asking the API, or go on"),
    _key(
        "P", "begin('profile')", "Profile", "profile", "Go on with another profile: its key, server and workspace"
    ),
    _key("q", "quit", "Quit", "quit", "Quit; asks only if something is being sent", show=True),
]

ROOM: list[BindingType] = [
    _key("slash", "filter", "Filter", "filter", "Narrow the list to the rows with these words", show=True),
    _key("s", "sort", "Sort", "sort", "Sort by the next column"),
    _key("S", "sort_reverse", "Reverse", "sort-reverse", "Turn the order round"),
    _key("z", "zoom", "Zoom", "zoom", "Give the room to the list, to the pane, or to both"),
    _key("ctrl+k", "compare_sides", "Compare…", "compare-sides", "Compare two batches, jobs, attempts or files"),
    _key("tab", "app.focus_next", "Pane", "focus-next", "Go to the other pane"),
    _key("shift+tab", "app.focus_previous", "Pane", "focus-previous", "Go to the other pane"),
    _key("escape", "back", "Back", "back", "Leave the pane, clear the filter, or go back"),
]

BATCHES: list[BindingType] = [
    _key("r", "retry", "Retry failed", "retry", "Send again what failed, after a question", show=True),
    _key("c", "ask('cancel')", "Cancel", "cancel", "Cancel the batch, after a question", show=True),
    _key("n", "compose", "Compose", "compose", "Make requests from a template and rows of data", show=True),
    _key("N", "submit", "Submit file", "submit", "Send a file of requests, after a question"),
    _key(
        "t", "compose_again", "Compose again", "compose-again", "Compose from the template of this job, on new rows"
    ),
    _key("D", "ask('delete')", "Delete", "delete", "Delete here, at the API, or both, after a question"),
    _key("d", "compare", "Compare", "compare", "Compare the two marked rows, or this one with another", show=True),
    _key("w", "ask('download')", "Download", "download", "Download the results now"),
    _key(
        "A", "ask('house')", "Archive", "archive", "Archive batches, or drop what old ones hold, after a question"
    ),
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

GROUP_TABLE: list[BindingType] = [
    _key("enter", "activate", "Only these", "narrow-to-group", "Narrow the results to this group", show=True),
]

RESULTS: list[BindingType] = [
    _key("f", "next_outcome", "Outcome", "next-outcome", "Show the next outcome only", show=True),
    _key("F", "next_outcome(-1)", "Outcome back", "previous-outcome", "Show the outcome before only"),
    _key("t", "next_view", "View", "next-view", "Next view: text, thinking, tools, JSON, request …", show=True),
    _key("T", "next_view(-1)", "View back", "previous-view", "The view before"),
    _key("p", "plain", "Plain", "plain", "Text and JSON as they came, or made easy to read"),
    _key("e", "go_failed(1)", "Next failed", "next-failed", "Go to the next failed row", show=True),
    _key("E", "go_failed(-1)", "Failed before", "previous-failed", "Go to the failed row before"),
    _key("ctrl+f", "find", "Search", "find", "Search the whole text of all answers here", show=True),
    _key("n", "go_hit(1)", "Next hit", "next-hit", "Go to the next hit of the search"),
    _key("N", "go_hit(-1)", "Hit before", "previous-hit", "Go to the hit before"),
    _key("b", "beside('groups')", "Groups", "groups", "Equal errors, stop reasons, models, flags", show=True),
    _key("i", "beside('numbers')", "Numbers", "numbers", "Tokens, cost, lengths of the rows shown", show=True),
    _key("r", "retry", "Retry", "retry-rows", "Send again what failed, or the marked rows", show=True),
    _key("m", "flag", "Flag", "flag", "Flag this row or the marked ones, or take the flag away"),
    _key("M", "note", "Note", "note-row", "Write a note on this row or the marked ones"),
    _key("o", "pager", "Pager", "pager", "Read what the pane shows in $PAGER"),
    _key("O", "editor", "Editor", "editor", "Look at a copy of what the pane shows in $EDITOR"),
    _key("w", "download", "Download", "download-results", "Download the results now"),
    _key("x", "export", "Export", "export", "Write the rows shown, or the marked ones, to a file", show=True),
    _key("y", "copy", "Copy", "copy-row", "Bring id, text, JSON, request, data row or curl to the clipboard"),
]

TEMPLATE_TABLE: list[BindingType] = [
    _key("enter", "activate", "Edit", "edit-template", "Write in the template; escape leaves it", show=True),
]

COMPOSE: list[BindingType] = [
    _key("d", "ask('data')", "Data", "choose-data", "Choose the rows: a file, a folder, a SQLite query", show=True),
    _key(
        "b", "ask('send')", "Send batch", "send-batch", "Send a request for every row, after a question", show=True
    ),
    _key(
        "T", "ask('try')", "Try live", "try-row", "Send this one row now at full price, after a question", show=True
    ),
    _key("t", "next_view", "View", "next-preview", "Next view: text, JSON, answer, changes", show=True),
    _key("left,h", "go_row(-1)", "Row before", "previous-row", "Try the row before"),
    _key("right,l", "go_row(1)", "Next row", "next-row", "Try the next row"),
    _key("r", "go_row(0)", "Random row", "random-row", "Try any row"),
    _key("number_sign", "ask('row')", "Go to row", "go-to-row", "Try the row of a number"),
    _key(
        "ctrl+s",
        "ask('save')",
        "Save",
        "save-template",
        "Save the template, as a copy of your own if need be",
        show=True,
    ),
    _key("n", "ask('new')", "New", "new-template", "Begin a template", show=True),
    _key("c", "ask('duplicate')", "Duplicate", "duplicate-template", "Copy the template under another name"),
    _key("e", "ask('rename')", "Rename", "rename-template", "Give the template another name"),
    _key("D", "ask('delete')", "Delete", "delete-template", "Delete the template, after a question"),
    _key("u", "ask('revert')", "Revert", "revert-template", "Drop the changes, after a question"),
    _key("O", "ask('editor')", "Editor", "open-editor", "Write the template in $EDITOR"),
    _key("o", "pager", "Pager", "pager-preview", "Read what the preview shows in $PAGER"),
    _key("y", "copy", "Copy", "copy-preview", "Send custom_id, text, JSON or template to the clipboard"),
    _key("N", "ask('file')", "Submit file", "submit-file", "Send a file of requests, after a question"),
]

QUEUE_TABLE: list[BindingType] = [
    _key("enter", "activate", "Unfold", "unfold-group", "Show the rows of the group; on a row, read it", show=True),
]

QUEUE: list[BindingType] = [
    _key(
        "r",
        "ask('send')",
        "Send again",
        "send-again",
        "Send the group or the marked rows, after a question",
        show=True,
    ),
    _key(
        "A", "send_all", "Send all", "send-all", "Send all rows shown that are ready, after a question", show=True
    ),
    _key(
        "e",
        "ask('edit')",
        "Edit",
        "edit-params",
        "Set params of all these requests: model, max_tokens …",
        show=True,
    ),
    _key("O", "ask('editor')", "Editor", "edit-request", "Change the request of one row in $EDITOR", show=True),
    _key(
        "T",
        "ask('template')",
        "Template",
        "render-again",
        "Make the requests anew, from a template and their data rows",
    ),
    _key("h", "ask('hold')", "Hold", "hold-rows", "Keep the rows from being sent, or let them go again", show=True),
    _key("D", "ask('drop')", "Drop", "drop-rows", "Let the rows stay failed, or take them back", show=True),
    _key("a", "ask('attach')", "Attach", "attach-requests", "Attach the file that the batch was made from"),
    _key("right", "fold(False)", "Unfold", "unfold-rows", "Show the rows of the group"),
    _key("left", "fold(True)", "Fold", "fold-rows", "Fold the rows under their group"),
    _key("o", "pager", "Pager", "pager-request", "Read the request in $PAGER"),
    _key("y", "ask('copy')", "Copy", "copy-waiting", "Send id, error or request to the clipboard"),
]

DIFF_TABLE: list[BindingType] = [
    _key("enter", "activate", "Read", "read-pair", "Give the pane all the room", show=True),
]

DIFF_VIEW: list[BindingType] = [
    _key("enter", "screen.fold_lines", "All lines", "unfold-lines", "Show all lines, or fold the equal ones"),
]

DIFF: list[BindingType] = [
    _key("f", "next_kind", "Kind", "next-kind", "Show the next kind only: changed, outcome, left …", show=True),
    _key("F", "next_kind(-1)", "Kind back", "previous-kind", "Show the kind before only"),
    _key(
        "n",
        "go_kind('changed', 1)",
        "Next changed",
        "next-changed",
        "Next changed row; in the pane, text",
        show=True,
    ),
    _key(
        "N",
        "go_kind('changed', -1)",
        "Changed before",
        "previous-changed",
        "The changed row before",
    ),
    _key(
        "e",
        "go_kind('outcome', 1)",
        "Next outcome",
        "next-outcome-change",
        "Next other outcome",
        show=True,
    ),
    _key(
        "E",
        "go_kind('outcome', -1)",
        "Outcome before",
        "previous-outcome-change",
        "The other outcome before",
    ),
    _key("i", "side_by_side", "Inline", "side-by-side", "Both sides beside each other, or inline", show=True),
    _key("w", "white_space", "White space", "white-space", "Ignore white space, or not"),
    _key("c", "fold_lines", "All lines", "fold-lines", "Show all lines, or fold the equal ones"),
    _key("p", "plain", "As text", "json-as-text", "Compare JSON as text, or by its values"),
    _key("t", "next_view", "View", "next-side", "Next view: output, thinking, request, usage", show=True),
    _key("T", "next_view(-1)", "View back", "previous-side", "The view before"),
    _key("left_square_bracket,less_than_sign", "decide('left')", "Left", "left-better", "The left is better"),
    _key(
        "right_square_bracket,greater_than_sign", "decide('right')", "Right", "right-better", "The right is better"
    ),
    _key("backslash,vertical_line", "decide('tie')", "Tie", "tie", "Both are equally good; again takes it back"),
    _key("b", "beside('numbers')", "Numbers", "diff-numbers", "Totals of both sides, and verdicts", show=True),
    _key("a", "beside('requests')", "Asked", "diff-requests", "What was asked differently", show=True),
    _key(
        "L", "beside('labels')", "Labels", "diff-labels", "Labels of left against right; enter shows a cell's rows"
    ),
    _key("ctrl+f", "find", "Search", "find-in-both", "Search both sides; the list narrows to the hits", show=True),
    _key("J", "judge", "Judge", "judge", "Send a batch that judges changed or marked rows, after a question"),
    _key("d", "compare_sides", "Compare", "compare-others", "Compare other sides", show=True),
    _key("o", "pager", "Pager", "pager-diff", "Read the unified diff in $PAGER"),
    _key(
        "x", "export", "Export", "export-diff", "Write the rows shown, or the marked ones, as a report", show=True
    ),
    _key("y", "copy", "Copy", "copy-pair", "Bring custom_id, left, right or the diff to the clipboard"),
]

STATS_TABLE: list[BindingType] = [
    _key("enter", "activate", "Read", "read-figures", "Give the figures under the cursor all the room", show=True),
]

STATS: list[BindingType] = [
    _key("t", "next_axis", "By", "next-axis", "By day, by template, by model, by profile, or by size", show=True),
    _key("T", "next_axis(-1)", "By, back", "previous-axis", "What it was grouped by before"),
    _key("d", "next_period", "Days", "next-period", "All days, the last 90, 30, or 7", show=True),
    _key("f", "next_profile", "Profile", "next-profile", "One profile after the other, or all together", show=True),
    _key("x", "export", "Export", "export-figures", "Write the table to a file, as CSV or JSON", show=True),
    _key(
        "y", "copy", "Copy", "copy-figures", "Send the name, the figures or the table to the clipboard", show=True
    ),
]

ACTIVITY_TABLE: list[BindingType] = [
    _key("enter", "activate", "Read", "read-activity", "Give the pane all the room", show=True),
]

ACTIVITY: list[BindingType] = [
    _key("c", "end_transfer", "End it", "end-transfer", "End a download, after a question", show=True),
    _key("y", "copy", "Copy", "copy-activity", "Send what is known of it to the clipboard"),
]
