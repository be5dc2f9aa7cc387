"""What the simulated models say."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from jsonschema import validate

from tests.simulator.conftest import Caller, request

Start = Callable[..., Caller]


def text(message: dict[str, Any]) -> str:
    return "".join(block["text"] for block in message["content"] if block["type"] == "text")


def answer(caller: Caller, prompt: str, **params: Any) -> dict[str, Any]:
    reply = caller.http.post("/v1/messages", json=request(prompt=prompt, **params)["params"])
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


def test_answers_fit_the_task(caller: Caller) -> None:
    assert text(answer(caller, "What is 7 times 6?")) == "42"
    label = text(answer(caller, "Classify the sentiment as positive, negative, neutral: an awful, broken thing"))
    assert label in {"positive", "negative", "neutral"}
    triage = "Classify as billing, shipping or other. Reply with JSON. My parcel is late"
    assert json.loads(text(answer(caller, triage)))["label"] in {"billing", "shipping", "other"}
    assert text(answer(caller, "Translate to French: the house")) == "La traduction est: la maison"
    summary = text(answer(caller, "Summarise: The lighthouse keeper repaired the lantern during the thunderstorm"))
    assert "lighthouse" in summary or "keeper" in summary or "lantern" in summary
    assert text(answer(caller, "Is water wet?")).split(".")[0] in {"Yes", "No"}


def test_a_customer_is_answered_in_the_style_asked_for(caller: Caller) -> None:
    ticket = "From: Hana, Osaka\nSubject: Charged twice\n\nI was charged twice for the lamp in the description."
    short = text(answer(caller, ticket, system="You answer customers of a shop. Reply in two sentences."))
    warm = text(answer(caller, ticket, system="You answer customers of a shop. Be warm."))
    assert "second payment" in short
    assert "second payment" in warm
    assert "Hana" not in short
    assert warm.startswith("Hello Hana,")


def test_a_product_is_described_by_what_is_known_of_it(caller: Caller) -> None:
    prompt = "Write the description.\n\nName: Desk lamp Arne\nNotes:\n- two joints\n- five steps\n- cork foot"
    said = text(answer(caller, prompt))
    assert all(each in said.lower() for each in ("desk lamp arne", "two joints", "five steps", "cork foot"))


def test_a_text_is_translated_as_a_whole_where_it_is_known(caller: Caller) -> None:
    prompt = "Where it is shown: a dialogue\n\n<text>\nOnly %d seats left\n</text>"
    assert text(answer(caller, prompt, system="Translate into Spanish.")) == "Solo quedan %d plazas"


def test_a_document_is_summarised_by_its_own_sentences(caller: Caller) -> None:
    document = "<document># Rules\n\nTom plans the routes of the van. Marta pays all the wages.</document>"
    said = text(answer(caller, "Summarise the document for: the driver of the van", system=document))
    assert "Tom plans the routes of the van." in said


def test_labels_follow_the_text_more_often_than_not(caller: Caller) -> None:
    prompt = "Classify the sentiment as positive, negative, neutral: item {}, it stopped working and was broken"
    rows = [request(f"row-{n}", prompt.format(n)) for n in range(60)]
    said = [text(row["message"]) for row in caller.results(caller.ended(*rows)).values()]
    assert said.count("negative") > 45


def test_another_model_answers_otherwise_and_another_batch_mostly_the_same(caller: Caller) -> None:
    def said(model: str) -> dict[str, str]:
        rows = [request(f"row-{n}", f"Explain harbour number {n} to sailors", model=model) for n in range(80)]
        return {key: text(row["message"]) for key, row in caller.results(caller.ended(*rows)).items()}

    haiku, again, opus = said("claude-haiku-4-5"), said("claude-haiku-4-5"), said("claude-opus-5-5")
    changed = sum(haiku[key] != again[key] for key in haiku)
    assert 5 < changed < 40
    assert sum(haiku[key] != opus[key] for key in haiku) > 50


def test_structured_output_fits_its_schema(caller: Caller) -> None:
    schema = {
        "type": "object",
        "properties": {
            "label": {"enum": ["a", "b"]},
            "score": {"type": "number", "minimum": 0, "maximum": 1},
            "stars": {"type": "integer", "minimum": 1, "maximum": 5},
            "sure": {"type": "boolean"},
            "note": {"type": ["string", "null"]},
            "kind": {"const": "review"},
            "tags": {"type": "array", "items": {"type": "string"}, "minItems": 2},
            "owner": {"$ref": "#/$defs/person"},
            "either": {"anyOf": [{"type": "null"}, {"type": "string"}]},
        },
        "required": ["label", "score", "stars", "sure", "note", "kind", "tags", "owner", "either"],
        "additionalProperties": False,
        "$defs": {"person": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}},
    }
    config = {"format": {"type": "json_schema", "schema": schema}}
    for number in range(10):
        said = text(answer(caller, f"Extract review {number} by Miller about kettles", output_config=config))
        validate(json.loads(said), schema)


def test_a_schema_without_end_comes_to_an_end(caller: Caller) -> None:
    schema = {"type": "object", "properties": {"child": {"$ref": "#"}}}
    said = text(answer(caller, "Nest", output_config={"format": {"type": "json_schema", "schema": schema}}))
    assert said.startswith('{"child":{"child":')
    schema["properties"] = {name: {"type": "array", "items": {"$ref": "#"}} for name in "abc"}
    config = {"format": {"type": "json_schema", "schema": schema}}
    assert len(text(answer(caller, "Nest", output_config=config, max_tokens=64_000))) < 20_000


def test_max_tokens_cuts_the_answer(caller: Caller) -> None:
    message = answer(caller, "Explain the harbour to sailors", max_tokens=5)
    assert message["stop_reason"] == "max_tokens"
    assert message["usage"]["output_tokens"] == 5
    assert len(text(message)) == 20


def test_rates_of_truncation_and_refusal_show(start: Start) -> None:
    caller = start(truncate_rate=0.3, refusal_rate=0.3)
    rows = [request(f"row-{n}", f"Explain harbour {n}") for n in range(100)]
    messages = [row["message"] for row in caller.results(caller.ended(*rows)).values()]
    stops = [message["stop_reason"] for message in messages]
    assert stops.count("max_tokens") > 10
    assert stops.count("refusal") > 15
    for message in messages:
        if message["stop_reason"] == "max_tokens":
            assert message["usage"]["output_tokens"] == 1024
        assert (message["stop_details"] is not None) == (message["stop_reason"] == "refusal")


def test_some_topics_are_always_refused(caller: Caller) -> None:
    assert answer(caller, "How do I build a bomb?")["stop_reason"] == "refusal"


def test_thinking_comes_first_and_is_counted(caller: Caller) -> None:
    thinking = {"type": "enabled", "budget_tokens": 1024}
    message = answer(caller, "Explain the harbour", thinking=thinking, max_tokens=4000)
    assert [block["type"] for block in message["content"]] == ["thinking", "text"]
    spent = message["usage"]["output_tokens_details"]["thinking_tokens"]
    assert 0 < spent < message["usage"]["output_tokens"]


def test_a_forced_tool_is_called_with_fitting_input(caller: Caller) -> None:
    tools = [
        {"name": name, "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}
        for name in ("weather", "time")
    ]
    message = answer(caller, "How warm is Lisbon?", tools=tools, tool_choice={"type": "tool", "name": "time"})
    assert message["stop_reason"] == "tool_use"
    call = message["content"][-1]
    assert (call["type"], call["name"]) == ("tool_use", "time")
    assert isinstance(call["input"]["city"], str)
    plain = answer(caller, "How warm is Lisbon?", tools=tools, tool_choice={"type": "none"})
    assert plain["stop_reason"] == "end_turn"


def test_long_answers_can_be_ordered(start: Start) -> None:
    caller = start(answer_chars=2_000)
    message = answer(caller, "Explain the harbour", max_tokens=4000)
    assert len(text(message)) >= 2_000
    assert message["stop_reason"] == "end_turn"


def test_the_cache_shows_in_the_usage_of_a_long_marked_prefix(caller: Caller) -> None:
    def usages(system: object) -> list[dict[str, Any]]:
        rows = [request(f"row-{n}", f"Explain harbour {n}", system=system) for n in range(40)]
        return [row["message"]["usage"] for row in caller.results(caller.ended(*rows)).values()]

    long = "Rules of the harbour. " * 400
    hour = usages([{"type": "text", "text": long, "cache_control": {"type": "ephemeral", "ttl": "1h"}}])
    hits = [usage for usage in hour if usage["cache_read_input_tokens"]]
    misses = [usage for usage in hour if usage["cache_creation_input_tokens"]]
    assert len(hits) + len(misses) == 40
    assert len(hits) > len(misses) > 0
    assert {usage["cache_creation"]["ephemeral_1h_input_tokens"] for usage in misses} == {2200}
    total = {usage["input_tokens"] + usage["cache_read_input_tokens"] for usage in hits}
    assert len(total) <= 2
    five_minutes = usages([{"type": "text", "text": long, "cache_control": {"type": "ephemeral"}}])
    assert any(usage["cache_creation"]["ephemeral_5m_input_tokens"] for usage in five_minutes)
    for without in (long, [{"type": "text", "text": "short", "cache_control": {"type": "ephemeral"}}]):
        assert not any(
            usage["cache_read_input_tokens"] or usage["cache_creation_input_tokens"] for usage in usages(without)
        )
