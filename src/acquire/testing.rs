//! Loopback servers for tests: each answers what its test says and ends with its test.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use url::Url;

/// Most requests that one server answers.
const MOST_REQUESTS: usize = 200;
/// Longest request head, bytes.
const LONGEST_HEAD: usize = 64 << 10;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// `GET` or `POST`.
    pub(crate) method: String,
    /// Path and query.
    pub(crate) path: String,
    /// Lower-case names and their values.
    pub(crate) headers: Vec<(String, String)>,
    /// The body, where a length was stated.
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// What a server answers.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    stated: Option<u64>,
    repeats: usize,
}

impl Response {
    /// A status with a body.
    pub(crate) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into(), stated: None, repeats: 1 }
    }

    /// Status 200.
    pub(crate) fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self::new(200, body)
    }

    /// Status 302 to another address.
    pub(crate) fn redirect(location: &str) -> Self {
        Self::new(302, "").header("Location", location)
    }

    /// Adds a header.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// States a length that the body does not have.
    pub(crate) fn stating(mut self, length: u64) -> Self {
        self.stated = Some(length);
        self
    }

    /// Sends the body again and again without stating a length.
    pub(crate) fn repeated(mut self, times: usize) -> Self {
        self.repeats = times;
        self
    }

    fn write(&self, stream: &mut TcpStream) -> std::io::Result<()> {
        let mut head = format!("HTTP/1.1 {} x\r\nConnection: close\r\n", self.status);
        for (name, value) in &self.headers {
            head.extend([name, ": ", value, "\r\n"]);
        }
        if self.repeats == 1 {
            let length = self.stated.unwrap_or(self.body.len() as u64);
            head.extend(["Content-Length: ", &length.to_string(), "\r\n"]);
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes())?;
        for _ in 0..self.repeats {
            stream.write_all(&self.body)?;
        }
        stream.flush()
    }
}

/// A server on the loopback address, which ends when it is dropped.
pub(crate) struct Server {
    /// `http://127.0.0.1:PORT/`.
    pub(crate) url: Url,
    requests: Arc<Mutex<Vec<Request>>>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Answers every request by a function of the request and of how many came before.
    pub(crate) fn start(mut answer: impl FnMut(&Request, usize) -> Response + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let is_over = Arc::new(AtomicBool::new(false));
        let (seen, over) = (Arc::clone(&requests), Arc::clone(&is_over));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().take(MOST_REQUESTS) {
                if over.load(Ordering::SeqCst) {
                    break;
                }
                let Ok(mut stream) = stream else { break };
                let Some(request) = receive(&mut stream) else { continue };
                let count = seen.lock().unwrap().len();
                seen.lock().unwrap().push(request.clone());
                // A client that hangs up early is part of some tests.
                drop(answer(&request, count).write(&mut stream));
            }
        });
        let url = Url::parse(&format!("http://{address}/")).unwrap();
        Self { url, requests, is_over, thread: Some(thread) }
    }

    /// Answers everything in the same way.
    pub(crate) fn always(response: Response) -> Self {
        Self::start(move |_, _| response.clone())
    }

    /// The requests so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// An address below the server's.
    pub(crate) fn at(&self, path: &str) -> Url {
        self.url.join(path).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        if let (Some(host), Some(port)) = (self.url.host_str(), self.url.port()) {
            drop(TcpStream::connect((host, port)));
        }
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn receive(stream: &mut TcpStream) -> Option<Request> {
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    stream.set_write_timeout(Some(Duration::from_secs(10))).ok()?;
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        let count = stream.read(&mut buffer).ok().filter(|count| *count > 0 && bytes.len() < LONGEST_HEAD)?;
        bytes.extend_from_slice(&buffer[..count]);
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let mut request = Request { method, path, headers, body: bytes[end + 4..].to_vec() };
    let length: usize = request.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    while request.body.len() < length.min(16 << 20) {
        let count = stream.read(&mut buffer).ok().filter(|count| *count > 0)?;
        request.body.extend_from_slice(&buffer[..count]);
    }
    Some(request)
}
