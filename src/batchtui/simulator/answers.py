"""Believable answers: a pure function of the seed, the model, the prompt and, for some rows, of the batch."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import msgspec

from batchtui.simulator import prose, wording
from batchtui.simulator.chance import pick, roll, share, token
from batchtui.simulator.models import BY_NAME
from batchtui.simulator.settings import Settings
from batchtui.simulator.structured import value_for
from batchtui.simulator.usage import text_tokens, usage

_TASK_CHARS = 500
_WORDS_CHARS = 500
_LONG_ANSWER_TOKENS = 4_000
_USE_REFUSED, _USE_TRUNCATED, _USE_VARIED, _USE_TOOL = 5, 6, 7, 8

_SUM = re.compile(r"(\d{1,9})\s*([+*x/-]|plus|minus|times)\s*(\d{1,9})")
_PUNCTUATION = str.maketrans(dict.fromkeys("\"'.,;:!?()[]{}<>*#_`/|\n\t-", " "))
_TASKS = (
    ("reply", re.compile(r"(?:answer|reply to) (?:support tickets|(?:the |our )?customers)")),
    ("classify", re.compile(r"classif|sentiment|categor|label|which of|rate this|positive or negative")),
    ("translate", re.compile(r"translat|übersetz|traduis")),
    ("summarise", re.compile(r"summar|tl;?dr|key points|in brief")),
    ("extract", re.compile(r"extract|list all|find all|pull out|parse")),
    ("write", re.compile(r"\bwrite|draft|compose|descri(?:be|ption)|tagline|slogan|email")),
    ("decide", re.compile(r"^(?:is|are|does|do|can|should|was|were|did|has) ")),
)


class _Said(NamedTuple):
    """What a model says: content blocks, stop reason, output tokens, and those of them spent on thinking."""

    content: list[dict[str, Any]]
    stop: str
    tokens: int
    thinking_tokens: int


class Answerer:
    """Makes the message objects of one seed and one outcome mix."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._padding = tuple(_padding(settings.seed, n) for n in range(97))

    def message(self, params: dict[str, Any], number: int, service_tier: str) -> dict[str, Any]:
        """Return the Message for valid params; `number` is the roll of this row in this batch."""
        model = BY_NAME[params["model"]]
        prompt = _prompt(params)
        same = roll(self._settings.seed, model.id, prompt)
        # Most rows read the same in every batch; some vary, so that a comparison has something to show.
        if share(number, _USE_VARIED) < self._settings.variation_rate:
            same ^= number
        said = self._said(params, prompt, same, number)
        return {
            "model": model.id,
            "id": token("msg_", number),
            "type": "message",
            "role": "assistant",
            "content": said.content,
            "stop_reason": said.stop,
            "stop_sequence": None,
            "stop_details": _refusal_details(number) if said.stop == "refusal" else None,
            "container": None,
            "usage": usage(params, number, said.tokens, said.thinking_tokens, service_tier),
        }

    def _said(self, params: dict[str, Any], prompt: str, same: int, number: int) -> _Said:
        head = prompt[:_TASK_CHARS].lower()
        refused = any(topic in head for topic in wording.REFUSED_TOPICS)
        if refused or share(number, _USE_REFUSED) < self._settings.refusal_rate:
            return _refusal(number)
        words = _words(prompt)
        content: list[dict[str, Any]] = []
        spent = 0
        room: int = params["max_tokens"]
        if _thinks(params):
            thought = "".join(prose.fill(line, words, same + n) for n, line in enumerate(wording.THINKING))
            content.append(
                {"type": "thinking", "thinking": thought[: 4 * room], "signature": token("sig", number) * 4}
            )
            spent = min(room, text_tokens(thought))
            room -= spent
            if not room:
                return _Said(content, "max_tokens", spent, spent)
        tool = _tool(params, number)
        if tool is None:
            text = self._answer(params, prompt, head, words, same)
            return self._cut(_Said(content, "end_turn", spent, spent), text, room, number)
        given = value_for(tool["input_schema"], words, same)
        tokens = text_tokens(str(given)) + 10
        if tokens > room:
            return _Said(content, "max_tokens", spent + room, spent)
        call = {"type": "tool_use", "id": token("toolu_", number), "name": tool["name"], "input": given}
        return _Said([*content, {**call, "caller": {"type": "direct"}}], "tool_use", spent + tokens, spent)

    def _cut(self, said: _Said, text: str, room: int, number: int) -> _Said:
        """Add the text to what was said, as far as max_tokens leaves room, or as the settings cut it."""
        if share(number, _USE_TRUNCATED) < self._settings.truncate_rate:
            room = min(room, _LONG_ANSWER_TOKENS)
            text = self._padded(text, 4 * room, number)
        tokens = text_tokens(text) + 1
        if tokens <= room:
            return said._replace(content=[*said.content, _text(text)], tokens=said.tokens + tokens)
        content = [*said.content, _text(text[: 4 * room])]
        return said._replace(content=content, stop="max_tokens", tokens=said.tokens + room)

    def _answer(self, params: dict[str, Any], prompt: str, head: str, words: list[str], same: int) -> str:
        schema = _schema(params)
        if schema is not None:
            return msgspec.json.encode(value_for(schema, words, same)).decode()
        done = _sum(head)
        if done is not None:
            return done
        system = _plain(params.get("system") or "")
        told = system[:_TASK_CHARS].lower()
        asked = prose.Asked(prompt, head, told, _document(system), words, same)
        # Whoever answers customers does not translate or describe, whatever they write about.
        task = "reply" if _task(told) == "reply" else _task(head) or _task(told)
        text = prose.label(asked) if task == "classify" else prose.write(task, asked)
        return text if task == "classify" else self._padded(text, self._settings.answer_chars, same)

    def _padded(self, text: str, chars: int, number: int) -> str:
        if len(text) >= chars:
            return text
        parts = [text]
        missing = chars - len(text)
        index = number % len(self._padding)
        while missing > 0:
            parts.append(self._padding[index])
            missing -= len(self._padding[index]) + 2
            index = (index + 1) % len(self._padding)
        return "\n\n".join(parts)


