"""The containers hold together: what compose and the image name exists in the program, and nothing secret or loose is said.

There is no Docker here, so this claims nothing of how the images themselves behave. Each check is shown to fail once, on
a copy with one thing broken.
"""

from __future__ import annotations

import copy
import hashlib
import os
import re
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from dashboards.boards import BOARDS
from dashboards.compiled import PAGES, PLUGIN
from dashboards.source import READER, Warehouse
from streams.agents.telling.routes import Smtp, parse_routes, read_routes
from streams.cli import program
from streams.settings import Settings, read_settings
from streams.transport.address import read_address
from streams.warehouse.driver import DriverWarehouse

ROOT = Path(__file__).parents[2]
INFRA = ROOT / "infra"
OURS = "pledgewatch:"
Compose = dict[str, Any]


@pytest.fixture(scope="module")
def compose() -> Compose:
    return yaml.safe_load((INFRA / "compose.yaml").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def ours(compose: Compose) -> dict[str, Any]:
    return {name: s for name, s in compose["services"].items() if s["image"].startswith(OURS)}


def once(service: Compose) -> bool:
    """Runs to its end before others begin."""
    return service.get("restart") == "no"


# -- checks: each yields what is wrong -----------------------------------------------------------------------------------


def commands_that_are_none(compose: Compose) -> Iterator[str]:
    for name, service in ours(compose).items():
        for words in (service["command"], service.get("healthcheck", {}).get("test", [])[2:]):
            if words:
                yield from (f"{name}: {fault}" for fault in faults_of(words, service))


def faults_of(words: list[str], service: Compose) -> Iterator[str]:
    """What is wrong with a command line, read by the program's own commands, with the secrets that the service has."""
    command: click.Command = program
    rest = list(words)
    while isinstance(command, click.Group):
        found = command.commands.get(rest[0]) if rest else None
        if found is None:
            yield f"{' '.join(words)}: no such command"
            return
        command, rest = found, rest[1:]
    for at, word in enumerate(rest):
        if word.startswith("/run/secrets/"):
            if word.removeprefix("/run/secrets/") not in service.get("secrets", []):
                yield f"{word} is not among its secrets"
            rest[at] = str(ROOT / "README.md")  # any file: it only has to be there
    try:
        made = command.make_context(str(command.name), rest)
    except click.ClickException as error:
        yield f"{' '.join(words)}: {error.format_message()}"
        return
    if broker := made.params.get("broker"):
        read_address(broker)


def settings_that_are_none(compose: Compose) -> Iterator[str]:
    known = {f"PLEDGEWATCH_{field.upper()}" for field in Settings.__struct_fields__}
    for name, service in compose["services"].items():
        given = {key: value for key, value in service.get("environment", {}).items() if key.startswith("PLEDGEWATCH_")}
        yield from (f"{name}: {key}" for key in given if key not in known)
        yield from (f"{name}: {key} is no text" for key, value in given.items() if not isinstance(value, str))
        read_settings({key: value for key, value in given.items() if key in known and isinstance(value, str)})


def files_that_are_missing(compose: Compose) -> Iterator[str]:
    for name, service in compose["services"].items():
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            if source.startswith(".") and not (INFRA / source).exists():
                yield f"{name}: {source}"
            if not source.startswith(".") and source not in compose["volumes"]:
                yield f"{name}: the volume {source}"
        if "build" in service and not (INFRA / service["build"]["context"] / "Dockerfile").exists():
            yield f"{name}: no Dockerfile"


def mounts_that_may_be_written(compose: Compose) -> Iterator[str]:
    for name, service in compose["services"].items():
        files = [mount for mount in service.get("volumes", []) if mount.startswith(".")]
        yield from (f"{name}: {mount}" for mount in files if not mount.endswith(":ro"))


def images_that_float(compose: Compose) -> Iterator[str]:
    for name, service in compose["services"].items():
        if not re.fullmatch(r"[a-z./-]+:v?\d+\.\d+\.\d+(\.\d+)?(-[a-z]+)?(@sha256:[0-9a-f]{64})?", service["image"]):
            yield f"{name}: {service['image']}"


def services_that_nobody_asks(compose: Compose) -> Iterator[str]:
    for name, service in compose["services"].items():
        if not once(service) and service.get("healthcheck", {}).get("test", ["NONE"])[0] != "CMD":
            yield name


def ports_that_are_asked_but_not_answered(compose: Compose) -> Iterator[str]:
    for name, service in ours(compose).items():
        asked = service.get("healthcheck", {}).get("test", [])[-1:]
        words, serves = service["command"], str(Settings().port)
        answered = words[words.index("--ready-port") + 1] if "--ready-port" in words else serves
        if asked and asked != [answered]:
            yield f"{name}: asked on {asked[0]}, answers on {answered}"


def users_that_may_do_all(compose: Compose) -> Iterator[str]:
    for name, service in compose["services"].items():
        if not re.fullmatch(r"[1-9]\d*:\d+", str(service.get("user", ""))):
            yield f"{name}: runs as {service.get('user', 'root, or whoever the image says')}"
        if "no-new-privileges:true" not in service.get("security_opt", []):
            yield f"{name}: may gain privileges"
        if service.get("privileged") or service.get("cap_add") or service.get("network_mode") == "host":
            yield f"{name}: has what it needs not have"
    for name, service in ours(compose).items():
        if not service.get("read_only") or service.get("cap_drop") != ["ALL"]:
            yield f"{name}: can write its image, or keeps capabilities"


def ports_that_others_reach(compose: Compose) -> Iterator[str]:
    for name, service in compose["services"].items():
        for port in service.get("ports", []):
            if not re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port):
                yield f"{name}: {port}"
            if "front" not in service["networks"]:
                yield f"{name}: {port} on networks that lead nowhere"
    for name, network in compose["networks"].items():
        if name != "front" and not (network or {}).get("internal"):
            yield f"the network {name} leads out"


