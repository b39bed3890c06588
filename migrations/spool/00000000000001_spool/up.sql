-- Deliveries that the database has not taken yet. A row goes once the database has it.
CREATE TABLE deliveries (
    event_id BIGINT PRIMARY KEY NOT NULL,
    receiver TEXT NOT NULL,
    received_at TEXT NOT NULL,
    remote_ip TEXT,
    content_type TEXT,
    headers TEXT NOT NULL,
    body BLOB NOT NULL
);

-- The one mirror that these deliveries are for: its id, once it is known, and where it was last found.
CREATE TABLE binding (
    one INTEGER PRIMARY KEY NOT NULL CHECK (one = 1),
    mirror_id TEXT,
    place TEXT NOT NULL
);
