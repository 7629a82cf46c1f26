//! The conversation: which generation the server speaks, and its lists, page by page.

use std::time::{Duration, Instant};

use serde_json::{Map, Value as Json, json};
use url::Url;

use super::events::Events;
use crate::{
    acquire::{
        AcquireError, Door,
        web::{self, Answer, Question, Verb, WebError},
    },
    untrusted,
};

/// The generation without sessions, and the newest one with them.
const STATELESS: &str = "2026-07-28";
const WITH_SESSION: &str = "2025-11-25";
/// Generations with sessions that are understood.
const KNOWN: [&str; 4] = ["2024-11-05", "2025-03-26", "2025-06-18", WITH_SESSION];
/// Most pages of one list, and most things in it.
const MOST_PAGES: usize = 100;
const MOST_LISTED: usize = 5_000;
/// Longest cursor, bytes.
const LONGEST_CURSOR: usize = 8 << 10;
/// Most bytes of one reply.
const LARGEST_REPLY: u64 = 16 << 20;
/// Longest time for a whole conversation.
const PATIENCE: Duration = Duration::from_mins(2);

/// What a server listed.
#[derive(Debug, Default)]
pub(super) struct Listed {
    /// Which generation was spoken, in words.
    pub(super) generation: String,
    /// Server instructions.
    pub(super) instructions: Option<String>,
    /// Tools, in the order in which they came.
    pub(super) tools: Vec<Json>,
    /// Prompts.
    pub(super) prompts: Vec<Json>,
    /// Resources.
    pub(super) resources: Vec<Json>,
    /// Resource templates.
    pub(super) templates: Vec<Json>,
    /// What was not listed, and why.
    pub(super) gaps: Vec<String>,
}

/// A conversation that has begun.
pub(super) struct Session<'a> {
    url: &'a Url,
    door: &'a Door<'a>,
    version: String,
    /// What a server with sessions calls this one.
    key: Option<String>,
    /// What the server says about itself.
    hello: Map<String, Json>,
    requests: u64,
    begun: Instant,
}

/// Why a request has no result.
enum Refused {
    /// The server answered with an error of the protocol.
    Error { code: i64, message: String, supported: Vec<String> },
    /// It did not answer the request: status, content or connection.
    Broken(AcquireError),
}

impl<'a> Session<'a> {
    /// Finds out which generation the server speaks, and begins.
    pub(super) fn open(url: &'a Url, door: &'a Door<'a>) -> Result<Self, AcquireError> {
        let mut session = Self {
            url,
            door,
            version: STATELESS.to_owned(),
            key: None,
            hello: Map::new(),
            requests: 0,
            begun: Instant::now(),
        };
        match session.request("server/discover", Map::new()) {
            Ok(hello) if versions(&hello, "supportedVersions").iter().any(|version| version == STATELESS) => {
                session.hello = hello;
                return Ok(session);
            }
            Err(Refused::Error { supported, .. })
                if !supported.is_empty()
                    && !supported.iter().any(|version| KNOWN.contains(&version.as_str())) =>
            {
                let versions = untrusted::excerpt(&supported.join(", "), 100);
                return Err(session.unusable(&format!("it speaks none of the known versions: {versions}")));
            }
            Err(Refused::Broken(error @ AcquireError::NotFound { .. })) => {
                // A server of the other generation may answer so to what it does not know.
                return session.initialize().map_err(|_| error);
            }
            Err(Refused::Broken(error)) if session.is_final() => return Err(error),
            Ok(_) | Err(_) => {}
        }
        session.initialize()
    }

    /// Whether nobody answered, so that asking again in other words is no use.
    fn is_final(&self) -> bool {
        self.requests == 0
    }

    /// `initialize`, `notifications/initialized`.
    fn initialize(mut self) -> Result<Self, AcquireError> {
        WITH_SESSION.clone_into(&mut self.version);
        let client = json!({"name": "mcp-vouch", "version": env!("CARGO_PKG_VERSION")});
        let mut parameters = Map::new();
        parameters.insert("protocolVersion".to_owned(), json!(WITH_SESSION));
        parameters.insert("capabilities".to_owned(), json!({}));
        parameters.insert("clientInfo".to_owned(), client);
        self.hello =
            self.request("initialize", parameters).map_err(|refused| self.explain("initialize", refused))?;
        let version = self.hello.get("protocolVersion").and_then(Json::as_str).unwrap_or_default();
        if !KNOWN.contains(&version) {
            let why = format!("it speaks version `{}`, which is not known", untrusted::excerpt(version, 40));
            return Err(self.unusable(&why));
        }
        version.to_owned().clone_into(&mut self.version);
        let notice = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        self.send(&notice, "notifications/initialized", None).map_err(|error| Self::broken(&error))?;
        Ok(self)
    }

