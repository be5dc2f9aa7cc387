"""What is remembered: an SQLite index over files that hold the exact request and result lines."""

from batchtui.store.batches import Change
from batchtui.store.intents import Draft, NewJob
from batchtui.store.store import Store

__all__ = ["Change", "Draft", "NewJob", "Store"]
