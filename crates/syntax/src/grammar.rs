//! The languages that can be parsed, by kind.

use tree_sitter::Language;

/// A language whose grammar is built in.
///
/// Every text is valid Markdown (CommonMark 0.31), so there is no grammar for it. SQL is read by parsers of its dialects
/// instead, since one grammar for all calls much valid code wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Grammar {
    /// JavaScript, with JSX.
    Javascript,
    /// TypeScript.
    Typescript,
    /// TypeScript with JSX.
    Tsx,
    /// CSS.
    Css,
    /// HTML, with what its scripts and styles hold.
    Html,
    /// JSON as RFC 8259 has it.
    Json,
    /// JSON with comments.
    Jsonc,
    /// Python 3.
    Python,
    /// Rust.
    Rust,
    /// Go.
    Go,
    /// Java.
    Java,
    /// C.
    C,
    /// C++.
    Cpp,
    /// YAML.
    Yaml,
    /// TOML.
    Toml,
    /// Bash and POSIX shells.
    Bash,
}

impl Grammar {
    /// The grammar of a kind, which is a file extension without its dot.
    #[must_use]
    pub fn of_kind(kind: &str) -> Option<Self> {
        Some(match kind.to_ascii_lowercase().as_str() {
            "js" | "jsx" | "mjs" | "cjs" => Self::Javascript,
            "ts" | "mts" | "cts" => Self::Typescript,
            "tsx" => Self::Tsx,
            "css" => Self::Css,
            "html" | "htm" | "xhtml" => Self::Html,
            "json" => Self::Json,
            "jsonc" => Self::Jsonc,
            "py" | "pyi" => Self::Python,
            "rs" => Self::Rust,
            "go" => Self::Go,
            "java" => Self::Java,
            "c" => Self::C,
            // A header of C is one of C++ too, but for names that C++ reserves.
            "cpp" | "cc" | "cxx" | "hpp" | "hxx" | "h" => Self::Cpp,
            "yaml" | "yml" => Self::Yaml,
            "toml" => Self::Toml,
            "sh" | "bash" => Self::Bash,
            _ => return None,
        })
    }

    /// The word of the wire, e.g. `tsx`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Javascript => "javascript",
            Self::Typescript => "typescript",
            Self::Tsx => "tsx",
            Self::Css => "css",
            Self::Html => "html",
            Self::Json => "json",
            Self::Jsonc => "jsonc",
            Self::Python => "python",
            Self::Rust => "rust",
            Self::Go => "go",
            Self::Java => "java",
            Self::C => "c",
            Self::Cpp => "cpp",
            Self::Yaml => "yaml",
            Self::Toml => "toml",
            Self::Bash => "bash",
        }
    }

    /// The parser's tables.
    pub(crate) fn tables(self) -> Language {
        match self {
            Self::Javascript => tree_sitter_javascript::LANGUAGE.into(),
            Self::Typescript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
            Self::Tsx => tree_sitter_typescript::LANGUAGE_TSX.into(),
            Self::Css => tree_sitter_css::LANGUAGE.into(),
            Self::Html => tree_sitter_html::LANGUAGE.into(),
            Self::Json | Self::Jsonc => tree_sitter_json::LANGUAGE.into(),
            Self::Python => tree_sitter_python::LANGUAGE.into(),
            Self::Rust => tree_sitter_rust::LANGUAGE.into(),
            Self::Go => tree_sitter_go::LANGUAGE.into(),
            Self::Java => tree_sitter_java::LANGUAGE.into(),
            Self::C => tree_sitter_c::LANGUAGE.into(),
            Self::Cpp => tree_sitter_cpp::LANGUAGE.into(),
            Self::Yaml => tree_sitter_yaml::LANGUAGE.into(),
            Self::Toml => tree_sitter_toml_ng::LANGUAGE.into(),
            Self::Bash => tree_sitter_bash::LANGUAGE.into(),
        }
    }

    /// Whether it is one of the script languages of the web.
    pub(crate) const fn is_script(self) -> bool {
        matches!(self, Self::Javascript | Self::Typescript | Self::Tsx)
    }
}
