//! Whether a model has come into a loop, in which it would only go on.

/// How often a text must repeat itself.
const LEAST_TIMES: usize = 6;
/// Bytes that the repetitions must take together: short ones are common in files, such as closing brackets and empty cells.
const LEAST_BYTES: usize = 600;
/// Bytes of the end that are looked at.
const TAIL_BYTES: usize = 8192;

/// Whether the text ends in one passage again and again, to the letter.
pub(super) fn ends_in_a_loop(text: &str) -> bool {
    // Read from the end, what repeats is a prefix that returns after each period.
    let tail: Vec<u8> = text.bytes().rev().take(TAIL_BYTES).collect();
    let returns = prefix_matches(&tail);
    let is_loop = |period: usize| period + returns[period] >= LEAST_BYTES.max(LEAST_TIMES * period);
    (1..=tail.len() / LEAST_TIMES).any(is_loop)
}

/// For each place of `text` how many bytes from there on are those that it begins with (the Z function; Gusfield, "Algorithms on
/// Strings, Trees and Sequences", 1997, 1.4). Linear in the length.
fn prefix_matches(text: &[u8]) -> Vec<usize> {
    let mut lengths = vec![0; text.len()];
    // The match that reaches furthest so far: where it begins and ends.
    let (mut left, mut right) = (0, 0);
    for at in 1..text.len() {
        let known = if at < right { lengths[at - left].min(right - at) } else { 0 };
        let more = text[at + known..].iter().zip(&text[known..]).take_while(|(one, other)| one == other).count();
        lengths[at] = known + more;
        if at + lengths[at] > right {
            (left, right) = (at, at + lengths[at]);
        }
    }
    lengths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_is_the_same_passage_many_times_at_the_end() {
        let check = |text: String, expected| assert_eq!(ends_in_a_loop(&text), expected, "{text}");
        let passage = "  <Button label=\"Save\" onClick={save} tone=\"primary\" className=\"button button-primary button-large\" />\n";
        check(format!("Here it is:\n```jsx\n{}", passage.repeat(6)), true);
        // The end of the answer is within the passage.
        check(format!("{}{}", passage.repeat(6), &passage[..20]), true);
        check(format!("```jsx\n{}", passage.repeat(5)), false);
        check(format!("{}</Form>", passage.repeat(9)), false);
        check("é ".repeat(200), true);
        check("0, ".repeat(199), false);
        check("0, ".repeat(200), true);
        check((0..200).map(|number| format!("  item_{number}: {number},\n")).collect(), false);
        check(String::new(), false);
    }

    #[test]
    fn a_passage_of_any_length_that_is_looked_at_is_found() {
        for length in [1, 2, 99, 100, 101, 1365] {
            let passage: String =
                (0..length).map(|at| char::from(b'a' + u8::try_from(at * at % 23).unwrap_or(0))).collect();
            let times = (LEAST_BYTES / length + 1).max(LEAST_TIMES);
            assert!(ends_in_a_loop(&passage.repeat(times)), "{length}");
        }
    }
}
