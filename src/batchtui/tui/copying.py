"""What there is of a result to copy."""

import json
from collections.abc import Callable

from batchtui.domain.curl import curl_command
from batchtui.domain.selection import StoredResult
from batchtui.services.workbench import Workbench
from batchtui.tui.messages import CopyChoice


def row_choices(workbench: Workbench, row: StoredResult) -> list[CopyChoice]:
    """Return what can be copied of a result; texts are read when one is chosen. Raises `StoreError`."""
    reader = workbench.reader
    choices: list[CopyChoice] = [("i", "the custom_id", row.facts.custom_id)]
    if row.facts.succeeded:
        choices.append(("t", "the text", lambda: reader.text(row)))
    elif row.facts.error_message:
        choices.append(("t", "the error", row.facts.error_message))
    choices.append(("j", "the JSON", lambda: reader.line(row).decode("utf-8", "replace")))
    params = reader.request(row)
    if params is not None:
        choices.append(("r", "the request", _as_json(params)))
    values = reader.data_row(row)
    if values is not None:
        choices.append(("d", "the data row", _as_json(values)))
    if params is not None:
        stored = workbench.store.batches.by_key(row.batch_key)
        betas = workbench.store.intents.betas(stored.job_id)
        choices.append(
            ("c", "a curl command, without the key", lambda: curl_command(stored.base_url, params, betas))
        )
    return choices


def _as_json(value: object) -> Callable[[], str]:
    return lambda: json.dumps(value, ensure_ascii=False, indent=2)
