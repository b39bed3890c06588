-- Which mirror this is, whatever host serves it: a spool is bound to it.
CREATE TABLE mirror (
    mirror_id TEXT PRIMARY KEY
);

INSERT INTO mirror (mirror_id) VALUES (replace(gen_random_uuid()::text, '-', ''));
