//! The steps' latest pieces, in cases that the web UI's own rule is tested with too (`latestPieces.test.ts`).

use brickwork_artifacts::{Artifact, extract, latest_pieces};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct Case {
    case: String,
    steps: Vec<Vec<Artifact>>,
    /// Names and contents of the pieces that stay, in order.
    expected: Vec<(String, String)>,
}

#[test]
fn latest_piece_of_each_file_is_kept() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("../latest-pieces.json")).unwrap();
    assert!(!cases.is_empty());
    for Case { case, steps, expected } in cases {
        let found: Vec<_> = latest_pieces(&steps).into_iter().map(|piece| (piece.name, piece.content)).collect();
        assert_eq!(found, expected, "{case}");
    }
}

#[test]
fn pieces_of_outputs_are_improved_step_by_step() {
    let outputs = ["```js a.js\n1\n```\n```css\n2\n```\n", "looks good", "```js A.js\n3\n```\n"];
    let steps: Vec<_> = outputs.iter().enumerate().map(|(index, text)| extract(&format!("s{index}"), text)).collect();
    let found = latest_pieces(&steps);
    let found: Vec<(&str, &str)> = found.iter().map(|piece| (piece.name.as_str(), piece.content.trim())).collect();
    assert_eq!(found, [("A.js", "3"), ("s0_component_1.css", "2")]);
}
