//! Hostile pages become harmless ones. That nothing of them runs in a webview is shown in the real window.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;

/// The cleaned markup, which is of a readable shape.
fn clean(markup: &str) -> String {
    super::clean(markup).unwrap()
}

/// What models, and people who attack through them, write. Each holds `PWN` where it would do harm.
const HOSTILE: [&str; 44] = [
    "<script>PWN</script>",
    "<SCRIPT SRC=https://evil.example/PWN.js></SCRIPT>",
    "<scr<script>ipt>PWN</scr</script>ipt>",
    "<img src=x onerror=PWN>",
    "<img src=https://evil.example/PWN.png srcset='https://evil.example/PWN.png 2x'>",
    "<img/src=x/onerror=PWN//",
    "<body onload=PWN><p onclick='PWN' onmouseover=\"PWN\" autofocus onfocus=PWN tabindex=1>x",
    "<a href='javascript:PWN'>x</a>",
    "<a href='JaVa\tscript&colon;PWN'>x</a>",
    "<a href='data:text/html,PWN'>x</a>",
    "<a href='https://evil.example/PWN' target=_top ping=https://evil.example/PWN>x</a>",
    "<a href='//evil.example/PWN'>x</a> <a href='/api/PWN'>x</a> <a href='tauri://localhost/PWN'>x</a>",
    "<meta http-equiv=refresh content='0; url=https://evil.example/PWN'>",
    "<meta http-equiv=Content-Security-Policy content=PWN>",
    "<base href='https://evil.example/PWN/'>",
    "<link rel=stylesheet href=https://evil.example/PWN.css><link rel=preload href=PWN><link rel=dns-prefetch href=PWN>",
    "<form action='https://evil.example/PWN' method=post><button formaction='javascript:PWN'>x</button></form>",
    "<input type=image src=https://evil.example/PWN><input type='IMAGE ' src=PWN formaction=PWN>",
    "<iframe src='https://evil.example/PWN'></iframe><iframe srcdoc='<script>PWN</script>'></iframe>",
    "<object data=PWN></object><embed src=PWN><applet code=PWN></applet>",
    "<video src=PWN onerror=PWN autoplay><source src=PWN></video><audio src=PWN></audio>",
    "<svg onload=PWN></svg><svg><script>PWN</script></svg>",
    "<svg><a href='javascript:PWN'><text>x</text></a><a xlink:href='javascript:PWN'><text>x</text></a></svg>",
    "<svg><animate attributeName=href values='javascript:PWN' onbegin=PWN /><set attributeName=href to='javascript:PWN'/></svg>",
    "<svg><use href='https://evil.example/PWN.svg#x'/><use xlink:href='data:image/svg+xml,PWN#x'/></svg>",
    "<svg><image href='https://evil.example/PWN'/><feImage href='https://evil.example/PWN'/></svg>",
    "<svg><foreignObject><body onload=PWN><iframe src=PWN></iframe></foreignObject></svg>",
    "<svg><rect fill='url(https://evil.example/PWN#a)' filter=\"URL( 'https://evil.example/PWN' )\"/></svg>",
    "<svg><style><img src=x onerror=PWN></style></svg>",
    "<svg></p><style><a id=\"</style><img src=1 onerror=PWN>\">",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=PWN&gt;\">",
    "<math><a xlink:href='javascript:PWN'>x</a></math>",
    "<noscript><p title=\"</noscript><img src=x onerror=PWN>\"></noscript>",
    "<template><script>PWN</script></template><textarea></textarea><img src=x onerror=PWN>",
    "<textarea><script>/*</textarea><img src=x onerror=PWN>",
    "<xmp><img src=x onerror=PWN></xmp><plaintext><img src=x onerror=PWN>",
    "<title><img src=x onerror=PWN></title><select><style></select><img src=x onerror=PWN></style>",
    "<!--><img src=x onerror=PWN>--> <![CDATA[<script>PWN</script>]]> <?xml-stylesheet href='PWN'?>",
    "<table background=https://evil.example/PWN><td background='javascript:PWN'>x</table>",
    "<div data-x=PWN is=PWN slot=PWN contenteditable=PWN popovertarget=PWN>x</div>",
    "<img src='data:image/svg+xml,<svg onload=PWN>'><img src='data:text/html,PWN'><img src=' data:image/pngx,PWN'>",
    "<portal src=PWN></portal><fencedframe src=PWN></fencedframe><dialog open><x-custom onclick=PWN></x-custom>",
    "<marquee onstart=PWN>x</marquee><details ontoggle=PWN open><summary>x</summary></details>",
    "<p style='background: red' onpointerenter=PWN nonce=PWN>x</p><slot onslotchange=PWN></slot>",
];

/// The marks of harm that a document may not have outside of text.
fn harm(body: &str) -> Option<String> {
    let lower = body.to_ascii_lowercase();
    // A tag is what stands between `<` and `>`: the cleaner's own writer leaves no bare `<` in text or attributes.
    for tag in lower.split('<').skip(1).map(|rest| rest.split('>').next().unwrap_or(rest)) {
        let element = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
        if GONE_ELEMENTS.contains(&element) || tag.contains("pwn") || tag.contains(" on") || tag.contains("javascript")
        {
            return Some(tag.to_owned());
        }
    }
    None
}

const GONE_ELEMENTS: [&str; 20] = [
    "script",
    "style",
    "iframe",
    "object",
    "embed",
    "meta",
    "link",
    "base",
    "video",
    "audio",
    "source",
    "template",
    "noscript",
    "animate",
    "set",
    "foreignobject",
    "image",
    "feimage",
    "math",
    "portal",
];

#[test]
fn row_32_hostile_markup_loses_what_would_act() {
    for text in HOSTILE {
        for body in [clean(text), clean(&markdown(text)), clean(&markdown(&format!("> * {text}\n\n{text}")))] {
            assert_eq!(harm(&body), None, "{text}\n{body}");
            // Read again, as a browser does, it is the same: nothing hides in how it is written.
            assert_eq!(clean(&body), body, "{text}");
        }
    }
}

#[test]
fn row_32_hostile_markdown_leads_nowhere() {
    for text in [
        "[x](javascript:PWN)",
        "![x](https://evil.example/PWN.png)",
        "[x]: javascript:PWN\n\n[x]",
        "<javascript:PWN>",
        "<https://evil.example/PWN>",
        "[x](data:text/html;base64,PWN \"title\")",
        "[^1]\n\n[^1]: <img src=x onerror=PWN>",
        "| <script>PWN</script> |\n|---|\n| <img src=x onerror=PWN> |",
        "```\"><script>x\nPWN\n```",
        "```a\"onload=\"x\nPWN\n```",
    ] {
        let body = clean(&markdown(text));
        assert_eq!(harm(&body), None, "{text}\n{body}");
        assert!(!body.contains("href=\"java") && !body.contains("href=\"http"), "{body}");
    }
}

#[test]
fn row_32_styles_stay_in_their_element() {
    for text in [
        "<style>a{}</style><p>x",
        "<style>a::after { content: '</sty</style><img src=x onerror=PWN>",
        "<style></STYLE ><script>PWN</script>",
        "<style><!-- </style --> <script>PWN</script>",
        "<style>a{}",
        "<style",
    ] {
        let page = render("a.html", "html", text, PreviewTheme::Light).unwrap();
        assert_only_our_frame(&page, text);
    }
    for sheet in [
        "</style><script>PWN</script>",
        "a{} </STYLE\n><img src=x onerror=PWN>",
        "</s\0tyle><script>PWN</script>",
        "<!--</style>",
    ] {
        let page = render("a.css", "css", sheet, PreviewTheme::Light).unwrap();
        assert_only_our_frame(&page, sheet);
    }
}

#[test]
fn row_32_a_name_is_text() {
    let page = render("</title><script>PWN</script>\".html", "html", "", PreviewTheme::Dark).unwrap();
    assert_only_our_frame(&page, "name");
    assert!(page.contains("<title>&lt;/title&gt;&lt;script&gt;"));
}

/// The page has the two style elements of ours, the three `meta` and nothing else that acts.
fn assert_only_our_frame(page: &str, of: &str) {
    let lower = page.to_ascii_lowercase();
    let count = |mark: &str| lower.matches(mark).count();
    assert_eq!((count("<style"), count("</style"), count("<meta"), count("</head>")), (2, 2, 3, 1), "{of}\n{page}");
    assert_eq!((count("<html"), count("<body")), (1, 1), "{of}\n{page}");
    // Whatever a sheet says, it says within its element, where nothing is markup.
    let (head, body) = lower.split_once("<body>").unwrap();
    assert!(
        !head.split("</style>").any(|part| part.split("<style>").next().unwrap().contains("<script")),
        "{of}\n{page}"
    );
    assert_eq!(harm(body.split("</body>").next().unwrap()), None, "{of}\n{page}");
}

