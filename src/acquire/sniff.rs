//! First bytes and a name to what a file is.
//!
//! A signature that no source text can begin with decides before the name. A signature that a
//! source file could carry on purpose (`MZ`, `BZh`, `ustar`) decides only where the name does not
//! say source: otherwise code would be hidden from reading by a few bytes.

use crate::artifact::{Kind, Language, Native};

/// Most bytes from the start of a file that [`kind`] looks at.
pub(crate) const HEAD: usize = 8192;

/// What a file is, by its first bytes (at most [`HEAD`]) and its path.
pub(crate) fn kind(path: &str, head: &[u8]) -> Kind {
    if let Some(kind) = strong_signature(head) {
        return kind;
    }
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    if let Some(kind) = by_name(&name, head) {
        return kind;
    }
    if let Some(kind) = weak_signature(head) {
        return kind;
    }
    if let Some(language) = shebang(head) {
        return Kind::Source(language);
    }
    // Only the loader of addons refuses text; under any other name text can be loaded as a program.
    let is_addon = name.rsplit_once('.').is_some_and(|(_, extension)| extension == "node");
    if is_addon || !is_text_so_far(head) { Kind::Other } else { Kind::Text }
}

/// Corrects [`kind`] once the whole content is there: what is not UTF-8 and has no text name is
/// no text.
pub(crate) fn settle(kind: Kind, path: &str, bytes: &[u8]) -> Kind {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    if kind == Kind::Text && by_name(&name, bytes).is_none() && std::str::from_utf8(bytes).is_err() {
        return Kind::Other;
    }
    kind
}

/// Whether the content of a kind is kept for reading.
pub(crate) fn is_kept(kind: Kind) -> bool {
    match kind {
        Kind::Source(_) | Kind::Data | Kind::Text => true,
        Kind::Declaration | Kind::SourceMap | Kind::Native(_) | Kind::Archive | Kind::Other => false,
    }
}

