//! What a style sheet is shown on: the usual elements, and a box for each of its own classes.

use std::collections::BTreeSet;

use super::page::escaped;

/// As many classes get a box.
const MAX_CLASSES: usize = 60;

const ELEMENTS: &str = "\
<h1>Heading 1</h1>
<h2>Heading 2</h2>
<h3>Heading 3</h3>
<p>A paragraph with <a href=\"#\">a link</a>, <strong>strong</strong>, <em>emphasis</em> and <code>code</code>.</p>
<ul><li>One</li><li>Two</li></ul>
<ol><li>One</li><li>Two</li></ol>
<blockquote>A quotation.</blockquote>
<pre><code>a block of code</code></pre>
<table><thead><tr><th>Name</th><th>Value</th></tr></thead><tbody><tr><td>a</td><td>1</td></tr><tr><td>b</td><td>2</td></tr></tbody></table>
<form>
<p><label>Text <input type=\"text\" placeholder=\"placeholder\"></label></p>
<p><label>Choice <select><option>One</option><option>Two</option></select></label></p>
<p><label><input type=\"checkbox\" checked> Checkbox</label> <label><input type=\"radio\" checked> Radio</label></p>
<p><label>Lines <textarea rows=\"2\">text</textarea></label></p>
<p><button type=\"button\">Button</button> <button type=\"button\" disabled>Disabled</button></p>
</form>
";

/// The markup that a sheet is shown on.
pub(super) fn body(sheet: &str) -> String {
    let boxes: String = classes(sheet)
        .iter()
        .map(|class| {
            let class = escaped(class);
            format!("<div class=\"{class}\">.{class}</div>\n")
        })
        .collect();
    format!("{boxes}{ELEMENTS}")
}

/// The classes that a sheet names, in their order, each once. A number such as `.5em` names none.
fn classes(sheet: &str) -> Vec<&str> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    let mut known = BTreeSet::new();
    let mut found = Vec::new();
    for (dot, _) in sheet.match_indices('.') {
        let rest = &sheet[dot + 1..];
        let class = &rest[..rest.find(|c| !is_part(c)).unwrap_or(rest.len())];
        let is_name = class.starts_with(|c: char| c.is_alphabetic() || matches!(c, '-' | '_'));
        // A dot right after a word, as in `file.css`, belongs to it unless that is a selector's element.
        let is_selector = rest[class.len()..].trim_start().starts_with(['{', ',', ':', '.', '>', '+', '~', '['])
            || rest[class.len()..].starts_with(char::is_whitespace);
        if is_name && is_selector && known.insert(class) {
            found.push(class);
        }
    }
    found.truncate(MAX_CLASSES);
    found
}

#[cfg(test)]
mod tests {
    use super::classes;

    #[test]
    fn classes_are_found_and_numbers_are_not() {
        let check = |sheet: &str, expected: &[&str]| assert_eq!(classes(sheet), expected, "{sheet}");
        check(".card, a.b:hover > .c-d_1 { margin: .5em 1.5em }\n.card { }", &["card", "b", "c-d_1"]);
        check("@import url(x.css); p { color: red }", &[]);
        check(".\"><script>", &[]);
    }
}
