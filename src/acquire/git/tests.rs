//! Git repositories near, and behind git's own server program on the loopback address.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use super::*;
use crate::acquire::{
    Limits, Settings,
    cache::Cached,
    live::Live,
    testing::{Request, Response, Server},
    web::Refused,
};

/// A repository with two commits: `v1` is an annotated tag for the first, `main` the second.
struct Repository {
    folder: tempfile::TempDir,
    first: String,
    second: String,
}

fn repository() -> Repository {
    let folder = tempfile::tempdir().unwrap();
    let mut options = git2::RepositoryInitOptions::new();
    options.initial_head("main").external_template(false);
    let inner = git2::Repository::init_opts(folder.path(), &options).unwrap();
    let commit = |files: &[(&str, &str, i32)], parents: &[&git2::Commit<'_>]| {
        let mut tree = inner.treebuilder(None).unwrap();
        for (name, text, mode) in files {
            tree.insert(name, inner.blob(text.as_bytes()).unwrap(), *mode).unwrap();
        }
        let tree = inner.find_tree(tree.write().unwrap()).unwrap();
        let who = git2::Signature::new("nobody", "nobody@registry.example", &git2::Time::new(0, 0)).unwrap();
        inner.commit(Some("refs/heads/main"), &who, &who, "x", &tree, parents).unwrap()
    };
    let long = "export const value = 1;\n".repeat(50);
    let first = commit(&[("a.js", &long, 0o100_644)], &[]);
    let tagged = inner.find_object(first, None).unwrap();
    let who = git2::Signature::new("nobody", "nobody@registry.example", &git2::Time::new(0, 0)).unwrap();
    inner.tag("v1", &tagged, &who, "x", false).unwrap();
    let changed = format!("{long}export default 2;\n");
    let files = [
        ("a.js", changed.as_str(), 0o100_644),
        ("b.sh", "#!/bin/sh\n", 0o100_755),
        ("link", "/etc/passwd", 0o120_000),
        (".gitattributes", "*.js filter=evil\n", 0o100_644),
    ];
    let second = commit(&files, &[&inner.find_commit(first).unwrap()]);
    std::fs::write(folder.path().join(".git/hooks/post-checkout"), "#!/bin/sh\ntouch ran\n")
        .unwrap_or_default();
    drop(tagged);
    Repository { first: first.to_string(), second: second.to_string(), folder }
}

/// What git's own server program answers for a repository.
#[expect(clippy::disallowed_methods, reason = "serves a repository that the test itself has made")]
fn upload_pack(folder: &Path, argument: &str, body: &[u8]) -> Vec<u8> {
    let mut child = Command::new("git")
        .args(["upload-pack", "--stateless-rpc", argument])
        .arg(folder)
        .env("GIT_CONFIG_GLOBAL", folder.join("no-configuration"))
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_COUNT", "2")
        .env("GIT_CONFIG_KEY_1", "uploadpack.allowFilter")
        .env("GIT_CONFIG_VALUE_1", "true")
        .env("GIT_CONFIG_KEY_0", "safe.directory")
        .env("GIT_CONFIG_VALUE_0", "*")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // A server that refuses closes its input early.
    drop(child.stdin.take().unwrap().write_all(body));
    child.wait_with_output().unwrap().stdout
}

fn serve(folder: &Path) -> Server {
    let folder = folder.to_owned();
    Server::start(move |request, _| match request.path.as_str() {
        "/r.git/info/refs?service=git-upload-pack" => {
            let mut body = b"001e# service=git-upload-pack\n0000".to_vec();
            body.extend(upload_pack(&folder, "--advertise-refs", b""));
            Response::ok(body)
        }
        "/r.git/git-upload-pack" if request.method == "POST" => {
            assert_eq!(request.header("content-type"), Some("application/x-git-upload-pack-request"));
            Response::ok(upload_pack(&folder, "--timeout=20", &request.body))
        }
        "/moved.git/info/refs?service=git-upload-pack" => {
            Response::redirect("/r.git/info/refs?service=git-upload-pack")
        }
        _ => Response::new(404, ""),
    })
}

