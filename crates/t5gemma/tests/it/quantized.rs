//! The converted form.

use std::path::Path;

use brickwork_t5gemma::{
    Batch, Device, ModelFiles, Network, Quantization, T5Gemma, T5GemmaError, Vocabulary, quantize, quantized_path,
};

use crate::fixture::{Fixture, encode, folder, ids, list, numbers, rows};
use crate::models::{Side, Spec};
use crate::shapes::load;

/// What attention makes of a model this small: its sums come in another order for one query than for many, and a vector that is
/// rounded to 8 bits afterwards may round the other way. The products themselves are the same.
const SAME: f64 = 0.02;

fn convert(from: &Path, to: &Path, kind: Quantization) {
    let mut parts = Vec::new();
    let done = quantize(from, to, kind, &mut |part| {
        parts.push(part);
        true
    })
    .unwrap();
    assert!(parts.is_sorted() && parts.last().is_some_and(|part| *part > 0.999), "{parts:?}");
    assert_eq!(done.size_bytes, std::fs::metadata(to).unwrap().len());
}

/// The root of the mean square of the difference, as part of that of the expected numbers.
fn relative(found: &[f32], expected: &[f64]) -> f64 {
    let difference: f64 = found.iter().zip(expected).map(|(a, b)| (f64::from(*a) - b).powi(2)).sum();
    (difference / expected.iter().map(|x| x * x).sum::<f64>()).sqrt()
}

#[test]
fn eight_bits_give_nearly_what_the_reference_gives_with_eight_bits() {
    let fixture = Fixture::load();
    let folder_of_output = tempfile::tempdir().unwrap();
    let to = folder_of_output.path().join("tiny-Q8_0.gguf");
    convert(&folder(), &to, Quantization::Q8_0);
    let model = T5Gemma::load(&to, &Device::Cpu, &mut |_| true).unwrap();
    let network = model.network();
    for expected in list(&fixture.reference["q8_0"]["cases"]) {
        let case = fixture.case(expected["name"].as_str().unwrap());
        let encoded = encode(network, &ids(&case["encoder_input_ids"]));
        let found = relative(rows(encoded.hidden()).last().unwrap(), &numbers(&expected["encoder_last_row"]));
        let bound = expected["hidden_rel_rms_to_f32"].as_f64().unwrap();
        // The reference rounds projections alone; embeddings and activations are rounded here as well.
        assert!(found < 2.0 * bound, "{}: hidden states are off by {found}, the reference by {bound}", case["name"]);
        let mut session = network.begin(&encoded).unwrap();
        let hidden = network.advance(&mut session, &[&ids(&case["decoder_input_ids"])], None).unwrap();
        let logits = network.last_logits(&hidden).unwrap();
        let found = relative(&logits[0], &numbers(&expected["last_position_logits"]));
        let bound = expected["logits_rel_rms_to_f32"].as_f64().unwrap();
        assert!(found < 2.0 * bound, "{}: logits are off by {found}, the reference by {bound}", case["name"]);
    }
    let files = ModelFiles::open(&to).unwrap();
    let whole = ModelFiles::open(&folder()).unwrap();
    assert_eq!(files.n_params(), whole.n_params());
    assert!(files.memory_bytes() * 3 < whole.memory_bytes(), "{} of {}", files.memory_bytes(), whole.memory_bytes());
    assert_eq!(files.config(), whole.config());
    assert_eq!(model.vocabulary().end_ids(), [1, 107]);
}

#[test]
fn all_widths_and_both_types_are_near_the_whole_model() {
    let wide = Side { hidden: 256, inner: 512, heads: 4, kv_heads: 2, head_dim: 64, vocab: 90, ..Side::small() };
    for (what, spec, kind, bound) in [
        ("Q8_0", Spec { encoder: wide.clone(), decoder: wide.clone(), ..Spec::small() }, Quantization::Q8_0, 0.05),
        (
            "Q4_K",
            Spec { encoder: wide.clone(), decoder: wide.clone(), is_tied: false, ..Spec::small() },
            Quantization::Q4K,
            0.5,
        ),
        ("mixed widths", Spec { decoder: wide, has_bias: true, ..Spec::small() }, Quantization::Q4K, 0.5),
        ("no blocks", Spec::small(), Quantization::Q8_0, 1e-5),
    ] {
        let place = tempfile::tempdir().unwrap();
        spec.write(place.path(), &spec.tensors());
        let to = quantized_path(place.path(), kind);
        convert(place.path(), &to, kind);
        let (whole, small) = (load(place.path()), load(&to));
        let logits = |network: &Network| {
            let encoded = encode(network, &[3, 9, 27, 50, 11, 4]);
            let hidden = network.advance(&mut network.begin(&encoded).unwrap(), &[&[2, 40, 41]], None).unwrap();
            network.last_logits(&hidden).unwrap().remove(0)
        };
        let expected: Vec<f64> = logits(&whole).iter().map(|x| f64::from(*x)).collect();
        let found = relative(&logits(&small), &expected);
        assert!(found < bound, "{what}: off by {found}");
    }
}

