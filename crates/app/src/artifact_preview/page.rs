//! The frame of every preview page.

use super::{PREVIEW_POLICY, PreviewTheme};

/// How Markdown looks.
pub(super) const MARKDOWN_STYLES: &str = "\
body { max-width: 46rem; margin: 0 auto; padding: 1.5rem; font: 1rem/1.6 system-ui, sans-serif; overflow-wrap: anywhere; }
h1, h2 { border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); padding-bottom: 0.2em; }
a { color: inherit; }
code, pre { font-family: ui-monospace, monospace; font-size: 0.9em; }
code { background: color-mix(in srgb, currentColor 10%, transparent); border-radius: 3px; padding: 0.1em 0.3em; }
pre { background: color-mix(in srgb, currentColor 8%, transparent); border-radius: 6px; padding: 1em; overflow-x: auto; }
pre code { background: none; padding: 0; }
blockquote { margin: 0; padding-left: 1em; border-left: 3px solid color-mix(in srgb, currentColor 30%, transparent); }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { border: 1px solid color-mix(in srgb, currentColor 25%, transparent); padding: 0.35em 0.7em; }
img, svg { max-width: 100%; height: auto; }
";

/// A page before it is written out. Its body is clean already.
pub(super) struct Page<'a> {
    pub(super) name: &'a str,
    pub(super) styles: String,
    pub(super) body: String,
    /// The colours behind it; a page of its own has white, as in a browser.
    pub(super) scheme: Option<PreviewTheme>,
}

impl Page<'_> {
    /// The whole document. The policy stands in it too, less what only a header can say, for a webview that would take no
    /// notice of the header.
    pub(super) fn to_html(&self) -> String {
        let (scheme, ink, paper) = match self.scheme {
            Some(PreviewTheme::Dark) => ("dark", "#e6e6e6", "#1b1c1f"),
            Some(PreviewTheme::Light) => ("light", "#1c1c1c", "#ffffff"),
            None => ("light", "#000000", "#ffffff"),
        };
        let meta_policy: Vec<&str> = PREVIEW_POLICY
            .split("; ")
            .filter(|rule| !rule.starts_with("sandbox") && !rule.starts_with("frame-ancestors"))
            .collect();
        format!(
            "<!doctype html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title}</title>\n\
             <style>:root {{ color-scheme: {scheme}; color: {ink}; background: {paper}; }}</style>\n\
             <style>\n{styles}\n</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n",
            policy = meta_policy.join("; "),
            title = escaped(self.name),
            styles = inert_sheet(&self.styles),
            body = self.body,
        )
    }
}

/// A text as it stands in markup.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // It would not be text in HTML.
            '\0' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// A style sheet that cannot end its element: there is no `</` in it. In a string of CSS `<\/` says the same (CSS Syntax
/// Level 3, 4.3.7), and elsewhere neither means anything.
fn inert_sheet(sheet: &str) -> String {
    sheet.replace("</", "<\\/").replace("<!--", "").replace('\0', "\u{fffd}")
}
