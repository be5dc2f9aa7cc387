"""Which files a template may read, and what it makes of them."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest

from batchtui.domain.template import files
from tests.domain.template.making import brief, refused, rendered


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.txt").write_bytes(b"\xef\xbb\xbfHell\xc3\xb6 {{ 1 }}\n")
    (folder / "sub" / "b.txt").write_text("below")
    (folder / "latin.txt").write_bytes(b"h\xe4")
    (folder / "pixel.bin").write_bytes(b"\x89PNG\r\n\x1a\n rest")
    (tmp_path / "secret.txt").write_text("secret")
    return folder


@pytest.mark.parametrize(
    ("source", "made"),
    [
        ("{{ 'a.txt' | readfile }}", "Hellö {{ 1 }}\n"),
        ("{{ './sub/../a.txt' | readfile | trim }}", "Hellö {{ 1 }}"),
        ("{{ 'sub/b.txt' | readfile }}", "below"),
        ("{{ 'latin.txt' | readfile('latin-1') }}", "hä"),
        ("{{ 'latin.txt' | b64file }}", base64.b64encode(b"h\xe4").decode()),
        ("{{ 'a.txt' | media_type }} {{ 'pixel.bin' | media_type }}", "text/plain image/png"),
        ("{{ ['a.txt', 'sub/b.txt'] | map('readfile') | join }}", "Hellö {{ 1 }}\nbelow"),
    ],
    ids=brief,
)
def test_files_beside_the_data_are_read(folder: Path, source: str, made: str) -> None:
    assert rendered(source, folder=folder) == made


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"%PDF-1.7", "application/pdf"),
    ],
    ids=brief,
)
def test_the_first_bytes_say_what_a_file_is(tmp_path: Path, head: bytes, media_type: str) -> None:
    (tmp_path / "misnamed.txt").write_bytes(head)
    assert rendered("{{ 'misnamed.txt' | media_type }}", folder=tmp_path) == media_type


def test_absolute_paths_and_allowed_folders(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "c.txt").write_text("other")
    row = {"inside": str(folder / "a.txt"), "outside": str(other / "c.txt")}
    assert rendered("{{ row.inside | readfile | length }}", row, folder=folder) == "14"
    assert "may not be read" in refused("{{ row.outside | readfile }}", row, folder=folder)
    assert rendered("{{ row.outside | readfile }}", row, folder=folder, allowed=[other]) == "other"
    assert rendered("{{ 'c.txt' | readfile }}", row, allowed=[other]) == "other"


def test_links_are_judged_by_where_they_lead(folder: Path, tmp_path: Path) -> None:
    (folder / "out.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "up").symlink_to(tmp_path)
    (folder / "in.txt").symlink_to(folder / "sub" / "b.txt")
    (folder / "round").symlink_to(folder / "round")
    assert rendered("{{ 'in.txt' | readfile }}", folder=folder) == "below"
    for name in ("out.txt", "up/secret.txt", "../secret.txt", str(tmp_path / "secret.txt"), "/etc/passwd"):
        assert "may not be read" in refused(f"{{{{ '{name}' | readfile }}}}", folder=folder)
    assert "cannot be" in refused("{{ 'round' | readfile }}", folder=folder)


def test_a_folder_that_is_a_link_is_its_target(folder: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(folder)
    assert rendered("{{ 'sub/b.txt' | readfile }}", folder=link) == "below"


def test_a_neighbour_with_a_longer_name_is_not_below(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "data2").mkdir()
    (tmp_path / "data2" / "x.txt").write_text("x")
    assert "may not be read" in refused("{{ '../data2/x.txt' | readfile }}", folder=folder)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{{ 'nope.txt' | readfile }}", "the file nope.txt cannot be read: No such file or directory"),
        ("{{ 'sub' | readfile }}", "sub is not a file"),
        ("{{ 'pipe' | readfile }}", "pipe is not a file"),
        ("{{ '' | readfile }}", "a file is named by text"),
        ("{{ none | b64file }}", "a file is named by text"),
        ("{{ 7 | b64file }}", "a file is named by text"),
        ("{{ row.nope | readfile }}", "the row has no column 'nope'"),
        ("{{ nope | media_type }}", "'nope' is undefined"),
        ("{{ 'a\0b' | readfile }}", "NUL"),
        ("{{ 'x' * 5000 | int }}{{ ('x' * 5000) | readfile }}", "cannot be read: File name too long"),
        ("{{ 'latin.txt' | readfile }}", "is not utf-8 text; name its encoding"),
        ("{{ 'a.txt' | readfile('nope') }}", "there is no text encoding 'nope'"),
        ("{{ 'a.txt' | readfile('rot13') }}", "there is no text encoding 'rot13'"),
        ("{{ 'sub/odd' | media_type }}", "cannot be known"),
    ],
    ids=brief,
)
def test_what_cannot_be_read_says_why(folder: Path, source: str, said: str) -> None:
    os.mkfifo(folder / "pipe")
    (folder / "sub" / "odd").write_bytes(b"??")
    assert said in refused(source, folder=folder)


def test_files_have_a_size_that_fits_into_a_request(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 4)
    assert "the file sub/b.txt has 5 bytes, 4 at most" in refused("{{ 'sub/b.txt' | b64file }}", folder=folder)


def test_without_a_folder_there_is_nothing_to_read() -> None:
    assert "the data has no folder" in refused("{{ 'a.txt' | readfile }}")


def test_a_file_named_by_no_column_is_read_once(folder: Path) -> None:
    from batchtui.domain.template.parse import parse_template
    from batchtui.domain.template.render import Renderer

    text = 'params: {content: "{{ name | readfile }}"}\ndefaults: {name: sub/b.txt}'
    renderer = Renderer(parse_template(text, "t"), folder=folder)
    assert renderer.render({}, 1).params["content"] == "below"
    (folder / "sub" / "b.txt").write_text("changed meanwhile")
    assert renderer.render({}, 2).params["content"] == "below"
    assert renderer.render({"name": "latin.txt/../a.txt"}, 3).params["content"].startswith("Hell")
