"""What both logs promise, over the embedded log and over librdkafka's mock cluster; `tests/kafka` runs it over brokers."""

from transport_contract import *  # noqa: F403  (one suite, run once for each kind of log)
