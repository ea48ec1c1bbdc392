-- What the whole platform API keeps beyond the first schema: secrets that are replaced with an overlap, login tokens,
-- password policies and histories, configured instances, replies to be sent again, and the chain of the audit log.

-- NULL: the present secret. Else a replaced one, which works until then.
ALTER TABLE user_secrets ADD COLUMN expires_at INTEGER;
ALTER TABLE organization_secrets ADD COLUMN expires_at INTEGER;

CREATE UNIQUE INDEX user_secrets_present_key ON user_secrets (organization_id, user_id) WHERE expires_at IS NULL;
CREATE UNIQUE INDEX organization_secrets_present_key ON organization_secrets (organization_id) WHERE expires_at IS NULL;
CREATE INDEX user_secrets_expires_idx ON user_secrets (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX organization_secrets_expires_idx ON organization_secrets (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE login_tokens (
    digest          BLOB PRIMARY KEY,
    organization_id INTEGER NOT NULL,
    user_id         INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL,
    FOREIGN KEY (organization_id, user_id) REFERENCES users (organization_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX login_tokens_owner_idx ON login_tokens (organization_id, user_id);
CREATE INDEX login_tokens_expires_idx ON login_tokens (expires_at);

-- An organization that returned to the default keeps its row, for the dates.
CREATE TABLE password_policies (
    organization_id         INTEGER PRIMARY KEY REFERENCES organizations (id),
    is_set                  INTEGER NOT NULL CHECK (is_set IN (0, 1)),
    min_length              INTEGER NOT NULL,
    min_uppercase           INTEGER NOT NULL,
    min_lowercase           INTEGER NOT NULL,
    min_numbers             INTEGER NOT NULL,
    min_symbols             INTEGER NOT NULL,
    symbol_character_set    TEXT NOT NULL,
    previous_password_count INTEGER NOT NULL,
    expiration_days         INTEGER NOT NULL,
    created_at              INTEGER NOT NULL,
    updated_at              INTEGER NOT NULL
) STRICT;

-- Former hashes; the newest has the greatest id.
CREATE TABLE password_history (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL,
    user_id         INTEGER NOT NULL,
    hash            TEXT NOT NULL,
    replaced_at     INTEGER NOT NULL,
    FOREIGN KEY (organization_id, user_id) REFERENCES users (organization_id, id) ON DELETE CASCADE
) STRICT;

CREATE INDEX password_history_owner_idx ON password_history (organization_id, user_id, id);

-- The defaults are there because SQLite wants them for rows that exist already.
ALTER TABLE elements ADD COLUMN key_folded TEXT NOT NULL DEFAULT '';
ALTER TABLE elements ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE elements ADD COLUMN name_folded TEXT NOT NULL DEFAULT '';
ALTER TABLE elements ADD COLUMN hub TEXT NOT NULL DEFAULT 'general';
ALTER TABLE elements ADD COLUMN hub_folded TEXT NOT NULL DEFAULT 'general';

UPDATE elements SET name = key, key_folded = ceql_fold(key), name_folded = ceql_fold(key);

ALTER TABLE instances ADD COLUMN external_authentication TEXT NOT NULL DEFAULT 'none'
    CHECK (external_authentication IN ('none', 'initial'));

CREATE TABLE instance_configurations (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL,
    instance_id     INTEGER NOT NULL,
    key             TEXT NOT NULL,
    value           TEXT,
    sealed          BLOB,
    key_id          TEXT,
    UNIQUE (organization_id, instance_id, key),
    CHECK ((value IS NULL) <> (sealed IS NULL) AND (sealed IS NULL) = (key_id IS NULL)),
    FOREIGN KEY (organization_id, instance_id) REFERENCES instances (organization_id, id) ON DELETE CASCADE
) STRICT;

CREATE INDEX instance_configurations_sealed_idx ON instance_configurations (organization_id, instance_id, key)
    WHERE sealed IS NOT NULL;

-- NULL: not linked yet.
ALTER TABLE audit_records ADD COLUMN position INTEGER;
ALTER TABLE audit_records ADD COLUMN hash BLOB CHECK (hash IS NULL OR length(hash) = 32);

CREATE UNIQUE INDEX audit_records_position_key ON audit_records (organization_id, position) WHERE position IS NOT NULL;
CREATE INDEX audit_records_unlinked_idx ON audit_records (organization_id, id) WHERE position IS NULL;

CREATE TABLE audit_heads (
    organization_id INTEGER PRIMARY KEY REFERENCES organizations (id),
    start_position  INTEGER NOT NULL,
    start_hash      BLOB NOT NULL CHECK (length(start_hash) = 32),
    end_position    INTEGER NOT NULL,
    end_hash        BLOB NOT NULL CHECK (length(end_hash) = 32),
    key_id          TEXT NOT NULL,
    code            BLOB NOT NULL CHECK (length(code) = 32)
) STRICT;

CREATE TABLE replies (
    organization_id INTEGER NOT NULL,
    user_id         INTEGER NOT NULL,
    key             TEXT NOT NULL,
    fingerprint     BLOB NOT NULL,
    -- NULL: the call is running.
    sealed          BLOB,
    key_id          TEXT,
    expires_at      INTEGER NOT NULL,
    PRIMARY KEY (organization_id, user_id, key),
    CHECK ((sealed IS NULL) = (key_id IS NULL)),
    FOREIGN KEY (organization_id, user_id) REFERENCES users (organization_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX replies_expires_idx ON replies (expires_at);

-- Nobody reads it: an attempt for an unknown e-mail has to take as long as one that is counted for a user.
CREATE TABLE refused_logins (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL
) STRICT;

CREATE INDEX refused_logins_at_idx ON refused_logins (at);
