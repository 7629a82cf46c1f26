//! One command of a launch line, by its launcher, to a target.

use super::{Reading, options::Options, unsupported};
use crate::{
    acquire::{
        AcquireError,
        target::{self, Target, reference},
    },
    untrusted,
};

/// Options of npm's and related clients that take the next word.
const NPM: &[&str] = &[
    "-p",
    "--package",
    "-c",
    "--call",
    "--registry",
    "--userconfig",
    "--globalconfig",
    "--cache",
    "--prefix",
    "-w",
    "--workspace",
    "--node-options",
    "--shell",
    "--script-shell",
    "--loglevel",
    "--cwd",
    "-C",
    "--dir",
];
/// Options of Python clients that take the next word.
const PYTHON: &[&str] = &[
    "--from",
    "--with",
    "--with-editable",
    "--with-requirements",
    "--spec",
    "-p",
    "--python",
    "-i",
    "--index-url",
    "--extra-index-url",
    "--index",
    "--default-index",
    "-f",
    "--find-links",
    "--directory",
    "--project",
    "--cache-dir",
    "--config-file",
    "--env-file",
    "-P",
    "--upgrade-package",
    "--refresh-package",
    "--reinstall-package",
    "--prerelease",
    "--resolution",
    "--index-strategy",
    "--keyring-provider",
    "--exclude-newer",
    "--python-platform",
    "--color",
    "--link-mode",
    "-C",
    "--config-setting",
    "-c",
    "--constraints",
    "--constraint",
    "--overrides",
    "--override",
    "--allow-insecure-host",
    "--torch-backend",
    "--pip-args",
    "--extra",
    "--group",
    "--only-group",
    "--package",
    "-w",
    "-m",
    "--module",
];
/// Options of Python clients that change where packages come from.
const INDEXES: &[&str] = &[
    "-i",
    "--index-url",
    "--extra-index-url",
    "--index",
    "--default-index",
    "-f",
    "--find-links",
    "--pip-args",
    "--allow-insecure-host",
    "--config-file",
];
/// Options of JavaScript runtimes that take the next word.
const RUNTIME: &[&str] = &[
    "-r",
    "--require",
    "--import",
    "--loader",
    "--experimental-loader",
    "--preload",
    "-C",
    "--conditions",
    "--env-file",
    "--env-file-if-exists",
    "--cwd",
    "--title",
    "--tsconfig",
    "-P",
    "--project",
];
/// Options of JavaScript runtimes that load code before the script.
const PRELOADS: &[&str] = &["-r", "--require", "--import", "--loader", "--experimental-loader", "--preload"];

/// What a command starts.
///
/// # Errors
/// Where it starts nothing that can be scanned.
pub(crate) fn target(command: &[String], reading: &mut Reading<'_>) -> Result<Target, AcquireError> {
    let (program, arguments) = command.split_first().ok_or_else(|| unsupported(""))?;
    let verb = arguments.first().map(String::as_str);
    let behind = arguments.get(1..).unwrap_or_default();
    match (program.as_str(), verb) {
        ("npx" | "pnpx" | "bunx", _) => npm(arguments, reading),
        ("npm", Some("exec" | "x")) | ("pnpm" | "yarn", Some("dlx")) | ("bun", Some("x")) => {
            npm(behind, reading)
        }
        ("bun", Some("run")) => script(behind, reading),
        ("node" | "nodejs" | "bun" | "tsx" | "ts-node", _) => script(arguments, reading),
        ("uvx", _) => tool(arguments, reading),
        ("uv", _) => uv(arguments, reading),
        ("pipx", Some("run")) => tool(behind, reading),
        (program, _) if is_python(program) => python(arguments, reading),
        (program, _) => Err(unsupported(program)),
    }
}

fn is_python(program: &str) -> bool {
    let bare = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    matches!(bare, "python" | "pypy" | "py" | "pythonw")
}

fn npm(words: &[String], reading: &mut Reading<'_>) -> Result<Target, AcquireError> {
    let mut options = Options::read(words, NPM);
    let packages: Vec<String> = options.values(&["-p", "--package"]).into_iter().map(str::to_owned).collect();
    for flag in options.present(&["--registry", "--userconfig", "--globalconfig"]) {
        reading.note(format!("takes packages from another place (`{flag}`)"));
    }
    if !options.present(&["-c", "--call"]).is_empty() {
        reading.note("hands a line to a shell (`--call`)");
    }
    let mut packages = packages.into_iter();
    let specification = match packages.next() {
        Some(package) => package,
        None => options.shift().ok_or_else(|| target::unknown("the launch line names no package"))?,
    };
    for other in packages {
        reading.note(format!("adds the package `{}`", untrusted::excerpt(&other, 100)));
    }
    remote(&options.rest, reading);
    programs(&options.rest, reading);
    npm_specification(&specification)
}

