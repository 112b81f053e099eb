//! The grammar of `brickwork serve`.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use brickwork_api::{AllowedHost, DEFAULT_PORT};
use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// The address to listen at. One that other machines can reach needs a token.
    #[arg(long, default_value = "127.0.0.1", value_parser = parse_address)]
    pub(crate) host: IpAddr,
    /// The port; 0 for any free one.
    #[arg(long, default_value_t = DEFAULT_PORT)]
    pub(crate) port: u16,
    /// Ask every request for the token in this file; made with a new one when missing. Without it, BRICKWORK_TOKEN.
    #[arg(long, value_name = "PATH")]
    pub(crate) token_file: Option<PathBuf>,
    /// Serve the web UI to browsers as well.
    #[arg(long)]
    pub(crate) ui: bool,
    /// One more name under which clients may reach the server: NAME, or NAME:PORT behind a tunnel; may be given several
    /// times.
    #[arg(long, value_name = "NAME")]
    pub(crate) allow_host: Vec<AllowedHost>,
    /// Print one JSON line with the address.
    #[arg(long)]
    pub(crate) json: bool,
}

fn parse_address(text: &str) -> Result<IpAddr, String> {
    if text == "localhost" {
        return Ok(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    let plain = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    plain.parse().map_err(|_| "give an address of this machine, such as 127.0.0.1, 0.0.0.0 or ::1".to_owned())
}

#[cfg(test)]
mod tests {
    use super::parse_address;

    #[test]
    fn addresses_are_read() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(parse_address(text).ok().map(|address| address.to_string()).as_deref(), expected, "{text}");
        };
        check("localhost", Some("127.0.0.1"));
        check("127.0.0.1", Some("127.0.0.1"));
        check("0.0.0.0", Some("0.0.0.0"));
        check("::1", Some("::1"));
        check("[::1]", Some("::1"));
        check("", None);
        check("127.1", None);
        check("studio.local", None);
        check("[127.0.0.1", None);
    }
}
