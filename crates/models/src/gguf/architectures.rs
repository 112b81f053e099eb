//! The architectures that the inference library knows, and which of them can write text.
//!
//! Names from `LLM_ARCH_NAMES` in `llama-arch.cpp`, as of the llama.cpp that `llama-cpp-sys-2` 0.1.161 carries; a test
//! compares the list with that file, so that an update of the library is noticed here.

use super::fault::GgufFault;

/// The architectures that have a name in the inference library, sorted. Not every one of them writes text.
#[rustfmt::skip]
pub const ARCHITECTURES: &[&str] = &[
    "afmoe", "apertus", "arcee", "arctic", "arwkv7", "baichuan", "bailingmoe", "bailingmoe2", "bailingmoe3", "bert",
    "bitnet", "bloom", "chameleon", "chatglm", "clef", "clip", "codeshell", "cogvlm", "cohere2", "cohere2moe",
    "command-r", "dbrx", "deci", "deepseek", "deepseek2", "deepseek2-ocr", "deepseek32", "deepseek4", "dflash",
    "dots1", "dots3note", "dream", "eagle3", "ernie4_5", "ernie4_5-moe", "eurobert", "exaone", "exaone-moe",
    "exaone4", "falcon", "falcon-h1", "gemma", "gemma-embedding", "gemma2", "gemma3", "gemma3n", "gemma4",
    "gemma4-assistant", "glm-dsa", "glm4", "glm4moe", "glm5-next", "gpt-oss", "gpt2", "gptj", "gptneox", "granite",
    "granite_swa", "granitehybrid", "granitemoe", "graniteswitch", "grok", "grovemoe", "hrm_text", "hunyuan-dense",
    "hunyuan-moe", "hunyuan_vl", "hy_v3", "hy_v4", "internlm2", "jais", "jais2", "jamba", "jina-bert-v2",
    "jina-bert-v3", "kimi-k3", "kimi-linear", "laguna", "lfm2", "lfm2moe", "llada", "llada-moe", "llama",
    "llama-embed", "llama4", "maincoder", "mamba", "mamba2", "maple", "mellum", "mimo2", "minicpm", "minicpm3",
    "minimax-01", "minimax-m2", "minimax-m3", "mistral3", "mistral4", "modern-bert", "mpt", "muse-glimmer",
    "nanbeige", "nemotron", "nemotron_h", "nemotron_h_moe", "neo-bert", "nomic-bert", "nomic-bert-moe", "olmo",
    "olmo2", "olmoe", "openelm", "orion", "paddleocr", "pangu-embedded", "phi2", "phi3", "phimoe", "plamo", "plamo2",
    "plamo3", "plm", "pockettts", "qwen", "qwen2", "qwen2moe", "qwen2vl", "qwen3", "qwen35", "qwen35moe", "qwen3moe",
    "qwen3next", "qwen3tts", "qwen3vl", "qwen3vlmoe", "qwen4exp", "refact", "rnd1", "rwkv6", "rwkv6qwen2", "rwkv7",
    "seed_oss", "smallthinker", "smollm3", "spark2_5", "stablelm", "starcoder", "starcoder2", "step35", "t5",
    "t5encoder", "talkie", "wavtokenizer-dec", "xverse",
];

/// The architecture that the worker runs by itself, from files that this program converted.
pub const T5GEMMA: &str = "t5gemma";

/// Architectures that have a name there, and no code that loads them (`llama-model.cpp`).
const NAMES_ONLY: &[&str] = &["gptj"];

/// Architectures that only read text: their output are embeddings.
const ENCODERS: &[&str] = &[
    "bert",
    "eurobert",
    "gemma-embedding",
    "jina-bert-v2",
    "jina-bert-v3",
    "llama-embed",
    "modern-bert",
    "neo-bert",
    "nomic-bert",
    "nomic-bert-moe",
    "t5encoder",
];

/// Architectures that encode the prompt first and decode with that; the worker decodes only.
const ENCODER_DECODERS: &[&str] = &["t5"];

/// Architectures that fill in a whole text at once instead of writing one token after another
/// (`llm_arch_is_diffusion`).
const DIFFUSION: &[&str] = &["dream", "llada", "llada-moe", "rnd1"];

/// Architectures that are no language models at all, or only a part of one.
const PARTS: &[(&str, &str)] = &[
    ("clef", "a model that rates texts and writes none"),
    ("clip", "a projector of images, which belongs to a model and is none itself"),
    ("dflash", "a drafting head, which belongs to a model and is none itself"),
    ("eagle3", "a drafting head, which belongs to a model and is none itself"),
    ("gemma4-assistant", "a drafting model, which belongs to a larger model and does not run on its own"),
    ("pockettts", "a model of speech, which writes no text"),
    ("qwen3tts", "a model of speech, which writes no text"),
    ("wavtokenizer-dec", "a decoder of sound, which writes no text"),
];

/// Architectures whose layers, all or some, keep a state of fixed size instead of keys and values
/// (`llm_arch_is_recurrent`, `llm_arch_is_hybrid`).
const RECURRENT: &[&str] = &[
    "arwkv7",
    "bailingmoe3",
    "deepseek4",
    "falcon-h1",
    "glm5-next",
    "granitehybrid",
    "jamba",
    "kimi-k3",
    "kimi-linear",
    "lfm2",
    "lfm2moe",
    "mamba",
    "mamba2",
    "minimax-01",
    "nemotron_h",
    "nemotron_h_moe",
    "plamo2",
    "qwen35",
    "qwen35moe",
    "qwen3next",
    "qwen4exp",
    "rwkv6",
    "rwkv6qwen2",
    "rwkv7",
];

/// Whether a model of this architecture keeps a recurrent state in some of its layers.
pub(super) fn is_recurrent(architecture: &str) -> bool {
    RECURRENT.contains(&architecture)
}

/// Refuses what is no model that writes text: `kind` is `general.type` where the file has it, `pooling` the
/// architecture's `pooling_type`.
pub(super) fn check(architecture: &str, kind: Option<&str>, pooling: Option<u64>) -> Result<(), GgufFault> {
    check_kind(kind)?;
    let not_a_model = |what| Err(GgufFault::NotAModel { what });
    if let Some((_, what)) = PARTS.iter().find(|(name, _)| *name == architecture) {
        return not_a_model(what);
    }
    // Pooling type 0 is none (`enum llama_pooling_type` in `llama.h`).
    if ENCODERS.contains(&architecture) || pooling.is_some_and(|pooling| pooling > 0) {
        return not_a_model("a model for embeddings, which reads text and writes none");
    }
    if ENCODER_DECODERS.contains(&architecture) {
        return not_a_model("an encoder-decoder model, which this program does not run from a GGUF file");
    }
    if DIFFUSION.contains(&architecture) {
        return not_a_model("a diffusion model, which does not write one token after another");
    }
    if NAMES_ONLY.contains(&architecture) || ARCHITECTURES.binary_search(&architecture).is_err() {
        return Err(GgufFault::UnknownArchitecture(architecture.chars().take(100).collect()));
    }
    Ok(())
}

/// Refuses what `general.type` says is no model.
pub(super) fn check_kind(kind: Option<&str>) -> Result<(), GgufFault> {
    let what = match kind {
        Some("adapter") => "an adapter (LoRA), which belongs to a model and is none itself",
        Some("imatrix") => "an importance matrix, which belongs to a model and is none itself",
        Some("mmproj") => "a projector of images, which belongs to a model and is none itself",
        _ => return Ok(()),
    };
    Err(GgufFault::NotAModel { what })
}