    /// Everything that it lists.
    pub(super) fn list(mut self) -> Result<Listed, AcquireError> {
        let words = if self.is_stateless() { "without sessions" } else { "with sessions" };
        let mut listed = Listed {
            generation: format!("protocol version {}, {words}", self.version),
            instructions: self.hello.get("instructions").and_then(Json::as_str).map(str::to_owned),
            ..Listed::default()
        };
        match self.pages("tools/list", "tools", &mut listed.gaps) {
            Ok(tools) => listed.tools = tools,
            Err(refused) => return Err(self.explain("tools/list", refused)),
        }
        let offers = |what: &str| self.hello.get("capabilities").is_some_and(|all| all.get(what).is_some());
        let (prompts, resources) = (offers("prompts"), offers("resources"));
        for (wanted, method, name) in [
            (prompts, "prompts/list", "prompts"),
            (resources, "resources/list", "resources"),
            (resources, "resources/templates/list", "resourceTemplates"),
        ] {
            if !wanted {
                continue;
            }
            let items = match self.pages(method, name, &mut listed.gaps) {
                Ok(items) => items,
                // Some servers announce resources and have no templates.
                Err(Refused::Error { code: -32601, .. }) => Vec::new(),
                Err(refused) => {
                    let why = self.explain(method, refused).to_string();
                    listed.gaps.push(why);
                    Vec::new()
                }
            };
            match name {
                "prompts" => listed.prompts = items,
                "resources" => listed.resources = items,
                _ => listed.templates = items,
            }
        }
        self.close();
        Ok(listed)
    }

    fn is_stateless(&self) -> bool {
        self.version == STATELESS
    }

    /// One list, page by page.
    fn pages(&mut self, method: &str, name: &str, gaps: &mut Vec<String>) -> Result<Vec<Json>, Refused> {
        let mut items: Vec<Json> = Vec::new();
        let mut cursors: Vec<String> = Vec::new();
        for _ in 0..MOST_PAGES {
            let mut parameters = Map::new();
            if let Some(cursor) = cursors.last() {
                parameters.insert("cursor".to_owned(), json!(cursor));
            }
            let mut result = self.request(method, parameters)?;
            let Some(Json::Array(page)) = result.remove(name) else {
                return Err(Refused::Broken(
                    self.unusable(&format!("its answer to `{method}` has no `{name}`")),
                ));
            };
            items.extend(page);
            if items.len() > MOST_LISTED {
                items.truncate(MOST_LISTED);
                gaps.push(format!("`{method}` lists more than {MOST_LISTED}: the rest was not read"));
                return Ok(items);
            }
            let Some(cursor) = result.get("nextCursor").and_then(Json::as_str) else { return Ok(items) };
            if cursor.len() > LONGEST_CURSOR || cursors.iter().any(|known| known == cursor) {
                gaps.push(format!("`{method}` goes in circles: what else it may list was not read"));
                return Ok(items);
            }
            cursors.push(cursor.to_owned());
        }
        gaps.push(format!("`{method}` has more than {MOST_PAGES} pages: the rest was not read"));
        Ok(items)
    }

    /// Ends a session politely; whether the server cares is its own matter.
    fn close(&self) {
        if self.key.is_some() {
            let question = Question { verb: Verb::Delete, body: Vec::new(), ..self.question("") };
            drop(self.door.web.ask(&question, &mut |_| true));
        }
    }

    /// One request and its result.
    fn request(
        &mut self,
        method: &str,
        mut parameters: Map<String, Json>,
    ) -> Result<Map<String, Json>, Refused> {
        if self.begun.elapsed() > PATIENCE {
            return Err(Refused::Broken(self.unusable("it takes too long")));
        }
        let id = self.requests + 1;
        if self.is_stateless() {
            parameters.insert(
                "_meta".to_owned(),
                json!({
                    "io.modelcontextprotocol/protocolVersion": STATELESS,
                    "io.modelcontextprotocol/clientInfo": {"name": "mcp-vouch", "version": env!("CARGO_PKG_VERSION")},
                    "io.modelcontextprotocol/clientCapabilities": {},
                }),
            );
        }
        let body = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": parameters});
        let answer =
            self.send(&body, method, Some(id)).map_err(|error| Refused::Broken(Self::broken(&error)))?;
        self.requests = id;
        if method == "initialize" {
            self.key = answer.session.clone().filter(|key| is_key(key));
        }
        let Some(reply) = reply(&answer, id) else {
            return Err(Refused::Broken(self.no_reply(&answer, method)));
        };
        if let Some(error) = reply.get("error") {
            let supported = error.get("data").and_then(Json::as_object);
            return Err(Refused::Error {
                code: error.get("code").and_then(Json::as_i64).unwrap_or_default(),
                message: error.get("message").and_then(Json::as_str).unwrap_or_default().to_owned(),
                supported: supported.map(|data| versions(data, "supported")).unwrap_or_default(),
            });
        }
        match reply.get("result") {
            Some(Json::Object(result)) => Ok(result.clone()),
            _ => Err(Refused::Broken(self.unusable(&format!("its answer to `{method}` has no result")))),
        }
    }

