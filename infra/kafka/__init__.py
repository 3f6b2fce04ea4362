"""Apache Kafka (KRaft) on this machine, for development and tests: fetched by Maven coordinates, on loopback only."""
