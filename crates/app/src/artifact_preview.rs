//! Pages on which an artifact can be looked at: Markdown, HTML, CSS and SVG, rendered.
//!
//! An artifact is a model's output and therefore hostile. Three things stand between it and the program, each enough by
//! itself against a script: the markup is rebuilt from what is known to be harmless; [`PREVIEW_POLICY`], which every answer with such
//! a page carries, lets it run, load, send and lead nowhere; and the frame that shows it is sandboxed without scripts. What
//! a page's styles would load is stopped by the policy.
//!
//! A page's markup is cleaned rather than given as it is because the window's own bridge cannot tell a frame of this
//! program's scheme from its page: no script may even reach a frame. Its styles are kept, gathered into one sheet in front, so
//! that the page looks as its author meant. What scripts would have made of it is not shown.

mod page;
mod sanitise;
mod shape;
mod specimen;

use brickwork_engine::{Phrase, RunId};
use brickwork_store::StoredArtifact;
use pulldown_cmark::{Options, Parser};
use serde::{Deserialize, Serialize};

use self::page::{MARKDOWN_STYLES, Page};
use self::sanitise::{clean, style_sheets};
use crate::app::App;
use crate::error::AppError;
use crate::export::blocking;
use crate::said::Said;

/// The content policy of every preview page (Content Security Policy Level 3). `sandbox` without a word forbids scripts,
/// forms, popups and leading the window elsewhere, whoever shows the page.
pub const PREVIEW_POLICY: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; \
                                  form-action 'none'; base-uri 'none'; frame-ancestors 'self' tauri://localhost \
                                  http://tauri.localhost";

/// The largest artifact that is rendered, in bytes of UTF-8.
const MAX_PREVIEW_BYTES: usize = 1024 * 1024;

/// In which colours a page without its own is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PreviewTheme {
    /// Dark on light.
    #[default]
    Light,
    /// Light on dark.
    Dark,
}

impl App {
    /// A page on which an artifact can be looked at, as a whole HTML document. It must be answered with
    /// [`PREVIEW_POLICY`] and shown in a sandboxed frame.
    ///
    /// # Errors
    /// As [`App::artifact`], and [`AppError::NoPreview`] for a kind that has none, or an artifact that is too large.
    pub async fn artifact_preview(
        &self,
        run_id: RunId,
        artifact_id: i64,
        theme: PreviewTheme,
    ) -> Result<String, AppError> {
        let StoredArtifact { artifact, .. } = self.artifact(run_id, artifact_id).await?;
        let (name, kind) = (artifact.name.clone(), artifact.kind.clone());
        if artifact.content.len() > MAX_PREVIEW_BYTES {
            let phrase = Phrase::new("no_preview_too_large").with("name", name.as_str());
            return Err(AppError::NoPreview(Said::new(format!("`{name}` is larger than 1 MiB."), phrase)));
        }
        blocking(move || render(&artifact.name, &artifact.kind, &artifact.content, theme)).await?.map_err(|fault| {
            AppError::NoPreview(match fault {
                NoPage::Kind => Said::new(
                    format!("`{name}` is of the type `{kind}`."),
                    Phrase::new("no_preview_of_kind").with("name", name.as_str()).with("kind", kind.as_str()),
                ),
                NoPage::Shape => Said::new(
                    format!("`{name}` is nested too deeply."),
                    Phrase::new("no_preview_nested").with("name", name.as_str()),
                ),
            })
        })
    }
}

/// Why there is no page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NoPage {
    /// The kind has none.
    Kind,
    /// It would take too long to read.
    Shape,
}

/// The page of a content.
fn render(name: &str, kind: &str, content: &str, theme: PreviewTheme) -> Result<String, NoPage> {
    let clean = |markup: &str| clean(markup).ok_or(NoPage::Shape);
    let (styles, body, scheme) = match kind {
        "md" | "markdown" => (MARKDOWN_STYLES.to_owned(), clean(&markdown(content))?, Some(theme)),
        "html" | "htm" | "xhtml" => (style_sheets(content), clean(content)?, None),
        "svg" => (style_sheets(content), clean(content)?, Some(theme)),
        "css" => (content.to_owned(), specimen::body(content), Some(theme)),
        _ => return Err(NoPage::Kind),
    };
    Ok(Page { name, styles, body, scheme }.to_html())
}

/// CommonMark with what GitHub adds. HTML in it stays as it is, for [`clean`] to judge.
fn markdown(text: &str) -> String {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_GFM;
    let mut html = String::with_capacity(text.len() * 3 / 2);
    pulldown_cmark::html::push_html(&mut html, Parser::new_ext(text, options));
    html
}

#[cfg(test)]
mod tests;
