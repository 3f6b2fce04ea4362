from aiokafka.partitioner import DefaultPartitioner as AiokafkaPartitioner
from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner import DefaultPartitioner as KafkaPythonPartitioner

from streams.transport.partitioning import murmur2, partition_of


class Cluster:
    """As much of a cluster's metadata as a partitioner asks for."""

    def __init__(self, partitions: int) -> None:
        self.every = set(range(partitions))

    def topics(self) -> set[str]:
        return {"facts"}

    def partitions_for_topic(self, topic: str) -> set[int]:
        return self.every

    available_partitions_for_topic = partitions_for_topic


@given(key=st.binary(max_size=70), partitions=st.integers(min_value=1, max_value=256))
def test_a_key_goes_where_kafka_clients_send_it(key: bytes, partitions: int) -> None:
    every = list(range(partitions))
    kafka_python = KafkaPythonPartitioner().partition("facts", key, key, None, None, Cluster(partitions))
    assert partition_of(key, partitions) == AiokafkaPartitioner()(key, every, every)
    assert partition_of(key, partitions) == kafka_python


def test_the_hash_is_the_one_of_kafkas_own_tests() -> None:
    # Values of org.apache.kafka.common.utils.UtilsTest.testMurmur2, as unsigned numbers.
    assert murmur2(b"21") == -973932308 & 0xFFFFFFFF
    assert murmur2(b"foobar") == -790332482 & 0xFFFFFFFF
    assert murmur2(b"a-little-bit-long-string") == -985981536 & 0xFFFFFFFF
