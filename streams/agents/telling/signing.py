"""Standard Webhooks: who may check that a message is ours, and when it was sent.

Headers `webhook-id`, `webhook-timestamp`, `webhook-signature`; the signature is `v1,` and the base64 of the HMAC-SHA256
over `id.timestamp.body` (the specification at standardwebhooks.com, version 1). A repeat bears the same id.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

from streams.errors import Stop

PREFIX = "whsec_"
SHORTEST, LONGEST = 24, 64
"""Bytes of a secret, as the specification asks."""


def read_secrets(text: str, *, name: str) -> tuple[bytes, ...]:
    """The secrets of a file, one a line; raises `Stop` that names file and line, never the secret."""
    secrets = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            secrets.append(_read_secret(line.strip(), f"{name}, line {number}"))
    if not secrets:
        raise Stop(
            f"{name}: found no secret, expected a line such as {PREFIX}… (base64 of {SHORTEST} to {LONGEST} bytes)"
        )
    return tuple(secrets)


def _read_secret(line: str, where: str) -> bytes:
    try:
        secret = base64.b64decode(line.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise Stop(f"{where}: is not base64 after {PREFIX!r}") from error
    if not SHORTEST <= len(secret) <= LONGEST:
        raise Stop(f"{where}: found a secret of {len(secret)} bytes, expected {SHORTEST} to {LONGEST}")
    return secret


def signed_headers(id_: str, timestamp: int, body: bytes, secrets: Sequence[bytes]) -> dict[str, str]:
    """The three headers; with several secrets, one signature each, separated by spaces."""
    said = f"{id_}.{timestamp}.".encode() + body
    signatures = [
        "v1," + base64.b64encode(hmac.new(secret, said, hashlib.sha256).digest()).decode() for secret in secrets
    ]
    return {
        "webhook-id": id_,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }
