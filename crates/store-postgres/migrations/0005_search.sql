-- Every field that a filter or an order may name has an index, and names and e-mails have one for `LIKE` as well
-- (docs/decisions/016-search.md).
--
-- Nodes of the release before go on working meanwhile: no column changes. While an index is built, writes to its table
-- wait, and with `audit_records` all writes; in a store with millions of rows, build them beforehand with CREATE INDEX CONCURRENTLY
-- (docs/operations.md): what exists is left as it is.

-- Trigrams, and organization ids beside them in one index. They have to be where every schema of the database finds them.
DO $$
BEGIN
    -- Of several migrations of one database, one creates them.
    PERFORM pg_advisory_xact_lock(hashtextextended('tenantry extensions', 0));
    IF to_regnamespace('public') IS NULL THEN
        CREATE EXTENSION IF NOT EXISTS pg_trgm;
        CREATE EXTENSION IF NOT EXISTS btree_gin;
    ELSE
        CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public;
        CREATE EXTENSION IF NOT EXISTS btree_gin SCHEMA public;
    END IF;
EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported THEN
    RAISE EXCEPTION 'the extensions pg_trgm and btree_gin are needed, and cannot be created here: %', SQLERRM
        USING HINT = 'Install PostgreSQL''s contrib modules if they are missing, and have the owner of the database or a '
            'superuser run: CREATE EXTENSION pg_trgm; CREATE EXTENSION btree_gin;';
END
$$;

-- By field, then by id: an equality finds its rows in the order of a list, and a list is ordered by the field without a
-- sort. Absent values come first, as in every order. Lists leave inactive users out, and every page tells how many there are:
-- `active` stands in the indexes so that users are counted without being read.
CREATE INDEX IF NOT EXISTS users_email_idx ON users (organization_id, email_folded, id) INCLUDE (active);
CREATE INDEX IF NOT EXISTS users_first_name_idx ON users (organization_id, first_name, id) INCLUDE (active);
CREATE INDEX IF NOT EXISTS users_last_name_idx ON users (organization_id, last_name, id) INCLUDE (active);
CREATE INDEX IF NOT EXISTS users_full_name_idx ON users (organization_id, full_name, id) INCLUDE (active);
CREATE INDEX IF NOT EXISTS users_active_idx ON users (organization_id, active, id);
CREATE INDEX IF NOT EXISTS users_created_at_idx ON users (organization_id, created_at, id) INCLUDE (active);
CREATE INDEX IF NOT EXISTS users_last_login_at_idx ON users (organization_id, last_login_at, id) INCLUDE (active);
CREATE INDEX IF NOT EXISTS users_external_id_idx ON users (organization_id, external_id NULLS FIRST, id) INCLUDE (active);
CREATE INDEX IF NOT EXISTS users_phone_idx ON users (organization_id, phone NULLS FIRST, id) INCLUDE (active);
CREATE INDEX IF NOT EXISTS users_street1_idx ON users (organization_id, street1 NULLS FIRST, id) INCLUDE (active);
CREATE INDEX IF NOT EXISTS users_street2_idx ON users (organization_id, street2 NULLS FIRST, id) INCLUDE (active);
CREATE INDEX IF NOT EXISTS users_city_idx ON users (organization_id, city NULLS FIRST, id) INCLUDE (active);
CREATE INDEX IF NOT EXISTS users_state_province_idx ON users (organization_id, state_province NULLS FIRST, id) INCLUDE (active);
CREATE INDEX IF NOT EXISTS users_postal_code_idx ON users (organization_id, postal_code NULLS FIRST, id) INCLUDE (active);
CREATE INDEX IF NOT EXISTS users_country_idx ON users (organization_id, country NULLS FIRST, id) INCLUDE (active);

CREATE INDEX IF NOT EXISTS accounts_name_idx ON accounts (organization_id, name, id);
CREATE INDEX IF NOT EXISTS accounts_description_idx ON accounts (organization_id, description NULLS FIRST, id);
CREATE INDEX IF NOT EXISTS accounts_external_id_idx ON accounts (organization_id, external_id NULLS FIRST, id);
CREATE INDEX IF NOT EXISTS accounts_active_idx ON accounts (organization_id, active, id);
CREATE INDEX IF NOT EXISTS accounts_is_default_idx ON accounts (organization_id, is_default, id);
CREATE INDEX IF NOT EXISTS accounts_type_idx ON accounts
    (organization_id, (CASE WHEN is_default THEN 'Default' ELSE 'CompanyAccount' END COLLATE "C"), id);
CREATE INDEX IF NOT EXISTS accounts_created_at_idx ON accounts (organization_id, created_at, id);
CREATE INDEX IF NOT EXISTS accounts_updated_at_idx ON accounts (organization_id, updated_at, id);

CREATE INDEX IF NOT EXISTS instances_name_idx ON instances (organization_id, name, id);
CREATE INDEX IF NOT EXISTS instances_element_idx ON instances (organization_id, element_id, id);
CREATE INDEX IF NOT EXISTS instances_created_at_idx ON instances (organization_id, created_at, id);
CREATE INDEX IF NOT EXISTS instances_valid_idx ON instances (organization_id, valid, id);
CREATE INDEX IF NOT EXISTS instances_disabled_idx ON instances (organization_id, disabled, id);
CREATE INDEX IF NOT EXISTS instance_tags_tag_idx ON instance_tags (organization_id, tag, instance_id);

CREATE INDEX IF NOT EXISTS audit_records_at_idx ON audit_records (organization_id, at, id);

-- A full name holds first and last name, so it serves `LIKE` on these too. The organization stands in the same index: the
-- rows of others are skipped.
DO $$
DECLARE
    trigrams text := (SELECT quote_ident(nspname) || '.gin_trgm_ops' FROM pg_extension
        JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname = 'pg_trgm');
BEGIN
    EXECUTE format('CREATE INDEX IF NOT EXISTS users_search_idx ON users USING gin '
        '(organization_id, full_name_folded %1$s, email_folded %1$s)', trigrams);
    EXECUTE format('CREATE INDEX IF NOT EXISTS accounts_search_idx ON accounts USING gin '
        '(organization_id, name_folded %1$s)', trigrams);
    EXECUTE format('CREATE INDEX IF NOT EXISTS instances_search_idx ON instances USING gin '
        '(organization_id, name_folded %1$s)', trigrams);
END
$$;
