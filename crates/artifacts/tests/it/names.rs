//! Names that a model gives: where they are found, when they are not taken, and that hostile ones never are.

use brickwork_artifacts::{PathFault, check_path, extract, relative_path};

fn name(text: &str) -> String {
    extract("s", text).first().map(|piece| piece.name.clone()).unwrap_or_default()
}

#[test]
fn names_are_kept_wherever_the_model_gives_them() {
    let cases = [
        ("```jsx title=\"Form.jsx\"\nx\n```\n", "Form.jsx"),
        ("```jsx title='src/Form.jsx' {1,3}\nx\n```\n", "src/Form.jsx"),
        ("```jsx filename=Form.jsx\nx\n```\n", "Form.jsx"),
        ("```jsx {1} file=\"My Form.jsx\"\nx\n```\n", "My Form.jsx"),
        ("```{.jsx title=\"Form.jsx\"}\nx\n```\n", "Form.jsx"),
        ("```jsx Form.jsx\nx\n```\n", "Form.jsx"),
        ("```src/Form.tsx\nx\n```\n", "src/Form.tsx"),
        ("```jsx:src/Form.jsx\nx\n```\n", "src/Form.jsx"),
        ("```12:15:src/a.ts\nx\n```\n", "src/a.ts"),
        ("```Dockerfile\nFROM debian\n```\n", "s_component_0.dockerfile"),
        ("```dockerfile Dockerfile\nFROM debian\n```\n", "Dockerfile"),
        ("```jsx ./src/Form.jsx\nx\n```\n", "src/Form.jsx"),
        ("```jsx src\\Form.jsx\nx\n```\n", "src/Form.jsx"),
        ("**Form.jsx**\n```jsx\nx\n```\n", "Form.jsx"),
        ("**Form.jsx:**\n\n```jsx\nx\n```\n", "Form.jsx"),
        ("`src/Form.jsx`\n```jsx\nx\n```\n", "src/Form.jsx"),
        ("`src/Form.jsx`:\n```jsx\nx\n```\n", "src/Form.jsx"),
        ("**`src/Form.jsx`**\n```jsx\nx\n```\n", "src/Form.jsx"),
        ("### Form.jsx\n```jsx\nx\n```\n", "Form.jsx"),
        ("### 1. `Form.jsx`\n\n```jsx\nx\n```\n", "Form.jsx"),
        ("2. **app/models.py**:\n```python\nx\n```\n", "app/models.py"),
        ("- Form.jsx (new)\n```jsx\nx\n```\n", "Form.jsx"),
        ("File: x.py\n```python\nx\n```\n", "x.py"),
        ("**File:** `x.py`\n```python\nx\n```\n", "x.py"),
        ("#### File 2: `x.py`\n```python\nx\n```\n", "x.py"),
        ("Archivo: x.py\n```python\nx\n```\n", "x.py"),
        ("x.py:\n```python\nx\n```\n", "x.py"),
        ("__init__.py:\n```python\nx\n```\n", "__init__.py"),
        ("Dockerfile\n```dockerfile\nFROM a\n```\n", "Dockerfile"),
        ("app/[id]/page.tsx\n```tsx\nx\n```\n", "app/[id]/page.tsx"),
        ("```jsx\n// src/Form.jsx\nx\n```\n", "src/Form.jsx"),
        ("```js\n// File: src/x.js\nx\n```\n", "src/x.js"),
        ("```python\n# app.py\nx\n```\n", "app.py"),
        ("```python\n#!/usr/bin/env python3\n# app.py\nx\n```\n", "app.py"),
        ("```html\n<!-- index.html -->\nx\n```\n", "index.html"),
        ("```css\n/* styles.css */\nx\n```\n", "styles.css"),
        ("```sql\n-- db/schema.sql\nx\n```\n", "db/schema.sql"),
        ("```\n# app.py\nx = 1\n```\n", "app.py"),
        ("main.go: ```go\npackage main\n```\n", "main.go"),
    ];
    for (text, expected) in cases {
        assert_eq!(name(text), expected, "{text:?}");
    }
}

#[test]
fn what_only_resembles_a_name_is_not_taken() {
    let cases = [
        ("Run `app.py` like this:\n```python\nx\n```\n", "s_component_0.py"),
        ("### app.py\n```bash\npython app.py\n```\n", "s_component_0.sh"),
        ("### Node.js\n```js\nx\n```\n", "s_component_0.js"),
        ("See https://example.com/a.js\n```js\nx\n```\n", "s_component_0.js"),
        ("Form.jsx\n\n\n```jsx\nx\n```\n", "s_component_0.jsx"),
        ("Form.jsx\nIt is a form.\n```jsx\nx\n```\n", "s_component_0.jsx"),
        ("v1.2\n```js\nx\n```\n", "s_component_0.js"),
        ("```js showLineNumbers {1-3}\nx\n```\n", "s_component_0.js"),
        ("```js title=\"How it works\"\nx\n```\n", "s_component_0.js"),
        ("```js\n// Form.jsx is imported here\nx\n```\n", "s_component_0.js"),
        ("```js\n// TODO\nx\n```\n", "s_component_0.js"),
        ("```c\n#include \"x.h\"\n```\n", "s_component_0.c"),
        ("```css\n#main.css {}\n```\n", "s_component_0.css"),
        ("```jsx Form.jsx\n```\n```jsx\nx\n```\n", "s_component_0.jsx"),
    ];
    for (text, expected) in cases {
        assert_eq!(name(text), expected, "{text:?}");
    }
}

