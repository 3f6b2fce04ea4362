-- What: view `remarks` over one record for each remark.
-- Read by: Grafana's boards and the pages.
-- Undo: the view `remarks` of 003_derived.sql.

CREATE OR REPLACE VIEW remarks SQL SECURITY DEFINER AS
SELECT destination, time,
    JSONExtractString(newest, 'kind') AS kind,
    JSONExtractString(newest, 'subject') AS subject,
    JSONExtractString(newest, 'sentence') AS sentence,
    JSONExtractString(newest, 'needed') AS needed
FROM (
    SELECT substring(r.subject, 1, 2) AS destination, argMax(r.time, offset) AS time, argMax(value, offset) AS newest
    FROM record_rows AS r
    WHERE topic = 'remarks' AND state != 'unreadable'
    GROUP BY r.subject
)
WHERE NOT JSONExtractBool(newest, 'gone');
