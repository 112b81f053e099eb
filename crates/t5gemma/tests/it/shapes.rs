//! Models of other shapes than the fixture's, against the formulas, and what must hold for every shape.

use brickwork_t5gemma::{Batch, Device, ModelFiles, Network, T5GemmaError};
use proptest::prelude::*;

use crate::fixture::{assert_near, encode, rows};
use crate::models::{Random, Side, Spec, Tensors, rounded, write_json};
use crate::naive::Naive;

/// Loads a folder, or a file that one was converted into.
pub(crate) fn load(path: &std::path::Path) -> Network {
    let files = ModelFiles::open(path).unwrap();
    // What the worker loads must have been let through before, with the same figures.
    let seen = brickwork_models::loaded_header_of(path).unwrap();
    assert_eq!((seen.n_params, seen.tensor_bytes), (Some(files.n_params()), files.memory_bytes()));
    assert!(seen.t5gemma.is_some_and(|figures| figures.source_tokens == files.config().source_limit() as u64));
    assert_eq!(seen.has_chat_template, files.is_instruction_tuned());
    Network::load(&files, &Device::Cpu, &mut |_| true).unwrap()
}

pub(crate) fn network(spec: &Spec, tensors: &Tensors) -> Network {
    let folder = tempfile::tempdir().unwrap();
    spec.write(folder.path(), tensors);
    load(folder.path())
}

/// Compares encoder rows and logits, all at once and token after token.
fn check(what: &str, spec: &Spec, tensors: &Tensors, network: &Network, n_source: usize, n_output: usize) {
    let mut random = Random(spec.seed + 99);
    let (source, output) = (random.ids(n_source, spec.encoder.vocab), random.ids(n_output, spec.decoder.vocab));
    let naive = Naive { spec, tensors };
    let expected = naive.encode(&source);
    let encoded = encode(network, &source);
    for (row, (found, expected)) in rows(encoded.hidden()).iter().zip(&expected).enumerate() {
        assert_near(found, expected, 1e-4, &format!("{what}: encoder row {row}"));
    }
    let expected = naive.decode(&expected, &output);
    let hidden = network.advance(&mut network.begin(&encoded).unwrap(), &[&output], None).unwrap();
    for (row, (found, expected)) in rows(&network.logits(&hidden).unwrap()).iter().zip(&expected).enumerate() {
        assert_near(found, expected, 3e-4, &format!("{what}: logits at {row}"));
    }
    let mut session = network.begin(&encoded).unwrap();
    for (position, id) in output.iter().enumerate() {
        let hidden = network.advance(&mut session, &[&[*id]], None).unwrap();
        let found = &network.last_logits(&hidden).unwrap()[0];
        assert_near(found, &expected[position], 3e-4, &format!("{what}: cached logits at {position}"));
    }
}

#[test]
fn all_shapes_within_the_specification_are_computed_by_the_formulas() {
    let side = Side::small;
    let small = Spec::small;
    let cases: Vec<(&str, Spec)> = vec![
        ("small", small()),
        ("untied", Spec { is_tied: false, ..small() }),
        ("biases", Spec { has_bias: true, ..small() }),
        ("one head", Spec { encoder: Side { heads: 1, kv_heads: 1, ..side() }, ..small() }),
        ("every head its own keys", Spec { decoder: Side { heads: 3, kv_heads: 3, head_dim: 8, ..side() }, ..small() }),
        ("one key head", Spec { encoder: Side { heads: 6, kv_heads: 1, head_dim: 4, ..side() }, ..small() }),
        (
            "sides of different widths",
            Spec {
                decoder: Side { hidden: 36, inner: 20, heads: 2, kv_heads: 1, head_dim: 16, vocab: 77, ..side() },
                ..small()
            },
        ),
        (
            "windows of one",
            Spec { encoder: Side { window: 1, ..side() }, decoder: Side { window: 1, ..side() }, ..small() },
        ),
        ("windows longer than the text", Spec { encoder: Side { window: 400, ..side() }, ..small() }),
        (
            "no caps",
            Spec {
                encoder: Side { cap: None, final_cap: None, ..side() },
                decoder: Side { cap: None, final_cap: None, ..side() },
                ..small()
            },
        ),
        (
            "tight caps",
            Spec {
                encoder: Side { cap: Some(0.7), ..side() },
                decoder: Side { cap: Some(1.5), final_cap: Some(2.0), ..side() },
                ..small()
            },
        ),
        (
            "other bases",
            Spec {
                encoder: Side { theta: 500.0, ..side() },
                decoder: Side { theta: 1_000_000.0, ..side() },
                ..small()
            },
        ),
        (
            "a base for each kind of layer",
            Spec {
                encoder: Side { full_theta: Some(90.0), ..side() },
                decoder: Side { theta: 300.0, full_theta: Some(40_000.0), ..side() },
                ..small()
            },
        ),
        (
            "untied, with vocabularies of their own",
            Spec {
                encoder: Side { vocab: 43, ..side() },
                decoder: Side { vocab: 77, hidden: 36, ..side() },
                is_tied: false,
                top_vocab: Some(999),
                ..small()
            },
        ),
        ("full layers only", Spec { encoder: Side { slides: vec![false; 3], ..side() }, ..small() }),
        ("sliding layers only", Spec { decoder: Side { slides: vec![true; 3], ..side() }, ..small() }),
        (
            "more decoder layers",
            Spec { decoder: Side { slides: vec![false, true, true, false, true], ..side() }, ..small() },
        ),
        ("large eps", Spec { encoder: Side { eps: 0.1, ..side() }, decoder: Side { eps: 0.3, ..side() }, ..small() }),
        (
            "odd widths",
            Spec {
                encoder: Side {
                    hidden: 19,
                    inner: 33,
                    heads: 3,
                    kv_heads: 3,
                    head_dim: 6,
                    scalar: 7.5,
                    vocab: 43,
                    ..side()
                },
                ..small()
            },
        ),
    ];
    for (number, (what, mut spec)) in cases.into_iter().enumerate() {
        spec.seed = number as u64;
        let tensors = spec.tensors();
        check(what, &spec, &tensors, &network(&spec, &tensors), 23, 17);
    }
}

#[test]
fn a_file_may_mix_its_types() {
    let spec = Spec::small();
    let mut tensors = spec.tensors();
    let type_of = |name: &str| ["F32", "F16", "BF16"][name.len() % 3];
    for (name, (_, numbers)) in &mut tensors.by_name {
        numbers.iter_mut().for_each(|number| *number = rounded(*number, type_of(name)));
    }
    let folder = tempfile::tempdir().unwrap();
    spec.write(folder.path(), &tensors);
    std::fs::write(folder.path().join("model.safetensors"), tensors.file_of(type_of, |_| true)).unwrap();
    check("mixed", &spec, &tensors, &load(folder.path()), 9, 5);
}

#[test]
fn files_of_16_bits_and_shards_hold_the_same_model() {
    for dtype in ["F32", "F16", "BF16"] {
        let spec = Spec::small();
        let tensors = spec.tensors().rounded(dtype);
        let folder = tempfile::tempdir().unwrap();
        spec.write(folder.path(), &tensors);
        let single = folder.path().join("model.safetensors");
        std::fs::write(&single, tensors.file(dtype, |_| true)).unwrap();
        check(dtype, &spec, &tensors, &load(folder.path()), 9, 5);

        std::fs::remove_file(&single).unwrap();
        let is_first = |name: &str| name.contains("encoder");
        let mut map = serde_json::Map::new();
        for (file, wanted) in [("model-00001-of-00002.safetensors", true), ("model-00002-of-00002.safetensors", false)]
        {
            // A tensor that stands in both is the one of the file that the index names.
            let is_in = |name: &str| is_first(name) == wanted || name == "model.encoder.norm.weight";
            std::fs::write(folder.path().join(file), tensors.file(dtype, is_in)).unwrap();
            let names = tensors.by_name.keys().filter(|name| is_first(name) == wanted);
            map.extend(names.map(|name| (name.clone(), file.into())));
        }
        let index = serde_json::json!({"metadata": {"total_size": 1}, "weight_map": map});
        write_json(&folder.path().join("model.safetensors.index.json"), &index);
        check(dtype, &spec, &tensors, &load(folder.path()), 9, 5);
    }
}

