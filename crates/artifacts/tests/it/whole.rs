//! Whole outputs without a fence: code is taken, prose is not.

use brickwork_artifacts::classify_whole;

#[test]
fn code_is_taken_whole() {
    let cases = [
        (
            "import React from 'react';\n\nexport default function Form() {\n  return <form>x</form>;\n}\n",
            "assembler_component_0.jsx",
        ),
        ("\n\ndef f(x):\n    \"\"\"Return x as it is.\"\"\"\n    return x\n\n", "assembler_component_0.py"),
        ("// src/Form.jsx\nexport default function Form() {\n  return <div/>;\n}", "src/Form.jsx"),
        (
            "<!DOCTYPE html>\n<html>\n<body>\n<p>This is a page with some words in it.</p>\n</body>\n</html>\n",
            "assembler_component_0.html",
        ),
        ("{\"a\": 1}", "assembler_component_0.json"),
    ];
    for (text, name) in cases {
        let piece = classify_whole("assembler", text).unwrap();
        assert_eq!(piece.name, name);
        assert_eq!(piece.content, text[piece.start..piece.end]);
        assert_eq!(piece.content.trim(), text.trim());
        assert!(piece.closed);
    }
}

#[test]
fn prose_is_not_code() {
    let cases = [
        "",
        " \n\n",
        "Here is the plan:\n\n1. Create a form.\n2. Add a button.\n",
        "The component uses React. It imports useState from 'react' and returns a div.\n",
        "# Title\n\nSome text about code.\n",
        "name: a\nage: b\n",
        "Here is the code.\n\nimport React from 'react';\nexport default function A() { return <a/>; }\n",
        "```js\nlet a = 1;\n```\n",
        "const is a keyword that declares a name.\nlet declares one that changes over time.\n",
        "The final result is ready.\nconst x = 1;\nIt declares a constant and nothing else.\nUse it in your own project.\n",
        "Select one from the list.\n",
    ];
    for text in cases {
        assert_eq!(classify_whole("assembler", text), None, "{text:?}");
    }
}
