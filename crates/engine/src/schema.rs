//! How the pipeline's types stand in an OpenAPI document.
//!
//! Their one schema is [`crate::pipeline_schema`]. Here they are only names that refer to its definitions: whoever
//! writes a document puts those definitions under the same names into it.

use std::borrow::Cow;

use utoipa::openapi::schema::Schema;
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::pipeline::{Parameters, Pipeline};
use crate::role::Role;

macro_rules! defined_by_the_pipeline_schema {
    ($($type:ident),*) => {$(
        impl PartialSchema for $type {
            fn schema() -> RefOr<Schema> {
                Ref::from_schema_name(stringify!($type)).into()
            }
        }

        impl ToSchema for $type {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($type))
            }
        }
    )*};
}

defined_by_the_pipeline_schema!(Parameters, Pipeline, Role);
