"""What the service checks, in two stages: the batch as a whole at create, the params of each row later."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from batchtui.simulator.errors import ApiError, invalid
from batchtui.simulator.models import BY_NAME

CUSTOM_ID_PATTERN = "^[a-zA-Z0-9_-]{1,64}$"
SAMPLING_REMOVED = "2026-10-21"
VERSIONS = ("2023-01-01", "2023-06-01", SAMPLING_REMOVED)

_CUSTOM_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_SAMPLING = ("temperature", "top_p", "top_k")
_PARAMS = frozenset(
    (
        *("model", "messages", "max_tokens", "system", "metadata", "stop_sequences", "stream", "temperature"),
        *("top_k", "top_p", "thinking", "tools", "tool_choice", "output_config", "cache_control", "container"),
        *("context_management", "diagnostics", "inference_geo", "mcp_servers", "service_tier", "user_profile_id"),
    )
)


class RowError(NamedTuple):
    """Why one request cannot be answered: becomes an `errored` row, or a 400/404 of POST /v1/messages."""

    kind: str
    message: str


class Terms(NamedTuple):
    """What the create call fixed for every row: the API version and the betas of its headers."""

    version: str
    betas: frozenset[str]


def check_row(index: int, row: object, seen: set[str]) -> None:
    """Refuse the whole batch for a row that is not a custom_id and params; raises ApiError."""
    where = f"requests.{index}"
    if not isinstance(row, dict):
        raise invalid(f"{where}: Input should be a valid dictionary")
    custom_id = row.get("custom_id")
    if custom_id is None:
        raise invalid(f"{where}.custom_id: Field required")
    if not isinstance(custom_id, str):
        raise invalid(f"{where}.custom_id: Input should be a valid string")
    if not _CUSTOM_ID.fullmatch(custom_id):
        raise invalid(f"{where}.custom_id: String should match pattern '{CUSTOM_ID_PATTERN}'")
    if "params" not in row:
        raise invalid(f"{where}.params: Field required")
    if not isinstance(row["params"], dict):
        raise invalid(f"{where}.params: Input should be a valid dictionary")
    if len(row) > 2:
        extra = next(key for key in row if key not in {"custom_id", "params"})
        raise invalid(f"{where}.{extra}: Extra inputs are not permitted")
    if custom_id in seen:
        raise invalid(f"{where}.custom_id: custom_id must be unique within a batch, but '{custom_id}' is repeated")
    seen.add(custom_id)


def row_error(params: dict[str, Any], terms: Terms, *, in_batch: bool = True) -> RowError | None:
    """Return the first thing wrong with the params of one request, or None when it can be answered."""
    message = _shape_problem(params, terms, in_batch=in_batch)
    if message is not None:
        return _bad(message)
    model = BY_NAME.get(params["model"])
    if model is None:
        return RowError("not_found_error", f"model: {params['model']}")
    limit = model.output_limit(terms.betas)
    if params["max_tokens"] > limit:
        return _bad(
            f"max_tokens: {params['max_tokens']} > {limit}, which is the maximum allowed number of "
            f"output tokens for {model.id}"
        )
    problem = _messages_problem(params["messages"], terms) or _options_problem(params, terms, model.budget_thinking)
    return None if problem is None else _bad(problem)


def refuse_wrong_message(params: dict[str, Any], terms: Terms) -> None:
    """Refuse a single message for what would be an errored row in a batch; raises ApiError."""
    error = row_error(params, terms, in_batch=False)
    if error is not None:
        raise ApiError(404 if error.kind == "not_found_error" else 400, *error)


def _bad(message: str) -> RowError:
    return RowError("invalid_request_error", message)


def _shape_problem(params: dict[str, Any], terms: Terms, *, in_batch: bool) -> str | None:
    for name in ("model", "max_tokens", "messages"):
        if name not in params:
            return f"{name}: Field required"
    if not params.keys() <= _PARAMS:
        return f"{min(params.keys() - _PARAMS)}: Extra inputs are not permitted"
    if not isinstance(params["model"], str):
        return "model: Input should be a valid string"
    max_tokens = params["max_tokens"]
    if not isinstance(max_tokens, int) or isinstance(max_tokens, bool):
        return "max_tokens: Input should be a valid integer"
    if max_tokens < 1:
        return "max_tokens: must be greater than or equal to 1"
    if params.get("stream"):
        place = "a Message Batch" if in_batch else "the simulator"
        return f"stream: streaming is not supported in {place}"
    return _sampling_problem(params, terms)


def _sampling_problem(params: dict[str, Any], terms: Terms) -> str | None:
    for name in _SAMPLING:
        value = params.get(name)
        if name not in params:
            continue
        if terms.version >= SAMPLING_REMOVED:
            return f"{name}: this parameter is not supported by API version {terms.version}"
        if isinstance(value, bool) or not isinstance(value, int | float):
            return f"{name}: Input should be a valid number"
        if name != "top_k" and not 0 <= value <= 1:
            return f"{name}: range: 0..1"
    return None


def _messages_problem(messages: object, terms: Terms) -> str | None:
    if not isinstance(messages, list):
        return "messages: Input should be a valid list"
    if not messages:
        return "messages: at least one message is required"
    last = len(messages) - 1
    for index, message in enumerate(messages):
        if not isinstance(message, dict):
            return f"messages.{index}: Input should be a valid dictionary"
        role, content = message.get("role"), message.get("content")
        if role == "system":
            return (
                'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter, '
                'not "system" as an input message role.'
            )
        if role not in ("user", "assistant"):
            return f"messages.{index}.role: Input should be 'user' or 'assistant'"
        if not content and not (role == "assistant" and index == last and content is not None):
            if content is None:
                return f"messages.{index}.content: Field required"
            return (
                f"messages.{index}: all messages must have non-empty content except for the optional final "
                "assistant message"
            )
        problem = _content_problem(f"messages.{index}.content", role, content, terms)
        if problem is not None:
            return problem
    if messages[0]["role"] != "user":
        return 'messages: first message must use the "user" role'
    return None


def _content_problem(where: str, role: str, content: object, terms: Terms) -> str | None:
    if isinstance(content, str):
        return None
    if not isinstance(content, list):
        return f"{where}: Input should be a valid list"
    for index, block in enumerate(content):
        if not isinstance(block, dict) or not isinstance(block.get("type"), str):
            return f"{where}.{index}.type: Field required"
        if block["type"] == "text":
            if not isinstance(block.get("text"), str):
                return f"{where}.{index}.text: Field required"
            if not block["text"]:
                return f"{where}.{index}: text content blocks must be non-empty"
            if role == "user" and block.get("citations") and terms.version >= SAMPLING_REMOVED:
                return f"{where}.{index}.citations: not permitted in a user message"
        elif block["type"] == "document" and role == "assistant" and terms.version >= SAMPLING_REMOVED:
            return f"{where}.{index}: document blocks are not permitted in an assistant message"
    return None


def _options_problem(params: dict[str, Any], terms: Terms, budget_thinking: bool) -> str | None:
    system = params.get("system")
    return (
        (None if system is None else _content_problem("system", "system", system, terms))
        or _thinking_problem(params.get("thinking"), params["max_tokens"], budget_thinking)
        or _tools_problem(params.get("tools"), params.get("tool_choice"))
        or _layout_problem(params.get("output_config"))
    )


def _thinking_problem(thinking: object, max_tokens: int, budget_thinking: bool) -> str | None:
    if thinking is None:
        return None
    if not isinstance(thinking, dict):
        return "thinking: Input should be a valid dictionary"
    if thinking.get("type") != "enabled":
        return None
    budget = thinking.get("budget_tokens")
    if not budget_thinking:
        return 'thinking.type: "enabled" is not supported by this model. Use "adaptive".'
    if not isinstance(budget, int):
        return "thinking.enabled.budget_tokens: Field required"
    if budget < 1024:
        return "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024"
    if budget >= max_tokens:
        return "`max_tokens` must be greater than `thinking.budget_tokens`."
    return None


def _tools_problem(tools: object, choice: object) -> str | None:
    if not isinstance(tools, list | None):
        return "tools: Input should be a valid list"
    names = []
    for index, tool in enumerate(tools or ()):
        if not isinstance(tool, dict) or not isinstance(tool.get("name"), str):
            return f"tools.{index}.name: Field required"
        if "input_schema" in tool and not isinstance(tool["input_schema"], dict):
            return f"tools.{index}.input_schema: Input should be a valid dictionary"
        names.append(tool["name"])
    if not isinstance(choice, dict | None):
        return "tool_choice: Input should be a valid dictionary"
    if choice and choice.get("type") == "tool" and choice.get("name") not in names:
        return f"tool_choice.name: Tool '{choice.get('name')}' not found in provided tools"
    return None


def _layout_problem(config: object) -> str | None:
    if not isinstance(config, dict | None):
        return "output_config: Input should be a valid dictionary"
    layout = config.get("format") if config else None
    if layout is None:
        return None
    if not isinstance(layout, dict) or not isinstance(layout.get("schema"), dict):
        return "output_config.format.schema: Field required"
    return None
