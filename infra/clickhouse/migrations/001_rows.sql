-- What: the tables that are written: every record of every topic, the newest state of each fact and alert, each word of each alert.
-- Read by: the views of 002 and 003 and `streams.warehouse.reads`; boards read views only, these may hold a row twice until merged.
-- Undo: DROP TABLE record_rows, fact_rows, alert_rows, alert_log_rows; the log fills them again (replay).

-- A record's place in the log never changes, so it alone is the key: replays and other cuts of batches replace a row by its equal.
-- Small granules (1 MB), because values are some 20 kB and are looked up one by one.
CREATE TABLE IF NOT EXISTS record_rows (
    topic LowCardinality(String),
    partition UInt32,
    offset UInt64 CODEC(Delta(8), ZSTD(1)),
    time DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)) COMMENT 'when the log had it',
    state LowCardinality(String) COMMENT 'whole, gone (no value) or unreadable (value left out)',
    fault String COMMENT 'why it is unreadable: path and reason, never the text',
    kind LowCardinality(String) COMMENT 'what it is: license, incident, retraction, alert, header and so on',
    subject String COMMENT 'kind:source:id of a fact, id of an alert or notice, destination of remarks',
    source LowCardinality(String),
    revision UInt32,
    destinations Array(LowCardinality(String)) COMMENT 'states that it names [ISO 3166-1 alpha-2]',
    recorded_at DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)) COMMENT 'when the fact was first had; else the record time',
    size UInt32 COMMENT 'length of the value [bytes]',
    digest String COMMENT 'BLAKE2b of the value [hexadecimal]',
    key String CODEC(ZSTD(1)),
    value String CODEC(ZSTD(1)),
    INDEX by_subject subject TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_time time TYPE minmax GRANULARITY 1
) ENGINE = ReplacingMergeTree
ORDER BY (topic, partition, offset)
SETTINGS non_replicated_deduplication_window = 1000, index_granularity_bytes = 1048576;

-- `rank` puts revisions in order: revision, then retraction, then the greatest digest, then the earliest record time.
-- It is made from what the fact says, so the row that remains does not depend on the order of arrival.
CREATE TABLE IF NOT EXISTS fact_rows (
    kind LowCardinality(String),
    source LowCardinality(String),
    id String,
    rank UInt128,
    revision UInt32,
    taken_back UInt8 COMMENT '1: the newest word is a retraction',
    digest String COMMENT 'of what it says, without its record time [hexadecimal]',
    recorded_at DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    tense LowCardinality(String),
    tlp LowCardinality(String),
    may_use_for Array(LowCardinality(String)),
    embargo_until Nullable(Date32),
    destinations Array(LowCardinality(String)) COMMENT 'states that it names [ISO 3166-1 alpha-2]',
    event_from Nullable(Date32) COMMENT 'first possible day of what it tells',
    event_to Nullable(Date32) COMMENT 'last possible day of what it tells',
    partition UInt32,
    offset UInt64 CODEC(Delta(8), ZSTD(1)),
    body String CODEC(ZSTD(1))
) ENGINE = ReplacingMergeTree(rank)
ORDER BY (kind, source, id)
SETTINGS non_replicated_deduplication_window = 1000, index_granularity_bytes = 1048576;

-- The last record of an alert in its partition counts: the offset is the version.
CREATE TABLE IF NOT EXISTS alert_rows (
    id String,
    partition UInt32,
    offset UInt64,
    time DateTime64(3, 'UTC') COMMENT 'when the log had it',
    status LowCardinality(String),
    band LowCardinality(String),
    band_rank UInt8 COMMENT '0 context, 1 watch, 2 review, 3 alert, 4 urgent',
    destination LowCardinality(String),
    issuing_state LowCardinality(String),
    license String,
    clause String,
    clause_kind LowCardinality(String),
    title String,
    version String,
    assigned_to LowCardinality(String),
    waiting_for String,
    tlp LowCardinality(String),
    may_use_for Array(LowCardinality(String)),
    embargo_until Nullable(Date32),
    cases UInt16,
    open_cases UInt16,
    incident_cases UInt16 COMMENT 'open cases that rest on incidents',
    report_cases UInt16 COMMENT 'open cases that rest on reports',
    silence_cases UInt16 COMMENT 'open cases that rest on silence',
    actionable UInt8 COMMENT '1: something can still be stopped',
    due Nullable(Date32) COMMENT 'earliest day something of an open case was due',
    decisions UInt16,
    first_known Nullable(Date32),
    assessed_on Nullable(Date32),
    policy_version LowCardinality(String),
    code_version LowCardinality(String),
    body String CODEC(ZSTD(1))
) ENGINE = ReplacingMergeTree(offset)
ORDER BY id
SETTINGS non_replicated_deduplication_window = 1000, index_granularity_bytes = 1048576;

-- Every word of every alert, without its body: transitions are read from here.
CREATE TABLE IF NOT EXISTS alert_log_rows (
    id String,
    partition UInt32,
    offset UInt64,
    time DateTime64(3, 'UTC') COMMENT 'when the log had it',
    status LowCardinality(String),
    band LowCardinality(String),
    band_rank UInt8 COMMENT '0 context, 1 watch, 2 review, 3 alert, 4 urgent',
    destination LowCardinality(String),
    issuing_state LowCardinality(String),
    clause_kind LowCardinality(String),
    version String,
    assigned_to LowCardinality(String),
    decisions UInt16,
    assessed_on Nullable(Date32)
) ENGINE = ReplacingMergeTree
ORDER BY (id, partition, offset)
SETTINGS non_replicated_deduplication_window = 1000;
