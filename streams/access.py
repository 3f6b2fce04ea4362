"""Who may do what: keys with scopes, stored hashed; signed sessions for browsers; guards for routes.

A key is bound to one party. A feeder's key bears one source: it sends and sees only that source's facts. An officer's
key may be bound to issuing states, and then sends only if it is bound to a source too. No scope includes another; a
key may carry several.

    feed      send deliveries, reports and incidents of one source; read their receipts
    officer   send licenses, decisions, judgments and names too; read alerts with probability, prior and grades
    staff     read the boards: words and counts only
    admin     send anything but ticks, policies among it

A token is 256 random bits, shown once, when it is made. Because it cannot be guessed, one round of a keyed hash with
its own salt is enough to keep it (a slow hash guards passwords, which people choose). What is on disk opens nothing.
A browser gets a signed cookie instead, which names the key, ends by itself, and dies with the key. The name of a key is
an office or a program, never a person; it stands beside each fact in the log as the one who sent it.
"""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import fcntl
import hashlib
import hmac
import os
import re
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

import msgspec
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler
from litestar.types import Guard

from streams.errors import Stop

Scope = Literal["feed", "officer", "staff", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)

COOKIE = "pledgewatch-session"
"""Name of the session's cookie."""
SESSION_LENGTH = dt.timedelta(hours=10)
"""A working day: who comes back the next morning enters the key again."""

