-- Instants are UTC text (`2026-07-01 09:30:00.500000+00:00`), money has NUMERIC affinity: exact to 15 digits.

CREATE TABLE accounts (
    account_id INTEGER PRIMARY KEY NOT NULL,
    host TEXT NOT NULL UNIQUE,
    name TEXT,
    timezone TEXT NOT NULL,
    currency_id TEXT,
    first_seen_at TEXT NOT NULL,
    dates_timezone TEXT NOT NULL,
    dates_cursor TEXT
);

CREATE TABLE statuses (
    account_id INTEGER NOT NULL,
    status_id TEXT NOT NULL,
    label TEXT NOT NULL,
    is_sale BOOLEAN NOT NULL,
    is_cancelled BOOLEAN NOT NULL,
    PRIMARY KEY (account_id, status_id)
);

CREATE TABLE customers (
    account_id INTEGER NOT NULL,
    customer_key TEXT NOT NULL,
    code TEXT,
    name TEXT,
    email TEXT,
    phone TEXT,
    address TEXT,
    city TEXT,
    region TEXT,
    country TEXT,
    postal_zip TEXT,
    profile TEXT CHECK (profile IS NULL OR json_valid(profile)),
    field_events TEXT NOT NULL CHECK (json_valid(field_events)),
    first_event_id BIGINT NOT NULL,
    last_event_id BIGINT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (account_id, customer_key)
);

CREATE TABLE bookings (
    account_id INTEGER NOT NULL,
    code TEXT NOT NULL,
    booking_id BIGINT,
    status_id TEXT,
    customer_key TEXT,
    customer_name TEXT,
    customer_email TEXT,
    customer_phone TEXT,
    created_at TEXT,
    start_at TEXT,
    end_at TEXT,
    created_on TEXT,
    start_on TEXT,
    end_on TEXT,
    staff_id BIGINT,
    source_ip TEXT,
    tid TEXT,
    currency_id TEXT,
    sub_total NUMERIC,
    tax_total NUMERIC,
    paid_total NUMERIC,
    discount NUMERIC,
    total NUMERIC,
    fields TEXT CHECK (fields IS NULL OR json_valid(fields)),
    meta TEXT CHECK (meta IS NULL OR json_valid(meta)),
    extra TEXT CHECK (extra IS NULL OR json_valid(extra)),
    content_hash TEXT NOT NULL,
    provider TEXT,
    partner_id BIGINT,
    checked_in_at TEXT,
    checked_out_at TEXT,
    tax_inc_total NUMERIC,
    first_event_id BIGINT NOT NULL,
    last_event_id BIGINT NOT NULL,
    updated_at TEXT NOT NULL,
    deleted_at TEXT,
    PRIMARY KEY (account_id, code)
);

CREATE TABLE booking_items (
    account_id INTEGER NOT NULL,
    booking_code TEXT NOT NULL,
    line_id TEXT NOT NULL,
    parent_line_id TEXT,
    item_id BIGINT,
    category_id BIGINT,
    sku TEXT,
    name TEXT,
    status_id TEXT,
    qty INTEGER,
    start_at TEXT,
    end_at TEXT,
    start_on TEXT,
    end_on TEXT,
    total NUMERIC,
    tax_total NUMERIC,
    slip TEXT,
    package_id TEXT,
    params TEXT CHECK (params IS NULL OR json_valid(params)),
    extra TEXT CHECK (extra IS NULL OR json_valid(extra)),
    last_event_id BIGINT NOT NULL,
    PRIMARY KEY (account_id, booking_code, line_id)
);

CREATE TABLE booking_taxes (
    account_id INTEGER NOT NULL,
    booking_code TEXT NOT NULL,
    position INTEGER NOT NULL,
    tax_id BIGINT,
    name TEXT,
    amount NUMERIC,
    last_event_id BIGINT NOT NULL,
    PRIMARY KEY (account_id, booking_code, position)
);

CREATE TABLE booking_history (
    account_id INTEGER NOT NULL,
    booking_code TEXT NOT NULL,
    event_id BIGINT NOT NULL,
    recorded_at TEXT NOT NULL,
    status_id TEXT,
    total NUMERIC,
    paid_total NUMERIC,
    start_at TEXT,
    end_at TEXT,
    changes TEXT NOT NULL CHECK (json_valid(changes)),
    PRIMARY KEY (account_id, booking_code, event_id)
);

CREATE TABLE transactions (
    account_id INTEGER NOT NULL,
    transaction_id TEXT NOT NULL,
    gateway_id TEXT NOT NULL,
    status_id TEXT NOT NULL,
    booking_code TEXT,
    transacted_at TEXT,
    transacted_on TEXT,
    amount NUMERIC,
    payment_type TEXT,
    payment_mask TEXT,
    payer TEXT,
    action TEXT,
    extra TEXT CHECK (extra IS NULL OR json_valid(extra)),
    first_event_id BIGINT NOT NULL,
    last_event_id BIGINT NOT NULL,
    updated_at TEXT NOT NULL,
    deleted_at TEXT,
    PRIMARY KEY (account_id, transaction_id, gateway_id, status_id)
);

