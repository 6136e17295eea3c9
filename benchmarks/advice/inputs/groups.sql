-- sqlite3: a table in memory, an index, and groups of it.
CREATE TABLE t(a INTEGER, b TEXT, c REAL);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400000)
INSERT INTO t SELECT i * 7919 % 100003, 'row ' || i || ' of many', i / 3.0 FROM n;
CREATE INDEX by_a ON t(a);
SELECT count(*), sum(length(b)) FROM (SELECT a, max(b) AS b FROM t GROUP BY a);
DELETE FROM t WHERE a % 2;
VACUUM;
SELECT count(DISTINCT b) FROM t;
