-- Organizations that move in, and what became of the numbers that things have where they come from.

CREATE TABLE transfers (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    source          TEXT NOT NULL UNIQUE,
    ids             TEXT NOT NULL CHECK (ids IN ('kept', 'assigned')),
    finished        INTEGER NOT NULL CHECK (finished IN (0, 1))
) STRICT;

-- No foreign key to what has the number here: it may be erased, and is then created again under another one.
CREATE TABLE transfer_numbers (
    transfer_id INTEGER NOT NULL REFERENCES transfers (id),
    entity      TEXT NOT NULL,
    source_id   INTEGER NOT NULL,
    id          INTEGER NOT NULL,
    PRIMARY KEY (transfer_id, entity, source_id)
) STRICT, WITHOUT ROWID;
