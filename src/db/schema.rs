//! The tables, as `migrations/` makes them; a test holds the two together.

diesel::table! {
    use super::super::types::sql::{Document, Instant, Money};
    use diesel::sql_types::*;

    accounts (account_id) {
        account_id -> Integer,
        host -> Text,
        name -> Nullable<Text>,
        timezone -> Text,
        currency_id -> Nullable<Text>,
        first_seen_at -> Instant,
        dates_timezone -> Text,
        dates_cursor -> Nullable<Text>,
    }
}

diesel::table! {
    use super::super::types::sql::{Document, Instant, Money};
    use diesel::sql_types::*;

    statuses (account_id, status_id) {
        account_id -> Integer,
        status_id -> Text,
        label -> Text,
        is_sale -> Bool,
        is_cancelled -> Bool,
    }
}

diesel::table! {
    use super::super::types::sql::{Document, Instant, Money};
    use diesel::sql_types::*;

    customers (account_id, customer_key) {
        account_id -> Integer,
        customer_key -> Text,
        code -> Nullable<Text>,
        name -> Nullable<Text>,
        email -> Nullable<Text>,
        phone -> Nullable<Text>,
        address -> Nullable<Text>,
        city -> Nullable<Text>,
        region -> Nullable<Text>,
        country -> Nullable<Text>,
        postal_zip -> Nullable<Text>,
        profile -> Nullable<Document>,
        field_events -> Document,
        first_event_id -> BigInt,
        last_event_id -> BigInt,
        updated_at -> Instant,
    }
}

