//! The front end of the languages that share one way of lowering: source text in, value graph out.
//!
//! A grammar turns the text into a tree, the language's table says what the kinds of its nodes
//! mean, and what the languages have in common is lowered in one place. Covered: calls with
//! resolved names, literals and text put together, variables with branches joined, flow inside
//! functions and through functions of the package that are called by name.

mod branches;
mod csharp;
mod dialect;
mod functions;
mod go;
mod java;
mod lowering;
mod php;
mod php_calls;
mod roles;
mod ruby;
mod ruby_calls;
mod rust;
mod shell;
mod text;
mod tree;

#[cfg(test)]
mod tests;

use dialect::Dialect;
use lowering::Lowerer;
use tree::{Failure, Tree};

use super::{
    builder::Builder,
    graph::{Loses, Unit},
};
use crate::artifact::Language;

/// Largest file that is parsed, in bytes: trees take more memory than those of the other front ends.
pub(crate) const MAX_SOURCE: usize = 4 << 20;

/// Folders whose files were copied from other packages.
const VENDORED: [&str; 3] = ["vendor", "third_party", "node_modules"];

/// The dialect of a language, where a file of it can be read.
fn dialect(language: Language, path: &str) -> Option<&'static Dialect> {
    match language {
        Language::Go => Some(&go::GO),
        Language::Shell if !is_other_shell(path) => Some(&shell::SHELL),
        Language::Rust => Some(&rust::RUST),
        Language::Java => Some(&java::JAVA),
        Language::Ruby => Some(&ruby::RUBY),
        Language::Php => Some(&php::PHP),
        Language::CSharp => Some(&csharp::CSHARP),
        Language::Shell | Language::JavaScript | Language::TypeScript | Language::Python => None,
    }
}

/// Whether a file is for a shell of Windows.
fn is_other_shell(path: &str) -> bool {
    let extension = path.rsplit('.').next().map(str::to_ascii_lowercase);
    matches!(extension.as_deref(), Some("ps1" | "psm1" | "bat" | "cmd"))
}

/// Whether files of a language are read, by the name of the file where that decides.
pub(crate) fn reads(language: Language, path: &str) -> bool {
    dialect(language, path).is_some()
}

/// Lowers a file; what cannot be parsed is a problem of the unit, never an error.
///
/// The caller has checked size and bracket nesting and runs this on a large stack.
pub(crate) fn lower(file: usize, path: &str, source: &str, language: Language) -> Unit {
    let mut builder = Builder::new(file, path, language, source);
    builder.set_bundled(path.split('/').any(|segment| VENDORED.contains(&segment)));
    let Some(dialect) = dialect(language, path) else {
        builder.problem(0, "no front end for this language", Loses::Code);
        return builder.finish();
    };
    match Tree::parse(source, dialect.grammar) {
        Ok(tree) => {
            if let Some(at) = tree.error {
                builder.problem(at, "syntax error", Loses::Code);
            }
            Lowerer::new(builder, &tree, dialect).file()
        }
        Err(failure) => {
            builder.problem(0, Failure::describe(failure), Loses::Code);
            builder.finish()
        }
    }
}
