//! `brickwork-worker`: runs models with llama.cpp, and T5Gemma with candle, in a process of its own.
//!
//! llama.cpp ends its process on a failed assertion, and nothing can catch that. So it lives here, and the program that
//! started the worker survives whatever happens to it. The two talk in frames (`brickwork-worker-protocol`) over
//! standard input and output.
//!
//! - The main thread reads frames. The end of its input means that the program is gone, and ends the worker at once.
//! - One thread ([`inference`]) does jobs, those on one model together, and polls for cancels between batches of tokens.
//! - Standard output belongs to the protocol alone; everything else goes to standard error ([`os`], [`log`]).
//!
//! Started as `brickwork-worker quantize FOLDER FILE TYPE`, it converts a T5Gemma folder and ends.
//!
//! Started as `brickwork-worker syntax`, it answers questions of syntax ([`syntax`]).
//!
//! At other times the worker writes no file but what it computed of prompts, into the folder that the program names
//! ([`model::shelf`]), and it reads none but those, llama.cpp's modules and the models that it is told to load. It opens a
//! socket only where the user wants that: to the RPC servers over which a model is spread, and to lend this machine's
//! devices when it is started as `brickwork-worker lend ADDRESS [DEVICE...]` ([`rpc`]).

mod chat;
mod devices;
mod drafts;
mod encoder_decoder;
mod failure;
mod generation;
mod inference;
mod log;
mod model;
mod modules;
mod os;
mod output;
mod outputs;
mod pace;
mod rpc;
mod syntax;
#[cfg(test)]
mod test_models;
mod text;
mod threads;

use std::io::Read;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use brickwork_t5gemma::Quantization;
use brickwork_worker_protocol::{
    FailureCode, FrameDecoder, FromWorker, JobId, Module, PROTOCOL_VERSION, ToWorker, WorkerHello, check_protocol,
};
use llama_cpp_2::llama_backend::LlamaBackend;

use crate::failure::Failure;
use crate::inference::{Inference, Request};
use crate::output::{Cancels, Output};

/// Exit code for a program that speaks another protocol.
const EXIT_PROTOCOL: i32 = 3;

/// Exit code for a fault of this program's own code.
const EXIT_PANIC: i32 = 101;

/// How long what was computed may be saved when the program asks for the end; the program waits a little longer.
const FAREWELL_LIMIT: Duration = Duration::from_millis(1500);

/// The argument that lends this machine's devices instead of working for a program.
const LEND: &str = "lend";

/// The argument that converts a model instead.
const QUANTIZE: &str = "quantize";

/// The argument that answers questions of syntax instead.
const SYNTAX: &str = "syntax";

/// The binding to llama.cpp, as the handshake names it.
const LLAMA_VERSION: &str = "llama-cpp-2 0.1.160";

fn main() -> ExitCode {
    os::die_with_parent();
    let mut arguments = std::env::args().skip(1);
    let task = arguments.next();
    let output = match os::claim_stdout() {
        Ok(pipe) if task.as_deref() == Some(SYNTAX) => return syntax::serve(std::io::stdin().lock(), pipe),
        Ok(pipe) => Arc::new(Output::new(pipe)),
        Err(error) => {
            eprintln!("standard output cannot be used: {error}");
            return ExitCode::FAILURE;
        }
    };
    if task.as_deref() == Some(QUANTIZE) {
        return quantize(arguments);
    }
    log::install();
    let modules = match modules::load() {
        Ok(modules) => modules,
        Err(error) => {
            eprintln!("llama.cpp cannot be used: {error}. Install Brickwork again.");
            return ExitCode::FAILURE;
        }
    };
    if task.as_deref() == Some(LEND) {
        return lend(arguments);
    }
    let backend = match LlamaBackend::init() {
        Ok(backend) => backend,
        Err(error) => {
            eprintln!("llama.cpp cannot be started: {error}");
            return ExitCode::FAILURE;
        }
    };
    let threads = threads::physical_cores();
    threads::share_among(threads);
    let cancels = Arc::new(Cancels::default());
    let inference = Inference::new(backend, threads, Arc::clone(&output), Arc::clone(&cancels));
    let Some(requests) = start(inference) else { return ExitCode::FAILURE };
    let mut main = Main { output, cancels, requests, threads, modules, is_greeted: false };
    if main.read_frames() == Farewell::Said && main.requests.send(Request::End).is_ok() {
        // The thread that does the jobs ends the process once it has saved what is worth it.
        std::thread::sleep(FAREWELL_LIMIT);
    }
    os::end_now(0)
}