fn acquired_through(web: &dyn super::super::Web, name: &str, wanted: &str) -> Result<Artifact, AcquireError> {
    let settings = Settings { directory: std::env::temp_dir(), ..Settings::default() };
    let door = Door { web, settings: &settings };
    let target = Target { name: name.into(), version: wanted.into(), scheme: "git", ..Target::default() };
    Git.acquire(&Git.resolve(&target, &door)?, &door)
}

fn acquired(name: &str, wanted: &str) -> Result<Artifact, AcquireError> {
    acquired_through(&Live::impatient(), name, wanted)
}

fn paths(artifact: &Artifact) -> Vec<&str> {
    artifact.files.iter().map(|file| file.path.as_str()).collect()
}

#[test]
fn reads_a_remote_repository_as_git_serves_it() {
    let repository = repository();
    let server = serve(repository.folder.path());
    for path in ["r.git", "r.git/", "moved.git"] {
        let artifact = acquired(server.at(path).as_str(), "").unwrap();
        assert_eq!(paths(&artifact), [".gitattributes", "a.js", "b.sh"]);
        assert_eq!(artifact.coordinate.version, repository.second);
        assert_eq!(artifact.digest.to_string(), format!("gitsha1:{}", repository.second));
        assert_eq!(artifact.refused[0].path.visible(), "link");
        let short = &repository.second[..12];
        assert_eq!(artifact.resolution, [format!("branch `main` is commit {short} now, and moves")]);
    }
    let wants: Vec<String> = server
        .requests()
        .iter()
        .filter(|request| request.method == "POST")
        .map(|request| String::from_utf8_lossy(&request.body).into_owned())
        .collect();
    assert_eq!(wants.len(), 3);
    assert!(wants.iter().all(|want| want.contains("deepen 1")), "{wants:?}");
    let agents: Vec<Request> = server.requests();
    assert!(agents.iter().all(|request| request.header("user-agent").unwrap().starts_with("git/")));
}

#[test]
fn reads_tags_and_older_commits() {
    let repository = repository();
    let server = serve(repository.folder.path());
    let address = server.at("r.git").to_string();
    for wanted in ["v1", &repository.first, "refs/tags/v1"] {
        let artifact = acquired(&address, wanted).unwrap();
        assert_eq!(paths(&artifact), ["a.js"]);
        assert_eq!(artifact.coordinate.version, repository.first, "{wanted}");
    }
}

#[test]
fn reads_a_local_repository_in_place() {
    let repository = repository();
    let path = repository.folder.path().display().to_string();
    let before = std::fs::read_dir(repository.folder.path()).unwrap().count();
    for (name, wanted, commit) in [
        (path.clone(), "", &repository.second),
        (format!("file://{path}"), "v1", &repository.first),
        (path.clone(), repository.first.as_str(), &repository.first),
    ] {
        let artifact = acquired(&name, wanted).unwrap();
        assert_eq!(artifact.coordinate.version, *commit);
        assert!(paths(&artifact).contains(&"a.js"));
    }
    assert_eq!(std::fs::read_dir(repository.folder.path()).unwrap().count(), before);
}

#[test]
fn near_and_far_give_the_same_files() {
    let repository = repository();
    let server = serve(repository.folder.path());
    let far = acquired(server.at("r.git").as_str(), "").unwrap();
    let near = acquired(&repository.folder.path().display().to_string(), "").unwrap();
    let hashes = |artifact: &Artifact| -> Vec<(String, [u8; 32])> {
        artifact.files.iter().map(|file| (file.path.clone(), file.sha256)).collect()
    };
    assert_eq!(hashes(&far), hashes(&near));
    assert_eq!(far.refused, near.refused);
}

