-- What: views in which each record and each fact stands once: `records`, `facts`, `retracted`, one a topic, `today`, `freshness`.
-- Read by: Grafana's boards and the pages; none of them shows a body. They run with the rights of their maker (SQL SECURITY DEFINER).
-- Undo: DROP VIEW records, facts, retracted, licenses, deliveries, reports, incidents, decisions, judgments, names, policies, ticks, today, freshness, positions;

CREATE VIEW IF NOT EXISTS records SQL SECURITY DEFINER AS
SELECT topic, partition, offset, time, state, fault, kind, subject, source, revision, destinations, recorded_at, size, digest
FROM record_rows FINAL;

CREATE VIEW IF NOT EXISTS facts SQL SECURITY DEFINER AS
SELECT kind, source, id, concat(kind, ':', source, ':', id) AS fact, revision, recorded_at, tense, tlp, may_use_for,
    embargo_until, destinations, event_from, event_to
FROM fact_rows FINAL
WHERE taken_back = 0;

CREATE VIEW IF NOT EXISTS retracted SQL SECURITY DEFINER AS
SELECT kind, source, id, concat(kind, ':', source, ':', id) AS fact, revision, recorded_at,
    if(JSONHas(body, 'why'), JSONExtractString(body, 'why'), 'source_withdrew') AS why
FROM fact_rows FINAL
WHERE taken_back = 1;

CREATE VIEW IF NOT EXISTS licenses SQL SECURITY DEFINER AS
SELECT source, id, concat(source, ':', id) AS ref, revision, recorded_at, tense, tlp, destinations,
    JSONExtractString(body, 'number') AS number,
    JSONExtractString(body, 'issuing_state') AS issuing_state,
    JSONExtractString(body, 'exporter') AS exporter,
    JSONExtractString(body, 'end_user') AS end_user,
    event_from AS valid_from, event_to AS valid_to,
    JSONHas(body, 'pledge') AS pledged,
    JSONLength(body, 'clauses') AS clause_versions
FROM fact_rows FINAL
WHERE kind = 'license' AND taken_back = 0;

CREATE VIEW IF NOT EXISTS deliveries SQL SECURITY DEFINER AS
SELECT source, id, concat(source, ':', id) AS ref, revision, recorded_at, tense, tlp,
    JSONExtractString(body, 'license') AS license,
    JSONExtractString(body, 'destination') AS destination,
    JSONExtractString(body, 'delivered_to') AS delivered_to,
    if(JSONHas(body, 'kind'), JSONExtractString(body, 'kind'), 'shipment') AS kind,
    event_from AS delivered_from, event_to AS delivered_until
FROM fact_rows FINAL
WHERE fact_rows.kind = 'delivery' AND taken_back = 0;

CREATE VIEW IF NOT EXISTS reports SQL SECURITY DEFINER AS
SELECT source, id, concat(source, ':', id) AS ref, revision, recorded_at, tense, tlp,
    JSONExtractString(body, 'license') AS license,
    JSONExtractString(body, 'destination') AS destination,
    JSONExtractString(body, 'site_country') AS site_country,
    JSONExtractString(body, 'kind') AS kind,
    JSONExtractString(body, 'outcome') AS outcome,
    if(JSONHas(body, 'cooperation'), JSONExtractString(body, 'cooperation'), 'unknown') AS cooperation,
    if(JSONHas(body, 'reporter_role'), JSONExtractString(body, 'reporter_role'), 'other') AS reporter_role,
    JSONExtract(body, 'reason_codes', 'Array(String)') AS reason_codes,
    toDate32OrNull(JSONExtractString(body, 'due_at')) AS due_at,
    event_from AS performed_from, event_to AS performed_until
FROM fact_rows FINAL
WHERE fact_rows.kind = 'report' AND taken_back = 0;

