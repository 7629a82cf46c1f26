use std::{thread, time::Duration};

use serde_json::{Value as Json, json};

use super::*;
use crate::acquire::{
    Settings, acquire,
    live::Live,
    testing::{Request, Response, Server},
    web::Secret,
};

/// What a scripted server does with each method.
type Script = fn(&str, &Json) -> Json;

fn tool(name: &str) -> Json {
    json!({"name": name, "description": format!("Does {name}."), "inputSchema": {"type": "object"}})
}

fn body(request: &Request) -> Json {
    serde_json::from_slice(&request.body).unwrap_or(Json::Null)
}

fn method(request: &Request) -> String {
    body(request)["method"].as_str().unwrap_or_default().to_owned()
}

fn result(request: &Request, result: &Json) -> Response {
    let reply = json!({"jsonrpc": "2.0", "id": body(request)["id"], "result": result});
    Response::ok(reply.to_string()).header("Content-Type", "application/json")
}

fn error(request: &Request, status: u16, code: i64) -> Response {
    let reply =
        json!({"jsonrpc": "2.0", "id": body(request)["id"], "error": {"code": code, "message": "no"}});
    Response::new(status, reply.to_string()).header("Content-Type", "application/json")
}

/// A server without sessions.
fn stateless(lists: Script) -> Server {
    Server::start(move |request, _| {
        let (method, sent) = (method(request), body(request));
        let meta = &sent["params"]["_meta"];
        if request.header("mcp-protocol-version") != Some("2026-07-28")
            || request.header("mcp-method") != Some(method.as_str())
            || meta["io.modelcontextprotocol/protocolVersion"] != "2026-07-28"
            || !meta["io.modelcontextprotocol/clientCapabilities"].is_object()
        {
            return error(request, 400, -32602);
        }
        match method.as_str() {
            "server/discover" => result(
                request,
                &json!({"resultType": "complete", "supportedVersions": ["2026-07-28"], "instructions": "Be kind.",
                        "capabilities": {"tools": {}, "prompts": {}, "resources": {}}, "ttlMs": 1, "cacheScope": "public"}),
            ),
            other => result(request, &lists(other, &sent["params"])),
        }
    })
}

/// A server with sessions, whose replies are streams.
fn with_session(lists: Script) -> Server {
    Server::start(move |request, _| {
        let method = method(request);
        if method == "server/discover" {
            return Response::new(400, "Bad Request: no session");
        }
        if method == "initialize" {
            let hello = json!({"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": {"name": "s", "version": "1"}});
            return result(request, &hello).header("Mcp-Session-Id", "abc-1");
        }
        if request.header("mcp-session-id") != Some("abc-1")
            || request.header("mcp-protocol-version") != Some("2025-06-18")
        {
            return Response::new(404, "no session");
        }
        if request.method == "DELETE" || method == "notifications/initialized" {
            return Response::new(202, "");
        }
        let sent = body(request);
        let reply = json!({"jsonrpc": "2.0", "id": sent["id"], "result": lists(&method, &sent["params"])});
        let notice = json!({"jsonrpc": "2.0", "method": "notifications/message", "params": {}});
        let stream =
            format!(": hello\n\nevent: message\ndata: {notice}\n\nevent: message\ndata: {reply}\n\n");
        Response::ok(stream).header("Content-Type", "text/event-stream")
    })
}

fn settings(headers: Vec<(String, Secret)>) -> Settings {
    Settings { headers, ..Settings::default() }
}

fn ask_with(address: &str, settings: &Settings) -> Result<Artifact, AcquireError> {
    let live = Live::impatient();
    let door = Door { web: &live, settings };
    acquire(&Target::connect(address)?, &door)
}

fn ask(address: &str) -> Result<Artifact, AcquireError> {
    ask_with(address, &settings(Vec::new()))
}

fn document(artifact: &Artifact) -> Json {
    serde_json::from_slice(&artifact.files[0].bytes).unwrap()
}

