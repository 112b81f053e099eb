//! How the model of a role is computed: on which device, with how many layers there, and in how long a context.

use std::collections::BTreeMap;

use brickwork_engine::{Diagnostic, ModelRef, Phrase, Role};
use brickwork_models::fit::CacheType;
use brickwork_models::{Bindings, ModelFile, resolve};
use brickwork_worker_client::{Compute, sizing};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::cache_type;
use crate::error::AppError;
use crate::models::{ModelsView, role_named};
use crate::request::line;
use crate::settings::out_of_range;

const KEY: &str = "role_options";

/// The shortest and the longest context that can be chosen, in tokens.
const CONTEXT_TOKENS: std::ops::RangeInclusive<u32> = 256..=16_777_216;

/// The most servers that a model is spread over; llama.cpp's own bound.
const MOST_SERVERS: usize = 16;

/// The most layers that can be asked for.
const MOST_LAYERS: u32 = 10_000;

/// How the model of a role is computed. What is absent is chosen by the program.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleOptions {
    /// Name of the device that computes, as `GET /doctor` lists them: the processor alone, or this GPU beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100)]
    pub device: Option<String>,
    /// Layers that are put on the GPU; as many as fit when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 10_000)]
    pub gpu_layers: Option<u32>,
    /// The largest context window, in tokens; the model's own when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 256, maximum = 16_777_216)]
    pub context_tokens: Option<u32>,
    /// Addresses (`HOST:PORT`) of machines that lend their devices through llama.cpp's RPC. The model's layers are spread
    /// over them and the GPUs here, so its weights and what it computes travel there, unencrypted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 16)]
    pub rpc_servers: Vec<String>,
    /// How keys and values are kept; in 16 bits when absent. Fewer bits take less memory, so that a longer context fits, and cost
    /// a little quality.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_type: Option<CacheType>,
    /// Whether attention is computed in one pass, without its matrix in memory; on GPUs that can when absent, since processors
    /// are faster without it. A cache of fewer bits needs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flash_attention: Option<bool>,
    /// Id of a listed model, smaller and with the same vocabulary, that guesses what the role's model says next; that one checks
    /// several guesses at once and keeps those that it would have said itself. None when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 1000)]
    pub draft_model: Option<String>,
}

/// The options of all roles; a role without any has the defaults.
pub(crate) type OptionsByRole = BTreeMap<Role, RoleOptions>;

impl App {
    /// Keeps how the model of a role is computed, from the next run on. A model that serves several roles is computed as
    /// the first of them says that says anything, in the order of the list of roles.
    ///
    /// # Errors
    /// [`AppError::Unknown`] for an unknown role, [`AppError::InvalidRequest`] with every value that cannot be, or when the
    /// database cannot be written.
    pub async fn set_role_options(&self, role: &str, options: RoleOptions) -> Result<ModelsView, AppError> {
        let role = role_named(role)?;
        let mut faults = faults(&options);
        if let Some(device) = options.device.as_deref()
            && faults.is_empty()
            && let Ok(devices) = self.inner().models.counter.devices().await
            && devices.iter().all(|known| known.name != device)
        {
            let names: Vec<&str> = devices.iter().map(|device| device.name.as_str()).collect();
            faults.push(
                Diagnostic::error(
                    "unknown_device",
                    "$.device",
                    format!("There is no device `{device}`."),
                    format!("Choose one of: {}.", names.join(", ")),
                )
                .saying(Phrase::new("unknown_device").with("device", device).with("devices", names.join(", "))),
            );
        }
        if let Some(draft_model) = options.draft_model.clone()
            && faults.is_empty()
        {
            let (app, bindings) = (self.clone(), self.bindings().await?);
            let fault = tokio::task::spawn_blocking(move || {
                let files = app.scan_models();
                draft_fault(&draft_model, &files, resolve(role, &bindings, &files).ok().as_ref())
            });
            faults.extend(fault.await.map_err(|error| AppError::Internal(error.to_string()))?);
        }
        if !faults.is_empty() {
            return Err(AppError::InvalidRequest(faults));
        }
        let mut all = self.role_options().await?;
        all.insert(role, options);
        self.store().set_setting(KEY, &all).await?;
        self.models().await
    }

