use serde_json::{Value as Json, json};

use super::*;
use crate::artifact::{Artifact, File, Kind};

/// Reads a package of Python files.
fn package(files: &[(&str, &str)]) -> Connector {
    let file = |&(path, source): &(&str, &str)| File {
        path: path.to_owned(),
        size: source.len() as u64,
        sha256: [0; 32],
        kind: Kind::Source(Language::Python),
        bytes: source.as_bytes().to_vec(),
    };
    let artifact = Artifact { files: files.iter().map(file).collect(), ..Artifact::default() };
    let code = crate::code::read(&artifact, &crate::code::callees::Callees::default());
    let mut connector = Connector::default();
    read(&code, &mut connector);
    connector
}

fn server(source: &str) -> Connector {
    let source = format!(
        "from mcp.server.fastmcp import FastMCP, Context\nfrom mcp import types\nfrom mcp.types import Tool, ToolAnnotations, Prompt, PromptArgument, Resource\nfrom mcp.server import Server\nfrom pydantic import AnyUrl, BaseModel, Field\nfrom typing import *\nfrom enum import Enum\nmcp = FastMCP('n')\nserver = Server('n')\n{source}"
    );
    package(&[("pkg/__init__.py", ""), ("pkg/server.py", &source)])
}

fn shown(connector: &Connector) -> Vec<String> {
    let show = |tool: &crate::connector::Tool| {
        let description = tool.description.as_ref().map_or("-", Untrusted::raw);
        format!("{}: {description}", tool.name.raw())
    };
    connector.tools.iter().map(show).collect()
}

/// Checks names and descriptions, and that everything that was seen was read.
fn check(source: &str, expected: &[&str]) -> Connector {
    let connector = server(source);
    assert_eq!(shown(&connector), expected, "{source}");
    assert_eq!(connector.registrations.unread, [], "{source}");
    assert_eq!(connector.registrations.read, expected.len(), "{source}");
    connector
}

/// Checks the input schema of the only tool.
fn check_input(source: &str, expected: &Json) {
    let connector = server(source);
    let inputs: Vec<&Json> = connector.tools.iter().filter_map(|tool| tool.input.as_ref()).collect();
    assert_eq!(inputs, [expected], "{source}");
}

/// Checks the schema of one parameter.
fn check_parameter(parameter: &str, expected: &Json) {
    let connector = server(&format!("@mcp.tool()\ndef f({parameter}): pass"));
    let input = connector.tools[0].input.clone().unwrap();
    assert_eq!(&input["properties"]["x"], expected, "{parameter}");
}

/// Checks that nothing was read and why.
fn check_unread(source: &str, why: &str) {
    let connector = server(source);
    assert_eq!(shown(&connector), [""; 0], "{source}");
    let reasons: Vec<&str> = connector.registrations.unread.iter().map(|(_, why)| why.as_str()).collect();
    assert_eq!(reasons, [why], "{source}");
}

#[test]
fn reads_decorated_functions() {
    check("@mcp.tool\ndef f():\n  'Does.'\n", &["f: Does."]);
    check("@mcp.tool()\nasync def f():\n  '''Does.\n\n  Well.'''\n", &["f: Does.\n\nWell."]);
    check("@mcp.tool('n', description='D')\ndef f(): 'Doc'\n", &["n: D"]);
    check("@mcp.tool(name='n')\n@other\ndef f(): pass\n", &["n: -"]);
    check("class S:\n  def __init__(self):\n    @self.app.tool()\n    def f(): 'D'\n", &["f: D"]);
}

