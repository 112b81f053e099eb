//! The context that grows along a run, and the variables of prompts that read it.
//!
//! Precedence, weakest first: the project's context, the pipeline's global context, the contexts of the steps that this
//! step reads, its own context, and then `step_{i}_output` and `step_{i}_artifacts` of the steps that it reads.

use serde_json::Value;

use crate::pipeline::{JsonMap, Pipeline};
use crate::run::{RunRecord, RunStatus};

/// The values that one step sees.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunContext {
    values: JsonMap,
}

/// A prompt with its variables replaced.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rendered {
    /// The text.
    pub text: String,
    /// Dotted paths of variables that the context does not know; they stand in the text as written.
    pub unknown: Vec<String>,
}

impl RunContext {
    /// A context of these values alone.
    #[must_use]
    pub const fn new(values: JsonMap) -> Self {
        Self { values }
    }

    /// The context of the step at list position `position` (the Assembler's is the number of steps), given what the
    /// steps before it have made.
    #[must_use]
    pub fn of_step(record: &RunRecord, position: usize) -> Self {
        let pipeline = &record.plan.pipeline;
        let mut context = Self::new(record.plan.global_context());
        let visible = visible_steps(pipeline, position);
        for &earlier in &visible {
            context.merge(&pipeline.steps[earlier].context);
        }
        if let Some(step) = pipeline.steps.get(position) {
            context.merge(&step.context);
        }
        for earlier in visible {
            if let Some(step) = record.step(earlier).filter(|step| step.status == RunStatus::Success) {
                let artifacts = serde_json::to_value(&step.artifacts).unwrap_or(Value::Null);
                context.values.insert(output_key(earlier), Value::String(step.result.clone()));
                context.values.insert(artifacts_key(earlier), artifacts);
            }
        }
        context
    }

    /// The value at a dotted path; numbers index arrays.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Value> {
        let mut parts = path.split('.');
        let first = self.values.get(parts.next()?)?;
        parts.try_fold(first, |value, part| match value {
            Value::Object(map) => map.get(part),
            Value::Array(items) => items.get(part.parse::<usize>().ok()?),
            _ => None,
        })
    }

    /// Replaces each `{{ dotted.path }}` that the context knows: text as it is, other values as JSON. Inserted values
    /// are not rendered again; everything else stays literally, since `{{ }}` is also code.
    #[must_use]
    pub fn render(&self, template: &str) -> Rendered {
        let mut rendered = Rendered::default();
        let mut rest_from = 0;
        for variable in variables(template) {
            rendered.text.push_str(&template[rest_from..variable.start]);
            match self.get(variable.path) {
                Some(Value::String(text)) => rendered.text.push_str(text),
                Some(value) => rendered.text.push_str(&value.to_string()),
                None => {
                    rendered.text.push_str(&template[variable.start..variable.end]);
                    rendered.unknown.push(variable.path.to_owned());
                }
            }
            rest_from = variable.end;
        }
        rendered.text.push_str(&template[rest_from..]);
        rendered
    }

    pub(crate) fn merge(&mut self, values: &JsonMap) {
        for (key, value) in values {
            self.values.insert(key.clone(), value.clone());
        }
    }
}

pub(crate) fn output_key(position: usize) -> String {
    format!("step_{position}_output")
}

pub(crate) fn artifacts_key(position: usize) -> String {
    format!("step_{position}_artifacts")
}

/// List positions of the enabled steps whose turns the step at `position` reads, in list order.
#[must_use]
pub(crate) fn visible_steps(pipeline: &Pipeline, position: usize) -> Vec<usize> {
    let inputs = pipeline.steps.get(position).and_then(|step| step.inputs.as_ref());
    pipeline
        .steps
        .iter()
        .enumerate()
        .take(position)
        .filter(|(_, earlier)| earlier.enabled)
        .filter(|(_, earlier)| inputs.is_none_or(|names| names.contains(&earlier.step_name)))
        .map(|(index, _)| index)
        .collect()
}

/// A variable in a template; byte offsets from 0.
pub(crate) struct Variable<'a> {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) path: &'a str,
}

/// The variables of a template, in order. `${{ ... }}` is none: it is a shell's or a workflow's own syntax.
pub(crate) fn variables(template: &str) -> Vec<Variable<'_>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(open) = template[from..].find("{{").map(|at| from + at) {
        from = open + 2;
        let Some(close) = template[from..].find("}}").map(|at| from + at) else { break };
        let path = template[from..close].trim_matches([' ', '\t']);
        if template[..open].ends_with('$') || !is_dotted_path(path) {
            continue;
        }
        found.push(Variable { start: open, end: close + 2, path });
        from = close + 2;
    }
    found
}

fn is_dotted_path(path: &str) -> bool {
    !path.is_empty()
        && path
            .split('.')
            .all(|part| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(template: &str, text: &str, unknown: &[&str]) {
        let Value::Object(values) = json!({
            "name": "Form", "fields": ["a", "b"], "deep": {"er": {"n": 3, "t": "{{ name }}"}}, "flag": true
        }) else {
            unreachable!("the literal is an object")
        };
        let rendered = RunContext::new(values).render(template);
        assert_eq!(rendered.text, text, "template {template:?}");
        assert_eq!(rendered.unknown, unknown, "template {template:?}");
    }

    #[test]
    fn only_known_dotted_paths_are_replaced() {
        check("Make {{ name }}.", "Make Form.", &[]);
        check("{{name}}{{  name\t}}", "FormForm", &[]);
        check("{{ fields }} {{ fields.1 }} {{ flag }}", "[\"a\",\"b\"] b true", &[]);
        check("{{ deep.er.n }} {{ deep }}", "3 {\"er\":{\"n\":3,\"t\":\"{{ name }}\"}}", &[]);
        check("{{ deep.er.t }}", "{{ name }}", &[]);
        check("{{ nope }} {{ deep.no }}", "{{ nope }} {{ deep.no }}", &["nope", "deep.no"]);
        check("style={{ color: 'red' }}", "style={{ color: 'red' }}", &[]);
        check("${{ name }} {{ name", "${{ name }} {{ name", &[]);
        check("{{{ name }}}", "{{{ name }}}", &[]);
        check("{{ {{ name }} é", "{{ Form é", &[]);
        check("{{}} {{ }} {% raw %}", "{{}} {{ }} {% raw %}", &[]);
    }
}
