//! Bookings of a made-up account: what is posted, and what the tables have to hold afterwards.

use serde_json::{Value, json};

/// The account they belong to.
pub(crate) const HOST: &str = "bench.checkfront.example";

/// A booking, the same for the same number whoever asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Booking(pub(crate) u32);

impl Booking {
    /// Four letters that scatter over the index, as Checkfront's do, and the day of its creation, with 500 bookings each.
    pub(crate) fn code(self) -> String {
        let mut letters = self.0.wrapping_mul(300_007) % 456_976;
        let mut code = String::with_capacity(11);
        for _ in 0..4 {
            code.push(char::from(b'A' + (letters % 26) as u8));
            letters /= 26;
        }
        let day = self.0 / 500;
        code + &format!("-{:02}{:02}{:02}", 1 + day % 28, 1 + day / 28 % 12, day / 336 % 100)
    }

    /// Two to four.
    pub(crate) fn lines(self) -> u32 {
        2 + self.0 % 3
    }

    /// What a line costs, in cents, without and of tax.
    pub(crate) fn price(self, line: u32) -> (u32, u32) {
        let tax = 50 + (self.0.wrapping_mul(2_654_435_761) >> 16).wrapping_add(line * 77) % 500;
        (tax * 20, tax)
    }

    /// Sum of the lines, in cents, without and of tax.
    pub(crate) fn totals(self) -> (u32, u32) {
        let prices = (1..=self.lines()).map(|line| self.price(line));
        prices.fold((0, 0), |sum, price| (sum.0 + price.0, sum.1 + price.1))
    }

    /// One customer books three times.
    pub(crate) fn customer(self) -> u32 {
        self.0 / 3
    }

    pub(crate) fn customer_code(self) -> String {
        let customer = self.customer();
        format!("BX{}-{:03}-{:03}", customer / 1_000_000, customer / 1_000 % 1_000, customer % 1_000)
    }

    pub(crate) fn status(self) -> &'static str {
        ["HOLD", "PART", "PAID", "PAID", "STOP"][(self.0 % 5) as usize]
    }

    pub(crate) fn paid(self) -> u32 {
        let (net, tax) = self.totals();
        if self.status() == "PAID" { net + tax } else { 0 }
    }

    /// The body, as PHP's JSON of the XML.
    pub(crate) fn json(self) -> Vec<u8> {
        let (n, status, customer) = (self.0, self.status(), self.customer());
        let start = 1_790_000_000 + u64::from(n) * 900;
        let items: Vec<Value> = (1..=self.lines())
            .map(|line| {
                let (net, tax) = self.price(line);
                json!({
                    "@attributes": { "line_id": line.to_string(), "item_id": (100 + (n + line) % 40).to_string() },
                    "start_date": start.to_string(), "end_date": (start + 7_200).to_string(),
                    "sku": format!("tour-{}", (n + line) % 40), "slip": {}, "package_id": "0", "status": status,
                    "total": money(net + tax), "tax_total": money(tax), "qty": (1 + line % 3).to_string(),
                })
            })
            .collect();
        let (net, tax) = self.totals();
        let (name, email) = (format!("Guest Nr. {customer}"), format!("guest{customer}@example.com"));
        let body = json!({
            "@attributes": { "version": "3.0", "host": HOST },
            "booking": {
                "@attributes": { "booking_id": (1_000 + n).to_string() },
                "status": status, "code": self.code(), "tid": {},
                "created_date": (start - 864_000).to_string(), "staff_id": "1", "source_ip": "198.51.100.7",
                "start_date": start.to_string(), "end_date": (start + 7_200).to_string(),
                "customer": {
                    "code": self.customer_code(),
                    "name": name, "email": email, "region": "BC", "address": "12 Quay Street", "city": "Victoria",
                    "country": "CA", "phone": "1 (250) 555-0123", "postal_zip": "V8W 1T3",
                },
                "fields": {
                    "customer_name": name, "customer_email": email, "customer_region": "BC",
                    "customer_address": "12 Quay Street", "customer_city": "Victoria", "customer_country": "CA",
                    "customer_phone": "1 (250) 555-0123", "customer_postal_zip": "V8W 1T3",
                    "request": "A window seat, please.",
                },
                "meta": { "note": "Repeat guest", "mobile_device": {} },
                "order": {
                    "@attributes": { "currency_id": "CAD" },
                    "sub_total": money(net), "tax_total": money(tax), "paid_total": money(self.paid()),
                    "total": money(net + tax),
                    "taxes": { "tax": { "@attributes": { "tax_id": "6" }, "name": "GST", "amount": money(tax) } },
                    "items": { "item": items },
                },
            },
        });
        body.to_string().into_bytes()
    }

    /// The whole request, ready to be sent.
    pub(crate) fn request(self) -> Vec<u8> {
        let body = self.json();
        let head = format!(
            "POST /webhook HTTP/1.1\r\nhost: localhost\r\nuser-agent: Checkfront Notify\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        [head.as_bytes(), &body].concat()
    }
}

pub(crate) fn money(cents: u32) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}
