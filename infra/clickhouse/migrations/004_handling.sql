-- What: how far each word of an alert may go (TLP, embargo) beside its history and its transitions; words only where a shared board may have them.
-- Read by: Grafana's boards and the boards on the pages. `shared`: a board goes as far as TLP:AMBER and past every embargo.
-- Undo: DROP VIEW alerts, alert_history, alert_transitions; the views of 003 again; ALTER TABLE alert_log_rows DROP COLUMN tlp, DROP COLUMN embargo_until;

-- A word from before these columns says nothing of its handling, so it counts as RED until the log is stored anew.
ALTER TABLE alert_log_rows ADD COLUMN IF NOT EXISTS tlp LowCardinality(String) DEFAULT 'RED' COMMENT 'as it was said then';
ALTER TABLE alert_log_rows ADD COLUMN IF NOT EXISTS embargo_until Nullable(Date32) COMMENT 'as it was said then';

-- A word is handled by the stricter of what was said with it and what is said now. A withdrawal says nothing of handling:
-- what was said before it holds on. `tlp` and `embargo_until` are that stricter one.
DROP VIEW IF EXISTS alert_history;
CREATE VIEW alert_history SQL SECURITY DEFINER AS
WITH ['CLEAR', 'GREEN', 'AMBER', 'AMBER+STRICT', 'RED'] AS levels
SELECT id, partition, offset, time, status, band, band_rank, destination, issuing_state, if(shared, said_kind, '') AS clause_kind,
    version, assigned_to, decisions, assessed_on,
    levels[greatest(ifNull(level_then, 5), ifNull(level_now, 5))] AS tlp,
    nullIf(greatest(ifNull(kept_then, toDate32('1970-01-01')), ifNull(kept_now, toDate32('1970-01-01'))), toDate32('1970-01-01')) AS embargo_until,
    (tlp IN ('CLEAR', 'GREEN', 'AMBER')) AND ifNull(isNull(embargo_until) OR embargo_until <= (SELECT today FROM today), 0) AS shared
FROM (
    SELECT id, partition, offset, time, status, band, band_rank, destination, issuing_state, clause_kind AS said_kind, version,
        assigned_to, decisions, assessed_on,
        if(status = 'withdrawn', NULL, if(indexOf(levels, alert_log_rows.tlp) = 0, 5, indexOf(levels, alert_log_rows.tlp))) AS level,
        if(status = 'withdrawn', NULL, ifNull(alert_log_rows.embargo_until, toDate32('1970-01-01'))) AS kept,
        anyLast(level) OVER so_far AS level_then, anyLast(level) OVER all_of_it AS level_now,
        anyLast(kept) OVER so_far AS kept_then, anyLast(kept) OVER all_of_it AS kept_now
    FROM alert_log_rows FINAL
    WINDOW so_far AS (PARTITION BY id ORDER BY offset ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
        all_of_it AS (PARTITION BY id ORDER BY offset ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
);

-- What changed from one word of an alert to the next, in the words of notices. A word that changes neither is left out.
DROP VIEW IF EXISTS alert_transitions;
CREATE VIEW alert_transitions SQL SECURITY DEFINER AS
SELECT id, offset, time, transition, status, status_before, band, band_before, destination, issuing_state, clause_kind,
    tlp, embargo_until, shared
FROM (
    SELECT *,
        lagInFrame(status, 1, '') OVER w AS status_before,
        lagInFrame(band, 1, '') OVER w AS band_before,
        lagInFrame(band_rank, 1, band_rank) OVER w AS rank_before,
        multiIf(
            status = 'withdrawn', if(status_before IN ('', 'withdrawn'), '', 'withdrawn'),
            status_before = '', 'opened',
            status_before = 'withdrawn', 'reopened',
            status = 'closed', if(status_before = 'closed', '', 'closed'),
            status_before = 'closed', 'reopened',
            band_rank > rank_before, 'raised',
            band_rank < rank_before, 'lowered',
            '') AS transition
    FROM alert_history
    WINDOW w AS (PARTITION BY id ORDER BY offset ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
)
WHERE transition != '';

-- Ages are against the greatest tick, never the wall clock, so that a replay shows the same.
DROP VIEW IF EXISTS alerts;
CREATE VIEW alerts SQL SECURITY DEFINER AS
SELECT a.id AS id, a.status AS status, a.band AS band, a.band_rank AS band_rank, a.destination AS destination,
    a.issuing_state AS issuing_state, a.license AS license, a.clause AS clause, if(shared, a.clause_kind, '') AS clause_kind,
    if(shared, a.title, '') AS title, a.assigned_to AS assigned_to, if(shared, a.waiting_for, '') AS waiting_for, a.tlp AS tlp,
    a.may_use_for AS may_use_for, a.embargo_until AS embargo_until,
    (a.tlp IN ('CLEAR', 'GREEN', 'AMBER')) AND ifNull(isNull(a.embargo_until) OR a.embargo_until <= today, 0) AS shared,
    a.cases AS cases, a.open_cases AS open_cases, a.incident_cases AS incident_cases, a.report_cases AS report_cases,
    a.silence_cases AS silence_cases, a.actionable AS actionable, a.due AS due, a.decisions AS decisions,
    a.first_known AS first_known, a.assessed_on AS assessed_on, a.time AS changed_at, o.opened_at AS opened_at,
    (SELECT today FROM today) AS today,
    dateDiff('day', toDate32(o.opened_at), today) AS age_days,
    dateDiff('day', a.first_known, today) AS known_days,
    a.policy_version AS policy_version, a.code_version AS code_version
FROM (SELECT * FROM alert_rows FINAL WHERE status != 'withdrawn') AS a
LEFT JOIN (
    SELECT id, max(time) AS opened_at FROM alert_transitions WHERE transition IN ('opened', 'reopened') GROUP BY id
) AS o ON o.id = a.id;
