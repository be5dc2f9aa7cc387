"""The API key: where it is found, and the keyring of the operating system where it is kept.

Looked for in this order: `ANTHROPIC_API_KEY`, the keyring entry of the profile, then the places of the Anthropic
SDK, which only the SDK itself can search. All calls block, for long if the keyring asks the user something.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NoReturn

from batchtui.domain.errors import InputError, KeyringError, NoKeyError

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "batchtui"
KEY_VARIABLE = "ANTHROPIC_API_KEY"

_WAY_OUT = f"Or set {KEY_VARIABLE}, which needs no keyring."
_PREFIX = "sk-ant-"
_MAX_CHARS = 1_000
_SHOWN_CHARS = 4
_SHOWN_FROM_CHARS = 20
_UNSAFE_MODULES = ("keyrings.alt", "keyring.backends.null", "keyring.backends.fail")
"""Keyrings that store in plain text or under a password they know, that forget, and the one that is none."""

Source = Literal["environment", "keyring", "sdk"]


class Key:
    """An API key that shows itself only when asked by name.

    White space around it is dropped. Raises InputError, which does not repeat it, for what cannot be a key.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        text = text.strip()
        if not text:
            raise InputError("The key is empty.", todo="Paste the whole key, as the Console shows it once.")
        if len(text) > _MAX_CHARS or not all("!" <= char <= "~" for char in text):
            raise InputError(
                "That is no key: it is too long, or holds spaces, line breaks or letters that are not ASCII.",
                todo="Paste the key alone, as the Console shows it once.",
            )
        self._text = text

    def reveal(self) -> str:
        """Return the key itself."""
        return self._text

    def __str__(self) -> str:
        """Return the key masked: its kind, and its last four characters if it is long enough to spare them."""
        head = _PREFIX if self._text.startswith(_PREFIX) else ""
        tail = self._text[-_SHOWN_CHARS:] if len(self._text) >= _SHOWN_FROM_CHARS else ""
        return f"{head}…{tail}"

    def __repr__(self) -> str:
        return f"Key({self})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Key) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is not written anywhere")


@dataclass(frozen=True, slots=True)
class FoundKey:
    """The key to use and where it came from.

    `key` is None exactly when `source` is `sdk`: then the SDK looks in its own places, and may find nothing. `note`
    says why the keyring could not be asked, if so.
    """

    key: Key | None
    source: Source
    note: str = ""


@dataclass(frozen=True, slots=True)
class KeyStatus:
    """Which keys there are; the one in the environment goes first. `problem` says why the keyring is of no use."""

    in_environment: Key | None
    in_keyring: Key | None
    keyring_name: str
    problem: str = ""


class _NoKeyringError(KeyringError):
    """There is no keyring, or none that is safe."""


def find_key(profile: str, environ: Mapping[str, str]) -> FoundKey:
    """Return the key of a profile.

    A machine without a keyring is no error here, for the SDK may have a login. Raises KeyringError if there is a
    keyring and it does not answer, InputError if what is in the environment cannot be a key.
    """
    if key := _key_in(environ):
        return FoundKey(key, "environment")
    try:
        key = _stored_key(profile)
    except _NoKeyringError as error:
        return FoundKey(None, "sdk", error.what)
    return FoundKey(key, "keyring") if key else FoundKey(None, "sdk")


def save_key(profile: str, key: Key) -> None:
    """Keep the key of a profile in the keyring, in place of the one that is there. Raises KeyringError."""
    backend = _backend()
    with _keyring_errors("save the key"):
        backend.set_password(SERVICE, profile, key.reveal())
        kept = backend.get_password(SERVICE, profile)
    if kept != key.reveal():
        raise KeyringError(f"The keyring ({backend.name}) took the key and did not keep it.", todo=_WAY_OUT)


def delete_key(profile: str) -> None:
    """Remove the key of a profile from the keyring. Raises NoKeyError if there is none, KeyringError otherwise."""
    if _stored_key(profile) is None:
        raise NoKeyError(f"The keyring holds no key for the profile {profile!r}.", unharmed="Nothing was changed.")
    with _keyring_errors("delete the key"):
        _backend().delete_password(SERVICE, profile)


def hook_secret(hook: str, variable: str, environ: Mapping[str, str]) -> str | None:
    """Return the secret a hook signs with: from the variable named, or the keyring entry `hook:NAME`.

    None if there is none. Raises KeyringError if there is a keyring and it does not answer.
    """
    if variable:
        return environ.get(variable) or None
    try:
        stored = _stored_key(f"hook:{hook}")
    except _NoKeyringError:
        return None
    return None if stored is None else stored.reveal()


