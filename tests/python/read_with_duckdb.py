"""Adds up an exported Parquet file with DuckDB, and prints days and sums as JSON."""

import json
import sys

import duckdb

rows = duckdb.execute(
    "SELECT day, sum(bookings), sum(total), typeof(any_value(day)), typeof(any_value(total)) FROM read_parquet(?) "
    "WHERE basis = 'created' GROUP BY day ORDER BY day",
    [sys.argv[1]],
).fetchall()
print(json.dumps([[str(day), int(count), str(total), day_type, total_type] for day, count, total, day_type, total_type in rows]))
