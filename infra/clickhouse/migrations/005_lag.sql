-- What: how many records of the log wait for each of its readers, as looked at every ten seconds: `lag_rows`, and the view `lag`.
-- Read by: board Pipeline. It says how the program runs, not what is known: the log does not fill it again, and it is kept 30 days.
-- Undo: DROP VIEW lag; DROP TABLE lag_rows;

CREATE TABLE IF NOT EXISTS lag_rows (
    time DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)) COMMENT 'when it was looked at, by the clock of the writer',
    reader LowCardinality(String) COMMENT 'the group that keeps its place in the log',
    waiting UInt64 COMMENT 'records between its places and the ends of its topics',
    topics Array(LowCardinality(String)) COMMENT 'topics in which something waits'
) ENGINE = MergeTree
ORDER BY (time, reader)
TTL toDateTime(time) + INTERVAL 30 DAY DELETE
SETTINGS non_replicated_deduplication_window = 100, ttl_only_drop_parts = 1;

CREATE VIEW IF NOT EXISTS lag SQL SECURITY DEFINER AS
SELECT time, reader, waiting, topics FROM lag_rows;