fn names(artifact: &Artifact, what: &str) -> Vec<String> {
    let document = document(artifact);
    let items = document[what].as_array().unwrap();
    items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn lists_a_server_without_sessions() {
    let server = stateless(|method, parameters| match (method, parameters["cursor"].as_str()) {
        ("tools/list", None) => json!({"tools": [tool("a")], "nextCursor": "2"}),
        ("tools/list", Some("2")) => json!({"tools": [tool("b")]}),
        ("prompts/list", _) => json!({"prompts": [{"name": "p"}]}),
        ("resources/list", _) => json!({"resources": [{"name": "r", "uri": "x:y"}]}),
        _ => json!({"resourceTemplates": [{"name": "t", "uriTemplate": "x:{y}"}]}),
    });
    let artifact = ask(server.at("mcp?token=1").as_str()).unwrap();
    assert_eq!(names(&artifact, "tools"), ["a", "b"]);
    assert_eq!(
        (names(&artifact, "prompts"), names(&artifact, "resources")),
        (vec!["p".to_owned()], vec!["r".to_owned()])
    );
    assert_eq!(names(&artifact, "resourceTemplates"), ["t"]);
    assert_eq!(document(&artifact)["instructions"], "Be kind.");
    assert_eq!(artifact.unread, []);
    assert_eq!(artifact.source, format!("live server `{}`", web::show(&server.at("mcp"))));
    assert!(artifact.resolution[0].contains("2026-07-28, without sessions"), "{:?}", artifact.resolution);
    assert!(server.requests().iter().all(|request| request.header("mcp-session-id").is_none()));
}

#[test]
fn lists_a_server_with_sessions_and_ends_the_session() {
    let server = with_session(|_, _| json!({"tools": [tool("a")]}));
    let artifact = ask(server.at("mcp").as_str()).unwrap();
    assert_eq!(names(&artifact, "tools"), ["a"]);
    assert!(artifact.resolution[0].contains("2025-06-18, with sessions"), "{:?}", artifact.resolution);
    let methods: Vec<String> =
        server.requests().iter().map(|request| format!("{} {}", request.method, method(request))).collect();
    assert_eq!(
        methods,
        [
            "POST server/discover",
            "POST initialize",
            "POST notifications/initialized",
            "POST tools/list",
            "DELETE "
        ]
    );
}

#[test]
fn the_same_lists_make_the_same_artifact() {
    let server = stateless(
        |_, _| json!({"tools": [tool("a")], "prompts": [], "resources": [], "resourceTemplates": []}),
    );
    let [one, two] = [ask(server.at("mcp").as_str()).unwrap(), ask(server.at("mcp").as_str()).unwrap()];
    assert_eq!((one.digest, one.files[0].bytes.clone()), (two.digest, two.files[0].bytes.clone()));
}

#[test]
fn says_what_was_not_listed() {
    for (lists, expected) in [
        (
            (|_: &str, _: &Json| json!({"tools": [tool("a")], "nextCursor": "again"})) as Script,
            "`tools/list` goes in circles: what else it may list was not read",
        ),
        (
            |_, parameters| {
                let page =
                    parameters["cursor"].as_str().map_or(0, |cursor| cursor.parse::<u64>().unwrap_or(0));
                json!({"tools": [tool("a")], "nextCursor": (page + 1).to_string()})
            },
            "`tools/list` has more than 100 pages: the rest was not read",
        ),
        (
            |_, _| json!({"tools": vec![tool("a"); 5_001]}),
            "`tools/list` lists more than 5000: the rest was not read",
        ),
    ] {
        let server = with_session(lists);
        let artifact = ask(server.at("mcp").as_str()).unwrap();
        let gaps: Vec<&str> = artifact.unread.iter().map(|unread| unread.why.as_str()).collect();
        assert_eq!(gaps, [expected]);
        assert!(artifact.unread.iter().all(|unread| unread.needed == Needed::Yes));
    }
}

#[test]
fn sends_headers_from_the_environment_and_shows_none() {
    let server = Server::start(|request, _| match request.header("authorization") {
        Some("Bearer hidden") => Response::new(403, "hidden"),
        _ => Response::new(401, "no").header("WWW-Authenticate", "Bearer"),
    });
    let address = server.at("mcp");
    for (headers, status) in
        [(vec![], 401), (vec![("Authorization".to_owned(), Secret("Bearer hidden".to_owned()))], 403)]
    {
        let error = ask_with(address.as_str(), &settings(headers)).unwrap_err();
        assert_eq!(error.to_string(), format!("`{}` refused access (status {status})", web::show(&address)));
    }
}

#[test]
fn refuses_addresses_that_are_none_or_carry_credentials() {
    for address in [
        "",
        "mcp.example",
        "file:///etc/passwd",
        "ftp://mcp.example/",
        "https://user:pw@mcp.example/",
        "https://token@mcp.example/mcp",
    ] {
        let error = Target::connect(address).unwrap_err();
        assert!(
            matches!(&error, AcquireError::Usage { message, .. } if !message.contains("pw") && !message.contains("token")),
            "{error}"
        );
    }
    let secret = settings(vec![("Authorization".to_owned(), Secret("x".to_owned()))]);
    assert!(matches!(ask_with("http://mcp.example/mcp", &secret), Err(AcquireError::Usage { .. })));
    assert_eq!(
        Target::connect("https://mcp.example/mcp?key=1").unwrap().written,
        "connect:https://mcp.example/mcp"
    );
}

#[test]
fn asks_nobody_offline() {
    let offline = Settings { offline: true, ..Settings::default() };
    let error = ask_with("https://mcp.example/mcp", &offline).unwrap_err();
    assert!(matches!(error, AcquireError::Unavailable { .. }));
}

#[test]
fn survives_hostile_replies() {
    let cases: Vec<(&str, Response)> = vec![
        ("a redirect", Response::redirect("http://127.0.0.1:1/")),
        ("no JSON", Response::ok("<html>").header("Content-Type", "application/json")),
        ("another id", Response::ok(r#"{"jsonrpc":"2.0","id":77,"result":{"tools":[]}}"#)),
        ("no result", Response::ok(r#"{"jsonrpc":"2.0","id":1}"#)),
        ("an array", Response::ok("[]")),
        ("a server error", Response::new(500, "no")),
        ("a huge length", Response::ok("x").stating(1 << 40)),
        ("a huge body", Response::ok(vec![b' '; 1 << 20]).repeated(17)),
        (
            "a stream without an answer",
            Response::ok("data: {}\n\n".repeat(100_000))
                .repeated(20)
                .header("Content-Type", "text/event-stream"),
        ),
        (
            "one endless event",
            Response::ok("data: x\n".repeat(100_000))
                .repeated(25)
                .header("Content-Type", "text/event-stream"),
        ),
        ("deep nesting", Response::ok(format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000)))),
    ];
    for (what, response) in cases {
        let server = Server::always(response);
        let error = ask(server.at("mcp").as_str()).unwrap_err();
        assert!(
            matches!(error, AcquireError::Unavailable { .. } | AcquireError::NotFound { .. }),
            "{what}: {error}"
        );
    }
}

#[test]
fn stops_reading_a_stream_where_the_answer_is_complete() {
    let server = Server::start(|request, _| {
        let reply = json!({"jsonrpc": "2.0", "id": body(request)["id"], "result":
            {"supportedVersions": ["2026-07-28"], "tools": [], "capabilities": {}}});
        // Without an end of its own, the stream would be larger than any limit.
        let stream = format!("data: {reply}\n\n");
        Response::ok(stream).repeated(1_000_000).header("Content-Type", "text/event-stream")
    });
    assert_eq!(names(&ask(server.at("mcp").as_str()).unwrap(), "tools"), Vec::<String>::new());
}

#[test]
fn a_server_that_is_gone_is_no_pass() {
    let server = Server::always(Response::ok(""));
    let address = server.at("mcp");
    drop(server);
    thread::sleep(Duration::ZERO);
    assert!(matches!(ask(address.as_str()), Err(AcquireError::Unavailable { .. })));
}
