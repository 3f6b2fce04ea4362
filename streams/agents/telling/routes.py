"""Who is told what: channels and routes, in one TOML file.

    [house]              who speaks, and where the pages are
    [telling]            how long to wait for a newer word, what counts as history
    [channels.NAME]      kind = "mailbox" | "smtp" | "webhook"; how far it may hear (`tlp`, `use`), when it is quiet
    [[routes]]           issuing states, destinations, exporters and lowest band -> channels

An absent list means "all". Every fault raises `Stop` with the file, the place, the value and what was expected.
"""

from __future__ import annotations

import datetime as dt
import tomllib
import zoneinfo
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, TypeVar, get_args

import msgspec
from msgspec import Meta

from schemas.alert import Alert
from schemas.vocabulary import Band, Tlp
from streams.agents.telling.told import rank
from streams.agents.telling.transitions import Hearing
from streams.errors import Stop

CountryCode = Annotated[str, Meta(pattern=r"^[A-Z]{2}$")]
ChannelName = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,40}$")]
Address = Annotated[str, Meta(pattern=r"^[^@\s<>,;:\"]+@[A-Za-z0-9.-]+$", max_length=200)]
Seconds = Annotated[float, Meta(gt=0, le=600)]
RoutedUse = Literal["officer", "partners", "exporter"]
"""Whom a channel speaks to. What goes to an end user or is published is written by an officer, never sent from here."""
MailedBand = Literal["watch", "review", "alert", "urgent"]

TLPS: tuple[Tlp, ...] = get_args(Tlp)


class Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of what stands in the file: an unknown word is a fault."""


class House(Strict, frozen=True, kw_only=True):
    """Who speaks."""

    name: Annotated[str, Meta(min_length=1, max_length=200)] = "Licensing authority"
    pages: Annotated[str, Meta(pattern=r"^https?://[^\s]+$")] = "http://127.0.0.1:8460"
    """Where the pages are; a link to `/alerts/ID` there is where one answers."""
    mail_domain: Annotated[str, Meta(pattern=r"^[a-z0-9.-]+$")] = "pledgewatch.invalid"
    """Right half of Message-IDs; changed, a mailbox no longer recognizes repeats."""


class Pace(Strict, frozen=True, kw_only=True):
    """How long to wait before speaking, and what is history."""

    settle_seconds: Annotated[float, Meta(ge=0, le=3600)] = 5.0
    """Quiet time after the last word on a clause of a license."""
    settle_at_most_seconds: Annotated[float, Meta(ge=0, le=86_400)] = 60.0
    """After this long it is told, quiet or not."""
    history_days: Annotated[int, Meta(ge=0, le=36_525)] = 60
    """What was first known longer ago opens in a digest."""
    burst: Annotated[int, Meta(ge=1, le=10_000)] = 12
    """More notices than this at once go as one digest for each kind of step."""


class Quiet(Strict, frozen=True, kw_only=True):
    """Hours in which a channel only hears what is pressing."""

    start: dt.time = dt.time(20, 0)
    end: dt.time = dt.time(7, 0)
    zone: str = "UTC"
    weekends: bool = False
    """Whether Saturday and Sunday are quiet all day."""
    broken_by: Band = "urgent"
    """Band from which it is told all the same."""

    def holds(self, now: dt.datetime, band: Band) -> bool:
        """Whether a notice of this band waits at this moment."""
        if rank(band) >= rank(self.broken_by):
            return False
        local = now.astimezone(zoneinfo.ZoneInfo(self.zone))
        clock = local.time()
        overnight = self.start > self.end
        within = clock >= self.start or clock < self.end if overnight else self.start <= clock < self.end
        return within or (self.weekends and local.weekday() >= 5)


class Channel(Strict, frozen=True, kw_only=True, tag_field="kind"):
    """What all channels have: how far they may hear."""

    name: ChannelName
    tlp: Tlp = "AMBER"
    use: RoutedUse = "officer"
    quiet: Quiet | None = None


class Mailbox(Channel, frozen=True, kw_only=True, tag="mailbox"):
    """A file on this machine that any mail program opens."""

    path: Path
    form: Literal["mbox", "maildir"] = "mbox"
    to: tuple[str, ...] = ()
    """For the `To` line; empty: the responsible officers of the licenses told of."""


class Smtp(Channel, frozen=True, kw_only=True, tag="smtp"):
    """A mail server."""

    host: Annotated[str, Meta(min_length=1, max_length=253)]
    port: Annotated[int, Meta(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    authorities: Path | None = None
    """File of certificate authorities to trust instead of the system's."""
    user: str = ""
    password_file: Path | None = None
    sender: Address
    to: Annotated[tuple[Address, ...], Meta(min_length=1, max_length=50)]
    timeout_seconds: Seconds = 30.0


