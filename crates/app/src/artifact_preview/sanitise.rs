//! Markup rebuilt from what is known to be harmless.
//!
//! What is not listed here goes: scripts, handlers, frames, plug-ins, `meta`, `link`, `base`, addresses other than places
//! in the page and pictures that it holds itself. Styles are taken out of the markup, since a sheet inside of it is what
//! most ways around a cleaner begin with.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};

use super::shape::is_readable;

/// Elements of HTML, those of forms included: without `form-action` and scripts they only show what a form looks like.
const HTML: [&str; 90] = [
    "a",
    "abbr",
    "address",
    "article",
    "aside",
    "b",
    "bdi",
    "bdo",
    "blockquote",
    "br",
    "button",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "data",
    "datalist",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hgroup",
    "hr",
    "i",
    "img",
    "input",
    "ins",
    "kbd",
    "label",
    "legend",
    "li",
    "main",
    "mark",
    "menu",
    "meter",
    "nav",
    "ol",
    "optgroup",
    "option",
    "output",
    "p",
    "pre",
    "progress",
    "q",
    "rp",
    "rt",
    "ruby",
    "s",
    "samp",
    "section",
    "select",
    "small",
    "span",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "textarea",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "u",
    "ul",
    "var",
    "wbr",
    "search",
    "strike",
];

/// Elements of SVG that draw. Not `foreignObject`, `title` and `desc`, in which a reader goes back to HTML, nor `animate` and `set`, which change addresses.
const SVG: [&str; 45] = [
    "svg",
    "g",
    "defs",
    "symbol",
    "use",
    "path",
    "rect",
    "circle",
    "ellipse",
    "line",
    "polyline",
    "polygon",
    "text",
    "tspan",
    "textPath",
    "marker",
    "mask",
    "clipPath",
    "pattern",
    "linearGradient",
    "radialGradient",
    "stop",
    "filter",
    "feBlend",
    "feColorMatrix",
    "feComponentTransfer",
    "feComposite",
    "feConvolveMatrix",
    "feDiffuseLighting",
    "feDisplacementMap",
    "feDistantLight",
    "feDropShadow",
    "feFlood",
    "feFuncA",
    "feFuncB",
    "feFuncG",
    "feFuncR",
    "feGaussianBlur",
    "feMerge",
    "feMergeNode",
    "feMorphology",
    "feOffset",
    "fePointLight",
    "feTile",
    "feTurbulence",
];

/// Elements of which nothing is shown, their text least of all.
const GONE: [&str; 18] = [
    "script",
    "style",
    "iframe",
    "object",
    "embed",
    "applet",
    "noscript",
    "template",
    "noembed",
    "noframes",
    "frameset",
    "xmp",
    "plaintext",
    "title",
    "desc",
    "foreignObject",
    "math",
    "listing",
];

/// Attributes that any element may have. None of them holds an address, but for those that [`address`] judges.
const ATTRIBUTES: [&str; 121] = [
    // HTML.
    "align",
    "alt",
    "checked",
    "class",
    "cols",
    "colspan",
    "datetime",
    "dir",
    "disabled",
    "for",
    "headers",
    "height",
    "hidden",
    "high",
    "id",
    "label",
    "lang",
    "list",
    "low",
    "max",
    "maxlength",
    "min",
    "minlength",
    "multiple",
    "name",
    "open",
    "optimum",
    "pattern",
    "placeholder",
    "readonly",
    "required",
    "reversed",
    "role",
    "rows",
    "rowspan",
    "scope",
    "selected",
    "size",
    "span",
    "start",
    "step",
    "style",
    "tabindex",
    "title",
    "type",
    "valign",
    "value",
    "width",
    "wrap",
    "href",
    "src",
    "bgcolor",
    "border",
    "cellpadding",
    "cellspacing",
    "color",
    "face",
    // SVG.
    "viewBox",
    "preserveAspectRatio",
    "xmlns",
    "version",
    "d",
    "x",
    "y",
    "x1",
    "y1",
    "x2",
    "y2",
    "cx",
    "cy",
    "r",
    "rx",
    "ry",
    "dx",
    "dy",
    "fx",
    "fy",
    "points",
    "transform",
    "fill",
    "fill-opacity",
    "fill-rule",
    "stroke",
    "stroke-width",
    "stroke-linecap",
    "stroke-linejoin",
    "stroke-dasharray",
    "stroke-dashoffset",
    "stroke-opacity",
    "opacity",
    "clip-path",
    "clip-rule",
    "mask",
    "filter",
    "offset",
    "stop-color",
    "stop-opacity",
    "gradientUnits",
    "gradientTransform",
    "spreadMethod",
    "patternUnits",
    "patternTransform",
    "clipPathUnits",
    "maskUnits",
    "markerWidth",
    "markerHeight",
    "refX",
    "refY",
    "orient",
    "marker-start",
    "marker-mid",
    "marker-end",
    "font-family",
    "font-size",
    "font-weight",
    "text-anchor",
    "dominant-baseline",
    "in",
    "in2",
    "stdDeviation",
    "result",
];

