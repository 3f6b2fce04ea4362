-- What: who may do what on a ClickHouse server: `pledgewatch_writer` (the program) and `pledgewatch_boards` (Grafana).
-- Read by: the administrator, once, after the first `pledgewatch migrate`; safe to run twice.
-- Undo: DROP USER pledgewatch_writer, pledgewatch_boards; DROP ROLE pledgewatch_writes, pledgewatch_reads; DROP SETTINGS PROFILE pledgewatch_boards; DROP QUOTA pledgewatch_boards;

-- Passwords stay outside: WRITER_SHA256 and BOARDS_SHA256 are their SHA-256 digests [64 hexadecimal digits].
--   export WRITER_SHA256=$(printf %s "$(cat writer.secret)" | sha256sum | cut -d' ' -f1)
--   envsubst '$WRITER_SHA256 $BOARDS_SHA256' < users.sql | clickhouse-client --multiquery

CREATE ROLE IF NOT EXISTS pledgewatch_writes;
GRANT CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP VIEW, ALTER, SELECT, INSERT ON pledgewatch.* TO pledgewatch_writes;

-- Views only, one by one: they run with the rights of the writer, so no body, no probability and no grade can be reached.
-- No grant on sources (file, url, s3, remote): whoever sees a board can send SQL through it.
CREATE ROLE IF NOT EXISTS pledgewatch_reads;
GRANT SELECT ON pledgewatch.alert_history TO pledgewatch_reads;
GRANT SELECT ON pledgewatch.alert_transitions TO pledgewatch_reads;
GRANT SELECT ON pledgewatch.alerts TO pledgewatch_reads;
GRANT SELECT ON pledgewatch.decisions TO pledgewatch_reads;
GRANT SELECT ON pledgewatch.deliveries TO pledgewatch_reads;
GRANT SELECT ON pledgewatch.facts TO pledgewatch_reads;
GRANT SELECT ON pledgewatch.freshness TO pledgewatch_reads;
GRANT SELECT ON pledgewatch.incidents TO pledgewatch_reads;
GRANT SELECT ON pledgewatch.judgments TO pledgewatch_reads;
GRANT SELECT ON pledgewatch.lag TO pledgewatch_reads;
GRANT SELECT ON pledgewatch.licenses TO pledgewatch_reads;
GRANT SELECT ON pledgewatch.names TO pledgewatch_reads;
GRANT SELECT ON pledgewatch.notices TO pledgewatch_reads;
GRANT SELECT ON pledgewatch.parked TO pledgewatch_reads;
GRANT SELECT ON pledgewatch.policies TO pledgewatch_reads;
GRANT SELECT ON pledgewatch.positions TO pledgewatch_reads;
GRANT SELECT ON pledgewatch.records TO pledgewatch_reads;
GRANT SELECT ON pledgewatch.remarks TO pledgewatch_reads;
GRANT SELECT ON pledgewatch.reports TO pledgewatch_reads;
GRANT SELECT ON pledgewatch.retracted TO pledgewatch_reads;
GRANT SELECT ON pledgewatch.ticks TO pledgewatch_reads;
GRANT SELECT ON pledgewatch.today TO pledgewatch_reads;

-- Grafana's data source sends max_execution_time with every query, so that one must stay changeable.
CREATE SETTINGS PROFILE IF NOT EXISTS pledgewatch_boards SETTINGS
    readonly = 1,
    max_execution_time = 30 MIN 1 MAX 60 CHANGEABLE_IN_READONLY,
    max_memory_usage = 2000000000,
    max_result_rows = 100000,
    result_overflow_mode = 'break',
    allow_ddl = 0,
    allow_introspection_functions = 0;
CREATE QUOTA IF NOT EXISTS pledgewatch_boards KEYED BY user_name FOR INTERVAL 1 minute MAX queries = 1200, execution_time = 300 TO pledgewatch_reads;

CREATE USER IF NOT EXISTS pledgewatch_writer IDENTIFIED WITH sha256_hash BY '${WRITER_SHA256}' DEFAULT ROLE pledgewatch_writes DEFAULT DATABASE pledgewatch SETTINGS async_insert = 0;
CREATE USER IF NOT EXISTS pledgewatch_boards IDENTIFIED WITH sha256_hash BY '${BOARDS_SHA256}' DEFAULT ROLE pledgewatch_reads DEFAULT DATABASE pledgewatch SETTINGS PROFILE 'pledgewatch_boards';
GRANT pledgewatch_writes TO pledgewatch_writer;
GRANT pledgewatch_reads TO pledgewatch_boards;
