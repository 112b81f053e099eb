//! An assembled result against its pieces.

use brickwork_artifacts::{Artifact, extract};
use brickwork_syntax::verify;

const PIECES: &str = "```js src/a.js\nimport { b } from './b';\nexport const a = b;\n```\n\
                      ```js src/b.js\nexport const b = 1;\n```\n```css\nx { y: z; }\n```\n```sh\nnpm start\n```\n";

fn check(result: &str, expected: &[&str]) {
    let pieces = extract("s", PIECES);
    let result: Vec<Artifact> = extract("assembler", result);
    let found: Vec<String> = verify(&pieces, &result, &[]).iter().map(ToString::to_string).collect();
    assert_eq!(found, expected, "{result:?}");
}

#[test]
fn faults_of_a_result_are_told() {
    let b = "```js src/b.js\nexport const b = 1;\n```\n";
    let css = "```css\nx { y: z; }\n```\n";
    let a = "```js src/a.js\nimport { b } from './b';\nexport const a = b;\n```\n";
    check(&format!("{a}{b}{css}"), &[]);
    check(&format!("{a}{b}"), &["`s_component_2.css` is among the pieces and not in the result."]);
    check(
        &format!("{a}{css}"),
        &[
            "`src/b.js` is among the pieces and not in the result.",
            "`src/a.js` imports `./b` in line 1, which no file provides.",
        ],
    );
    let broken = "```js src/a.js\nexport const a = (1;\n```\n";
    check(
        &format!("{broken}{b}{css}"),
        &["`src/a.js` does not parse: line 1, column 18: `(` is never closed with `)`."],
    );
    let cut = "```js src/b.js\nexport const b = 1;\n";
    check(&format!("{a}{css}{cut}"), &["`src/b.js` was cut off by the end of the output."]);
    let elided = "```js src/b.js\n// ... rest of the code\nexport const b = 1;\n```\n";
    check(&format!("{a}{elided}{css}"), &["`src/b.js` leaves code out in line 1."]);
}
