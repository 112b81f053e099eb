//! Everything that is known of one model file.

use brickwork_models::gguf::{GgufInfo, PerLayer, read_chat_template};
use brickwork_models::safetensors::SafetensorsInfo;
use serde::Serialize;

use crate::app::App;
use crate::error::AppError;
use crate::export::blocking;
use crate::models::{ModelFileView, file_view};

/// The most of a chat template that is shown, in bytes.
const MAX_TEMPLATE_BYTES: u64 = 64 << 10;

/// What the header of a GGUF file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct GgufHeaderView {
    /// Version of the format.
    pub version: u32,
    /// Number of tensors.
    pub n_tensors: u64,
    /// Bytes of all tensors together.
    pub tensor_bytes: u64,
    /// Layers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_count: Option<u64>,
    /// Width of the hidden state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub embedding_length: Option<u64>,
    /// Attention heads; the most of any layer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head_count: Option<u64>,
    /// Attention heads with keys and values of their own; the most of any layer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head_count_kv: Option<u64>,
    /// Width of one head's key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_length: Option<u64>,
    /// Width of one head's value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_length: Option<u64>,
    /// Width of the feed-forward part; the most of any layer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feed_forward_length: Option<u64>,
    /// Tokens of the vocabulary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vocab_size: Option<u64>,
    /// Tokens that layers with a sliding window look back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sliding_window: Option<u64>,
    /// Experts of each layer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expert_count: Option<u64>,
    /// Experts that each token goes through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expert_used_count: Option<u64>,
    /// Whether some or all layers keep a state of fixed size instead of keys and values.
    pub recurrent: bool,
    /// The tokenizer's kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokenizer_model: Option<String>,
    /// How the tokenizer splits text first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokenizer_pre: Option<String>,
}

/// What a folder of safetensors files says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SafetensorsView {
    /// The model's type.
    pub model_type: String,
    /// Layers of the encoder.
    pub encoder_layers: u64,
    /// Layers of the decoder.
    pub decoder_layers: u64,
    /// Tokens of the vocabulary.
    pub vocab_size: u64,
    /// Number of tensors.
    pub n_tensors: u64,
    /// Number of weight files.
    pub n_files: u64,
}

/// Everything that is known of a model file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ModelFileDetail {
    /// As it is listed.
    pub file: ModelFileView,
    /// All its files.
    pub paths: Vec<String>,
    /// What the header says, of a GGUF file that can be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gguf: Option<GgufHeaderView>,
    /// What the folder says, of a whole model in safetensors format.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub safetensors: Option<SafetensorsView>,
    /// The chat template, at most its first 64 KiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chat_template: Option<String>,
    /// Bytes of the whole chat template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chat_template_bytes: Option<u64>,
    /// The id of the catalog's entry that it is a form of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub catalog_id: Option<String>,
    /// Where the licence can be read, by the catalog.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub licence_url: Option<String>,
}

impl App {
    /// Everything that is known of the listed model of that id.
    ///
    /// # Errors
    /// [`AppError::Unknown`] when no such model is listed.
    pub async fn model_file(&self, id: &str) -> Result<ModelFileDetail, AppError> {
        let model = self.listed_model(id).await?;
        let entry = self.catalog_model(id).await?.filter(|entry| entry.file(id).is_some());
        let (listed, has_template) = (model.clone(), model.gguf.is_some());
        let (paths, chat_template) = blocking(move || {
            let paths = listed.files();
            // The header was read a moment ago; a template that cannot be read now is only not shown.
            let template =
                has_template.then(|| read_chat_template(&listed.path, MAX_TEMPLATE_BYTES).ok().flatten()).flatten();
            (paths, template)
        })
        .await?;
        let mut file = file_view(model.clone());
        if file.licence.is_none() {
            file.licence = entry.as_ref().map(|entry| entry.licence.clone());
        }
        Ok(ModelFileDetail {
            file,
            paths: paths.iter().map(|path| path.display().to_string()).collect(),
            chat_template_bytes: model.gguf.as_ref().and_then(|info| info.chat_template_bytes),
            gguf: model.gguf.map(header_view),
            safetensors: model.safetensors.map(safetensors_view),
            chat_template,
            licence_url: entry.as_ref().and_then(|entry| entry.licence_url.clone()),
            catalog_id: entry.map(|entry| entry.id),
        })
    }
}

fn header_view(info: GgufInfo) -> GgufHeaderView {
    let most = |figure: Option<PerLayer>| figure.and_then(|figure| figure.max());
    GgufHeaderView {
        version: info.version,
        n_tensors: info.n_tensors,
        tensor_bytes: info.tensor_bytes,
        block_count: info.block_count,
        embedding_length: info.embedding_length,
        head_count: most(info.head_count),
        head_count_kv: most(info.head_count_kv),
        key_length: info.key_length,
        value_length: info.value_length,
        feed_forward_length: most(info.feed_forward_length),
        vocab_size: info.vocab_size,
        sliding_window: info.sliding_window,
        expert_count: info.expert_count,
        expert_used_count: info.expert_used_count,
        recurrent: info.recurrent,
        tokenizer_model: info.tokenizer_model,
        tokenizer_pre: info.tokenizer_pre,
    }
}

fn safetensors_view(info: SafetensorsInfo) -> SafetensorsView {
    SafetensorsView {
        model_type: info.model_type,
        encoder_layers: info.encoder_layers,
        decoder_layers: info.decoder_layers,
        vocab_size: info.vocab_size,
        n_tensors: info.n_tensors,
        n_files: info.n_files,
    }
}
