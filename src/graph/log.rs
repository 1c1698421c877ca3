//! One line per request for `--log-file` and `-vv`: method, template of the path, status, time, ids. What
//! names an object or a person is not in it: ids become `{id}`, and of a query only the options' names stay.
//! Headers and bodies never get here.

use std::time::Duration;

use url::Url;

use super::call::{Call, asked};

/// What the lines are known by among all that the program tells.
pub const TARGET: &str = "graph_request";

/// A request was answered.
pub(super) fn answered(call: &Call<'_>, status: u16, time: Duration, request_id: Option<&str>) {
    let parts = if call.paths.len() > 1 { call.paths.len() } else { 0 };
    line(call.method.as_str(), || template(&call.url), Some(status), time, request_id, parts);
}

/// A request got no answer.
pub(super) fn no_answer(call: &Call<'_>, time: Duration, client_request_id: &str) {
    line(call.method.as_str(), || template(&call.url), None, time, Some(client_request_id), 0);
}

/// A request for a token was answered, or got no answer. Nothing of what was sent or came back is in the line.
pub(super) fn signed_in(method: &str, url: &Url, status: Option<u16>, time: Duration, request_id: Option<&str>) {
    line(method, || place(url), status, time, request_id, 0);
}

/// A piece of an upload to storage was answered, or got no answer. Of the address nothing is in the line.
pub(super) fn storage(what: &str, status: Option<u16>, time: Duration, request_id: Option<&str>) {
    line("PUT", || format!("storage/{{id}}?comp={what}"), status, time, request_id, 0);
}

/// A part of a batch was answered.
pub(super) fn part(url: &Url, status: u16, request_id: Option<&str>) {
    tracing::debug!(
        target: TARGET, method = "GET", path = %template(url), status, batched = true,
        request_id = request_id.unwrap_or("-")
    );
}

fn line(
    method: &str,
    path: impl FnOnce() -> String,
    status: Option<u16>,
    time: Duration,
    request_id: Option<&str>,
    parts: usize,
) {
    let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    tracing::debug!(
        target: TARGET, method, path = path(), status = status.unwrap_or_default(), ms = milliseconds,
        parts = (parts > 0).then_some(parts), request_id = request_id.unwrap_or("-")
    );
}

/// The path with its version, every id replaced, and the names of the query's options.
fn template(url: &Url) -> String {
    let version = url.path().trim_start_matches('/').split('/').next().unwrap_or_default();
    let below = asked(url);
    let (path, query) = below.split_once('?').unwrap_or((&below, ""));
    let mut text = version.to_owned();
    for segment in path.split('/') {
        text.push('/');
        match segment.split_once('(') {
            Some((name, _)) if is_word(name) => text.extend([name, "({id})"]),
            None if is_word(segment) => text.push_str(segment),
            _ => text.push_str("{id}"),
        }
    }
    let mut separator = '?';
    for option in query.split('&').filter(|option| !option.is_empty()) {
        let name = option.split('=').next().unwrap_or_default().trim_start_matches("%24").trim_start_matches('$');
        text.push(separator);
        text.push('$');
        text.push_str(if is_word(name) { name } else { "…" });
        separator = '&';
    }
    text
}

/// The path of a request for a token: tenants and whatever else may name someone become `{id}`.
fn place(url: &Url) -> String {
    let own = |segment: &str| is_word(segment) || matches!(segment, "oauth2" | "v2.0");
    let segments = url.path_segments().into_iter().flatten();
    let named: Vec<&str> = segments.map(|segment| if own(segment) { segment } else { "{id}" }).collect();
    format!("sign-in/{}", named.join("/"))
}

/// A word of Graph's, and no id: ids have digits, signs or an at.
fn is_word(segment: &str) -> bool {
    let own = segment.strip_prefix("microsoft.graph.").or_else(|| segment.strip_prefix('$'));
    match own {
        Some(name) => !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric()),
        None => segment.chars().all(|c| c.is_ascii_alphabetic()),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    #[test]
    fn a_template_holds_no_id_name_or_value() {
        for (path, wanted) in [
            ("beta/deviceManagement/configurationPolicies", "beta/deviceManagement/configurationPolicies"),
            (
                "beta/deviceManagement/configurationPolicies/0f3c2a91-1111-4222-8333-444455556666/settings?$top=1000",
                "beta/deviceManagement/configurationPolicies/{id}/settings?$top",
            ),
            (
                "beta/deviceManagement/deviceConfigurations/T_1/microsoft.graph.windows81TrustedRootCertificate/$ref",
                "beta/deviceManagement/deviceConfigurations/{id}/microsoft.graph.windows81TrustedRootCertificate/$ref",
            ),
            ("v1.0/groups?$filter=displayName%20eq%20'Board'&$select=id", "v1.0/groups?$filter&$select"),
            ("v1.0/users/eve@contoso.example", "v1.0/users/{id}"),
            ("beta/deviceManagement/roleScopeTags/0", "beta/deviceManagement/roleScopeTags/{id}"),
            ("beta/deviceManagement/intents('secret-one')/x", "beta/deviceManagement/intents({id})/x"),
            ("beta/x?eyJ0eXAi.secret", "beta/x?$…"),
        ] {
            let url = Url::parse(&format!("https://graph.example/{path}")).unwrap();
            assert_eq!(template(&url), wanted);
        }
    }

    #[test]
    fn a_sign_in_names_no_tenant_and_no_client() {
        for (path, wanted) in [
            ("5c1f0b7e-3f42-4c6b-9a57-2b8e64d1a903/oauth2/v2.0/token", "sign-in/{id}/oauth2/v2.0/token"),
            ("contoso.onmicrosoft.com/oauth2/v2.0/devicecode", "sign-in/{id}/oauth2/v2.0/devicecode"),
            ("metadata/identity/oauth2/token?client_id=1", "sign-in/metadata/identity/oauth2/token"),
        ] {
            assert_eq!(place(&Url::parse(&format!("https://login.example/{path}")).unwrap()), wanted);
        }
    }
}