/// Signatures that hold bytes with which no source text begins.
fn strong_signature(head: &[u8]) -> Option<Kind> {
    let four: [u8; 4] = head.get(..4)?.try_into().ok()?;
    match four {
        [0x7f, b'E', b'L', b'F'] => return Some(Kind::Native(Native::Elf)),
        [0, b'a', b's', b'm'] => return Some(Kind::Native(Native::Wasm)),
        [0xfe, 0xed, 0xfa, 0xce | 0xcf] | [0xce | 0xcf, 0xfa, 0xed, 0xfe] => {
            return Some(Kind::Native(Native::MachO));
        }
        [0xca, 0xfe, 0xba, 0xbe | 0xbf] | [0xbe | 0xbf, 0xba, 0xfe, 0xca] => {
            return Some(fat_or_class(four, head));
        }
        [b'P', b'K', 3, 4] | [b'P', b'K', 5, 6] | [0x1f, 0x8b, _, _] | [0x28, 0xb5, 0x2f, 0xfd] => {
            return Some(Kind::Archive);
        }
        _ => {}
    }
    let packed: [&[u8]; 3] = [b"\xfd7zXZ\0", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07"];
    packed.iter().any(|magic| head.starts_with(magic)).then_some(Kind::Archive)
}

/// A universal Mach-O binary states how many architectures follow; a Java class, with the same
/// first bytes, states a version of 45 or more there.
fn fat_or_class(magic: [u8; 4], head: &[u8]) -> Kind {
    const OLDEST_CLASS_VERSION: u32 = 45;
    let Some(count) = head.get(4..8).and_then(|bytes| <[u8; 4]>::try_from(bytes).ok()) else {
        return Kind::Other;
    };
    let count = if magic[0] == 0xca { u32::from_be_bytes(count) } else { u32::from_le_bytes(count) };
    if (1..OLDEST_CLASS_VERSION).contains(&count) { Kind::Native(Native::MachO) } else { Kind::Other }
}

/// Signatures made of characters that source text may begin with.
fn weak_signature(head: &[u8]) -> Option<Kind> {
    if head.starts_with(b"MZ") {
        let at = head.get(0x3c..0x40).and_then(|bytes| <[u8; 4]>::try_from(bytes).ok())?;
        let at = usize::try_from(u32::from_le_bytes(at)).ok()?;
        let end = at.checked_add(4)?;
        // A header beyond what is looked at is still one where the stub says it is a program.
        let is_program = head.get(at..end).map_or(head.len() >= HEAD, |magic| magic == b"PE\0\0");
        return is_program.then_some(Kind::Native(Native::Pe));
    }
    let is_bzip2 = head.starts_with(b"BZh") && head.get(4..10) == Some(b"1AY&SY");
    let is_tar = head.get(257..262) == Some(b"ustar");
    (is_bzip2 || is_tar).then_some(Kind::Archive)
}

/// What the name says, where it says something.
fn by_name(name: &str, head: &[u8]) -> Option<Kind> {
    if [".d.ts", ".d.mts", ".d.cts", ".pyi"].iter().any(|end| name.ends_with(end)) {
        return Some(Kind::Declaration);
    }
    if name.starts_with(".env") || matches!(name, ".npmrc" | ".yarnrc" | ".editorconfig" | ".gitmodules") {
        return Some(Kind::Data);
    }
    let (_, extension) = name.rsplit_once('.')?;
    let kind = match extension {
        "js" | "mjs" | "cjs" | "jsx" | "es" | "es6" => Kind::Source(Language::JavaScript),
        "ts" | "mts" | "cts" | "tsx" => Kind::Source(Language::TypeScript),
        "py" | "pyw" => Kind::Source(Language::Python),
        "go" => Kind::Source(Language::Go),
        "rs" => Kind::Source(Language::Rust),
        "cs" => Kind::Source(Language::CSharp),
        "java" => Kind::Source(Language::Java),
        "rb" => Kind::Source(Language::Ruby),
        "php" | "phtml" => Kind::Source(Language::Php),
        "sh" | "bash" | "zsh" | "ksh" | "ps1" | "psm1" | "bat" | "cmd" => Kind::Source(Language::Shell),
        "map" if is_json_object(head) => Kind::SourceMap,
        "json" | "json5" | "jsonc" | "jsonl" | "ndjson" | "yaml" | "yml" | "toml" | "ini" | "cfg"
        | "conf" | "xml" | "lock" | "properties" | "ipynb" => Kind::Data,
        "md" | "mdx" | "markdown" | "txt" | "rst" | "adoc" | "html" | "htm" | "css" | "csv" | "tsv" => {
            Kind::Text
        }
        _ => return None,
    };
    Some(kind)
}

/// Whether text begins `{"key":`, with which no program begins. A file that only claims to be a
/// source map could be loaded as a program.
fn is_json_object(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let Some(inside) = head.trim_ascii_start().strip_prefix(b"{") else { return false };
    let Some(key) = inside.trim_ascii_start().strip_prefix(b"\"") else { return false };
    let Some(end) = key.iter().position(|byte| matches!(byte, b'"' | b'\\' | b'\n')) else { return false };
    key.get(end) == Some(&b'"')
        && key.get(end + 1..).is_some_and(|rest| rest.trim_ascii_start().starts_with(b":"))
}

/// The language of a script without a telling name.
fn shebang(head: &[u8]) -> Option<Language> {
    let line = head.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    let line = std::str::from_utf8(line).ok()?;
    line.split_ascii_whitespace().find_map(|word| {
        let program = word.rsplit('/').next().unwrap_or(word);
        match program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.') {
            "node" | "nodejs" | "bun" => Some(Language::JavaScript),
            "deno" | "tsx" | "ts-node" => Some(Language::TypeScript),
            "python" | "pypy" => Some(Language::Python),
            "sh" | "bash" | "zsh" | "dash" | "ash" | "ksh" => Some(Language::Shell),
            "ruby" => Some(Language::Ruby),
            "php" => Some(Language::Php),
            _ => None,
        }
    })
}

