-- The first schema. Names are those of the PostgreSQL store; instants are microseconds since 1970-01-01 UTC, booleans 0
-- and 1. `…_folded` columns hold what `…` is compared with where case does not count.

CREATE TABLE organizations (
    id                 INTEGER PRIMARY KEY AUTOINCREMENT,
    name               TEXT NOT NULL,
    kind               TEXT NOT NULL CHECK (kind IN ('system', 'customer')),
    active             INTEGER NOT NULL CHECK (active IN (0, 1)),
    -- No foreign key: the two rows need each other, and a deferred check would fail at the commit of a whole batch.
    default_account_id INTEGER NOT NULL,
    external_id        TEXT,
    created_at         INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL,
    revision           INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX organizations_kind_key ON organizations (kind) WHERE kind = 'system';

CREATE TABLE accounts (
    id                 INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id    INTEGER NOT NULL REFERENCES organizations (id),
    name               TEXT NOT NULL,
    name_folded        TEXT NOT NULL,
    description        TEXT,
    description_folded TEXT,
    external_id        TEXT,
    external_id_folded TEXT,
    active             INTEGER NOT NULL CHECK (active IN (0, 1)),
    is_default         INTEGER NOT NULL CHECK (is_default IN (0, 1)),
    created_at         INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL,
    revision           INTEGER NOT NULL,
    UNIQUE (organization_id, id)
) STRICT;

CREATE UNIQUE INDEX accounts_external_id_key ON accounts (organization_id, external_id) WHERE active;
CREATE UNIQUE INDEX accounts_default_key ON accounts (organization_id) WHERE is_default;

CREATE TABLE users (
    id                    INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id       INTEGER NOT NULL,
    account_id            INTEGER NOT NULL,
    email                 TEXT NOT NULL,
    email_folded          TEXT NOT NULL,
    first_name            TEXT NOT NULL,
    first_name_folded     TEXT NOT NULL,
    last_name             TEXT NOT NULL,
    last_name_folded      TEXT NOT NULL,
    full_name             TEXT NOT NULL,
    full_name_folded      TEXT NOT NULL,
    active                INTEGER NOT NULL CHECK (active IN (0, 1)),
    external_id           TEXT,
    external_id_folded    TEXT,
    phone                 TEXT,
    phone_folded          TEXT,
    street1               TEXT,
    street1_folded        TEXT,
    street2               TEXT,
    street2_folded        TEXT,
    city                  TEXT,
    city_folded           TEXT,
    state_province        TEXT,
    state_province_folded TEXT,
    postal_code           TEXT,
    postal_code_folded    TEXT,
    country               TEXT,
    country_folded        TEXT,
    password_hash         TEXT,
    password_changed_at   INTEGER,
    password_must_change  INTEGER NOT NULL CHECK (password_must_change IN (0, 1)),
    password_failures     INTEGER NOT NULL DEFAULT 0,
    locked_until          INTEGER,
    -- Never null: a user who never logged in is compared as 1970-01-01.
    last_login_at         INTEGER NOT NULL DEFAULT 0,
    created_at            INTEGER NOT NULL,
    updated_at            INTEGER NOT NULL,
    revision              INTEGER NOT NULL,
    UNIQUE (organization_id, id),
    CONSTRAINT users_email_key UNIQUE (email_folded),
    FOREIGN KEY (organization_id, account_id) REFERENCES accounts (organization_id, id)
) STRICT;

CREATE INDEX users_account_idx ON users (organization_id, account_id, id);

CREATE TABLE organization_secrets (
    digest          BLOB PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    sealed          BLOB NOT NULL,
    key_id          TEXT NOT NULL,
    created_at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX organization_secrets_owner_idx ON organization_secrets (organization_id);

CREATE TABLE user_secrets (
    digest          BLOB PRIMARY KEY,
    organization_id INTEGER NOT NULL,
    user_id         INTEGER NOT NULL,
    sealed          BLOB NOT NULL,
    key_id          TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    FOREIGN KEY (organization_id, user_id) REFERENCES users (organization_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX user_secrets_owner_idx ON user_secrets (organization_id, user_id);

CREATE TABLE roles (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    key             TEXT NOT NULL,
    name            TEXT NOT NULL,
    description     TEXT NOT NULL,
    -- A JSON array of privilege keys.
    privileges      TEXT NOT NULL,
    UNIQUE (organization_id, id),
    UNIQUE (organization_id, key)
) STRICT;

CREATE TABLE user_roles (
    organization_id INTEGER NOT NULL,
    user_id         INTEGER NOT NULL,
    role_id         INTEGER NOT NULL,
    PRIMARY KEY (organization_id, user_id, role_id),
    FOREIGN KEY (organization_id, user_id) REFERENCES users (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, role_id) REFERENCES roles (organization_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX user_roles_role_idx ON user_roles (organization_id, role_id, user_id);

CREATE TABLE account_roles (
    organization_id INTEGER NOT NULL,
    account_id      INTEGER NOT NULL,
    role_id         INTEGER NOT NULL,
    PRIMARY KEY (organization_id, account_id, role_id),
    FOREIGN KEY (organization_id, account_id) REFERENCES accounts (organization_id, id),
    FOREIGN KEY (organization_id, role_id) REFERENCES roles (organization_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE elements (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    key             TEXT NOT NULL,
    UNIQUE (organization_id, id),
    UNIQUE (organization_id, key)
) STRICT;

CREATE TABLE instances (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL,
    account_id      INTEGER NOT NULL,
    user_id         INTEGER NOT NULL,
    name            TEXT NOT NULL,
    name_folded     TEXT NOT NULL,
    element_id      INTEGER NOT NULL,
    valid           INTEGER NOT NULL CHECK (valid IN (0, 1)),
    disabled        INTEGER NOT NULL CHECK (disabled IN (0, 1)),
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    revision        INTEGER NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, account_id) REFERENCES accounts (organization_id, id),
    FOREIGN KEY (organization_id, user_id) REFERENCES users (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, element_id) REFERENCES elements (organization_id, id)
) STRICT;

CREATE INDEX instances_user_idx ON instances (organization_id, user_id, id);
CREATE INDEX instances_account_idx ON instances (organization_id, account_id, id);

CREATE TABLE instance_tags (
    organization_id INTEGER NOT NULL,
    instance_id     INTEGER NOT NULL,
    position        INTEGER NOT NULL,
    tag             TEXT NOT NULL,
    tag_folded      TEXT NOT NULL,
    PRIMARY KEY (organization_id, instance_id, position),
    FOREIGN KEY (organization_id, instance_id) REFERENCES instances (organization_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE instance_secrets (
    digest          BLOB PRIMARY KEY,
    organization_id INTEGER NOT NULL,
    instance_id     INTEGER NOT NULL,
    sealed          BLOB NOT NULL,
    key_id          TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    FOREIGN KEY (organization_id, instance_id) REFERENCES instances (organization_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX instance_secrets_owner_idx ON instance_secrets (organization_id, instance_id);

-- No foreign key but to the organization: records outlive what they are about.
CREATE TABLE audit_records (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    account_id      INTEGER,
    at              INTEGER NOT NULL,
    author          TEXT NOT NULL CHECK (author IN ('user', 'operator', 'platform')),
    author_user_id  INTEGER,
    request_id      TEXT NOT NULL,
    action          TEXT NOT NULL,
    target          TEXT NOT NULL,
    target_id       INTEGER NOT NULL,
    -- JSON objects of text.
    old             TEXT NOT NULL,
    new             TEXT NOT NULL,
    UNIQUE (organization_id, id)
) STRICT;

CREATE TABLE keyring (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    key_id TEXT NOT NULL,
    sealed BLOB NOT NULL
) STRICT;

-- Number 1 of these is reserved for the system organization, which is inserted with it.
INSERT INTO sqlite_sequence (name, seq) VALUES ('organizations', 1), ('accounts', 1), ('users', 1);
