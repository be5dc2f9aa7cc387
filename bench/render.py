"""Render requests from templates: rows a second of processor time in one thread, and the peak memory.

    python bench/render.py [--rows 100000]

`plain` is a template with two columns in a prompt, `loops` has a condition and a loop, `shared` has a document of
100 kB in front of every request, which is encoded once. `checks` is the checking of as many answers by words,
patterns and a schema.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time

from batchtui.domain.checks import parse_checks
from batchtui.domain.template.parse import parse_template
from batchtui.domain.template.render import Renderer

HEAD = """
custom_id: "review-{{ row.id }}"
params:
  model: claude-haiku-5-5
  max_tokens: 256
"""

PLAIN = (
    HEAD
    + """
  system: You are a careful reader.
  messages:
    - role: user
      content: |-
        Summarise this review of {{ row.product }} in one sentence.

        {{ row.text }}
"""
)

LOOPS = (
    HEAD
    + """
  messages:
    - role: user
      content: |-
        Summarise this review of {{ row.product | upper }}.
        {% if row.id > 10 %}
        It is one of many.
        {% endif %}
        {% for tag in row.tags %}
        - {{ loop.index }}. {{ tag | trim }}
        {% endfor %}

        {{ row.text }}
"""
)

SHARED = (
    HEAD
    + f"""
  system:
    - type: text
      text: "{"All the rules of the house. " * 3700}"
      cache_control: {{type: ephemeral}}
  messages:
    - role: user
      content: "{{{{ row.text }}}}"
"""
)

CHECKS = """
checks:
  not_truncated: true
  max_words: 200
  must_not_match: "(?i)as an ai"
  schema:
    type: object
    properties:
      category: {type: string, enum: [praise, complaint]}
      score: {type: integer, minimum: 0, maximum: 10}
      summary: {type: string}
      tags: {type: array, items: {type: string}}
    required: [category, score, summary, tags]
    additionalProperties: false
"""

TEXT = "The kettle boils fast, but the lid is loose and it drips when it is full. " * 6


def run(name: str, rows: int) -> float:
    if name == "checks":
        checks = parse_checks(CHECKS)
        answer = {"category": "praise", "score": 7, "summary": TEXT[:200], "tags": ["kettle", "lid"]}
        answers = [json.dumps(answer | {"score": score}) for score in range(11)]
        checks.failing(answers[0], "end_turn")
        begin = time.process_time()
        for number in range(rows):
            checks.failing(answers[number % 11], "end_turn")
        return time.process_time() - begin
    templates = {"plain": PLAIN, "loops": LOOPS, "shared": SHARED}
    renderer = Renderer(parse_template(templates[name], name))
    begin = time.process_time()
    for number in range(1, rows + 1):
        row = {"id": number, "product": "kettle", "text": TEXT, "tags": ["a ", "b", "c"]}
        renderer.render(row, number)
    return time.process_time() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--only", choices=("plain", "loops", "shared", "checks"))
    options = parser.parse_args()
    if options.only:
        seconds = run(options.only, options.rows)
        peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{options.only:10}{options.rows / seconds:12,.0f} rows/s{seconds:10.2f} s{peak_mib:10.0f} MiB peak")
        return
    for name in ("plain", "loops", "shared", "checks"):
        subprocess.run([sys.executable, __file__, "--rows", str(options.rows), "--only", name], check=True)


if __name__ == "__main__":
    main()
