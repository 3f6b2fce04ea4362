"""A signed webhook: the address is resolved once, checked, and connected to as resolved; no redirects, no proxies."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence

import httpx

from streams.agents.telling.channels.ports import Undelivered
from streams.agents.telling.message import Message
from streams.agents.telling.routes import Webhook
from streams.agents.telling.signing import signed_headers

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


async def resolve_host(host: str, port: int) -> Sequence[str]:
    """Addresses of a host, as the system resolves it; raises `OSError`."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for _, _, _, _, address in found))


class WebhookCarrier:
    """Posts the message as signed JSON."""

    def __init__(
        self,
        channel: Webhook,
        secrets: Sequence[bytes],
        *,
        seconds: Callable[[], float],
        resolve: Resolve = resolve_host,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._channel = channel
        self._secrets = secrets
        self._seconds = seconds
        self._resolve = resolve
        self._tls = tls or ssl.create_default_context()

    async def carry(self, message: Message, *, again: bool) -> None:
        """Post it under the notice's id; raises `Undelivered`. Anything but 2xx is tried again."""
        url = httpx.URL(self._channel.url)
        try:
            address = await self._pin(url)
        except OSError as error:
            raise Undelivered(f"webhook {url.host}: cannot be resolved: {error}") from error
        body = message.payload.encode()
        headers = signed_headers(message.notice.id, int(self._seconds()), body, self._secrets)
        _judge(await self._post(url, address, headers, body), url.host)

    async def _pin(self, url: httpx.URL) -> IPAddress:
        """The address to connect to; all that the name resolves to must be public, unless private ones are allowed."""
        port = url.port or (443 if url.scheme == "https" else 80)
        addresses = [ipaddress.ip_address(text.partition("%")[0]) for text in await self._resolve(url.host, port)]
        if not addresses:
            raise Undelivered(f"webhook {url.host}: resolves to no address")
        if not self._channel.allow_private:
            for address in addresses:
                if not is_public(address):
                    raise Undelivered(
                        f"webhook {url.host}: resolves to {address}, expected a public address "
                        "(or allow_private = true for this channel)",
                        permanent=True,
                    )
        return addresses[0]

    async def _post(
        self, url: httpx.URL, address: IPAddress, headers: dict[str, str], body: bytes
    ) -> tuple[int, httpx.Headers]:
        """Status and headers of the answer; the name is for `Host` and the certificate, it is not resolved again."""
        pinned = url.copy_with(host=str(address))
        host = url.netloc.decode("ascii")
        everything = {**headers, "host": host, "content-type": "application/json", "user-agent": "pledgewatch"}
        async with httpx.AsyncClient(
            verify=self._tls, trust_env=False, follow_redirects=False, timeout=self._channel.timeout_seconds
        ) as client:
            request = client.build_request(
                "POST", pinned, content=body, headers=everything, extensions={"sni_hostname": url.host}
            )
            try:
                async with asyncio.timeout(self._channel.timeout_seconds * 2):
                    answer = await client.send(request, stream=True)
                    await answer.aclose()
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                untrusted = "CERTIFICATE_VERIFY_FAILED" in str(error)
                raise Undelivered(f"webhook {url.host}: {error}", permanent=untrusted) from error
            except (httpx.HTTPError, TimeoutError) as error:
                what = f"{type(error).__name__} {error}".strip()
                raise Undelivered(f"webhook {url.host}: no answer: {what}", certain=False) from error
        return answer.status_code, answer.headers


def _judge(answer: tuple[int, httpx.Headers], host: str) -> None:
    """2xx is delivered. 4xx surely was not taken, a person must look, save for those that ask to come again."""
    status, headers = answer
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        raise Undelivered(
            f"webhook {host}: answered {status}, expected 2xx; redirects are not followed", permanent=True
        )
    later = status in (408, 425, 429)
    raise Undelivered(
        f"webhook {host}: answered {status}, expected 2xx",
        certain=status < 500,
        permanent=status < 500 and not later,
        retry_after=_retry_after(headers.get("retry-after", "")),
    )


def _retry_after(text: str) -> float:
    return min(float(text), 3600.0) if text.isascii() and text.isdigit() else 0.0


def is_public(address: IPAddress) -> bool:
    """Whether an address is public: not private, loopback, link-local, multicast, nor a disguise of one."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        if inner is None and address.teredo is not None:
            return False
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast
