//! Lists `rules/**/*.toml` for the binary, so that a new rule is a new file and nothing else.

use std::{
    env, fs, io,
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
        out.push_str(&format!("    ({name:?}, include_str!({:?})),\n", path.to_string_lossy()));
    }
    out.push_str("];\n");
    out.push_str(&format!(
        "/// `rules/sets.toml`.\nconst SETS: &str = include_str!({:?});\n",
        root.join("sets.toml").to_string_lossy()
    ));
    fs::write(PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("rules.rs"), out)
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
