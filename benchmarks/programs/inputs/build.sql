-- SPDX-License-Identifier: MIT
-- A database of about 500 MB: rows of 300 to 700 bytes, inserted in order, and an index that is not.
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -131072;
CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, body BLOB);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900000)
INSERT INTO item
SELECT i, 'item ' || (i * 7919 % 900007), zeroblob(300 + i * 31 % 401) FROM n;
CREATE INDEX item_name ON item (name);
SELECT count(*), sum(length(body)) FROM item;