#[test]
fn a_line_names_one_block_only() {
    let names: Vec<String> =
        extract("s", "Form.jsx\n```jsx\na\n```\n```jsx\nb\n```\n").into_iter().map(|piece| piece.name).collect();
    assert_eq!(names, ["Form.jsx", "s_component_1.jsx"]);
}

#[test]
fn names_are_unique_within_a_step() {
    let text = "```js a.js\n1\n```\n```js a.js\n2\n```\n```js A.js\n3\n```\n```js src/a.js\n4\n```\n```sh\nls\n```\n```js s_component_4.sh\n6\n```\n\
                ```x .gitignore\n7\n```\n```x .gitignore\n8\n```\n";
    let names: Vec<String> = extract("s", text).into_iter().map(|piece| piece.name).collect();
    let expected = [
        "a.js",
        "a-2.js",
        "A-3.js",
        "src/a.js",
        "s_component_4.sh",
        "s_component_4-2.sh",
        ".gitignore",
        ".gitignore-2",
    ];
    assert_eq!(names, expected);
}

#[test]
fn a_second_name_of_full_length_still_fits() {
    let long = format!("{}.js", "é".repeat(126));
    let text = format!("```js {long}\n1\n```\n```js {long}\n2\n```\n");
    let names: Vec<String> = extract("s", &text).into_iter().map(|piece| piece.name).collect();
    assert_eq!(names[0], long);
    assert_ne!(names[1], long);
    assert_eq!(check_path(&names[1]), Ok(()));
}

/// Hostile names, each with the fault that refuses it.
fn hostile() -> Vec<(String, PathFault)> {
    let fixed = [
        ("/etc/passwd.js", PathFault::Absolute),
        ("\\x.js", PathFault::Absolute),
        ("\\\\server\\share\\x.js", PathFault::Absolute),
        ("//server/share/x.js", PathFault::Absolute),
        ("../x.js", PathFault::Parent),
        ("a/../../x.js", PathFault::Parent),
        ("..\\x.js", PathFault::Parent),
        ("a/..", PathFault::Parent),
        ("a//x.js", PathFault::EmptyPart),
        ("a/./x.js", PathFault::EmptyPart),
        ("a/", PathFault::EmptyPart),
        ("~/x.js", PathFault::Tilde),
        ("~root/x.js", PathFault::Tilde),
        ("PROGRA~1/x.js", PathFault::Tilde),
        ("a\0.js", PathFault::Control),
        ("a\n.js", PathFault::Control),
        ("a\u{1b}[2J.js", PathFault::Control),
        ("C:\\x.js", PathFault::Colon),
        ("c:x.js", PathFault::Colon),
        ("x.js:stream", PathFault::Colon),
        ("x.js::$DATA", PathFault::Colon),
        ("a\u{202e}sj.exe", PathFault::Invisible),
        ("a\u{200b}.js", PathFault::Invisible),
        ("a?.js", PathFault::Forbidden),
        ("a*.js", PathFault::Forbidden),
        ("a|b.js", PathFault::Forbidden),
        ("nul.txt", PathFault::Reserved),
        ("NUL", PathFault::Reserved),
        ("src/con.js", PathFault::Reserved),
        ("aux.tar.gz", PathFault::Reserved),
        ("COM1", PathFault::Reserved),
        ("com9.js", PathFault::Reserved),
        ("COM¹.js", PathFault::Reserved),
        ("lpt1.txt", PathFault::Reserved),
        ("CONIN$", PathFault::Reserved),
        ("conout$.js", PathFault::Reserved),
        ("nul .txt", PathFault::Reserved),
        ("a.", PathFault::TrailingDotOrSpace),
        ("a./x.js", PathFault::TrailingDotOrSpace),
        ("a /x.js", PathFault::TrailingDotOrSpace),
        (".../x.js", PathFault::TrailingDotOrSpace),
        ("", PathFault::Empty),
        ("  ", PathFault::Empty),
    ];
    let mut all: Vec<(String, PathFault)> = fixed.into_iter().map(|(name, fault)| (name.to_owned(), fault)).collect();
    all.push((format!("{}.js", "a".repeat(253)), PathFault::TooLong));
    all.push((format!("{}x.js", "a/".repeat(600)), PathFault::TooLong));
    all
}

#[test]
fn hostile_names_are_refused() {
    for (raw, fault) in hostile() {
        assert_eq!(relative_path(&raw), Err(fault), "{raw:?}");
    }
}

#[test]
fn hostile_names_become_the_rules_name() {
    for (raw, _) in hostile() {
        for text in [
            format!("```js title=\"{raw}\"\nx\n```\n"),
            format!("```js {raw}\nx\n```\n"),
            format!("```js:{raw}\nx\n```\n"),
            format!("**{raw}**\n```js\nx\n```\n"),
            format!("```js\n// {raw}\nx\n```\n"),
        ] {
            for piece in extract("s", &text) {
                assert_eq!(check_path(&piece.name), Ok(()), "{text:?} gave {:?}", piece.name);
            }
        }
    }
}

#[test]
fn ordinary_names_are_accepted() {
    let names = [
        "a.js",
        "src/Form.jsx",
        "app/(group)/[id]/page.tsx",
        "posts.$id.tsx",
        "@types/x.d.ts",
        ".gitignore",
        "a b.txt",
        "ñ/漢.py",
        "console.js",
        "com10.js",
        "null.js",
        "auxiliary.py",
        "Makefile",
        "a..b.js",
        "...rest.js",
    ];
    for name in names {
        assert_eq!(relative_path(name).as_deref(), Ok(name));
    }
    assert_eq!(check_path(&format!("{}.js", "a".repeat(252))), Ok(()));
    assert_eq!(check_path("a\\b.js"), Err(PathFault::Backslash));
}
