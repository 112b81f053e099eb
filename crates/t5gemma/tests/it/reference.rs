//! Every value of `reference.json`.

use brickwork_t5gemma::{Batch, Device, Network, Tensor};

use crate::fixture::{Fixture, HIDDEN, LOGITS, assert_near, encode, ids, list, numbers, reference, rows, tokenizer};

#[test]
fn texts_become_the_same_tokens_and_back() {
    let (tokenizer, reference) = (tokenizer(), reference());
    for case in list(&reference["tokenizer_cases"]) {
        let text = case["text"].as_str().unwrap();
        let found = tokenizer.encode_markup(text).unwrap();
        assert_eq!(found, ids(&case["ids"]), "{text:?}");
        let with_start: Vec<u32> = [2].into_iter().chain(found.clone()).collect();
        // The reference puts no start token before text that begins with a control token of its own.
        assert!(ids(&case["ids_with_special"]).ends_with(&found), "{text:?}");
        assert_eq!(tokenizer.decode(&with_start).unwrap(), case["decoded"].as_str().unwrap(), "{text:?}");
    }
}

#[test]
fn every_layer_gives_what_the_trace_says() {
    let fixture = Fixture::load();
    let trace = &fixture.reference["trace"];
    let case = fixture.case(trace["case"].as_str().unwrap());
    let check = |side: &str, seen: &[(String, Tensor)]| {
        let steps = list(&trace[side]);
        assert_eq!(seen.len(), steps.len(), "{side}");
        for ((name, value), step) in seen.iter().zip(steps) {
            assert_eq!(name, step["after"].as_str().unwrap(), "{side}");
            let what = format!("{side} after {name}");
            let rows = rows(value);
            let last = rows.last().unwrap();
            assert_near(&last[..8], &numbers(&step["head"]), HIDDEN, &what);
            let l2 = rows.iter().flatten().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
            let expected = step["l2"].as_f64().unwrap();
            assert!((l2 - expected).abs() <= 1e-5 * expected, "{what}: length {l2}, expected {expected}");
        }
    };
    let mut seen = Vec::new();
    let source = Batch::single(&ids(&case["encoder_input_ids"]), &Device::Cpu).unwrap();
    let mut observe = |name: &str, value: &Tensor| seen.push((name.to_owned(), value.clone()));
    let encoded = fixture.network.encode(&source, &mut |_, _| true, Some(&mut observe)).unwrap();
    check("encoder", &seen);
    let mut seen = Vec::new();
    let mut observe = |name: &str, value: &Tensor| seen.push((name.to_owned(), value.clone()));
    let mut session = fixture.network.begin(&encoded).unwrap();
    fixture.network.advance(&mut session, &[&ids(&case["decoder_input_ids"])], Some(&mut observe)).unwrap();
    check("decoder", &seen);
}

#[test]
fn hidden_states_and_logits_are_those_of_the_reference() {
    let fixture = Fixture::load();
    for case in list(&fixture.reference["cases"]) {
        let name = case["name"].as_str().unwrap();
        let source = ids(&case["encoder_input_ids"]);
        assert_eq!(fixture.tokenizer.encode_markup(case["text"].as_str().unwrap()).unwrap(), source, "{name}");
        let encoded = encode(&fixture.network, &source);
        let (found, expected) = (rows(encoded.hidden()), &case["encoder_last_hidden_state"]);
        for (row, values) in ids(&expected["rows"]).iter().zip(list(&expected["values"])) {
            assert_near(&found[*row as usize], &numbers(values), HIDDEN, &format!("{name}, encoder row {row}"));
        }
        for (row, l2) in numbers(&expected["row_l2"]).iter().enumerate() {
            let found = found[row].iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
            assert!((found - l2).abs() <= 1e-4, "{name}, length of encoder row {row}: {found}, expected {l2}");
        }

        let mut session = fixture.network.begin(&encoded).unwrap();
        let input = ids(&case["decoder_input_ids"]);
        let hidden = fixture.network.advance(&mut session, &[&input], None).unwrap();
        let (found, expected) = (rows(&fixture.network.logits(&hidden).unwrap()), &case["logits"]);
        for (row, values) in ids(&expected["positions"]).iter().zip(list(&expected["values"])) {
            assert_near(&found[*row as usize], &numbers(values), LOGITS, &format!("{name}, logits at {row}"));
        }
        for (row, argmax) in ids(&expected["argmax"]).iter().enumerate() {
            let best = found[row].iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap();
            assert_eq!(best.0, *argmax as usize, "{name}, likeliest at {row}");
            let row_max = numbers(&expected["row_max"])[row];
            assert!((f64::from(*best.1) - row_max).abs() <= LOGITS, "{name}, largest logit at {row}");
            let sum: f64 = found[row].iter().map(|x| f64::from(*x).exp()).sum();
            assert!((sum.ln() - numbers(&expected["row_logsumexp"])[row]).abs() <= LOGITS, "{name}, sum at {row}");
        }
    }
}