#[test]
fn reads_titles_and_hints() {
    for annotations in [
        "ToolAnnotations(title='T', readOnlyHint=True, destructiveHint=False)",
        "{'title': 'T', 'readOnlyHint': True, 'destructiveHint': False}",
        "types.ToolAnnotations(title='T', read_only_hint=True, destructive_hint=False)",
        "HINTS",
    ] {
        let connector = check(
            &format!(
                "HINTS = dict(title='T', readOnlyHint=True, destructiveHint=False)\n@mcp.tool(annotations={annotations})\ndef f(): pass"
            ),
            &["f: -"],
        );
        let tool = &connector.tools[0];
        assert_eq!(tool.title.as_ref().map(Untrusted::raw), Some("T"), "{annotations}");
        assert_eq!(tool.annotations.read_only, Some(true), "{annotations}");
        assert_eq!(tool.annotations.destructive, Some(false), "{annotations}");
        assert_eq!(tool.annotations.open_world, None, "{annotations}");
    }
}

#[test]
fn reads_functions_that_are_handed_over() {
    check("def f(): 'D'\nmcp.tool()(f)", &["f: D"]);
    check("def f(): 'D'\nmcp.tool(name='n')(f)", &["n: D"]);
    check("def f(): 'D'\nmcp.tool(f, name='n')", &["n: D"]);
    check("def f(): 'D'\nmcp.add_tool(f)", &["f: D"]);
    check("def f(): 'D'\nmcp.add_tool(f, name='n', description='E')", &["n: E"]);
    check("def f(): 'D'\nmcp.add_tool(Tool.from_function(f, name='n'))", &["n: D"]);
    check("def f(): 'D'\ndef g(): 'E'\nfor t in [f, g]:\n  mcp.add_tool(t)", &["f: D", "g: E"]);
    check("class S:\n  def run(self): 'D'\n  def go(self):\n    mcp.tool(name='n')(self.run)", &["n: D"]);
}

#[test]
fn knows_the_handler() {
    let connector = check("def f(): 'D'\nmcp.tool()(f)", &["f: D"]);
    let handler = connector.tools[0].handler.unwrap();
    assert!(handler.validated && !handler.shared);
    assert_eq!(connector.tools[0].location.as_ref().map(|location| location.line), Some(11));
}

#[test]
fn follows_texts_across_files() {
    let connector = package(&[
        ("pkg/__init__.py", ""),
        ("pkg/texts.py", "from .more import *\nNAME = 'n'\n"),
        ("pkg/more.py", "PARTS = ['a', 'b']\nD = f'Does {NOUN}: ' + ' '.join(PARTS)\nNOUN = 'it'\n"),
        ("pkg/app.py", "from fastmcp import FastMCP\nmcp = FastMCP('x', instructions='Go.')\n"),
        (
            "pkg/server.py",
            "import fastmcp\nfrom pkg.app import mcp\nfrom . import texts\n@mcp.tool(texts.NAME, description=texts.D)\ndef f(): pass\n",
        ),
    ]);
    assert_eq!(shown(&connector), ["n: Does it: a b"]);
    assert_eq!(connector.instructions[0].text.raw(), "Go.");
}

#[test]
fn reads_listed_tools() {
    let list = |body: &str| format!("@server.list_tools()\nasync def tools():\n  {body}\n");
    let cases = [
        list("return [Tool(name='a', description='A'), types.Tool(name='b', description='B')]"),
        list("return TOOLS")
            + "TOOLS = [Tool(name='a', description='A')]\nTOOLS.append(Tool(name='b', description='B'))\n",
        list("return [make('a', 'A'), make('b', 'B')]")
            + "def make(name, text):\n  return Tool(name=name, description=text)\n",
        list("return [Tool(name=n, description=d) for n, d in DATA.items()]")
            + "DATA = {'a': 'A', 'b': 'B'}\n",
        list("return [Tool(name=t['n'], description=t['d']) for t in DATA]")
            + "DATA = [{'n': 'a', 'd': 'A'}, {'n': 'b', 'd': 'B'}]\n",
        list("return [Tool(name=c.name, description=c.text) for c in (A(), B())]")
            + "class A:\n  name = 'a'\n  text = 'A'\nclass B:\n  name = 'b'\n  text = 'B'\n",
        list("return [c('a', 'A').tool(), c('b', 'B').tool()]")
            + "class c:\n  def __init__(self, n, d):\n    self.n = n\n    self.d = d\n  def tool(self):\n    return Tool(name=self.n, description=self.d)\n",
        list("return [t.tool() for t in ALL]")
            + "class Base:\n  def tool(self):\n    return Tool(name=self.name, description=self.text)\nclass A(Base):\n  name = 'a'\n  text = 'A'\nclass B(Base):\n  name = 'b'\n  text = 'B'\nALL = [A(), B()]\n",
    ];
    for case in &cases {
        let connector = server(case);
        assert_eq!(shown(&connector), ["a: A", "b: B"], "{case}");
        assert_eq!(connector.registrations.unread, [], "{case}");
    }
}

