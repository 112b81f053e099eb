//! Outputs that are meant to take for ever: reading ends, and nothing is lost or made up.

use brickwork_artifacts::{extract, read_output};

#[test]
fn long_outputs_of_one_line_over_and_over_end() {
    let lines = [
        "```",
        "```js",
        "````md",
        "> ```",
        "- > ```js",
        "<file name=\"a.js\">",
        "</file>",
        "<<<<<<< SEARCH",
        "=======",
        ">>>>>>> REPLACE",
        "--- a/a.js\n+++ b/a.js",
        "@@ -1 +1 @@",
        "-x\n+y",
        "// a.js",
        "// a.js\nx\n",
        "==> a.js <==",
        "# Title",
        "<think>",
        "</think>",
        "\"\"\"",
        "x```",
        "",
        " ",
        ">",
        "- ",
        "*** Update File: a.js",
    ];
    let earlier = extract("t", &format!("```txt a.js\n{}```\n", "x\n".repeat(2_000)));
    for line in lines {
        for before in
            ["", "```\n# Title\n\n", "```diff\n", "```py\n", "<file name=\"b.js\">\n", "a.js\n<<<<<<< SEARCH\n"]
        {
            let text = format!("{before}{}", format!("{line}\n").repeat(1_000));
            let found = read_output("s", &text, &earlier);
            assert!(found.artifacts.iter().all(|piece| piece.end <= text.len()), "{before}{line}");
        }
    }
}
