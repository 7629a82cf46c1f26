//! Which protections the declared version of an SDK has switched on by itself.

use crate::connector::{
    Connector,
    dependencies::{Dependency, DependencyKind},
};

/// How a declared dependency relates to the first protected version.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Since {
    /// Every version that satisfies the declaration is protected.
    Always,
    /// The newest is, older ones that satisfy the declaration are not.
    Newest,
    /// None is.
    Never,
    /// It is not declared.
    Undeclared,
}

/// How the declared versions of a dependency relate to `first`.
pub(super) fn since(connector: &Connector, name: &str, first: (u32, u32)) -> Since {
    let declared = connector.dependencies.iter().filter(|dependency| {
        dependency.kind != DependencyKind::Development
            && dependency.name.raw().trim().eq_ignore_ascii_case(name)
    });
    let mut found = Since::Undeclared;
    for dependency in declared {
        let this = relate(dependency, first);
        found = match (found, this) {
            (Since::Undeclared, this) => this,
            (Since::Always, _) | (_, Since::Always) => Since::Always,
            (Since::Never, _) | (_, Since::Never) => Since::Never,
            _ => Since::Newest,
        };
    }
    found
}

fn relate(dependency: &Dependency, first: (u32, u32)) -> Since {
    let text = dependency.requirement.raw();
    let text = text.split(';').next().unwrap_or(text);
    let text = text.rsplit(']').next().unwrap_or(text);
    let (mut low, mut high) = ((0, 0), None);
    for part in text.split([',', ' ']).map(|part| part.trim_matches(['(', ')', ' '])).take(16) {
        let operator =
            part.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '*' | '-' | '+'));
        let Some(version) = version(&part[operator.len()..]) else { continue };
        match operator.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        {
            ">=" | ">" => low = low.max(version),
            "<" => high = Some(version),
            "<=" => high = Some((version.0, version.1 + 1)),
            "==" | "=" | "===" | "" => {
                low = version;
                high = Some((version.0, version.1 + 1));
            }
            "^" => {
                low = version;
                high = Some(if version.0 == 0 { (0, version.1 + 1) } else { (version.0 + 1, 0) });
            }
            "~=" | "~" => {
                low = version;
                let loose = operator.ends_with('=') && part.matches('.').count() == 1;
                high = Some(if loose { (version.0 + 1, 0) } else { (version.0, version.1 + 1) });
            }
            _ => {}
        }
    }
    if low >= first {
        Since::Always
    } else if high.is_some_and(|high| high <= first) {
        Since::Never
    } else {
        Since::Newest
    }
}

/// Major and minor number.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.trim_start_matches('v').split('.');
    let major = parts.next()?.parse().ok()?;
    let minor = parts.next().and_then(|minor| minor.parse().ok()).unwrap_or(0);
    Some((major, minor))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        artifact::Ecosystem, connector::dependencies::Origin, finding::Location, untrusted::Untrusted,
    };

    #[test]
    fn tells_which_versions_a_declaration_allows() {
        let cases = [
            (">=1.23.0", Since::Always),
            ("<2.0.0,>=1.27.0", Since::Always),
            ("==1.9.4", Since::Never),
            ("~=1.8", Since::Newest),
            ("~=1.8.0", Since::Never),
            (">=1.2", Since::Newest),
            ("", Since::Newest),
            ("<1.20,>=1.2", Since::Never),
            ("^1.24.0", Since::Always),
            ("^1.9.0", Since::Newest),
            ("1.22.0", Since::Never),
        ];
        for (requirement, expected) in cases {
            let dependency = Dependency {
                ecosystem: Ecosystem::Pypi,
                name: Untrusted::new("x"),
                requirement: Untrusted::new(requirement),
                kind: DependencyKind::Normal,
                origin: Origin::Registry,
                location: Location { path: String::new(), line: 1, column: 1 },
            };
            assert_eq!(relate(&dependency, (1, 23)), expected, "{requirement}");
        }
    }
}
