use serde_json::{Value as Json, json};

use super::*;
use crate::artifact::{Artifact, File, Kind as FileKind};

/// Reads a package of scripts.
fn package(files: &[(&str, &str)]) -> (Code, Connector) {
    let file = |&(path, source): &(&str, &str)| File {
        path: path.to_owned(),
        size: source.len() as u64,
        sha256: [0; 32],
        kind: FileKind::Source(Language::JavaScript),
        bytes: source.as_bytes().to_vec(),
    };
    let artifact = Artifact { files: files.iter().map(file).collect(), ..Artifact::default() };
    let code = crate::code::read(&artifact, &crate::code::callees::Callees::default());
    let mut connector = Connector::default();
    read(&code, &mut connector);
    (code, connector)
}

const HEAD: &str = r#"
import { z } from "zod";
import { zodToJsonSchema } from "zod-to-json-schema";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { ListToolsRequestSchema, CallToolRequestSchema } from "@modelcontextprotocol/sdk/types.js";
const server = new McpServer({ name: "n", version: "1" });
"#;

fn shown(connector: &Connector) -> Vec<String> {
    let show = |tool: &Tool| {
        let description = tool.description.as_ref().map_or("-", Untrusted::raw);
        format!("{}: {description}", tool.name.raw())
    };
    connector.tools.iter().map(show).collect()
}

/// Checks names and descriptions, and that everything that was seen was read.
fn check(source: &str, expected: &[&str]) -> (Code, Connector) {
    check_files(&[("index.js", &format!("{HEAD}{source}"))], expected)
}

fn check_files(files: &[(&str, &str)], expected: &[&str]) -> (Code, Connector) {
    let (code, connector) = package(files);
    assert_eq!(shown(&connector), expected, "{files:?}");
    assert_eq!(connector.registrations.unread, [], "{files:?}");
    assert_eq!(connector.registrations.read, expected.len(), "{files:?}");
    (code, connector)
}

/// The names of the functions behind the tools.
fn handlers((code, connector): &(Code, Connector)) -> Vec<String> {
    let name = |handler: &Handler| {
        let unit = &code.units[handler.unit];
        let name = unit.function(handler.function).name;
        name.map_or("-", |name| unit.text(name)).to_owned()
    };
    connector.tools.iter().map(|tool| tool.handler.as_ref().map_or("none".to_owned(), name)).collect()
}

fn input(source: &str) -> Json {
    let (_, connector) = package(&[("index.js", &format!("{HEAD}{source}"))]);
    connector.tools.first().and_then(|tool| tool.input.clone()).unwrap_or(Json::Null)
}

#[test]
fn reads_registration_calls() {
    for (source, expected) in [
        ("server.tool('a', 'A', { x: z.string() }, async (args) => args);", ["a: A"]),
        ("server.tool('a', async () => 1);", ["a: -"]),
        ("server.registerTool('a', { description: 'A', inputSchema: {} }, async (x) => x);", ["a: A"]),
        ("server.addTool({ name: 'a', description: 'A', execute: async (x) => x });", ["a: A"]),
        ("server.tool({ name: 'a', description: 'A', schema: z.object({}) }, async (x) => x);", ["a: A"]),
        ("app.mcpAddTool({ name: 'a', description: 'A', inputSchema: {} }, async (x) => x);", ["a: A"]),
        (
            "server.experimental.tasks.registerToolTask('a', { description: 'A' }, { createTask: async (x) => x });",
            ["a: A"],
        ),
        ("const def = ['a', 'A', async (x) => x]; server.tool(...def);", ["a: A"]),
        (
            "import { registerAppTool } from '@modelcontextprotocol/ext-apps/server'; registerAppTool(server, 'a', { description: 'A' }, async (x) => x);",
            ["a: A"],
        ),
    ] {
        check(source, &expected);
    }
}

#[test]
fn reads_names_and_texts_that_are_put_together() {
    for (source, expected) in [
        ("const N = 'a'; server.tool(`${N}_b`, 'x ' + 'y', async (x) => x);", "a_b: x y"),
        ("const D = ['one', 'two']; server.tool('a', D.join('\\n'), async (x) => x);", "a: one\ntwo"),
        ("server.tool('a', `\n  text\n`.trim(), async (x) => x);", "a: text"),
        (
            "import dedent from 'dedent'; server.tool('a', dedent`\n    one\n      two\n  `, async (x) => x);",
            "a: one\n  two",
        ),
        ("const d = (x) => `Note. ${x}`; server.tool('a', d('Real.'), async (x) => x);", "a: Note. Real."),
        ("server.registerTool('a', { description: `in ${process.cwd()}` }, async (x) => x);", "a: in {}"),
        (
            "const T = z.object({ name: z.literal('a'), description: z.literal('A') }); server.registerTool(T.shape.name.value, { description: T.shape.description.value }, async (x) => x);",
            "a: A",
        ),
    ] {
        check(source, &[expected]);
    }
}

