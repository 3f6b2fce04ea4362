"""Real conversations on loopback: a mail server with STARTTLS and login, a web server that checks signatures, files."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import mailbox
import shutil
import socket
import ssl
import subprocess
import threading
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from streams.agents.telling.channels.files import FolderOutbox, MailboxCarrier
from streams.agents.telling.channels.opening import open_channels
from streams.agents.telling.channels.ports import Undelivered
from streams.agents.telling.channels.smtp import SmtpCarrier
from streams.agents.telling.channels.webhook import WebhookCarrier, is_public
from streams.agents.telling.message import Intent, read_intent, write_intent
from streams.agents.telling.routes import House, Routes, Smtp, Webhook
from streams.agents.telling.signing import read_secrets
from streams.errors import Stop

SECRET = "whsec_" + base64.b64encode(b"thirty-two bytes of pure secret!").decode()


@pytest.fixture
async def message(telling):
    """A message as the deliverer writes it."""
    house = telling.House()
    await house.begins(telling.alert(cases=(telling.full_case(),)))
    return house.officers.taken[0]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A certificate for `localhost`, made by itself, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed: TLS is not tested")
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    return folder / "cert.pem", folder / "key.pem"


class MailSink:
    """A mail server in forty lines: STARTTLS, AUTH PLAIN, and answers as a test dictates."""

    def __init__(self, certificate=None):
        self.mails, self.lines, self.answers, self.hangs_up_after_data = [], [], {}, False
        self.tls = None
        if certificate:
            self.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self.tls.load_cert_chain(*certificate)

    async def __aenter__(self):
        self.server = await asyncio.start_server(self.talk, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.server.close()

    async def talk(self, reader, writer):
        secure = False
        writer.write(b"220 sink\r\n")
        while line := (await reader.readline()).decode().strip():
            verb = line.split()[0].upper()
            self.lines.append(("tls " if secure else "") + line)
            answer = self.answers.get(verb, b"250 fine")
            if verb == "EHLO":
                more = b"250-STARTTLS\r\n" if self.tls and not secure else b"250-AUTH PLAIN\r\n"
                answer = b"250-sink\r\n" + more + b"250 8BITMIME"
            elif verb == "AUTH" and verb not in self.answers:
                answer = b"235 welcome"
            elif verb == "STARTTLS":
                writer.write(b"220 go ahead\r\n")
                await writer.start_tls(self.tls)
                secure = True
                continue
            elif verb == "DATA" and verb not in self.answers:
                writer.write(b"354 go ahead\r\n")
                mail = await reader.readuntil(b"\r\n.\r\n")
                self.mails.append(mail.removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n."))
                if self.hangs_up_after_data:
                    break
                answer = self.answers.get("after DATA", b"250 taken")
            elif verb == "QUIT":
                answer = b"221 bye"
            writer.write(answer + b"\r\n")
            await writer.drain()
        writer.close()


def smtp(port, **changes):
    settings = {
        "name": "duty", "host": "localhost", "port": port, "security": "none", "timeout_seconds": 5,
        "sender": "pledges@office.example", "to": ("duty@office.example", "deputy@office.example"), **changes,
    }  # fmt: skip
    return SmtpCarrier(Smtp(**settings), House(name="Licensing Office of XA"), password="a password")


async def test_a_mail_goes_out_over_starttls_with_login(message, certificate):
    async with MailSink(certificate) as sink:
        carrier = smtp(sink.port, security="starttls", authorities=certificate[0], user="pledges")
        await carrier.carry(message, again=False)
    [mail] = [message_from_bytes(raw, policy=policy.SMTP) for raw in sink.mails]
    assert mail["Message-ID"] == message.message_id
    assert mail["To"].addresses[1].addr_spec == "deputy@office.example"
    assert "appears inconsistent with" in mail.get_body(("plain",)).get_content()
    login = base64.b64encode(b"\0pledges\0a password").decode()
    assert f"tls AUTH PLAIN {login}" in sink.lines
    said = [line.lower() for line in sink.lines]
    assert {"tls rcpt to:<duty@office.example>", "tls rcpt to:<deputy@office.example>"} <= set(said)


async def test_a_server_with_an_unknown_certificate_gets_no_password(message, certificate):
    async with MailSink(certificate) as sink:
        with pytest.raises(Undelivered, match="certificate") as refused:
            await smtp(sink.port, security="starttls", user="pledges").carry(message, again=False)
    assert refused.value.permanent
    assert not any("AUTH" in line for line in sink.lines)


async def test_a_server_without_starttls_gets_no_mail(message):
    async with MailSink() as sink:
        with pytest.raises(Undelivered) as refused:
            await smtp(sink.port, security="starttls").carry(message, again=False)
    assert refused.value.permanent
    assert sink.mails == []


@pytest.mark.parametrize(
    ("answers", "permanent", "says"),
    [
        ({"RCPT": b"550 no such user"}, True, "550 no such user"),
        ({"RCPT": b"451 later"}, False, "451 later"),
        ({"MAIL": b"421 busy"}, False, "421 busy"),
        ({"DATA": b"554 no"}, True, "554 no"),
        ({"after DATA": b"552 too large"}, True, "552 too large"),
        ({"after DATA": b"452 disk full"}, False, "452 disk full"),
    ],
)
async def test_what_a_mail_server_refuses_surely_did_not_arrive(message, answers, permanent, says):
    async with MailSink() as sink:
        sink.answers = answers
        with pytest.raises(Undelivered, match=says) as refused:
            await smtp(sink.port).carry(message, again=False)
    assert refused.value.certain
    assert refused.value.permanent is permanent


async def test_a_line_cut_after_the_mail_leaves_it_open_whether_it_arrived(message):
    async with MailSink() as sink:
        sink.hangs_up_after_data = True
        with pytest.raises(Undelivered, match="no answer") as unsure:
            await smtp(sink.port).carry(message, again=False)
    assert not unsure.value.certain
    assert len(sink.mails) == 1


async def test_no_mail_server_is_a_passing_fault(message):
    with pytest.raises(Undelivered) as refused:
        await smtp(free_port()).carry(message, again=False)
    assert (refused.value.certain, refused.value.permanent) == (True, False)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class HookServer:
    """A web server that keeps what it got and answers as a test dictates."""

    def __init__(self, certificate=None):
        self.requests, self.answers = [], []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.requests.append((self.path, dict(self.headers.items()), body))
                status, headers = outer.answers.pop(0) if outer.answers else (204, {})
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if certificate:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_port

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


async def to_loopback(host, port):
    return ["127.0.0.1"]


def webhook(url, tmp_path, resolve=to_loopback, tls=None, secrets=SECRET, **changes):
    settings = {
        "name": "cases", "url": url, "secret_file": tmp_path / "s", "allow_private": True, "timeout_seconds": 5,
        **changes,
    }  # fmt: skip
    keys = read_secrets(secrets, name="secrets")
    return WebhookCarrier(Webhook(**settings), keys, seconds=lambda: 1_700_000_000.7, resolve=resolve, tls=tls)


async def test_a_webhook_is_signed_so_that_its_reader_can_check_it(message, tmp_path):
    with HookServer() as server:
        carrier = webhook(f"http://cases.example:{server.port}/hook?a=1", tmp_path, secrets=SECRET + "\n" + SECRET)
        await carrier.carry(message, again=False)
    [(path, headers, body)] = server.requests
    assert path == "/hook?a=1"
    assert headers["host"] == f"cases.example:{server.port}"
    assert headers["webhook-id"] == message.notice.id
    signed = f"{message.notice.id}.1700000000.".encode() + body
    mac = hmac.new(b"thirty-two bytes of pure secret!", signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == " ".join(["v1," + base64.b64encode(mac).decode()] * 2)
    assert json.loads(body)["type"] == "alert.opened"


def test_the_signature_is_that_of_the_specification():
    """The worked example that the reference libraries of Standard Webhooks test against."""
    from streams.agents.telling.signing import signed_headers

    keys = read_secrets("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", name="s")
    headers = signed_headers("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}', keys)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


async def test_the_certificate_is_checked_against_the_name_though_the_address_is_pinned(message, tmp_path, certificate):
    trusting = ssl.create_default_context(cafile=certificate[0])
    with HookServer(certificate) as server:
        await webhook(f"https://localhost:{server.port}/", tmp_path, tls=trusting).carry(message, again=False)
        assert len(server.requests) == 1
        for host, tls in (("elsewhere.example", trusting), ("localhost", None)):
            with pytest.raises(Undelivered, match="CERTIFICATE_VERIFY_FAILED"):
                await webhook(f"https://{host}:{server.port}/", tmp_path, tls=tls).carry(message, again=False)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("status", "headers", "certain", "permanent", "after"),
    [
        (500, {}, False, False, 0), (503, {"Retry-After": "120"}, False, False, 120),
        (429, {"Retry-After": "7"}, True, False, 7),
        (400, {}, True, True, 0), (410, {}, True, True, 0), (302, {"Location": "http://127.0.0.1:1/"}, True, True, 0),
    ],
)  # fmt: skip
async def test_an_answer_other_than_2xx_is_tried_again(message, tmp_path, status, headers, certain, permanent, after):
    with HookServer() as server:
        server.answers = [(status, headers)]
        with pytest.raises(Undelivered, match=str(status)) as refused:
            await webhook(f"http://cases.example:{server.port}/", tmp_path).carry(message, again=False)
    error = refused.value
    assert (error.certain, error.permanent, error.retry_after) == (certain, permanent, after)
    assert len(server.requests) == 1, "a redirect was followed"


async def test_a_private_address_is_refused_before_anything_is_sent(message, tmp_path):
    with HookServer() as server:
        for found in (["127.0.0.1"], ["93.184.216.34", "10.0.0.8"]):

            async def resolve(host, port, found=found):
                return found

            carrier = webhook(f"https://cases.example:{server.port}/", tmp_path, resolve=resolve, allow_private=False)
            with pytest.raises(Undelivered, match="expected a public address"):
                await carrier.carry(message, again=False)
    assert server.requests == []


async def test_a_name_is_resolved_once_so_that_it_cannot_turn_private_afterwards(message, tmp_path):
    asked = []

    async def resolve(host, port):
        asked.append(host)
        return ["127.0.0.1"]

    with HookServer() as server:
        await webhook(f"http://no-such-host.invalid:{server.port}/", tmp_path, resolve=resolve).carry(
            message, again=False
        )
    assert asked == ["no-such-host.invalid"]
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True), ("2606:4700::1111", True), ("127.0.0.1", False), ("10.1.2.3", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False), ("0.0.0.0", False), ("224.0.0.1", False), ("::1", False),
        ("fe80::1", False), ("fc00::1", False),
        ("::ffff:127.0.0.1", False), ("64:ff9b::7f00:1", False), ("2002:7f00:1::", False), ("2001:0:1::1", False),
        ("ff0e::1", False), ("255.255.255.255", False), ("192.168.1.1", False),
    ],
)  # fmt: skip
def test_disguised_private_addresses_are_private(address, public):
    import ipaddress

    assert is_public(ipaddress.ip_address(address)) is public


@pytest.mark.parametrize("form", ["mbox", "maildir"])
async def test_a_mailbox_holds_each_mail_once(telling, message, tmp_path, form):
    path = tmp_path / "box" / "officers"
    carrier = MailboxCarrier(telling.but(telling.mailbox(), path=path, form=form), House())
    await carrier.carry(message, again=False)
    await carrier.carry(message, again=True)
    box = mailbox.mbox(path) if form == "mbox" else mailbox.Maildir(path)
    [mail] = box
    assert mail["Message-ID"] == message.message_id
    assert mail["To"] == "licensing desk 3 <licensing-desk-3@pledgewatch.invalid>"
    box.close()


async def test_a_mail_torn_by_a_crash_is_written_again(telling, message, tmp_path):
    path = tmp_path / "officers.mbox"
    carrier = MailboxCarrier(telling.but(telling.mailbox(), path=path), House())
    await carrier.carry(message, again=False)
    path.write_bytes(path.read_bytes()[:-400])
    await carrier.carry(message, again=True)
    await carrier.carry(message, again=True)
    torn, whole = mailbox.mbox(path)
    assert torn["Message-ID"] == whole["Message-ID"] == message.message_id
    assert "</html>" in whole.get_payload(1).get_payload()
    assert path.stat().st_mode & 0o077 == 0


async def test_a_mailbox_that_cannot_be_written_is_a_channel_that_is_down(telling, message, tmp_path):
    (tmp_path / "file").write_text("")
    carrier = MailboxCarrier(telling.but(telling.mailbox(), path=tmp_path / "file" / "box"), House())
    with pytest.raises(Undelivered, match="mailbox"):
        await carrier.carry(message, again=False)


async def test_the_outbox_remembers_across_processes(message, tmp_path):
    raw = write_intent(Intent(message=message))
    await FolderOutbox(tmp_path / "outbox").put("duty", raw)
    again = FolderOutbox(tmp_path / "outbox")
    assert read_intent(await again.load("duty")).message == message
    await again.clear("duty")
    await again.clear("duty")
    assert await again.load("duty") is None


def test_secrets_are_read_from_files_and_never_shown(telling, tmp_path):
    (tmp_path / "s").write_text("not base64 at all!")
    hook = Webhook(name="cases", url="https://cases.example/", secret_file=tmp_path / "s")
    for channel, says in (
        (hook, "is not base64"),
        (telling.but(hook, secret_file=tmp_path / "none"), "cannot be read"),
    ):
        with pytest.raises(Stop, match=says) as stopped:
            open_channels(Routes(channels={"cases": channel}), clock=lambda: telling.NOON)
        assert "not base64 at all" not in str(stopped.value)
    (tmp_path / "s").write_text(SECRET + "\n")
    mail = Smtp(
        name="duty", host="h", sender="a@b.example", to=("c@d.example",), user="u", password_file=tmp_path / "s"
    )
    routes = Routes(channels={"cases": hook, "duty": mail, "officers": telling.mailbox()})
    assert set(open_channels(routes, clock=lambda: telling.NOON)) == {"cases", "duty", "officers"}


@pytest.mark.parametrize("text", ["", "whsec_c2hvcnQ=", "whsec_" + base64.b64encode(b"x" * 65).decode()])
def test_a_secret_of_the_wrong_length_is_refused(text):
    with pytest.raises(Stop, match="expected"):
        read_secrets(text, name="secrets")