/// Whether the start of a file is UTF-8 without NUL; a character cut at the end does not count.
fn is_text_so_far(head: &[u8]) -> bool {
    !head.contains(&0)
        && match std::str::from_utf8(head) {
            Ok(_) => true,
            Err(error) => error.error_len().is_none() && head.len() >= HEAD,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program() -> Vec<u8> {
        let mut bytes = vec![0; 0x44];
        bytes[..2].copy_from_slice(b"MZ");
        bytes[0x3c] = 0x40;
        bytes[0x40..0x44].copy_from_slice(b"PE\0\0");
        bytes
    }

    #[test]
    fn names_and_signatures_decide() {
        let js = Kind::Source(Language::JavaScript);
        let native = |native| Kind::Native(native);
        let cases: &[(&str, &[u8], Kind)] = &[
            ("a.js", b"x", js),
            ("dist/a.min.js", b"x", js),
            ("a.MJS", b"x", js),
            ("a.d.ts", b"x", Kind::Declaration),
            ("a.d.mts", b"x", Kind::Declaration),
            ("a.pyi", b"x", Kind::Declaration),
            ("a.ts", b"x", Kind::Source(Language::TypeScript)),
            ("a.py", b"\xff\xfe", Kind::Source(Language::Python)),
            ("package.json", b"{}", Kind::Data),
            ("README.md", b"# x", Kind::Text),
            ("README.md", b"caf\xe9", Kind::Text),
            ("LICENSE", b"MIT", Kind::Text),
            ("a.js.map", b"{\"version\":3}", Kind::SourceMap),
            ("a.js.map", b"{\"use strict\";run()}", Kind::Text),
            ("a.map", b"require('fs')", Kind::Text),
            ("bin/cli", b"#!/usr/bin/env node\n", js),
            ("bin/cli", b"#!/usr/bin/env -S node --no-warnings\n", js),
            ("bin/cli", b"#!/usr/bin/python3.12\n", Kind::Source(Language::Python)),
            ("run", b"#!/bin/sh\n", Kind::Source(Language::Shell)),
            ("a", b"\x7fELF\x02", native(Native::Elf)),
            ("a.js", b"\x7fELF\x02", native(Native::Elf)),
            ("a", b"\0asm\x01", native(Native::Wasm)),
            ("a", b"\xfe\xed\xfa\xce....", native(Native::MachO)),
            ("a", b"\xfe\xed\xfa\xcf....", native(Native::MachO)),
            ("a", b"\xce\xfa\xed\xfe....", native(Native::MachO)),
            ("a", b"\xcf\xfa\xed\xfe....", native(Native::MachO)),
            ("a", b"\xca\xfe\xba\xbe\0\0\0\x02", native(Native::MachO)),
            ("a", b"\xbe\xba\xfe\xca\x02\0\0\0", native(Native::MachO)),
            ("A.class", b"\xca\xfe\xba\xbe\0\0\0\x34", Kind::Other),
            ("a.exe", b"MZ only two letters", Kind::Text),
            ("a.dll", b"require('fs')", Kind::Text),
            ("a.so", b"\0\x01", Kind::Other),
            ("a.dat", b"PK\x03\x04", Kind::Archive),
            ("a.py", b"PK\x03\x04", Kind::Archive),
            ("a.bz2", b"BZh91AY&SY", Kind::Archive),
            ("a.js", b"BZh91AY&SY;run()", js),
            ("addon.node", b"plain", Kind::Other),
            ("image", b"\x89PNG\r\n\x1a\n\0", Kind::Other),
            ("notes", b"", Kind::Text),
        ];
        for (path, head, expected) in cases {
            assert_eq!(kind(path, head), *expected, "{path} {}", String::from_utf8_lossy(head));
        }
    }

    #[test]
    fn a_program_header_does_not_hide_a_script() {
        assert_eq!(kind("a.exe", &program()), Kind::Native(Native::Pe));
        assert_eq!(kind("a", &program()), Kind::Native(Native::Pe));
        assert_eq!(kind("a.js", &program()), Kind::Source(Language::JavaScript));
    }

    #[test]
    fn settles_text_on_the_whole_content() {
        assert_eq!(settle(Kind::Text, "notes", b"ok"), Kind::Text);
        assert_eq!(settle(Kind::Text, "notes", b"ok\xff"), Kind::Other);
        assert_eq!(settle(Kind::Text, "notes.md", b"ok\xff"), Kind::Text);
    }
}