    fn send(&self, body: &Json, method: &str, id: Option<u64>) -> Result<Answer, WebError> {
        let question =
            Question { body: serde_json::to_vec(body).unwrap_or_default(), ..self.question(method) };
        let mut events = Events::default();
        self.door.web.ask(&question, &mut |chunk| {
            events.take(chunk).iter().any(|data| id.is_none_or(|id| answers(data, id).is_some()))
        })
    }

    fn question(&self, method: &str) -> Question {
        let mut headers: Vec<(String, web::Secret)> = self.door.settings.headers.clone();
        let mut add =
            |name: &str, value: &str| headers.push((name.to_owned(), web::Secret(value.to_owned())));
        // `initialize` settles the version: before, there is none to name.
        if method != "initialize" {
            add("MCP-Protocol-Version", &self.version);
        }
        if self.is_stateless() {
            add("Mcp-Method", method);
        }
        if let Some(key) = &self.key {
            add("Mcp-Session-Id", key);
        }
        Question { verb: Verb::Post, url: self.url.clone(), headers, body: Vec::new(), limit: LARGEST_REPLY }
    }

    fn explain(&self, method: &str, refused: Refused) -> AcquireError {
        match refused {
            Refused::Broken(error) => error,
            Refused::Error { code, message, .. } => self.unusable(&format!(
                "it answers `{method}` with error {code}: {}",
                untrusted::excerpt(&message, 200)
            )),
        }
    }

    fn no_reply(&self, answer: &Answer, method: &str) -> AcquireError {
        match answer.status {
            401 | 403 => AcquireError::Unavailable {
                message: format!("`{}` refused access (status {})", web::show(self.url), answer.status),
                hints: vec![
                    "`--header-env Authorization=VARIABLE` sends the value of an environment variable"
                        .to_owned(),
                ],
            },
            404 | 405 | 410 => AcquireError::NotFound {
                message: format!("`{}` is no MCP server (status {})", web::show(self.url), answer.status),
                hints: Vec::new(),
            },
            200..=299 => self.unusable(&format!("it did not answer `{method}`")),
            status => self.unusable(&format!("it answers `{method}` with status {status}")),
        }
    }

    fn broken(error: &WebError) -> AcquireError {
        AcquireError::Unavailable { message: format!("the server was not asked: {error}"), hints: Vec::new() }
    }

    fn unusable(&self, why: &str) -> AcquireError {
        AcquireError::Unavailable {
            message: format!("`{}` could not be asked: {why}", web::show(self.url)),
            hints: Vec::new(),
        }
    }
}

/// The message with a request's id, in a reply of one message or in a stream of them.
fn reply(answer: &Answer, id: u64) -> Option<Map<String, Json>> {
    if answer.content_type.starts_with("text/event-stream") {
        let mut events = Events::default();
        let mut all = events.take(&answer.body);
        // A stream may end without the blank line.
        all.extend(events.take(b"\n\n"));
        return all.iter().find_map(|data| answers(data, id));
    }
    answers(&answer.body, id)
}

fn answers(data: &[u8], id: u64) -> Option<Map<String, Json>> {
    let message: Json = serde_json::from_slice(data).ok()?;
    let messages = match message {
        Json::Array(batch) => batch,
        one => vec![one],
    };
    messages.into_iter().find_map(|message| match message {
        Json::Object(message) if message.get("id").and_then(Json::as_u64) == Some(id) => {
            (message.contains_key("result") || message.contains_key("error")).then_some(message)
        }
        _ => None,
    })
}

fn versions(object: &Map<String, Json>, name: &str) -> Vec<String> {
    let list = object.get(name).and_then(Json::as_array);
    list.into_iter().flatten().filter_map(Json::as_str).take(32).map(str::to_owned).collect()
}

/// Visible ASCII, as the protocol demands: anything else would not be a header.
fn is_key(key: &str) -> bool {
    (1..=1024).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
}