def secrets_that_are_said(compose: Compose) -> Iterator[str]:
    for name, service in compose["services"].items():
        for key, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD|SECRET|TOKEN|KEY", key) and not str(value).startswith("/run/secrets/"):
                yield f"{name}: {key}"
        yield from (f"{name}: {s} is no secret" for s in service.get("secrets", []) if s not in compose["secrets"])
    if found := re.search(r"://[^/\s]*:[^/\s@]*@", yaml.safe_dump(compose)):
        yield f"an address with a password: {found[0]}"
    for name, secret in compose["secrets"].items():
        if set(secret) != {"file"} or not secret["file"].startswith("../var/secrets/"):
            yield f"{name}: {secret}"


def order_that_is_not_kept(compose: Compose) -> Iterator[str]:
    """Topics before whatever reads the log, tables before whatever reads the warehouse, a channel before its messenger."""
    for name, service in compose["services"].items():
        needed = service.get("depends_on", {})
        for other, how in needed.items():
            there = compose["services"].get(other)
            condition = "service_completed_successfully" if there and once(there) else "service_healthy"
            if there is None or how["condition"] != condition:
                yield f"{name} waits for {other}: {how['condition']}"
        words = service.get("command", []) if service["image"].startswith(OURS) else []
        if "--broker" in words and "topics" not in needed:
            yield f"{name} begins before there are topics"
        if ("--warehouse-file" in words or name == "grafana") and name != "migrate" and "migrate" not in needed:
            yield f"{name} begins before there are tables"


def hosts_that_are_none(compose: Compose) -> Iterator[str]:
    """What a command reaches shares a network with it."""
    for name, service in ours(compose).items():
        said = " ".join(service["command"])
        reached = set(re.findall(r"(?:kafka://|--bootstrap )([a-z]+):\d+", said))
        reached |= {"clickhouse"} if "--warehouse-file" in said else set()
        for host in reached:
            other = compose["services"].get(host)
            if other is None or not set(other["networks"]) & set(service["networks"]):
                yield f"{name} cannot reach {host}"


def workers_that_share_a_name(compose: Compose) -> Iterator[str]:
    words = [s["command"] for s in ours(compose).values() if s["command"][0] == "worker"]
    names = [w[w.index("--instance") + 1] for w in words]
    if len(names) < 2 or len(set(names)) != len(names):
        yield f"workers are named {names}"


def homes_that_are_shared(compose: Compose) -> Iterator[str]:
    held = [
        v.split(":")[0] for s in compose["services"].values() for v in s.get("volumes", []) if not v.startswith(".")
    ]
    yield from sorted({volume for volume in held if held.count(volume) > 1})
    for name, service in ours(compose).items():
        if not once(service) and not any(v.endswith(":/var/lib/pledgewatch") for v in service.get("volumes", [])):
            yield f"{name} forgets everything"
        if service["environment"]["PLEDGEWATCH_HOME"] != "/var/lib/pledgewatch":
            yield f"{name} has its home elsewhere"


