"""The address of a log, as `--broker` takes it.

    embedded:///folder/log.sqlite?synchronous=full      one file, one process
    kafka://one:9092,two:9092                           a cluster
    kafka://one:9093?tls=system                         over TLS, its certificate checked against the system's roots
    kafka://one:9093?tls=/run/ca.pem&cert=/run/client.pem&key=/run/client.key
    kafka://one:9093?tls=system&sasl=SCRAM-SHA-512&user=watch&password=/run/secrets/kafka

What is secret is a file, never part of the address: addresses are seen in lists of processes.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from streams.errors import Stop

SCHEME = "kafka"
_WORDS = ("tls", "cert", "key", "sasl", "user", "password")
_MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
_PORT = 9092


class KafkaAddress(msgspec.Struct, frozen=True, kw_only=True):
    """A cluster and how to be let in."""

    brokers: tuple[str, ...]
    """Each `host:port`."""
    words: Mapping[str, str]
    """What stands behind the question mark."""

    @property
    def faust_brokers(self) -> str:
        """As Faust takes them."""
        return ";".join(f"{SCHEME}://{broker}" for broker in self.brokers)

    def tls(self) -> ssl.SSLContext | None:
        """The trust that connections need; `None` for plain ones. Raises `Stop` for a file that cannot be used."""
        roots = self.words.get("tls")
        if roots is None:
            return None
        try:
            context = ssl.create_default_context(cafile=None if roots == "system" else roots)
            if "cert" in self.words:
                context.load_cert_chain(self.words["cert"], self.words.get("key"))
        except OSError as error:  # what OpenSSL says is one, too
            named = [self.words[word] for word in ("tls", "cert", "key") if word in self.words]
            raise Stop(f"The certificates {', '.join(named)} cannot be used: {error.strerror or error}") from error
        return context

    def for_kafka_python(self) -> dict[str, Any]:
        """What kafka-python's clients take to be let in."""
        context, mechanism = self.tls(), self.words.get("sasl")
        protocol = f"{'SASL_' if mechanism else ''}{'SSL' if context else 'PLAINTEXT'}"
        if protocol == "PLAINTEXT":
            return {}
        settings: dict[str, Any] = {"security_protocol": protocol}
        if context is not None:
            settings["ssl_context"] = context
        if mechanism:
            settings |= {
                "sasl_mechanism": mechanism,
                "sasl_plain_username": self.words["user"],
                "sasl_plain_password": self._password(),
            }
        return settings

    def for_faust(self) -> dict[str, Any]:
        """What a Faust app takes to be let in."""
        import faust

        context, mechanism = self.tls(), self.words.get("sasl")
        if mechanism:
            return {
                "broker_credentials": faust.SASLCredentials(
                    username=self.words["user"], password=self._password(), mechanism=mechanism, ssl_context=context
                )
            }
        return {} if context is None else {"broker_credentials": faust.SSLCredentials(context)}

    def _password(self) -> str:
        file = Path(self.words["password"])
        try:
            return file.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise Stop(f"The file of the password, {file}, cannot be read: {error.strerror}") from error


def is_kafka(address: str) -> bool:
    """Whether `address` is that of a cluster."""
    return address.startswith(f"{SCHEME}://")


def read_address(address: str) -> KafkaAddress:
    """The parts of `kafka://…`; raises `Stop` that names what is off."""
    if not is_kafka(address):
        raise Stop(f"The address of the log is {address!r}, expected kafka://host:port,host:port")
    parts = urlsplit(address)
    brokers = tuple(_with_port(broker, address) for broker in parts.netloc.split(",") if broker)
    words = dict(parse_qsl(parts.query, keep_blank_values=True))
    if not brokers or parts.path.strip("/"):
        raise Stop(f"The address of the log is {address!r}, expected kafka://host:port,host:port")
    for word in words:
        if word not in _WORDS:
            raise Stop(f"The address of the log says {word!r}, expected one of {', '.join(_WORDS)}")
    _check_sasl(words)
    return KafkaAddress(brokers=brokers, words=words)


def _check_sasl(words: Mapping[str, str]) -> None:
    mechanism = words.get("sasl")
    if mechanism is not None and mechanism not in _MECHANISMS:
        raise Stop(f"The address of the log says sasl={mechanism}, expected one of {', '.join(_MECHANISMS)}")
    if mechanism is not None and not (words.get("user") and words.get("password")):
        raise Stop("The address of the log says sasl; expected user=NAME and password=FILE beside it")


def _with_port(broker: str, address: str) -> str:
    if "@" in broker:
        raise Stop(
            "The address of the log holds a user or a password before the host; expected user= and password=FILE"
        )
    host, colon, port = broker.rpartition(":")
    if not colon:
        return f"{broker}:{_PORT}"
    if not host or not port.isdecimal():
        raise Stop(f"The address of the log is {address!r}: {broker!r} is not host:port")
    return broker