def key_status(profile: str, environ: Mapping[str, str]) -> KeyStatus:
    """Return which keys there are for a profile; a keyring that cannot be used is part of the answer."""
    in_environment = _key_in(environ)
    try:
        return KeyStatus(in_environment, _stored_key(profile), _backend().name)
    except KeyringError as error:
        return KeyStatus(in_environment, None, "", str(error))


def sdk_login(environ: Mapping[str, str]) -> str:
    """Return in a few words what the SDK finds where there is no key, empty if nothing.

    It looks where the SDK does and imports nothing; whether it is still good only a call can tell. Blocks no longer
    than a look into a directory.
    """
    if environ.get("ANTHROPIC_AUTH_TOKEN"):
        return "ANTHROPIC_AUTH_TOKEN"
    directory = Path(environ.get("ANTHROPIC_CONFIG_DIR") or "~/.config/anthropic").expanduser()
    named = environ.get("ANTHROPIC_PROFILE")
    try:
        if not named:
            federated = environ.get("ANTHROPIC_FEDERATION_RULE_ID") and environ.get("ANTHROPIC_ORGANIZATION_ID")
            if federated and any(map(environ.get, ("ANTHROPIC_IDENTITY_TOKEN", "ANTHROPIC_IDENTITY_TOKEN_FILE"))):
                return "a workload identity of the environment"
            active = directory / "active_config"
            named = (active.read_text(encoding="utf-8").strip() if active.is_file() else "") or "default"
        is_there = "/" not in named and (directory / "configs" / f"{named}.json").is_file()
    except (OSError, ValueError):
        return ""
    return f"the login {named} of `ant auth login`" if is_there else ""


def _key_in(environ: Mapping[str, str]) -> Key | None:
    text = environ.get(KEY_VARIABLE, "").strip()
    if not text:
        return None
    try:
        return Key(text)
    except InputError as error:
        raise InputError(
            f"{KEY_VARIABLE} does not hold a key. {error.what}", todo="Set it again, or unset it."
        ) from None


def _stored_key(profile: str) -> Key | None:
    backend = _backend()
    with _keyring_errors("read the key"):
        text = backend.get_password(SERVICE, profile)
    return Key(text) if text and text.strip() else None


def _backend() -> KeyringBackend:
    """Return the keyring of this machine; raises KeyringError if there is none that keeps a secret."""
    import keyring
    from keyring.backends.chainer import ChainerBackend

    with _keyring_errors("open the keyring"):
        chosen = keyring.get_keyring()
        backends = list(chosen.backends) if isinstance(chosen, ChainerBackend) else [chosen]
    safe = [backend for backend in backends if not type(backend).__module__.startswith(_UNSAFE_MODULES)]
    if safe:
        return safe[0]
    unsafe = [backend for backend in backends if not type(backend).__module__.endswith(".fail")]
    if unsafe:
        raise _NoKeyringError(
            f"The only keyring here ({unsafe[0].name}) does not keep secrets safe, so it is not used.",
            unharmed="No key was written.",
            todo=f"Set up the keyring of your desktop or system. {_WAY_OUT}",
        )
    raise _NoKeyringError(
        "This machine has no keyring that can be reached.",
        unharmed="No key was written.",
        todo=f"Log in to a desktop session, or start a Secret Service such as gnome-keyring. {_WAY_OUT}",
    )


@contextmanager
def _keyring_errors(doing: str) -> Iterator[None]:
    """Raise a KeyringError for whatever the keyring's own libraries raise."""
    import keyring.errors

    try:
        yield
    except keyring.errors.KeyringLocked:
        raise KeyringError(
            f"Could not {doing}: the keyring is locked.",
            unharmed="What it holds is untouched.",
            todo=f"Unlock it, or answer its question, and try again. {_WAY_OUT}",
        ) from None
    except _library_errors() as error:
        raise KeyringError(
            f"Could not {doing}: the keyring does not answer ({type(error).__name__}: {error}).",
            unharmed="What it holds is untouched.",
            todo=f"Check that it runs and that this session may use it. {_WAY_OUT}",
        ) from error


def _library_errors() -> tuple[type[Exception], ...]:
    """Return what keyring raises, and what its Secret Service backend lets through from the libraries below it."""
    import keyring.errors

    errors: list[type[Exception]] = [keyring.errors.KeyringError, OSError]
    for module, name in (("secretstorage", "SecretStorageException"), ("jeepney", "DBusErrorResponse")):
        if module in sys.modules:
            errors.append(getattr(sys.modules[module], name))
    return tuple(errors)
