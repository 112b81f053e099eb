//! Asking an RPC server who it is, within a time limit.
//!
//! Source of the frames: llama.cpp's `ggml/src/ggml-rpc` (protocol 7). A request is a command (1 byte), the length of its
//! data (8 bytes, little endian) and the data; an answer is the length and the data.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use brickwork_worker_protocol::FailureCode;

use crate::failure::Failure;

/// The version that this llama.cpp speaks; a server with a higher minor version knows what we do not.
const VERSION: (u8, u8) = (7, 0);

/// The greeting's command, the same in all versions.
const HELLO: u8 = 14;

/// Length of the capabilities that follow in the greeting and behind the version in its answer, in bytes.
const CAPABILITIES: usize = 24;

/// How long a server may take to accept a connection, and to answer.
const LIMIT: Duration = Duration::from_secs(5);

/// Greets the server at `address` (`HOST:PORT`).
///
/// # Errors
/// [`FailureCode::ServerUnreachable`] when it does not answer, or not in this version.
pub(super) fn ask(address: &str) -> Result<(), Failure> {
    let (major, minor) = version(address).map_err(|reason| unusable(address, &reason))?;
    if major != VERSION.0 || minor > VERSION.1 {
        let (ours, _) = VERSION;
        let reason = format!("it speaks version {major}.{minor} of the protocol and this program {ours}.0");
        return Err(unusable(address, &reason));
    }
    Ok(())
}

/// The failure that a server cannot be used.
pub(super) fn unusable(address: &str, reason: &str) -> Failure {
    let message = format!(
        "The RPC server {address} cannot be used: {reason}. Start it there (`brickwork lend`, or llama.cpp's own server of \
         the same version), or take it out of the role's options."
    );
    Failure::new(FailureCode::ServerUnreachable, message)
        .saying("rpc_server_unusable")
        .text("address", address)
        .text("cause", reason)
}

fn version(address: &str) -> Result<(u8, u8), String> {
    let resolved = address.to_socket_addrs().map_err(|error| format!("its address has no meaning here ({error})"))?;
    // llama.cpp's client knows no other kind of address.
    let address = resolved.into_iter().find(SocketAddr::is_ipv4).ok_or("it has no IPv4 address")?;
    let mut stream =
        TcpStream::connect_timeout(&address, LIMIT).map_err(|error| format!("no connection is made ({error})"))?;
    let mut hello = vec![HELLO];
    hello.extend((CAPABILITIES as u64).to_le_bytes());
    hello.extend([0; CAPABILITIES]);
    let mut length = [0; 8];
    let mut answer = [0; 4 + CAPABILITIES];
    let exchanged = stream
        .set_read_timeout(Some(LIMIT))
        .and_then(|()| stream.write_all(&hello))
        .and_then(|()| stream.read_exact(&mut length));
    exchanged.map_err(|error| match error.kind() {
        std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut => {
            format!("it did not answer within {} s; it serves one program at a time", LIMIT.as_secs())
        }
        _ => format!("it broke off ({error}); is it an RPC server of llama.cpp?"),
    })?;
    if u64::from_le_bytes(length) != answer.len() as u64 {
        return Err("its answer makes no sense; is it an RPC server of llama.cpp?".to_owned());
    }
    stream.read_exact(&mut answer).map_err(|error| format!("it broke off ({error})"))?;
    Ok((answer[0], answer[1]))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use std::net::TcpListener;

    use super::*;

    /// What is said of a server that answers a greeting with `answer` and hangs up.
    fn said_of(answer: Vec<u8>) -> Option<String> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut greeting = [0; 1 + 8 + CAPABILITIES];
            stream.read_exact(&mut greeting).unwrap();
            assert_eq!(greeting[..9], [HELLO, 24, 0, 0, 0, 0, 0, 0, 0]);
            stream.write_all(&answer).unwrap();
        });
        let said = ask(&address).err().map(|failure| {
            assert_eq!(failure.code, FailureCode::ServerUnreachable);
            assert!(failure.message.contains(&address), "{}", failure.message);
            failure.message
        });
        server.join().unwrap();
        said
    }

    fn answer(major: u8, minor: u8) -> Vec<u8> {
        let mut answer = vec![28, 0, 0, 0, 0, 0, 0, 0, major, minor, 3, 0];
        answer.resize(8 + 28, 0);
        answer
    }

    #[test]
    fn servers_of_this_version_are_taken_and_others_are_told_by_theirs() {
        assert_eq!(said_of(answer(7, 0)), None);
        for (major, minor) in [(6, 0), (8, 0), (7, 1)] {
            let said = said_of(answer(major, minor)).unwrap();
            assert!(said.contains(&format!("{major}.{minor}")), "{said}");
        }
    }

    #[test]
    fn what_is_no_rpc_server_is_told() {
        let check = |answer: &[u8], words: &str| {
            let said = said_of(answer.to_vec()).unwrap();
            assert!(said.contains(words), "{said}");
        };
        check(b"", "broke off");
        check(b"HTTP/1.1 400 Bad Request\r\n\r\n", "makes no sense");
        check(&answer(7, 0)[..12], "broke off");
        let nobody = ask("127.0.0.1:1").unwrap_err().message;
        assert!(nobody.contains("no connection"), "{nobody}");
        let nowhere = ask("no address").unwrap_err().message;
        assert!(nowhere.contains("no meaning"), "{nowhere}");
    }
}
