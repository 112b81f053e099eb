//! The four roles of the specification and what each is charged with.

use serde::{Deserialize, Serialize};

use crate::pipeline::Parameters;

/// A role that a model plays. The wire form is the specification's `model_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
pub enum Role {
    /// Analysis, first generation, planning.
    CodeLlama,
    /// Refinement, optimisation, bug fixing.
    CodeGemma,
    /// Transformation, refactoring, documentation.
    T5Gemma,
    /// Joins and cleans the outputs; runs by itself at the end.
    Assembler,
}

/// The specification's entry of a role in the list of models, word for word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoleCard {
    /// `CodeLlama`, `CodeGemma`, `T5Gemma` or `Assembler`.
    pub name: &'static str,
    /// One sentence.
    pub description: &'static str,
    /// What it can do.
    pub capabilities: &'static [&'static str],
    /// Where it is recommended.
    pub recommended_for: &'static [&'static str],
}

impl Role {
    /// All roles, in the specification's order.
    pub const ALL: [Self; 4] = [Self::CodeLlama, Self::CodeGemma, Self::T5Gemma, Self::Assembler];

    /// The name, which is also the wire form.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.card().name
    }

    /// The role of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// The specification's description, from `GET /api/v1/orchestrator/models`.
    #[must_use]
    pub const fn card(self) -> RoleCard {
        match self {
            Self::CodeLlama => RoleCard {
                name: "CodeLlama",
                description: "Meta's CodeLlama - Code generation and understanding",
                capabilities: &["code_generation", "code_analysis", "refactoring"],
                recommended_for: &["Initial analysis", "Code generation"],
            },
            Self::CodeGemma => RoleCard {
                name: "CodeGemma",
                description: "Google's CodeGemma - Specialized code model",
                capabilities: &["code_generation", "code_explanation", "bug_fixing"],
                recommended_for: &["Code refinement", "Bug fixing"],
            },
            Self::T5Gemma => RoleCard {
                name: "T5Gemma",
                description: "T5Gemma - Text-to-text transfer transformer",
                capabilities: &["text_transformation", "summarization", "translation"],
                recommended_for: &["Code transformation", "Documentation generation"],
            },
            Self::Assembler => RoleCard {
                name: "Assembler",
                description: "Final assembly model - Combines and polishes outputs",
                capabilities: &["code_assembly", "optimization", "validation"],
                recommended_for: &["Final assembly (automatic)"],
            },
        }
    }

    /// What the role is asked to do, one sentence placed before the step's own instruction. Short imperatives: of the
    /// wordings that were tried on the 135M default model, these gave code blocks most often.
    #[must_use]
    pub const fn charge(self) -> &'static str {
        match self {
            Self::CodeLlama => "Analyse the requirements, plan, and draft.",
            Self::CodeGemma => "Write complete, working code in a fenced code block.",
            Self::T5Gemma => "Transform the code above and write the whole result in a fenced code block.",
            Self::Assembler => "Join the pieces above into the final files.",
        }
    }

    /// The parameters that the specification recommends for the role's stage.
    #[must_use]
    pub fn recommended_parameters(self) -> Parameters {
        let (temperature, max_tokens) = match self {
            Self::CodeLlama => (0.7, 512),
            Self::CodeGemma => (0.5, 1024),
            Self::T5Gemma => (0.3, 512),
            Self::Assembler => (0.3, 2048),
        };
        Parameters { temperature, max_tokens, ..Parameters::default() }
    }
}
