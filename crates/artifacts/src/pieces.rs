//! The steps' latest pieces: final artifacts without the Assembler's help.

use std::collections::{HashMap, HashSet};

use crate::artifact::Artifact;

/// Kinds that say how to use code rather than being it. Unnamed ones of earlier steps are not carried along.
const PASSING_KINDS: [&str; 4] = ["sh", "txt", "md", "diff"];

/// The latest piece of each file over all steps, `steps[i]` holding the artifacts of step `i` in order.
///
/// - All artifacts of the last step that has any are kept.
/// - A file that the model named stays until a later step gives the same name (case does not count); it then keeps
///   its place with the later content.
/// - An unnamed piece cannot be matched by name, since the rule's names differ by step. It is taken to be superseded
///   by any later step's piece of the same kind, as when one step generates a `jsx` and the next improves it. One
///   whose kind no later step made is kept, so that no file is lost; shell lines, text, Markdown and diffs are not.
///
/// The order is that of each file's first appearance.
#[must_use]
pub fn latest_pieces(steps: &[Vec<Artifact>]) -> Vec<Artifact> {
    let last = steps.iter().rposition(|step| !step.is_empty());
    let mut pieces: Vec<Artifact> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for (position, step) in steps.iter().enumerate() {
        let later: HashSet<&str> = steps[position + 1..].iter().flatten().map(|piece| piece.kind.as_str()).collect();
        for piece in step {
            let passing = PASSING_KINDS.contains(&piece.kind.as_str()) && Some(position) != last;
            if !piece.named && (passing || later.contains(piece.kind.as_str())) {
                continue;
            }
            match places.get(&piece.name.to_lowercase()) {
                Some(&place) => pieces[place] = piece.clone(),
                None => {
                    places.insert(piece.name.to_lowercase(), pieces.len());
                    pieces.push(piece.clone());
                }
            }
        }
    }
    pieces
}
