//! Who may ask.

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use brickwork_api::{BASE, ListenError, ListenOptions, Listener};

use super::{BEARER, TOKEN, options, own_router, start, ui, with_token};
use crate::socket::{Open, exchange, request, send};
use crate::world::{DEFAULT_PROJECT, World};

/// A path of each kind that there is.
const PATHS: [&str; 8] = [
    "/api/v1/orchestrator/health",
    "/api/v1/orchestrator/runs/550e8400-e29b-41d4-a716-446655440000/events",
    "/v1/models",
    "/docs",
    "/openapi.json",
    "/",
    "/assets/index-abc.js",
    "/nowhere",
];

#[tokio::test]
async fn row_26_another_host_is_refused_on_every_path() {
    let world = World::new().await;
    let (_listener, address) = start(world.router.clone(), ListenOptions { ui: Some(ui()), ..options() }).await;
    let port = address.port();
    let own = format!("127.0.0.1:{port}");
    let evil = [
        "evil.com".to_owned(),
        format!("evil.com:{port}"),
        format!("127.0.0.1.evil.com:{port}"),
        format!("evil.com@127.0.0.1:{port}"),
        format!("localhost.:{port}"),
        "localhost".to_owned(),
        format!("localhost:{}", port.wrapping_add(1)),
    ];
    for path in PATHS {
        for host in &evil {
            let headers = [("Host", host.as_str()), ("X-Forwarded-Host", &own), ("Forwarded", "host=localhost")];
            let reply = send(address, "GET", path, &headers, "").await;
            assert_eq!(reply.status, 403, "{path} for {host}");
            assert!(reply.body.contains("host_not_allowed"), "{}", reply.body);
            assert_eq!(reply.header("access-control-allow-origin"), None);
            assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        }
        assert_eq!(send(address, "GET", path, &[("Host", "")], "").await.status, 403, "{path} without a host");
    }
    let absolute = format!("GET http://evil.com/ HTTP/1.1\r\nHost: {own}\r\nConnection: close\r\n\r\n");
    assert_eq!(exchange(address, absolute.as_bytes()).await.status, 403);
    let twice = format!("GET / HTTP/1.1\r\nHost: {own}\r\nHost: evil.com\r\nConnection: close\r\n\r\n");
    assert!(matches!(exchange(address, twice.as_bytes()).await.status, 400 | 403));
}

