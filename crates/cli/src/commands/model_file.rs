//! `brickwork models show`.

use brickwork_app::{App, ModelFileDetail};

use crate::exit::Failure;

/// Prints what is known of a model file.
pub(crate) async fn show(app: &App, id: &str, json: bool) -> Result<(), Failure> {
    let detail = app.model_file(id).await?;
    if json {
        println!("{}", serde_json::to_string(&detail)?);
    } else {
        lines(&detail).into_iter().for_each(|(name, value)| println!("{name:<16} {value}"));
    }
    Ok(())
}

fn lines(detail: &ModelFileDetail) -> Vec<(&'static str, String)> {
    let file = &detail.file;
    let number = |value: Option<u64>| value.map(|value| value.to_string());
    let header = detail.gguf.as_ref();
    let of_header = |figure: fn(&brickwork_app::GgufHeaderView) -> Option<u64>| number(header.and_then(figure));
    let heads = header.and_then(|header| {
        let heads = header.head_count?;
        Some(header.head_count_kv.map_or_else(|| heads.to_string(), |kv| format!("{heads}, {kv} with keys and values")))
    });
    let experts = header.and_then(|header| {
        let experts = header.expert_count.filter(|experts| *experts > 0)?;
        Some(format!("{experts}, {} for each token", header.expert_used_count.unwrap_or(experts)))
    });
    let layers = detail.safetensors.as_ref().map_or_else(
        || of_header(|header| header.block_count),
        |model| Some(format!("{} encoding, {} decoding", model.encoder_layers, model.decoder_layers)),
    );
    let template = match (file.has_chat_template, detail.chat_template_bytes) {
        (true, Some(bytes)) => format!("yes, {bytes} bytes"),
        (true, None) => "yes".to_owned(),
        (false, _) => "none: the model continues text and follows no conversation".to_owned(),
    };
    let rows = [
        ("id", Some(file.id.clone())),
        ("name", file.name.clone()),
        ("format", Some(file.format.to_owned())),
        ("architecture", file.architecture.clone()),
        ("parameters", file.n_params.map(|n| format!("{:.1} million", n as f64 / 1e6))),
        ("quantization", file.quantization.clone()),
        ("size", Some(format!("{} MB in {} file(s)", file.size_bytes / 1_000_000, detail.paths.len()))),
        ("context", file.context_length.map(|tokens| format!("{tokens} tokens"))),
        ("layers", layers),
        ("width", of_header(|header| header.embedding_length)),
        ("heads", heads),
        ("experts", experts),
        ("vocabulary", of_header(|header| header.vocab_size).map(|tokens| format!("{tokens} tokens"))),
        ("sliding window", of_header(|header| header.sliding_window).map(|tokens| format!("{tokens} tokens"))),
        ("tokenizer", file.tokenizer.clone()),
        ("chat template", Some(template)),
        ("licence", file.licence.clone()),
        ("licence text", detail.licence_url.clone()),
        ("catalog", detail.catalog_id.clone()),
        ("kept by", file.origin.clone()),
        ("path", Some(file.path.clone())),
        ("problem", file.problem.clone()),
    ];
    rows.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}
