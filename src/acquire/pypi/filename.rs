//! A distribution's file name to what it promises: version, form and, for wheels, tags.

use pep440_rs::Version;

/// What a file name says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Name {
    /// The version.
    pub(super) version: Version,
    /// Wheel or source archive.
    pub(super) form: Form,
}

/// The forms that Python packages are published in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Form {
    /// A built package, with its compressed tag sets.
    Wheel {
        /// Interpreters, such as `py3` or `cp311`.
        python: Vec<String>,
        /// Binary interfaces, such as `none` or `abi3`.
        interface: Vec<String>,
        /// Platforms, such as `any` or `manylinux_2_17_x86_64`.
        platform: Vec<String>,
    },
    /// A source archive.
    Source,
}

/// The longest file name that is read, bytes.
const LONGEST: usize = 300;

/// Reads the file name of a package; `None` where it is another package's, or of another form.
pub(super) fn parse(file: &str, package: &str) -> Option<Name> {
    if file.len() > LONGEST || !file.is_ascii() {
        return None;
    }
    if let Some(stem) = file.strip_suffix(".whl") {
        return wheel(stem, package);
    }
    let stem = [".tar.gz", ".zip", ".tgz"].into_iter().find_map(|ending| file.strip_suffix(ending))?;
    stem.match_indices('-').rev().find_map(|(at, _)| {
        let version = stem[at + 1..].parse().ok()?;
        (normalised(&stem[..at]) == package).then_some(Name { version, form: Form::Source })
    })
}

/// A package name as indexes compare it: lower case, runs of `-`, `_` and `.` as one hyphen.
pub(super) fn normalised(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if !matches!(c, '-' | '_' | '.') {
            out.extend(c.to_lowercase());
        } else if !out.ends_with('-') {
            out.push('-');
        }
    }
    out
}

fn wheel(stem: &str, package: &str) -> Option<Name> {
    let parts: Vec<&str> = stem.split('-').collect();
    let (name, version, tags) = match *parts.as_slice() {
        [name, version, python, interface, platform] | [name, version, _, python, interface, platform] => {
            (name, version, [python, interface, platform])
        }
        _ => return None,
    };
    let [python, interface, platform] =
        tags.map(|set| set.split('.').map(str::to_ascii_lowercase).collect::<Vec<_>>());
    (normalised(name) == package).then_some(())?;
    Some(Name { version: version.parse().ok()?, form: Form::Wheel { python, interface, platform } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_versions_out_of_file_names() {
        for (file, version) in [
            ("mcp_server-1.2.3-py3-none-any.whl", Some("1.2.3")),
            (
                "mcp_server-1.2.3-1build-cp311-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
                Some("1.2.3"),
            ),
            ("Mcp.Server-1.2.3rc1.tar.gz", Some("1.2.3rc1")),
            ("mcp-server-1.2.3.zip", Some("1.2.3")),
            ("mcp_server-1.2.3.tar.bz2", None),
            ("mcp_server-1.2.3-py3.11.egg", None),
            ("mcp_server_time-1.2.3-py3-none-any.whl", None),
            ("mcp-server-time-1.2.3.tar.gz", None),
            ("mcp_server-x-py3-none-any.whl", None),
            ("mcp_server-1.2.3-any.whl", None),
            ("é-1.2.3.tar.gz", None),
            ("", None),
        ] {
            let found = parse(file, "mcp-server").map(|name| name.version.to_string());
            assert_eq!(found.as_deref(), version, "{file}");
        }
    }

    #[test]
    fn normalises_names_as_indexes_do() {
        for (name, normal) in
            [("Friendly-Bard", "friendly-bard"), ("FRIENDLY.__-bard", "friendly-bard"), ("a", "a")]
        {
            assert_eq!(normalised(name), normal);
        }
    }
}
