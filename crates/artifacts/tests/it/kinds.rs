//! Kinds: by name, then by tag, then by content.

use brickwork_artifacts::{extract, infer_kind, kind_of_name, kind_of_tag};

#[test]
fn tags_become_extensions() {
    let cases = [
        ("javascript", "js"),
        ("js", "js"),
        ("jsx", "jsx"),
        ("typescript", "ts"),
        ("tsx", "tsx"),
        ("python", "py"),
        ("rust", "rs"),
        ("css", "css"),
        ("scss", "scss"),
        ("html", "html"),
        ("json", "json"),
        ("yaml", "yaml"),
        ("yml", "yaml"),
        ("bash", "sh"),
        ("sh", "sh"),
        ("shell", "sh"),
        ("sql", "sql"),
        ("go", "go"),
        ("java", "java"),
        ("c", "c"),
        ("cpp", "cpp"),
        ("c++", "cpp"),
        ("csharp", "cs"),
        ("markdown", "md"),
        ("toml", "toml"),
        ("xml", "xml"),
        ("dockerfile", "dockerfile"),
        ("vue", "vue"),
        ("svelte", "svelte"),
        ("kotlin", "kt"),
        ("swift", "swift"),
        ("ruby", "rb"),
        ("php", "php"),
        ("graphql", "graphql"),
        ("diff", "diff"),
        ("text", "txt"),
        ("Python", "py"),
    ];
    for (tag, kind) in cases {
        assert_eq!(kind_of_tag(tag), Some(kind), "{tag}");
    }
    assert_eq!(kind_of_tag("whatever"), None);
}

#[test]
fn names_decide_before_tags() {
    let cases = [
        ("a.test.tsx", Some("tsx")),
        ("A.JSX", Some("jsx")),
        ("Dockerfile", Some("dockerfile")),
        ("src/Makefile", Some("mk")),
        (".gitignore", Some("gitignore")),
        (".hidden", None),
        ("noext", None),
        ("x.d.ts", Some("ts")),
    ];
    for (name, kind) in cases {
        assert_eq!(kind_of_name(name).as_deref(), kind, "{name}");
    }
    assert_eq!(extract("s", "```javascript Form.tsx\nx\n```\n")[0].kind, "tsx");
    assert_eq!(extract("s", "```js src/bin\nx\n```\n")[0].kind, "js");
}

#[test]
fn script_tag_over_jsx_becomes_jsx() {
    let cases = [
        ("javascript", "function A() {\n  return (\n    <div>a</div>\n  );\n}\n", "jsx"),
        ("js", "const A = () => <B />;\n", "jsx"),
        ("typescript", "const A = (p: P) => (\n  <>\n    {p.x && <B/>}\n  </>\n);\n", "tsx"),
        ("js", "const html = '<div>a</div>';\nel.innerHTML = `<b>${x}</b>`;\n", "js"),
        ("js", "if (a <b && c> d) { return 1; }\n", "js"),
        ("ts", "const xs = useState<string>('');\nfunction f<T>(x: T): T { return x; }\n", "ts"),
        ("ts", "const id = <T>(x: T) => x;\n", "ts"),
        ("python", "x = '<a/>' if (y) else (\n  z)\n", "py"),
    ];
    for (tag, code, kind) in cases {
        assert_eq!(extract("s", &format!("```{tag}\n{code}```\n"))[0].kind, kind, "{code}");
    }
}

#[test]
fn content_decides_without_a_tag() {
    let cases = [
        ("import React from 'react';\nexport default function A() { return <div>a</div>; }\n", Some("jsx")),
        ("interface P { a: string }\nexport const A = (p: P) => <div>{p.a}</div>;\n", Some("tsx")),
        ("const a = 1;\nfunction f() { return a; }\n", Some("js")),
        ("export interface User {\n  id: number;\n}\n", Some("ts")),
        ("import { a } from './a';\nlet b: string = a;\n", Some("ts")),
        ("def f(x):\n    return x\n", Some("py")),
        ("import os\n\nprint(os.name)\n", Some("py")),
        ("from a import b\nb()\n", Some("py")),
        ("class A:\n    pass\n", Some("py")),
        ("{\"a\": [1, 2]}\n", Some("json")),
        ("{ not json }\n", None),
        ("<!DOCTYPE html>\n<html></html>\n", Some("html")),
        ("<div class=\"a\">\n  <p>x</p>\n</div>\n", Some("html")),
        ("<?xml version=\"1.0\"?>\n<a/>\n", Some("xml")),
        ("<template>\n  <p>x</p>\n</template>\n", Some("vue")),
        (".card {\n  color: red;\n}\n", Some("css")),
        ("body, h1 {\n  margin: 0;\n}\n", Some("css")),
        ("#!/bin/sh\nls\n", Some("sh")),
        ("#!/usr/bin/env python3\nx = 1\n", Some("py")),
        ("npm install react\nnpm start\n", Some("sh")),
        ("$ cargo build\n", Some("sh")),
        ("fn main() {\n    println!(\"x\");\n}\n", Some("rs")),
        ("package main\n\nfunc main() {}\n", Some("go")),
        ("public class A {\n  int x;\n}\n", Some("java")),
        ("#include <stdio.h>\nint main() { return 0; }\n", Some("c")),
        ("#include <iostream>\nint main() { std::cout << 1; }\n", Some("cpp")),
        ("SELECT * FROM users;\n", Some("sql")),
        ("CREATE TABLE a (id INT);\n", Some("sql")),
        ("[package]\nname = \"a\"\n", Some("toml")),
        ("name: a\nversion: 1\nitems:\n  - x\n", Some("yaml")),
        ("FROM debian\nRUN ls\n", Some("dockerfile")),
        ("# Title\n\nSome text.\n", Some("md")),
        ("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n", Some("diff")),
        ("src/\n  index.js\n  app.js\n", None),
        ("Just a sentence with words.\n", None),
        ("Select the best option from the list.\n", None),
        ("Import the file and let me know.\n", None),
        ("", None),
    ];
    for (content, kind) in cases {
        assert_eq!(infer_kind(content), kind, "{content}");
    }
    assert_eq!(extract("s", "```\nsome words\n```\n")[0].kind, "txt");
    assert_eq!(extract("s", "```whatever\ndef f():\n    pass\n```\n")[0].kind, "py");
}
