"""A real bash completes commands, options, and what is stored."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Server, Shell

Completed = Callable[..., list[str]]

COMPLETE = """
eval "$(batchtui completion bash)"
COMP_WORDS=({words}) COMP_CWORD={last}
_batchtui_completion batchtui
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture
def completed(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Completed:
    """Return what bash proposes for a line."""
    program = tmp_path / "bin" / "batchtui"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m batchtui "$@"\n')
    program.chmod(0o755)
    bash = shutil.which("bash")
    assert bash is not None
    monkeypatch.setenv("PATH", f"{program.parent}:{Path(bash).parent}:/usr/bin:/bin")

    def complete(*words: str) -> list[str]:
        script = COMPLETE.format(words=" ".join(f"'{word}'" for word in ("batchtui", *words)), last=len(words))
        done = subprocess.run([bash, "--norc", "-c", script], capture_output=True, text=True, check=False)
        assert not done.stderr
        return done.stdout.split()

    return complete


def test_commands_and_options(completed: Completed) -> None:
    assert "retry" in completed("re")
    assert "--dry-run" in completed("retry", "--dr")


def test_names_and_ids_that_are_stored(
    server: Server, shell: Shell, completed: Completed, requests_file: Path
) -> None:
    sent = shell("submit", requests_file, "--name", "rivers", "--yes", "--json").json
    assert completed("show", "ri") == ["rivers"]
    assert completed("retry", "msgbatch_") == [sent["batches"][0]["id"]]
    assert not completed("show", "nothing")


def test_a_name_that_a_shell_would_take_for_more_is_not_proposed(
    server: Server, shell: Shell, completed: Completed, requests_file: Path
) -> None:
    shell("submit", requests_file, "--name", "evil;touch owned", "--yes")
    shell("submit", requests_file, "--name", "evil $(touch owned)", "--yes")
    assert not completed("show", "evil")


def test_a_home_that_is_not_there_is_not_begun(shell: Shell, completed: Completed) -> None:
    assert not completed("show", "ri")
    assert not shell.home.exists()


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_there_is_a_script_for_each_shell(shell: Shell, name: str) -> None:
    done = shell("completion", name)
    assert done.code == 0
    assert "_BATCHTUI_COMPLETE" in done.text