#[test]
fn configurations_are_read_however_they_are_spelled() {
    let mut spec = Spec::small();
    spec.encoder.theta = 777.0;
    spec.encoder.slides = vec![true, false, true];
    let tensors = spec.tensors();
    let check_with = |what: &str, change: &dyn Fn(&mut serde_json::Value)| {
        let folder = tempfile::tempdir().unwrap();
        spec.write(folder.path(), &tensors);
        let mut config = spec.config();
        change(&mut config);
        write_json(&folder.path().join("config.json"), &config);
        check(what, &spec, &tensors, &load(folder.path()), 12, 7);
    };
    let encoder = |config: &mut serde_json::Value, key: &str, value: Option<serde_json::Value>| {
        let side = config["encoder"].as_object_mut().unwrap();
        match value {
            Some(value) => side.insert(key.to_owned(), value),
            None => side.remove(key),
        };
    };
    check_with("older names beside newer ones", &|config| {
        encoder(config, "hidden_act", Some("gelu".into()));
        encoder(config, "rope_scaling", Some(serde_json::json!({"rope_type": "default", "type": "default"})));
    });
    check_with("no end token", &|config| drop(config.as_object_mut().unwrap().remove("eos_token_id")));
    check_with("the vocabulary of the model", &|config| {
        config["vocab_size"] = 61.into();
        encoder(config, "vocab_size", None);
    });
    check_with("one end token", &|config| config["eos_token_id"] = 1.into());
    check_with("no tie", &|config| drop(config.as_object_mut().unwrap().remove("tie_word_embeddings")));
    check_with("no kinds of layers", &|config| encoder(config, "layer_types", None));
    check_with("rope_parameters", &|config| {
        encoder(config, "rope_theta", None);
        encoder(config, "rope_parameters", Some(serde_json::json!({"rope_theta": 777.0, "rope_type": "default"})));
    });
    check_with("rope_parameters for each kind", &|config| {
        encoder(config, "rope_theta", None);
        let one = serde_json::json!({"rope_theta": 777.0});
        let both = serde_json::json!({"full_attention": one, "sliding_attention": one});
        encoder(config, "rope_parameters", Some(both));
    });
}

#[test]
fn attention_in_blocks_is_attention_as_a_whole() {
    let spec = Spec { encoder: Side { slides: vec![true, false, true], window: 7, ..Side::small() }, ..Spec::small() };
    let mut network = network(&spec, &spec.tensors());
    let mut random = Random(5);
    let (source, output) = (random.ids(61, 61), random.ids(20, 61));
    let mut found = Vec::new();
    for block in [None, Some(1), Some(3), Some(16), Some(60), Some(61), Some(1000)] {
        network.set_attention_block(block);
        let encoded = encode(&network, &source);
        let hidden = network.advance(&mut network.begin(&encoded).unwrap(), &[&output], None).unwrap();
        found.push((block, rows(encoded.hidden()), rows(&hidden)));
    }
    for (block, encoded, hidden) in &found[1..] {
        for (found, expected) in encoded.iter().chain(hidden).zip(found[0].1.iter().chain(&found[0].2)) {
            let expected: Vec<f64> = expected.iter().map(|x| f64::from(*x)).collect();
            assert_near(found, &expected, 1e-5, &format!("{block:?}"));
        }
    }
}

#[test]
fn a_long_output_stays_right_beyond_the_window() {
    let spec = Spec { decoder: Side { window: 6, slides: vec![true, true, false], ..Side::small() }, ..Spec::small() };
    let tensors = spec.tensors();
    check("long output", &spec, &tensors, &network(&spec, &tensors), 10, 300);
}

