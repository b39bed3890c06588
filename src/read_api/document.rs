//! What the document says beside the handlers: what all of this is, and what the gate answers.

use utoipa::Modify;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{OpenApi, Ref, RefOr};

use super::PATH;
use super::parameters::{At, Day, Id, Limit};
use super::problem::Body;
use crate::reports;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "checkfront-mirror",
        description = "A Checkfront account's mirror, read only. Objects have the columns of their tables: docs/TABLES.md \
                       describes each. Amounts are text, instants UTC, days the account's own."
    ),
    components(schemas(At, Body, Day, Id, Limit)),
    modifiers(&Gate),
    tags(
        (name = "bookings"), (name = "customers"), (name = "transactions"), (name = "items"), (name = "events"),
        (name = "reports"), (name = "freshness"), (name = "changes")
    )
)]
pub(super) struct Document;

/// Who may ask, and what everybody else is told.
struct Gate;

const ANSWERS: [(&str, &str); 3] = [
    ("401", "Without the value of `ADMIN_TOKEN`, as a bearer token or by the cookie of a login"),
    ("403", "No `ADMIN_TOKEN` is set, and this is another machine"),
    ("429", "Wrong tokens came too often from this address"),
];

impl Modify for Gate {
    fn modify(&self, document: &mut OpenApi) {
        let components = document.components.get_or_insert_default();
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        let cookie = ApiKey::Cookie(ApiKeyValue::new("checkfront_mirror"));
        components.add_security_scheme("cookie", SecurityScheme::ApiKey(cookie));
        let none: [&str; 0] = [];
        let either = ["bearer", "cookie"].map(|name| SecurityRequirement::new(name, none));
        document.security = Some(either.to_vec());
    }
}

/// Names the reports that there are.
pub(super) fn with_reports(document: &mut OpenApi) {
    let names = reports::all().iter().map(|report| report.name);
    let schema = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)).build();
    let item = document.paths.paths.get_mut(&format!("{PATH}/reports/{{view}}"));
    let operation = item.and_then(|item| item.get.as_mut());
    let parameters = operation.and_then(|operation| operation.parameters.as_mut()).into_iter().flatten();
    for parameter in parameters {
        if let RefOr::T(parameter) = parameter
            && parameter.name == "view"
        {
            parameter.schema = Some(schema.clone().into());
        }
    }
}

/// Adds what the gate answers to each operation.
pub(super) fn behind_the_gate(document: &mut OpenApi) {
    for item in document.paths.paths.values_mut() {
        let Some(operation) = &mut item.get else { continue };
        for (status, about) in ANSWERS {
            let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
            let answer = ResponseBuilder::new().description(about).content("application/problem+json", content);
            operation.responses.responses.insert(status.to_owned(), answer.build().into());
        }
    }
}
