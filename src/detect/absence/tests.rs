//! Defaults and checks over small packages.

use super::{
    access::Access,
    checks::Scene,
    servers::{self, Reach},
};
use crate::{
    artifact::{Artifact, File, Kind, Language},
    code::{
        self, Code,
        callees::Callees,
        flow::Flow,
        graph::{FunctionId, Value},
        resolve::{At, Resolver},
    },
};

fn package(path: &str, text: &str) -> Code {
    let language = match path {
        "a.py" => Language::Python,
        _ => Language::JavaScript,
    };
    let file = File {
        path: path.to_owned(),
        size: text.len() as u64,
        sha256: [0; 32],
        kind: Kind::Source(language),
        bytes: text.as_bytes().to_vec(),
    };
    code::read(&Artifact { files: vec![file], ..Artifact::default() }, &Callees::default())
}

fn with_scene<T>(code: &Code, ask: impl FnOnce(&Scene<'_>) -> T) -> T {
    let resolver = Resolver::new(code);
    let flow = Flow::new(&resolver);
    ask(&Scene::new(&flow))
}

/// The first argument of the last call of `probe`.
fn probed(code: &Code) -> At {
    let unit = &code.units[0];
    let call =
        unit.calls.iter().rev().find(
            |call| matches!(unit.value(call.callee), Value::Global(name) if unit.text(name) == "probe"),
        );
    At { unit: 0, node: unit.list(call.unwrap().arguments)[0] }
}

#[test]
fn defaults_are_what_nobody_set() {
    let cases: &[(&str, &str, &[&str])] = &[
        ("a.js", "probe(process.env.HOST || '0.0.0.0')", &["0.0.0.0"]),
        ("a.js", "probe(process.env.HOST ?? 'localhost')", &["localhost"]),
        ("a.js", "const { HOST = '::' } = process.env; probe(HOST)", &["::"]),
        ("a.js", "probe(process.env.CLOUD === 'true' ? '0.0.0.0' : 'localhost')", &["localhost"]),
        ("a.js", "probe(process.env.LOCAL !== '1' ? '0.0.0.0' : 'localhost')", &["0.0.0.0"]),
        (
            "a.js",
            "const get = (name, other) => args[name] || process.env[name] || other; get('port', '3000'); probe(get('host', '127.0.0.1'))",
            &["127.0.0.1"],
        ),
        (
            "a.js",
            "program.option('--bind-host <host>', 'where', '0.0.0.0'); probe(program.opts().bindHost)",
            &["0.0.0.0"],
        ),
        ("a.js", "function start(host = 'localhost') { probe(host) } start()", &["localhost"]),
        ("a.py", "import os\nprobe(os.getenv('HOST', '0.0.0.0'))", &["0.0.0.0"]),
        ("a.py", "import os\nprobe(os.environ.get('ORIGINS', '*').split(','))", &["*"]),
        ("a.py", "import os\nprobe(os.environ.get('HOST'))", &[]),
        (
            "a.py",
            "class S:\n    host: str = Field(default='::')\nsettings = S()\nprobe(settings.host)",
            &["::"],
        ),
        ("a.py", "settings = Settings(host='0.0.0.0')\nprobe(settings.host)", &["0.0.0.0"]),
        (
            "a.py",
            "parser.add_argument('--bind-host', default='0.0.0.0')\nargs = parser.parse_args()\nprobe(args.bind_host)",
            &["0.0.0.0"],
        ),
        (
            "a.py",
            "@click.option('--host', default='127.0.0.1')\ndef main(host):\n    probe(host)",
            &["127.0.0.1"],
        ),
        ("a.py", "def main(host='127.0.0.1'):\n    probe(host)\nmain('0.0.0.0')", &["0.0.0.0", "127.0.0.1"]),
    ];
    for (path, text, expected) in cases {
        let code = package(path, text);
        let found = with_scene(&code, |scene| scene.defaults(probed(&code)).texts);
        assert_eq!(found, *expected, "{text}");
    }
}

#[test]
fn tests_hold_as_nobody_set_anything() {
    let cases: &[(&str, &str, Option<bool>)] = &[
        ("a.js", "probe(process.env.AUTH === 'true')", Some(false)),
        ("a.js", "probe(process.env.AUTH !== 'false')", Some(true)),
        ("a.js", "probe(!!process.env.TOKEN)", Some(false)),
        ("a.js", "probe(options.auth === 'true')", Some(false)),
        ("a.js", "function f(req) { probe(req.headers.host) }", None),
        ("a.js", "function f(req) { probe(process.env.REMOTE && req.headers.host) }", Some(false)),
        ("a.py", "import os\nprobe(os.getenv('AUTH', 'true').lower() == 'true')", Some(true)),
        ("a.py", "import os\nprobe(os.getenv('AUTH', '').lower() in ('true', '1'))", Some(false)),
        ("a.py", "ORIGINS = ['*']\nprobe('*' not in ORIGINS)", Some(false)),
        ("a.py", "ORIGINS = ['http://localhost']\nprobe('*' not in ORIGINS)", Some(true)),
    ];
    for (path, text, expected) in cases {
        let code = package(path, text);
        assert_eq!(with_scene(&code, |scene| scene.truth(probed(&code))), *expected, "{text}");
    }
}

/// What the function called `check` asks.
fn asked(path: &str, text: &str) -> Access {
    let code = package(path, text);
    let unit = &code.units[0];
    let position = unit
        .functions
        .iter()
        .position(|function| function.name.is_some_and(|name| unit.text(name) == "check"));
    let function = FunctionId(u32::try_from(position.unwrap()).unwrap());
    with_scene(&code, |scene| scene.function(0, function))
}

#[test]
fn checks_are_judged_by_what_they_do() {
    let cases: &[(&str, &str, Access)] = &[
        (
            "a.js",
            "function check(req, res, next) { if (req.headers.host !== HOST) return res.status(403).end(); next(); }",
            Access::HOST,
        ),
        (
            "a.js",
            "function check(req, res, next) { if (!HOSTS.has(req.hostname)) throw new Error('host'); next(); }",
            Access::HOST,
        ),
        (
            "a.js",
            "function check(req, res) { const origin = req.get('Origin'); if (origin && !OK.includes(origin)) { res.statusCode = 403; res.end(); } }",
            Access::ORIGIN,
        ),
        (
            "a.js",
            "function check(req, res, next) { try { verify(req.headers.authorization) } catch { return res.status(401).end(); } next(); }",
            Access::CREDENTIAL,
        ),
        (
            "a.js",
            "function bad(t) { return t !== KEY } function check(c, next) { if (bad(c.req.header('X-Api-Key'))) return c.json({}, 401); return next(); }",
            Access::CREDENTIAL,
        ),
        (
            "a.js",
            "function no(res) { res.writeHead(401); res.end(); } function check(req, res) { if (!req.headers.authorization) { no(res); return; } go(); }",
            Access::CREDENTIAL,
        ),
        (
            "a.js",
            "function check(req, res, next) { log(req.headers.host); if (Date.now() > END) return res.status(403).end(); next(); }",
            Access::NONE,
        ),
        (
            "a.js",
            "function check(req, res, next) { req.token = req.headers.authorization; next(); }",
            Access::NONE,
        ),
        (
            "a.js",
            "function check(req, res) { run(req).catch((error) => { if (error.code === 401) res.status(401).end(); }); }",
            Access::NONE,
        ),
        (
            "a.js",
            "function check(req, res) { if (process.env.AUTH === 'true' && !req.headers.authorization) res.sendStatus(401); }",
            Access::CREDENTIAL.opted(),
        ),
        (
            "a.py",
            "def check(request):\n    if request.headers.get('x-api-key') != KEY:\n        raise HTTPException(401)",
            Access::CREDENTIAL,
        ),
        (
            "a.py",
            "def check(request):\n    if request.client.host not in ('127.0.0.1', '::1'):\n        raise HTTPException(status_code=403)",
            Access::PEER,
        ),
        (
            "a.py",
            "async def check(scope, receive, send):\n    headers = dict(scope['headers'])\n    if headers.get(b'host') not in HOSTS:\n        await Response('no', status_code=421)(scope, receive, send)\n        return\n    await app(scope, receive, send)",
            Access::HOST,
        ),
        (
            "a.py",
            "def check(authorization: str = Header(None)):\n    if not authorization:\n        raise HTTPException(status_code=status.HTTP_401_UNAUTHORIZED)",
            Access::CREDENTIAL,
        ),
        (
            "a.py",
            "def check(request):\n    key = request.headers.get('x-api-key')\n    return key or None",
            Access::NONE,
        ),
        (
            "a.py",
            "def check_authorization(x):\n    return True\ndef check(request):\n    check_authorization(request)\n    return load()",
            Access::NONE,
        ),
    ];
    for (path, text, expected) in cases {
        assert_eq!(asked(path, text), *expected, "{text}");
    }
}

#[test]
fn bindings_are_open_closed_or_unknown() {
    let open = |host: &str| Some(Reach::Network(host.to_owned()));
    let cases: &[(&str, &str, Option<Reach>)] = &[
        ("a.js", "app.listen(3000)", Some(Reach::Unnamed)),
        ("a.js", "app.listen(3000, () => log())", Some(Reach::Unnamed)),
        ("a.js", "app.listen(3000, '::')", open("::")),
        ("a.js", "app.listen({ port: 3000, host: 'localhost' })", Some(Reach::Machine)),
        ("a.js", "server.listen('/run/server.sock')", None),
        ("a.js", "server.listen(0)", Some(Reach::Machine)),
        ("a.js", "emitter.listen(() => log())", None),
        ("a.js", "function f(host) { app.listen(3000, host) }", Some(Reach::Unknown)),
        ("a.py", "import uvicorn\nuvicorn.run(app)", Some(Reach::Machine)),
        ("a.py", "import uvicorn\nuvicorn.run(app, host='0.0.0.0')", open("0.0.0.0")),
        (
            "a.py",
            "from http.server import HTTPServer\nHTTPServer(('', 80), H).serve_forever()",
            Some(Reach::Unnamed),
        ),
        ("a.py", "def free(s):\n    s.bind(('0.0.0.0', 80))\n    s.close()", None),
        ("a.py", "def serve(s):\n    s.bind(('0.0.0.0', 80))\n    s.listen()", open("0.0.0.0")),
        ("a.py", "import subprocess\nsubprocess.run(['ls'])", None),
    ];
    for (path, text, expected) in cases {
        let code = package(path, text);
        let found = with_scene(&code, servers::bindings);
        assert_eq!(found.first().map(|binding| binding.reach.clone()), *expected, "{text}");
    }
}

#[test]
fn values_that_lead_back_to_themselves_end() {
    let sources = [
        (
            "a.py",
            "kwargs = {}\nfor x in y:\n    kwargs = dict(kwargs, host=kwargs)\nmcp.run(transport='sse', **kwargs)",
        ),
        (
            "a.py",
            "class A(B):\n    def run(self): self.run()\nclass B(A):\n    pass\napp.add_middleware(A)\nmcp.run(transport='sse')",
        ),
        (
            "a.py",
            "def a(x=Depends(b)): raise X\ndef b(x=Depends(a)): raise X\n@router.post('/x')\ndef c(x=Depends(a)): pass",
        ),
        (
            "a.js",
            "let h = g(() => h); const f = () => f(f()); app.use(f, h); app.listen(f(), h); new SSEServerTransport('/m', f)",
        ),
        (
            "a.js",
            "let a = b, b = a; a = [b, ...a]; b = { ...b, a }; app.listen(a ? b : a, a || b); new SSEServerTransport(a, b, a)",
        ),
    ];
    for (path, text) in sources {
        let code = package(path, text);
        with_scene(&code, |scene| {
            let transports = servers::transports(scene);
            let bindings = servers::bindings(scene);
            super::served::all(scene, &crate::connector::Connector::default(), &transports, &bindings);
        });
    }
}
