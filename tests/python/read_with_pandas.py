"""Reads the mirror as a BI client does, by its SQLAlchemy URL, and prints what it got as JSON."""

import json
import sys
from datetime import date

import pandas
from sqlalchemy import create_engine, text

engine = create_engine(sys.argv[1])
QUERY = "SELECT day, currency_id, bookings, total, paid_total FROM sales_by_day WHERE basis = 'created' ORDER BY day"


def refused(statement):
    try:
        with engine.begin() as connection:
            connection.execute(text(statement)).fetchall()
    except Exception as error:
        return str(error.orig).splitlines()[0]
    return None


# SQLite has no dates and no decimals: pandas is told which columns they are.
days = pandas.read_sql(QUERY, engine, parse_dates=["day"], coerce_float=False)
assert str(days.dtypes["day"]).startswith("datetime64"), days.dtypes
days["total"] = days["total"].map(lambda amount: f"{amount:.2f}")
months = days.groupby(days["day"].dt.to_period("M"))["bookings"].sum()
print(
    json.dumps(
        {
            "days": [[day.date().isoformat(), count, total] for day, count, total in zip(days["day"], days["bookings"], days["total"])],
            "months": {str(month): int(count) for month, count in months.items()},
            "dates": all(isinstance(day.date(), date) for day in days["day"]),
            "body": refused("SELECT body FROM webhook_bodies"),
            "delete": refused("DELETE FROM bookings"),
        }
    )
)
