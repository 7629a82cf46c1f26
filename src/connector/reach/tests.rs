use crate::{
    artifact::{Artifact, File, Kind, Language},
    code,
    code::resolve::Resolver,
    connector::{Connector, capabilities::Does, reach::Wanted},
    detect::sets,
};

fn package(files: &[(&str, &str)]) -> Artifact {
    let file = |&(path, source): &(&str, &str)| File {
        path: path.to_owned(),
        size: source.len() as u64,
        sha256: [0; 32],
        kind: Kind::Source(match path.rsplit('.').next() {
            Some("py") => Language::Python,
            _ => Language::JavaScript,
        }),
        bytes: source.as_bytes().to_vec(),
    };
    Artifact { files: files.iter().map(file).collect(), ..Artifact::default() }
}

fn read(files: &[(&str, &str)]) -> Connector {
    let artifact = package(files);
    crate::connector::read(&artifact, &code::read(&artifact, &sets::get().callees))
}

/// What each tool reaches: `name: kind kind host`.
fn reached(files: &[(&str, &str)]) -> Vec<String> {
    let connector = read(files);
    let show = |tool: &crate::connector::Tool| {
        let Some(reach) = &tool.reach else { return format!("{}: unknown", tool.name.raw()) };
        let mut words: Vec<String> = reach.uses.keys().map(|name| (*name).to_owned()).collect();
        words.extend(reach.hosts.iter().cloned());
        if reach.unfollowed > 0 {
            words.push(format!("{} unfollowed", reach.unfollowed));
        }
        format!("{}: {}", tool.name.raw(), words.join(" "))
    };
    connector.tools.iter().map(show).collect()
}

const SERVER: &str = "import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';\nimport fs from 'node:fs';\nimport axios from 'axios';\nimport { execSync } from 'child_process';\nconst server = new McpServer({ name: 'n', version: '1' });\n";

fn script(source: &str) -> Vec<String> {
    reached(&[("server.js", &format!("{SERVER}{source}"))])
}

fn python(source: &str) -> Vec<String> {
    let head = "import os, subprocess, requests\nfrom mcp.server.fastmcp import FastMCP\nfrom mcp.server import Server\nfrom mcp.types import Tool\nmcp = FastMCP('n')\nserver = Server('n')\n";
    reached(&[("server.py", &format!("{head}{source}"))])
}

#[test]
fn follows_calls_methods_callbacks_and_circles() {
    let found = script(
        "class Store { constructor() { this.path = 'x'; } save() { fs.writeFileSync(this.path, ''); } }
         const store = new Store();
         function ping(n) { return n > 0 ? pong(n - 1) : fetch('https://api.service.example/v1'); }
         function pong(n) { return ping(n); }
         server.tool('save', 'd', {}, async () => store.save());
         server.tool('ping', 'd', {}, async () => pong(2));
         server.tool('each', 'd', {}, async () => [1].map(() => execSync('ls')));
         server.tool('none', 'd', {}, async () => 1 + 1);
         server.tool('promise', 'd', {}, () => new Promise((ok) => fs.readFile('a', ok)));",
    );
    assert_eq!(
        found,
        [
            "each: processes",
            "none: ",
            "ping: network api.service.example",
            "promise: file-reads",
            "save: file-writes",
        ]
    );
}

#[test]
fn tells_deletions_from_writes() {
    let found = script(
        "server.tool('a', 'd', {}, async ({ p }) => fs.unlinkSync(p));
         server.tool('b', 'd', {}, async ({ p }) => axios.delete(p));
         server.tool('c', 'd', {}, async ({ p }) => fetch(p, { method: 'DELETE' }));
         server.tool('d', 'd', {}, async ({ p }) => fetch(p, { method: 'POST' }));",
    );
    assert_eq!(
        found,
        [
            "a: file-deletes file-writes",
            "b: network remote-deletes",
            "c: network remote-deletes",
            "d: network",
        ]
    );
}

#[test]
fn a_shared_handler_reaches_for_each_tool_what_its_branch_does() {
    let list = "@server.list_tools()\nasync def tools(): return [Tool(name='look'), Tool(name='run'), Tool(name='send')]\n";
    for body in [
        "    if name == 'look':\n        return open('a').read()\n    elif name == 'run':\n        return subprocess.run(['ls'])\n    elif name == 'send':\n        return requests.post('https://api.service.example/')\n",
        "    if name == 'look':\n        return open('a').read()\n    if name == 'run':\n        return subprocess.run(['ls'])\n    return requests.post('https://api.service.example/')\n",
        "    match name:\n        case 'look':\n            return open('a').read()\n        case 'run':\n            return subprocess.run(['ls'])\n        case _:\n            return requests.post('https://api.service.example/')\n",
        "    return await inner(name, arguments)\nasync def inner(name, arguments):\n    if name in ('look',):\n        return open('a').read()\n    if name != 'run':\n        return requests.post('https://api.service.example/')\n    return subprocess.run(['ls'])\n",
        "    return TABLE[name](arguments)\ndef look(a): return open('a').read()\ndef run(a): return subprocess.run(['ls'])\ndef send(a): return requests.post('https://api.service.example/')\nTABLE = {'look': look, 'run': run, 'send': send}\n",
        "    action = TABLE.get(name)\n    return action(arguments)\ndef look(a): return open('a').read()\ndef run(a): return subprocess.run(['ls'])\ndef send(a): return requests.post('https://api.service.example/')\nTABLE = {'look': look, 'run': run, 'send': send}\n",
    ] {
        let found = python(&format!("{list}@server.call_tool()\nasync def call(name, arguments):\n{body}"));
        assert_eq!(
            found,
            ["look: file-reads", "run: processes", "send: network api.service.example"],
            "{body}"
        );
    }
}

