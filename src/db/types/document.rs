//! How the types of the mirror are written in JSON, for whoever reads the document of the read API.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

use super::{Amount, Json, Timestamp};

impl PartialSchema for Timestamp {
    fn schema() -> RefOr<Schema> {
        let format = SchemaFormat::KnownFormat(KnownFormat::DateTime);
        let schema = ObjectBuilder::new().schema_type(Type::String).format(Some(format));
        schema.description(Some("A point in time, UTC: `2026-07-01T09:30:00.500000Z`")).into()
    }
}

impl ToSchema for Timestamp {}

impl PartialSchema for Amount {
    fn schema() -> RefOr<Schema> {
        let schema = ObjectBuilder::new().schema_type(Type::String).pattern(Some(r"^-?[0-9]+(\.[0-9]+)?$"));
        schema.description(Some("Money, exact: decimal digits, as text")).into()
    }
}

impl ToSchema for Amount {}

impl PartialSchema for Json {
    fn schema() -> RefOr<Schema> {
        let types = [Type::Object, Type::Array, Type::String, Type::Number, Type::Boolean];
        let schema = ObjectBuilder::new().schema_type(SchemaType::from_iter(types));
        schema.description(Some("A document, as it was sent")).into()
    }
}

impl ToSchema for Json {}
