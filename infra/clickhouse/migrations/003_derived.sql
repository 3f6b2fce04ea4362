-- What: views of what is derived: `alerts` with their age, `alert_history`, `alert_transitions`, `remarks`, `notices`, `parked`.
-- Read by: Grafana's boards and the pages; none of them shows a probability, a grade or a body.
-- Undo: DROP VIEW alerts, alert_history, alert_transitions, remarks, notices, parked;

CREATE VIEW IF NOT EXISTS alert_history SQL SECURITY DEFINER AS
SELECT id, partition, offset, time, status, band, band_rank, destination, issuing_state, clause_kind, version, assigned_to,
    decisions, assessed_on
FROM alert_log_rows FINAL;

-- What changed from one word of an alert to the next, in the words of notices. A word that changes neither is left out.
CREATE VIEW IF NOT EXISTS alert_transitions SQL SECURITY DEFINER AS
SELECT id, offset, time, transition, status, status_before, band, band_before, destination, issuing_state, clause_kind
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
    FROM alert_log_rows FINAL
    WINDOW w AS (PARTITION BY id ORDER BY offset ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
)
WHERE transition != '';

-- Ages are against the greatest tick, never the wall clock, so that a replay shows the same.
CREATE VIEW IF NOT EXISTS alerts SQL SECURITY DEFINER AS
SELECT a.id AS id, a.status AS status, a.band AS band, a.band_rank AS band_rank, a.destination AS destination,
    a.issuing_state AS issuing_state, a.license AS license, a.clause AS clause, a.clause_kind AS clause_kind, a.title AS title,
    a.assigned_to AS assigned_to, a.waiting_for AS waiting_for, a.tlp AS tlp, a.may_use_for AS may_use_for,
    a.embargo_until AS embargo_until, a.cases AS cases, a.open_cases AS open_cases, a.incident_cases AS incident_cases,
    a.report_cases AS report_cases, a.silence_cases AS silence_cases, a.actionable AS actionable, a.due AS due,
    a.decisions AS decisions, a.first_known AS first_known, a.assessed_on AS assessed_on, a.time AS changed_at,
    o.opened_at AS opened_at,
    (SELECT today FROM today) AS today,
    dateDiff('day', toDate32(o.opened_at), today) AS age_days,
    dateDiff('day', a.first_known, today) AS known_days,
    a.policy_version AS policy_version, a.code_version AS code_version
FROM (SELECT * FROM alert_rows FINAL WHERE status != 'withdrawn') AS a
LEFT JOIN (
    SELECT id, max(time) AS opened_at FROM alert_transitions WHERE transition IN ('opened', 'reopened') GROUP BY id
) AS o ON o.id = a.id;

CREATE VIEW IF NOT EXISTS remarks SQL SECURITY DEFINER AS
SELECT destination, time,
    JSONExtractString(note, 'kind') AS kind,
    JSONExtractString(note, 'subject') AS subject,
    JSONExtractString(note, 'sentence') AS sentence,
    JSONExtractString(note, 'needed') AS needed
FROM (
    SELECT subject AS destination, argMax(time, offset) AS time, argMax(value, offset) AS newest
    FROM record_rows
    WHERE topic = 'remarks' AND state != 'unreadable'
    GROUP BY subject
)
ARRAY JOIN JSONExtractArrayRaw(newest, 'notes') AS note;

CREATE VIEW IF NOT EXISTS notices SQL SECURITY DEFINER AS
SELECT subject AS id,
    parseDateTime64BestEffortOrNull(JSONExtractString(value, 'at'), 3, 'UTC') AS at,
    JSONExtractString(value, 'channel') AS channel,
    JSONExtractString(value, 'transition') AS transition,
    JSONExtractString(value, 'band') AS band,
    destinations,
    JSONExtract(value, 'alerts', 'Array(String)') AS alerts,
    JSONExtractBool(value, 'digest') AS digest
FROM record_rows
WHERE topic = 'notices' AND state = 'whole'
ORDER BY partition, offset
LIMIT 1 BY subject;

CREATE VIEW IF NOT EXISTS parked SQL SECURITY DEFINER AS
SELECT parseDateTime64BestEffortOrNull(JSONExtractString(value, 'at'), 3, 'UTC') AS at,
    JSONExtractString(value, 'topic') AS topic,
    JSONExtractUInt(value, 'partition') AS partition,
    JSONExtractUInt(value, 'offset') AS offset,
    JSONExtractString(value, 'stage') AS stage,
    JSONExtractString(value, 'source') AS source,
    JSONExtractString(value, 'key') AS fact,
    JSONLength(value, 'problems') AS problems,
    JSONExtractString(value, 'problems', 1, 'path') AS path,
    JSONExtractString(value, 'problems', 1, 'expected') AS expected,
    concat(stage, ': ', if(path = '', '(whole)', path)) AS reason
FROM record_rows
WHERE record_rows.topic = 'parked' AND state = 'whole'
ORDER BY record_rows.time DESC
LIMIT 1 BY subject;
