//! `brickwork generate`.

use std::io::Write;

use brickwork_app::{App, GenerateRequest, InferenceEvent, Parameters};
use futures::StreamExt;
use serde_json::json;

use super::read_text;
use crate::args::GenerateArgs;
use crate::exit::Failure;
use crate::signals::Interrupts;

/// Generates from one prompt, streaming the text or printing one JSON document.
pub(crate) async fn generate(app: &App, args: GenerateArgs) -> Result<(), Failure> {
    if !(0.0..=1.0).contains(&args.temperature) || args.max_tokens == 0 {
        return Err(Failure::invalid("--temperature goes from 0 to 1, and --max-tokens from 1."));
    }
    let prompt = if args.prompt == "-" { read_text("-")? } else { args.prompt };
    let request = GenerateRequest {
        model: args.model,
        prompt,
        raw: args.raw,
        parameters: Parameters {
            max_tokens: args.max_tokens,
            temperature: args.temperature,
            seed: args.seed,
            top_p: args.top_p,
            stop: args.stop,
            continuations: None,
        },
    };
    let mut interrupts = Interrupts::listen()?;
    let mut events = app.generate(request).await?;
    let mut text = String::new();
    loop {
        let event = tokio::select! {
            event = events.next() => event,
            () = interrupts.next() => return Err(Failure::cancelled()),
        };
        match event {
            Some(InferenceEvent::Text { text: piece, .. }) => {
                if !args.json {
                    print!("{piece}");
                    std::io::stdout().flush().map_err(|error| Failure::failed(format!("{error}.")))?;
                }
                text.push_str(&piece);
            }
            Some(InferenceEvent::Done(done)) => {
                if args.json {
                    println!(
                        "{}",
                        json!({
                            "text": text,
                            "token_ids": done.token_ids,
                            "finish_reason": done.finish_reason,
                            "timings": done.timings,
                        })
                    );
                } else if !text.ends_with('\n') {
                    println!();
                }
                return Ok(());
            }
            Some(InferenceEvent::Failed(error)) => return Err(brickwork_app::AppError::from(error).into()),
            Some(_) => {}
            None => return Err(Failure::failed("The model's answer ended without a result. Look into the log.")),
        }
    }
}
