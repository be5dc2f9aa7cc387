"""Refusals, in the service's envelope."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """A request that is refused as a whole: becomes an HTTP reply with the error envelope."""

    def __init__(self, status: int, kind: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.message = message
        self.headers = headers or {}


def envelope(kind: str, message: str, request_id: str | None, **extra: object) -> dict[str, Any]:
    """Return the error object of every reply and of every errored row; `extra` goes beside the inner type."""
    return {"type": "error", "error": {**extra, "type": kind, "message": message}, "request_id": request_id}


def invalid(message: str) -> ApiError:
    """Return a 400 that names the wrong part of the request."""
    return ApiError(400, "invalid_request_error", message)


def not_found(message: str) -> ApiError:
    """Return a 404."""
    return ApiError(404, "not_found_error", message)
