"""Reports of a comparison, opened with what people open such files with: a browser, git, patch, json."""

from __future__ import annotations

import asyncio
import html
import json
import os
import re
import shutil
import stat
import subprocess
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from batchtui.domain.comparison import Comparison
from batchtui.domain.errors import InputError
from batchtui.services.diff_export import FORMATS, Format
from batchtui.services.exporting import diff_html
from batchtui.services.workbench import Workbench
from tests.keyring_session import REQUIRE_ALL
from tests.services.sides import compared, differing, result_file, stored_side
from tests.store.making import succeeded
from tests.tui.screen_text import HOSTILE

TEXTS = {name: text[:5_000] for name, text in HOSTILE.items()}

ATTACKS = {
    "script": "<script>document.title='owned'</script>",
    "image": "<img src=x onerror=\"document.title='owned'\">",
    "closing": "</td></table></details></body><h1 id=owned>owned</h1><!--",
    "style": "</style><style>body{display:none}</style>",
    "frame": '<iframe srcdoc="<script>parent.document.title=1</script>"></iframe>',
    "link": '<a href="javascript:document.title=1">x</a><meta http-equiv=refresh content="0;url=about:blank">',
    "entity": "&lt;script&gt; &amp; &#60;b&#62; &nbsp;",
    "quotes": "\" onmouseover=\"document.title='owned'\" '",
    "svg": "<svg onload=document.title=1><title>owned</title></svg>",
}


@pytest.fixture
async def comparison(bench: Workbench) -> Comparison:
    """Two small jobs with every kind of row."""
    left = {"same": "As it was.", "changed": "a\nb\nc\n", "json": '{"a": 1, "b": [1]}', "left": "x", "broken": "ok"}
    right = {
        "same": "As it was.",
        "changed": "a\nB\nc\n",
        "json": '{"b": [2], "a": 1}',
        "right": "y",
        "broken": None,
    }
    await stored_side(bench.store, "old", left)
    await stored_side(bench.store, "new", right)
    return await compared(bench, "old", "new")


async def hostile(bench: Workbench, folder: Path) -> Comparison:
    """Compare what would harm whoever trusts it, as custom_ids and as answers."""
    wanted = {**TEXTS, **ATTACKS, **{text: text for text in ATTACKS.values()}}
    left, right = (folder / f"{name}.jsonl" for name in ("left<b>", "right<title><script>"))
    for path, more in ((left, "left"), (right, "right")):
        lines = [
            succeeded(name, "TEXT").replace(b'"TEXT"', json.dumps(f"{text} {more}").encode())
            for name, text in wanted.items()
        ]
        await asyncio.to_thread(path.write_bytes, b"\n".join(lines) + b"\n")
    return await compared(bench, str(left), str(right))


async def written(bench: Workbench, comparison: Comparison, path: Path, format_: Format) -> str:
    exported = await bench.diff_exports.write(comparison, differing(comparison), path, format_)
    text = await asyncio.to_thread(path.read_bytes)
    assert exported.file_bytes == len(text)
    return text.decode()