def partitions_that_differ(compose: Compose) -> Iterator[str]:
    counts = {s["environment"].get("PLEDGEWATCH_PARTITIONS") for s in ours(compose).values()}
    if len(counts) != 1 or None in counts:
        yield f"partitions: {counts}"


CHECKS: dict[str, tuple[Callable[[Compose], Iterator[str]], Callable[[dict[str, Any]], object]]] = {
    "a command": (commands_that_are_none, lambda s: s["store"]["command"].append("--forever")),
    "a health command": (commands_that_are_none, lambda s: s["worker-one"]["healthcheck"]["test"].insert(3, "--loud")),
    "a secret it was not given": (commands_that_are_none, lambda s: s["migrate"].pop("secrets")),
    "a setting": (settings_that_are_none, lambda s: s["intake"]["environment"].update(PLEDGEWATCH_PROT="1")),
    "a file": (files_that_are_missing, lambda s: s["deliver"]["volumes"].append("./routs.toml:/x:ro")),
    "a volume": (files_that_are_missing, lambda s: s["deliver"]["volumes"].append("delivery:/x")),
    "a writable mount": (mounts_that_may_be_written, lambda s: s["grafana"]["volumes"].append("./grafana:/x")),
    "an image without a version": (images_that_float, lambda s: s["mail"].update(image="axllent/mailpit:latest")),
    "no health check": (services_that_nobody_asks, lambda s: s["store"].pop("healthcheck")),
    "the wrong port": (ports_that_are_asked_but_not_answered, lambda s: s["store"]["command"].__setitem__(-1, "9")),
    "root": (users_that_may_do_all, lambda s: s["grafana"].update(user="0:0")),
    "a writable image": (users_that_may_do_all, lambda s: s["deliver"].update(read_only=False)),
    "a port for everybody": (ports_that_others_reach, lambda s: s["intake"].update(ports=["8460:8460"])),
    "a password": (secrets_that_are_said, lambda s: s["grafana"]["environment"].update(GF_SECURITY_ADMIN_PASSWORD="x")),
    "an address with a password": (
        secrets_that_are_said, lambda s: s["store"]["command"].append("clickhouse://writer:x@clickhouse:9000")
    ),
    "no tables": (order_that_is_not_kept, lambda s: s["grafana"].pop("depends_on")),
    "a start instead of an end": (
        order_that_is_not_kept, lambda s: s["store"]["depends_on"].update(topics={"condition": "service_started"})
    ),
    "another network": (hosts_that_are_none, lambda s: s["worker-two"].update(networks=["mail"])),
    "two of one name": (workers_that_share_a_name, lambda s: s["worker-two"].update(command=s["worker-one"]["command"])),
    "one home for two": (homes_that_are_shared, lambda s: s["store"]["volumes"].append("intake:/x")),
    "no home": (homes_that_are_shared, lambda s: s["store"].pop("volumes")),
    "other partitions": (partitions_that_differ, lambda s: s["topics"].update(environment={"PLEDGEWATCH_HOME": "/"})),
}  # fmt: skip


@pytest.mark.parametrize("check", {check for check, _ in CHECKS.values()}, ids=lambda c: c.__name__)
def test_the_containers_have_no(check: Callable[[Compose], Iterator[str]], compose: Compose) -> None:
    assert list(check(compose)) == []


@pytest.mark.parametrize(("check", "broken"), CHECKS.values(), ids=CHECKS)
def test_a_check_finds(
    check: Callable[[Compose], Iterator[str]], broken: Callable[[dict[str, Any]], object], compose: Compose
) -> None:
    other = copy.deepcopy(compose)  # anchors share their parts; a copy of the text does not
    other["services"] = yaml.safe_load(yaml.dump(other["services"], Dumper=_Plain))
    broken(other["services"])
    assert list(check(other)) != []


