"""The log, whatever carries it: ports, the embedded log, its Faust driver, Kafka, and the worker on it."""
