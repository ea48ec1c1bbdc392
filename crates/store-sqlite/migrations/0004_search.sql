-- Every field that a filter or an order may name has an index, and names and e-mails have one for `LIKE` as well
-- (docs/decisions/016-search.md).

-- By field, then by id, which is the number of the row and ends every index anyway. Lists leave inactive users out, and every page
-- tells how many there are: `active` stands in the indexes of users so that they are counted without being read.
CREATE INDEX users_email_idx ON users (organization_id, email_folded, id, active);
CREATE INDEX users_first_name_idx ON users (organization_id, first_name, id, active);
CREATE INDEX users_last_name_idx ON users (organization_id, last_name, id, active);
CREATE INDEX users_full_name_idx ON users (organization_id, full_name, id, active);
-- Of what is true or false, the value that few have. (SQLite has no statistics, and would take an index of both for a good
-- way to the other.)
CREATE INDEX users_inactive_idx ON users (organization_id) WHERE active = 0;
CREATE INDEX users_created_at_idx ON users (organization_id, created_at, id, active);
CREATE INDEX users_last_login_at_idx ON users (organization_id, last_login_at, id, active);
CREATE INDEX users_external_id_idx ON users (organization_id, external_id, id, active);
CREATE INDEX users_phone_idx ON users (organization_id, phone, id, active);
CREATE INDEX users_street1_idx ON users (organization_id, street1, id, active);
CREATE INDEX users_street2_idx ON users (organization_id, street2, id, active);
CREATE INDEX users_city_idx ON users (organization_id, city, id, active);
CREATE INDEX users_state_province_idx ON users (organization_id, state_province, id, active);
CREATE INDEX users_postal_code_idx ON users (organization_id, postal_code, id, active);
CREATE INDEX users_country_idx ON users (organization_id, country, id, active);

CREATE INDEX accounts_name_idx ON accounts (organization_id, name);
CREATE INDEX accounts_description_idx ON accounts (organization_id, description);
CREATE INDEX accounts_external_id_idx ON accounts (organization_id, external_id);
CREATE INDEX accounts_inactive_idx ON accounts (organization_id) WHERE active = 0;
CREATE INDEX accounts_type_idx ON accounts (
    organization_id, (CASE WHEN is_default THEN 'Default' ELSE 'CompanyAccount' END)
);
CREATE INDEX accounts_created_at_idx ON accounts (organization_id, created_at);
CREATE INDEX accounts_updated_at_idx ON accounts (organization_id, updated_at);

CREATE INDEX instances_name_idx ON instances (organization_id, name);
CREATE INDEX instances_element_idx ON instances (organization_id, element_id);
CREATE INDEX instances_created_at_idx ON instances (organization_id, created_at);
CREATE INDEX instances_invalid_idx ON instances (organization_id) WHERE valid = 0;
CREATE INDEX instances_disabled_idx ON instances (organization_id) WHERE disabled = 1;
CREATE INDEX instance_tags_tag_idx ON instance_tags (organization_id, tag);

CREATE INDEX audit_records_at_idx ON audit_records (organization_id, at);
CREATE INDEX audit_records_account_idx ON audit_records (organization_id, account_id);
CREATE INDEX audit_records_author_idx ON audit_records (organization_id, author_user_id);
CREATE INDEX audit_records_target_user_idx ON audit_records (
    organization_id, (CASE WHEN target = 'user' THEN target_id END)
);

-- Which letters stand three in a row. No text is kept. Of whoever is erased, nothing is found at once; the triples themselves go
-- when their segments are merged: the option `secure-delete` would look for each among all users that have it, and the organization
-- is one that all of its users have. An organization is three
-- characters that spell its number, and so is found like three letters: the rows of others are skipped. A full name holds
-- first and last name, and so serves these too.
CREATE VIRTUAL TABLE users_search USING fts5 (
    organization, full_name, email, content = '', detail = 'column', tokenize = 'trigram case_sensitive 1'
);

-- Whose letters have to be written, with the texts that stand in the index now; none of somebody new. FTS5 writes a segment for
-- each statement with a trigger and for each savepoint, and merges these again: half of its work. So triggers note who it is, and
-- the writer puts all of them in before it commits.
CREATE TABLE users_search_waiting (
    id              INTEGER PRIMARY KEY,
    organization_id INTEGER,
    full_name       TEXT,
    email           TEXT
) STRICT;

CREATE TRIGGER users_search_insert AFTER INSERT ON users BEGIN
    INSERT INTO users_search_waiting (id) VALUES (new.id) ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER users_search_delete AFTER DELETE ON users BEGIN
    INSERT INTO users_search_waiting (id, organization_id, full_name, email)
        VALUES (old.id, old.organization_id, old.full_name_folded, old.email_folded) ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER users_search_update AFTER UPDATE OF full_name_folded, email_folded ON users
WHEN old.full_name_folded <> new.full_name_folded OR old.email_folded <> new.email_folded BEGIN
    INSERT INTO users_search_waiting (id, organization_id, full_name, email)
        VALUES (old.id, old.organization_id, old.full_name_folded, old.email_folded) ON CONFLICT DO NOTHING;
END;

INSERT INTO users_search (rowid, organization, full_name, email)
SELECT id, char(19968 + organization_id % 20000, 19968 + organization_id / 20000 % 20000,
    19968 + organization_id / 400000000 % 20000), full_name_folded, email_folded FROM users;