class _Plain(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        return True


def test_every_part_of_production_is_there(compose: Compose) -> None:
    services = compose["services"]
    commands = {service["command"][0] for service in ours(compose).values()}
    assert commands == {"topics", "migrate", "worker", "store", "intake", "deliver"}
    assert {"kafka", "clickhouse", "grafana", "mail"} <= set(services)
    assert sorted(name for name, service in services.items() if once(service)) == ["migrate", "topics"]


# -- what the containers are given ---------------------------------------------------------------------------------------


def test_officers_are_told_through_the_mail_catcher_and_led_to_the_pages(compose: Compose) -> None:
    routes = read_routes(INFRA / "routes.toml")
    (channel,) = routes.channels.values()
    assert isinstance(channel, Smtp)
    assert channel.host in compose["services"]
    assert set(compose["services"][channel.host]["networks"]) & set(compose["services"]["deliver"]["networks"])
    words = compose["services"]["deliver"]["command"]
    published = f"http://{compose['services']['intake']['ports'][0].rpartition(':')[0]}"
    assert routes.house.pages == words[words.index("--pages") + 1] == published == PAGES
    with pytest.raises(Exception, match="expected one of"):
        parse_routes((INFRA / "routes.toml").read_text().replace('channels = ["officers"]', 'channels = ["desk"]'))


def test_grafana_is_given_the_boards_the_data_source_and_the_password_of_the_reading_user(compose: Compose) -> None:
    grafana = compose["services"]["grafana"]
    mounts = dict(mount.split(":")[:2] for mount in grafana["volumes"])
    provisioning = INFRA / next(s for s, t in mounts.items() if t == "/etc/grafana/provisioning")
    source = yaml.safe_load((provisioning / "datasources/pledgewatch.yaml").read_text())["datasources"][0]
    provider = yaml.safe_load((provisioning / "dashboards/pledgewatch.yaml").read_text())["providers"][0]
    boards = INFRA / next(s for s, t in mounts.items() if t == provider["options"]["path"])
    assert {file.stem for file in boards.glob("*.json")} == {board.uid for board in BOARDS}
    assert source["jsonData"]["username"] == READER
    assert source["jsonData"]["host"] == Warehouse().host == "clickhouse"
    secret = re.search(r"/run/secrets/(\w+)", source["secureJsonData"]["password"])
    assert secret is not None
    assert secret[1] in grafana["secrets"]
    assert secret[1] in compose["services"]["clickhouse"]["secrets"]
    assert grafana["environment"]["GF_PLUGINS_PREINSTALL_SYNC"].startswith(f"{PLUGIN}@")


def run(script: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", str(script), *words], capture_output=True, text=True, env={**os.environ, **environ}, timeout=30
    )


def test_secrets_are_made_once_each_in_a_file_that_only_its_owner_reaches(tmp_path: Path, compose: Compose) -> None:
    folder = tmp_path / "secrets"
    assert run(INFRA / "secrets.sh", str(folder)).returncode == 0
    made = {file.name: file.read_text() for file in folder.iterdir()}
    assert set(made) == {Path(secret["file"]).name for secret in compose["secrets"].values()} == set(compose["secrets"])
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o444 for file in folder.iterdir())
    assert len(set(made.values())) == len(made)
    assert all(len(text.strip()) == 48 for name, text in made.items() if name.endswith("password"))
    address = DriverWarehouse(made["warehouse_address"].strip())
    assert (address.server, address.database) == ("clickhouse:9000", Warehouse().database)
    assert f"pledgewatch_writer:{made['clickhouse_writer_password'].strip()}@" in made["warehouse_address"]
    again = run(INFRA / "secrets.sh", str(folder))
    assert (again.returncode, again.stdout) == (0, "")
    assert {file.name: file.read_text() for file in folder.iterdir()} == made


def test_the_users_that_are_named_are_those_that_are_made(tmp_path: Path) -> None:
    made = set(
        re.findall(r"^CREATE USER IF NOT EXISTS (\w+)", (INFRA / "clickhouse/users.sql").read_text(), re.MULTILINE)
    )
    run(INFRA / "secrets.sh", str(tmp_path / "secrets"))
    address = (tmp_path / "secrets/warehouse_address").read_text()
    assert made == {re.search(r"//(\w+):", address)[1], READER}  # type: ignore[index]


def test_secrets_stay_out_of_git_and_of_the_image() -> None:
    assert "/var/" in (ROOT / ".gitignore").read_text().splitlines()
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert ignored[1] == "*"
    assert not any("var" in line for line in ignored[2:])


