//! A hub that is reached by https: a mirror whose certificate an authority of its own has signed.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use brickwork_tests::{Ended, Home};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tempfile::TempDir;

use crate::hub_server::{GOOD_TOKEN, HubServer, noise};

const REPOSITORY: &str = "owner/tiny-GGUF";
const FILE: &str = "tiny.Q4_0.gguf";

/// An authority that signs certificates.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// The certificate of a server called `name`, which was valid until the year `until`.
    fn certify(&self, name: &str, until: i32) -> Arc<ServerConfig> {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(until, 1, 1);
        let certificate = params.signed_by(&key, &*self.0).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        Arc::new(config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap())
    }
}

/// Passes each request that comes over TLS on to the server at `to`. Ends with the test's process.
fn front(config: Arc<ServerConfig>, to: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let config = Arc::clone(&config);
            // A client that does not trust the certificate goes away at once.
            thread::spawn(move || drop(pass(config, stream, to)));
        }
    });
    address
}

fn pass(config: Arc<ServerConfig>, stream: TcpStream, to: SocketAddr) -> io::Result<()> {
    let mut client = StreamOwned::new(ServerConnection::new(config).map_err(io::Error::other)?, stream);
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut piece = [0; 4096];
        match client.read(&mut piece)? {
            0 => return Ok(()),
            n => head.extend_from_slice(&piece[..n]),
        }
    }
    let mut server = TcpStream::connect(to)?;
    server.write_all(&head)?;
    io::copy(&mut server, &mut client)?;
    client.conn.send_close_notify();
    client.flush()
}

struct World {
    hub: HubServer,
    front: SocketAddr,
    home: Home,
    models: TempDir,
}

impl World {
    /// A hub behind the certificate `config`, and a program that trusts `trusted`.
    fn new(config: Arc<ServerConfig>, trusted: &Authority) -> Self {
        let hub = HubServer::start();
        hub.add(REPOSITORY, FILE, noise(300_000));
        hub.gate(REPOSITORY);
        let front = front(config, hub.url().strip_prefix("http://").unwrap().parse().unwrap());
        let models = tempfile::tempdir().unwrap();
        let roots: PathBuf = models.path().join("roots.pem");
        std::fs::write(&roots, trusted.0.pem()).unwrap();
        let home = Home::with_models(models.path())
            .with_variable("HF_ENDPOINT", format!("https://{front}"))
            .with_variable("HF_TOKEN", GOOD_TOKEN)
            .with_variable("SSL_CERT_FILE", roots.to_str().unwrap());
        Self { hub, front, home, models }
    }

    fn pull(&self) -> Ended {
        self.home.run(&["models", "pull", &format!("{REPOSITORY}:Q4_0")])
    }
}

#[test]
fn a_hub_with_a_certificate_of_an_authority_of_ones_own_is_used() {
    let authority = Authority::new("ours");
    let world = World::new(authority.certify("127.0.0.1", 4000), &authority);
    world.pull().expect_code(0);
    assert!(std::fs::read(world.models.path().join(FILE)).unwrap() == noise(300_000));
    let seen = world.hub.seen();
    assert!(seen.iter().all(|seen| seen.header("authorization") == Some(&format!("Bearer {GOOD_TOKEN}"))));
    assert!(seen[0].header("host") == Some(&world.front.to_string()), "the program spoke with the front");
}

#[test]
fn row_19_a_hub_that_cannot_show_that_it_is_one_gets_no_token_and_no_request() {
    let authority = Authority::new("ours");
    for (config, trusted, cause) in [
        (authority.certify("127.0.0.1", 4000), &Authority::new("another"), "UnknownIssuer"),
        (authority.certify("hub.example.org", 4000), &authority, "not valid for name"),
        (authority.certify("127.0.0.1", 2001), &authority, "expired"),
    ] {
        let world = World::new(config, trusted);
        world.pull().expect_code(4).expect_stderr(&["cannot be trusted", cause, "SSL_CERT_FILE"]);
        assert!(world.hub.seen().is_empty(), "{cause}: nothing was asked");
        assert!(!world.models.path().join(FILE).exists());
    }
}

#[test]
fn row_19_a_redirect_from_https_to_http_is_not_followed() {
    let authority = Authority::new("ours");
    let world = World::new(authority.certify("127.0.0.1", 4000), &authority);
    let open = HubServer::start();
    open.add(REPOSITORY, FILE, noise(300_000));
    world.hub.store_at(&open.url());
    world.pull().expect_code(4).expect_stderr(&["leads from https to http"]);
    assert!(open.seen().is_empty() && !world.models.path().join(FILE).exists());
}
