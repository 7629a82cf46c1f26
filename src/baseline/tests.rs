//! What holds for every lock.

use serde_json::json;

use super::*;
use crate::untrusted::Untrusted;

fn text(text: &str) -> Untrusted {
    Untrusted::new(text)
}

/// An entry with every field, and text that fights back.
fn entry(nasty: &str) -> Entry {
    let long = "Reads a file and gives its text. Large files are cut; a note says so. Paths outside the root \
                are refused! Why? Because they are.  Two spaces stay.   ";
    Entry {
        target: format!("npm:@example/files@1.2.3{nasty}"),
        verdict: "pass".to_owned(),
        reason: Some(format!("looked at{nasty}")),
        unread: 2,
        instructions: vec![text(&format!("First.\n\nThen{nasty}\n")), text("")],
        scopes: vec![Scope {
            kind: "environment".to_owned(),
            name: text(&format!("TOKEN{nasty}")),
            asked: vec!["manifest".to_owned(), "code".to_owned()],
            secret: Some(true),
            required: None,
        }],
        dependencies: vec![Dependency {
            ecosystem: "npm".to_owned(),
            name: text("zod"),
            requirement: text(&format!("^3{nasty}")),
            kind: "normal".to_owned(),
            origin: "registry".to_owned(),
        }],
        accepted: vec![Accepted {
            path: Some(text(&format!("dist/x{nasty}.js"))),
            tool: None,
            content: "0".repeat(16),
            rule: "exec/x".to_owned(),
            reason: format!("known{nasty}"),
        }],
        artifact: Artifact {
            ecosystem: "npm".to_owned(),
            name: "@example/files".to_owned(),
            version: "1.2.3".to_owned(),
            file: "files-1.2.3.whl".to_owned(),
            digest: "sha512:00".to_owned(),
            form: Form::ToolList,
        },
        claims: Claims { repository: Some(text(nasty)), uploader: Some(text("someone")) },
        publishers: vec![Publisher {
            kind: "npm-provenance".to_owned(),
            state: "verified".to_owned(),
            facts: [("repository".to_owned(), text(nasty)), (format!("a{nasty}"), text("x"))].into(),
        }],
        capabilities: Capabilities {
            uses: vec!["network".to_owned()],
            hosts: vec![text(nasty)],
            mentioned_hosts: vec![text("docs.example")],
            native: [(format!("lib/x{nasty}.node"), "ELF".to_owned())].into(),
            install_hooks: [("postinstall".to_owned(), text(nasty))].into(),
        },
        tools: vec![Tool {
            name: text(nasty),
            title: Some(text("Title")),
            description: Some(text(&format!("{long}\n\t\"quoted\" \"\"\" '''{nasty}\\\r\n{long}"))),
            annotations: Annotations { read_only: Some(true), ..Annotations::default() },
            reach: Some(Reach { uses: vec!["network".to_owned()], hosts: vec![text(nasty)], unfollowed: 3 }),
            input: Some(schema(
                &json!({ "type": "object", nasty: { "enum": ["'''", "\u{7f}", nasty, 1.5, null] } }),
            )),
            output: Some(schema(&json!({}))),
        }],
        prompts: vec![Prompt {
            name: text("greet"),
            description: None,
            arguments: vec![text(nasty)],
            text: Some(text(nasty)),
        }],
        resources: vec![Resource {
            name: text("r"),
            uri: Some(text("file:///x")),
            description: Some(text(long)),
        }],
        seal: None,
    }
}

const NASTY: [&str; 9] = [
    "",
    "\u{1b}]0;x\u{7}\u{202e}\u{200b}\u{e0041}",
    "\"\"\"\n'''\n",
    "\\",
    "\\\n  \\",
    "\r\n\r",
    " ends with spaces  ",
    "# no comment\n[[connector]]\nformat = 9",
    "üñí 読取 🙂",
];

#[test]
fn reading_what_was_written_gives_the_same_lock() {
    for nasty in NASTY {
        let lock = Lock::new("0".repeat(64), vec![entry(nasty), Entry::default()]);
        let written = render(&lock);
        let mut read = parse(&written).unwrap_or_else(|why| panic!("{why:?}\n{written}"));
        assert_eq!(render(&read), written, "{nasty:?}");
        assert!(read.connectors.iter().all(|entry| read.edited(entry).is_none()), "{nasty:?}");
        read.stated = None;
        read.connectors.iter_mut().for_each(|entry| entry.seal = None);
        assert_eq!(read, lock, "{nasty:?}");
    }
}