CREATE TABLE items (
    account_id INTEGER NOT NULL,
    item_id BIGINT NOT NULL,
    sku TEXT,
    name TEXT,
    unit TEXT,
    category_id BIGINT,
    category TEXT,
    stock INTEGER,
    unlimited BOOLEAN,
    status_id TEXT,
    item_type TEXT,
    visibility TEXT,
    locked BOOLEAN,
    position INTEGER,
    length INTEGER,
    rated BOOLEAN,
    alias_id BIGINT,
    product_group_type TEXT,
    parent_item_id BIGINT,
    url TEXT,
    summary TEXT,
    details TEXT,
    meta TEXT CHECK (meta IS NULL OR json_valid(meta)),
    rules TEXT CHECK (rules IS NULL OR json_valid(rules)),
    images TEXT CHECK (images IS NULL OR json_valid(images)),
    video TEXT CHECK (video IS NULL OR json_valid(video)),
    extra TEXT CHECK (extra IS NULL OR json_valid(extra)),
    first_event_id BIGINT NOT NULL,
    last_event_id BIGINT NOT NULL,
    updated_at TEXT NOT NULL,
    deleted_at TEXT,
    PRIMARY KEY (account_id, item_id)
);

CREATE TABLE rates (
    account_id INTEGER NOT NULL,
    rate_id BIGINT NOT NULL,
    name TEXT,
    rate_type TEXT,
    start_on TEXT,
    end_on TEXT,
    span BOOLEAN,
    price_src TEXT,
    dynamic_rate NUMERIC,
    dynamic_type TEXT,
    status_id TEXT,
    repeat_id TEXT,
    enabled BOOLEAN,
    rule_set_id BIGINT,
    vouchers INTEGER,
    details TEXT CHECK (details IS NULL OR json_valid(details)),
    repeat_days TEXT CHECK (repeat_days IS NULL OR json_valid(repeat_days)),
    all_items BOOLEAN NOT NULL,
    extra TEXT CHECK (extra IS NULL OR json_valid(extra)),
    first_event_id BIGINT NOT NULL,
    last_event_id BIGINT NOT NULL,
    updated_at TEXT NOT NULL,
    deleted_at TEXT,
    PRIMARY KEY (account_id, rate_id)
);

CREATE TABLE rate_items (
    account_id INTEGER NOT NULL,
    rate_id BIGINT NOT NULL,
    item_id BIGINT NOT NULL,
    PRIMARY KEY (account_id, rate_id, item_id)
);

CREATE TABLE rate_categories (
    account_id INTEGER NOT NULL,
    rate_id BIGINT NOT NULL,
    category_id BIGINT NOT NULL,
    PRIMARY KEY (account_id, rate_id, category_id)
);

CREATE TABLE categories (
    account_id INTEGER NOT NULL,
    category_id BIGINT NOT NULL,
    name TEXT,
    description TEXT,
    position INTEGER,
    PRIMARY KEY (account_id, category_id)
);

CREATE TABLE webhook_events (
    id INTEGER PRIMARY KEY NOT NULL,
    receiver TEXT NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('webhook', 'api')),
    received_at TEXT NOT NULL,
    remote_ip TEXT,
    content_type TEXT,
    account_id INTEGER,
    format TEXT CHECK (format IN ('json', 'xml', 'form')),
    kind TEXT CHECK (kind IN ('booking', 'transaction', 'item', 'rate', 'unknown')),
    type_name TEXT,
    action TEXT,
    entity_key TEXT,
    state TEXT NOT NULL CHECK (state IN ('pending', 'applied', 'unchanged', 'superseded', 'ignored', 'failed')),
    prior_state TEXT,
    attempts INTEGER NOT NULL,
    error TEXT,
    processed_at TEXT
);

CREATE TABLE webhook_bodies (
    event_id INTEGER PRIMARY KEY NOT NULL,
    headers TEXT NOT NULL CHECK (json_valid(headers)),
    body BLOB NOT NULL
);

CREATE TABLE sync_runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('backfill', 'sweep', 'replay', 'rebuild', 'reconcile')),
    account_id INTEGER,
    state TEXT NOT NULL CHECK (state IN ('running', 'ok', 'partial', 'failed')),
    started_at TEXT NOT NULL,
    finished_at TEXT,
    cursor TEXT CHECK (cursor IS NULL OR json_valid(cursor)),
    counts TEXT CHECK (counts IS NULL OR json_valid(counts)),
    error TEXT
);

-- The projector's work list, and the dead letters: partial, so that settled events cost nothing.
CREATE INDEX webhook_events_pending ON webhook_events (id) WHERE state = 'pending';
CREATE INDEX webhook_events_failed ON webhook_events (id) WHERE state = 'failed';
-- All deliveries of one booking: replay and `explain`.
CREATE INDEX webhook_events_entity ON webhook_events (account_id, kind, entity_key);
-- A customer's bookings.
CREATE INDEX bookings_customer ON bookings (account_id, customer_key);
-- A booking's payments.
CREATE INDEX transactions_booking ON transactions (account_id, booking_code);