diesel::table! {
    use super::super::types::sql::{Document, Instant, Money};
    use diesel::sql_types::*;

    bookings (account_id, code) {
        account_id -> Integer,
        code -> Text,
        booking_id -> Nullable<BigInt>,
        status_id -> Nullable<Text>,
        customer_key -> Nullable<Text>,
        customer_name -> Nullable<Text>,
        customer_email -> Nullable<Text>,
        customer_phone -> Nullable<Text>,
        created_at -> Nullable<Instant>,
        start_at -> Nullable<Instant>,
        end_at -> Nullable<Instant>,
        created_on -> Nullable<Date>,
        start_on -> Nullable<Date>,
        end_on -> Nullable<Date>,
        staff_id -> Nullable<BigInt>,
        source_ip -> Nullable<Text>,
        tid -> Nullable<Text>,
        currency_id -> Nullable<Text>,
        sub_total -> Nullable<Money>,
        tax_total -> Nullable<Money>,
        paid_total -> Nullable<Money>,
        discount -> Nullable<Money>,
        total -> Nullable<Money>,
        fields -> Nullable<Document>,
        meta -> Nullable<Document>,
        extra -> Nullable<Document>,
        content_hash -> Text,
        provider -> Nullable<Text>,
        partner_id -> Nullable<BigInt>,
        checked_in_at -> Nullable<Instant>,
        checked_out_at -> Nullable<Instant>,
        tax_inc_total -> Nullable<Money>,
        first_event_id -> BigInt,
        last_event_id -> BigInt,
        updated_at -> Instant,
        deleted_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use super::super::types::sql::{Document, Instant, Money};
    use diesel::sql_types::*;

    booking_items (account_id, booking_code, line_id) {
        account_id -> Integer,
        booking_code -> Text,
        line_id -> Text,
        parent_line_id -> Nullable<Text>,
        item_id -> Nullable<BigInt>,
        category_id -> Nullable<BigInt>,
        sku -> Nullable<Text>,
        name -> Nullable<Text>,
        status_id -> Nullable<Text>,
        qty -> Nullable<Integer>,
        start_at -> Nullable<Instant>,
        end_at -> Nullable<Instant>,
        start_on -> Nullable<Date>,
        end_on -> Nullable<Date>,
        total -> Nullable<Money>,
        tax_total -> Nullable<Money>,
        slip -> Nullable<Text>,
        package_id -> Nullable<Text>,
        params -> Nullable<Document>,
        extra -> Nullable<Document>,
        last_event_id -> BigInt,
    }
}

diesel::table! {
    use super::super::types::sql::{Document, Instant, Money};
    use diesel::sql_types::*;

    booking_taxes (account_id, booking_code, position) {
        account_id -> Integer,
        booking_code -> Text,
        position -> Integer,
        tax_id -> Nullable<BigInt>,
        name -> Nullable<Text>,
        amount -> Nullable<Money>,
        last_event_id -> BigInt,
    }
}

diesel::table! {
    use super::super::types::sql::{Document, Instant, Money};
    use diesel::sql_types::*;

    booking_history (account_id, booking_code, event_id) {
        account_id -> Integer,
        booking_code -> Text,
        event_id -> BigInt,
        recorded_at -> Instant,
        status_id -> Nullable<Text>,
        total -> Nullable<Money>,
        paid_total -> Nullable<Money>,
        start_at -> Nullable<Instant>,
        end_at -> Nullable<Instant>,
        changes -> Document,
        recorded_on -> Nullable<Date>,
    }
}

diesel::table! {
    use super::super::types::sql::{Document, Instant, Money};
    use diesel::sql_types::*;

    transactions (account_id, transaction_id, gateway_id, status_id) {
        account_id -> Integer,
        transaction_id -> Text,
        gateway_id -> Text,
        status_id -> Text,
        booking_code -> Nullable<Text>,
        transacted_at -> Nullable<Instant>,
        transacted_on -> Nullable<Date>,
        amount -> Nullable<Money>,
        payment_type -> Nullable<Text>,
        payment_mask -> Nullable<Text>,
        payer -> Nullable<Text>,
        action -> Nullable<Text>,
        extra -> Nullable<Document>,
        first_event_id -> BigInt,
        last_event_id -> BigInt,
        updated_at -> Instant,
        deleted_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use super::super::types::sql::{Document, Instant, Money};
    use diesel::sql_types::*;

    items (account_id, item_id) {
        account_id -> Integer,
        item_id -> BigInt,
        sku -> Nullable<Text>,
        name -> Nullable<Text>,
        unit -> Nullable<Text>,
        category_id -> Nullable<BigInt>,
        category -> Nullable<Text>,
        stock -> Nullable<Integer>,
        unlimited -> Nullable<Bool>,
        status_id -> Nullable<Text>,
        item_type -> Nullable<Text>,
        visibility -> Nullable<Text>,
        locked -> Nullable<Bool>,
        position -> Nullable<Integer>,
        length -> Nullable<Integer>,
        rated -> Nullable<Bool>,
        alias_id -> Nullable<BigInt>,
        product_group_type -> Nullable<Text>,
        parent_item_id -> Nullable<BigInt>,
        url -> Nullable<Text>,
        summary -> Nullable<Text>,
        details -> Nullable<Text>,
        meta -> Nullable<Document>,
        rules -> Nullable<Document>,
        images -> Nullable<Document>,
        video -> Nullable<Document>,
        extra -> Nullable<Document>,
        first_event_id -> BigInt,
        last_event_id -> BigInt,
        updated_at -> Instant,
        deleted_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use super::super::types::sql::{Document, Instant, Money};
    use diesel::sql_types::*;

    rates (account_id, rate_id) {
        account_id -> Integer,
        rate_id -> BigInt,
        name -> Nullable<Text>,
        rate_type -> Nullable<Text>,
        start_on -> Nullable<Date>,
        end_on -> Nullable<Date>,
        span -> Nullable<Bool>,
        price_src -> Nullable<Text>,
        dynamic_rate -> Nullable<Money>,
        dynamic_type -> Nullable<Text>,
        status_id -> Nullable<Text>,
        repeat_id -> Nullable<Text>,
        enabled -> Nullable<Bool>,
        rule_set_id -> Nullable<BigInt>,
        vouchers -> Nullable<Integer>,
        details -> Nullable<Document>,
        repeat_days -> Nullable<Document>,
        all_items -> Bool,
        extra -> Nullable<Document>,
        first_event_id -> BigInt,
        last_event_id -> BigInt,
        updated_at -> Instant,
        deleted_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use super::super::types::sql::{Document, Instant, Money};
    use diesel::sql_types::*;

    rate_items (account_id, rate_id, item_id) {
        account_id -> Integer,
        rate_id -> BigInt,
        item_id -> BigInt,
    }
}

diesel::table! {
    use super::super::types::sql::{Document, Instant, Money};
    use diesel::sql_types::*;

    rate_categories (account_id, rate_id, category_id) {
        account_id -> Integer,
        rate_id -> BigInt,
        category_id -> BigInt,
    }
}

diesel::table! {
    use super::super::types::sql::{Document, Instant, Money};
    use diesel::sql_types::*;

    categories (account_id, category_id) {
        account_id -> Integer,
        category_id -> BigInt,
        name -> Nullable<Text>,
        description -> Nullable<Text>,
        position -> Nullable<Integer>,
    }
}

diesel::table! {
    use super::super::types::sql::{Document, Instant, Money};
    use diesel::sql_types::*;

    webhook_events (id) {
        id -> BigInt,
        receiver -> Text,
        source -> Text,
        received_at -> Instant,
        remote_ip -> Nullable<Text>,
        content_type -> Nullable<Text>,
        account_id -> Nullable<Integer>,
        format -> Nullable<Text>,
        kind -> Nullable<Text>,
        type_name -> Nullable<Text>,
        action -> Nullable<Text>,
        entity_key -> Nullable<Text>,
        state -> Text,
        prior_state -> Nullable<Text>,
        attempts -> Integer,
        error -> Nullable<Text>,
        processed_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use super::super::types::sql::{Document, Instant, Money};
    use diesel::sql_types::*;

    webhook_bodies (event_id) {
        event_id -> BigInt,
        headers -> Document,
        body -> Binary,
    }
}

diesel::table! {
    use super::super::types::sql::{Document, Instant, Money};
    use diesel::sql_types::*;

    sync_runs (id) {
        id -> BigInt,
        kind -> Text,
        account_id -> Nullable<Integer>,
        state -> Text,
        started_at -> Instant,
        finished_at -> Nullable<Instant>,
        cursor -> Nullable<Document>,
        counts -> Nullable<Document>,
        error -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    mirror (mirror_id) {
        mirror_id -> Text,
        erasures -> BigInt,
    }
}

diesel::table! {
    use super::super::types::sql::{Document, Instant, Money};
    use diesel::sql_types::*;

    forgotten_bookings (account_id, code) {
        account_id -> Integer,
        code -> Text,
        customer_key -> Text,
        forgotten_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    changes (seq) {
        seq -> BigInt,
        account_id -> Integer,
        kind -> Text,
        key -> Text,
        event_id -> Nullable<BigInt>,
        action -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(bookings, booking_items);
diesel::allow_tables_to_appear_in_same_query!(webhook_events, webhook_bodies);
