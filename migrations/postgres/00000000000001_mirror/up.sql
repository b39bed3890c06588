-- Instants are UTC; money is NUMERIC without a scale, so that nothing is rounded.

CREATE TABLE accounts (
    account_id INTEGER PRIMARY KEY,
    host TEXT NOT NULL UNIQUE,
    name TEXT,
    timezone TEXT NOT NULL,
    currency_id TEXT,
    first_seen_at TIMESTAMPTZ NOT NULL,
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
    profile JSONB,
    field_events JSONB NOT NULL,
    first_event_id BIGINT NOT NULL,
    last_event_id BIGINT NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
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
    created_at TIMESTAMPTZ,
    start_at TIMESTAMPTZ,
    end_at TIMESTAMPTZ,
    created_on DATE,
    start_on DATE,
    end_on DATE,
    staff_id BIGINT,
    source_ip TEXT,
    tid TEXT,
    currency_id TEXT,
    sub_total NUMERIC,
    tax_total NUMERIC,
    paid_total NUMERIC,
    discount NUMERIC,
    total NUMERIC,
    fields JSONB,
    meta JSONB,
    extra JSONB,
    content_hash TEXT NOT NULL,
    provider TEXT,
    partner_id BIGINT,
    checked_in_at TIMESTAMPTZ,
    checked_out_at TIMESTAMPTZ,
    tax_inc_total NUMERIC,
    first_event_id BIGINT NOT NULL,
    last_event_id BIGINT NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    deleted_at TIMESTAMPTZ,
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
    start_at TIMESTAMPTZ,
    end_at TIMESTAMPTZ,
    start_on DATE,
    end_on DATE,
    total NUMERIC,
    tax_total NUMERIC,
    slip TEXT,
    package_id TEXT,
    params JSONB,
    extra JSONB,
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
    recorded_at TIMESTAMPTZ NOT NULL,
    status_id TEXT,
    total NUMERIC,
    paid_total NUMERIC,
    start_at TIMESTAMPTZ,
    end_at TIMESTAMPTZ,
    changes JSONB NOT NULL,
    PRIMARY KEY (account_id, booking_code, event_id)
);

CREATE TABLE transactions (
    account_id INTEGER NOT NULL,
    transaction_id TEXT NOT NULL,
    gateway_id TEXT NOT NULL,
    status_id TEXT NOT NULL,
    booking_code TEXT,
    transacted_at TIMESTAMPTZ,
    transacted_on DATE,
    amount NUMERIC,
    payment_type TEXT,
    payment_mask TEXT,
    payer TEXT,
    action TEXT,
    extra JSONB,
    first_event_id BIGINT NOT NULL,
    last_event_id BIGINT NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    deleted_at TIMESTAMPTZ,
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
    meta JSONB,
    rules JSONB,
    images JSONB,
    video JSONB,
    extra JSONB,
    first_event_id BIGINT NOT NULL,
    last_event_id BIGINT NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    deleted_at TIMESTAMPTZ,
    PRIMARY KEY (account_id, item_id)
);

CREATE TABLE rates (
    account_id INTEGER NOT NULL,
    rate_id BIGINT NOT NULL,
    name TEXT,
    rate_type TEXT,
    start_on DATE,
    end_on DATE,
    span BOOLEAN,
    price_src TEXT,
    dynamic_rate NUMERIC,
    dynamic_type TEXT,
    status_id TEXT,
    repeat_id TEXT,
    enabled BOOLEAN,
    rule_set_id BIGINT,
    vouchers INTEGER,
    details JSONB,
    repeat_days JSONB,
    all_items BOOLEAN NOT NULL,
    extra JSONB,
    first_event_id BIGINT NOT NULL,
    last_event_id BIGINT NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    deleted_at TIMESTAMPTZ,
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
    id BIGINT PRIMARY KEY,
    receiver TEXT NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('webhook', 'api')),
    received_at TIMESTAMPTZ NOT NULL,
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
    processed_at TIMESTAMPTZ
);

CREATE TABLE webhook_bodies (
    event_id BIGINT PRIMARY KEY,
    headers JSONB NOT NULL,
    body BYTEA NOT NULL
);

CREATE TABLE sync_runs (
    id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('backfill', 'sweep', 'replay', 'rebuild', 'reconcile')),
    account_id INTEGER,
    state TEXT NOT NULL CHECK (state IN ('running', 'ok', 'partial', 'failed')),
    started_at TIMESTAMPTZ NOT NULL,
    finished_at TIMESTAMPTZ,
    cursor JSONB,
    counts JSONB,
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

-- The first event of the batch in hand, negative where it is alone. A sequence keeps its value when a transaction is
-- rolled back, so the next projector sees what the last one died of.
CREATE SEQUENCE projector_in_hand MINVALUE -9223372036854775807 START 0;
