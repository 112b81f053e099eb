//! The pipeline's schema as it stands in the document. Its one source is `brickwork_app::pipeline_schema`.

use serde_json::{Map, Value, json};

/// Where JSON Schema keeps a schema's definitions, and where OpenAPI keeps all of them.
const DEFINITIONS: (&str, &str) = ("#/$defs/", "#/components/schemas/");

/// Puts the pipeline and everything that it is made of under their names into the components.
pub(super) fn insert(schemas: &mut Map<String, Value>) {
    let mut pipeline = brickwork_app::pipeline_schema();
    refer_to_components(&mut pipeline);
    let Some(fields) = pipeline.as_object_mut() else { return };
    fields.remove("$schema");
    if let Some(Value::Object(definitions)) = fields.remove("$defs") {
        schemas.extend(definitions);
    }
    schemas.insert("Template".into(), template(&pipeline));
    schemas.insert("Pipeline".into(), pipeline);
}

/// A template is a pipeline with an id. The pipeline's schema allows no other fields, so it cannot be combined with a
/// second one and is copied instead.
fn template(pipeline: &Value) -> Value {
    let mut template = pipeline.clone();
    template["title"] = json!("Brickwork template");
    template["description"] = json!("A pipeline to start from.");
    template["properties"]["id"] = json!({ "type": "string", "description": "Its stable id: the file's stem." });
    if let Some(required) = template["required"].as_array_mut() {
        required.insert(0, json!("id"));
    }
    template
}

fn refer_to_components(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Value::String(place) if key == "$ref" => {
                        if let Some(name) = place.strip_prefix(DEFINITIONS.0) {
                            *place = format!("{}{name}", DEFINITIONS.1);
                        }
                    }
                    other => refer_to_components(other),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(refer_to_components),
        _ => {}
    }
}