#[test]
fn answers_from_the_cache_without_network() {
    let repository = repository();
    let server = serve(repository.folder.path());
    let cache = tempfile::tempdir().unwrap();
    let address = server.at("r.git").to_string();
    let online = Settings::default();
    let offline = Settings { offline: true, ..Settings::default() };
    let live = Cached::new(Live::impatient(), cache.path(), &online);
    let first = acquired_through(&live, &address, "").unwrap();
    let second = acquired_through(&Cached::new(Refused, cache.path(), &offline), &address, "").unwrap();
    assert_eq!(paths(&first), paths(&second));
    let error = acquired_through(&Cached::new(Refused, cache.path(), &offline), &address, "v1").unwrap_err();
    assert!(error.to_string().contains("is not in the cache and the network is off"), "{error}");
}

#[test]
fn credentials_stay_with_their_host() {
    let repository = repository();
    let server = serve(repository.folder.path());
    let elsewhere = server.at("r.git/info/refs?service=git-upload-pack").to_string();
    let redirecting = Server::always(Response::redirect(&elsewhere));
    let mut address = redirecting.at("r.git");
    address.set_username("me").unwrap();
    address.set_password(Some("pass")).unwrap();
    // The other host lists its references, but is not asked for the pack.
    let error = acquired(address.as_str(), "").unwrap_err().to_string();
    assert!(!error.contains("pass@"), "{error}");
    assert!(server.requests().iter().all(|request| request.header("authorization").is_none()));
    assert!(server.requests().iter().all(|request| request.method == "GET"));
    assert!(
        redirecting
            .requests()
            .iter()
            .all(|request| request.header("authorization") == Some("Basic bWU6cGFzcw=="))
    );
}

#[test]
fn says_what_is_wrong() {
    let repository = repository();
    let server = serve(repository.folder.path());
    let address = server.at("r.git").to_string();
    let missing = server.at("missing.git").to_string();
    let page = Server::always(Response::ok("<html>"));
    let unknown = "ab".repeat(20);
    for (name, wanted, expected) in [
        (
            address.as_str(),
            "nope",
            format!("nothing was fetched: the git repository {address} has no branch or tag `nope`"),
        ),
        (&address, "a..b", "nothing was fetched: `a..b` is not a branch, tag or commit".into()),
        (&address, &unknown, "the git repository was not read: it did not give the commit".into()),
        (
            &missing,
            "",
            format!("the git repository {missing} was not looked up: {missing}/info/refs does not exist"),
        ),
        (
            page.url.as_str(),
            "",
            format!(
                "the git repository {} was not read: the server does not speak git's smart protocol",
                page.url
            ),
        ),
        ("http://git.example/r", "", "nothing was fetched: the git address is not encrypted".into()),
        (
            "ssh://git.example/r",
            "",
            "nothing was fetched: the git address needs a transport that is not supported".into(),
        ),
    ] {
        assert_eq!(acquired(name, wanted).unwrap_err().to_string(), expected, "{name} {wanted}");
    }
    let empty = tempfile::tempdir().unwrap();
    let error = acquired(&empty.path().display().to_string(), "").unwrap_err().to_string();
    assert!(error.starts_with("the git repository was not read: "), "{error}");
}