class Texts(HTMLParser):
    """What a browser would show of a page, and which elements there are."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


def require(program: str) -> None:
    """Leave a test out, or let it fail where all must run, if a program is not installed."""
    if shutil.which(program) is None:
        if os.environ.get(REQUIRE_ALL):
            pytest.fail(f"{program} is not installed, and {REQUIRE_ALL} is set")
        pytest.skip(f"{program} is not installed")


def in_browser(page: Path, profile: Path, *options: str) -> str:
    """Open a page in a real browser and return what has become of the document."""
    require("chromium")
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}", *options]
    done = subprocess.run([*command, page.as_uri()], check=True, capture_output=True, timeout=120)
    return done.stdout.decode()


async def test_a_browser_shows_every_text_and_runs_nothing(bench: Workbench, tmp_path: Path) -> None:
    comparison = await hostile(bench, tmp_path)
    page = tmp_path / "report.html"
    await written(bench, comparison, page, "html")
    dom = await asyncio.to_thread(in_browser, page, tmp_path / "browser", "--dump-dom")
    title = re.search("<title>(.*?)</title>", dom)
    assert title is not None
    assert html.unescape(title[1]) == "left<b>.jsonl vs right<title><script>.jsonl"
    shown = Texts(dom)
    assert shown.elements.isdisjoint({"script", "img", "iframe", "svg", "a", "link", "object"})
    assert not {name for name in shown.attributes if name.startswith("on")} | shown.attributes & {"src", "href"}
    for text in ATTACKS.values():
        assert f"{text} " in shown.text
    assert 'id="owned"' not in dom
    assert not re.search("[\u202d\u202e\x00-\x08\x1b]", shown.text)
    assert dom.count("<details") == len(comparison.pairs)


async def test_html_needs_no_script_and_nothing_from_elsewhere(
    bench: Workbench, comparison: Comparison, tmp_path: Path
) -> None:
    await bench.judging.decide(comparison, "changed", "right")
    page = await written(bench, comparison, tmp_path / "report.html", "html")
    shown = Texts(page)
    assert "script" not in shown.elements
    assert "default-src 'none'; style-src 'sha256-" in html.unescape(page)
    assert "http://" not in page
    assert "https://" not in page
    assert "prefers-color-scheme:dark" in page
    for words in ("2 changed", "1 outcome changed", "1 only in A", "1 only in B", "1 same", "B is better", "b[0]"):
        assert words in shown.text, words
    assert "<mark>" in page
    assert "As it was." not in page.partition("<h2>Rows</h2>")[2]


async def test_html_says_what_is_left_out(
    bench: Workbench, comparison: Comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diff_html, "ROWS_MAX", 2)
    monkeypatch.setattr(diff_html, "TEXT_CHARS_MAX", 3)
    page = await written(bench, comparison, tmp_path / "report.html", "html")
    assert page.count("<details") == 2
    assert "The first 2 of 5 rows; 3 are left out" in page
    assert "Only the first 3 of " in page


async def test_json_has_the_rows_and_the_report(bench: Workbench, comparison: Comparison, tmp_path: Path) -> None:
    await bench.judging.decide(comparison, "changed", "left")
    found = json.loads(await written(bench, comparison, tmp_path / "report.json", "json"))
    wanted = {"a": "old", "b": "new", "same": 1, "changed": 2, "only_a": 1, "only_b": 1, "outcome_changed": 1}
    assert {name: found[name] for name in wanted} == wanted
    rows: dict[str, dict[str, Any]] = {row["custom_id"]: row for row in found["rows"]}
    assert list(rows) == ["changed", "json", "left", "broken", "right"]
    assert rows["changed"]["diff"] == "--- a\n+++ b\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"
    assert rows["changed"]["preferred"] == "a"
    assert 0 < rows["changed"]["similarity"] < 1
    assert (rows["broken"]["a_type"], rows["broken"]["b_type"]) == ("succeeded", "errored")
    assert (rows["right"]["kind"], rows["right"]["a_type"], rows["right"]["similarity"]) == ("right", None, None)
    assert found["preferred"]["by_person"]["a"] == 1
    assert found["totals"]["a"]["succeeded"] == 5
    assert "request_changes" not in found


async def test_markdown_keeps_outside_text_in_fences(bench: Workbench, tmp_path: Path) -> None:
    comparison = await hostile(bench, tmp_path)
    document = await written(bench, comparison, tmp_path / "report.md", "md")
    outside = re.sub(r"(?ms)^(`{3,})[a-z]*\n.*?^\1$", "", document)
    outside = re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "", outside)
    assert "<" not in outside
    assert "\x1b" not in outside


TEXT_PAIRS: dict[str, tuple[str | None, str | None]] = {
    "plain": ("a\nb\nc\n", "a\nB\nc\nd\n"),
    "no-newline": ("one\ntwo", "one\ntwo\n"),
    "crlf": ("a\r\nb\r\n", "a\r\nc\r\n"),
    "crlf-to-lf": ("a\r\nb\r\n", "a\nb\n"),
    "wide": ("漢字\nكتب\n", "漢字\nكتب 👍🏽\n"),
    "long": ("\n".join(map(str, range(300))), "\n".join(str(number * (number != 150)) for number in range(300))),
    "only-left": ("gone\n", None),
    "only-right": (None, "new\nlines"),
    "signs": ("--- a\n+++ b\n@@ -1 +1 @@\n", "-- a\n+++ c\n@@ -1 +1 @@\n\\ No newline\n"),
    "separators": ("a\u2028b\x0cc\x85d\n", "a\u2028b\x0cC\x85d\n"),
}


def sides_of(pairs: Mapping[str, tuple[str | None, str | None]], number: int) -> dict[str, str | None]:
    return {name: texts[number] for name, texts in pairs.items() if texts[number] is not None}


def applied(command: list[str], diff: Path, folder: Path) -> dict[str, str]:
    """Apply a diff to the left answers, a file each, and return the files there are then."""
    require(command[0])
    folder.mkdir()
    for name, text in sides_of(TEXT_PAIRS, 0).items():
        (folder / name).write_bytes((text or "").encode())
    done = subprocess.run(command, cwd=folder, input=diff.read_bytes(), capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return {file.name: file.read_bytes().decode() for file in folder.iterdir()}


@pytest.mark.parametrize(
    "command", [["git", "apply", "--whitespace=nowarn", "-"], ["patch", "-p1", "--binary", "-s"]]
)
async def test_a_diff_applies(bench: Workbench, tmp_path: Path, command: list[str]) -> None:
    left = result_file(tmp_path / "left.jsonl", sides_of(TEXT_PAIRS, 0))
    right = result_file(tmp_path / "right.jsonl", sides_of(TEXT_PAIRS, 1))
    comparison = await compared(bench, left, right)
    path = tmp_path / "report.diff"
    await written(bench, comparison, path, "diff")
    after = await asyncio.to_thread(applied, command, path, tmp_path / "answers")
    assert after == sides_of(TEXT_PAIRS, 1)


async def test_a_diff_names_files_that_are_safe(bench: Workbench, tmp_path: Path) -> None:
    ids = ["../../etc/passwd", "etc-passwd", "A", "a", "new\nline", "/abs", "", "con"]
    left = result_file(tmp_path / "left.jsonl", dict.fromkeys(ids, "l\n"))
    right = result_file(tmp_path / "right.jsonl", dict.fromkeys(ids, "r\n"))
    diff = await written(bench, await compared(bench, left, right), tmp_path / "report.diff", "diff")
    names = re.findall("(?m)^--- a/(.*)$", diff)
    assert len(names) == len({name.casefold() for name in names}) >= len(ids) - 1
    assert all(re.fullmatch("[A-Za-z0-9_-][A-Za-z0-9._-]*", name) for name in names), names


@pytest.mark.parametrize("format_", FORMATS)
async def test_a_file_is_whole_and_nobody_elses(
    bench: Workbench, comparison: Comparison, tmp_path: Path, format_: Format
) -> None:
    path = tmp_path / f"report.{format_}"
    await written(bench, comparison, path, format_)
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask
    with pytest.raises(InputError, match="exists"):
        await bench.diff_exports.write(comparison, [], path, format_)
    await bench.diff_exports.write(comparison, [], path, format_, overwrite=True)
    left_over = await asyncio.to_thread(lambda: list(tmp_path.glob(".*")))
    assert left_over == []


@pytest.mark.parametrize("format_", FORMATS)
async def test_lone_surrogates_are_written_in_every_format(
    bench: Workbench, tmp_path: Path, format_: Format
) -> None:
    for name, text in (("left", rb"a\ud800b"), ("right", rb"a\udc00c")):
        await asyncio.to_thread(
            (tmp_path / f"{name}.jsonl").write_bytes, succeeded("row", "TEXT").replace(b"TEXT", text) + b"\n"
        )
    comparison = await compared(bench, str(tmp_path / "left.jsonl"), str(tmp_path / "right.jsonl"))
    assert "\ufffd" in await written(bench, comparison, tmp_path / "report", format_)