fn npm_specification(specification: &str) -> Result<Target, AcquireError> {
    if let Some(file) = specification.strip_prefix("file:") {
        return Ok(target::path(file));
    }
    if target::looks_like_path(specification) {
        return Ok(target::path(specification));
    }
    if let Some(url) = specification.strip_prefix("git+") {
        return reference::git(url, reference::Revision::Fragment);
    }
    if let Some(repository) = specification.strip_prefix("github:") {
        return reference::github(repository);
    }
    if specification.contains("://") {
        return Err(unsupported(&target::redacted(specification)));
    }
    if !specification.starts_with('@') && specification.contains('/') {
        return reference::github(specification);
    }
    reference::npm(specification)
}

/// `uvx`, `uv tool run`, `pipx run`.
fn tool(words: &[String], reading: &mut Reading<'_>) -> Result<Target, AcquireError> {
    let mut options = Options::read(words, PYTHON);
    note_python(&options, reading);
    for package in options.values(&["--with"]) {
        reading.note(format!("adds the package `{}`", untrusted::excerpt(package, 100)));
    }
    let from = options.first(&["--from", "--spec"]).map(str::to_owned);
    let command = options.shift();
    remote(&options.rest, reading);
    programs(&options.rest, reading);
    let specification =
        from.or(command).ok_or_else(|| target::unknown("the launch line names no package"))?;
    python_specification(&specification)
}

fn python_specification(specification: &str) -> Result<Target, AcquireError> {
    if target::looks_like_path(specification) {
        return Ok(target::path(specification));
    }
    if let Some(url) = specification.strip_prefix("git+") {
        return reference::git(url, reference::Revision::At);
    }
    if specification.contains("://") && !specification.contains("git+") {
        return Err(unsupported(&target::redacted(specification)));
    }
    reference::pypi(specification)
}

fn note_python(options: &Options, reading: &mut Reading<'_>) {
    for flag in options.present(INDEXES) {
        reading.note(format!("takes packages from another place (`{flag}`)"));
    }
}

fn uv(words: &[String], reading: &mut Reading<'_>) -> Result<Target, AcquireError> {
    let mut options = Options::read(words, PYTHON);
    note_python(&options, reading);
    let folder = options.first(&["--directory", "--project"]).map(str::to_owned);
    match options.shift().as_deref() {
        Some("tool") if options.rest.first().is_some_and(|word| word == "run") => {
            tool(options.rest.get(1..).unwrap_or_default(), reading)
        }
        Some("run") => uv_run(&options.rest, folder, reading),
        verb => Err(unsupported(&format!("uv {}", verb.unwrap_or_default()))),
    }
}

fn uv_run(
    words: &[String],
    folder: Option<String>,
    reading: &mut Reading<'_>,
) -> Result<Target, AcquireError> {
    let mut options = Options::read(words, PYTHON);
    note_python(&options, reading);
    let folder = options.first(&["--directory", "--project"]).map(str::to_owned).or(folder);
    let packages: Vec<String> = options.values(&["--with"]).into_iter().map(str::to_owned).collect();
    let command = options.shift().unwrap_or_default();
    remote(&options.rest, reading);
    let is_script = command.to_ascii_lowercase().ends_with(".py");
    let matching = packages.iter().position(|package| is_named(package, &command));
    if folder.is_some() || is_script || packages.is_empty() {
        for package in &packages {
            reading.note(format!("adds the package `{}`", untrusted::excerpt(package, 100)));
        }
        reading.note("runs what is on this machine");
        let folder = folder.unwrap_or_else(|| ".".to_owned());
        return Ok(if is_script {
            local(&joined(&folder, &command), reading)
        } else {
            target::path(&folder)
        });
    }
    let chosen = matching.unwrap_or(0);
    for (at, package) in packages.iter().enumerate() {
        if at != chosen {
            reading.note(format!("adds the package `{}`", untrusted::excerpt(package, 100)));
        }
    }
    python_specification(packages.get(chosen).map_or("", String::as_str))
}

