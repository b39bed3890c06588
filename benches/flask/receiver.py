"""What one would write by hand: a Flask receiver that stores each delivery and its rows in one transaction, then answers."""

import os
from datetime import datetime, timezone

import psycopg2
import psycopg2.extras
from flask import Flask, request

app = Flask(__name__)
connection = None

SCHEMA = """
CREATE TABLE IF NOT EXISTS deliveries (
    id BIGSERIAL PRIMARY KEY, received_at TIMESTAMPTZ NOT NULL DEFAULT now(), headers JSONB NOT NULL, body BYTEA NOT NULL);
CREATE TABLE IF NOT EXISTS customers (
    host TEXT, code TEXT, name TEXT, email TEXT, phone TEXT, address TEXT, city TEXT, region TEXT, country TEXT,
    postal_zip TEXT, PRIMARY KEY (host, code));
CREATE TABLE IF NOT EXISTS bookings (
    host TEXT, code TEXT, booking_id BIGINT, status_id TEXT, customer_code TEXT, customer_name TEXT, customer_email TEXT,
    customer_phone TEXT, created_at TIMESTAMPTZ, start_at TIMESTAMPTZ, end_at TIMESTAMPTZ, staff_id BIGINT,
    source_ip TEXT, currency_id TEXT, sub_total NUMERIC, tax_total NUMERIC, paid_total NUMERIC, total NUMERIC,
    fields JSONB, meta JSONB, PRIMARY KEY (host, code));
CREATE TABLE IF NOT EXISTS booking_items (
    host TEXT, booking_code TEXT, line_id TEXT, item_id BIGINT, sku TEXT, status_id TEXT, qty INT,
    start_at TIMESTAMPTZ, end_at TIMESTAMPTZ, total NUMERIC, tax_total NUMERIC, PRIMARY KEY (host, booking_code, line_id));
CREATE TABLE IF NOT EXISTS booking_taxes (
    host TEXT, booking_code TEXT, position INT, tax_id BIGINT, name TEXT, amount NUMERIC,
    PRIMARY KEY (host, booking_code, position));
CREATE TABLE IF NOT EXISTS booking_history (
    id BIGSERIAL PRIMARY KEY, host TEXT, booking_code TEXT, recorded_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    status_id TEXT, total NUMERIC, paid_total NUMERIC);
"""


def database():
    """One connection for each worker, or one for each request."""
    global connection
    if connection is not None and os.environ.get("CONNECT_EACH_TIME"):
        connection.close()
        connection = None
    if connection is None:
        connection = psycopg2.connect(os.environ["DATABASE_URL"])
    return connection


def text(value):
    return value if isinstance(value, str) and value.strip() else None


def instant(value):
    return datetime.fromtimestamp(int(value), timezone.utc) if text(value) else None


def members(value):
    return value if isinstance(value, list) else [value] if value else []


def upsert(cursor, table, key, rows):
    columns = list(rows[0])
    changes = ", ".join(f"{column} = excluded.{column}" for column in columns if column not in key)
    psycopg2.extras.execute_values(
        cursor,
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES %s ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changes}",
        [tuple(row.values()) for row in rows],
    )


@app.post("/webhook")
def webhook():
    body = request.get_data()
    document = request.get_json(force=True)
    host, booking = document["@attributes"]["host"], document["booking"]
    code, order, customer = booking["code"], booking["order"], booking["customer"]
    with database() as transaction, transaction.cursor() as cursor:
        cursor.execute(
            "INSERT INTO deliveries (headers, body) VALUES (%s, %s)",
            (psycopg2.extras.Json(dict(request.headers)), body),
        )
        contact = ["name", "email", "phone", "address", "city", "region", "country", "postal_zip"]
        row = {"host": host, "code": customer["code"]} | {name: text(customer.get(name)) for name in contact}
        upsert(cursor, "customers", ["host", "code"], [row])
        row = {
            "host": host, "code": code, "booking_id": int(booking["@attributes"]["booking_id"]),
            "status_id": booking["status"], "customer_code": customer["code"], "customer_name": text(customer["name"]),
            "customer_email": text(customer["email"]), "customer_phone": text(customer["phone"]),
            "created_at": instant(booking["created_date"]), "start_at": instant(booking["start_date"]),
            "end_at": instant(booking["end_date"]), "staff_id": int(booking["staff_id"]),
            "source_ip": text(booking["source_ip"]), "currency_id": order["@attributes"]["currency_id"],
            "sub_total": order["sub_total"], "tax_total": order["tax_total"], "paid_total": order["paid_total"],
            "total": order["total"], "fields": psycopg2.extras.Json(booking["fields"]),
            "meta": psycopg2.extras.Json(booking["meta"]),
        }  # fmt: skip
        upsert(cursor, "bookings", ["host", "code"], [row])
        cursor.execute("DELETE FROM booking_items WHERE host = %s AND booking_code = %s", (host, code))
        rows = [
            {
                "host": host, "booking_code": code, "line_id": line["@attributes"]["line_id"],
                "item_id": int(line["@attributes"]["item_id"]), "sku": text(line["sku"]), "status_id": line["status"],
                "qty": int(line["qty"]), "start_at": instant(line["start_date"]), "end_at": instant(line["end_date"]),
                "total": line["total"], "tax_total": line["tax_total"],
            }
            for line in members(order["items"].get("item"))
        ]  # fmt: skip
        upsert(cursor, "booking_items", ["host", "booking_code", "line_id"], rows)
        cursor.execute("DELETE FROM booking_taxes WHERE host = %s AND booking_code = %s", (host, code))
        rows = [
            {
                "host": host, "booking_code": code, "position": position,
                "tax_id": int(tax["@attributes"]["tax_id"]), "name": tax["name"], "amount": tax["amount"],
            }
            for position, tax in enumerate(members(order["taxes"].get("tax")), 1)
        ]  # fmt: skip
        upsert(cursor, "booking_taxes", ["host", "booking_code", "position"], rows)
        cursor.execute(
            "INSERT INTO booking_history (host, booking_code, status_id, total, paid_total) VALUES (%s, %s, %s, %s, %s)",
            (host, code, booking["status"], order["total"], order["paid_total"]),
        )
    return "", 200


def migrate():
    with psycopg2.connect(os.environ["DATABASE_URL"]) as transaction, transaction.cursor() as cursor:
        cursor.execute(SCHEMA)


migrate()