CREATE VIEW IF NOT EXISTS incidents SQL SECURITY DEFINER AS
SELECT source, id, concat(source, ':', id) AS ref, revision, recorded_at, tense, tlp, destinations,
    JSONExtractString(body, 'technology') AS technology,
    if(JSONHas(body, 'status'), JSONExtractString(body, 'status'), 'reported') AS status,
    if(JSONHas(body, 'evidence_level'), JSONExtractString(body, 'evidence_level'), 'E0') AS evidence_level,
    if(JSONHas(body, 'attribution_level'), JSONExtractString(body, 'attribution_level'), 'A0') AS attribution_level,
    JSONExtractBool(body, 'draft') AS draft,
    JSONExtractString(body, 'duplicate_of') AS duplicate_of,
    JSONLength(body, 'publications') AS publications,
    toDate32OrNull(JSONExtractString(body, 'published_at')) AS published_at,
    event_from AS occurred_from, event_to AS occurred_until
FROM fact_rows FINAL
WHERE kind = 'incident' AND taken_back = 0;

CREATE VIEW IF NOT EXISTS decisions SQL SECURITY DEFINER AS
SELECT source, id, concat(source, ':', id) AS ref, revision, recorded_at,
    JSONExtractString(body, 'alert') AS alert,
    substring(alert, 1, 2) AS destination,
    JSONExtractString(body, 'kind') AS kind,
    JSONExtractString(body, 'by_role') AS by_role,
    JSONExtractString(body, 'close_reason') AS close_reason,
    JSONExtractString(body, 'assigned_to') AS assigned_to,
    toDate32OrNull(JSONExtractString(body, 'until')) AS until,
    parseDateTime64BestEffortOrNull(JSONExtractString(body, 'at'), 3, 'UTC') AS at
FROM fact_rows FINAL
WHERE fact_rows.kind = 'decision' AND taken_back = 0;

CREATE VIEW IF NOT EXISTS judgments SQL SECURITY DEFINER AS
SELECT source, id, concat(source, ':', id) AS ref, revision, recorded_at,
    JSONExtractString(body, 'kind') AS kind,
    JSONExtractString(body, 'by_role') AS by_role,
    JSONExtractString(body, 'judged_source') AS judged_source,
    JSONExtract(body, 'incidents', 'Array(String)') AS incidents,
    parseDateTime64BestEffortOrNull(JSONExtractString(body, 'at'), 3, 'UTC') AS at
FROM fact_rows FINAL
WHERE fact_rows.kind = 'judgment' AND taken_back = 0;

CREATE VIEW IF NOT EXISTS names SQL SECURITY DEFINER AS
SELECT source, id, concat(source, ':', id) AS ref, revision, recorded_at,
    JSONExtractString(body, 'entity') AS entity,
    JSONExtractString(body, 'kind') AS kind,
    if(JSONHas(body, 'relation'), JSONExtractString(body, 'relation'), 'alias') AS relation,
    JSONExtractString(body, 'name') AS name,
    JSONExtractString(body, 'target') AS target
FROM fact_rows FINAL
WHERE fact_rows.kind = 'name' AND taken_back = 0;

CREATE VIEW IF NOT EXISTS policies SQL SECURITY DEFINER AS
SELECT source, id, concat(source, ':', id) AS ref, revision, recorded_at,
    JSONExtractString(body, 'version') AS version, event_from AS in_force_from
FROM fact_rows FINAL
WHERE kind = 'policy' AND taken_back = 0;

CREATE VIEW IF NOT EXISTS ticks SQL SECURITY DEFINER AS
SELECT source, id, recorded_at, event_from AS day
FROM fact_rows FINAL
WHERE kind = 'tick' AND taken_back = 0;

CREATE VIEW IF NOT EXISTS today SQL SECURITY DEFINER AS
SELECT max(day) AS today FROM ticks;

-- A source that sends the same again is heard, too: the newest record counts, not the newest fact.
CREATE VIEW IF NOT EXISTS freshness SQL SECURITY DEFINER AS
SELECT source, max(time) AS last_heard, uniqExact(subject) AS subjects
FROM record_rows
WHERE topic IN ('licenses', 'deliveries', 'reports', 'incidents', 'decisions', 'judgments', 'names', 'policies', 'ticks') AND source != ''
GROUP BY source;

CREATE VIEW IF NOT EXISTS positions SQL SECURITY DEFINER AS
SELECT topic, partition, max(offset) AS last_offset, max(time) AS last_time, uniqExact(offset) AS stored
FROM record_rows
GROUP BY topic, partition;