def _prompt(params: dict[str, Any]) -> str:
    for message in reversed(params["messages"]):
        if message["role"] == "user":
            return _plain(message["content"])
    return ""


def _plain(content: str | list[dict[str, Any]]) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(block["text"] for block in content if block["type"] == "text")


def _text(text: str) -> dict[str, Any]:
    return {"citations": None, "type": "text", "text": text}


def _refusal(number: int) -> _Said:
    """Return a refusal; every other one has no content at all, as when a classifier stops the answer."""
    if pick(number, 18, 2):
        return _Said([], "refusal", 1, 0)
    return _Said([_text(wording.REFUSAL)], "refusal", text_tokens(wording.REFUSAL), 0)


def _refusal_details(number: int) -> dict[str, Any]:
    category = ("cyber", "bio", None)[pick(number, 9, 3)]
    return {"type": "refusal", "category": category, "explanation": wording.REFUSAL_REASON}


def _thinks(params: dict[str, Any]) -> bool:
    thinking = params.get("thinking")
    return isinstance(thinking, dict) and thinking.get("type") in ("enabled", "adaptive")


def _tool(params: dict[str, Any], number: int) -> dict[str, Any] | None:
    """Return the client tool to call, when tool_choice forces one or, with `auto`, in two of three rows."""
    tools: list[dict[str, Any]] = [tool for tool in params.get("tools") or () if "input_schema" in tool]
    if not tools:
        return None
    choice = params.get("tool_choice") or {"type": "auto"}
    match choice.get("type"):
        case "tool":
            return next((tool for tool in tools if tool["name"] == choice.get("name")), None)
        case "any":
            return tools[pick(number, _USE_TOOL, len(tools))]
        case "auto" if share(number, _USE_TOOL) < 2 / 3:
            return tools[0]
    return None


def _schema(params: dict[str, Any]) -> dict[str, Any] | None:
    config = params.get("output_config")
    layout = config.get("format") if isinstance(config, dict) else None
    return layout["schema"] if isinstance(layout, dict) else None


def _document(system: str) -> str:
    """Return the document that a system prompt carries, empty if it has none."""
    _, _, after = system.partition("<document>")
    return after.partition("</document>")[0]


def _task(text: str) -> str:
    return next((name for name, pattern in _TASKS if pattern.search(text)), "")


def _words(prompt: str) -> list[str]:
    """Return the telling words of the prompt, in order, without repeats; never empty."""
    found = dict.fromkeys(prompt[:_WORDS_CHARS].translate(_PUNCTUATION).split())
    telling = [
        word for word in found if len(word) > 4 and word.isalpha() and word.lower() not in wording.STOP_WORDS
    ]
    return telling or ["it", "this", "that"]


def _sum(head: str) -> str | None:
    found = _SUM.search(head) if len(head) < 80 else None
    if found is None:
        return None
    left, right = int(found[1]), int(found[3])
    match found[2]:
        case "+" | "plus":
            return str(left + right)
        case "-" | "minus":
            return str(left - right)
        case "/":
            return str(left) if right == 0 else f"{left / right:g}"
    return str(left * right)


def _padding(seed: int, index: int) -> str:
    """Return a paragraph that fits anywhere, made once: long answers must not cost the server's time."""
    number = roll(seed, "padding", index)
    count = len(wording.PADDING)
    return " ".join(wording.PADDING[(number + n * (1 + index % 4)) % count] for n in range(3 + index % 3))
