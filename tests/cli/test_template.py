"""Templates from the command line: listed, begun, edited, checked, and rendered."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from .conftest import Server, Shell, in_process

TEMPLATE = """\
description: Names of rivers
custom_id: "{{ row.id }}"
params:
  model: claude-haiku-4-5
  max_tokens: 64
  messages:
    - role: user
      content: "{{ name }} is {{ length }} km, in {{ unit | default('km') }}."
"""


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")


@pytest.fixture
def rivers(tmp_path: Path) -> Path:
    path = tmp_path / "rivers.csv"
    path.write_text("id,name,length\n001,Rhein,1233\n002,[bold] {{ x }} 🏞,865\n003,Isar,295\n")
    return path


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "river.yaml"
    path.write_text(TEMPLATE)
    return path


def own(shell: Shell, name: str, text: str = TEMPLATE) -> Path:
    assert shell("template", "new", name).code == 0
    path = shell.home / "templates" / f"{name}.yaml"
    path.write_text(text)
    return path


def editor(tmp_path: Path, script: str) -> str:
    path = tmp_path / "an editor.py"
    path.write_text(f"import os, sys, pathlib\nfile = pathlib.Path(sys.argv[-1])\n{script}\n")
    return f"{sys.executable} '{path}'"


def test_a_new_template_is_listed_shown_and_good(shell: Shell) -> None:
    made = shell("template", "new", "rivers", "--json")
    assert made.json == {"name": "rivers", "path": str(shell.home / "templates" / "rivers.yaml")}
    entry = next(entry for entry in shell("template", "list", "--json").json if entry["name"] == "rivers")
    assert (entry["origin"], entry["problem"]) == ("home", None)
    assert "rivers" in shell("template", "list").text
    text = Path(made.json["path"]).read_text()
    assert shell("template", "show", "rivers").text == text
    assert shell("template", "show", "rivers", "--json").json == {"name": "rivers", "text": text}
    assert shell("template", "check", "rivers", "--json").json["holds"] is True
    again = shell("template", "new", "rivers")
    assert again.code == 1
    assert "already" in again.stderr


@pytest.mark.parametrize("name", ["2026", "yes", "null", "a.b-c_d"])
def test_whatever_its_name_a_new_template_is_good(shell: Shell, name: str) -> None:
    shell("template", "new", name)
    done = shell("template", "check", name)
    assert (done.code, done.text) == (0, f"{name}: good\n")


def test_a_copy_of_another(shell: Shell, template: Path) -> None:
    assert shell("template", "new", "mine", "--from", template).code == 0
    assert shell("template", "show", "mine").text == TEMPLATE
    assert shell("template", "new", "x", "--from", "nothing").code == 2


@pytest.mark.parametrize("name", ["../evil", "a/b", ".hidden", "", "x.yaml", "ü", "\x1b[31m"])
def test_names_that_are_none(shell: Shell, tmp_path: Path, name: str) -> None:
    done = shell("template", "new", name)
    assert done.code == 2
    assert "\x1b" not in done.stderr
    assert not list(tmp_path.rglob("evil*"))


def test_the_exact_request_of_a_row(shell: Shell, template: Path, rivers: Path) -> None:
    done = shell("template", "render", "-t", template, "-d", rivers, "--row", "2", "--json")
    assert done.code == 0, done.stderr
    assert done.json["custom_id"] == "002"
    assert done.json["params"]["messages"][0]["content"] == "[bold] {{ x }} 🏞 is 865 km, in km."
    people = shell("template", "render", "-t", template, "-d", rivers, "--row", "2")
    assert people.json == done.json
    assert len(people.text.splitlines()) > 5


def test_values_win_over_the_row_and_are_json_or_text(shell: Shell, template: Path, rivers: Path) -> None:
    arguments = ("template", "render", "-t", template, "-d", rivers, "--json")
    done = shell(*arguments, "--set", "length=2.50", "--set", "name=007 a", "--set", 'unit={"a":[1]}')
    assert done.json["params"]["messages"][0]["content"] == "007 a is 2.5 km, in {'a': [1]}."
    assert shell(*arguments, "--set", "length").code == 2


@pytest.mark.parametrize(
    ("arguments", "stdin", "content"),
    [
        (["-d", "-"], b"id;name;length\nr;Elbe, die;007\n", "Elbe, die is 007 km, in km."),
        (["-d", "-", "--format", "jsonl"], b'{"id": 1, "name": "Elbe", "length": null}', "Elbe is  km, in km."),
        (
            ["-d", "-", "--encoding", "latin-1"],
            "id,name,length\nr,Ätsch,1\n".encode("latin-1"),
            "Ätsch is 1 km, in km.",
        ),
        (["-d", "-", "--text"], b"id,name,length\nr,Elbe,1\n", "Elbe is 1 km, in km."),
    ],
)
def test_rows_from_stdin(shell: Shell, template: Path, arguments: list[str], stdin: bytes, content: str) -> None:
    done = shell("template", "render", "-t", template, *arguments, "--json", stdin=stdin)
    assert done.code == 0, done.stderr
    assert done.json["params"]["messages"][0]["content"] == content


def test_rows_through_a_pipe_of_a_shell(template: Path) -> None:
    rows = b"id,name,length\n" + b"".join(b"r%d,Elbe,%d\n" % (number, number) for number in range(50_000))
    done = in_process("template", "render", "-t", template, "-d", "-", "--row", "50000", "--json", stdin=rows)
    assert done.code == 0, done.stderr
    assert done.json["custom_id"] == "r49999"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--row", "9"], 2, "there is no row 9"),
        (["--row", "0"], 2, "0"),
        (["--query", "SELECT 1"], 2, "SQLite"),
        (["--encoding", "klingon"], 2, "no encoding"),
        (["-d", "missing.csv"], 2, "missing.csv: no such file"),
        (["-t", "missing"], 2, "no template 'missing'"),
        (["--allow", "missing"], 2, "missing"),
    ],
)
def test_what_cannot_be_rendered(
    shell: Shell, template: Path, rivers: Path, *, arguments: list[str], code: int, words: str
) -> None:
    done = shell("template", "render", "-t", template, "-d", rivers, *arguments)
    assert (done.code, done.stdout) == (code, b"")
    assert words in done.stderr


def test_template_and_rows_have_to_be_named(shell: Shell, template: Path, rivers: Path) -> None:
    for arguments, word in (((), "-t"), (("-t", template), "-d"), (("-d", rivers), "-t")):
        done = shell("template", "render", *arguments)
        assert done.code == 2
        assert word in done.stderr


def test_a_row_that_makes_no_request(shell: Shell, template: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("id,name\na b,x\n")
    done = shell("template", "render", "-t", template, "-d", bad)
    assert (done.code, done.stdout) == (1, b"")
    assert "river, line 2, row 1" in done.stderr
    assert "slug" in done.stderr


def test_a_check_of_the_template_alone(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("params:\n  model: m\n  max_tokens: 1\n  messages: '{{ x'\nnonsense: \x1b[31m1\n")
    done = shell("template", "check", path, "--json")
    assert done.code == 1
    assert done.json["holds"] is False
    assert done.json["problems"]
    assert "\x1b" not in done.stderr
    people = shell("template", "check", path)
    assert people.code == 1
    assert f"{path}:" in people.stderr
    assert "does not hold" in people.text


def test_a_check_with_rows_that_are_good(shell: Shell, template: Path, rivers: Path) -> None:
    done = shell("template", "check", template, "-d", rivers, "--json")
    assert done.code == 0, done.stderr
    found = done.json
    assert (found["rows"], found["chosen"], found["requests"], found["parts"]) == (3, 3, 3, [3])
    assert (found["missing"], found["unused"], found["row_problems"]) == ([], [], [])
    assert found["estimate"]["cost_usd_high"] > 0
    chosen = shell("template", "check", template, "-d", rivers, "--json", "--where", "length > 300", "--limit", "1")
    assert (chosen.json["chosen"], chosen.json["requests"]) == (1, 1)
    nothing = shell("template", "check", template, "-d", rivers, "--where", "length > 9000")
    assert nothing.code == 1


def test_a_check_with_rows_that_are_not(shell: Shell, template: Path, tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("id,length,extra\nx,1,2\n\ny z,1,2\n")
    done = shell("template", "check", template, "-d", rows, "--json")
    assert done.code == 1
    assert done.json["missing"] == ["name"]
    assert done.json["unused"] == ["extra"]
    assert [problem["line"] for problem in done.json["row_problems"]] == [2, 4]
    assert f"{rows} has no column name." in done.stderr
    assert "Columns not used: extra." in done.stderr
    assert f"{rows}:4: " in done.stderr
    rows.write_text("id,name,length\nx,y,1\nx,y\n")
    ragged = shell("template", "check", template, "-d", rows, "--json")
    assert (ragged.code, ragged.json["requests"]) == (1, 1)
    assert f"  {rows}:3: data: line 3: 3 cells expected" in ragged.stderr
    assert "The rows after it were not read." in ragged.stderr
    bad = shell("template", "check", template, "-d", rows, "--where", "name ==")
    assert bad.code == 2
    assert "name ==" in bad.stderr


def test_all_problems_are_counted_and_the_first_are_told(shell: Shell, template: Path, tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("id,name\n" + "x,y\n" * 300)
    done = shell("template", "check", template, "-d", rows)
    assert "… and 295 more of template, on lines 7 and after it" in done.stderr
    assert done.stderr.endswith("300 rows: 0 requests.\n")


def test_a_number_that_is_text_is_told_with_the_filter_for_it(shell: Shell, tmp_path: Path, rivers: Path) -> None:
    path = tmp_path / "typed.yaml"
    path.write_text(TEMPLATE.replace("64", '"{{ length }}"'))
    words = "max_tokens has to be a whole number, and is text; put `| typed` at the end"
    assert words in shell("template", "check", path, "-d", rivers).stderr
    assert words in shell("template", "render", "-t", path, "-d", rivers).stderr
    path.write_text(TEMPLATE.replace("64", '"{{ length | int | typed }}"'))
    assert shell("template", "check", path, "-d", rivers).code == 0


def test_a_template_of_a_job_is_compared_with_another(
    server: Server, shell: Shell, template: Path, rivers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server.base_url)
    assert shell("submit", "-t", template, "-d", rivers, "--yes").code == 0
    assert shell("show", "river", "--json").json["template"] == "river"
    gone = shell("template", "show", "--job", "river", "--diff")
    assert gone.code == 2
    assert "`batchtui template show NAME --job river --diff`" in gone.stderr
    template.write_text(TEMPLATE.replace("64", "65"))
    done = shell("template", "show", template, "--job", "river", "--diff")
    assert "-  max_tokens: 64\n+  max_tokens: 65\n" in done.text
    own(shell, "river")
    assert shell("template", "show", "--job", "river", "--diff").text == ""


def test_an_editor_gets_the_file_and_no_key(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = own(shell, "rivers")
    script = "pathlib.Path('seen').write_text(repr(dict(os.environ)))\nfile.write_text(file.read_text() + '# x\\n')"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EDITOR", editor(tmp_path, script))
    done = shell("template", "edit", "rivers")
    assert done.code == 0, done.stderr
    assert "no problems" in done.stderr
    assert path.read_text() == TEMPLATE + "# x\n"
    assert "sk-ant" not in (tmp_path / "seen").read_text()
    assert os.environ["ANTHROPIC_API_KEY"].startswith("sk-ant")


def test_what_an_editor_wrote_stays_and_is_checked(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = own(shell, "rivers")
    monkeypatch.setenv("EDITOR", editor(tmp_path, "file.write_text('params: [')"))
    done = shell("template", "edit", "rivers")
    assert done.code == 1
    assert f"{path}:1: " in done.stderr
    assert "Your text is kept." in done.stderr
    assert path.read_text() == "params: ["
    monkeypatch.setenv("VISUAL", editor(tmp_path, f"file.write_text({TEMPLATE!r}); sys.exit(3)"))
    done = shell("template", "edit", "rivers")
    assert done.code == 1
    assert "ended with code 3" in done.stderr
    assert path.read_text() == TEMPLATE


def test_what_cannot_be_edited(shell: Shell, template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own(shell, "rivers")
    for name, editors, words in (
        ("rivers", "no-such-editor-anywhere", "not found"),
        ("rivers", "'", "EDITOR cannot be read"),
        ("nothing", "true", "template new nothing"),
        (str(template), "true", "There is no template"),
    ):
        monkeypatch.setenv("EDITOR", editors)
        done = shell("template", "edit", name)
        assert done.code == 2
        assert words in done.stderr


def test_the_template_of_a_job_that_has_none(server: Server, shell: Shell, requests_file: Path) -> None:
    sent = shell("submit", requests_file, "--yes", "--json", "--base-url", server.base_url)
    done = shell("template", "show", "--job", sent.json["job"])
    assert done.code == 2
    assert "without a template" in done.stderr
    for arguments in ([], ["x", "--job", "y"], ["x", "--diff"]):
        assert shell("template", "show", *arguments).code == 2


def test_help_of_all_of_them(shell: Shell) -> None:
    for command in ("list", "show", "new", "edit", "check", "render"):
        done = shell("template", command, "--help")
        assert done.code == 0
        assert json.dumps(done.text)