#[test]
fn reads_enumerations() {
    let names = "class Names(str, Enum):\n  A = 'a'\n  B = 'b'\n";
    check(&format!("{names}Tool(name=Names.A)\nTool(name=Names.B.value)"), &["a: -", "b: -"]);
    check(&format!("{names}[Tool(name=n.value) for n in Names]"), &["a: -", "b: -"]);
    check(&format!("{names}Tool(name=Names.A.name)"), &["A: -"]);
}

#[test]
fn gives_listed_tools_the_shared_handler() {
    let connector = server(
        "@server.list_tools()\nasync def tools(): return [Tool(name='a')]\n@server.call_tool()\nasync def call(name, arguments): pass\n",
    );
    let handler = connector.tools[0].handler.unwrap();
    assert!(handler.shared && !handler.validated);
    let connector = server(
        "async def call(request): pass\nserver.request_handlers[types.CallToolRequest] = call\nTool(name='a')\n",
    );
    assert!(connector.tools[0].handler.unwrap().shared);
}

#[test]
fn reads_schemas_of_listed_tools() {
    let input = json!({"type": "object", "properties": {"x": {"type": "string", "description": "d"}}});
    check_input(
        "P = {'type': 'string', 'description': 'd'}\nTool(name='a', inputSchema={'type': 'object', 'properties': {'x': P}})",
        &input,
    );
    for method in ["model_json_schema", "schema"] {
        check_input(
            &format!(
                "class M(BaseModel):\n  x: str = Field(description='d')\n  y: int = 3\nTool(name='a', inputSchema=M.{method}())"
            ),
            &json!({"type": "object", "properties": {
                "x": {"type": "string", "description": "d"}, "y": {"type": "integer", "default": 3}
            }, "required": ["x"]}),
        );
    }
}

#[test]
fn derives_schemas_from_signatures() {
    check_input(
        "@mcp.tool()\ndef f(ctx: Context, a: str, b: int = 2, *args, c: bool, d=None, **rest): pass",
        &json!({"type": "object", "properties": {
            "a": {"type": "string"}, "b": {"type": "integer", "default": 2},
            "c": {"type": "boolean"}, "d": {"default": null}
        }, "required": ["a", "c"]}),
    );
    check_input(
        "@mcp.tool()\ndef f(ctx: Context | None = None): pass",
        &json!({"type": "object", "properties": {}}),
    );
}

#[test]
fn reads_parameter_types() {
    let cases = [
        ("x: list[int]", json!({"type": "array", "items": {"type": "integer"}})),
        ("x: 'List[str]'", json!({"type": "array", "items": {"type": "string"}})),
        ("x: dict[str, Any]", json!({"type": "object"})),
        (
            "x: Optional[float] = None",
            json!({"anyOf": [{"type": "number"}, {"type": "null"}], "default": null}),
        ),
        (
            "x: int | str | None",
            json!({"anyOf": [{"type": "integer"}, {"type": "string"}, {"type": "null"}]}),
        ),
        ("x: Union[int, str]", json!({"anyOf": [{"type": "integer"}, {"type": "string"}]})),
        ("x: Literal['a', 'b']", json!({"enum": ["a", "b"], "type": "string"})),
        ("x: Literal['a']", json!({"enum": ["a"], "type": "string"})),
        ("x: Annotated[str, 'text']", json!({"type": "string", "description": "text"})),
        (
            "x: Annotated[int, Field(description='d' 'e', ge=1, le=9)]",
            json!({"type": "integer", "description": "de", "minimum": 1, "maximum": 9}),
        ),
        ("x: str = Field(..., description='d')", json!({"type": "string", "description": "d"})),
        (
            "x: str = Field('v', description='d')",
            json!({"type": "string", "default": "v", "description": "d"}),
        ),
        ("x", json!({})),
        ("x: Unknown", json!({})),
    ];
    for (parameter, expected) in &cases {
        check_parameter(parameter, expected);
    }
}

