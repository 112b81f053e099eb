//! The steps' latest pieces.

use brickwork_artifacts::{Artifact, extract, latest_pieces};

fn steps(outputs: &[&str]) -> Vec<Vec<Artifact>> {
    outputs.iter().enumerate().map(|(index, text)| extract(&format!("s{index}"), text)).collect()
}

fn check(outputs: &[&str], expected: &[(&str, &str)]) {
    let found = latest_pieces(&steps(outputs));
    let found: Vec<(&str, &str)> = found.iter().map(|piece| (piece.name.as_str(), piece.content.trim())).collect();
    assert_eq!(found, expected);
}

#[test]
fn latest_piece_of_each_file_is_kept() {
    check(&[], &[]);
    check(&["", "prose"], &[]);
    // A file given again keeps its place and takes the later content.
    check(&["```js a.js\n1\n```\n```css b.css\n2\n```\n", "```js A.js\n3\n```\n"], &[("A.js", "3"), ("b.css", "2")]);
    // An unnamed piece is improved by a later one of its kind.
    check(&["plan", "```jsx\n1\n```\n", "```jsx\n2\n```\n", "looks good"], &[("s2_component_0.jsx", "2")]);
    // A kind that no later step made is not lost.
    check(
        &["```jsx\n1\n```\n```css\nx\n```\n", "```jsx\n2\n```\n"],
        &[("s0_component_1.css", "x"), ("s1_component_0.jsx", "2")],
    );
    // Shell lines and text of earlier steps pass; those of the last step with artifacts stay.
    check(
        &["```sh\nnpm i\n```\n", "```jsx\n2\n```\n```sh\nnpm start\n```\n"],
        &[("s1_component_0.jsx", "2"), ("s1_component_1.sh", "npm start")],
    );
    // A named file is not lost to an unnamed one of its kind.
    check(&["```py app.py\n1\n```\n", "```py\n2\n```\n"], &[("app.py", "1"), ("s1_component_0.py", "2")]);
}
