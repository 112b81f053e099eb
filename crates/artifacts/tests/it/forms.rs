//! Forms of blocks. Each case: what it shows, a model's output, and the expected artifacts as (name, content, closed).

use brickwork_artifacts::extract;

type Case = (&'static str, &'static str, &'static [(&'static str, &'static str, bool)]);

const CASES: &[Case] = &[
    ("nothing", "", &[]),
    ("prose only", "Here is a plan.\n\n1. Do it.\n2. Test it.\n", &[]),
    ("one block", "```jsx\n<A/>\n```\n", &[("s_component_0.jsx", "<A/>\n", true)]),
    ("no newline after the closing fence", "```jsx\n<A/>\n```", &[("s_component_0.jsx", "<A/>\n", true)]),
    ("prose around", "Sure!\n\n```py\nx = 1\n```\nThat is all.\n", &[("s_component_0.py", "x = 1\n", true)]),
    ("tildes", "~~~css\na { color: red; }\n~~~\n", &[("s_component_0.css", "a { color: red; }\n", true)]),
    ("tildes hold backticks", "~~~js\nlet a = 1;\n```\n~~~\n", &[("s_component_0.js", "let a = 1;\n```\n", true)]),
    ("long fence", "`````py\nx\n```\ny\n`````\n", &[("s_component_0.py", "x\n```\ny\n", true)]),
    ("closing fence may be longer", "```py\nx\n`````\nprose\n", &[("s_component_0.py", "x\n", true)]),
    ("closing fence is not shorter", "````py\nx\n```\n````\n", &[("s_component_0.py", "x\n```\n", true)]),
    ("closing fence with blanks after", "```py\nx\n```  \t\nprose\n", &[("s_component_0.py", "x\n", true)]),
    ("unclosed", "```py\nx = 1\ny = 2", &[("s_component_0.py", "x = 1\ny = 2", false)]),
    ("unclosed with a last newline", "```py\nx = 1\n", &[("s_component_0.py", "x = 1\n", false)]),
    ("cut off in the closing fence", "```py\nx = 1\n``", &[("s_component_0.py", "x = 1\n", false)]),
    ("cut off in the opening fence", "text\n```p", &[]),
    ("empty block", "```py\n```\n", &[]),
    ("blank block does not count", "```py\n \n\n```\n```py\nx\n```\n", &[("s_component_0.py", "x\n", true)]),
    (
        "numbers go over all kinds",
        "```jsx\n<A/>\n```\n```css\na{}\n```\n```jsx\n<B/>\n```\n",
        &[
            ("s_component_0.jsx", "<A/>\n", true),
            ("s_component_1.css", "a{}\n", true),
            ("s_component_2.jsx", "<B/>\n", true),
        ],
    ),
    (
        "named ones count",
        "```jsx Form.jsx\n<A/>\n```\n```css\na{}\n```\n",
        &[("Form.jsx", "<A/>\n", true), ("s_component_1.css", "a{}\n", true)],
    ),
    ("three spaces before", "   ```py\n   if x:\n       y\n   ```\n", &[("s_component_0.py", "if x:\n    y\n", true)]),
    ("less indented content", "  ```py\n x\n  y\n  ```\n", &[("s_component_0.py", "x\ny\n", true)]),
    ("four spaces are indented code", "    ```py\n    x\n    ```\n", &[]),
    ("four spaces do not close", "```md\n    ```\nx\n```\n", &[("s_component_0.md", "    ```\nx\n", true)]),
    ("in a list", "1. Create:\n\n   ```py\n   x = 1\n   ```\n\n2. Run.\n", &[("s_component_0.py", "x = 1\n", true)]),
    (
        "deep in a list",
        "- a\n    - b\n\n      ```py\n      x = 1\n        y\n      ```\n",
        &[("s_component_0.py", "x = 1\n  y\n", true)],
    ),
    ("on the list marker's line", "- ```py\n  x = 1\n  ```\n", &[("s_component_0.py", "x = 1\n", true)]),
    ("after the list", "1. a\n\nEnd.\n\n    ```py\n    x\n", &[]),
    ("CRLF", "Hi\r\n```py\r\nx = 1\r\n```\r\nBye\r\n", &[("s_component_0.py", "x = 1\r\n", true)]),
    ("CRLF with a name", "**a.py**\r\n\r\n```python\r\nx\r\n```\r\n", &[("a.py", "x\r\n", true)]),
    ("inline code is no fence", "Use ```x``` here.\n```not `a` fence\n", &[]),
    ("two backticks are no fence", "``py\nx\n``\n", &[]),
    (
        "fences in a Markdown block",
        "```markdown\n# Doc\n\n```js\nlet a = 1;\n```\n\nEnd.\n```\nprose\n",
        &[("s_component_0.md", "# Doc\n\n```js\nlet a = 1;\n```\n\nEnd.\n", true)],
    ),
    (
        "two fences in a Markdown block",
        "```md\n```sh\nnpm i\n```\n```js\nx\n```\n```\n",
        &[("s_component_0.md", "```sh\nnpm i\n```\n```js\nx\n```\n", true)],
    ),
    ("a longer outer fence", "````markdown\n```js\nx\n```\n````\n", &[("s_component_0.md", "```js\nx\n```\n", true)]),
    (
        "a longer outer fence of any language",
        "````txt\n```js\nx\n```\n````\n",
        &[("s_component_0.txt", "```js\nx\n```\n", true)],
    ),
    (
        "an untagged Markdown document",
        "```\n# Title\n\nText.\n\n```js\nx\n```\n```\n",
        &[("s_component_0.md", "# Title\n\nText.\n\n```js\nx\n```\n", true)],
    ),
    (
        "a Markdown file by its name",
        "```README.md\n# T\n\n```sh\nls\n```\n```\n",
        &[("README.md", "# T\n\n```sh\nls\n```\n", true)],
    ),
    (
        "a Markdown block that never ends",
        "```markdown\n# Doc\n```js\nx\n```\nmore",
        &[("s_component_0.md", "# Doc\n```js\nx\n```\nmore", false)],
    ),
    (
        "a forgotten closing fence",
        "```jsx\n<A/>\n```css\na { b: c; }\n```\n",
        &[("s_component_0.jsx", "<A/>\n", false), ("s_component_1.css", "a { b: c; }\n", true)],
    ),
    ("a wrapper around a block", "```\n```js\nlet x = 1;\n```\n```\n", &[("s_component_0.js", "let x = 1;\n", true)]),
    (
        "unknown words after a fence do not reopen",
        "```js\n``` whatever this is\nx\n```\n",
        &[("s_component_0.js", "``` whatever this is\nx\n", true)],
    ),
    (
        "a diff of a Markdown file",
        "```diff\n--- a/R.md\n+++ b/R.md\n ```sh\n-ls\n+ls -l\n ```\n```\n",
        &[("s_component_0.diff", "--- a/R.md\n+++ b/R.md\n ```sh\n-ls\n+ls -l\n ```\n", true)],
    ),
    (
        "a fence at a sentence's end",
        "Here is the code: ```py\nx = 1\n```\nDone.\n",
        &[("s_component_0.py", "x = 1\n", true)],
    ),
    ("upper-case tag", "```JSX\n<A/>\n```\n", &[("s_component_0.jsx", "<A/>\n", true)]),
    ("a space before the tag", "``` python\nx\n```\n", &[("s_component_0.py", "x\n", true)]),
    ("blank lines in content stay", "```py\n\nx\n\n\ny\n\n```\n", &[("s_component_0.py", "\nx\n\n\ny\n\n", true)]),
    ("tabs stay", "```go\n\tx := 1\n```\n", &[("s_component_0.go", "\tx := 1\n", true)]),
    (
        "other alphabets",
        "Así:\n```js\nlet a = \"ñ👋漢\";\n```\n",
        &[("s_component_0.js", "let a = \"ñ👋漢\";\n", true)],
    ),
    ("control tokens are text", "```txt\n<|im_end|>\n```\n", &[("s_component_0.txt", "<|im_end|>\n", true)]),
];

#[test]
fn forms_give_the_expected_artifacts() {
    for (what, text, expected) in CASES {
        let found = extract("s", text);
        let found: Vec<(&str, &str, bool)> =
            found.iter().map(|piece| (piece.name.as_str(), piece.content.as_str(), piece.closed)).collect();
        assert_eq!(found, *expected, "{what}");
    }
}

#[test]
fn offsets_are_those_of_the_content() {
    for (what, text, _) in CASES {
        for piece in extract("s", text) {
            let region = &text[piece.start..piece.end];
            let without_indent = |text: &str| text.lines().map(|line| line.trim_start().to_owned()).collect::<Vec<_>>();
            assert_eq!(without_indent(region), without_indent(&piece.content), "{what}");
        }
    }
    let piece = &extract("s", "é\n```py\nx = 1\n```\n")[0];
    assert_eq!((piece.start, piece.end), (9, 15));
}

#[test]
fn name_of_the_specification() {
    let found = extract("generate_component", "```jsx\nexport default function Form() { ... }\n```\n");
    assert_eq!(found[0].name, "generate_component_component_0.jsx");
    assert_eq!(found[0].kind, "jsx");
    assert!(!found[0].named);
}
