//! Declarations and imports.

use brickwork_syntax::outline;

fn check(kind: &str, source: &str, symbols: &str, imports: &str) {
    let outline = outline(kind, source).unwrap();
    let marked = |symbol: &brickwork_syntax::Symbol| {
        let mark = if symbol.is_exported { "+" } else { "" };
        format!("{mark}{}{}", symbol.name, if symbol.is_unique { "!" } else { "" })
    };
    let found: Vec<String> = outline.symbols.iter().map(marked).collect();
    assert_eq!(found.join(" "), symbols, "{source}");
    let listed = |import: &brickwork_syntax::Import| format!("{}[{}]", import.text, import.names.join(","));
    let found: Vec<String> = outline.imports.iter().map(listed).collect();
    assert_eq!(found.join(" "), imports, "{source}");
}

#[test]
fn declarations_and_imports_are_found() {
    check(
        "jsx",
        "import React, { useState as s } from 'react';\nimport * as a from './a';\nimport './a.css';\n\
         export default function Form() {}\nexport const b = 1, c = 2;\nfunction d() {}\nexport { d as e };\nexport { f } from './f';\n\
         const g = require('./g');\nconst h = () => import('./h');\n",
        "+default! Form! +b! +c! d! +e +f g! h!",
        "react[default,useState] ./a[] ./a.css[] ./f[f] ./g[] ./h[]",
    );
    check("js", "export default class {}\n", "+default!", "");
    check(
        "ts",
        "export interface A {}\nexport type B = A;\nenum C {}\nfunction f(): void;\nfunction f() {}\n",
        "+A +B! C! f f!",
        "",
    );
    check(
        "py",
        "import os, app.models as m\nfrom . import x\nfrom ..a.b import C as D, e\nF = 1\ndef g(): pass\n@wrap\ndef g(): pass\nclass H: pass\n",
        "+os +m +x +D +e +F +g! +g +H!",
        "os[] app.models[] .[x] ..a.b[C,e]",
    );
    check(
        "rs",
        "mod a;\nmod b { fn x() {} }\npub fn c() {}\n#[cfg(test)]\nfn c() {}\nstruct D;\n",
        "+c! c D!",
        "mod a[]",
    );
    check("go", "package a\nfunc f() {}\nfunc (x T) g() {}\nfunc init() {}\ntype T struct{}\n", "+f! +init +T!", "");
    check(
        "c",
        "#include \"a.h\"\n#include <b.h>\nint *f(void) { return 0; }\nstatic int g() { return 1; }\n",
        "+f! g!",
        "a.h[]",
    );
    check("css", "@import \"a.css\";\na { b: c; }\n", "", "a.css[]");
    check("html", "<link href=\"a.css\"><script src='b.js'></script><a href=\"#x\">x</a>", "", "a.css[] b.js[] #x[]");
}
