"""Which models a server has, asked once a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from batchtui.api.gateway import Gateway
from batchtui.domain.errors import ApiError
from batchtui.domain.model import ModelList
from batchtui.store import Store

FRESH = timedelta(days=1)


class ModelLists:
    """The models of the profile's server: what it listed last, else what is known without it."""

    def __init__(self, store: Store, gateway: Gateway) -> None:
        self._store = store
        self._gateway = gateway
        self._asked_at: datetime | None = None

    def known(self) -> ModelList:
        """Return the models without asking anybody."""
        return self._store.models.known(self._gateway.base_url)

    async def refresh(self) -> None:
        """Ask the server if its list is more than a day old; one that has no list is left alone for as long."""
        now = datetime.now(UTC)
        asked_at = self._asked_at or self.known().as_of
        if asked_at is not None and now - asked_at < FRESH:
            return
        self._asked_at = now
        try:
            models = await self._gateway.list_models()
        except ApiError:
            return
        if models:
            await self._store.models.save(self._gateway.base_url, models)