/// Blocks are multiplied with single vectors in one way and with many in another, whose products are the same.
#[test]
fn blocks_give_the_same_token_after_token_and_all_at_once_alone_and_in_a_batch() {
    let wide = Side { hidden: 256, inner: 768, heads: 4, kv_heads: 2, head_dim: 64, vocab: 90, ..Side::small() };
    let spec = Spec { encoder: wide.clone(), decoder: wide, is_tied: false, ..Spec::small() };
    let place = tempfile::tempdir().unwrap();
    spec.write(place.path(), &spec.tensors());
    for kind in [Quantization::Q8_0, Quantization::Q4K] {
        let to = quantized_path(place.path(), kind);
        convert(place.path(), &to, kind);
        let network = load(&to);
        let check = |found: &[f32], expected: &[f32], what: &str| {
            let expected: Vec<f64> = expected.iter().map(|x| f64::from(*x)).collect();
            let off = relative(found, &expected);
            assert!(off < SAME, "{kind:?}, {what}: off by {off}");
        };
        for n in [1, 2, 8, 9, 33] {
            let ids = |seed: u32| -> Vec<u32> { (0..n).map(|at| (at * 37 + seed * 11) % 90).collect() };
            let (source, other, output) = (ids(1), ids(2), ids(3));
            let alone = encode(&network, &source);
            let filled = vec![true; source.len()];
            let batch = Batch::padded(&[&other, &source], &[&filled, &filled], &Device::Cpu).unwrap();
            let both = network.encode(&batch, &mut |_, _| true, None).unwrap();
            let (expected, found) = (rows(alone.hidden()), rows(&both.hidden().get(1).unwrap()));
            check(&found.concat(), &expected.concat(), &format!("{n} tokens in a batch"));
            let hidden = network.advance(&mut network.begin(&alone).unwrap(), &[&output], None).unwrap();
            let expected = network.last_logits(&hidden).unwrap();
            let mut session = network.begin(&alone).unwrap();
            let mut found = Vec::new();
            for id in &output {
                let hidden = network.advance(&mut session, &[&[*id]], None).unwrap();
                found = network.last_logits(&hidden).unwrap();
            }
            check(&found[0], &expected[0], &format!("token {n}"));
        }
    }
}

#[test]
fn a_conversion_that_was_stopped_goes_on_and_ends_in_the_same_file() {
    let place = tempfile::tempdir().unwrap();
    let spec = Spec::small();
    spec.write(place.path(), &spec.tensors());
    let (whole, to) = (place.path().join("whole.gguf"), place.path().join("model-Q8_0.gguf"));
    convert(place.path(), &whole, Quantization::Q8_0);
    let outcome = quantize(place.path(), &to, Quantization::Q8_0, &mut |part| part < 0.6);
    assert!(matches!(outcome, Err(T5GemmaError::Cancelled)));
    assert!(!to.exists(), "a file that is not whole has no name");
    let part = place.path().join(".model-Q8_0.gguf.part");
    // Half a tensor is no tensor.
    let half = std::fs::metadata(&part).unwrap().len() - 5;
    std::fs::File::options().write(true).open(&part).unwrap().set_len(half).unwrap();
    let done = quantize(place.path(), &to, Quantization::Q8_0, &mut |_| true).unwrap();
    assert!(done.n_resumed > 0 && !part.exists());
    assert_eq!(std::fs::read(&to).unwrap(), std::fs::read(&whole).unwrap());

    // What is there already is left as it is; another source is converted anew.
    let again = quantize(place.path(), &to, Quantization::Q8_0, &mut |_| true).unwrap();
    assert_eq!(again.size_bytes, done.size_bytes);
    let other = Spec { seed: 2, ..Spec::small() };
    other.write(place.path(), &other.tensors());
    let anew = quantize(place.path(), &to, Quantization::Q8_0, &mut |_| true).unwrap();
    assert_eq!(anew.n_resumed, 0);
    assert_ne!(std::fs::read(&to).unwrap(), std::fs::read(&whole).unwrap());
}

