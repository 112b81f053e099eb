//! The files in a text that some model wrote, be it one of this program's or not.

use brickwork_artifacts::{Artifact, PatchReport, Source, kind_of_name, read_output};
use brickwork_engine::report_syntax;
use serde::{Deserialize, Serialize};

use crate::app::App;

/// A model's output to be read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtractRequest {
    /// The output, as the model wrote it.
    pub output: String,
    /// Files that edits in it are of.
    #[serde(default)]
    pub earlier: Vec<EarlierFile>,
}

/// A file that an edit may be of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EarlierFile {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub content: String,
}

/// What an output held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ExtractedFiles {
    /// The artifacts, in the order in which they begin.
    pub artifacts: Vec<Artifact>,
    /// What became of each edit of an earlier file.
    pub patches: Vec<PatchReport>,
    /// Where the artifacts were found.
    pub source: Source,
    /// Whether the output ended inside a block, so that more was to come.
    pub unclosed: bool,
}

impl App {
    /// Finds the artifacts in a model's output, with what is known of their syntax. Nothing is stored.
    pub async fn extract(&self, request: &ExtractRequest) -> ExtractedFiles {
        let earlier: Vec<Artifact> = request.earlier.iter().map(EarlierFile::to_artifact).collect();
        let mut found = read_output("output", &request.output, &earlier);
        report_syntax(&self.checker().await, &mut found.artifacts).await;
        ExtractedFiles {
            artifacts: found.artifacts,
            patches: found.patches,
            source: found.source,
            unclosed: found.unclosed,
        }
    }
}

impl EarlierFile {
    fn to_artifact(&self) -> Artifact {
        Artifact {
            kind: kind_of_name(&self.name).unwrap_or_else(|| "txt".to_owned()),
            name: self.name.clone(),
            content: self.content.clone(),
            named: true,
            closed: true,
            start: 0,
            end: 0,
            syntax: None,
        }
    }
}