#[test]
fn follows_type_aliases_and_models() {
    check_input(
        "Path = Annotated[str, Field(description='p')]\nclass Kind(Enum):\n  A = 'a'\nclass Base(BaseModel):\n  id: int\nclass M(Base):\n  kind: Kind\n@mcp.tool()\ndef f(path: Path, m: M): pass",
        &json!({"type": "object", "properties": {
            "path": {"type": "string", "description": "p"},
            "m": {"type": "object", "properties": {"id": {"type": "integer"}, "kind": {"enum": ["a"]}},
                "required": ["id", "kind"]}
        }, "required": ["path", "m"]}),
    );
}

#[test]
fn survives_a_model_that_contains_itself() {
    let connector = server("class M(BaseModel):\n  inner: 'M'\n@mcp.tool()\ndef f(m: M): pass");
    assert_eq!(connector.tools.len(), 1);
}

#[test]
fn reads_prompts_and_resources() {
    let connector = server(
        "@mcp.prompt(description='P')\ndef ask(topic: str): return f'About {topic}.'\n@mcp.resource('x://{id}')\ndef item(id): 'R'\nPrompt(name='low', description='L', arguments=[PromptArgument(name='a'), PromptArgument(name='b')])\nResource(uri=AnyUrl('y://z'), name='z')\n",
    );
    let prompts: Vec<(&str, usize)> =
        connector.prompts.iter().map(|prompt| (prompt.name.raw(), prompt.arguments.len())).collect();
    assert_eq!(prompts, [("ask", 1), ("low", 2)]);
    assert_eq!(connector.prompts[0].text.as_ref().map(Untrusted::raw), Some("About {}."));
    let resources: Vec<(&str, Option<&str>)> = connector
        .resources
        .iter()
        .map(|resource| (resource.name.raw(), resource.uri.as_ref().map(Untrusted::raw)))
        .collect();
    assert_eq!(resources, [("item", Some("x://{id}")), ("z", Some("y://z"))]);
}

