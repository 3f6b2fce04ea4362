import datetime as dt
import json
import stat
from pathlib import Path

import pytest
from litestar import Litestar, Request, get, post
from litestar.datastructures import State
from litestar.testing import TestClient

from streams.access import COOKIE, Keys, needs, required_access
from streams.errors import Stop


class Clock:
    def __init__(self) -> None:
        self.now = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)

    def __call__(self) -> dt.datetime:
        return self.now


@pytest.fixture(name="clock")
def clock_fixture() -> Clock:
    return Clock()


@pytest.fixture(name="keys")
def keys_fixture(tmp_path: Path, clock: Clock) -> Keys:
    return Keys(tmp_path / "keys.json", clock=clock)


def test_token_opens_what_its_key_may_do(keys: Keys) -> None:
    token = keys.add("lab-one", ["feed"], source="lab-one", licenses=["xa-reg:*"])
    access = keys.check(token)
    assert access is not None
    assert (access.name, access.source, access.scopes) == ("lab-one", "lab-one", frozenset({"feed"}))
    assert access.licenses == ("xa-reg:*",)


@pytest.mark.parametrize(
    "spoil", [lambda t: t[:-1], lambda t: t[:-1] + ("A" if t[-1] != "A" else "B"), lambda t: "", lambda t: "pw_é"]
)
def test_token_that_is_not_quite_right_opens_nothing(keys: Keys, spoil: object) -> None:
    token = keys.add("lab-one", ["feed"], source="lab-one")
    assert keys.check(spoil(token)) is None  # type: ignore[operator]


def test_token_of_one_key_with_the_secret_of_another_opens_nothing(keys: Keys) -> None:
    first, second = keys.add("a", ["officer"]), keys.add("b", ["officer"])
    assert keys.check(first[:16] + second[16:]) is None


def test_file_holds_no_secret_and_is_for_its_owner_only(keys: Keys) -> None:
    token = keys.add("office", ["officer"], states=["XA"])
    text = keys.path.read_text()
    assert token not in text
    assert token.split("_", 2)[2] not in text
    assert stat.S_IMODE(keys.path.stat().st_mode) == 0o600
    assert [path.name for path in keys.path.parent.iterdir() if path.suffix == ".new"] == []


def test_file_open_to_others_stops_the_start(keys: Keys) -> None:
    keys.add("office", ["officer"])
    keys.path.chmod(0o644)
    with pytest.raises(Stop, match="mode 644"):
        Keys(keys.path)


def test_damaged_file_stops_the_start(keys: Keys) -> None:
    keys.add("office", ["officer"])
    keys.path.write_text(json.dumps({"keys": 3}))
    with pytest.raises(Stop, match="cannot be read"):
        Keys(keys.path)


def test_key_added_by_another_process_counts_at_once(keys: Keys) -> None:
    token = Keys(keys.path).add("office", ["officer"])
    assert keys.check(token) is not None


def test_key_taken_away_by_another_process_counts_no_longer(keys: Keys) -> None:
    token = keys.add("office", ["officer"])
    assert Keys(keys.path).remove("office")
    assert keys.check(token) is None
    assert not keys.remove("office")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "lab", "scopes": ["feed"]}, "bound to one source"),
        ({"name": "lab", "scopes": ["king"]}, "not a scope"),
        ({"name": "lab", "scopes": []}, "no scope"),
        ({"name": " ", "scopes": ["officer"]}, "name is empty"),
        ({"name": "lab", "scopes": ["feed"], "source": "Lab One"}, "not a source"),
        ({"name": "lab", "scopes": ["officer"], "states": ["Utopia"]}, "not a state"),
    ],
)
def test_key_that_cannot_be_is_not_made(keys: Keys, arguments: dict[str, object], message: str) -> None:
    with pytest.raises(Stop, match=message):
        keys.add(**arguments)  # type: ignore[arg-type]
    assert keys.all() == ()


def test_two_keys_do_not_share_a_name(keys: Keys) -> None:
    keys.add("office", ["officer"])
    with pytest.raises(Stop, match="already"):
        keys.add("office", ["staff"])


def test_session_ends_by_itself(keys: Keys, clock: Clock) -> None:
    session = keys.open_session(keys.add("office", ["officer"]))
    assert session is not None
    assert keys.check_session(session) is not None
    clock.now += dt.timedelta(hours=10)
    assert keys.check_session(session) is None


def test_session_dies_with_its_key(keys: Keys) -> None:
    session = keys.open_session(keys.add("office", ["officer"]))
    keys.remove("office")
    assert session is not None
    assert keys.check_session(session) is None


@pytest.mark.parametrize("value", ["", "..", "a.b.c", "x", "ab12.99999999999.AAAA", "a.1.é"])
def test_forged_session_is_nobody(keys: Keys, value: str) -> None:
    keys.add("office", ["officer"])
    assert keys.check_session(value) is None


def test_session_cannot_be_lengthened(keys: Keys) -> None:
    session = keys.open_session(keys.add("office", ["officer"]))
    assert session is not None
    key_id, ends, signature = session.split(".")
    assert keys.check_session(f"{key_id}.{int(ends) + 1}.{signature}") is None


def test_session_is_not_signed_by_an_empty_file(tmp_path: Path) -> None:
    keys = Keys(tmp_path / "none.json")
    assert keys.open_session("pw_000000000000_" + "A" * 43) is None
    assert keys.check_session("a.9999999999.b") is None


@get("/read", guards=[needs("officer", "staff")])
async def read(request: Request[object, object, State]) -> str:
    return required_access(request).name


@post("/write", guards=[needs("officer")], status_code=200)
async def write(request: Request[object, object, State]) -> str:
    return required_access(request).name


@pytest.fixture(name="client")
def client_fixture(keys: Keys) -> TestClient[Litestar]:
    return TestClient(Litestar([read, write], state=State({"keys": keys})))


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_guard_asks_for_a_key_then_for_its_scope(client: TestClient[Litestar], keys: Keys) -> None:
    staff = keys.add("board", ["staff"])
    assert client.get("/read").status_code == 401
    assert client.get("/read").headers["WWW-Authenticate"].startswith("Bearer")
    assert client.get("/read", headers=bearer("pw_x")).status_code == 401
    assert client.get("/read", headers=bearer(staff)).text == "board"
    assert client.post("/write", headers=bearer(staff)).status_code == 403


def test_cookie_counts_for_our_own_pages_only(client: TestClient[Litestar], keys: Keys) -> None:
    cookie = keys.session_cookie(keys.add("office", ["officer"]))
    assert cookie is not None
    assert cookie.httponly
    assert cookie.samesite == "strict"
    client.cookies.set(COOKIE, str(cookie.value))
    host = client.base_url.netloc.decode()
    assert client.get("/read").status_code == 200
    assert client.post("/write", headers={"Origin": f"http://{host}"}).status_code == 200
    assert client.post("/write", headers={"Origin": "http://127.0.0.1:9999"}).status_code == 401
    assert client.post("/write", headers={"Origin": "null"}).status_code == 401
    assert client.post("/write", headers={"Sec-Fetch-Site": "same-site"}).status_code == 401


def test_wrong_token_is_nobody_even_beside_a_good_cookie(client: TestClient[Litestar], keys: Keys) -> None:
    client.cookies.set(COOKIE, str(keys.open_session(keys.add("office", ["officer"]))))
    assert client.get("/read", headers=bearer("pw_x")).status_code == 401
