-- Which mirror this is, wherever its file is moved: a spool is bound to it.
CREATE TABLE mirror (
    mirror_id TEXT PRIMARY KEY NOT NULL
);

INSERT INTO mirror (mirror_id) VALUES (lower(hex(randomblob(16))));