class Webhook(Channel, frozen=True, kw_only=True, tag="webhook"):
    """An address that takes signed JSON."""

    url: Annotated[str, Meta(pattern=r"^https?://[^\s/@]+(/\S*)?$", max_length=2000)]
    secret_file: Path
    """One secret a line (`whsec_…`); with several, a message is signed with each, so that secrets can be changed."""
    allow_private: bool = False
    """Whether a private, loopback or link-local address, and plain http, will do."""
    timeout_seconds: Seconds = 15.0


AnyChannel = Mailbox | Smtp | Webhook


class Route(Strict, frozen=True, kw_only=True):
    """Which alerts go to which channels."""

    channels: Annotated[tuple[ChannelName, ...], Meta(min_length=1)]
    issuing_states: tuple[CountryCode, ...] = ()
    destinations: tuple[CountryCode, ...] = ()
    exporters: tuple[str, ...] = ()
    from_band: MailedBand = "review"

    def covers(self, alert: Alert) -> bool:
        """Whether this route is about the alert, whatever its band."""
        return (
            alert.license is not None
            and _within(alert.license.issuing_state, self.issuing_states)
            and _within(alert.destination, self.destinations)
            and _within(alert.license.exporter, self.exporters)
        )


def _within(value: str, listed: tuple[str, ...]) -> bool:
    return not listed or value in listed


class Routes(msgspec.Struct, frozen=True, kw_only=True):
    """The whole file."""

    house: House = House()
    pace: Pace = Pace()
    channels: Mapping[str, AnyChannel] = {}
    routes: tuple[Route, ...] = ()

    def hearing(self, channel: AnyChannel, alert: Alert, today: dt.date | None) -> Hearing:
        """What this channel may hear of the alert today: route, TLP, use and embargo."""
        floors: list[Band] = [route.from_band for route in self._covering(channel, alert)]
        return Hearing(
            describable=not self.why_not(channel, alert, today), floor=min(floors, key=rank, default="review")
        )

    def why_not(self, channel: AnyChannel, alert: Alert, today: dt.date | None) -> str:
        """Why the alert may not be described on this channel today; empty where it may."""
        if not self._covering(channel, alert):
            return "no route leads from it to this channel"
        return kept_by(alert, channel, today)

    def _covering(self, channel: AnyChannel, alert: Alert) -> list[Route]:
        return [route for route in self.routes if channel.name in route.channels and route.covers(alert)]


def kept_by(alert: Alert, channel: Channel, today: dt.date | None) -> str:
    """What of TLP, use and embargo keeps the alert's content from this channel; empty: nothing.

    An unknown day keeps an embargo.
    """
    if TLPS.index(alert.tlp) > TLPS.index(channel.tlp):
        return f"it is TLP:{alert.tlp}, and the channel may hear up to TLP:{channel.tlp}"
    if channel.use not in alert.may_use_for:
        return f"what it rests on may not be used for {channel.use}"
    if alert.embargo_until is not None and (today is None or today < alert.embargo_until):
        return f"it is under an embargo until {alert.embargo_until}"
    return ""


def default_routes(mailbox: Path, house: House | None = None) -> Routes:
    """For one machine without a server: everything to a mailbox file for the responsible officer."""
    officers = Mailbox(name="officers", path=mailbox / "officers.mbox", tlp="RED")
    return Routes(house=house or House(), channels={"officers": officers}, routes=(Route(channels=("officers",)),))


def routes_at(home: Path, house: House) -> Routes:
    """`routes.toml` in the home folder where there is one, else the default; raises `Stop`."""
    path = home / "routes.toml"
    return read_routes(path) if path.exists() else default_routes(home / "mailbox", house)


def read_routes(path: Path) -> Routes:
    """The routes in the file; relative paths in it are relative to its folder. Raises `Stop`."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise Stop(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Stop(f"{path}: is not UTF-8 at byte {error.start}") from error
    return parse_routes(text, name=str(path), folder=path.parent)


def parse_routes(text: str, *, name: str = "routes.toml", folder: Path = Path()) -> Routes:
    """The routes in a TOML text; raises `Stop` that names the place, the value and what was expected."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Stop(f"{name}: is not TOML: {error}") from error
    unknown = sorted(set(table) - {"house", "telling", "channels", "routes"})
    if unknown:
        raise Stop(f"{name}: found [{unknown[0]}], expected [house], [telling], [channels.NAME] or [[routes]]")
    routes = Routes(
        house=_read(table.get("house", {}), House, f"{name}: house"),
        pace=_read(table.get("telling", {}), Pace, f"{name}: telling"),
        channels=_channels(table.get("channels", {}), name, folder),
        routes=_route_list(table.get("routes", []), name),
    )
    _check_together(routes, name)
    return routes


