//! Configurations as they are found in the wild.

use brickwork_t5gemma_config::{Config, ConfigError};
use serde_json::{Value, json};

fn side() -> Value {
    json!({
        "hidden_size": 8, "intermediate_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4,
        "num_key_value_heads": 2, "head_dim": 4
    })
}

fn config() -> Value {
    json!({ "model_type": "t5gemma", "encoder": side(), "decoder": side() })
}

fn parse(change: impl Fn(&mut Value)) -> Result<Config, ConfigError> {
    let mut config = config();
    change(&mut config);
    Config::parse(config.to_string().as_bytes(), None)
}

#[test]
fn what_a_file_leaves_out_is_as_the_reference_has_it() {
    let config = parse(|_| ()).unwrap();
    let side = &config.decoder;
    assert_eq!((side.vocab_size, side.max_position_embeddings), (256_000, 8192));
    assert_eq!((side.layers[0].window, side.layers[1].window), (Some(4096), None));
    assert!(config.tie_word_embeddings);
    assert_eq!((config.bos_id, config.pad_id, &*config.eos_ids), (2, 0, &[1, 107][..]));
}

#[test]
fn the_output_table_has_the_rows_of_the_decoders_vocabulary() {
    let config = parse(|config| {
        config["tie_word_embeddings"] = false.into();
        config["vocab_size"] = 99.into();
        config["encoder"]["vocab_size"] = 50.into();
        config["decoder"]["vocab_size"] = 40.into();
    })
    .unwrap();
    assert_eq!(config.tensors().last().unwrap(), &("lm_head.out_proj.weight".to_owned(), vec![40, 8]));
    let config = parse(|config| {
        config["vocab_size"] = 99.into();
        config["encoder"]["vocab_size"] = 50.into();
    })
    .unwrap();
    assert_eq!(
        (config.encoder.vocab_size, config.decoder.vocab_size),
        (50, 99),
        "what a side leaves out is the model's"
    );
}

#[test]
fn older_and_newer_names_may_stand_beside_each_other() {
    let both = parse(|config| {
        config["encoder"]["hidden_activation"] = "gelu_pytorch_tanh".into();
        config["encoder"]["hidden_act"] = "gelu".into();
        config["decoder"]["rope_scaling"] = json!({ "rope_type": "default", "type": "linear" });
    });
    assert!(both.is_ok(), "{both:?}");
    for (what, change) in [
        ("'gelu'", &(|config: &mut Value| config["encoder"]["hidden_act"] = "gelu".into()) as &dyn Fn(&mut Value)),
        ("'linear'", &|config| config["decoder"]["rope_scaling"] = json!({ "type": "linear" })),
    ] {
        let error = parse(change).unwrap_err().to_string();
        assert!(error.contains(what), "{error}");
    }
}

#[test]
fn each_kind_of_layer_has_its_own_base() {
    let config = parse(|config| {
        config["encoder"]["rope_parameters"] = json!({
            "sliding_attention": { "rope_theta": 500.0, "rope_type": "default" },
            "full_attention": { "rope_theta": 9000.0, "rope_type": "default" }
        });
        config["decoder"]["rope_parameters"] = json!({ "rope_theta": 700.0 });
    })
    .unwrap();
    let bases = |side: &brickwork_t5gemma_config::SideConfig| -> Vec<f64> {
        side.layers.iter().map(|layer| layer.rope_theta).collect()
    };
    assert_eq!((bases(&config.encoder), bases(&config.decoder)), (vec![500.0, 9000.0], vec![700.0, 700.0]));
}

#[test]
fn end_tokens_are_gathered_from_wherever_they_are() {
    let with = |top: Value, side: Value, generation: Option<Value>| {
        let mut config = config();
        for (place, value) in [("eos_token_id", top), ("decoder", side)] {
            match place {
                "decoder" if !value.is_null() => config["decoder"]["eos_token_id"] = value,
                _ if !value.is_null() => config[place] = value,
                _ => {}
            }
        }
        let generation = generation.map(|ids| json!({ "eos_token_id": ids }).to_string());
        Config::parse(config.to_string().as_bytes(), generation.as_deref().map(str::as_bytes)).unwrap().eos_ids
    };
    assert_eq!(with(Value::Null, Value::Null, None), [1, 107]);
    assert_eq!(with(Value::Null, json!(7), None), [7], "only in a side");
    assert_eq!(with(json!([1, 8]), json!(7), Some(json!([1, 9]))), [1, 8, 9, 7]);
}