    /// The options of all roles that have some.
    pub(crate) async fn role_options(&self) -> Result<OptionsByRole, AppError> {
        Ok(self.store().setting(KEY).await?.unwrap_or_default())
    }
}

/// What each bound model is computed with where its role has options, by the path of its file. `general` holds for what
/// these leave open.
pub(crate) fn compute_by_path(
    options: &OptionsByRole,
    bindings: &Bindings,
    files: &[ModelFile],
    general: &Compute,
) -> BTreeMap<String, Compute> {
    let mut by_path = BTreeMap::new();
    for role in Role::ALL {
        let Some(options) = options.get(&role).filter(|options| **options != RoleOptions::default()) else { continue };
        let Ok(model) = resolve(role, bindings, files) else { continue };
        by_path.entry(model.path).or_insert_with(|| computed_with(options, general, files));
    }
    by_path
}

/// `general` with what `options` settle; a draft model is looked for among `files`.
pub(crate) fn computed_with(options: &RoleOptions, general: &Compute, files: &[ModelFile]) -> Compute {
    let draft = options.draft_model.as_ref().and_then(|id| files.iter().find(|file| file.id == *id));
    Compute {
        device: options.device.clone().or_else(|| general.device.clone()),
        max_context_tokens: options.context_tokens.or(general.max_context_tokens),
        threads: general.threads,
        gpu_layers: options.gpu_layers.or(general.gpu_layers),
        rpc_servers: options.rpc_servers.clone(),
        cache_type: options.cache_type.map_or(general.cache_type, cache_type::for_worker),
        flash_attention: options.flash_attention.or(general.flash_attention),
        draft_model: draft.map(|file| file.path.display().to_string()),
    }
}

fn faults(options: &RoleOptions) -> Vec<Diagnostic> {
    let RoleOptions { device, gpu_layers, context_tokens, rpc_servers, cache_type, flash_attention, draft_model: _ } =
        options;
    let device = device.as_deref().and_then(|device| line(device, "$.device", 100).err());
    let gpu_layers = gpu_layers.filter(|layers| *layers > MOST_LAYERS);
    let context_tokens = context_tokens.filter(|tokens| !CONTEXT_TOKENS.contains(tokens));
    let gpu_layers = gpu_layers.map(|_| out_of_range("$.gpu_layers", 0, MOST_LAYERS.into()));
    let (least, most) = (*CONTEXT_TOKENS.start(), *CONTEXT_TOKENS.end());
    let context_tokens = context_tokens.map(|_| out_of_range("$.context_tokens", least.into(), most.into()));
    let needs_flash = cache_type.filter(|_| *flash_attention == Some(false)).and_then(cache_fault);
    device
        .into_iter()
        .chain(gpu_layers)
        .chain(context_tokens)
        .chain(server_faults(rpc_servers))
        .chain(needs_flash)
        .collect()
}

/// Why the listed model `id` cannot draft for `model`, as far as the headers tell; the worker compares the vocabularies word for
/// word.
fn draft_fault(id: &str, files: &[ModelFile], model: Option<&ModelRef>) -> Option<Diagnostic> {
    let fault = |code, message: String, remedy: String, phrase: Phrase| {
        Some(Diagnostic::error(code, "$.draft_model", message, remedy).saying(phrase.with("draft_model", id)))
    };
    let Some(draft) = files.iter().find(|file| file.id == id) else {
        let remedy = "Give the id of a listed model; `brickwork models list` shows them.".to_owned();
        return fault(
            "unknown_model",
            format!("There is no model `{id}`."),
            remedy,
            Phrase::new("unknown_draft_model"),
        );
    };
    let remedy = || "Choose a smaller model of the same family, or none.".to_owned();
    let Some(info) = draft.gguf.as_ref().filter(|_| draft.problem.is_none()) else {
        let message = format!("{id} cannot draft: only a GGUF file that can run does.");
        return fault("draft_unusable", message, remedy(), Phrase::new("draft_unusable"));
    };
    let of_role = model.and_then(|model| files.iter().find(|file| file.path.as_os_str() == &*model.path))?;
    let target = of_role.gguf.as_ref()?;
    let (own, other) = (info.vocab_size.unwrap_or(0), target.vocab_size.unwrap_or(0));
    let most_more = u64::from(sizing::MOST_MORE_TOKENS);
    let is_same = info.tokenizer_model == target.tokenizer_model && own.abs_diff(other) <= most_more;
    if is_same {
        return None;
    }
    let message = format!(
        "{id} cannot draft for {}: it has {own} tokens of another vocabulary, that one has {other}.",
        of_role.id
    );
    let phrase = Phrase::new("draft_vocabulary").with("model", &of_role.id).with("own", own).with("other", other);
    fault("draft_vocabulary", message, remedy(), phrase)
}

