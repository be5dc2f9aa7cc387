"""What a model writes for a task: pure functions of the prompt and of a roll."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from batchtui.simulator import shop, wording
from batchtui.simulator.chance import pick, share
from batchtui.simulator.translations import LANGUAGES

_WRONG_LABEL_SHARE = 0.12
_SHORT_ALL_THE_SAME_SHARE = 0.15
_DOCUMENT_CHARS = 12_000
_MOST_SENTENCES = 3

_CHOICES = re.compile(r"[\w-]+(?:(?:, ?|/| ?\| ?| or )+[\w-]+)+")
_CHOICE_BREAK = re.compile(r"[,/| ]+(?:or )?")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n\s*\n")
_FIELD = re.compile(r"^(\w{3,12}): *(.+)$", re.MULTILINE)
_ITEM = re.compile(r"^- +(.+)$", re.MULTILINE)
_NAME = re.compile(r"(?<![.!?:] )(?<![\n])\b([A-ZÀ-ÖØ-Ý][a-zà-öø-ÿ]{2,})\b")
_TAGGED = re.compile(r"<text>\s*(.*?)\s*</text>", re.DOTALL)


class Asked(NamedTuple):
    """What is asked of a model.

    `head` and `told` are the beginnings of prompt and system prompt in lower case, `document` what stands in the
    system prompt, `words` the telling words of the prompt, `same` the roll that decides what is drawn.
    """

    prompt: str
    head: str
    told: str
    document: str
    words: list[str]
    same: int


def label(asked: Asked) -> str:
    """Return one of the labels offered, the one that fits unless the model is wrong; as JSON if that is wanted."""
    head, told, same = asked.head, asked.told, asked.same
    choices: tuple[str, ...] = wording.LABELS if "sentiment" in head + told else wording.TOPIC_LABELS
    for found in (*_CHOICES.findall(told), *_CHOICES.findall(head)):
        offered = tuple(choice for choice in _CHOICE_BREAK.split(found) if choice)
        # Two words with a comma between them are a clause; three, or an "or", are a choice.
        if len(offered) > 2 or "," not in found:
            choices = offered
            break
    fitting = [each for each in choices if cue(each, head)]
    # Even a good model is wrong now and then, and two models are wrong in different places.
    wrong = share(same, 17) < _WRONG_LABEL_SHARE
    chosen = choices[pick(same, 10, len(choices))] if wrong or not fitting else fitting[0]
    if "json" in head or "json" in told:
        evidence = cue(chosen, head) or asked.words[0]
        confidence = round(0.6 + share(same, 11) * 0.39, 2)
        return msgspec.json.encode({"label": chosen, "confidence": confidence, "evidence": evidence}).decode()
    return chosen


def cue(choice: str, text: str) -> str:
    """Return what in the text speaks for a label, empty if nothing does."""
    return next((each for each in wording.CUES.get(choice, ()) if each in text), "")


def write(task: str, asked: Asked) -> str:
    """Return what is written for a task other than to classify."""
    special = _TASKS.get(task)
    if special is not None:
        return special(asked)
    text = _general(wording.GENERAL, asked)
    if task == "decide":
        return f"{'Yes' if pick(asked.same, 15, 2) else 'No'}. {text}"
    if pick(asked.same, 16, 3) == 0:
        bullets = "\n".join(fill(line, asked.words, asked.same) for line in wording.BULLETS)
        return f"## {asked.words[0].capitalize()}\n\n{text}\n\n{bullets}"
    return text


def fill(pattern: str, words: list[str], number: int) -> str:
    """Return a sentence with words of the prompt in it."""
    count = len(words)
    first = number % count
    return pattern.format(a=words[first], b=words[(first + 1) % count], c=words[(first + 2) % count])


def _general(patterns: Sequence[str], asked: Asked) -> str:
    first = pick(asked.same, 13, len(patterns))
    count = 2 + pick(asked.same, 14, 3)
    lines = [fill(patterns[(first + n) % len(patterns)], asked.words, asked.same + 5 * n) for n in range(count)]
    return " ".join(lines)


def _translate(asked: Asked) -> str:
    name = next((name for name in LANGUAGES if name in asked.head or name in asked.told), "german")
    language = LANGUAGES[name]
    tagged = _TAGGED.search(asked.prompt)
    text = tagged[1] if tagged else asked.prompt.partition(":")[2] or asked.prompt
    text = text.strip()
    for between in ("\n", ", "):
        pieces = [language.phrases.get(piece.strip().lower()) for piece in text.split(between)]
        if all(pieces):
            return between.join(piece or "" for piece in pieces)
    text = " ".join(language.words.get(word.lower(), word) for word in text.split()[:120])
    return text if tagged else f"{language.opening}: {text}"


def _summarise(asked: Asked) -> str:
    """Return the sentences that speak most of what the prompt asks for, in their order."""
    text = asked.document or asked.prompt.partition(":")[2] or asked.prompt
    # Sentences are long enough to say something, and headings and lists are none.
    sentences = [
        " ".join(sentence.split())
        for sentence in _SENTENCE_END.split(text[:_DOCUMENT_CHARS])
        if len(sentence) > 20 and sentence.lstrip()[0].isalnum()
    ]
    if not sentences:
        return " ".join(text.split())[:200]
    wanted = {word[:6].lower() for word in asked.words}
    spoken = [sum(word[:6].lower() in wanted for word in sentence.split()) for sentence in sentences]
    by_weight = sorted(range(len(sentences)), key=lambda n: (-spoken[n], share(asked.same + n, 13)))
    count = min(len(sentences), 2 + pick(asked.same, 14, _MOST_SENTENCES - 1))
    # Another model finds other sentences worth telling.
    first = pick(asked.same, 12, max(1, min(3, len(sentences) - count + 1)))
    return " ".join(sentences[n] for n in sorted(by_weight[first : first + count]))


def _extract(asked: Asked) -> str:
    names = list(dict.fromkeys(_NAME.findall(asked.prompt.partition(":")[2] or asked.prompt)))
    found = names or asked.words[: 3 + pick(asked.same, 12, 4)]
    return "Found in the text:\n\n" + "\n".join(f"- {each}" for each in found)


def _copy(asked: Asked) -> str:
    """Return a product description from a name and notes; without them, something that could be one."""
    fields = _fields(asked.prompt)
    listed = _ITEM.findall(asked.prompt)
    notes = listed or [note.strip() for note in fields.get("notes", "").split(";") if note.strip()]
    name = fields.get("name", "")
    if not name or len(notes) < 3:
        return _general(wording.WRITING, asked)
    patterns = wording.COPY_LIST if listed else wording.COPY
    turned = pick(asked.same, 12, len(notes))
    first, second, rest, *_ = (*notes[turned:], *notes[:turned])
    text = patterns[pick(asked.same, 13, len(patterns))].format(
        name=name if listed else name[0].lower() + name[1:],
        Name=name,
        first=first,
        second=second,
        rest=rest,
        First=_capital(first),
        Rest=_capital(rest),
    )
    return f"{text} {wording.CLOSINGS[pick(asked.same, 14, len(wording.CLOSINGS))]}"


def _reply(asked: Asked) -> str:
    """Return what the shop answers a customer, short or warm as the system prompt asks for."""
    head = asked.head
    about = next((one for one in shop.CONCERNS if any(each in head for each in one.cues)), shop.OTHER)
    is_warm = "warm" in asked.told or "friendly" in asked.told
    # Some tickets are answered alike, whatever the style: a comparison has rows that are the same.
    if not is_warm or share(asked.same, 18) < _SHORT_ALL_THE_SAME_SHARE:
        return f"{about.sorry} {about.fact}"
    name = _fields(asked.prompt).get("from", "").partition(",")[0]
    greeting = f"Hello {name}, {about.warmly}" if name else _capital(about.warmly)
    more = f" {about.more}" if share(asked.same, 19) < 2 / 3 else ""
    return f"{greeting}\n\n{about.fact}{more}\n\n{shop.SIGNED}"


def _fields(prompt: str) -> Mapping[str, str]:
    return {name.lower(): text.strip() for name, text in _FIELD.findall(prompt)}


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


_TASKS: dict[str, Callable[[Asked], str]] = {
    "translate": _translate,
    "summarise": _summarise,
    "extract": _extract,
    "write": _copy,
    "reply": _reply,
}
