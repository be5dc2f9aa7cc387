"""Templates as files: names, places, other editors, and files that are no templates."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from batchtui.domain.errors import InputError, RefusedError, StoreError, TemplateError, UnknownIdError
from batchtui.services import templates as module
from batchtui.services.templates import TemplateEntry, Templates
from tests.services.composing import TEXT, template


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "home" / "templates"


@pytest.fixture
def templates(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Templates:
    """The templates of a home, beside one that is shipped."""
    path = tmp_path / "shipped.yaml"
    path.write_text(TEXT, encoding="utf-8")
    shipped = TemplateEntry("shipped", "shipped", "Names a river.", "", path, None)
    monkeypatch.setattr(module, "_shipped_entries", lambda: [shipped])
    return Templates(folder)


def names(templates: Templates) -> list[tuple[str, str]]:
    return [(entry.name, entry.origin) for entry in templates.list()]


def test_what_is_saved_is_read_again_to_the_byte(templates: Templates, folder: Path) -> None:
    text = "\ufeff" + TEXT.replace("\n", "\r\n") + "# größer \N{GRINNING FACE}"
    path = templates.save("rivers", text, replace=False)
    assert (path, templates.read("rivers"), templates.read(str(path))) == (folder / "rivers.yaml", text, text)
    assert (path.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)
    assert templates.load("rivers").description == "Names a river."
    assert sorted(path.name for path in folder.iterdir()) == [".lock", "rivers.yaml"]


def test_the_list_holds_those_of_the_home_and_the_shipped_ones(templates: Templates) -> None:
    assert names(templates) == [("shipped", "shipped")]
    templates.save("zoo", TEXT, replace=False)
    templates.save("broken", "params: [", replace=False)
    assert names(templates) == [("broken", "home"), ("zoo", "home"), ("shipped", "shipped")]
    broken, zoo, _ = templates.list()
    assert (zoo.description, zoo.problem) == ("Names a river.", "")
    assert "line 1" in broken.problem
    templates.save("broken", TEXT, replace=True)
    assert templates.list()[0].problem == ""
    assert templates.duplicate("shipped", "shipped").name == "shipped.yaml"
    assert names(templates)[1:] == [("shipped", "home"), ("zoo", "home")]


def test_files_that_are_no_templates_are_listed_with_what_is_wrong(templates: Templates, folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "latin.yaml").write_bytes(b"description: a\nparams: \xe4")
    (folder / "two words.yaml").write_text(TEXT, encoding="utf-8")
    (folder / "gone.yaml").symlink_to(folder / "nowhere")
    (folder / "folder.yaml").mkdir()
    (folder / ".hidden.yaml").write_text(TEXT, encoding="utf-8")
    (folder / "notes.txt").write_text("x", encoding="utf-8")
    problems = {entry.name: entry.problem for entry in templates.list() if entry.origin == "home"}
    assert set(problems) == {"latin", "two words", "gone", "folder"}
    assert "line 2: it is not UTF-8" in problems["latin"]
    assert "Rename the file" in problems["two words"]
    assert "no such file" in problems["gone"]
    assert "directory" in problems["folder"]


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", ".rivers", "../rivers", "a/b", "a\\b", "a b", "größe", "x" * 101, "a\n", "r.yaml", "r.yml"],
)
def test_a_name_that_could_be_a_path_is_refused(templates: Templates, folder: Path, name: str) -> None:
    attempts: list[Callable[[], object]] = [
        lambda: templates.save(name, TEXT, replace=True),
        lambda: templates.duplicate("shipped", name),
        lambda: templates.delete(name),
        lambda: templates.rename(name, "rivers"),
    ]
    for attempt in attempts:
        with pytest.raises(InputError):
            attempt()
    assert not folder.exists() or [path.name for path in folder.iterdir()] == [".lock"]


def test_a_template_is_found_by_name_and_by_path(
    templates: Templates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere.yaml"
    elsewhere.write_text(TEXT, encoding="utf-8")
    assert templates.load(str(elsewhere)).name == "elsewhere"
    monkeypatch.chdir(tmp_path)
    assert templates.read("elsewhere.yaml") == TEXT
    assert templates.read("shipped") == TEXT
    for name in ("elsewhere", "", "no such", "a\0b", "x" * 5_000, "no/such.yaml"):
        with pytest.raises(UnknownIdError):
            templates.read(name)


def test_a_template_with_mistakes_is_read_and_not_loaded(templates: Templates) -> None:
    templates.save("broken", "parms: 1", replace=False)
    assert templates.read("broken") == "parms: 1"
    with pytest.raises(TemplateError, match="parms"):
        templates.load("broken")


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * (module.MAX_TEMPLATE_BYTES + 1)])
def test_a_file_that_is_no_text_is_refused(templates: Templates, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "some.yaml"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"some\.yaml"):
        templates.read(str(path))
    with pytest.raises(InputError, match="directory"):
        templates.read(str(tmp_path))


def test_nothing_is_overwritten_unless_asked_for(templates: Templates) -> None:
    templates.save("rivers", TEXT, replace=False)
    templates.save("lakes", "# lakes", replace=False)
    attempts: list[Callable[[], object]] = [
        lambda: templates.save("rivers", "", replace=False),
        lambda: templates.rename("lakes", "rivers"),
        lambda: templates.duplicate("lakes", "rivers"),
    ]
    for attempt in attempts:
        with pytest.raises(RefusedError, match="already"):
            attempt()
    assert (templates.read("rivers"), templates.read("lakes")) == (TEXT, "# lakes")


def test_a_change_by_another_editor_is_noticed(templates: Templates, folder: Path) -> None:
    path = templates.save("rivers", "one", replace=False)
    path.write_text("two", encoding="utf-8")
    with pytest.raises(RefusedError, match="changed"):
        templates.save("rivers", "three", replace=True, expected="one")
    assert path.read_text(encoding="utf-8") == "two"
    templates.save("rivers", "three", replace=True, expected="two")
    path.unlink()
    with pytest.raises(RefusedError, match="removed"):
        templates.save("rivers", "four", replace=True, expected="three")
    assert not path.exists()


def test_a_template_is_renamed_and_deleted(templates: Templates) -> None:
    templates.save("rivers", TEXT, replace=False)
    templates.rename("rivers", "lakes")
    assert names(templates) == [("lakes", "home"), ("shipped", "shipped")]
    templates.delete("lakes")
    assert names(templates) == [("shipped", "shipped")]
    with pytest.raises(UnknownIdError):
        templates.delete("lakes")


def test_a_shipped_one_stays_as_it_is(templates: Templates) -> None:
    with pytest.raises(RefusedError, match="shipped"):
        templates.delete("shipped")
    with pytest.raises(RefusedError, match="shipped"):
        templates.rename("shipped", "mine")
    templates.save("shipped", "# mine", replace=False)
    assert templates.read("shipped") == "# mine"
    templates.delete("shipped")
    assert templates.read("shipped") == TEXT


def test_a_symlink_is_replaced_and_not_written_through(templates: Templates, folder: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim.yaml"
    victim.write_text("mine", encoding="utf-8")
    folder.mkdir(parents=True)
    (folder / "rivers.yaml").symlink_to(victim)
    assert templates.read("rivers") == "mine"
    templates.save("rivers", "other", replace=True)
    assert (victim.read_text(encoding="utf-8"), templates.read("rivers")) == ("mine", "other")
    (folder / "lakes.yaml").symlink_to(victim)
    templates.delete("lakes")
    assert victim.exists()


def test_a_text_that_cannot_be_written_leaves_the_old_one(
    templates: Templates, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    templates.save("rivers", TEXT, replace=False)
    with pytest.raises(InputError, match="character 3"):
        templates.save("rivers", "ab\ud800", replace=True)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", _full)
        with pytest.raises(StoreError, match="no space left"):
            templates.save("rivers", "new", replace=True)
    assert templates.read("rivers") == TEXT
    assert sorted(path.name for path in folder.iterdir()) == [".lock", "rivers.yaml"]


def _full(_descriptor: int) -> None:
    raise OSError(28, "No space left on device")


def test_the_templates_of_a_home_are_read_as_any_other(templates: Templates) -> None:
    templates.save("rivers", TEXT, replace=False)
    assert templates.load("rivers") == template()