#[test]
fn a_shared_script_handler_reaches_for_each_tool_what_its_branch_does() {
    let head = "import { Server } from '@modelcontextprotocol/sdk/server/index.js';\nimport { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';\nimport fs from 'fs';\nimport { execSync } from 'child_process';\nconst server = new Server({ name: 'n', version: '1' });\nserver.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: [{ name: 'look', inputSchema: {} }, { name: 'run', inputSchema: {} }] }));\n";
    for body in [
        "server.setRequestHandler(CallToolRequestSchema, async (request) => { switch (request.params.name) { case 'look': return fs.readFileSync('a'); case 'run': { return execSync('ls'); } default: throw new Error('x'); } });",
        "const look = () => fs.readFileSync('a'); const run = () => execSync('ls'); const table = { look, run }; server.setRequestHandler(CallToolRequestSchema, async (request) => { const f = table[request.params.name]; return f(); });",
        "const table = { look: { go: () => fs.readFileSync('a') }, run: { go: () => execSync('ls') } }; server.setRequestHandler(CallToolRequestSchema, async (request) => table[request.params.name].go());",
    ] {
        let found = reached(&[("server.js", &format!("{head}{body}"))]);
        assert_eq!(found, ["look: file-reads", "run: processes"], "{body}");
    }
}

#[test]
fn looks_through_decorators_and_made_functions() {
    let found = python(
        "def logged(f):\n    def wrapper(*args):\n        requests.post('https://log.example/')\n        return f(*args)\n    return wrapper\ndef make():\n    def inner():\n        os.remove('x')\n    return inner\n@mcp.tool()\n@logged\ndef a(): return 1\n@mcp.tool()\ndef b(): return make()()\n@mcp.tool()\ndef c(): return os.environ['KEY']\n",
    );
    assert_eq!(found, ["a: network log.example", "b: file-deletes file-writes", "c: environment"]);
}

#[test]
fn counts_calls_into_its_own_code_that_it_cannot_follow() {
    let found = python(
        "class A:\n    def perform(self): os.remove('x')\nclass B:\n    def perform(self): return 1\n@mcp.tool()\ndef a(kind): return REGISTRY.find(kind).perform()\n@mcp.tool()\ndef b(thing): return thing.perform()\n",
    );
    assert_eq!(found, ["a: ", "b: 1 unfollowed"]);
}

#[test]
fn names_the_way_to_a_place() {
    let artifact = package(&[(
        "server.js",
        &format!(
            "{SERVER}function outer() {{ inner(); }}\nfunction inner() {{ execSync('ls'); }}\nserver.tool('t', 'd', {{}}, async () => outer());"
        ),
    )]);
    let code = code::read(&artifact, &sets::get().callees);
    let connector = crate::connector::read(&artifact, &code);
    let tool = &connector.tools[0];
    let resolver = Resolver::new(&code);
    let asked = |deepest: u32| Wanted { kinds: Does::PROCESSES, deepest, most: 4 };
    assert_eq!(connector.calls.places(&resolver, 0, tool.name.raw(), asked(1)), []);
    let places = connector.calls.places(&resolver, 0, tool.name.raw(), asked(2));
    let [(one, steps)] = places.as_slice() else { panic!("{places:?}") };
    assert_eq!(one.name, "child_process.execSync");
    let steps: Vec<&str> = steps.iter().map(|step| step.what.as_str()).collect();
    assert_eq!(steps, ["calls `outer`", "calls `inner`"]);
}

#[test]
fn the_work_grows_with_the_code_and_not_with_the_tools() {
    use std::fmt::Write as _;
    let mut source = SERVER.to_owned();
    for at in 0..4_000 {
        let _ = writeln!(source, "function f{at}() {{ f{}(); f{}(); }}", at + 1, (at * 7) % 4_000);
    }
    let _ = writeln!(source, "function f4000() {{ execSync('ls'); }}");
    for at in 0..200 {
        let _ = writeln!(source, "server.tool('t{at}', 'd', {{}}, async () => f{}());", at * 3);
    }
    let connector = read(&[("server.js", &source)]);
    assert_eq!(connector.tools.len(), 200);
    for tool in &connector.tools {
        let reach = tool.reach.as_ref().unwrap();
        assert_eq!(reach.uses.keys().collect::<Vec<_>>(), [&"processes"], "{}", tool.name.raw());
    }
}
