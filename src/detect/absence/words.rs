//! The words that servers, checks and their libraries use.

use super::access::Access;

/// Constructors of HTTP transports in the TypeScript SDK and what builds on it.
pub(super) const SCRIPT_TRANSPORTS: [&str; 5] = [
    "StreamableHTTPServerTransport",
    "SSEServerTransport",
    "WebStandardStreamableHTTPServerTransport",
    "NodeStreamableHTTPServerTransport",
    "StreamableHTTPTransport",
];

/// Constructors of HTTP transports in the Python SDK.
pub(super) const PYTHON_TRANSPORTS: [&str; 2] = ["StreamableHTTPSessionManager", "SseServerTransport"];

/// Methods of a Python server object that serve it over HTTP, or make an application that does.
pub(super) const PYTHON_HTTP_METHODS: [&str; 6] = [
    "run_http_async",
    "run_streamable_http_async",
    "run_sse_async",
    "streamable_http_app",
    "sse_app",
    "http_app",
];

/// Methods of a server object that serve it over the transport that an argument names.
pub(super) const RUN_METHODS: [&str; 3] = ["run", "run_async", "start"];

/// Values of the transport argument that mean HTTP.
pub(super) fn is_http_transport(text: &str) -> bool {
    matches!(
        text.to_ascii_lowercase().as_str(),
        "http" | "sse" | "streamable-http" | "streamable_http" | "streamablehttp" | "httpstream" | "stream"
    )
}

/// Options of a transport, server or application that name the hosts or origins it answers.
pub(super) const HOST_OPTIONS: [&str; 9] = [
    "allowedHosts",
    "allowedOrigins",
    "enableDnsRebindingProtection",
    "security_settings",
    "transport_security",
    "allowed_hosts",
    "allowed_origins",
    "host_origin_protection",
    "hostValidation",
];

/// Options of a server that give it an authentication.
pub(super) const AUTH_OPTIONS: [&str; 7] = [
    "auth",
    "auth_provider",
    "auth_server_provider",
    "token_verifier",
    "authenticate",
    "verifyToken",
    "requireAuth",
];

/// What a check of a library establishes, by the name that it is imported under.
pub(super) fn library_check(name: &str) -> Access {
    match name {
        "TrustedHostMiddleware"
        | "TransportSecuritySettings"
        | "TransportSecurityMiddleware"
        | "HostOriginGuardMiddleware"
        | "hostHeaderValidation"
        | "localhostHostValidation"
        | "localhostAllowedHostnames"
        | "hostValidation" => Access::HOST,
        "csrf" | "csrfProtection" => Access::ORIGIN,
        "requireBearerAuth"
        | "expressjwt"
        | "expressJwt"
        | "basicAuth"
        | "basic_auth"
        | "bearerAuth"
        | "clerkMiddleware"
        | "mcpAuthClerk"
        | "AuthenticationMiddleware"
        | "RequireAuthMiddleware"
        | "BearerAuthMiddleware"
        | "BearerAuthBackend"
        | "AuthContextMiddleware"
        | "TokenVerifier"
        | "JWTVerifier"
        | "StaticTokenVerifier"
        | "BearerAuthProvider"
        | "OAuthProxy"
        | "OIDCProxy"
        | "RemoteAuthProvider"
        | "HTTPBearer"
        | "HTTPBasic"
        | "APIKeyHeader"
        | "APIKeyQuery"
        | "APIKeyCookie"
        | "OAuth2PasswordBearer"
        | "OAuth2AuthorizationCodeBearer"
        | "OpenIdConnect"
        | "login_required"
        | "jwt_required"
        | "requires_auth" => Access::CREDENTIAL,
        _ => Access::NONE,
    }
}

/// Methods that check and are called on a library: `passport.authenticate("bearer")`.
pub(super) fn library_method(object: &str, name: &str) -> Access {
    match (object, name) {
        ("passport" | "fastify", "authenticate") | ("jwt", "jwt") => Access::CREDENTIAL,
        _ => Access::NONE,
    }
}

/// What a request header tells about who asks.
pub(super) fn header(name: &str) -> Access {
    let name = name.to_ascii_lowercase().replace('_', "-");
    match name.as_str() {
        "host" | "x-forwarded-host" | ":authority" => Access::HOST,
        "origin" | "referer" | "sec-fetch-site" => Access::ORIGIN,
        "authorization" | "cookie" | "x-auth" | "proxy-authorization" => Access::CREDENTIAL,
        name if ["api-key", "apikey", "token", "secret", "signature", "access-key"]
            .iter()
            .any(|word| name.contains(word)) =>
        {
            Access::CREDENTIAL
        }
        _ => Access::NONE,
    }
}

/// Parameters and variables that hold a request.
pub(super) fn is_request(name: &str) -> bool {
    matches!(
        name.trim_start_matches('_').to_ascii_lowercase().as_str(),
        "req" | "request" | "ctx" | "c" | "context" | "httprequest" | "http_request"
    )
}

/// Methods that register a handler for one route.
pub(super) const ROUTES: [&str; 11] = [
    "get",
    "post",
    "put",
    "delete",
    "patch",
    "all",
    "route",
    "add_route",
    "add_api_route",
    "head",
    "options",
];

/// Whether a number is a status with which a server refuses a caller.
pub(super) fn is_refusal(number: &str) -> bool {
    matches!(number, "401" | "403" | "421" | "1008" | "4001" | "4003" | "4401" | "4403")
}

/// Whether a number is a status with which a server may refuse a caller, or say something else.
pub(super) fn may_be_refusal(number: &str) -> bool {
    matches!(number, "400" | "404" | "406" | "426" | "444")
}

/// Whether a constant's name says that a caller is refused: `status.HTTP_401_UNAUTHORIZED`.
pub(super) fn names_refusal(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["401", "403", "421", "unauthorized", "forbidden", "misdirected"].iter().any(|word| name.contains(word))
}

/// Whether an address stands for every interface.
pub(super) fn is_wildcard(host: &str) -> bool {
    matches!(host, "0.0.0.0" | "::" | "[::]" | "0:0:0:0:0:0:0:0")
}

/// Whether an address is reached from the machine alone.
pub(super) fn is_loopback(host: &str) -> bool {
    host.starts_with("127.") || matches!(host, "localhost" | "::1" | "[::1]")
}

/// Whether a file is there for the author's own tests or as an illustration.
pub(super) fn is_aside(path: &str) -> bool {
    let mut parts = path.split('/').rev();
    let file = parts.next().unwrap_or_default();
    let aside = |part: &str| {
        matches!(part, "test" | "tests" | "__tests__" | "examples" | "example" | "fixtures" | "e2e")
    };
    parts.any(aside)
        || file.contains(".test.")
        || file.contains(".spec.")
        || file.starts_with("test_")
        || file.ends_with("_test.py")
}