/// Whether a specification is for the distribution that a command is called after.
fn is_named(specification: &str, command: &str) -> bool {
    let fold = |name: &str| name.to_ascii_lowercase().replace(['_', '.'], "-");
    reference::pypi(specification).is_ok_and(|target| fold(&target.name) == fold(command))
}

fn python(words: &[String], reading: &mut Reading<'_>) -> Result<Target, AcquireError> {
    let mut options = Options::read(words, &["-m", "-c", "-X", "-W"]);
    if !options.present(&["-c"]).is_empty() {
        return Err(unsupported("python -c"));
    }
    if let Some(module) = options.first(&["-m"]) {
        let path = module.replace('.', "/");
        let top = module.split('.').next().unwrap_or(module).to_owned();
        let is_local = [format!("{path}.py"), format!("{path}/__main__.py"), format!("{path}/__init__.py")]
            .iter()
            .any(|path| (reading.exists)(path));
        if is_local {
            return Ok(local(&format!("{path}.py"), reading));
        }
        reading.note(format!(
            "starts the module `{}` as it is installed; its package may have another name",
            untrusted::excerpt(&top, 100)
        ));
        return reference::pypi(&top.to_ascii_lowercase().replace('_', "-"));
    }
    match options.shift() {
        Some(script) => Ok(local(&script, reading)),
        None => Err(target::unknown("the launch line names no file")),
    }
}

fn script(words: &[String], reading: &mut Reading<'_>) -> Result<Target, AcquireError> {
    let mut options = Options::read(words, RUNTIME);
    if !options.present(&["-e", "--eval", "-p", "--print"]).is_empty() {
        return Err(unsupported("code on the line"));
    }
    for flag in options.present(PRELOADS) {
        reading.note(format!("loads other code first (`{flag}`)"));
    }
    let Some(file) = options.shift() else { return Err(target::unknown("the launch line names no file")) };
    remote(&options.rest, reading);
    Ok(local(&file, reading))
}

/// The package that a local file belongs to: the nearest folder with a manifest, else its own.
fn local(file: &str, reading: &mut Reading<'_>) -> Target {
    reading.note("runs what is on this machine");
    let file = file.replace('\\', "/");
    if (reading.exists)(&format!("{file}/package.json")) || file == "." {
        return target::path(&file);
    }
    let own = file.rsplit_once('/').map_or(".", |(folder, _)| if folder.is_empty() { "/" } else { folder });
    let mut folder = own;
    loop {
        let has = |manifest: &str| (reading.exists)(&format!("{folder}/{manifest}"));
        if has("package.json") || has("pyproject.toml") {
            return target::path(folder);
        }
        match folder.rsplit_once('/') {
            Some((parent, last)) if !parent.is_empty() && last != ".." => folder = parent,
            None if !matches!(folder, "." | "..") => folder = ".",
            _ => return target::path(own),
        }
    }
}

fn joined(folder: &str, path: &str) -> String {
    let is_absolute = path.starts_with(['/', '\\', '~']) || path.as_bytes().get(1) == Some(&b':');
    if folder == "." || is_absolute {
        path.to_owned()
    } else {
        format!("{}/{path}", folder.trim_end_matches('/'))
    }
}

/// A runner that is handed a program starts more than its own package.
fn programs(arguments: &[String], reading: &mut Reading<'_>) {
    const ENDINGS: [&str; 6] = [".js", ".mjs", ".cjs", ".ts", ".mts", ".py"];
    let is_program = |word: &&String| ENDINGS.iter().any(|end| word.ends_with(end)) && !word.contains("://");
    for file in arguments.iter().filter(is_program).take(4) {
        let file = untrusted::excerpt(file, 200);
        reading.note(format!("hands over the program `{file}`: it is not in the package"));
    }
}

/// A line that hands its package an address talks to a server that no package shows.
fn remote(arguments: &[String], reading: &mut Reading<'_>) {
    let urls = arguments.iter().filter(|word| word.starts_with("https://") || word.starts_with("http://"));
    for url in urls.take(4) {
        let bare = target::redacted(url);
        let bare = untrusted::excerpt(bare.split(['?', '#']).next().unwrap_or_default(), 200);
        reading.note(format!("hands over the address `{bare}`: what answers there is not in the package"));
    }
}