#[test]
fn the_file_names_the_checksums_of_its_source() {
    let place = tempfile::tempdir().unwrap();
    let to = place.path().join("x.gguf");
    convert(&folder(), &to, Quantization::Q8_0);
    let start = std::fs::read(&to).unwrap();
    let text = String::from_utf8_lossy(&start[..4096]);
    assert!(text.contains("t5gemma.source_sha256_json") && text.contains("\"model.safetensors\":\""));
    assert_eq!(
        quantized_path(Path::new("/m/t5gemma-s-s"), Quantization::Q4K),
        Path::new("/m/t5gemma-s-s/t5gemma-s-s-Q4_K.gguf")
    );
    for (name, kind) in [("q8_0", Some(Quantization::Q8_0)), ("Q4_K", Some(Quantization::Q4K)), ("q5", None)] {
        assert_eq!(Quantization::from_name(name), kind);
    }
}

#[test]
fn a_tokenizer_of_the_size_of_gemmas_travels_with_the_file() {
    let place = tempfile::tempdir().unwrap();
    let spec = Spec::small();
    spec.write(place.path(), &spec.tensors());
    let path = place.path().join("tokenizer.json");
    let mut tokenizer: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let words = tokenizer["model"]["vocab"].as_object_mut().unwrap();
    for number in words.len()..words.len() + 17_000 {
        words.insert(format!("{number:-<2100}"), number.into());
    }
    crate::models::write_json(&path, &tokenizer);
    let size = std::fs::metadata(&path).unwrap().len();
    assert!(size > 34 << 20, "{size}");
    let to = place.path().join("x-Q8_0.gguf");
    convert(place.path(), &to, Quantization::Q8_0);
    assert!(std::fs::metadata(&to).unwrap().len() > size);
    let [from_folder, from_file] = [place.path(), &to].map(|path| {
        let vocabulary = Vocabulary::load(&ModelFiles::open(path).unwrap()).unwrap();
        vocabulary.tokenizer().encode("Explain the error in main.rs, then fix it.").unwrap()
    });
    assert_eq!(from_folder, from_file);
    let model = T5Gemma::load(&to, &Device::Cpu, &mut |_| true).unwrap();
    assert!(model.vocabulary().tokenizer().id(&format!("{:-<2100}", 600)).is_some());
}

#[test]
fn damaged_and_foreign_files_are_refused() {
    let place = tempfile::tempdir().unwrap();
    let to = place.path().join("x.gguf");
    convert(&folder(), &to, Quantization::Q8_0);
    let whole = std::fs::read(&to).unwrap();
    let check = |bytes: &[u8], kind: &str| {
        let path = place.path().join("spoiled.gguf");
        std::fs::write(&path, bytes).unwrap();
        let error = ModelFiles::open(&path).unwrap_err();
        assert!(format!("{error:?}").starts_with(kind), "{error:?}");
        assert!(error.to_string().contains("spoiled.gguf"), "{error}");
    };
    check(&[], "Damaged");
    check(b"GGUF", "Damaged");
    check(&whole[..1000], "Damaged");
    check(&whole[..whole.len() - 64], "Tensor");
    let mut spoiled = whole.clone();
    spoiled[8..16].fill(0xFF);
    check(&spoiled, "Damaged");
    let mut spoiled = whole.clone();
    spoiled[4] = 9;
    check(&spoiled, "Damaged");
    let at = whole.windows(7).position(|window| window == b"t5gemma").unwrap();
    let mut spoiled = whole.clone();
    spoiled[at..at + 7].copy_from_slice(b"gemma33");
    check(&spoiled, "Config");
    let again = quantize(&to, &place.path().join("y.gguf"), Quantization::Q8_0, &mut |_| true);
    assert!(matches!(again, Err(T5GemmaError::BadRequest(_))));
}