#[test]
fn repeats_registrations_in_loops_and_functions() {
    let tools = "const one = { name: 'one', description: '1', schema: { x: z.string() }, handler: async (x) => x };\nconst two = { name: 'two', description: '2', schema: {}, handler: async (x) => x };\n";
    for source in [
        "for (const t of [one, two]) server.tool(t.name, t.description, t.schema, t.handler);",
        "[one, two].forEach((t) => server.tool(t.name, t.description, t.schema, async (x) => t.handler(x)));",
        "[one, two].forEach(({ name, description, schema, handler }) => server.tool(name, description, schema, handler));",
        "for (const [key, t] of Object.entries({ one, two })) server.registerTool(key, { description: t.description }, t.handler);",
        "function all(list) { for (const t of list) server.addTool(t); } all([one, two]);",
        "const add = (t) => server.registerTool(t.name, { description: t.description }, t.handler); add(one); add(two);",
        "class S { constructor(list) { this.list = list; } go() { for (const t of this.list) server.addTool(t); } } new S([one, two]).go();",
        "const m = new Map(); m.set('one', one); m.set('two', two); for (const t of m.values()) server.addTool(t);",
        "const list = []; list.push(one); list.push(...[two]); for (const t of list.filter(Boolean)) server.addTool(t);",
    ] {
        check(&format!("{tools}{source}"), &["one: 1", "two: 2"]);
    }
}

#[test]
fn reads_tools_from_other_files() {
    let tool = "import { z } from 'zod';\nexport const one = { name: 'one', description: '1', schema: z.object({ x: z.string() }), handler: async (x) => x };";
    let common = "'use strict';\nObject.defineProperty(exports, '__esModule', { value: true });\nconst zod_1 = require('zod');\nexports.one = { name: 'one', description: '1', schema: { x: zod_1.z.string() }, handler: async (x) => x };\nexports.all = [exports.one];";
    for (index, other) in [
        ("import { one } from './one.js'; server.addTool(one);", tool),
        ("import * as tools from './one.js'; for (const t of Object.values(tools)) server.addTool(t);", tool),
        ("const one_1 = require('./one.js'); for (const t of one_1.all) server.addTool(t);", common),
        (
            "const __importStar = (m) => { if (m && m.__esModule) return m; return {}; }; const tools = __importStar(require('./one.js')); for (const t of tools.all) server.addTool(t);",
            common,
        ),
    ] {
        check_files(&[("index.js", &format!("{HEAD}{index}")), ("one.js", other)], &["one: 1"]);
    }
}

#[test]
fn reads_listed_tools() {
    for source in [
        "server.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: [{ name: 'a', description: 'A', inputSchema: {} }] }));",
        "server.setRequestHandler('tools/list', async () => { const tools = []; tools.push({ name: 'a', description: 'A' }); return { tools }; });",
        "const make = (name, description) => ({ name, description, inputSchema: zodToJsonSchema(z.object({})) }); server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: [...[make('a', 'A')]] }));",
        "const wrap = (f, label) => async (...args) => f(...args); server.setRequestHandler(ListToolsRequestSchema, wrap(async () => ({ tools: [{ name: 'a', description: 'A' }] }), 'List'));",
        "function setup({ tools }) { server.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: tools.map((t) => t.schema) })); } const go = (deep) => ({ schema: { name: 'a', description: 'A' }, handle: async (x) => deep }); setup({ tools: [go(true)] });",
        "var __awaiter = function (t, a, P, g) { return new Promise(() => g.apply(t, a)); }; server.setRequestHandler(ListToolsRequestSchema, () => __awaiter(this, void 0, void 0, function* () { return { tools: [{ name: 'a', description: 'A' }] }; }));",
        "class B { constructor(schema, tool) { this.tool = tool; } } class T extends B { constructor() { super(1, { name: 'a', description: 'A' }); } } const all = new Map(); const add = (t) => { all.set(t.tool.name, t); }; add(new T()); server.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: Array.from(all.values()).map((t) => t.tool) }));",
    ] {
        check(source, &["a: A"]);
    }
}

#[test]
fn an_empty_list_is_no_gap() {
    let source = "server.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: [] }));";
    check(source, &[]);
}

