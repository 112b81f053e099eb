//! Signing a browser in, and what it then sees.

use super::{BEARER, options, own_router, start, ui, with_token};
use crate::socket::send;
use brickwork_api::{ListenOptions, Token};

#[tokio::test]
async fn a_browser_signs_in_with_a_link_and_then_needs_no_token() {
    let (listener, address) = start(own_router(), with_token()).await;
    let before = send(address, "GET", "/", &[], "").await;
    assert_eq!(before.status, 401);
    assert!(before.body.contains("sign-in link"), "{}", before.body);
    let link = listener.sign_in_link().unwrap().unwrap();
    let path = link.strip_prefix(&listener.url()).unwrap().to_owned();
    let cross = send(address, "GET", &path, &[("Sec-Fetch-Site", "cross-site")], "").await;
    assert_eq!(cross.status, 403, "a page of another site cannot use the link up");
    let signed_in = send(address, "GET", &path, &[], "").await;
    assert_eq!((signed_in.status, signed_in.header("location")), (303, Some("/")));
    let cookie = signed_in.header("set-cookie").unwrap();
    for part in ["brickwork_session=", "; HttpOnly", "; SameSite=Strict", "; Path=/", "; Max-Age="] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let session = cookie.split(';').next().unwrap();
    let page = send(address, "GET", "/", &[("Cookie", &format!("other=1; {session}"))], "").await;
    assert_eq!(page.status, 200);
    assert_eq!(page.body, "<p>the page</p>");
    assert!(page.header("content-security-policy").unwrap().contains("frame-ancestors 'none'"));
    assert_eq!(send(address, "GET", "/quick", &[("Cookie", session)], "").await.status, 200);
    let evil = [("Cookie", session), ("Origin", "http://evil.com")];
    assert_eq!(send(address, "GET", "/quick", &evil, "").await.status, 403, "the cookie does not help another site");
    let again = send(address, "GET", &path, &[], "").await;
    assert_eq!(again.status, 403);
    assert!(again.body.contains("no longer works"), "{}", again.body);
    assert_eq!(again.header("set-cookie"), None);
    listener.set_token(Some(Token::parse("another-token", "the test").unwrap())).unwrap();
    assert_eq!(send(address, "GET", "/quick", &[("Cookie", session)], "").await.status, 401, "sessions end with it");
}

#[tokio::test]
async fn whoever_has_the_token_can_make_a_new_link() {
    let (_listener, address) = start(own_router(), with_token()).await;
    assert_eq!(send(address, "POST", "/sign-in", &[], "").await.status, 401);
    let made = send(address, "POST", "/sign-in", &[BEARER], "").await;
    assert_eq!(made.status, 201);
    let link = made.json()["sign_in"].as_str().unwrap().to_owned();
    let path = link.strip_prefix(&format!("http://{address}")).unwrap();
    assert_eq!(send(address, "GET", path, &[], "").await.status, 303);
}

#[tokio::test]
async fn without_a_token_nobody_signs_in() {
    let (listener, address) = start(own_router(), ListenOptions { ui: Some(ui()), ..options() }).await;
    assert_eq!(listener.sign_in_link().unwrap(), None);
    assert_eq!(send(address, "GET", "/sign-in?code=1", &[], "").await.status, 404);
    let page = send(address, "GET", "/", &[], "").await;
    assert_eq!((page.status, page.header("cache-control")), (200, Some("no-cache")));
    let script = send(address, "GET", "/assets/index-abc.js", &[], "").await;
    assert!(script.header("cache-control").unwrap().ends_with("immutable"));
    assert_eq!(send(address, "GET", "/runs", &[], "").await.status, 404, "the UI's routes stand behind `#`");
    let head = send(address, "HEAD", "/", &[], "").await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
}
