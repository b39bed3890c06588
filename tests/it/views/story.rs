//! Random deliveries of two accounts: currencies, taxes, add-ons, refunds, cancellations taken back, deletions.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

/// Some day in 2026, before which and after which everything happens.
const NOON: i64 = 1_780_000_000;
const HOSTS: [&str; 2] = ["a.example", "b.example"];
/// Currencies, and how many decimals they have.
const CURRENCIES: [(&str, u32); 3] = [("CAD", 2), ("JPY", 0), ("KWD", 3)];
const STATUSES: [&str; 8] = ["PEND", "HOLD", "PART", "PAID", "STOP", "VOID", "POSTP", "PAID"];

/// Bodies with the ids of their events, some hours apart.
pub(crate) fn story(seed: u64, deliveries: usize, first: i64) -> Vec<(i64, String)> {
    let mut random = StdRng::seed_from_u64(seed);
    let ids = (0_i64..).map(|number| (NOON + (first + number) * 23_000) * 1_000_000);
    ids.zip(0..deliveries).map(|(id, _)| (id, body(&mut random).to_string())).collect()
}

fn body(random: &mut StdRng) -> Value {
    let host = HOSTS[usize::from(random.random_bool(0.3))];
    match random.random_range(0..20) {
        0..=10 => booking(random, host),
        11..=15 => payment(random, host),
        16 => json!({"host": host, "event": "booking.delete", "booking": {"id": code(random)}}),
        17 => {
            json!({"host": host, "event": "booking.update", "booking": {"id": code(random), "status": status(random)}})
        }
        _ => item(random, host),
    }
}

fn code(random: &mut StdRng) -> String {
    format!("B{}-010626", random.random_range(0..14))
}

fn status(random: &mut StdRng) -> &'static str {
    STATUSES[random.random_range(0..STATUSES.len())]
}

fn money(units: i64, decimals: u32) -> String {
    let scale = 10_i64.pow(decimals);
    if decimals == 0 {
        return units.to_string();
    }
    format!("{}.{:0width$}", units / scale, units % scale, width = decimals as usize)
}

fn booking(random: &mut StdRng, host: &str) -> Value {
    let code = code(random);
    let (currency, decimals) = CURRENCIES[code.len() % 2 + usize::from(random.random_bool(0.2))];
    let created = NOON + random.random_range(-90..90) * 40_000;
    let start = created + random.random_range(-6..60) * 30_000;
    let (mut items, mut total, mut tax_total) = (Vec::new(), 0, 0);
    for line in 1..=random.random_range(0..4) {
        let (price, tax) = (random.random_range(0..100_000), random.random_range(0..5_000));
        (total, tax_total) = (total + price + tax, tax_total + tax);
        let end = start + random.random_range(-1..4) * 50_000;
        items.push(json!({
            "@attributes": {"line_id": if line == 2 { "1.1".to_owned() } else { line.to_string() },
                "item_id": (7 + random.random_range(0..4)).to_string()},
            "sku": format!("sku-{}", random.random_range(0..2)), "qty": random.random_range(0..5).to_string(),
            "category_id": if random.random_bool(0.3) { json!("3") } else { json!({}) },
            "status": if random.random_bool(0.1) { "STOP" } else { "PAID" },
            "start_date": start.to_string(), "end_date": if random.random_bool(0.8) { json!(end.to_string()) } else { json!({}) },
            "total": money(price + tax, decimals), "tax_total": money(tax, decimals),
        }));
    }
    let names = [("6", "GST"), ("7", "PST")];
    let taxes: Vec<_> = names[..random.random_range(0..3)]
        .iter()
        .map(|(id, name)| json!({"@attributes": {"tax_id": id}, "name": name, "amount": money(random.random_range(0..3_000), decimals)}))
        .collect();
    let customer = match random.random_range(0..5) {
        0 => json!({"email": format!("c{}@example.com", random.random_range(0..2)), "name": "Zoë Quince"}),
        1 => json!({}),
        _ => {
            json!({"code": format!("C-{}", random.random_range(0..3)), "email": "zoe@example.com", "name": "Zoë Quince"})
        }
    };
    let paid = if random.random_bool(0.2) { total + 100 } else { random.random_range(0..=total) };
    json!({"@attributes": {"host": host}, "booking": {
        "code": code, "status": status(random), "created_date": created.to_string(), "start_date": start.to_string(),
        "end_date": (start + random.random_range(0..3) * 70_000).to_string(), "customer": customer,
        "fields": {"note": format!("n{}", random.random_range(0..3)), "hotel": "Quay"},
        "order": {"@attributes": {"currency_id": currency}, "sub_total": money(total - tax_total, decimals),
            "tax_total": money(tax_total, decimals), "paid_total": money(paid, decimals), "total": money(total, decimals),
            "taxes": {"tax": taxes}, "items": {"item": items}},
    }})
}

fn payment(random: &mut StdRng, host: &str) -> Value {
    let booking = if random.random_bool(0.15) { json!({}) } else { json!(code(random)) };
    let amount = money(random.random_range(0..90_000), 2);
    let state = ["PAID", "PAID", "REFUND", "VOID"][random.random_range(0..4)];
    let payment_type = ["Visa", "Cash"][random.random_range(0..2)];
    let sign = if random.random_bool(0.2) { "-" } else { "" };
    json!({"host": host, "type": "transaction",
        "action": if random.random_bool(0.1) { "delete" } else { "insert" },
        "transaction": {"transaction_id": format!("T{}", random.random_range(0..12)), "gateway_id": "stripe",
            "status": state, "booking_id": booking,
            "date": NOON + random.random_range(-90..90) * 40_000, "amount": format!("{sign}{amount}"),
            "payment_type": payment_type}})
}

fn item(random: &mut StdRng, host: &str) -> Value {
    json!({"host": host, "type": "item", "action": "update", "item": {
        "item_id": (7 + random.random_range(0..3)).to_string(), "sku": format!("sku-{}", random.random_range(0..2)),
        "name": format!("Tour {}", random.random_range(0..2)), "category_id": random.random_range(3..5).to_string(),
        "category": format!("Category {}", random.random_range(0..2))}})
}
