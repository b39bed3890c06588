//! A sender's truth: what it delivers, and what it exports, by a program of its own (`tests/exports.php`).

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

pub(crate) const ZONE: &str = "America/Vancouver";
pub(crate) const HOST: &str = "harbour-tours.checkfront.example";

/// One list serves all reports.
const GERMAN: &[&str] = &[
    "--columns",
    "Buchungs-ID=Booking ID,\"Betrag, brutto=Amount\",Angelegt=Created",
    "--columns",
    "Zustand=Status,Vorgang=Transaction ID,Datum=Date,Ereignis=Event,Summe=Total,Kundennummer=Customer ID",
];

/// Ways in which reports are written. Each changes something that another leaves.
pub(crate) fn locales() -> Vec<(&'static str, Value, &'static [&'static str])> {
    let plain = json!({
        "date": "d/m/Y h:i A", "day": "d/m/Y", "point": ".", "group": ",", "before": "$", "after": "", "separator": ",",
        "newline": "\n", "encoding": "UTF-8", "bom": "", "split": false, "again": false, "whole": false, "headings": {},
        "labels": {"PEND": "Pending", "HOLD": "Reserved", "PART": "Deposit", "PAID": "Paid", "STOP": "Cancelled"},
    });
    let with = |changes: Value| {
        let mut locale = plain.clone();
        locale.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        locale
    };
    let german = json!({"Booking ID": "Buchungs-ID", "Amount": "Betrag, brutto", "Status": "Zustand", "Created": "Angelegt",
        "Transaction ID": "Vorgang", "Date": "Datum", "Event": "Ereignis", "Total": "Summe", "Customer ID": "Kundennummer"});
    vec![
        ("the documented one", plain.clone(), &[]),
        (
            "American",
            with(
                json!({"date": "m/d/y g:i a", "day": "m/d/y", "before": "CA$", "bom": "efbbbf", "split": true, "again": true}),
            ),
            &[],
        ),
        (
            "ISO",
            with(
                json!({"date": "Y-m-d H:i:s", "day": "Y-m-d", "group": "", "before": "", "separator": "\t", "newline": "\r\n"}),
            ),
            &[],
        ),
        (
            "German",
            with(
                json!({"date": "d.m.Y H:i", "day": "d.m.Y", "point": ",", "group": ".", "before": "", "after": " €", "separator": ";",
            "encoding": "WINDOWS-1252", "headings": german}),
            ),
            GERMAN,
        ),
        (
            "UTF-16",
            with(
                json!({"date": "D j M Y H:i", "day": "j M Y", "encoding": "UTF-16LE", "bom": "fffe", "group": " ", "split": true}),
            ),
            &[],
        ),
        ("by days alone", with(json!({"date": "Y-m-d", "day": "Y-m-d", "encoding": "UTF-16BE", "bom": "feff"})), &[]),
    ]
}

/// Bookings of one to three lines, all statuses, some overpaid, some with equal lines.
pub(crate) fn bookings(count: i64) -> Vec<Value> {
    let status = ["PAID", "PART", "HOLD", "STOP", "PEND"];
    let booking = |n: i64| {
        let created = 1_781_000_000 + n * 40_000;
        let lines: Vec<_> = (0..=n % 3)
            .map(|line| json!({"sku": format!("tour-{}", line / 2), "total": if n % 6 == 1 { 10_500 } else { 105 * (100 + 17 * n + 1_000 * line) }, "tax": if n % 6 == 1 { 500 } else { 5 * (100 + 17 * n + 1_000 * line) }}))
            .collect();
        let total: i64 = lines.iter().map(|line| line["total"].as_i64().unwrap()).sum();
        let paid = [total, total / 3, 0, 0, total + 1_000][usize::try_from(n % 5).unwrap()];
        json!({
            "code": format!("ABCD-{n:06}"), "status": status[usize::try_from(n % 5).unwrap()], "created": created,
            "start": created + 86_400 * (5 + n % 40), "end": created + 86_400 * (5 + n % 40) + 7_200,
            "name": format!("Zoë Nr. {n}"), "email": format!("guest{n}@example.com"), "customer": format!("CU{}-000-{n:03}", n % 9),
            "paid": paid, "lines": lines,
        })
    };
    (1..=count).map(booking).collect()
}

/// The notification of a booking.
pub(crate) fn notification(b: &Value) -> Vec<u8> {
    let money = |cents: i64| format!("{}.{:02}", cents / 100, cents % 100);
    let lines = b["lines"].as_array().unwrap();
    let sum = |name: &str| lines.iter().map(|line| line[name].as_i64().unwrap()).sum::<i64>();
    let date = |line: &Value, name: &str| line.get(name).unwrap_or(&b[name]).to_string();
    let items: Vec<_> = (1..).zip(lines).map(|(number, line)| json!({
        "@attributes": {"line_id": line.get("line_id").cloned().unwrap_or(json!(number.to_string())), "item_id": line.get("item_id").unwrap_or(&json!("31"))},
        "sku": line["sku"], "status": b["status"], "qty": line.get("qty").map_or("1".to_owned(), Value::to_string),
        "total": money(line["total"].as_i64().unwrap()), "tax_total": money(line["tax"].as_i64().unwrap()),
        "start_date": date(line, "start"), "end_date": date(line, "end"),
    })).collect();
    json!({"@attributes": {"version": "3.0", "host": HOST}, "booking": {
        "@attributes": {"booking_id": "1"}, "status": b["status"], "code": b["code"], "created_date": b["created"].to_string(),
        "start_date": b["start"].to_string(), "end_date": b["end"].to_string(),
        "customer": {"code": b["customer"], "name": b["name"], "email": b["email"], "phone": "+1 250 555 0100"},
        "order": {"@attributes": {"currency_id": "CAD"}, "sub_total": money(sum("total") - sum("tax")), "tax_total": money(sum("tax")),
            "paid_total": money(b["paid"].as_i64().unwrap()), "total": money(sum("total")), "items": {"item": items}},
    }}).to_string().into_bytes()
}

/// The notification of a payment.
pub(crate) fn payment(p: &Value) -> Vec<u8> {
    let cents = p["cents"].as_i64().unwrap().abs();
    json!({"version": "3.0", "host": HOST, "type": "transaction", "action": "insert", "transaction": {
        "transaction_id": p["id"], "date": p["at"], "status": p["event"], "amount": format!("{}.{:02}", cents / 100, cents % 100),
        "gateway_id": "QuayPay", "booking_id": p["code"],
    }}).to_string().into_bytes()
}

/// Payments, two equal ones and a refund among those of each booking.
pub(crate) fn payments(bookings: &[Value]) -> Vec<Value> {
    let of = |b: &Value| {
        let (code, at) = (b["code"].as_str().unwrap(), b["created"].as_i64().unwrap());
        [("PAID", 5_000, 0), ("PAID", 5_000, 7_200), ("PAID", 1_250_025, 86_400), ("REFUND", -1_000, 90_000)]
            .into_iter()
            .zip(1..)
            .map(|((event, cents, later), number)| json!({"code": code, "number": number, "id": format!("T{code}{number}"), "event": event, "cents": cents, "at": at + later}))
            .collect::<Vec<_>>()
    };
    bookings.iter().flat_map(of).collect()
}

/// The bytes of a report.
pub(crate) fn export(report: &str, locale: &Value, rows: (&str, &[Value])) -> Vec<u8> {
    let mut php = Command::new("php")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/exports.php"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("PHP is not installed; `./test` installs it");
    let mut truth = json!({"report": report, "locale": locale, "zone": ZONE});
    truth[rows.0] = rows.1.into();
    php.stdin.take().unwrap().write_all(truth.to_string().as_bytes()).unwrap();
    let output = php.wait_with_output().unwrap();
    assert!(output.status.success() && !output.stdout.is_empty());
    output.stdout
}