def a_client(folder: Path) -> str:
    """A path on which clickhouse-client writes down what it is given."""
    client = folder / "clickhouse-client"
    client.write_text(f'#!/bin/sh\necho "$@" > {folder}/words\ncat > {folder}/said\n')
    client.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def test_the_users_of_the_warehouse_get_digests_of_their_passwords(tmp_path: Path) -> None:
    run(INFRA / "secrets.sh", str(tmp_path / "secrets"))
    given = {"PATH": a_client(tmp_path), "SECRETS": str(tmp_path / "secrets")}
    done = run(INFRA / "clickhouse/make_users.sh", USERS_SQL=str(INFRA / "clickhouse/users.sql"), **given)
    assert done.returncode == 0, done.stderr
    said = (tmp_path / "said").read_text()
    assert "--host 127.0.0.1" in (tmp_path / "words").read_text()
    assert "${" not in re.sub(r"^--.*$", "", said, flags=re.MULTILINE)
    digests = re.findall(r"BY '([0-9a-f]{64})'", said)
    assert len(set(digests)) == 2
    for name in ("clickhouse_writer_password", "clickhouse_boards_password"):
        password = (tmp_path / "secrets" / name).read_text().strip()
        assert password not in said
    writer = (tmp_path / "secrets/clickhouse_writer_password").read_text().strip()
    assert digests[0] == hashlib.sha256(writer.encode()).hexdigest()


def test_without_a_secret_no_user_is_made(tmp_path: Path) -> None:
    given = {"PATH": a_client(tmp_path), "SECRETS": str(tmp_path)}
    done = run(INFRA / "clickhouse/make_users.sh", USERS_SQL=str(INFRA / "clickhouse/users.sql"), **given)
    assert done.returncode != 0
    assert "clickhouse_writer_password is missing or empty" in done.stderr
    assert not (tmp_path / "said").exists()


# -- the image -----------------------------------------------------------------------------------------------------------


def steps(text: str) -> list[tuple[str, str]]:
    """Instructions of a Dockerfile: the word and the rest."""
    joined = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))
    return [
        (word, rest.strip()) for word, _, rest in (line.partition(" ") for line in joined.splitlines() if line.strip())
    ]


def faults_of_image(text: str, ignored: str) -> Iterator[str]:
    """What is wrong with the image."""
    said = steps(text)
    stages = [rest for word, rest in said if word == "FROM"]
    if len(stages) < 2:
        yield "one stage"
    yield from (f"floats: {s}" for s in stages if not re.match(r"python:3\.\d+\.\d+-slim-[a-z]+( AS [a-z]+)?$", s))
    last = len(said) - 1 - [word for word, _ in said][::-1].index("FROM")
    users = [rest for word, rest in said[last:] if word == "USER"]
    if not users or not re.fullmatch(r"[1-9]\d+:[1-9]\d+", users[-1]):
        yield "root"
    let_in = {line[1:] for line in ignored.splitlines() if line.startswith("!")}
    copied = {source for word, rest in said if word == "COPY" and "--from" not in rest for source in rest.split()[:-1]}
    yield from (f"{source} is not there" for source in copied if not (ROOT / source).exists())
    yield from (f"{source} does not reach the builder" for source in copied - let_in)
    if not any("--constraint requirements.lock" in rest and "--file=locked" in rest for _, rest in said):
        yield "what is installed is not held against the lock file"
    checks = [rest for word, rest in said[last:] if word == "HEALTHCHECK"]
    words = re.search(r"CMD (\[.*\])", checks[0]) if checks else None
    if words is None:
        yield "nobody asks"
    else:
        name, *rest = yaml.safe_load(words[1])
        yield from faults_of(rest, {}) if name == "pledgewatch" else [f"asks by {name}"]
    environ = " ".join(rest for word, rest in said if word == "ENV")
    known = {f"PLEDGEWATCH_{field.upper()}" for field in Settings.__struct_fields__}
    yield from sorted(set(re.findall(r"PLEDGEWATCH_[A-Z_]+", environ)) - known)


def test_the_image_is_made_of_the_lock_file_and_runs_without_root() -> None:
    assert list(faults_of_image((ROOT / "Dockerfile").read_text(), (ROOT / ".dockerignore").read_text())) == []


@pytest.mark.parametrize(("there", "instead"), [
    ("python:3.11.13-slim-bookworm AS", "python:latest AS"), ("USER 10001:10001", "USER root"),
    ("COPY infra infra", "COPY infrastructure infra"), ("--constraint requirements.lock", ""),
    ('"ready", "--port"', '"ready", "--prot"'), ("PLEDGEWATCH_HOME", "PLEDGEWATCH_HOUSE"), ("HEALTHCHECK", "LABEL x="),
])  # fmt: skip
def test_a_fault_of_the_image_is_found(there: str, instead: str) -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert there in text
    assert list(faults_of_image(text.replace(there, instead), (ROOT / ".dockerignore").read_text())) != []
    assert list(faults_of_image(text, "*\n!schemas")) != []
