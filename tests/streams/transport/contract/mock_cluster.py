"""librdkafka's mock cluster: prints its brokers, then makes each topic that it is told on standard input.

Memory only, four partitions to a topic, no CreateTopics. Good for the protocol; not evidence about a real broker.
"""

import json
import os
import sys

import confluent_kafka

producer = confluent_kafka.Producer({"test.mock.num.brokers": 3, "bootstrap.servers": "ignored"})
brokers = [f"{broker.host}:{broker.port}" for broker in producer.list_topics(timeout=10).brokers.values()]
os.write(1, (json.dumps(brokers) + "\n").encode())
for line in sys.stdin:
    topic = line.strip()
    made = producer.list_topics(topic, timeout=10).topics[topic]
    while not made.partitions:
        made = producer.list_topics(topic, timeout=10).topics[topic]
    os.write(1, (json.dumps(len(made.partitions)) + "\n").encode())
