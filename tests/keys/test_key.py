from __future__ import annotations

import copy
import json
import pickle
import traceback

import msgspec
import pytest

from batchtui.domain.errors import InputError
from batchtui.secrets import Key

TEXT = "sk-ant-api03-abcdefghijklmnopqrstuvwxyz"


def test_a_key_shows_its_kind_and_its_end_only() -> None:
    key = Key(TEXT)
    assert str(key) == "sk-ant-…wxyz"
    assert f"{key}" == f"{key!s}" == "sk-ant-…wxyz"
    assert repr(key) == "Key(sk-ant-…wxyz)"
    assert repr([{"key": key}]) == "[{'key': Key(sk-ant-…wxyz)}]"
    assert key.reveal() == TEXT


def test_a_short_or_foreign_key_shows_even_less() -> None:
    assert str(Key("sk-ant-short")) == "sk-ant-…"
    assert str(Key("0123456789abcdef")) == "…"
    assert str(Key("0123456789abcdefghij")) == "…ghij"


def test_a_key_cannot_be_written_by_accident() -> None:
    key = Key(TEXT)
    for write in (pickle.dumps, copy.copy, copy.deepcopy, json.dumps, msgspec.json.encode):
        with pytest.raises(TypeError):
            write(key)
    assert not hasattr(key, "__dict__")


def test_keys_compare_by_what_they_are() -> None:
    assert Key(TEXT) == Key(f"  {TEXT}\n")
    assert Key(TEXT) != Key(TEXT + "1")
    assert Key(TEXT) != TEXT
    assert len({Key(TEXT), Key(TEXT)}) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t ",
        "sk-ant\nsecret",
        "sk-ant secret",
        "sk-ant-secret\x00",
        "sk-ant-secret\x1b[2J",
        "sk-ant-secr\u00e9t",
    ],
)
def test_what_cannot_be_a_key_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(InputError) as caught:
        Key(text)
    assert "sk-ant" not in str(caught.value)
    assert caught.value.todo


def test_a_file_pasted_as_a_key_is_refused() -> None:
    with pytest.raises(InputError):
        Key("x" * 1_001)


def test_a_traceback_with_a_key_in_it_does_not_show_it() -> None:
    def fail(key: Key) -> None:
        raise ValueError(f"no {key}")

    with pytest.raises(ValueError, match="no") as caught:
        fail(Key(TEXT))
    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    frames = [frame for frame in shown.stack if frame.name == "fail"]
    assert frames
    assert frames[0].locals == {"key": "Key(sk-ant-…wxyz)"}
