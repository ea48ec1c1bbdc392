-- Nodes remember who is calling. Whatever decides that tells them, by whomever it is written, at the commit: `u12` for user
-- 12, `a` for an account, `o` for an organization, `i` for an instance. Creating tells nobody: who is new is not remembered.
-- What changes nothing of it, such as a name, or a secret that is sealed anew, tells nobody either; nor does what goes with a user who
-- is inactive, as nobody remembers one. PostgreSQL lets commits that tell something wait for the disk one after the other.
--
-- Every schema has a channel of its own. Nodes of the release before go on working meanwhile, and what they write is told.

CREATE FUNCTION tell_caller_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed jsonb;
    active boolean;
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
    -- The name of a schema may be as long as that of a channel.
    PERFORM pg_notify('tenantry_callers_' || md5(TG_TABLE_SCHEMA), TG_ARGV[0] || (changed ->> TG_ARGV[1]));
    -- What is given to somebody else is of two.
    IF TG_OP = 'UPDATE' AND changed ->> TG_ARGV[1] IS DISTINCT FROM to_jsonb(NEW) ->> TG_ARGV[1] THEN
        PERFORM pg_notify('tenantry_callers_' || md5(TG_TABLE_SCHEMA), TG_ARGV[0] || (to_jsonb(NEW) ->> TG_ARGV[1]));
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER organizations_tell AFTER UPDATE ON organizations FOR EACH ROW
    WHEN ((OLD.active, OLD.default_account_id) IS DISTINCT FROM (NEW.active, NEW.default_account_id))
    EXECUTE FUNCTION tell_caller_changed('o', 'id');
CREATE TRIGGER organization_secrets_tell AFTER UPDATE ON organization_secrets FOR EACH ROW
    WHEN ((OLD.digest, OLD.organization_id, OLD.expires_at)
        IS DISTINCT FROM (NEW.digest, NEW.organization_id, NEW.expires_at))
    EXECUTE FUNCTION tell_caller_changed('o', 'organization_id');
CREATE TRIGGER organization_secrets_tell_gone AFTER DELETE ON organization_secrets FOR EACH ROW
    EXECUTE FUNCTION tell_caller_changed('o', 'organization_id');
CREATE TRIGGER password_policies_tell AFTER INSERT OR UPDATE OR DELETE ON password_policies FOR EACH ROW
    EXECUTE FUNCTION tell_caller_changed('o', 'organization_id');
CREATE TRIGGER roles_tell AFTER UPDATE OR DELETE ON roles FOR EACH ROW
    EXECUTE FUNCTION tell_caller_changed('o', 'organization_id');

CREATE TRIGGER accounts_tell AFTER UPDATE ON accounts FOR EACH ROW
    WHEN ((OLD.active, OLD.is_default) IS DISTINCT FROM (NEW.active, NEW.is_default))
    EXECUTE FUNCTION tell_caller_changed('a', 'id');
CREATE TRIGGER account_roles_tell AFTER INSERT OR UPDATE OR DELETE ON account_roles FOR EACH ROW
    EXECUTE FUNCTION tell_caller_changed('a', 'account_id');

CREATE TRIGGER users_tell AFTER UPDATE ON users FOR EACH ROW
    WHEN ((OLD.active, OLD.account_id, OLD.password_changed_at, OLD.password_must_change)
        IS DISTINCT FROM (NEW.active, NEW.account_id, NEW.password_changed_at, NEW.password_must_change))
    EXECUTE FUNCTION tell_caller_changed('u', 'id');
CREATE TRIGGER users_tell_gone AFTER DELETE ON users FOR EACH ROW
    WHEN (OLD.active)
    EXECUTE FUNCTION tell_caller_changed('u', 'id');
CREATE TRIGGER user_secrets_tell AFTER UPDATE ON user_secrets FOR EACH ROW
    WHEN ((OLD.digest, OLD.user_id, OLD.expires_at) IS DISTINCT FROM (NEW.digest, NEW.user_id, NEW.expires_at))
    EXECUTE FUNCTION tell_caller_changed('u', 'user_id');
CREATE TRIGGER user_secrets_tell_gone AFTER DELETE ON user_secrets FOR EACH ROW
    EXECUTE FUNCTION tell_caller_changed('u', 'user_id');
CREATE TRIGGER user_roles_tell AFTER INSERT OR UPDATE OR DELETE ON user_roles FOR EACH ROW
    EXECUTE FUNCTION tell_caller_changed('u', 'user_id');
CREATE TRIGGER login_tokens_tell AFTER UPDATE OR DELETE ON login_tokens FOR EACH ROW
    EXECUTE FUNCTION tell_caller_changed('u', 'user_id');

CREATE TRIGGER instances_tell AFTER UPDATE ON instances FOR EACH ROW
    WHEN ((OLD.disabled, OLD.user_id, OLD.account_id) IS DISTINCT FROM (NEW.disabled, NEW.user_id, NEW.account_id))
    EXECUTE FUNCTION tell_caller_changed('i', 'id');
CREATE TRIGGER instances_tell_gone AFTER DELETE ON instances FOR EACH ROW
    EXECUTE FUNCTION tell_caller_changed('i', 'id');
CREATE TRIGGER instance_secrets_tell AFTER UPDATE ON instance_secrets FOR EACH ROW
    WHEN ((OLD.digest, OLD.instance_id) IS DISTINCT FROM (NEW.digest, NEW.instance_id))
    EXECUTE FUNCTION tell_caller_changed('i', 'instance_id');
CREATE TRIGGER instance_secrets_tell_gone AFTER DELETE ON instance_secrets FOR EACH ROW
    EXECUTE FUNCTION tell_caller_changed('i', 'instance_id');