/// Lends devices to other machines: the first argument is the address, the others name the devices.
fn lend(mut arguments: impl Iterator<Item = String>) -> ExitCode {
    let address = arguments.next().unwrap_or_default();
    let Ok(address) = address.parse() else {
        eprintln!("`{address}` is no address of the form 127.0.0.1:50052");
        return ExitCode::FAILURE;
    };
    let names: Vec<String> = arguments.collect();
    eprintln!("Lending at {address}");
    end_with_input();
    match rpc::serve(address, &names, threads::physical_cores()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Converts a T5Gemma folder: the arguments are the folder, the file to make, and the type of its weights.
fn quantize(mut arguments: impl Iterator<Item = String>) -> ExitCode {
    let mut next = || arguments.next().unwrap_or_default();
    let (folder, to, kind) = (next(), next(), next());
    let Some(kind) = Quantization::from_name(&kind) else {
        eprintln!("`{kind}` is no type of weights; choose q8_0 or q4_k.");
        return ExitCode::FAILURE;
    };
    end_with_input();
    threads::share_among(threads::physical_cores());
    let mut last = -1.0;
    let mut on_progress = |part: f32| {
        if part - last >= 0.005 || part >= 1.0 {
            last = part;
            eprintln!("progress {part:.3}");
        }
        true
    };
    match brickwork_t5gemma::quantize(Path::new(&folder), Path::new(&to), kind, &mut on_progress) {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}.");
            ExitCode::FAILURE
        }
    }
}

/// Ends the process when the program that started it is gone, which holds the other end of its input.
fn end_with_input() {
    std::thread::spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        os::end_now(0);
    });
}

/// Starts the thread that does the jobs. A fault of ours there ends the process, since nobody would answer any more.
fn start(inference: Inference) -> Option<Sender<Request>> {
    let (requests, received) = std::sync::mpsc::channel();
    let work = move || {
        let work = std::panic::AssertUnwindSafe(|| inference.run(&received));
        os::end_now(if std::panic::catch_unwind(work).is_err() { EXIT_PANIC } else { 0 });
    };
    match std::thread::Builder::new().name("inference".to_owned()).spawn(work) {
        Ok(_) => Some(requests),
        Err(error) => {
            eprintln!("no thread could be started: {error}");
            None
        }
    }
}

/// How the program went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Farewell {
    /// It asked for the end, and waits a moment for it.
    Said,
    /// It is gone.
    Unsaid,
}

/// The reading end.
struct Main {
    output: Arc<Output>,
    cancels: Arc<Cancels>,
    requests: Sender<Request>,
    threads: u32,
    modules: Vec<Module>,
    is_greeted: bool,
}

impl Main {
    /// Reads frames until the program closes its end or asks for the end.
    fn read_frames(&mut self) -> Farewell {
        let mut input = std::io::stdin().lock();
        let mut decoder = FrameDecoder::<ToWorker>::default();
        let mut bytes = vec![0; 64 * 1024];
        loop {
            let n = match input.read(&mut bytes) {
                Ok(0) => return Farewell::Unsaid,
                Ok(n) => n,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(_) => return Farewell::Unsaid,
            };
            decoder.push(&bytes[..n]);
            while let Some(frame) = decoder.next_frame() {
                match frame {
                    Ok(ToWorker::Shutdown) => return Farewell::Said,
                    Ok(frame) => self.take(frame),
                    Err(error) => eprintln!("{error}"),
                }
            }
        }
    }

    fn take(&mut self, frame: ToWorker) {
        match frame {
            ToWorker::Hello { protocol } => self.greet(protocol),
            ToWorker::Cancel { job } => self.cancels.add(job),
            ToWorker::Unload { model } => self.pass_on(0, Request::Unload(model)),
            ToWorker::Generate(generate) => self.pass_on(generate.job, Request::Generate(generate)),
            ToWorker::CountTokens(count) => self.pass_on(count.job, Request::CountTokens(count)),
            ToWorker::Render(render) => self.pass_on(render.job, Request::Render(render)),
            ToWorker::CountTexts(count) => self.pass_on(count.job, Request::CountTexts(count)),
            ToWorker::Devices { job } => self.pass_on(job, Request::Devices(job)),
            ToWorker::Shutdown => {}
        }
    }

    fn greet(&mut self, protocol: u32) {
        self.output.send(&FromWorker::Hello(WorkerHello {
            protocol: PROTOCOL_VERSION,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            llama_version: LLAMA_VERSION.to_owned(),
            devices: devices::local(),
            threads: self.threads,
            modules: self.modules.clone(),
        }));
        if let Err(error) = check_protocol(protocol) {
            eprintln!("{error}");
            os::end_now(EXIT_PROTOCOL);
        }
        self.is_greeted = true;
    }

    fn pass_on(&self, job: JobId, request: Request) {
        if !self.is_greeted {
            let failure = Failure::new(FailureCode::BadRequest, "A job came before the handshake. Send Hello first.");
            self.output.send(&FromWorker::Failed(failure.of_job(job)));
        } else if self.requests.send(request).is_err() {
            os::end_now(EXIT_PANIC);
        }
    }
}
