//! Prompt layout: one conversation that only grows at its end.
//!
//! `system, user 1, output 1, user 2, output 2, ..., user n`. The system text is the same for every role, the global context
//! opens the first user turn, and a step's own context, its files, its charge and its instruction make its turn. No
//! identifiers and no times appear, and keys keep their written order, so whatever a model's key/value cache holds stays a prefix of its next
//! prompt. A step with `inputs` sees only those turns.

use serde_json::Value;

use crate::context::{RunContext, visible_steps};
use crate::phrase::Phrase;
use crate::pipeline::JsonMap;
use crate::ports::{Message, Speaker};
use crate::role::Role;
use crate::run::{AttachedFile, RunRecord};

/// The one system text of every role.
pub const SYSTEM_TEXT: &str = "You are an expert programmer. You build software step by step. Put each file into its own \
fenced code block. Write complete code.";

const ASSEMBLER_PROMPT: &str = "Write the complete final code, without conflicts between the pieces and with short \
documentation comments: one fenced code block per file, its file name in a comment on the first line.";

/// Conflicts that the Assembler is told at most; more would only fill its context.
const CONFLICTS_SHOWN_MAX: usize = 12;

/// The user turn of one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Turn {
    /// The text, without the global context.
    pub(crate) text: String,
    /// Sentences for the user.
    pub(crate) warnings: Vec<String>,
}

/// The built-in instruction of the Assembler, with the pieces that the steps made named in stable order, and what is known
/// not to fit among them.
#[must_use]
pub fn assembler_instruction(record: &RunRecord) -> String {
    let mut text = ASSEMBLER_PROMPT.to_owned();
    let pieces: Vec<String> = record
        .steps
        .iter()
        .filter(|step| step.role != Role::Assembler)
        .flat_map(|step| step.artifacts.iter().map(|piece| format!("- {} (from {})", piece.name, step.step_name)))
        .collect();
    if !pieces.is_empty() {
        text.push_str("\n\nPieces:\n");
        text.push_str(&pieces.join("\n"));
    }
    let conflicts = record.steps.last().map_or(&[][..], |assembler| &assembler.report.conflicts);
    if !conflicts.is_empty() {
        text.push_str("\n\nConflicts to settle:");
        for conflict in conflicts.iter().take(CONFLICTS_SHOWN_MAX) {
            text.push_str(&format!("\n- {conflict}"));
        }
    }
    text
}

/// The user turn of the step at `position`, with its variables replaced.
pub(crate) fn turn(record: &RunRecord, position: usize) -> Turn {
    let pipeline = &record.plan.pipeline;
    let context = RunContext::of_step(record, position);
    let no_context = JsonMap::new();
    let (own_context, role, instruction) = match pipeline.steps.get(position) {
        Some(step) => (&step.context, step.model_type, step.prompt.clone()),
        None => {
            let own = pipeline.assembler.as_ref().and_then(|settings| settings.prompt.clone());
            (&no_context, Role::Assembler, own.unwrap_or_else(|| assembler_instruction(record)))
        }
    };
    let rendered = context.render(&instruction);
    let mut text = context_block("Context", own_context);
    text.push_str(&files_block(record.plan.files_at(position)));
    text.push_str(role.charge());
    text.push_str("\n\n");
    text.push_str(&rendered.text);
    let warnings = rendered.unknown.iter().map(|path| unknown_variable(path)).collect();
    Turn { text, warnings }
}

/// What is said of a variable that the context does not know, with what to do.
pub(crate) fn unknown_variable(path: &str) -> String {
    format!("{} {}", unknown_variable_fault(path), unknown_variable_remedy(path))
}

pub(crate) fn unknown_variable_fault(path: &str) -> String {
    format!("The context knows no value for {{{{ {path} }}}}, so it is sent as written.")
}

pub(crate) fn unknown_variable_remedy(path: &str) -> String {
    format!("Add `{path}` to the context, or ignore this if it is code.")
}

/// [`unknown_variable`] in a form that can be put into another language.
pub(crate) fn unknown_variable_phrase(path: &str) -> Phrase {
    Phrase::new("unknown_variable").with("variable", path)
}

/// What a warning of a prompt says, in a form that can be put into another language; nothing for a text that is none of
/// this module's. Runs keep their warnings as sentences, so the sentence itself is taken apart, here where it is made.
#[must_use]
pub fn warning_phrase(warning: &str) -> Option<Phrase> {
    let (_, rest) = warning.split_once("{{ ")?;
    let (path, _) = rest.split_once(" }}")?;
    (unknown_variable(path) == warning).then(|| unknown_variable_phrase(path))
}

/// The whole conversation for the step at `position`, whose own turn is `turn`.
#[must_use]
pub fn conversation(record: &RunRecord, position: usize, turn: &str) -> Vec<Message> {
    let mut messages = vec![Message::new(Speaker::System, SYSTEM_TEXT)];
    for earlier in visible_steps(&record.plan.pipeline, position) {
        if let Some(step) = record.step(earlier) {
            messages.push(Message::new(Speaker::User, step.prompt.clone()));
            messages.push(Message::new(Speaker::Assistant, step.result.clone()));
        }
    }
    messages.push(Message::new(Speaker::User, turn));
    let global = context_block("Project context", &record.plan.global_context());
    messages[1].content.insert_str(0, &global);
    messages
}

/// `TITLE:` and one `- key: value` line a key, so that small models read it as easily as large ones; nothing for an
/// empty context.
pub(crate) fn context_block(title: &str, values: &JsonMap) -> String {
    if values.is_empty() {
        return String::new();
    }
    let mut text = format!("{title}:\n");
    for (key, value) in values {
        match value {
            Value::String(value) if value.contains('\n') => text.push_str(&format!("- {key}:\n{value}\n")),
            Value::String(value) => text.push_str(&format!("- {key}: {value}\n")),
            value => text.push_str(&format!("- {key}: {value}\n")),
        }
    }
    text.push('\n');
    text
}

/// Each file under its path in a fenced block; nothing when there are none.
pub(crate) fn files_block(files: &[AttachedFile]) -> String {
    if files.is_empty() {
        return String::new();
    }
    let mut text = "Files:\n\n".to_owned();
    for file in files {
        text.push_str(&file_block(file));
    }
    text
}

/// One file of [`files_block`], within a fence that its content cannot close.
pub(crate) fn file_block(file: &AttachedFile) -> String {
    let AttachedFile { path, content } = file;
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let fence = "`".repeat(longest_run_of_backticks(content).max(2) + 1);
    let line_end = if content.is_empty() || content.ends_with('\n') { "" } else { "\n" };
    format!("`{path}`:\n{fence}{extension}\n{content}{line_end}{fence}\n\n")
}

fn longest_run_of_backticks(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(files: &[(&str, &str)], expected: &str) {
        let attached =
            |(path, content): &(&str, &str)| AttachedFile { path: (*path).into(), content: (*content).into() };
        assert_eq!(files_block(&files.iter().map(attached).collect::<Vec<_>>()), expected);
    }

    #[test]
    fn files_stand_in_fences_that_they_cannot_close() {
        check(&[], "");
        check(&[("src/App.tsx", "let a;\n")], "Files:\n\n`src/App.tsx`:\n```tsx\nlet a;\n```\n\n");
        check(
            &[("Makefile", "all:"), (".x/notes.md", "````js\n1\n````\n")],
            "Files:\n\n`Makefile`:\n```\nall:\n```\n\n`.x/notes.md`:\n`````md\n````js\n1\n````\n`````\n\n",
        );
        check(&[("empty.css", "")], "Files:\n\n`empty.css`:\n```css\n```\n\n");
    }
}
