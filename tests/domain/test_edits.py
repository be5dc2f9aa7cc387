from __future__ import annotations

import json
from typing import Any

import pytest

from batchtui.domain.edits import with_changes
from batchtui.domain.errors import InputError

PARAMS: dict[str, Any] = {"model": "m", "thinking": {"type": "on"}, "messages": [{"role": "user"}, {"role": "x"}]}


@pytest.mark.parametrize(
    ("changes", "changed"),
    [
        ({"max_tokens": 5}, {"max_tokens": 5}),
        ({"thinking.budget": 5}, {"thinking": {"type": "on", "budget": 5}}),
        ({"metadata.user.id": "u"}, {"metadata": {"user": {"id": "u"}}}),
        ({"messages.1.role": "user"}, {"messages": [{"role": "user"}, {"role": "user"}]}),
        ({"messages.1": None}, {"messages": [{"role": "user"}]}),
        ({"messages.0": {}}, {"messages": [{}, {"role": "x"}]}),
        ({"thinking.type": None}, {"thinking": {}}),
        ({"nothing.there": None, "nor.here.at.all": None}, {}),
        ({"thinking": {"a": 1}, "thinking.b": 2}, {"thinking": {"a": 1, "b": 2}}),
        ({"größe": "\ud800"}, {"größe": "\ud800"}),
    ],
)
def test_params_are_set_and_taken_away_by_path(changes: dict[str, Any], changed: dict[str, Any]) -> None:
    line = json.dumps({"custom_id": "a", "params": PARAMS}).encode()
    assert json.loads(with_changes(line, changes)) == {"custom_id": "a", "params": {**PARAMS, **changed}}


def test_a_param_that_is_taken_away_is_not_there() -> None:
    line = json.dumps({"custom_id": "a", "params": PARAMS}).encode()
    assert "model" not in json.loads(with_changes(line, {"model": None}))["params"]


@pytest.mark.parametrize(
    "path", ["model.name", "model.name.first", "messages.2", "messages.x", "messages.-1", "messages.0.role.x"]
)
@pytest.mark.parametrize("value", [1, None])
def test_a_path_that_leads_nowhere_is_refused(path: str, value: object) -> None:
    line = json.dumps({"custom_id": "a", "params": PARAMS}).encode()
    with pytest.raises(InputError, match="no such place"):
        with_changes(line, {path: value})
