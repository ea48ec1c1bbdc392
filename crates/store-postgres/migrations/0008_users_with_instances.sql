-- An instance leaves a record when it goes, which only the server can write. So a user who has one cannot be erased before it: whoever
-- reads that there is none, and erases the user in one statement, is refused if one has come since.
ALTER TABLE instances
    DROP CONSTRAINT instances_user_fkey,
    ADD CONSTRAINT instances_user_fkey FOREIGN KEY (organization_id, user_id) REFERENCES users (organization_id, id);