/// Made once: it is always the same.
static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::empty();
    builder
        .tags(HTML.into_iter().chain(SVG).collect())
        .clean_content_tags(HashSet::from(GONE))
        .tag_attributes(HashMap::new())
        .generic_attributes(HashSet::from(ATTRIBUTES))
        .generic_attribute_prefixes(HashSet::from(["aria-"]))
        .url_schemes(HashSet::from(["data"]))
        .url_relative(UrlRelative::PassThrough)
        .link_rel(None)
        .strip_comments(true)
        .attribute_filter(address);
    builder
});

/// What is left of an attribute. An address may lead to a place in the page, and a picture may be one that is written
/// out in it; all others go.
fn address<'v>(element: &str, attribute: &str, value: &'v str) -> Option<Cow<'v, str>> {
    let is_kept = match attribute {
        "href" => value.starts_with('#'),
        "src" => element == "img" && is_picture(value),
        // Only in SVG do these hold addresses: `url(#id)` of the page, or one elsewhere.
        "fill" | "stroke" | "filter" | "mask" | "clip-path" | "marker-start" | "marker-mid" | "marker-end" => {
            !value.to_ascii_lowercase().replace(['"', '\'', ' '], "").replace("url(#", "").contains("url(")
        }
        // A picture as a button would be loaded.
        "type" => !(element == "input" && value.trim().eq_ignore_ascii_case("image")),
        _ => true,
    };
    is_kept.then_some(Cow::Borrowed(value))
}

/// A `data:` address of a picture in a format that cannot hold a script.
fn is_picture(value: &str) -> bool {
    let value = value.trim_start().to_ascii_lowercase();
    ["png", "jpeg", "gif", "webp", "avif", "bmp"].iter().any(|format| {
        value
            .strip_prefix("data:image/")
            .and_then(|rest| rest.strip_prefix(format))
            .is_some_and(|rest| rest.starts_with([';', ',']))
    })
}

/// The markup of a whole document or of a part, as a part; `None` where reading it would take too long.
pub(super) fn clean(markup: &str) -> Option<String> {
    is_readable(markup).then(|| CLEANER.clean(markup).to_string())
}

/// Whether an element of this name, in lower case, is known from HTML.
pub(super) fn is_html(name: &str) -> bool {
    HTML.contains(&name)
}

/// The contents of all `style` elements, one after another. It need not be exact: whatever it finds is shown as styles
/// and can be nothing else.
pub(super) fn style_sheets(markup: &str) -> String {
    let lower = markup.to_ascii_lowercase();
    let mut sheets = String::new();
    let mut at = 0;
    while let Some(found) = lower[at..].find("<style") {
        let tag = at + found;
        let Some(open) = lower[tag..].find('>').map(|end| tag + end + 1) else { break };
        let close = lower[open..].find("</style").map_or(lower.len(), |end| open + end);
        // A sheet for paper would spoil the page on the screen.
        let attributes = &lower[tag..open];
        if !attributes.contains("print") {
            sheets.push_str(markup[open..close].trim_start_matches("<![CDATA[").trim_end().trim_end_matches("]]>"));
            sheets.push('\n');
        }
        at = close;
    }
    sheets
}