_TOKEN = re.compile(r"^pw_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$")
_SOURCE = re.compile(r"^[a-z0-9][a-z0-9.-]{0,59}$")
_STATE = re.compile(r"^[A-Z]{2}$")
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_NOBODY = "0" * 64


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """What one key may do."""

    name: str
    """Office or program that holds the key; never a person."""
    source: str | None = None
    """The one source whose facts it sends and sees; `None`: not bound to one."""
    scopes: frozenset[Scope] = frozenset()
    states: frozenset[str] = frozenset()
    """Issuing states whose licenses it sees [ISO 3166-1 alpha-2]; empty: all."""
    licenses: tuple[str, ...] = ()
    """Licenses that the party may report on: `source:id`, or `source:*` for all of a register, or `*`."""
    key_id: str = ""
    """The public part of the key."""

    def may(self, *scopes: Scope) -> bool:
        """Whether it carries one of `scopes`."""
        return not self.scopes.isdisjoint(scopes)

    def sees_state(self, state: str) -> bool:
        """Whether licenses of the issuing state are its business."""
        return not self.states or state in self.states


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A key as it is stored: nothing in it opens anything."""

    id: str
    name: str
    salt: str
    hash: str
    made_at: dt.datetime
    scopes: tuple[Scope, ...]
    source: str | None = None
    states: tuple[str, ...] = ()
    licenses: tuple[str, ...] = ()

    def access(self) -> Access:
        return Access(
            name=self.name, source=self.source, scopes=frozenset(self.scopes), states=frozenset(self.states),
            licenses=self.licenses, key_id=self.id,
        )  # fmt: skip


class _Ring(msgspec.Struct, frozen=True, kw_only=True):
    """The file of keys."""

    session_secret: str = ""
    keys: tuple[_Kept, ...] = ()


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Keys:
    """The keys in the file at `path`, made when the first one is added. Safe for threads and for several processes.

    A key added or taken away by another process counts from the next request on. Raises `Stop` when the file cannot be
    read, is damaged, or is open to other users of the machine.
    """

    def __init__(self, path: Path, *, clock: Callable[[], dt.datetime] = _now) -> None:
        self.path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: tuple[int, int, int] | None = None
        self._ring = _Ring()
        self._current()

    def add(
        self,
        name: str,
        scopes: Iterable[Scope],
        *,
        source: str | None = None,
        states: Iterable[str] = (),
        licenses: Iterable[str] = (),
    ) -> str:
        """Make a key and return its token, which is not kept; raises `Stop` for what no key can be."""
        kept, token = _made(name, tuple(scopes), source, tuple(states), tuple(licenses), self._clock())
        with self._changing() as ring:
            if any(known.name == name for known in ring.keys):
                raise Stop(f"There is a key named {name!r} already; take it away first, or choose another name")
            self._write(msgspec.structs.replace(ring, keys=(*ring.keys, kept)))
        return token

    def remove(self, name: str) -> bool:
        """Take the key called `name` away, and its sessions; whether there was one."""
        with self._changing() as ring:
            left = tuple(known for known in ring.keys if known.name != name)
            if len(left) != len(ring.keys):
                self._write(msgspec.structs.replace(ring, keys=left))
            return len(left) != len(ring.keys)

    def all(self) -> tuple[Access, ...]:
        """What each key may do, by name."""
        return tuple(sorted((kept.access() for kept in self._current().keys), key=lambda access: access.name))

    def check(self, token: str) -> Access | None:
        """What the bearer of `token` may do; `None` for a token that is not, or no longer, a key's."""
        match = _TOKEN.match(token)
        kept = self._by_id(match[1]) if match else None
        secret = match[2] if match else ""
        salt, wanted = (kept.salt, kept.hash) if kept else ("00" * 16, _NOBODY)
        # Also computed for a key that does not exist, so that the time taken tells nothing.
        same = hmac.compare_digest(_digest(secret, salt), wanted)
        return kept.access() if kept and same else None

    # -- sessions -------------------------------------------------------------------------------------------------

    def open_session(self, token: str) -> str | None:
        """The value of a session's cookie for the bearer of `token`, or `None`."""
        access = self.check(token)
        if access is None:
            return None
        ends = int((self._clock() + SESSION_LENGTH).timestamp())
        said = f"{access.key_id}.{ends}"
        return f"{said}.{self._sign(said)}"

    def check_session(self, value: str) -> Access | None:
        """What the holder of this cookie may do; `None` if it is forged, over, or its key is gone."""
        said, _, signature = value.rpartition(".")
        key_id, _, ends = said.partition(".")
        if not hmac.compare_digest(self._sign(said).encode(), signature.encode("utf-8", "surrogateescape")):
            return None
        kept = self._by_id(key_id)
        return kept.access() if kept and self._clock().timestamp() < int(ends) else None

    def session_cookie(self, token: str, *, secure: bool = False) -> Cookie | None:
        """The cookie to set for the bearer of `token`, or `None`; `secure` where the page came over TLS."""
        value = self.open_session(token)
        if value is None:
            return None
        seconds = int(SESSION_LENGTH.total_seconds())
        return Cookie(
            key=COOKIE, value=value, max_age=seconds, path="/", httponly=True, samesite="strict", secure=secure
        )

    # -- inside ---------------------------------------------------------------------------------------------------

    def _sign(self, said: str) -> str:
        secret = self._current().session_secret
        signature = hmac.digest(secret.encode() or secrets.token_bytes(32), b"session\0" + said.encode(), "sha256")
        return base64.urlsafe_b64encode(signature).decode().rstrip("=")

    def _by_id(self, key_id: str) -> _Kept | None:
        return next((kept for kept in self._current().keys if kept.id == key_id), None)

    def _current(self) -> _Ring:
        """The file as it is now, read again only when it has changed."""
        with self._lock:
            try:
                status = self.path.stat()
            except FileNotFoundError:
                self._seen, self._ring = None, _Ring()
                return self._ring
            seen = (status.st_mtime_ns, status.st_ino, status.st_size)
            if seen != self._seen:
                self._ring, self._seen = _read(self.path, status.st_mode), seen
            return self._ring

    @contextlib.contextmanager
    def _changing(self) -> Iterator[_Ring]:
        """The file as it is, with every other writer held off."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        held = os.open(self.path.with_name(self.path.name + ".lock"), os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield self._current()
        finally:
            os.close(held)

    def _write(self, ring: _Ring) -> None:
        if not ring.session_secret:
            ring = msgspec.structs.replace(ring, session_secret=secrets.token_hex(32))
        _replace_file(self.path, msgspec.json.format(msgspec.json.encode(ring), indent=1) + b"\n")


def _digest(secret: str, salt: str) -> str:
    return hashlib.blake2b(
        secret.encode(), key=bytes.fromhex(salt), digest_size=32, person=b"pledgewatch key"
    ).hexdigest()


def _made(
    name: str,
    scopes: tuple[Scope, ...],
    source: str | None,
    states: tuple[str, ...],
    licenses: tuple[str, ...],
    now: dt.datetime,
) -> tuple[_Kept, str]:
    """A checked new key and its token."""
    if not name.strip():
        raise Stop("A key's name is empty; expected the office or program that holds it")
    if unknown := [scope for scope in scopes if scope not in SCOPES]:
        raise Stop(f"{unknown[0]!r} is not a scope; expected one of {', '.join(SCOPES)}")
    if not scopes:
        raise Stop(f"The key {name!r} has no scope; expected at least one of {', '.join(SCOPES)}")
    if "feed" in scopes and not {"officer", "admin"} & set(scopes) and source is None:
        raise Stop(f"The key {name!r} has scope feed and no source; a feeder's key is bound to one source")
    if source is not None and not _SOURCE.match(source):
        raise Stop(f"{source!r} is not a source's key; expected lower case letters, digits, dots and dashes")
    if wrong := [state for state in states if not _STATE.match(state)]:
        raise Stop(f"{wrong[0]!r} is not a state; expected an ISO 3166-1 alpha-2 code, as in XA")
    key_id, secret, salt = secrets.token_hex(6), secrets.token_urlsafe(32), secrets.token_hex(16)
    kept = _Kept(
        id=key_id, name=name, salt=salt, hash=_digest(secret, salt), made_at=now, scopes=tuple(sorted(set(scopes))),
        source=source, states=tuple(sorted(set(states))), licenses=licenses,
    )  # fmt: skip
    return kept, f"pw_{key_id}_{secret}"


def _read(path: Path, mode: int) -> _Ring:
    if mode & 0o077:
        raise Stop(f"The file of keys {path} is open to other users (mode {mode & 0o777:03o}); expected 600: chmod 600")
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Ring)
    except (OSError, msgspec.DecodeError) as error:
        raise Stop(f"The file of keys {path} cannot be read: {error}") from error


def _replace_file(path: Path, text: bytes) -> None:
    """Write `path` anew, whole or not at all, for this user only."""
    beside = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    handle = os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


# -- in a request ---------------------------------------------------------------------------------------------------

Connection = ASGIConnection[Any, Any, Any, Any]


def keys_of(connection: Connection) -> Keys:
    """The keys of the running app, which carries them in its state as `keys`."""
    keys = connection.app.state.get("keys")
    if not isinstance(keys, Keys):
        raise Stop("The HTTP app was assembled without keys; expected `state=State({'keys': Keys(path)})`")
    return keys


def access_of(connection: Connection) -> Access | None:
    """What this request may do, by `Authorization: Bearer` or by the session's cookie; `None`: nobody is known.

    A wrong token is nobody, even beside a good cookie. A cookie counts for a change only if the page that asks is
    ours: `SameSite=Strict` keeps other sites out, but not another port of the same host.
    """
    keys = keys_of(connection)
    header = connection.headers.get("authorization")
    if header is not None:
        scheme, _, token = header.partition(" ")
        return keys.check(token.strip()) if scheme.lower() == "bearer" else None
    cookie = connection.cookies.get(COOKIE)
    if not cookie or not _from_our_page(connection):
        return None
    return keys.check_session(cookie)


def _from_our_page(connection: Connection) -> bool:
    if connection.scope.get("method") in _SAFE:
        return True
    origin = connection.headers.get("origin")
    if origin is not None:
        return urlsplit(origin).netloc == connection.headers.get("host")
    return connection.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")


def required_access(connection: Connection) -> Access:
    """What this request may do; raises `NotAuthorizedException` (401) when nobody is known."""
    access = access_of(connection)
    if access is None:
        raise NotAuthorizedException(
            "No key, or one that is not known here; expected `Authorization: Bearer <key>`",
            headers={"WWW-Authenticate": 'Bearer realm="pledgewatch"'},
        )
    return access


def needs(*scopes: Scope) -> Guard:
    """A guard: a known key (401 without) that carries one of `scopes` (403 without)."""

    def guard(connection: Connection, _: BaseRouteHandler) -> None:
        access = required_access(connection)
        if not access.may(*scopes):
            held = ", ".join(sorted(access.scopes))
            raise PermissionDeniedException(f"This key has scope {held}; expected {' or '.join(scopes)}")

    return guard
