//! Models that are spread over machines which lend their devices: here, workers of this machine that lend its processor.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use brickwork_engine::ports::InferenceErrorCode;
use brickwork_worker_client::{Compute, WorkerClient, WorkerConfig, lend};

use crate::support::{SMOL, WITHOUT_AMX, ask, client, config, eventually, exact, generation, greedy, owned, user};

const LIMIT: Duration = Duration::from_secs(30);

/// A worker that lends, until it is dropped.
struct Lender {
    address: SocketAddr,
    lines: Arc<Mutex<Vec<String>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Lender {
    async fn start() -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&lines);
        let task = tokio::spawn(async move {
            // The same variant as that of the client, whose texts are compared.
            let config = WorkerConfig { environment: owned(&[WITHOUT_AMX]), ..config() };
            let error = lend(&config, address, &[], |line| kept.lock().unwrap().push(line.to_owned())).await;
            kept.lock().unwrap().push(error.message);
        });
        eventually("the server listens", LIMIT, || TcpStream::connect(address).is_ok()).await;
        Self { address, lines, task }
    }

    /// Programs that it has served, the one that looked whether it listens left out.
    fn served(&self) -> usize {
        let lines = self.lines.lock().unwrap();
        lines.iter().filter(|line| line.contains("Accepted")).count().saturating_sub(1)
    }
}

impl Drop for Lender {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn spread(client: &WorkerClient, servers: &[SocketAddr]) {
    let rpc_servers = servers.iter().map(SocketAddr::to_string).collect();
    client.set_compute(Compute { rpc_servers, ..exact() });
}

#[tokio::test]
async fn a_model_is_spread_over_two_servers_and_says_the_same() {
    let job = || generation(SMOL, user("Write one line of Python that prints hello."), greedy(24));
    let (text, _) = ask(&client(), job()).await.done();

    let (one, other) = (Lender::start().await, Lender::start().await);
    let client = client();
    spread(&client, &[one.address, other.address]);
    let (spread_text, _) = ask(&client, job()).await.done();
    assert_eq!(spread_text, text);
    assert!(one.served() > 0 && other.served() > 0, "{:?} {:?}", one.lines, other.lines);

    // The cache lives on the servers, and serves the next question there.
    let (_, done) = ask(&client, job()).await.done();
    assert!(done.timings.cached_tokens > 0, "{:?}", done.timings);

    // A role that is not spread keeps to this machine, in the same worker.
    spread(&client, &[]);
    let served = (one.served(), other.served());
    assert_eq!(ask(&client, job()).await.done().0, text);
    assert_eq!((one.served(), other.served()), served);
}

#[tokio::test]
async fn a_server_that_is_gone_fails_one_job_with_its_address() {
    let job = || generation(SMOL, user("Hello"), greedy(4));
    let lender = Lender::start().await;
    let address = lender.address;
    let client = client();
    spread(&client, &[address]);
    ask(&client, job()).await.done();
    drop(lender);
    eventually("nobody listens any more", LIMIT, || TcpStream::connect(address).is_err()).await;

    let error = ask(&client, job()).await.error();
    assert_eq!(error.code, InferenceErrorCode::RemoteUnreachable, "{error}");
    assert!(error.message.contains(&address.to_string()) && error.message.contains("brickwork lend"), "{error}");
    spread(&client, &[]);
    ask(&client, job()).await.done();
}

#[tokio::test]
async fn what_cannot_be_lent_is_told() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let error = lend(&config(), taken.local_addr().unwrap(), &[], |_| {}).await;
    assert!(error.message.contains("taken by another program"), "{error}");
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = lend(&config(), free, &["NoSuchDevice".to_owned()], |_| {}).await;
    assert!(error.message.contains("NoSuchDevice") && error.message.contains("CPU"), "{error}");
}