#[test]
fn no_lock_holds_what_a_terminal_would_obey_or_hide() {
    for nasty in NASTY {
        let written = render(&Lock::new(String::new(), vec![entry(nasty)]));
        let loud = written.chars().find(|&c| c != '\n' && crate::untrusted::is_invisible(c));
        assert_eq!(loud, None, "{nasty:?}");
        assert!(written.lines().all(|line| !line.ends_with(' ')), "{nasty:?}\n{written}");
    }
}

#[test]
fn an_edit_by_hand_is_named_and_one_of_layout_is_none() {
    let written = render(&Lock::new(String::new(), vec![entry(""), Entry::default()]));
    let edited = |from: &str, to: &str| {
        assert!(written.contains(from), "{from}\n{written}");
        let lock = parse(&written.replacen(from, to, 1)).unwrap();
        let mut found: Vec<Option<Edited>> = lock.connectors.iter().map(|entry| lock.edited(entry)).collect();
        found.swap_remove(usize::from(found[0].is_none()))
    };
    assert_eq!(edited("# What was", "# something else, what was"), None);
    assert_eq!(edited("format = 1", "format    =   1   # x"), None);
    for (from, to, section) in [
        ("read_only = true", "read_only = false", "tools"),
        ("requirement = \"^3\"", "requirement = \"*\"", "dependencies"),
        ("uses = [\n  \"network\",", "uses = [\n  \"network\", \"processes\",", "capabilities"),
        ("secret = true", "secret = false", "scopes"),
        ("state = \"verified\"", "state = \"absent\"", "publisher"),
        ("version = \"1.2.3\"", "version = \"1.2.4\"", "artifact"),
        ("verdict = \"pass\"", "verdict = \"fail\"", "approval"),
    ] {
        assert_eq!(edited(from, to), Some(Edited::Sections(vec![section])), "{from}");
    }
    assert_eq!(edited("entry = \"sha256:", "entry = \"sha256:0"), Some(Edited::Digests));
    assert_eq!(edited("\ndigest = \"sha256:", "\ndigest = \"sha256:0"), Some(Edited::List));
    let (one, rest) = written.split_once("\n[[connector]]\n").unwrap();
    let (_, last) = rest.split_once("\n[[connector]]\n").unwrap();
    let removed = parse(&format!("{one}\n[[connector]]\n{last}")).unwrap();
    assert_eq!(removed.edited(&removed.connectors[0]), Some(Edited::List));
}

#[test]
fn what_is_no_lock_says_so() {
    let written = render(&Lock::new(String::new(), vec![entry("")]));
    for (text, line, why) in [
        (String::new(), None, "it does not say which format it has"),
        ("format = 2".to_owned(), None, "it has format 2; this version of mcp-vouch reads format 1"),
        ("format = 1\nformat = 1".to_owned(), Some(2), "duplicate key"),
        ("format = \u{1b}".to_owned(), Some(1), ""),
        (written.replace("verdict", "verdic"), Some(12), "unknown field"),
        (written.replace("'''\n{", "'''\n{{"), None, "not JSON"),
        ("[".repeat(1_000_000), None, "nested too deep"),
        ("a.".repeat(1_000_000), None, "nested too deep"),
        ("format = 1\nx = ".to_owned() + &"[".repeat(1_000), None, "nested too deep"),
    ] {
        let unusable = parse(&text).unwrap_err();
        assert!(unusable.why.contains(why), "{unusable:?} is not: {why}");
        assert!(line.is_none() || unusable.line == line, "{unusable:?}: line {line:?}");
        assert!(!unusable.why.contains('\u{1b}'), "{unusable:?}");
    }
}

#[test]
fn an_approval_is_found_by_its_words_or_by_its_name() {
    let named = |target: &str, name: &str| Entry {
        target: target.to_owned(),
        artifact: Artifact { ecosystem: "npm".to_owned(), name: name.to_owned(), ..Artifact::default() },
        ..Entry::default()
    };
    let lock =
        Lock::new(String::new(), vec![named("npm:a@1", "a"), named("npm:b@1", "b"), named("npm:b@2", "b")]);
    let found = |target: &str, name: &str| lock.find(target, "npm", name).map(|entry| entry.target.as_str());
    assert_eq!(found("npm:a", "a"), Ok("npm:a@1"));
    assert_eq!(found("npm:b@2", "b"), Ok("npm:b@2"));
    assert_eq!(found("npm:b", "b"), Err(Unapproved::Several(2)));
    assert_eq!(found("npm:c", "c"), Err(Unapproved::None));
    assert_eq!(lock.find("pypi:a", "pypi", "a"), Err(Unapproved::None));
}
