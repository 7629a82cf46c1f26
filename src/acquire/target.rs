//! What the user asked for: text to target and back.

/// One thing to scan, as written on the command line.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Target {
    /// The text as the user wrote it, for reports.
    pub written: String,
    /// The source that answers for it: `npm`, `pypi`, `git`, `folder`, `archive`, `tools`.
    pub scheme: &'static str,
    /// Package name, repository URL or path.
    pub name: String,
    /// Version, range, tag, reference or specifier; empty where none was given.
    pub version: String,
    /// How the user would launch it, where the target was a launch line.
    pub launch: Option<crate::artifact::Launch>,
}
