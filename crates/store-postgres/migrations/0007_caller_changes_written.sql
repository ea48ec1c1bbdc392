-- What decides who may call is written down where it is changed, and nodes look for it (docs/decisions/015-caller-cache.md). Commits
-- that NOTIFY wait for the disk one after the other; these share the wait.
--
-- Nodes from before this step listen, and are told nothing any more: stop them before it.

-- Unlogged: whoever asks for a change waits for the disk once, and not for this.
CREATE UNLOGGED TABLE caller_changes (
    -- Which transaction made the change. Snapshots say of it whether it was over, which no sequence and no clock does.
    changed_in xid8 NOT NULL DEFAULT pg_current_xact_id(),
    -- `o` for an organization, `a` for an account, `u` for a user, `i` for an instance.
    kind text NOT NULL,
    target_id bigint NOT NULL,
    -- Where no node looks, what is older than a day is removed.
    written_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX caller_changes_changed_in_idx ON caller_changes (changed_in);

-- A crash or a failover empties unlogged tables, and a node behind a pooler may not notice it. The row that the first node puts here
-- is gone then as well, so nodes that find another one know that something may be missing.
CREATE UNLOGGED TABLE caller_changes_epoch (
    epoch uuid NOT NULL DEFAULT gen_random_uuid()
);
CREATE UNIQUE INDEX caller_changes_epoch_key ON caller_changes_epoch ((TRUE));

CREATE OR REPLACE FUNCTION tell_caller_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed jsonb;
    active boolean;
    written text := format('INSERT INTO %I.caller_changes (kind, target_id) VALUES ($1, $2)', TG_TABLE_SCHEMA);
BEGIN
    IF TG_OP = 'INSERT' THEN
        changed := to_jsonb(NEW);
    ELSE
        changed := to_jsonb(OLD);
    END IF;
    -- Of an inactive user, or one who goes in this transaction, which tells for itself. The lock keeps away whoever would make
    -- the user active before this is committed. Where somebody else has it, that may be just what is being done: then it is told.
    IF TG_OP = 'DELETE' AND TG_ARGV[1] = 'user_id' THEN
        EXECUTE format('SELECT coalesce((SELECT active FROM %1$I.users WHERE organization_id = $1 AND id = $2 '
                'FOR SHARE SKIP LOCKED), EXISTS (SELECT FROM %1$I.users WHERE organization_id = $1 AND id = $2))', TG_TABLE_SCHEMA)
            INTO active USING OLD.organization_id, OLD.user_id;
        IF NOT active THEN
            RETURN NULL;
        END IF;
    END IF;
    EXECUTE written USING TG_ARGV[0], (changed ->> TG_ARGV[1])::bigint;
    -- What is given to somebody else is of two.
    IF TG_OP = 'UPDATE' AND changed ->> TG_ARGV[1] IS DISTINCT FROM to_jsonb(NEW) ->> TG_ARGV[1] THEN
        EXECUTE written USING TG_ARGV[0], (to_jsonb(NEW) ->> TG_ARGV[1])::bigint;
    END IF;
    RETURN NULL;
END
$$;
