-- Searches that take as long in a large organization as in a small one (docs/decisions/016-search.md).

-- What begins with the same letters stands together, and is counted without being read.
CREATE INDEX users_last_name_folded_idx ON users (organization_id, last_name_folded, id, active);
CREATE INDEX users_full_name_folded_idx ON users (organization_id, full_name_folded, id, active);

-- Each three letters in a row are a word, with the number of the organization before them: the list of a word holds no user of another
-- organization. The former index had a list of all users of the organization as well, and went through it in every search.
-- No text is kept. Of whoever is erased, nothing is found at once; the words themselves go when their segments are merged:
-- the option `secure-delete` would look for each among all users that have it.
DROP TABLE users_search;
CREATE VIRTUAL TABLE users_letters USING fts5 (full_name, email, content = '', detail = 'column', tokenize = 'ascii');

-- Who is in the index already, and is to be changed or taken out.
CREATE INDEX users_search_waiting_known_idx ON users_search_waiting (id) WHERE full_name IS NOT NULL;

-- The program puts all of them in before it serves, so many at a time.
DELETE FROM users_search_waiting;
INSERT INTO users_search_waiting (id) SELECT id FROM users;