#[test]
fn stops_at_the_limits() {
    let repository = repository();
    let server = serve(repository.folder.path());
    for (limits, expected) in [
        (Limits { download: 100, ..Limits::default() }, "is larger than the limit of 100 bytes"),
        (Limits { unpacked: 100, ..Limits::default() }, "its pack grows beyond the limit"),
        (Limits { entries: 3, ..Limits::default() }, "more than 3 entries"),
    ] {
        let settings = Settings { limits, directory: std::env::temp_dir(), ..Settings::default() };
        let web = Live::impatient();
        let door = Door { web: &web, settings: &settings };
        let target = Target { name: server.at("r.git").into(), scheme: "git", ..Target::default() };
        let pinned = Git.resolve(&target, &door).unwrap();
        let error = Git.acquire(&pinned, &door).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn asks_again_where_the_server_is_busy() {
    let repository = repository();
    let folder = repository.folder.path().to_owned();
    let server = Server::start(move |request, count| match (request.method.as_str(), count) {
        ("POST", 1) => Response::new(503, "").header("Retry-After", "0"),
        ("POST", _) => Response::ok(upload_pack(&folder, "--timeout=20", &request.body)),
        _ => {
            let mut body = b"001e# service=git-upload-pack\n0000".to_vec();
            body.extend(upload_pack(&folder, "--advertise-refs", b""));
            Response::ok(body)
        }
    });
    let cache = tempfile::tempdir().unwrap();
    let web = Cached::new(Live::impatient(), cache.path(), &Settings::default());
    assert!(acquired_through(&web, server.at("r.git").as_str(), "").is_ok());
    let methods: Vec<String> = server.requests().into_iter().map(|request| request.method).collect();
    assert_eq!(methods, ["GET", "POST", "POST"]);
}

#[test]
fn says_how_commits_and_tags_are_signed() {
    let repository = repository();
    let inner = git2::Repository::open(repository.folder.path()).unwrap();
    let path = repository.folder.path().display().to_string();
    let signatures = |wanted: &str| {
        let artifact = acquired(&path, wanted).unwrap();
        let git = artifact.evidence.git.into_iter();
        git.map(|one| (one.object, one.name, one.format)).collect::<Vec<_>>()
    };
    let first = repository.first.clone();
    assert_eq!(signatures("v1"), [("commit", first, ""), ("tag", "v1".to_owned(), "")]);
    let parent = inner.find_commit(repository.second.parse().unwrap()).unwrap();
    let who = git2::Signature::new("nobody", "nobody@registry.example", &git2::Time::new(0, 0)).unwrap();
    for (armour, format) in [
        ("-----BEGIN PGP SIGNATURE-----\n\nx\n-----END PGP SIGNATURE-----\n", "OpenPGP"),
        ("-----BEGIN SSH SIGNATURE-----\nx\n-----END SSH SIGNATURE-----\n", "SSH"),
        ("-----BEGIN SIGNED MESSAGE-----\nx\n-----END SIGNED MESSAGE-----\n", "X.509"),
        ("-----BEGIN ELSE-----\n", ""),
    ] {
        let content = inner
            .commit_create_buffer(
                &who,
                &who,
                "gpgsig -----BEGIN PGP SIGNATURE-----",
                &parent.tree().unwrap(),
                &[&parent],
            )
            .unwrap();
        let commit = inner.commit_signed(content.as_str().unwrap(), armour, None).unwrap();
        let name = commit.to_string();
        inner.reference("refs/heads/signed", commit, true, "x").unwrap();
        assert_eq!(signatures("signed"), [("commit", name, format)]);
    }
    let head = tree::signature_format(tree::Kind::Tag, b"object x\n\nx\n-----BEGIN SSH SIGNATURE-----\n");
    assert_eq!(head, "SSH");
}

#[test]
fn says_whether_branches_and_tags_lead_to_a_commit() {
    let repository = repository();
    let inner = git2::Repository::open(repository.folder.path()).unwrap();
    let parent = inner.find_commit(repository.second.parse().unwrap()).unwrap();
    let who = git2::Signature::new("nobody", "nobody@registry.example", &git2::Time::new(0, 0)).unwrap();
    let stray = inner.commit(None, &who, &who, "stray", &parent.tree().unwrap(), &[&parent]).unwrap();
    let third =
        inner.commit(Some("refs/heads/main"), &who, &who, "x", &parent.tree().unwrap(), &[&parent]).unwrap();
    let server = serve(repository.folder.path());
    let near = repository.folder.path().display().to_string();
    for location in [near, server.at("r.git").to_string()] {
        for (commit, expected) in [
            (repository.first.clone(), Reach::Reached),
            (repository.second.clone(), Reach::Reached),
            (third.to_string(), Reach::Reached),
            (stray.to_string(), Reach::NotReached),
            ("12".repeat(20), Reach::NotReached),
        ] {
            let promised = vec![Digest { algorithm: "gitsha1", hex: commit.clone() }];
            let pinned = Pinned { location: location.clone(), promised, ..Pinned::default() };
            let settings = Settings { directory: std::env::temp_dir(), ..Settings::default() };
            let door = Door { web: &Live::impatient(), settings: &settings };
            assert_eq!(reach(&pinned, &door).unwrap(), expected, "{location} {commit}");
        }
    }
}
