"""Which partition a key belongs to: murmur2, as Kafka's own clients have it.

Kafka's Java client, kafka-python and aiokafka agree on it; librdkafka needs `"partitioner": "murmur2_random"`.
Whatever writes to our topics must agree, or the facts of one destination meet in two places.
Source: org.apache.kafka.common.utils.Utils.murmur2 (Apache Kafka 4.3).
"""

from __future__ import annotations

import struct

_SEED = 0x9747B28C
_MIX = 0x5BD1E995
_WORD = 0xFFFFFFFF


def murmur2(key: bytes) -> int:
    """The 32-bit murmur2 hash of `key`, unsigned."""
    length = len(key)
    words = length // 4
    value = _SEED ^ length
    for word in struct.unpack_from(f"<{words}I", key):
        mixed = (word * _MIX) & _WORD
        mixed = ((mixed ^ (mixed >> 24)) * _MIX) & _WORD
        value = ((value * _MIX) & _WORD) ^ mixed
    rest = key[words * 4 :]
    if rest:
        value = ((value ^ int.from_bytes(rest, "little")) * _MIX) & _WORD
    value = ((value ^ (value >> 13)) * _MIX) & _WORD
    return value ^ (value >> 15)


def partition_of(key: bytes, partitions: int) -> int:
    """The partition, from 0 to `partitions` - 1, that records with this key go to."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions
