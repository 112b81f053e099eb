//! Languages by tag, by file name and by family. A kind is a file extension without its dot.

/// The kind of a language tag (`javascript` is `js`), or `None` for an unknown tag. Case does not matter.
#[must_use]
pub fn kind_of_tag(tag: &str) -> Option<&'static str> {
    let tag = tag.to_lowercase();
    TAGS.iter()
        .find(|(_, tags)| tags.contains(&tag.as_str()))
        .map(|(kind, _)| *kind)
        .or_else(|| EXTENSIONS.iter().copied().find(|extension| *extension == tag))
}

/// The kind of a file name: its extension in lower case, or what a well-known name without one stands for.
#[must_use]
pub fn kind_of_name(name: &str) -> Option<String> {
    let file = last_part(name);
    if let Some((_, kind)) = WELL_KNOWN.iter().find(|(known, _)| known.eq_ignore_ascii_case(file)) {
        return Some((*kind).to_owned());
    }
    let (stem, extension) = file.rsplit_once('.')?;
    (!stem.is_empty() && is_extension(extension)).then(|| extension.to_lowercase())
}

/// Whether a block with this tag may be the file of this name. A shell block under the heading `app.py` says how to
/// run that file; a `jsx` block is no `styles.css`. Unknown tags and names without extension agree with everything.
pub(crate) fn tag_agrees(tag: Option<&str>, name: &str) -> bool {
    let (Some(by_tag), Some(by_name)) = (tag.and_then(kind_of_tag), kind_of_name(name)) else { return true };
    if by_tag == "txt" || by_tag == by_name {
        return true;
    }
    FAMILIES.iter().any(|family| family.contains(&by_tag) && family.contains(&by_name.as_str()))
}

/// Whether a word reads as the name of a file rather than as a product, a sentence or an address.
pub(crate) fn looks_like_file(word: &str) -> bool {
    if word.is_empty() || word.contains("://") || word.chars().any(|c| "<>{}|,;=*?\"'`!#".contains(c)) {
        return false;
    }
    let file = last_part(word);
    if WELL_KNOWN.iter().any(|(known, _)| *known == file) {
        return true;
    }
    let Some((stem, extension)) = file.rsplit_once('.') else { return false };
    if stem.is_empty() || PRODUCTS.contains(&word) {
        return false;
    }
    let known = EXTENSIONS.contains(&extension.to_lowercase().as_str());
    known || (file.len() < word.len() && is_extension(extension))
}

fn last_part(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or(name)
}

fn is_extension(text: &str) -> bool {
    (1..=10).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Tags that are not themselves the extension. A tag that is one ([`EXTENSIONS`]) needs no entry.
const TAGS: [(&str, &[&str]); 47] = [
    ("js", &["javascript", "node", "nodejs", "ecmascript"]),
    ("jsx", &["javascriptreact", "react", "reactjs"]),
    ("ts", &["typescript", "deno"]),
    ("tsx", &["typescriptreact"]),
    ("py", &["python", "python3", "py3", "gyp"]),
    ("rs", &["rust"]),
    ("sass", &["sass"]),
    ("html", &["html5", "xhtml", "htm"]),
    ("json", &["application/json", "json-schema"]),
    ("yaml", &["yml", "docker-compose"]),
    ("sh", &["bash", "shell", "zsh", "console", "terminal", "shell-session", "shellscript", "sh-session", "ksh"]),
    ("ps1", &["powershell", "pwsh", "posh"]),
    ("bat", &["batch", "dos", "cmd"]),
    ("sql", &["mysql", "postgresql", "postgres", "pgsql", "plsql", "sqlite", "tsql"]),
    ("go", &["golang"]),
    ("cpp", &["c++", "cc", "cxx"]),
    ("hpp", &["h++", "hxx"]),
    ("cs", &["csharp", "c#", "dotnet"]),
    ("fs", &["fsharp", "f#"]),
    ("vb", &["vbnet", "visualbasic"]),
    ("md", &["markdown", "gfm", "commonmark"]),
    ("svg", &["svg"]),
    ("dockerfile", &["docker", "containerfile"]),
    ("mk", &["makefile", "make"]),
    ("cmake", &["cmakelists"]),
    ("kt", &["kotlin"]),
    ("rb", &["ruby"]),
    ("graphql", &["gql"]),
    ("diff", &["patch", "udiff"]),
    ("ex", &["elixir"]),
    ("erl", &["erlang"]),
    ("hs", &["haskell"]),
    ("ml", &["ocaml"]),
    ("clj", &["clojure"]),
    ("pl", &["perl"]),
    ("jl", &["julia"]),
    ("tf", &["terraform", "hcl"]),
    ("proto", &["protobuf", "proto3"]),
    ("m", &["objective-c", "objectivec", "objc", "matlab", "octave"]),
    ("tex", &["latex"]),
    ("hbs", &["handlebars"]),
    ("jinja", &["jinja2", "django"]),
    ("asm", &["assembly", "nasm"]),
    ("sol", &["solidity"]),
    ("properties", &["dotenv", "env"]),
    ("nginx", &["nginx"]),
    ("txt", &["text", "plaintext", "plain", "none", "output", "log", "ascii"]),
];

/// Extensions that are taken as such when a name has no folder, and as tags of their own.
const EXTENSIONS: [&str; 118] = [
    "adoc",
    "asm",
    "astro",
    "bash",
    "bat",
    "c",
    "cc",
    "cfg",
    "cjs",
    "clj",
    "cmake",
    "conf",
    "cpp",
    "cs",
    "csproj",
    "css",
    "csv",
    "cts",
    "cxx",
    "dart",
    "diff",
    "dockerfile",
    "ejs",
    "elm",
    "erl",
    "ex",
    "exs",
    "fs",
    "go",
    "gql",
    "gradle",
    "graphql",
    "groovy",
    "h",
    "hbs",
    "hcl",
    "hpp",
    "hs",
    "htm",
    "html",
    "hxx",
    "ini",
    "ipynb",
    "java",
    "jinja",
    "jl",
    "js",
    "json",
    "json5",
    "jsonc",
    "jsonl",
    "jsx",
    "kt",
    "kts",
    "less",
    "lisp",
    "lock",
    "lua",
    "m",
    "md",
    "mdx",
    "mjs",
    "mk",
    "ml",
    "mod",
    "mts",
    "nim",
    "nix",
    "php",
    "pl",
    "plist",
    "prisma",
    "properties",
    "proto",
    "ps1",
    "pug",
    "py",
    "pyi",
    "r",
    "rake",
    "rb",
    "rs",
    "rst",
    "sass",
    "scala",
    "scss",
    "sh",
    "sln",
    "sol",
    "sql",
    "styl",
    "sum",
    "svelte",
    "svg",
    "swift",
    "tex",
    "tf",
    "toml",
    "ts",
    "tsv",
    "tsx",
    "txt",
    "v",
    "vb",
    "vert",
    "vue",
    "wasm",
    "wat",
    "xaml",
    "xhtml",
    "xml",
    "xsd",
    "xsl",
    "yaml",
    "yml",
    "zig",
    "zsh",
    "frag",
];

/// Files known by their whole name, and the kind that they have.
const WELL_KNOWN: [(&str, &str); 20] = [
    ("Dockerfile", "dockerfile"),
    ("Containerfile", "dockerfile"),
    ("Makefile", "mk"),
    ("Gemfile", "rb"),
    ("Rakefile", "rb"),
    ("Procfile", "txt"),
    ("LICENSE", "txt"),
    ("README", "txt"),
    (".gitignore", "gitignore"),
    (".dockerignore", "gitignore"),
    (".npmignore", "gitignore"),
    (".gitattributes", "gitattributes"),
    (".editorconfig", "ini"),
    (".eslintrc", "json"),
    (".prettierrc", "json"),
    (".babelrc", "json"),
    (".npmrc", "ini"),
    (".env", "properties"),
    (".env.example", "properties"),
    (".env.local", "properties"),
];

/// Kinds that one tag is used for by models.
const FAMILIES: [&[&str]; 11] = [
    &["js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts", "vue", "svelte", "astro"],
    &["c", "h", "cpp", "hpp", "cc", "cxx", "hxx", "m"],
    &["css", "scss", "sass", "less", "styl"],
    &["html", "htm", "xhtml", "vue", "svelte", "astro", "svg", "xml", "ejs", "hbs", "jinja"],
    &["xml", "svg", "csproj", "plist", "xaml", "xsd", "xsl", "html"],
    &["yaml", "yml"],
    &["json", "jsonc", "json5", "jsonl", "ipynb"],
    &["md", "mdx", "markdown"],
    &["sh", "bash", "zsh", "properties"],
    &["py", "pyi"],
    &["ini", "cfg", "conf", "properties", "toml", "lock"],
];

/// Names of products that read like files.
const PRODUCTS: [&str; 14] = [
    "Node.js",
    "Next.js",
    "Vue.js",
    "React.js",
    "Express.js",
    "Nuxt.js",
    "Three.js",
    "D3.js",
    "Chart.js",
    "Angular.js",
    "Ember.js",
    "Backbone.js",
    "Nest.js",
    "Alpine.js",
];
