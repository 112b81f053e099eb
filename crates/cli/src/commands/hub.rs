//! `brickwork hub` and `brickwork settings`.

use brickwork_app::{App, EndpointOrigin, HubSettings, HubTokenOrigin, HubTokenRequest, HubView, Settings};
use serde_json::Value;

use super::remote::read_key;
use crate::args::{HubCommand, HubSetArgs, SettingsArgs};
use crate::exit::Failure;

/// Shows the hub, or changes how it is asked.
pub(crate) async fn hub(app: &App, command: HubCommand) -> Result<(), Failure> {
    let (view, json) = match command {
        HubCommand::Show { json } => (app.hub().await?, json),
        HubCommand::Set(args) => {
            let json = args.json;
            (set(app, args).await?, json)
        }
        HubCommand::Token { remove: true, json } => (app.remove_hub_token().await?, json),
        HubCommand::Token { remove: false, json } => {
            let view = app.set_hub_token(HubTokenRequest { token: read_key()? }).await?;
            if view.token == HubTokenOrigin::Memory {
                let advice = "Set HF_TOKEN instead, or unlock the keyring.";
                return Err(Failure::failed(format!("This system has no keyring, so the token is lost now. {advice}")));
            }
            (view, json)
        }
    };
    if json {
        println!("{}", serde_json::to_string(&view)?);
    } else {
        print(&view);
    }
    Ok(())
}

async fn set(app: &App, args: HubSetArgs) -> Result<HubView, Failure> {
    let HubSetArgs { endpoint, max_downloads, speed_limit, json: _ } = args;
    let now = app.hub().await?;
    let settings = HubSettings {
        endpoint: match endpoint {
            Some(endpoint) => Some(endpoint).filter(|endpoint| endpoint != "default"),
            None => now.stored_endpoint,
        },
        max_downloads: max_downloads.unwrap_or(now.max_downloads),
        speed_limit_kib_s: match speed_limit {
            Some(limit) => Some(limit).filter(|limit| *limit > 0),
            None => now.speed_limit_kib_s,
        },
    };
    Ok(app.set_hub(settings).await?)
}

fn print(view: &HubView) {
    let from = match view.endpoint_from {
        EndpointOrigin::Default => "",
        EndpointOrigin::Setting => " (from the settings)",
        EndpointOrigin::Environment => " (from HF_ENDPOINT)",
    };
    println!("{}{from}", view.endpoint);
    if let Some(stored) = view.stored_endpoint.as_ref().filter(|_| view.endpoint_from == EndpointOrigin::Environment) {
        println!("Without HF_ENDPOINT: {stored}");
    }
    println!(
        "Token: {}",
        match view.token {
            HubTokenOrigin::None => "none",
            HubTokenOrigin::Environment => "from HF_TOKEN",
            HubTokenOrigin::Keyring => "in the keyring",
            HubTokenOrigin::Memory => "in this program's memory",
        }
    );
    let limit = view.speed_limit_kib_s.map_or_else(|| "no speed limit".to_owned(), |limit| format!("{limit} KiB/s"));
    println!("Downloads: {} at once, {limit}", view.max_downloads);
}

/// Shows the settings or one of them, or changes one.
pub(crate) async fn settings(app: &App, args: SettingsArgs) -> Result<(), Failure> {
    let SettingsArgs { name, value } = args;
    let mut document = serde_json::to_value(app.settings().await?)?;
    let Some(name) = name else {
        println!("{}", serde_json::to_string_pretty(&document)?);
        return Ok(());
    };
    if let Some(value) = value {
        // A word that is no JSON, such as `dark`, is meant as a text.
        let value: Value = serde_json::from_str(&value).unwrap_or(Value::String(value));
        document[&name] = value;
        let wanted: Settings = serde_json::from_value(document).map_err(|error| {
            Failure::invalid(format!(
                "`{name}` cannot be set so: {error}. `brickwork settings` shows names and values."
            ))
        })?;
        document = serde_json::to_value(app.set_settings(wanted).await?)?;
    }
    println!("{}", document.get(&name).unwrap_or(&Value::Null));
    Ok(())
}