#[tokio::test]
async fn loopback_names_are_let_in() {
    let world = World::new().await;
    let (listener, address) = start(world.router.clone(), options()).await;
    let port = address.port();
    let path = format!("{BASE}/health");
    for host in ["localhost", "LOCALHOST", "127.0.0.1", "[::1]"] {
        for at in listener.local_addrs() {
            let reply = send(*at, "GET", &path, &[("Host", &format!("{host}:{port}"))], "").await;
            assert_eq!(reply.status, 200, "{host} at {at}");
            assert_eq!(reply.header("cache-control"), Some("no-store"));
            assert_eq!(reply.header("referrer-policy"), Some("no-referrer"));
        }
    }
    let absolute = format!("GET http://{address}{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    assert_eq!(exchange(address, absolute.as_bytes()).await.status, 200);
}

#[tokio::test]
async fn an_allowed_host_is_let_in() {
    let allowed_hosts = vec!["studio.local".parse().unwrap(), "tunnel:9000".parse().unwrap()];
    let (_listener, address) = start(own_router(), ListenOptions { allowed_hosts, ..options() }).await;
    let port = address.port();
    for (host, expected) in
        [(format!("studio.local:{port}"), 200), ("tunnel:9000".into(), 200), (format!("tunnel:{port}"), 403)]
    {
        assert_eq!(send(address, "GET", "/quick", &[("Host", &host)], "").await.status, expected, "{host}");
        let origin = format!("http://{host}");
        assert_eq!(send(address, "GET", "/quick", &[("Origin", &origin)], "").await.status, expected, "{origin}");
    }
}

#[tokio::test]
async fn row_27_every_route_asks_for_the_token_before_it_reads_a_body() {
    let world = World::new().await;
    let (_listener, address) = start(world.router.clone(), with_token()).await;
    let routes = every_route();
    assert!(routes.len() > 20, "{routes:?}");
    let wrong = [
        "",
        "Bearer",
        "Bearer wrong",
        "Bearer 0123456789abcde",
        "Bearer 0123456789abcdef0",
        "Basic 0123456789abcdef",
        "0123456789abcdef",
    ];
    for (method, path) in &routes {
        for shown in wrong {
            // The body is announced and never sent: an answer shows that nobody waited for it.
            let headers =
                [("Authorization", shown), ("Content-Length", "1000000"), ("Content-Type", "application/json")];
            let begun = Instant::now();
            let mut open = Open::send(address, &request(address, method, path, &headers, "")).await;
            let head = open.until("\r\n\r\n").await;
            assert!(head.starts_with("HTTP/1.1 401 "), "{method} {path} with {shown:?}: {head}");
            assert!(head.to_ascii_lowercase().contains("www-authenticate: bearer"), "{head}");
            assert!(begun.elapsed() < Duration::from_secs(2), "{method} {path} waited");
        }
        let cookie = [("Cookie", "brickwork_session=0123456789abcdef")];
        assert_eq!(send(address, method, path, &cookie, "").await.status, 401, "{method} {path} with a made-up cookie");
    }
    for path in PATHS {
        assert_ne!(send(address, "GET", path, &[BEARER], "").await.status, 401, "{path} with the token");
    }
    assert_eq!(send(address, "GET", &format!("{BASE}/health"), &[BEARER], "").await.status, 200);
    let query = format!("{BASE}/health?token={TOKEN}");
    assert_eq!(send(address, "GET", &query, &[], "").await.status, 401, "a query is no place for a token");
}

#[tokio::test]
async fn the_token_is_asked_for_in_the_form_of_the_route() {
    let (_listener, address) = start(own_router(), with_token()).await;
    let openai = send(address, "GET", "/v1/models", &[], "").await;
    assert_eq!(openai.json()["error"]["code"], "unauthorized");
    assert_eq!(openai.json()["error"]["param"], serde_json::Value::Null);
    let own = send(address, "GET", &format!("{BASE}/health"), &[], "").await;
    assert_eq!(own.header("content-type"), Some("application/problem+json"));
    assert_eq!(own.json()["code"], "unauthorized");
}

#[tokio::test]
async fn row_28_other_machines_need_the_token_and_the_right_host() {
    let host = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
    let refused = Listener::start(own_router(), ListenOptions { host, ..options() }).await;
    let Err(error @ ListenError::TokenNeeded { .. }) = refused else { panic!("it started without a token") };
    assert!(error.to_string().contains("--token-file"), "{error}");
    let (listener, address) = start(own_router(), ListenOptions { host, ..with_token() }).await;
    let port = address.port();
    let at = (Ipv4Addr::LOCALHOST, port).into();
    let own = format!("127.0.0.1:{port}");
    assert_eq!(listener.url(), format!("http://{own}"));
    let check = async |host: &str, authorization: &str, expected: u16| {
        let headers = [("Host", host), ("Authorization", authorization)];
        assert_eq!(send(at, "GET", "/quick", &headers, "").await.status, expected, "{host} {authorization}");
    };
    check(&own, BEARER.1, 200).await;
    check(&own, "", 401).await;
    check("evil.com", BEARER.1, 403).await;
    check(&format!("0.0.0.0:{port}"), BEARER.1, 403).await;
    check(&format!("192.168.1.20:{port}"), BEARER.1, 403).await;
    assert!(listener.set_token(None).is_err(), "the token cannot be taken away");
}

#[tokio::test]
async fn row_29_pages_of_other_sites_and_bodies_that_are_no_json_are_refused() {
    let world = World::new().await;
    let (_listener, address) = start(world.router.clone(), options()).await;
    let own = format!("http://{address}");
    let validate = format!("{BASE}/validate");
    let json = ("Content-Type", "application/json");
    let check = async |method: &str, path: &str, headers: &[(&str, &str)], body: &str, expected: u16| {
        let reply = send(address, method, path, headers, body).await;
        assert_eq!(reply.status, expected, "{method} {path} {headers:?}: {}", reply.body);
        assert_eq!(reply.header("access-control-allow-origin"), None);
    };
    for path in PATHS {
        for origin in ["null", "http://evil.com", "https://localhost", "http://localhost", "http://localhost:3000"] {
            check("GET", path, &[("Origin", origin)], "", 403).await;
        }
        check("GET", path, &[("Sec-Fetch-Site", "cross-site")], "", 403).await;
    }
    check("OPTIONS", &validate, &[("Origin", "http://evil.com"), ("Access-Control-Request-Method", "POST")], "", 403)
        .await;
    check("POST", &validate, &[json, ("Origin", "http://evil.com")], "{}", 403).await;
    check("POST", &validate, &[json, ("Origin", &own)], "{}", 200).await;
    check("POST", &validate, &[json], "{}", 200).await;
    check("POST", &validate, &[("Content-Type", "application/json; charset=utf-8")], "{}", 200).await;
    check("POST", &validate, &[], "{}", 415).await;
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/json"] {
        check("POST", &validate, &[("Content-Type", kind)], "{}", 415).await;
        check("POST", "/v1/chat/completions", &[("Content-Type", kind)], "{}", 415).await;
        check("GET", &format!("{BASE}/health"), &[("Content-Type", kind)], "", 200).await;
    }
    let execute = format!("{BASE}/projects/{DEFAULT_PROJECT}/execute");
    check("POST", &execute, &[("Content-Type", "text/plain"), ("Transfer-Encoding", "chunked")], "", 415).await;
    assert_eq!(world.get("/runs").await.json()["runs"], serde_json::json!([]), "nothing of this was carried out");
}

/// Every method of every path that there is, with ids in their places, and what lies beside them.
fn every_route() -> Vec<(String, String)> {
    let id = DEFAULT_PROJECT;
    let mut routes = vec![
        ("GET".to_owned(), "/".to_owned()),
        ("GET".to_owned(), "/assets/index-abc.js".to_owned()),
        ("GET".to_owned(), "/docs".to_owned()),
        ("GET".to_owned(), "/openapi.json".to_owned()),
        ("GET".to_owned(), "/nowhere".to_owned()),
        ("POST".to_owned(), "/sign-in".to_owned()),
        ("DELETE".to_owned(), "/v1/unheard-of".to_owned()),
    ];
    let document = serde_json::to_value(brickwork_api::openapi()).unwrap();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let filled: Vec<&str> = path.split('/').map(|part| if part.starts_with('{') { id } else { part }).collect();
        for method in ["get", "put", "post", "delete", "patch"] {
            if methods.get(method).is_some() {
                routes.push((method.to_ascii_uppercase(), filled.join("/")));
            }
        }
    }
    routes
}
