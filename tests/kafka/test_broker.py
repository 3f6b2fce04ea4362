"""What can be said of a cluster without starting it; the start is every other test's in this folder."""

import os
import socket
import subprocess

import msgspec
import pytest

from infra.kafka.broker import Cluster, free_ports, lacking, missing
from streams.errors import Stop


def properties(cluster: Cluster, node: int) -> dict[str, str]:
    lines = cluster._properties(cluster.nodes[node - 1]).splitlines()
    return dict(line.split("=", 1) for line in lines)


def test_three_nodes_keep_three_copies_of_which_two_must_have_a_record(tmp_path) -> None:
    found = properties(Cluster.at(tmp_path, nodes=3, port=21000), 2)
    assert (found["default.replication.factor"], found["min.insync.replicas"]) == ("3", "2")
    assert found["offsets.topic.replication.factor"] == "3"
    assert found["controller.quorum.bootstrap.servers"] == "127.0.0.1:21001,127.0.0.1:21011,127.0.0.1:21021"


def test_one_node_keeps_one_copy(tmp_path) -> None:
    found = properties(Cluster.at(tmp_path, port=21000), 1)
    assert (found["default.replication.factor"], found["min.insync.replicas"]) == ("1", "1")


def test_everything_listens_on_loopback_only(tmp_path) -> None:
    found = properties(Cluster.at(tmp_path, nodes=3, port=21000), 3)
    assert found["listeners"] == "PLAINTEXT://127.0.0.1:21020,CONTROLLER://127.0.0.1:21021"


def test_no_topic_is_made_by_sending_to_it(tmp_path) -> None:
    assert properties(Cluster.at(tmp_path), 1)["auto.create.topics.enable"] == "false"


def test_a_folder_of_three_nodes_is_not_started_as_one(tmp_path) -> None:
    cluster = Cluster.at(tmp_path, nodes=3)
    (tmp_path / "cluster.json").write_bytes(msgspec.json.encode(cluster._plan))
    with pytest.raises(Stop, match="holds a Kafka of 3 nodes, asked for 1"):
        Cluster.at(tmp_path, nodes=1)
    assert len(Cluster.at(tmp_path).nodes) == 3


def test_a_process_that_got_the_id_of_a_broker_is_not_signalled(tmp_path) -> None:
    node = Cluster.at(tmp_path).nodes[0]
    node.home.mkdir()
    other = subprocess.Popen(["sleep", "60"])
    try:
        (node.home / "pid").write_text(str(other.pid))
        assert node.pid() is None
        node.kill()
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_free_ports_leave_out_those_that_are_taken() -> None:
    first = free_ports(3)
    for port in (first, first + 1, first + 10, first + 11, first + 20, first + 21):
        with socket.socket() as each:
            each.bind(("127.0.0.1", port))


def test_a_port_is_none_that_the_system_gives_to_connections() -> None:
    with socket.socket() as each:
        each.bind(("127.0.0.1", 0))
        given = each.getsockname()[1]
    assert all(free_ports(3) + 21 < given for _ in range(20))


def test_a_repository_that_is_not_reached_is_said_in_words(tmp_path) -> None:
    if missing():
        pytest.skip(missing() or "")
    settings = tmp_path / "settings.xml"
    settings.write_text(
        "<settings><localRepository>" + str(tmp_path / "m2") + "</localRepository><mirrors><mirror><id>none</id>"
        "<mirrorOf>*</mirrorOf><url>http://127.0.0.1:9/</url></mirror></mirrors></settings>"
    )
    words = lacking(tmp_path / "libs", maven=("-s", str(settings))) or ""
    assert words.startswith("Maven cannot fetch Kafka: ")
    assert "127.0.0.1:9" in words
    assert "\n" not in words


def test_what_is_missing_is_said_in_words() -> None:
    assert "java is missing; Kafka needs Java 17 or newer" in (missing(os.devnull) or "")
