//! Lists `rules/**/*.toml` for the binary, so that a new rule is a new file and nothing else.
#![expect(clippy::disallowed_methods, reason = "cargo speaks to a build script through the environment")]

use std::{
    env,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=rules");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("rules");
    let mut paths = Vec::new();
    collect(&root, &mut paths)?;
    paths.sort();
    let mut out = String::from(
        "/// Rule files: path below `rules/` without extension, text.\npub const RULES: &[(&str, &str)] = &[\n",
    );
    for path in &paths {
        let name = path.strip_prefix(&root).unwrap_or(path).with_extension("");
        let name = name.to_string_lossy().replace('\\', "/");
        let _ = writeln!(out, "    ({name:?}, {}),", text_of(&format!("{name}.toml")));
    }
    out.push_str("];\n");
    let _ = writeln!(out, "/// `rules/sets.toml`.\nconst SETS: &str = {};", text_of("sets.toml"));
    fs::write(PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("rules.rs"), out)
}

/// Names the checkout through the variable: the generated file is the same wherever the checkout lies.
fn text_of(name: &str) -> String {
    format!("include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/rules/{name}\"))")
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, paths)?;
        } else if path.extension().is_some_and(|extension| extension == "toml")
            && path.parent().is_some_and(|parent| parent.file_name().is_some_and(|name| name != "rules"))
        {
            paths.push(path);
        }
    }
    Ok(())
}