/// Greedy ids up to the first that ends the output, which is kept as in the reference.
fn greedy(network: &Network, source: &[u32], n: usize, is_cached: bool) -> Vec<u32> {
    let encoded = encode(network, source);
    let mut session = network.begin(&encoded).unwrap();
    let mut input = vec![2];
    let mut found = Vec::new();
    while found.len() < n {
        let hidden = if is_cached {
            network.advance(&mut session, &[&input[input.len() - 1..]], None).unwrap()
        } else {
            network.advance(&mut network.begin(&encoded).unwrap(), &[&input], None).unwrap()
        };
        let id = network.likeliest(&hidden).unwrap()[0];
        found.push(id);
        input.push(id);
        if network.config().eos_ids.contains(&id) {
            break;
        }
    }
    found
}

#[test]
fn greedy_ids_are_exact_with_and_without_the_cache() {
    let fixture = Fixture::load();
    for case in list(&fixture.reference["cases"]) {
        let (name, expected) = (&case["name"], &case["generate"]);
        let n = expected["max_new_tokens"].as_u64().unwrap() as usize;
        let source = ids(&case["encoder_input_ids"]);
        let found = greedy(&fixture.network, &source, n, true);
        assert_eq!(found, ids(&expected["ids_with_cache"]), "{name}");
        assert_eq!(greedy(&fixture.network, &source, n, false), ids(&expected["ids_without_cache"]), "{name}");
        let ended = fixture.network.config().eos_ids.contains(found.last().unwrap());
        assert_eq!(ended, expected["ended_by_eos"].as_bool().unwrap(), "{name}");
        let text = fixture.tokenizer.decode(&found).unwrap();
        assert_eq!(text, expected["text"].as_str().unwrap(), "{name}");
    }
}

#[test]
fn padding_on_either_side_changes_nothing() {
    let fixture = Fixture::load();
    let network = &fixture.network;
    let batch = &fixture.reference["batch"];
    for side in ["left", "right"] {
        let padded = &batch["padding"][side];
        let input: Vec<Vec<u32>> = list(&padded["input_ids"]).iter().map(ids).collect();
        let real: Vec<Vec<bool>> =
            list(&padded["attention_mask"]).iter().map(|row| ids(row).iter().map(|bit| *bit == 1).collect()).collect();
        let input: Vec<&[u32]> = input.iter().map(Vec::as_slice).collect();
        let is_real: Vec<&[bool]> = real.iter().map(Vec::as_slice).collect();
        let source = Batch::padded(&input, &is_real, &Device::Cpu).unwrap();
        let encoded = network.encode(&source, &mut |_, _| true, None).unwrap();

        // Each real row is what the text gives alone.
        for (number, name) in list(&batch["names"]).iter().enumerate() {
            let alone = encode(network, &ids(&fixture.case(name.as_str().unwrap())["encoder_input_ids"]));
            let alone: Vec<Vec<f64>> =
                rows(alone.hidden()).iter().map(|row| row.iter().map(|x| f64::from(*x)).collect()).collect();
            let together = rows(&encoded.hidden().get(number).unwrap());
            let kept = together.iter().zip(&real[number]).filter(|(_, real)| **real).map(|(row, _)| row);
            for (found, expected) in kept.zip(&alone) {
                assert_near(found, expected, HIDDEN, &format!("{side}, {name}"));
            }
        }

        let start = ids(&batch["decoder_input_ids"]);
        let hidden = network.advance(&mut network.begin(&encoded).unwrap(), &[&start, &start, &start], None).unwrap();
        let logits = network.last_logits(&hidden).unwrap();
        for (found, expected) in logits.iter().zip(list(&padded["last_position_logits"])) {
            assert_near(found, &numbers(expected), LOGITS, side);
        }

        let mut session = network.begin(&encoded).unwrap();
        let mut generated: Vec<Vec<u32>> = vec![Vec::new(); 3];
        let mut next = vec![2; 3];
        for _ in 0..list(&padded["generated"])[0].as_array().unwrap().len() {
            let input: Vec<&[u32]> = next.iter().map(std::slice::from_ref).collect();
            let hidden = network.advance(&mut session, &input, None).unwrap();
            next = network.likeliest(&hidden).unwrap();
            for (row, id) in generated.iter_mut().zip(&mut next) {
                let is_finished = row.iter().any(|id| network.config().eos_ids.contains(id));
                *id = if is_finished { network.config().pad_id } else { *id };
                row.push(*id);
            }
        }
        for (found, expected) in generated.iter().zip(list(&padded["generated"])) {
            assert_eq!(*found, ids(expected), "{side}");
        }
    }
}
