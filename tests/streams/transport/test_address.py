import pytest

from streams.errors import Stop
from streams.transport.address import is_kafka, read_address


def test_brokers_without_a_port_are_asked_at_kafkas_own() -> None:
    address = read_address("kafka://one,two:9192")
    assert address.brokers == ("one:9092", "two:9192")
    assert address.faust_brokers == "kafka://one:9092;kafka://two:9192"
    assert address.for_kafka_python() == {} == address.for_faust()


def test_a_file_is_not_a_cluster() -> None:
    assert not is_kafka("embedded:///var/log.sqlite")
    with pytest.raises(Stop, match=r"'embedded:///var/log.sqlite', expected kafka://host:port"):
        read_address("embedded:///var/log.sqlite")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("kafka://", "expected kafka://host:port,host:port"),
        ("kafka://one:9092/topic", "expected kafka://host:port,host:port"),
        ("kafka://one:port", "'one:port' is not host:port"),
        ("kafka://watch:secret@one:9092", r"a user or a password before the host; expected user= and password=FILE"),
        ("kafka://one?ssl=yes", "says 'ssl', expected one of tls, cert, key, sasl, user, password"),
        ("kafka://one?sasl=GSSAPI", "says sasl=GSSAPI, expected one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512"),
        ("kafka://one?sasl=PLAIN&user=watch", "expected user=NAME and password=FILE"),
    ],
)
def test_an_address_that_is_off_is_refused_in_words(address: str, words: str) -> None:
    with pytest.raises(Stop, match=words):
        read_address(address)


def test_a_refused_address_does_not_show_its_password() -> None:
    with pytest.raises(Stop) as refused:
        read_address("kafka://watch:secret@one:9092")
    assert "secret" not in str(refused.value)


def test_both_clients_are_let_in_with_the_same_words(tmp_path) -> None:
    file = tmp_path / "password"
    file.write_text("s3cret\n")
    address = read_address(f"kafka://one:9093?tls=system&sasl=SCRAM-SHA-512&user=watch&password={file}")
    python = address.for_kafka_python()
    assert (python["security_protocol"], python["sasl_mechanism"]) == ("SASL_SSL", "SCRAM-SHA-512")
    assert (python["sasl_plain_username"], python["sasl_plain_password"]) == ("watch", "s3cret")
    faust = address.for_faust()["broker_credentials"]
    assert (faust.protocol.value, faust.mechanism.value) == ("SASL_SSL", "SCRAM-SHA-512")
    assert (faust.username, faust.password) == ("watch", "s3cret")
    assert faust.ssl_context.check_hostname
    assert python["ssl_context"].check_hostname


def test_tls_without_sasl_and_sasl_without_tls() -> None:
    assert read_address("kafka://one?tls=system").for_kafka_python()["security_protocol"] == "SSL"
    assert read_address("kafka://one?tls=system").for_faust()["broker_credentials"].protocol.value == "SSL"


def test_files_that_cannot_be_used_are_named(tmp_path) -> None:
    with pytest.raises(Stop, match=r"The certificates .*/none.pem cannot be used: No such file"):
        read_address(f"kafka://one?tls={tmp_path}/none.pem").for_kafka_python()
    with pytest.raises(Stop, match=r"The file of the password, .*/none, cannot be read: No such file"):
        read_address(f"kafka://one?sasl=PLAIN&user=watch&password={tmp_path}/none").for_kafka_python()