#[test]
fn reads_instructions() {
    let text = |source: &str| {
        let connector = server(source);
        connector.instructions.iter().map(|found| found.text.raw().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(text("FastMCP('n', instructions='Be good.')"), ["Be good."]);
    assert_eq!(text("FastMCP('n', '''Be\ngood.''')"), ["Be\ngood."]);
    assert_eq!(text("Server('n', instructions=f'Be {x}.')"), ["Be {}."]);
    assert_eq!(text("Server('n', '1.0')"), [""; 0]);
}

#[test]
fn reads_registration_through_decorators_of_the_package() {
    let wrapped = "import functools\ndef guard(function):\n  @functools.wraps(function)\n  def inner(*a): return function(*a)\n  return inner\n";
    check(&format!("{wrapped}def f(x: int): 'D'\nmcp.tool()(guard(f))"), &["f: D"]);
    let decorator = "class Registry:\n  def __init__(self, app): self.app = app\n  def tool_of(self, title):\n    def decorate(function):\n      self.app.tool(title=title)(guard(function))\n      return function\n    return decorate\n";
    let connector = check(
        &format!(
            "{wrapped}{decorator}def register(tools: Registry):\n  @tools.tool_of('T')\n  def f(x: int): 'D'\n  @tools.tool_of('U')\n  def g(): 'E'\n"
        ),
        &["f: D", "g: E"],
    );
    assert_eq!(connector.tools[1].title.as_ref().map(Untrusted::raw), Some("U"));
    let renamed = "def build(name):\n  def f(): 'D'\n  f.__name__ = f'{name}_tool'\n  mcp.tool()(f)\nbuild('a')\nbuild('b')\n";
    check(renamed, &["a_tool: D", "b_tool: D"]);
}

#[test]
fn says_what_could_not_be_read() {
    check_unread("@mcp.tool(name=os.environ['N'])\ndef f(): pass", "the name is computed at run time");
    check_unread("mcp.add_tool(load())", "the function is not known before run time");
    check_unread("Tool(name=fetch())", "the name is computed at run time");
    check_unread("Tool(**fields)", "the fields are computed at run time");
    check_unread(
        "@server.list_tools()\nasync def f(): return await remote()",
        "the list of tools is made at run time",
    );
}

#[test]
fn reads_dicts() {
    let tool = "{'name': 'a', 'description': 'A', 'inputSchema': {'type': 'object'}}";
    let connector =
        package(&[("server.py", &format!("import json\nTOOLS = [{tool}]\nprint(json.dumps(TOOLS))\n"))]);
    assert_eq!(shown(&connector), ["a: A"]);
    assert_eq!(connector.tools[0].input, Some(json!({"type": "object"})));
    check("DATA = [{'name': 'a'}, {'name': 'b'}]\n[Tool(**d) for d in DATA]", &["a: -", "b: -"]);
    check("Tool(**{'name': 'a', 'description': 'A'})", &["a: A"]);
    check("{'name': 'a', 'description': 'A'}", &[]);
}

#[test]
fn puts_the_prefix_of_a_mounted_server_before_its_tools() {
    for mount in
        ["mount(sub, prefix='p')", "mount(sub, namespace='p')", "mount('p', sub)", "import_server('p', sub)"]
    {
        let source = format!(
            "sub = FastMCP('s')\n@sub.tool()\ndef f(): pass\n@mcp.tool()\ndef g(): pass\nmcp.{mount}\n"
        );
        check(&source, &["p_f: -", "g: -"]);
    }
}

#[test]
fn leaves_other_frameworks_alone() {
    check("from agents import Agent\nagent = Agent('x')\n@agent.tool\ndef f(): pass", &[]);
    let connector = package(&[("a.py", "import flask\n@app.tool()\ndef f(): pass\n")]);
    assert!(connector.tools.is_empty());
}

#[test]
fn leaves_vendored_files_alone() {
    let source = "from mcp.server.fastmcp import FastMCP\nmcp = FastMCP('n')\n@mcp.tool()\ndef f(): pass\n";
    assert_eq!(package(&[("pkg/server.py", source)]).tools.len(), 1);
    assert_eq!(package(&[("pkg/_vendor/server.py", source)]).tools.len(), 0);
}

#[test]
fn ends_on_values_that_go_in_circles() {
    let cases = [
        "a = a\nTool(name=a)",
        "def f(x): return f(x)\nTool(name=f(1))",
        "x = {}\nx['k'] = x\nTool(name=x['k']['k']['k'])",
        "def f():\n  global t\n  t.a = t\n  t.b = t\n  t.c = t\n  t.d = t\nt = g()\n@t.a.b.c.d.tool()\ndef h(): pass",
        "class C(C): pass\nTool(name=C.x)",
        "for i in i:\n  Tool(name=i)",
        "def f(g): g(f)\nf(f)\n@f\ndef h(): pass\nTool(name=f(h))",
    ];
    for case in cases {
        let connector = server(case);
        assert_eq!(connector.tools.len() + connector.registrations.unread.len(), 1, "{case}");
    }
}

#[test]
fn bounds_the_work_on_hostile_packages() {
    let line = |at: usize| format!("def f{at}(): return f{}()\nx['k{at}'] = x\n", at + 1);
    let lines: Vec<String> = (0..3_000).map(line).collect();
    let uses = "Tool(name=f0())\nTool(name=x['k1']['k2'])\n[Tool(name=n) for n in x]\n";
    let connector = server(&format!("x = {{}}\n{}{uses}", lines.concat()));
    assert!(!connector.registrations.unread.is_empty());
}
