"""docs/templates.md says what the code does: its names, its numbers, its examples."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from batchtui.domain import checks
from batchtui.domain.template import filters, limits, source
from batchtui.domain.template.files import MAX_FILE_BYTES
from batchtui.domain.template.model import DEFAULT_CUSTOM_ID
from batchtui.domain.template.parse import KEYS, parse_template
from batchtui.domain.template.render import Renderer
from batchtui.domain.template.sandbox import MAX_PARTS, Sandbox
from batchtui.domain.template.shipped import examples_folder

DOCS = (Path(__file__).parents[3] / "docs" / "templates.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return DOCS.split(f"\n## {title}\n")[1].split("\n## ")[0]


def named(text: str) -> set[str]:
    return set(re.findall(r"`([a-z_0-9]+)`", text))


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOCS, re.DOTALL)


def test_every_key_and_check_is_named() -> None:
    assert re.findall(r"^\| `(\w+)` \|", section("Keys"), re.MULTILINE) == list(KEYS)
    told = section("Checks")
    assert named("\n".join(re.findall(r"^\| (`.*?) \|", told, re.MULTILINE))) == set(checks.NAMES)


def test_every_filter_and_method_is_named_and_no_other() -> None:
    there = {name for name in Sandbox().filters if not name.startswith(" ")} | {filters.TYPED}
    ours, of_jinja = section("Filters").split("Of Jinja2:")
    in_table = set(re.findall(r"^\| `(\w+)` \|", ours, re.MULTILINE))
    listed = named(of_jinja.split("Those that")[0])
    assert in_table | listed == there
    assert in_table & listed == set()
    methods = {name for table in filters.METHODS.values() for name in table}
    bullets = "\n".join(re.findall(r"^- of .*?(?=^- |\n\n)", section("Jinja2"), re.MULTILINE | re.DOTALL))
    assert named(bullets) == methods


@pytest.mark.parametrize(
    "number",
    [
        limits.MAX_CHARS,
        limits.MAX_MADE,
        limits.MAX_ITEMS,
        limits.MAX_BITS,
        filters.MAX_SLOW_CHARS,
        source.MAX_BYTES,
        source.MAX_VALUES,
        source.MAX_DEPTH,
        MAX_PARTS,
    ],
)
def test_the_limits_are_told(number: int) -> None:
    assert f"{number:,}" in " ".join(section("Limits").split())


def test_other_numbers_and_words_are_told() -> None:
    assert f"{limits.MAX_SECONDS:g}\nsecond" in section("Limits")
    assert f"{MAX_FILE_BYTES:,} bytes" in section("Files")
    assert f"`{DEFAULT_CUSTOM_ID}`" in section("Keys")


@pytest.mark.parametrize("number", range(len(blocks("yaml"))))
def test_every_example_renders_with_the_row_of_the_page(number: int) -> None:
    [row] = blocks("json")
    example = blocks("yaml")[number]
    renderer = Renderer(parse_template(example, "docs"), folder=examples_folder() / "data")
    made = renderer.render(json.loads(row), 1)
    assert made.params["messages"]
    assert not renderer.missing(json.loads(row))


def test_typed_values_are_what_the_page_says() -> None:
    [typed] = [example for example in blocks("yaml") if "| typed" in example]
    made = Renderer(parse_template(typed, "docs")).render(json.loads(blocks("json")[0]), 1)
    assert made.params["max_tokens"] == 300
    assert made.params["messages"][0]["content"] == [{"type": "text", "text": "Hello"}]


def test_the_examples_are_yaml_for_others_too() -> None:
    for example in blocks("yaml"):
        assert set(yaml.safe_load(example)) <= set(KEYS)
