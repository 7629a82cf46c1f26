//! Whether a file can be parsed: a count of what makes a Python parser recurse without brackets.

use ruff_python_ast::token::TokenKind;
use ruff_python_parser::{Mode, lexer};

/// Levels of expressions and statements that are lowered; what lies deeper becomes unknown.
pub(super) const MAX_DEPTH: u32 = 3_000;

/// Operators, keywords and trailers in a row, brackets included, that the parser is given.
const MAX_CHAIN: usize = 50_000;

/// Below this size a file cannot hold a chain that is too long.
const HARMLESS: usize = 2 * MAX_CHAIN;

/// Whether some expression of the source could nest deeper than a stack holds.
pub(super) fn nests_too_deep(source: &str) -> bool {
    if source.len() < HARMLESS {
        return false;
    }
    let mut lexer = lexer::lex(source, Mode::Module);
    let mut around: Vec<usize> = Vec::new();
    let (mut base, mut depth) = (0, 0);
    loop {
        match lexer.next_token() {
            TokenKind::EndOfFile => return false,
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => {
                around.push(base);
                depth += 1;
                base = depth;
            }
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace => {
                depth = base;
                base = around.pop().unwrap_or(0);
            }
            TokenKind::Comma => depth = base,
            TokenKind::Newline | TokenKind::Semi => {
                around.clear();
                (base, depth) = (0, 0);
            }
            kind if deepens(kind) => depth += 1,
            _ => {}
        }
        if depth > MAX_CHAIN {
            return true;
        }
    }
}

fn deepens(kind: TokenKind) -> bool {
    kind.is_operator()
        || matches!(
            kind,
            TokenKind::Not
                | TokenKind::Lambda
                | TokenKind::Else
                | TokenKind::Await
                | TokenKind::Async
                | TokenKind::Yield
        )
}
