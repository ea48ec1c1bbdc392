-- What begins with the same letters stands together, and is counted without being read (docs/decisions/016-search.md).
--
-- Nodes of the release before go on working meanwhile: no column changes. In a store with millions of users, build them beforehand with
-- CREATE INDEX CONCURRENTLY (docs/operations.md): what exists is left as it is.
CREATE INDEX IF NOT EXISTS users_last_name_folded_idx ON users (organization_id, last_name_folded, id) INCLUDE (active);
CREATE INDEX IF NOT EXISTS users_full_name_folded_idx ON users (organization_id, full_name_folded, id) INCLUDE (active);
