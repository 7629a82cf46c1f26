//! What a name means that the file does not declare: types by their namespace, own members.

use super::super::lowering::Lowerer;
use crate::code::graph::{NodeId, Value};

/// Types that are named without their namespace, by namespace.
const KNOWN: [(&str, &[&str]); 17] = [
    (
        "System",
        &[
            "Activator",
            "AppContext",
            "AppDomain",
            "Array",
            "Console",
            "Convert",
            "DateTime",
            "Environment",
            "Exception",
            "Guid",
            "Math",
            "String",
            "StringComparison",
            "TimeSpan",
            "Type",
            "Uri",
            "UriBuilder",
        ],
    ),
    (
        "System.IO",
        &[
            "Directory",
            "DirectoryInfo",
            "File",
            "FileInfo",
            "FileMode",
            "FileStream",
            "MemoryStream",
            "Path",
            "StreamReader",
            "StreamWriter",
            "StringReader",
        ],
    ),
    ("System.IO.Compression", &["ZipArchive", "ZipFile", "ZipFileExtensions"]),
    ("System.Diagnostics", &["Process", "ProcessStartInfo"]),
    ("System.Net", &["Dns", "HttpListener", "IPAddress", "WebClient", "WebRequest", "WebUtility"]),
    (
        "System.Net.Http",
        &["HttpClient", "HttpMethod", "HttpRequestMessage", "IHttpClientFactory", "StringContent"],
    ),
    ("System.Net.Sockets", &["Socket", "TcpClient", "TcpListener", "UdpClient"]),
    ("System.Reflection", &["Assembly"]),
    ("System.Text", &["Encoding", "StringBuilder"]),
    ("System.Text.Json", &["JsonDocument", "JsonElement", "JsonSerializer"]),
    ("System.Text.RegularExpressions", &["Regex", "RegexOptions"]),
    ("System.Collections.Generic", &["Dictionary", "HashSet", "List"]),
    ("System.Runtime.Serialization.Formatters.Binary", &["BinaryFormatter"]),
    ("System.Web", &["HttpUtility"]),
    ("Microsoft.Data.SqlClient", &["SqlCommand", "SqlConnection"]),
    ("Microsoft.Data.Sqlite", &["SqliteCommand", "SqliteConnection"]),
    ("Npgsql", &["NpgsqlCommand", "NpgsqlConnection"]),
];

/// A type of the language: `string`, `int`.
pub(super) fn predefined(lowerer: &mut Lowerer<'_>, name: &str, at: u32) -> NodeId {
    let name = match name {
        "string" => return lowerer.foreign("System", "String", at),
        "bool" => "bool",
        "object" | "dynamic" => "object",
        "void" => "void",
        _ => "int",
    };
    let name = lowerer.builder.atom(name);
    lowerer.builder.node(Value::Global(name), at)
}

/// A member of the object, a type of a known namespace, or one of this package.
pub(super) fn undeclared(lowerer: &mut Lowerer<'_>, name: &str, at: u32) -> NodeId {
    if matches!(name, "this" | "base") {
        return this(lowerer, at);
    }
    if is_own(lowerer, name) || !name.starts_with(|first: char| first.is_uppercase()) {
        return own_member(lowerer, name, at);
    }
    let namespace = KNOWN.iter().find(|(_, names)| names.contains(&name));
    lowerer.foreign(namespace.map_or(".", |&(namespace, _)| namespace), name, at)
}

/// Whether the class around has a member of the name.
fn is_own(lowerer: &mut Lowerer<'_>, name: &str) -> bool {
    let Some(class) = lowerer.inside.or(lowerer.class) else { return false };
    let atom = lowerer.builder.atom(name);
    let class = lowerer.builder.class_mut(class);
    class.annotations.iter().any(|&(known, _)| known == atom)
        || class.fields.iter().any(|&(known, _)| known == atom)
        || class.methods.iter().any(|&(known, _)| known == atom)
}

fn this(lowerer: &mut Lowerer<'_>, at: u32) -> NodeId {
    match lowerer.inside.or(lowerer.class) {
        Some(class) => lowerer.builder.node(Value::This(class), at),
        None => lowerer.builder.unknown(),
    }
}

/// A member of the object or class around.
pub(super) fn own_member(lowerer: &mut Lowerer<'_>, name: &str, at: u32) -> NodeId {
    let atom = lowerer.builder.atom(name);
    if lowerer.builder.lookup(atom).is_some() {
        return lowerer.builder.read(atom, at);
    }
    let Some(class) = lowerer.inside.or(lowerer.class) else { return lowerer.foreign(".", name, at) };
    let object = lowerer.builder.node(Value::This(class), at);
    lowerer.member_named(object, name, at)
}
