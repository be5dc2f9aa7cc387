"""Write one batch at the limits of the API: requests, results in another order, and the results of a second run.

    python bench/gen_data.py [--rows 100000] [--out data] [--seed 7] [--only requests|results]

    OUT/requests.jsonl   custom_id and params, about 200 MB for 100,000 rows
    OUT/results.jsonl    the same custom_ids in another order, about 250 MB
    OUT/results2.jsonl   the same batch run again: a fifth of the outputs differ
    OUT/facts.json       counts and planted words, so that a bench can check itself

Of the results 95.5 % succeeded, 3 % errored, 1 % expired and 0.5 % were canceled. One word is planted in exactly 7
outputs, another in one of 200. The same seed gives the same bytes.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from itertools import accumulate
from pathlib import Path

COMMON = (
    "the of and to in a is that for it as was with be by on not he his but at are this have from or had an which"
    " you one we all were her she there would their will when who him been has more if no out do so can what up"
    " said about other into than its time only could new them man some these then two first may any like now my"
    " such make over our even most me state after also made many did must before back see through way where get"
    " much go well your know should down work year because come people just say each those take day good how long"
    " answer question summary result analysis document customer product review sentiment positive negative neutral"
    " model token batch request response error value field list item table column row data file text"
)
RARE, UNCOMMON = "quartzvermilion", "heliotrope"
BEYOND_ASCII = ("café", "naïve", "Zürich", "東京", "データ", "привет", "🙂", "€", "—", "“quoted”", "résumé", "中文")
MODEL = "claude-sonnet-4-5-20250929"
ERRORS = (
    ("invalid_request_error", "messages.0.content.{i}: text content blocks must be non-empty"),
    (
        "invalid_request_error",
        "max_tokens: {n} > 64000, which is the maximum allowed number of output tokens",
    ),
    ("overloaded_error", "Overloaded"),
    ("api_error", "Internal server error"),
    ("not_found_error", "model: claude-sonnet-{i}-{n}"),
)
ONSETS = "b c d f g h l m n p r s t v w br ch cl dr fl gr pl pr sh sp st th tr"
NUCLEI = "a e i o u a e i o ea io ou"
CODAS = ["", "", "", "n", "r", "s", "t", "l", "st", "ng"]
ID_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz123456789"
JSON_BLOCK = '\n\n```json\n{"label": "x", "score": 0.9}\n```\n'


class Text:
    """Sentences of made-up words, as frequent as words of a language are."""

    def __init__(self, rng: random.Random, vocabulary: int = 20_000) -> None:
        self._rng = rng
        onsets, nuclei = ONSETS.split(), NUCLEI.split()
        words = dict.fromkeys(COMMON.split())
        while len(words) < vocabulary:
            syllables = 1 if len(words) < 500 else 2 if len(words) < 6_000 else rng.choice((2, 2, 3, 3))
            words[
                "".join(rng.choice(onsets) + rng.choice(nuclei) + rng.choice(CODAS) for _ in range(syllables))
            ] = None
        self._words = list(words)
        weights = [1.0 / (rank + 2.7) for rank in range(len(self._words))]
        self._weights = list(accumulate(weights))
        letters = sum(weight * (len(word) + 1) for weight, word in zip(weights, self._words, strict=True))
        self._chars_a_word = letters / self._weights[-1] + 0.25

    def make(self, chars: int, *, markdown: bool = True) -> str:
        rng = self._rng
        words = rng.choices(self._words, cum_weights=self._weights, k=max(4, int(chars / self._chars_a_word)))
        pieces: list[str] = []
        while words:
            length = rng.randint(6, 22)
            sentence = " ".join(words[:length])
            del words[:length]
            pieces.append(sentence[0].upper() + sentence[1:] + rng.choice((".", ".", ".", "?", ":", "!")))
            ends = ("\n\n", "\n\n", "\n- ", "\n\n## ", "\n1. ", JSON_BLOCK)
            pieces.append(rng.choice(ends) if markdown and len(pieces) % 10 == 9 else " ")
        if rng.random() < 0.06:
            pieces.insert(rng.randrange(len(pieces)), f" {' '.join(rng.choices(BEYOND_ASCII, k=6))} ")
        if rng.random() < 0.005:
            pieces.insert(rng.randrange(len(pieces)), f" {UNCOMMON} ")
        return "".join(pieces).strip()

    def edit(self, text: str) -> str:
        """Return a text with a few words, a paragraph, or everything another."""
        rng, share = self._rng, self._rng.random()
        if share < 0.7:
            words = text.split(" ")
            for _ in range(rng.randint(1, 8)):
                words[rng.randrange(len(words))] = rng.choice(self._words)
            return " ".join(words)
        if share < 0.9:
            begin = rng.randrange(len(text))
            return text[:begin] + self.make(400) + text[begin + 400 :]
        return self.make(len(text))


def new_id(rng: random.Random, prefix: str) -> str:
    return prefix + "".join(rng.choices(ID_LETTERS, k=22))


def succeeded(rng: random.Random, text: str) -> dict[str, object]:
    cached = rng.random() < 0.4
    stop = rng.choices(("end_turn", "max_tokens", "stop_sequence", "refusal"), (93, 5, 1.5, 0.5))[0]
    usage = {
        "input_tokens": rng.randint(300, 700),
        "cache_creation_input_tokens": 0 if cached else 1024 * (rng.random() < 0.1),
        "cache_read_input_tokens": 1024 if cached else 0,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        "output_tokens": max(1, len(text) // 4),
        "service_tier": "batch",
    }
    message = {
        "id": new_id(rng, "msg_01"),
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "content": [{"type": "text", "text": text}],
        "stop_reason": stop,
        "stop_sequence": "###" if stop == "stop_sequence" else None,
        "usage": usage,
    }
    return {"type": "succeeded", "message": message}


def errored(rng: random.Random) -> dict[str, object]:
    kind, message = rng.choice(ERRORS)
    error = {"type": kind, "message": message.format(i=rng.randint(0, 9), n=rng.randint(65_000, 99_999))}
    return {"type": "errored", "error": {"type": "error", "error": error, "request_id": new_id(rng, "req_01")}}


def line(custom_id: str, **rest: object) -> str:
    return json.dumps({"custom_id": custom_id} | rest, ensure_ascii=False, separators=(",", ":")) + "\n"


def write_requests(path: Path, custom_ids: list[str], rng: random.Random, text: Text) -> None:
    cached = [{"type": "text", "text": text.make(400, markdown=False), "cache_control": {"type": "ephemeral"}}]
    with path.open("w", encoding="utf-8") as file:
        for custom_id in custom_ids:
            content = "Summarise:\n\n" + text.make(rng.randint(700, 2000))
            messages = [{"role": "user", "content": content}]
            params = {"model": MODEL, "max_tokens": 1024, "system": cached, "messages": messages}
            file.write(line(custom_id, params=params))


def write_results(folder: Path, custom_ids: list[str], rng: random.Random, text: Text) -> dict[str, object]:
    order = random.Random(rng.random()).sample(custom_ids, len(custom_ids))
    rare = set(rng.sample(range(len(order)), 7))
    counts, changed, again = Counter[str](), 0, []
    with (folder / "results.jsonl").open("w", encoding="utf-8") as file:
        for number, custom_id in enumerate(order):
            share = rng.random()
            if share < 0.955 or number in rare:
                words = text.make(rng.randint(1000, 3250))
                if number in rare:
                    words = f"{words[:500]} {RARE} {words[500:]}"
                result = succeeded(rng, words)
                differs = rng.random() < 0.2
                changed += differs
                second = succeeded(rng, text.edit(words) if differs else words)
            else:
                result = errored(rng) if share < 0.985 else {"type": "expired" if share < 0.995 else "canceled"}
                second = result
            counts[str(result["type"])] += 1
            file.write(line(custom_id, result=result))
            again.append(line(custom_id, result=second))
            if len(again) == 5_000 or number == len(order) - 1:
                rng.shuffle(again)
                with (folder / "results2.jsonl").open("a", encoding="utf-8") as other:
                    other.writelines(again)
                again.clear()
    return {"counts": counts, "changed": changed}


def make(folder: Path, rows: int, seed: int = 7, only: str | None = None) -> None:
    """Write the files into a folder, all or only requests or results."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results2.jsonl").unlink(missing_ok=True)
    rng = random.Random(seed)
    text = Text(rng)
    custom_ids = [f"row-{number:06d}-{rng.getrandbits(32):08x}" for number in range(rows)]
    facts: dict[str, object] = {"rows": rows, "rare": RARE, "uncommon": UNCOMMON}
    if only != "results":
        asking = random.Random(seed + 1)
        write_requests(folder / "requests.jsonl", custom_ids, asking, Text(asking))
    if only != "requests":
        facts |= write_results(folder, custom_ids, rng, text)
    (folder / "facts.json").write_text(json.dumps(facts, indent=1) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--out", type=Path, default=Path("data"))
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--only", choices=["requests", "results"])
    options = parser.parse_args()
    make(options.out, options.rows, options.seed, options.only)
    print((options.out / "facts.json").read_text(), end="")