/// What is wrong with a cache of `cache_type` where flash attention is off.
fn cache_fault(cache_type: CacheType) -> Option<Diagnostic> {
    if cache_type == CacheType::F16 {
        return None;
    }
    let message = format!("A cache of type {} needs flash attention, which is off.", cache_type.name());
    let remedy = "Leave flash attention to the program, or keep 16 bits (f16).";
    let phrase = Phrase::new("cache_needs_flash_attention").with("cache_type", cache_type.name());
    Some(Diagnostic::error("cache_needs_flash_attention", "$.flash_attention", message, remedy).saying(phrase))
}

fn server_faults(servers: &[String]) -> Vec<Diagnostic> {
    if servers.len() > MOST_SERVERS {
        let message =
            format!("{} servers are named, but a model is spread over {MOST_SERVERS} at most.", servers.len());
        let phrase = Phrase::new("too_many_servers").with("count", servers.len()).with("limit", MOST_SERVERS);
        return vec![Diagnostic::error("out_of_range", "$.rpc_servers", message, "Name fewer.").saying(phrase)];
    }
    let fault = |(index, server): (usize, &String)| {
        let path = format!("$.rpc_servers[{index}]");
        if servers[..index].contains(server) {
            let message = format!("The server {server} is named twice.");
            let phrase = Phrase::new("duplicate_server").with("server", server);
            return Some(Diagnostic::error("duplicate", path, message, "Name it once.").saying(phrase));
        }
        (!is_server_address(server)).then(|| {
            let message = format!("`{server}` is no address of a server.");
            Diagnostic::error("malformed", path, message, "Give HOST:PORT, e.g. 192.168.1.20:50052.")
                .saying(Phrase::new("malformed_server").with("server", server))
        })
    };
    servers.iter().enumerate().filter_map(fault).collect()
}

/// Whether `text` is the name or the IPv4 address of a machine, and a port. llama.cpp's client knows no others.
fn is_server_address(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let is_name =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    let is_port = port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0);
    host.len() <= 253 && host.split('.').all(is_name) && is_port
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_servers_are_names_with_ports() {
        let check = |text: &str, expected: bool| assert_eq!(is_server_address(text), expected, "{text}");
        check("127.0.0.1:50052", true);
        check("gpu-box.local:1", true);
        check("gpu_box:65535", true);
        for text in
            ["", ":1", "host", "host:", "host:0", "host:65536", "host:+1", "a b:1", "http://a:1", "[::1]:1", "a..b:1"]
        {
            check(text, false);
        }
    }

    #[test]
    fn servers_are_named_once_and_not_too_many() {
        let codes = |servers: &[&str]| {
            let servers: Vec<String> = servers.iter().map(|server| (*server).to_owned()).collect();
            server_faults(&servers).into_iter().map(|fault| (fault.code, fault.path)).collect::<Vec<_>>()
        };
        assert!(codes(&["a:1", "a:2"]).is_empty());
        let found = codes(&["a:1", "b", "a:1"]);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].1 == "$.rpc_servers[1]" && found[1].1 == "$.rpc_servers[2]", "{found:?}");
        assert_eq!(codes(&["a:1"; 17]).len(), 1);
    }
}
