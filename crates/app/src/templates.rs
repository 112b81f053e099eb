//! The pipelines that ship with Brickwork.

use brickwork_engine::{Pipeline, parse_pipeline};
use serde::Serialize;

use crate::app::App;
use crate::error::AppError;

/// File stem and content of each file in `pipelines/`, in the order in which they are shown.
const SHIPPED: &[(&str, &str)] = &[
    ("react-component", include_str!("../../../pipelines/react-component.json")),
    ("rest-endpoint-with-tests", include_str!("../../../pipelines/rest-endpoint-with-tests.json")),
    ("python-module-with-tests", include_str!("../../../pipelines/python-module-with-tests.json")),
    ("refactor-code", include_str!("../../../pipelines/refactor-code.json")),
    ("sql-migration", include_str!("../../../pipelines/sql-migration.json")),
    ("cli-tool", include_str!("../../../pipelines/cli-tool.json")),
    ("document-code", include_str!("../../../pipelines/document-code.json")),
];

/// A pipeline to start from.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Template {
    /// Its stable id: the file's stem.
    pub id: &'static str,
    /// The pipeline.
    #[serde(flatten)]
    pub pipeline: Pipeline,
}

impl App {
    /// The pipelines that ship with Brickwork.
    ///
    /// # Errors
    /// Never for a released program: a test reads every shipped file.
    pub fn templates(&self) -> Result<Vec<Template>, AppError> {
        SHIPPED
            .iter()
            .map(|&(id, text)| {
                let body = serde_json::from_str(text).map_err(|error| AppError::Internal(format!("{id}: {error}")))?;
                let pipeline = parse_pipeline(&body).map_err(AppError::InvalidPipeline)?;
                Ok(Template { id, pipeline })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn every_file_of_the_folder_ships() {
        // Tests run in their package's folder.
        let folder = Path::new("../../pipelines");
        let on_disk: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.ends_with(".json") && !name.ends_with(".schema.json"))
            .collect();
        let shipped: BTreeSet<String> = super::SHIPPED.iter().map(|(id, _)| format!("{id}.json")).collect();
        assert_eq!(on_disk, shipped);
    }
}
