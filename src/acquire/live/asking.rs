//! One question to a live server: once, without redirects, bounded in bytes and time.

use std::time::{Duration, Instant};

use reqwest::{
    blocking::{Client, RequestBuilder, Response},
    header::{self, HeaderName, HeaderValue},
};

use super::{
    super::web::{Answer, Question, Verb, WebError, show},
    chain, failed, read, reason,
};

/// Longest time for one answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks, and reads the answer until it ends, is enough, or is too much.
pub(super) fn ask(
    client: &Client,
    question: &Question,
    enough: &mut dyn FnMut(&[u8]) -> bool,
) -> Result<Answer, WebError> {
    let begun = Instant::now();
    let url = &question.url;
    let request = match question.verb {
        Verb::Post => client
            .post(url.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json, text/event-stream")
            .body(question.body.clone()),
        Verb::Delete => client.delete(url.clone()),
    };
    let response = with_headers(request, question)?
        .timeout(PATIENCE)
        .send()
        .map_err(|error| failed(url, &reason(error)))?;
    if response.status().is_redirection() {
        return Err(failed(url, "it redirects, which is not followed"));
    }
    let header = |name: HeaderName| {
        response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    };
    let mut answer = Answer {
        status: response.status().as_u16(),
        content_type: header(header::CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase(),
        session: header(HeaderName::from_static("mcp-session-id")),
        body: Vec::new(),
    };
    body(response, question, begun, &mut answer, enough)?;
    Ok(answer)
}

fn with_headers(mut request: RequestBuilder, question: &Question) -> Result<RequestBuilder, WebError> {
    for (name, secret) in &question.headers {
        let unfit =
            || failed(&question.url, &format!("the header `{name}` has a name or value that none can have"));
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unfit())?;
        let mut value = HeaderValue::from_str(&secret.0).map_err(|_| unfit())?;
        value.set_sensitive(true);
        request = request.header(name, value);
    }
    Ok(request)
}

fn body(
    mut response: Response,
    question: &Question,
    begun: Instant,
    answer: &mut Answer,
    enough: &mut dyn FnMut(&[u8]) -> bool,
) -> Result<(), WebError> {
    let url = &question.url;
    let too_large = || WebError::TooLarge { url: show(url), limit: question.limit };
    if response.content_length().is_some_and(|length| length > question.limit) {
        return Err(too_large());
    }
    let streams = answer.content_type.starts_with("text/event-stream");
    let mut buffer = vec![0; 64 << 10];
    loop {
        let count = read(&mut response, &mut buffer)
            .map_err(|error| failed(url, &format!("the transfer broke off: {}", chain(&error))))?;
        let Some(chunk) = buffer.get(..count).filter(|chunk| !chunk.is_empty()) else { return Ok(()) };
        if (answer.body.len() + count) as u64 > question.limit {
            return Err(too_large());
        }
        answer.body.extend_from_slice(chunk);
        if streams && enough(chunk) {
            return Ok(());
        }
        if begun.elapsed() > PATIENCE {
            return Err(failed(url, "it did not answer in time"));
        }
    }
}
