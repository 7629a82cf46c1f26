//! JavaScript and TypeScript to the value graph: the text of one file goes in, its unit comes out.
//!
//! The syntax tree lives in an arena that does not outlive [`lower`]; no type of the parser leaves
//! this module. Statements are lowered in evaluation order, function bodies from a queue after the
//! body around them, so that every captured name is declared.

mod assignments;
mod bundled;
mod calls;
mod classes;
mod declarations;
mod depth;
mod exports;
mod expressions;
mod functions;
mod jsx;
mod literals;
mod loops;
mod lowering;
mod modules;
mod names;
mod operators;
mod patterns;
mod statements;
mod switches;
#[cfg(test)]
mod tests;

use std::cell::Cell;

use oxc_allocator::Allocator;
use oxc_parser::{ParseOptions, Parser, ParserReturn};
use oxc_span::SourceType;

use self::lowering::Lowering;
use super::builder::Builder;
use super::graph::{Loses, Unit};
use super::limits;
use crate::{artifact::Language, untrusted};

/// Syntax errors that are kept per file.
const MAX_DIAGNOSTICS: usize = 8;

/// Largest arena that is kept for the next file, in bytes.
const MAX_ARENA: usize = 8 << 20;

thread_local! {
    /// The arena of the file before: memory that the system need not hand out and clear again.
    static ARENA: Cell<Option<Allocator>> = const { Cell::new(None) };
}

/// Lowers one file, whose brackets nest as deep as was measured; what cannot be read becomes a
/// problem of the unit.
pub(crate) fn lower(file: usize, path: &str, source: &str, language: Language, nesting: usize) -> Unit {
    let mut builder = Builder::new(file, path, language, source);
    if let Some(why) = limits::refusal(source.as_bytes(), nesting) {
        builder.problem(0, why, Loses::Code);
        return builder.finish();
    }
    let source_type = source_type(path, source, language);
    if !depth::fits(source.as_bytes()) {
        builder.problem(0, "not parsed: pathological nesting", Loses::Code);
        return builder.finish();
    }
    let lines = builder.unit().lines.len();
    builder.set_bundled(bundled::is_bundled(source, lines));
    let mut allocator = ARENA.take().unwrap_or_default();
    let unit = {
        let parsed = parse(&allocator, source, source_type);
        report(&mut builder, &parsed);
        let mut lowering = Lowering::new(builder, source);
        lowering.program(&parsed.program);
        lowering.finish()
    };
    allocator.reset();
    if allocator.capacity() <= MAX_ARENA {
        ARENA.set(Some(allocator));
    }
    unit
}

fn parse<'a>(allocator: &'a Allocator, source: &'a str, source_type: SourceType) -> ParserReturn<'a> {
    let options = ParseOptions {
        allow_return_outside_function: true,
        preserve_parens: false,
        enable_ident_hashes: false,
        ..ParseOptions::default()
    };
    Parser::new(allocator, source, source_type).with_options(options).parse()
}

fn source_type(path: &str, source: &str, language: Language) -> SourceType {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    let jsx = source.len() <= depth::MAX_JSX;
    match extension.to_ascii_lowercase().as_str() {
        "tsx" => SourceType::ts().with_jsx(jsx),
        "ts" | "mts" | "cts" if path.ends_with(".d.ts") => SourceType::d_ts(),
        "ts" | "mts" | "cts" => SourceType::ts(),
        "mjs" => SourceType::mjs().with_jsx(jsx),
        "cjs" => SourceType::cjs().with_jsx(jsx),
        _ if language == Language::TypeScript => SourceType::ts(),
        _ => SourceType::unambiguous().with_jsx(jsx),
    }
}

fn report(builder: &mut Builder, parsed: &ParserReturn<'_>) {
    let loses = if parsed.panicked { Loses::Code } else { Loses::Nothing };
    for diagnostic in parsed.diagnostics.iter().take(MAX_DIAGNOSTICS) {
        let at = diagnostic.labels.first().map_or(0, oxc_span::LabeledSpan::offset);
        let why = format!("syntax error: {}", untrusted::excerpt(&diagnostic.message, 160));
        builder.problem(at, why, loses);
    }
    if parsed.panicked && parsed.diagnostics.is_empty() {
        builder.problem(0, "syntax error", loses);
    }
}
