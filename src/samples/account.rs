//! A made-up account, whose bookings, payments, items and rates make deliveries.

use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use super::encode::{Element, json_of_xml};

/// A delivery, in both of the trees that Checkfront makes.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The XML body.
    pub xml: Element,
    /// The JSON body; a form is written from it.
    pub json: Value,
}

/// A made-up account.
pub struct Account {
    host: String,
    random: StdRng,
    next: u32,
}

const TOURS: [(&str, i64, u32); 4] =
    [("kayak-halfday", 11, 6_500), ("harbour-cruise", 12, 4_900), ("cabin-night", 13, 18_000), ("bike-day", 14, 3_500)];
const PEOPLE: [&str; 5] = ["Ada Sample", "Grace Example", "Émile Muster", "Zoë Testová", "Katherine Trial"];

impl Account {
    /// An account at this host; the same random source makes the same deliveries.
    pub fn new(host: &str, random: StdRng) -> Self {
        Self { host: host.to_owned(), random, next: 1 }
    }

    /// The deliveries of one more customer's story: a booking, its payment, the paid booking; now and then an item or
    /// a rate. `now` is unix seconds.
    pub fn story(&mut self, now: i64) -> Vec<Sample> {
        let number = self.next;
        self.next += 1;
        let (sku, item_id, cents) = TOURS[self.random.random_range(0..TOURS.len())];
        let qty = self.random.random_range(1..=4_u32);
        let letters: String = (0..4).map(|_| char::from(self.random.random_range(b'A'..=b'Z'))).collect();
        let booking = Booking {
            number,
            code: format!("{letters}-{:06}", self.random.random_range(0..1_000_000)),
            person: PEOPLE[self.random.random_range(0..PEOPLE.len())],
            created: now,
            start: (now / 86_400 + self.random.random_range(1..60)) * 86_400 + 9 * 3_600,
            line: (sku, item_id, qty),
            cents: cents * qty,
        };
        let mut story = vec![
            self.notification(&booking, "HOLD", 0),
            self.payment(&booking),
            self.notification(&booking, "PAID", booking.cents + booking.tax()),
        ];
        match number % 4 {
            0 => story.push(self.item(sku, item_id, cents)),
            2 => story.push(self.rate(number, item_id)),
            _ => {}
        }
        story
    }

    fn notification(&self, booking: &Booking, status: &str, paid: u32) -> Sample {
        let email = format!("guest{}@example.com", booking.number);
        let (sku, item_id, qty) = booking.line;
        let total = booking.cents + booking.tax();
        let line = Element::parent(
            "item",
            [
                Element::text("start_date", booking.start),
                Element::text("end_date", booking.start + 4 * 3_600),
                Element::text("sku", sku),
                Element::text("slip", ""),
                Element::text("package_id", 0),
                Element::text("status", status),
                Element::text("total", money(total)),
                Element::text("tax_total", money(booking.tax())),
                Element::text("qty", qty),
            ],
        );
        let order = Element::parent(
            "order",
            [
                Element::text("sub_total", money(booking.cents)),
                Element::text("tax_total", money(booking.tax())),
                Element::text("paid_total", money(paid)),
                Element::text("total", money(total)),
                Element::parent(
                    "taxes",
                    [Element::parent(
                        "tax",
                        [Element::text("name", "GST"), Element::text("amount", money(booking.tax()))],
                    )
                    .with("tax_id", 1)],
                ),
                Element::text("discount", "0.00"),
                Element::parent("items", [line.with("line_id", 1).with("item_id", item_id)]),
            ],
        );
        let customer = [
            Element::text("code", format!("SMP-000-{:03}", booking.number % 1_000)),
            Element::text("name", booking.person),
            Element::text("email", email),
            Element::text("phone", "+1 555 0100"),
            Element::text("city", "Sampleton"),
        ];
        let body = Element::parent(
            "booking",
            [
                Element::text("status", status),
                Element::text("code", &booking.code),
                Element::text("tid", ""),
                Element::text("created_date", booking.created),
                Element::text("staff_id", 1),
                Element::text("source_ip", "192.0.2.7"),
                Element::text("start_date", booking.start),
                Element::text("end_date", booking.start + 4 * 3_600),
                Element::parent("customer", customer),
                Element::parent("meta", [Element::text("note", "A made-up booking <b>of the sample sender</b>")]),
                order.with("currency_id", "CAD"),
            ],
        );
        let xml = Element::parent("checkfront-notify", [body.with("booking_id", booking.number)]);
        let xml = xml.with("version", "3.0").with("host", &self.host);
        Sample { json: json_of_xml(&xml), xml }
    }

    fn payment(&self, booking: &Booking) -> Sample {
        self.native(
            "transaction",
            "insert",
            &json!({
                "transaction_id": format!("SAMPLE{}", booking.code),
                "date": booking.created + 60,
                "status": "PAID",
                "amount": money(booking.cents + booking.tax()),
                "gateway_id": "SamplePay",
                "payment_mask": "1111",
                "payment_type": "Visa",
                "payment_customer": booking.person,
                "booking_id": booking.code,
            }),
        )
    }

    fn item(&self, sku: &str, item_id: i64, cents: u32) -> Sample {
        self.native("item", "update", &json!({
            "item_id": item_id.to_string(), "sku": sku, "name": sku.replace('-', " "), "unit": "D", "category_id": 3,
            "category": "Samples", "stock": 12, "unlimited": 0, "status": "A", "type": "I", "visibility": "*",
            "lock": 0, "pos": 1, "len": 1, "rated": 1, "alias_id": 0, "product_group_type": "",
            "summary": format!("<p>From {} a head</p>", money(cents)), "meta": "{\"delay\":0}", "rules": "",
        }))
    }

    fn rate(&self, number: u32, item_id: i64) -> Sample {
        let mut sample = self.native("rate", "update", &json!({
            "rate_id": number, "name": "Early bird", "type": "SP", "start_date": 20_260_101, "end_date": 0, "span": 0,
            "price_src": "", "dynamic_rate": "10.0000", "dynamic_type": "P", "status": "A", "repeat_id": "W",
            "enabled": 1, "rule_set_id": 1,
        }));
        sample.json["rate"]["apply_to"] = json!({ "items": [{ "id": item_id }], "categories": [{ "id": 3 }] });
        let ids = |name, id| Element::parent(name, [Element::text("id", id)]);
        if let Some(rate) = sample.xml.children.iter_mut().find(|child| child.name == "rate") {
            rate.children.push(Element::parent("apply_to", [ids("items", item_id), ids("categories", 3)]));
        }
        sample
    }

    /// A body with `version, host, type, action` beside the object, whose fields are all scalars.
    fn native(&self, kind: &str, action: &str, object: &Value) -> Sample {
        let json = json!({ "version": "3.29.0.1", "host": self.host, "type": kind, "action": action, kind: object });
        let fields = object.as_object().into_iter().flatten();
        let fields = fields.map(|(name, value)| match value {
            Value::String(text) => Element::text(name, text),
            other => Element::text(name, other),
        });
        let children = [Element::text("type", kind), Element::text("action", action), Element::parent(kind, fields)];
        let xml = Element::parent("checkfront-notify", children).with("version", "3.29.0.1").with("host", &self.host);
        Sample { xml, json }
    }
}

struct Booking {
    number: u32,
    code: String,
    person: &'static str,
    created: i64,
    start: i64,
    /// SKU, item, quantity.
    line: (&'static str, i64, u32),
    cents: u32,
}

impl Booking {
    /// Five per cent.
    fn tax(&self) -> u32 {
        self.cents / 20
    }
}

fn money(cents: u32) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}