#[test]
fn encoding_reports_every_layer_and_stops_when_told() {
    let spec = Spec { encoder: Side { slides: vec![true, false, true], ..Side::small() }, ..Spec::small() };
    let network = network(&spec, &spec.tensors());
    let source = Batch::single(&[5, 6, 7], &Device::Cpu).unwrap();
    let mut seen = Vec::new();
    network
        .encode(
            &source,
            &mut |done, of| {
                seen.push((done, of));
                true
            },
            None,
        )
        .unwrap();
    assert_eq!(seen, [(0, 3), (1, 3), (2, 3), (3, 3)]);
    for stop in 0..=3 {
        let mut last = 0;
        let outcome = network.encode(
            &source,
            &mut |done, _| {
                last = done;
                done < stop
            },
            None,
        );
        assert!(matches!(outcome, Err(T5GemmaError::Cancelled)), "{stop}");
        assert_eq!(last, stop);
    }
}

#[test]
fn sources_and_tokens_that_do_not_fit_are_refused() {
    let network = network(&Spec::small(), &Spec::small().tensors());
    let long = Batch::single(&vec![3; 513], &Device::Cpu).unwrap();
    let outcome = network.encode(&long, &mut |_, _| true, None);
    assert!(matches!(outcome, Err(T5GemmaError::SourceTooLong { n_tokens: 513, limit: 512 })));
    network.encode(&Batch::single(&vec![3; 512], &Device::Cpu).unwrap(), &mut |_, _| true, None).unwrap();
    let outcome = network.encode(&Batch::single(&[61], &Device::Cpu).unwrap(), &mut |_, _| true, None);
    assert!(matches!(outcome, Err(T5GemmaError::UnknownToken { id: 61, vocab_size: 61 })));
    assert!(matches!(Batch::single(&[], &Device::Cpu), Err(T5GemmaError::EmptyPrompt)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn a_batch_gives_what_each_text_gives_alone(lengths in prop::collection::vec(1_usize..30, 1..4), at_start: bool, seed in 0_u64..99) {
        let spec = Spec { seed, ..Spec::small() };
        let network = network(&spec, &spec.tensors());
        let mut random = Random(seed);
        let longest = *lengths.iter().max().unwrap();
        let texts: Vec<Vec<u32>> = lengths.iter().map(|n| random.ids(*n, 61)).collect();
        let fill = |text: &[u32]| {
            let gap = vec![0; longest - text.len()];
            if at_start { [&gap, text].concat() } else { [text, &gap].concat() }
        };
        let filled: Vec<Vec<u32>> = texts.iter().map(|text| fill(text)).collect();
        let real: Vec<Vec<bool>> =
            texts.iter().map(|text| fill(&vec![1; text.len()]).iter().map(|bit| *bit == 1).collect()).collect();
        let batch = Batch::padded(
            &filled.iter().map(Vec::as_slice).collect::<Vec<_>>(),
            &real.iter().map(Vec::as_slice).collect::<Vec<_>>(),
            &Device::Cpu,
        ).unwrap();
        let together = network.encode(&batch, &mut |_, _| true, None).unwrap();
        let output = random.ids(9, 61);
        let inputs: Vec<&[u32]> = texts.iter().map(|_| output.as_slice()).collect();
        let hidden = network.advance(&mut network.begin(&together).unwrap(), &inputs, None).unwrap();
        let logits = network.last_logits(&hidden).unwrap();
        for (number, text) in texts.iter().enumerate() {
            let alone = encode(&network, text);
            let hidden = network.advance(&mut network.begin(&alone).unwrap(), &[&output], None).unwrap();
            let expected: Vec<f64> = network.last_logits(&hidden).unwrap()[0].iter().map(|x| f64::from(*x)).collect();
            assert_near(&logits[number], &expected, 5e-5, "logits");
        }
    }
}
