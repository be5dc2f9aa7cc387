"""The models the simulator knows: limits and abilities as the service lists them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

LONG_OUTPUT_BETA = "output-300k-2026-03-24"
_LONG_OUTPUT_TOKENS = 300_000


@dataclass(frozen=True, slots=True)
class Model:
    """One model: `id` is what replies name; `alias` is the shorter name it is also asked for by."""

    id: str
    name: str
    released: str
    max_tokens: int
    context_tokens: int = 1_000_000
    alias: str | None = None
    deprecated: bool = False
    budget_thinking: bool = False
    long_output: bool = False

    @property
    def line(self) -> str:
        """The family: haiku, sonnet, opus, fable or mythos."""
        return self.id.split("-")[1]

    def output_limit(self, betas: frozenset[str]) -> int:
        """Return the highest max_tokens a request may ask for in a batch sent with these betas."""
        if self.long_output and LONG_OUTPUT_BETA in betas:
            return _LONG_OUTPUT_TOKENS
        return self.max_tokens

    def info(self) -> dict[str, Any]:
        """Return the object of GET /v1/models."""
        return {
            "type": "model",
            "id": self.id,
            "display_name": self.name,
            "created_at": f"{self.released}T00:00:00Z",
            "lifecycle": "deprecated" if self.deprecated else "active",
            "deprecated_at": "2026-09-01T00:00:00Z" if self.deprecated else None,
            "retires_at": "2027-03-01T00:00:00Z" if self.deprecated else None,
            "line": self.line,
            "max_input_tokens": self.context_tokens,
            "max_tokens": self.max_tokens,
            "capabilities": self._capabilities(),
        }

    def _capabilities(self) -> dict[str, Any]:
        yes, no = {"supported": True}, {"supported": False}
        efforts = yes if self.line != "haiku" else no
        return {
            "batch": yes,
            "citations": yes,
            "code_execution": yes,
            "context_management": {**yes, "clear_thinking_20251015": yes, "clear_tool_uses_20250919": yes},
            "effort": {**efforts, "low": efforts, "medium": efforts, "high": efforts, "max": efforts},
            "image_input": yes,
            "pdf_input": yes,
            "server_tools": {**yes, "code_execution": yes, "web_search": yes},
            "structured_outputs": yes,
            "thinking": {
                **yes,
                "types": {
                    "adaptive": no if self.budget_thinking else yes,
                    "between_tools": no,
                    "disabled": yes,
                    "enabled": yes if self.budget_thinking else no,
                },
            },
        }


CATALOGUE = (
    Model("claude-fable-5-2", "Claude Fable 5.2", "2026-10-28", 128_000),
    Model("claude-mythos-5-2", "Claude Mythos 5.2", "2026-10-28", 128_000),
    Model("claude-haiku-5-5", "Claude Haiku 5.5", "2026-10-14", 128_000),
    Model("claude-sonnet-5-5", "Claude Sonnet 5.5", "2026-09-30", 128_000),
    Model("claude-opus-5-5", "Claude Opus 5.5", "2026-09-15", 128_000, long_output=True),
    Model("claude-fable-5-1", "Claude Fable 5.1", "2026-09-02", 128_000),
    Model("claude-mythos-5-1", "Claude Mythos 5.1", "2026-09-02", 128_000),
    Model("claude-sonnet-5", "Claude Sonnet 5", "2026-07-21", 128_000, long_output=True),
    Model("claude-fable-5", "Claude Fable 5", "2026-07-02", 128_000),
    Model("claude-opus-5", "Claude Opus 5", "2026-06-25", 128_000, long_output=True),
    Model("claude-opus-4-8", "Claude Opus 4.8", "2026-05-19", 128_000, long_output=True),
    Model("claude-opus-4-7", "Claude Opus 4.7", "2026-04-14", 128_000, long_output=True),
    Model("claude-sonnet-4-6", "Claude Sonnet 4.6", "2026-02-17", 128_000, budget_thinking=True, long_output=True),
    Model("claude-opus-4-6", "Claude Opus 4.6", "2026-02-04", 128_000, budget_thinking=True, long_output=True),
    Model(
        "claude-opus-4-5-20251101",
        "Claude Opus 4.5",
        "2025-11-24",
        64_000,
        200_000,
        alias="claude-opus-4-5",
        budget_thinking=True,
    ),
    Model(
        "claude-haiku-4-5-20251001",
        "Claude Haiku 4.5",
        "2025-10-15",
        64_000,
        200_000,
        alias="claude-haiku-4-5",
        budget_thinking=True,
    ),
    Model(
        "claude-sonnet-4-5-20250929",
        "Claude Sonnet 4.5",
        "2025-09-29",
        64_000,
        200_000,
        alias="claude-sonnet-4-5",
        deprecated=True,
        budget_thinking=True,
    ),
)

BY_NAME = {name: model for model in CATALOGUE for name in (model.id, model.alias) if name is not None}