#[test]
fn reads_dictionaries_of_tools() {
    let source = "import { tool, createMcpServer } from '@example/mcp-utils'; const texts = { a: { description: 'A', parameters: z.object({ x: z.string() }) } }; function some(api) { return { a: tool({ ...texts.a, execute: async ({ x }) => api.get(x) }) }; } createMcpServer({ name: 'n', tools: async () => { const all = {}; Object.assign(all, some(1)); return all; } });";
    let (_, connector) = check(source, &["a: A"]);
    assert!(connector.tools[0].handler.is_some());
    // Commands of a program have descriptions and handlers as well.
    check("const commands = { build: { description: 'B', handler: async (x) => x } };", &[]);
}

#[test]
fn reads_tool_classes() {
    for source in [
        "class T { name = 'a'; description = 'A'; schema = { x: { type: z.string(), description: 'X' } }; async execute(input) { return input; } }",
        "class B { get description() { return 'A'; } } class T extends B { static toolName = 'a'; argsShape = {}; async execute(x) { return x; } }",
        "class T { getName() { return 'a'; } getConfig() { return { description: 'A', inputSchema: {} }; } async exec(x) { return x; } } for (const t of [new T()]) server.registerTool(t.getName(), t.getConfig(), (...args) => t.exec(...args));",
        "class B { register(s) { s.registerTool(this.name, { description: this.description }, (x) => this.execute(x)); } } class T extends B { name = 'a'; description = 'A'; async execute(x) { return x; } }",
    ] {
        let read = check(source, &["a: A"]);
        assert!(
            ["execute", "exec"].contains(&handlers(&read)[0].as_str()),
            "{source}: {:?}",
            handlers(&read)
        );
    }
}

#[test]
fn reads_decorated_methods() {
    for source in [
        "import { Tool } from '@example/mcp-nest'; class S { @Tool({ name: 'a', description: 'A', parameters: z.object({ x: z.string() }) }) async go(args) { return args; } }",
        "import { Tool } from '@example/mcp-nest'; class S { async go(args) { return args; } } __decorate([Tool({ name: 'a', description: 'A' }), __metadata('design:type', Function)], S.prototype, 'go', null);",
    ] {
        let read = check(source, &["a: A"]);
        assert_eq!(handlers(&read), ["go"], "{source}");
    }
    check(
        "import { Tool } from '@example/hardware'; class S { @Tool({ name: 'a' }) go(x) { return x; } }",
        &[],
    );
}

#[test]
fn knows_the_handler() {
    for (source, expected) in [
        ("async function go(x) { return x; } server.tool('a', 'A', go);", "go"),
        (
            "const wrap = (f) => async (...args) => f(...args); async function go(x) { return x; } server.tool('a', 'A', wrap(go));",
            "go",
        ),
        (
            "import { trace } from 'x'; async function go(x) { return x; } server.tool('a', 'A', trace('a', go));",
            "go",
        ),
        (
            "const make = (id) => async function go(x) { return id + x; }; server.tool('a', 'A', make(1));",
            "go",
        ),
        (
            "const H = { a: async function go(x) { return x; } }; [{ name: 'a', description: 'A' }].forEach((t) => server.tool(t.name, t.description, {}, wrap(t.name, H[t.name]))); function wrap(n, f) { return async (x) => f(x); }",
            "go",
        ),
        (
            "const list = [{ name: 'a', description: 'A', handler: async function go(x) { return x; } }]; for (const t of list) server.registerTool(t.name, { description: t.description }, async (x) => { log(x); return run(t, x); });",
            "go",
        ),
        (
            "server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: [{ name: 'a', description: 'A' }] })); const H = { a: async function go(x) { return x; } }; server.setRequestHandler(CallToolRequestSchema, async (r) => H[r.params.name](r.params.arguments));",
            "go",
        ),
    ] {
        let read = check(source, &["a: A"]);
        assert_eq!(handlers(&read), [expected], "{source}");
        assert!(!read.1.tools[0].handler.unwrap().shared, "{source}");
    }
}

#[test]
fn gives_listed_tools_the_shared_handler() {
    let source = "server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: [{ name: 'a' }, { name: 'b' }] })); server.setRequestHandler(CallToolRequestSchema, async function answer(r) { switch (r.params.name) { case 'a': return 1; } });";
    let read = check(source, &["a: -", "b: -"]);
    assert_eq!(handlers(&read), ["answer", "answer"]);
    assert!(read.1.tools.iter().all(|tool| tool.handler.unwrap().shared && !tool.handler.unwrap().validated));
}