T = TypeVar("T")


def _read(value: object, kind: type[T], where: str) -> T:
    try:
        return msgspec.convert(value, kind, builtin_types=(dt.time, dt.date, dt.datetime), dec_hook=_path)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
        place = where + (path.rstrip("`") if path else "")
        raise Stop(f"{place}: {message}{_found(value, path)}") from error


def _path(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str) and value:
        return Path(value)
    raise ValueError(f"Expected `{kind.__name__.lower()}`, got `{type(value).__name__}`")


def _found(value: object, path: str) -> str:
    """The value at a simple path, quoted; secrets stand in files, never here."""
    for step in path.rstrip("`").replace("[", ".").replace("]", "").split("."):
        if not step:
            continue
        try:
            value = value[int(step)] if isinstance(value, list) else value[step]  # type: ignore[index]
        except (KeyError, ValueError, IndexError, TypeError):
            return ""
    return f"; found {value!r}" if path and not isinstance(value, dict) else ""


def _channels(table: object, name: str, folder: Path) -> dict[str, AnyChannel]:
    if not isinstance(table, dict):
        raise Stop(f"{name}: channels is {table!r}, expected tables [channels.NAME]")
    channels: dict[str, AnyChannel] = {}
    for key, body in table.items():
        where = f"{name}: channels.{key}"
        if not isinstance(body, dict):
            raise Stop(f"{where} is {body!r}, expected a table")
        if body.get("kind") not in ("mailbox", "smtp", "webhook"):
            raise Stop(f"{where}.kind: found {body.get('kind')!r}, expected 'mailbox', 'smtp' or 'webhook'")
        if "name" in body:
            raise Stop(f"{where}.name: found {body['name']!r}, expected none: the table's own name is the name")
        channels[key] = _placed(_read({"name": key, **body}, AnyChannel, where), folder)  # type: ignore[arg-type]
    return channels


def _placed(channel: AnyChannel, folder: Path) -> AnyChannel:
    """The channel with its paths relative to the file's folder."""
    changes = {
        field: folder / value
        for field in ("path", "password_file", "secret_file", "authorities")
        if isinstance(value := getattr(channel, field, None), Path)
    }
    return msgspec.structs.replace(channel, **changes)


def _route_list(table: object, name: str) -> tuple[Route, ...]:
    if not isinstance(table, list):
        raise Stop(f"{name}: routes is {table!r}, expected tables [[routes]]")
    return tuple(_read(body, Route, f"{name}: routes[{place}]") for place, body in enumerate(table))


def _check_together(routes: Routes, name: str) -> None:
    for place, route in enumerate(routes.routes):
        for channel in route.channels:
            if channel not in routes.channels:
                known = ", ".join(sorted(routes.channels)) or "none"
                raise Stop(f"{name}: routes[{place}].channels: found {channel!r}, expected one of: {known}")
    for channel_name, body in routes.channels.items():
        _check_channel(body, f"{name}: channels.{channel_name}")
        if body.use == "exporter":
            _check_one_exporter(channel_name, routes, name)


def _check_one_exporter(channel: str, routes: Routes, name: str) -> None:
    lists = [route.exporters for route in routes.routes if channel in route.channels]
    if any(not exporters for exporters in lists) or len({e for exporters in lists for e in exporters}) > 1:
        raise Stop(
            f"{name}: channels.{channel}.use: found 'exporter' with routes for {lists!r}, expected the same single "
            "exporter in each of its routes: exporters are not named to each other"
        )


def _check_channel(channel: AnyChannel, where: str) -> None:
    if channel.quiet is not None:
        try:
            zoneinfo.ZoneInfo(channel.quiet.zone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
            expected = "a name of the time zone database, such as 'UTC' or 'Europe/Bern'"
            raise Stop(f"{where}.quiet.zone: found {channel.quiet.zone!r}, expected {expected}") from error
    if isinstance(channel, Smtp) and bool(channel.user) != (channel.password_file is not None):
        raise Stop(f"{where}: user and password_file belong together; found only one of them")
    if isinstance(channel, Smtp) and channel.user and channel.security == "none":
        raise Stop(
            f"{where}.security: found 'none', expected 'starttls' or 'tls', because a password would go in the clear"
        )
    if isinstance(channel, Webhook) and channel.url.startswith("http:") and not channel.allow_private:
        raise Stop(f"{where}.url: found {channel.url!r}, expected https (or allow_private = true on a closed network)")