#[test]
fn row_32_every_page_carries_its_policy() {
    for kind in ["md", "html", "css", "svg"] {
        let page = render("a", kind, "<p>x</p>", PreviewTheme::Light).unwrap();
        let policy = page.find("http-equiv=\"Content-Security-Policy\"").unwrap();
        assert!(policy < page.find("<style").unwrap(), "the policy stands before what it is for");
        assert!(
            page.contains("default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:"),
            "{page}"
        );
    }
    for rule in ["sandbox;", "default-src 'none'", "form-action 'none'", "frame-ancestors 'self' tauri://localhost"] {
        assert!(PREVIEW_POLICY.contains(rule), "{rule}");
    }
    assert!(!PREVIEW_POLICY.contains("allow-") && !PREVIEW_POLICY.contains("script-src"));
}

#[test]
fn deep_and_large_pages_are_rendered_in_time() {
    let begun = std::time::Instant::now();
    for text in [
        "<div>".repeat(100_000),
        "<b><i><a href=#>".repeat(20_000),
        "> ".repeat(50_000),
        "[".repeat(100_000),
        "<p>*_".repeat(50_000),
        format!("<p {}>", "a ".repeat(200_000)),
    ] {
        for kind in ["md", "html", "svg", "css"] {
            let _either = render("a", kind, &text, PreviewTheme::Light);
        }
    }
    assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
}

#[test]
fn markdown_keeps_its_form() {
    let text = "# Title\n\n| a | b |\n|---|---|\n| 1 | ~~2~~ |\n\n- [x] done\n\n```rust\nfn x() {}\n```\n\n<b>bold</b> [here](#title)\n";
    let body = clean(&markdown(text));
    for part in [
        "<h1>Title</h1>",
        "<td>1</td>",
        "<del>2</del>",
        "checked",
        "fn x() {}",
        "<b>bold</b>",
        "<a href=\"#title\">here</a>",
    ] {
        assert!(body.contains(part), "{part}\n{body}");
    }
}

#[test]
fn a_page_keeps_its_look() {
    let text = "<!DOCTYPE html><html><head><title>Gone</title><style>.a { color: red }</style>\
                <style media=\"print\">.b{}</style></head><body><div class=\"a\" style=\"padding: 1px\">x</div>\
                <form><label for=\"n\">Name</label><input id=\"n\" type=\"text\" placeholder=\"you\"></form>\
                <img alt=\"dot\" src=\"data:image/png;base64,AAAA\"></body></html>";
    let page = render("a.html", "html", text, PreviewTheme::Dark).unwrap();
    for part in [
        ".a { color: red }",
        "<div class=\"a\" style=\"padding: 1px\">x</div>",
        "placeholder=\"you\"",
        "src=\"data:image/png;base64,AAAA\"",
        "color-scheme: light",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    assert!(!page.contains("Gone") && !page.contains(".b{}"), "{page}");
}

#[test]
fn a_drawing_keeps_its_shapes() {
    let text = "<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 10 10\">\
                <title>A dot</title><defs><linearGradient id=\"g\"><stop offset=\"0\" stop-color=\"red\"/></linearGradient>\
                <style><![CDATA[.c { stroke: blue }]]></style></defs><circle class=\"c\" cx=\"5\" cy=\"5\" r=\"4\" fill=\"url(#g)\"/>\
                <use href=\"#g\"/></svg>";
    let page = render("a.svg", "svg", text, PreviewTheme::Dark).unwrap();
    for part in [
        "viewBox=\"0 0 10 10\"",
        "<linearGradient id=\"g\">",
        "fill=\"url(#g)\"",
        "<use href=\"#g\">",
        ".c { stroke: blue }",
        "color-scheme: dark",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
}

#[test]
fn other_kinds_have_no_page() {
    for kind in ["js", "jsx", "txt", "xml", "mdx", "", "HTML "] {
        assert_eq!(render("a", kind, "<p>x", PreviewTheme::Light), Err(NoPage::Kind), "{kind}");
    }
}