#[test]
fn reads_schemas() {
    let of = |schema: &str| {
        input(&format!("server.registerTool('a', {{ inputSchema: {schema} }}, async (x) => x);"))
    };
    let x = |schema: Json| json!({"type": "object", "properties": {"x": schema}, "required": ["x"]});
    for (schema, expected) in [
        ("{ x: z.string().describe('X') }", x(json!({"type": "string", "description": "X"}))),
        ("z.object({ x: z.enum(['p', 'q']) })", x(json!({"type": "string", "enum": ["p", "q"]}))),
        ("z.object({ x: z.string() }).shape", x(json!({"type": "string"}))),
        ("zodToJsonSchema(z.object({ x: z.int() }))", x(json!({"type": "integer"}))),
        ("z.toJSONSchema(z.object({ x: z.email() }))", x(json!({"type": "string", "format": "email"}))),
        ("z.object({ y: z.any(), x: z.number() }).pick({ x: true })", x(json!({"type": "number"}))),
        (
            "z.object({ x: z.string() }).extend({ y: z.string().optional() }).omit({ y: true })",
            x(json!({"type": "string"})),
        ),
        (
            "Type.Object({ x: Type.String({ description: 'X' }) })",
            x(json!({"type": "string", "description": "X"})),
        ),
        (
            "v.object({ x: v.pipe(v.string(), v.description('X')) })",
            x(json!({"type": "string", "description": "X"})),
        ),
        ("objectType({ x: stringType() })", x(json!({"type": "string"}))),
        ("convert(z.object({ x: z.string() }), 'a')", x(json!({"type": "string"}))),
        (
            "{ type: 'object', properties: { x: { type: 'string' } }, required: ['x'] }",
            x(json!({"type": "string"})),
        ),
        ("{}", json!({"type": "object", "properties": {}})),
        ("z.object({})", json!({"type": "object", "properties": {}})),
        ("compute()", Json::Null),
    ] {
        assert_eq!(of(schema), expected, "{schema}");
    }
}

#[test]
fn says_what_could_not_be_read() {
    for (source, why) in [
        ("server.tool(process.env.NAME, 'A', async (x) => x);", "the name is computed at run time"),
        (
            "server.setRequestHandler(ListToolsRequestSchema, async () => fetchTools());",
            "the list is computed at run time",
        ),
        (
            "server.setRequestHandler(ListToolsRequestSchema, remote.list);",
            "the handler is computed at run time",
        ),
        (
            "server.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: [{ name: pick() }] }));",
            "names are computed at run time",
        ),
    ] {
        let (_, connector) = package(&[("index.js", &format!("{HEAD}{source}"))]);
        let whys: Vec<&str> = connector.registrations.unread.iter().map(|(_, why)| why.as_str()).collect();
        assert_eq!((whys, connector.registrations.read), (vec![why], 0), "{source}");
    }
}

#[test]
fn names_the_packages_that_tools_come_from() {
    for (source, expected) in [
        ("const { tools } = require('automation-core/lib/bundle'); tools.start();", vec!["automation-core"]),
        ("import { AllTools } from '@example/toolbox'; run(AllTools);", vec!["@example/toolbox"]),
        ("import { start } from '@example/mcp-runner'; start();", vec!["@example/mcp-runner"]),
        (
            "import { Server } from '@modelcontextprotocol/sdk'; import fs from 'node:fs'; import x from './tools.js';",
            vec![],
        ),
    ] {
        let (_, connector) = package(&[("index.js", source)]);
        assert_eq!(connector.registrations.elsewhere, expected, "{source}");
    }
}

#[test]
fn leaves_tests_of_a_package_alone() {
    let real = format!("{HEAD}server.tool('a', 'A', async (x) => x);");
    let test = format!("{HEAD}server.tool('fake', 'F', async (x) => x);");
    check_files(&[("index.js", &real), ("test/server.test.js", &test)], &["a: A"]);
}

#[test]
fn leaves_an_sdk_in_the_bundle_alone() {
    let source = "class Sdk { registerTool(name, config, f) { this.all[name] = f; this.setup(); } setup() { this.inner.setRequestHandler(ListToolsRequestSchema, () => ({ tools: Object.entries(this.all).map(([name, tool]) => ({ name, description: tool.description })) })); } } const s = new Sdk(); s.registerTool('a', { description: 'A' }, async (x) => x);";
    check(source, &["a: A"]);
}

#[test]
fn ends_on_values_that_go_in_circles() {
    for source in [
        "let a = b; let b = a; server.tool(a, 'A', async (x) => x);",
        "function f(t) { server.addTool(t); f(t); } f(f);",
        "class A extends A {} for (const t of new A().list) server.addTool(t);",
        "const o = { ...o }; server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: o.map((x) => o) }));",
        "const l = []; l.push(...l); for (const t of l) server.addTool(t);",
    ] {
        let (_, connector) = package(&[("index.js", &format!("{HEAD}{source}"))]);
        assert_eq!(connector.tools.len(), 0, "{source}");
    }
}
