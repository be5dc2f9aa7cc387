"""The templates that are shipped: each makes requests of its data, and a server takes them."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx2
import pytest

from batchtui.domain.lint import Linter
from batchtui.domain.template.model import Rendered, Template
from batchtui.domain.template.render import Renderer
from batchtui.domain.template.shipped import EXAMPLE_DATA, example_data, examples_folder, shipped_templates
from batchtui.services.rows import open_rows
from batchtui.simulator import Settings, serve

NAMES = sorted(EXAMPLE_DATA)


@pytest.fixture(scope="module")
def http() -> Iterator[httpx2.Client]:
    with serve(Settings()) as served:
        headers = {"authorization": "Bearer sk-ant-test", "anthropic-version": "2026-10-21"}
        with httpx2.Client(base_url=served.base_url, headers=headers, timeout=20, verify=False) as client:
            yield client


def requests_of(template: Template) -> list[Rendered]:
    with open_rows(str(example_data(template.name))) as rows:
        renderer = Renderer(template, folder=rows.folder)
        assert renderer.missing(rows.columns) == ()
        assert renderer.unused(rows.columns) == ()
        return [renderer.render(row.values, row.number) for row in rows]


def test_six_templates_are_shipped_each_with_data() -> None:
    assert sorted(shipped_templates()) == NAMES
    assert len(NAMES) == 6
    known = {*EXAMPLE_DATA.values(), "handbook.md", "invoice.pdf", "receipt.png"}
    assert {path.name for path in (examples_folder() / "data").iterdir()} == known


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_template_says_what_it_is_and_checks_its_answers(name: str) -> None:
    template = shipped_templates()[name]
    assert template.description
    assert EXAMPLE_DATA[name] in template.text
    assert template.checks.not_truncated
    assert template.checks.not_refused


@pytest.mark.parametrize("name", NAMES)
def test_the_requests_of_a_shipped_template_are_answered(name: str, http: httpx2.Client) -> None:
    made = requests_of(shipped_templates()[name])
    assert len(made) > 1
    linter = Linter()
    assert len(list(linter.read(one.line for one in made))) == len(made)
    assert linter.problems == []
    body = b'{"requests":[' + b",".join(one.line for one in made) + b"]}"
    reply = http.post("/v1/messages/batches", content=body, headers={"content-type": "application/json"})
    assert reply.status_code == 200, reply.text
    batch_id = reply.json()["id"]
    http.post("/_control", json={"end": batch_id}).raise_for_status()
    lines = http.get(f"/v1/messages/batches/{batch_id}/results").text.splitlines()
    results = {line["custom_id"]: line["result"] for line in map(json.loads, lines)}
    assert {one.custom_id for one in made} == set(results)
    assert {result["type"] for result in results.values()} == {"succeeded"}


def test_the_answers_to_a_schema_pass_its_check(http: httpx2.Client) -> None:
    template = shipped_templates()["classify"]
    [first, *_] = requests_of(template)
    message = http.post("/v1/messages", json=first.params).json()
    text = "".join(block["text"] for block in message["content"] if block["type"] == "text")
    assert template.checks.failing(text, message["stop_reason"]) == ()


def test_the_cached_document_is_the_same_in_every_request() -> None:
    prefixes = {json.dumps(one.params["system"]) for one in requests_of(shipped_templates()["summarise"])}
    [prefix] = prefixes
    assert "Handbook of the Lumen Bakery" in prefix
    assert "cache_control" in prefix
