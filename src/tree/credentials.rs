//! Finds text that looks like a credential in scripts and payloads. Pure; a finding names the place
//! and the kind, never the text. Not for declared secrets: `secrets.rs` takes those out.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use serde_json::{Map, Value};

use crate::catalogue::PolicyType;
use crate::finding::{Finding, codes};
use crate::policy::{Policy, Trail, sealed};
use crate::text;
use base64::Engine as _;

/// One line that looks like a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspicion {
    /// Line in the text, from 1.
    pub line: usize,
    /// What it looks like.
    pub looks_like: &'static str,
}

/// Words in a name whose value is probably a credential.
const NAMES: [&str; 12] = [
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "client_secret",
    "clientsecret",
    "sharedsecret",
    "apikey",
    "api_key",
    "api-key",
    "accesstoken",
    "access_token",
];
/// Keys of connection strings and signed addresses.
const CONNECTION: [&str; 4] = ["accountkey=", "sharedaccesskey=", "sharedaccesssignature=", "&sig="];
/// How the tokens of well-known services begin.
const TOKENS: [&str; 7] = ["ghp_", "gho_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "AKIA"];

/// A text without any of these, and of [`NAMES`] and [`CONNECTION`], is not looked at line by line.
const HINTS: [&str; 16] = [
    "private key",
    "convertto-securestring",
    "eyj",
    "bearer ",
    "password",
    "pwd",
    "ghp_",
    "gho_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "akia",
    "<key>secret",
    "<key>token",
    "<key>psk",
];

/// All of them at once; none where no such automaton can be made.
static HINT: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let hints = HINTS.iter().chain(&NAMES).chain(&CONNECTION);
    AhoCorasick::builder().ascii_case_insensitive(true).build(hints).ok()
});

/// What looks like a credential in a policy: in its decoded payloads and its texts.
pub fn scan(policy: &Policy, policy_type: &PolicyType) -> Vec<Finding> {
    let payloads: Vec<String> = policy_type.sidecars.iter().flat_map(|rule| rule.at.find_in(&policy.body)).collect();
    let mut findings = Vec::new();
    each_member(&policy.body, &Trail::TOP, &mut |trail, found| {
        let decoded = if !payloads.is_empty() && payloads.contains(&trail.pointer()) {
            base64::engine::general_purpose::STANDARD.decode(found).ok().and_then(|bytes| text::decode(&bytes).ok())
        } else {
            None
        };
        for suspicion in scan_text(decoded.as_deref().unwrap_or(found)) {
            let message = format!("line {} looks like {}", suspicion.line, suspicion.looks_like);
            findings.push(Finding::new(&codes::LOOKS_LIKE_A_CREDENTIAL, policy.subject(), message).at(trail.pointer()));
        }
    });
    findings
}

/// What looks like a credential in a text, at most one suspicion a line.
pub fn scan_text(text: &str) -> Vec<Suspicion> {
    let mut list = Vec::new();
    if HINT.as_ref().is_some_and(|hint| !hint.is_match(text)) {
        return list;
    }
    let mut before = "";
    for (index, line) in text.lines().enumerate() {
        // No one writes a credential manually into a line of this length; packed payloads have them.
        let line = if line.len() > 20_000 { "" } else { line };
        if let Some(looks_like) = look(line).or_else(|| plist_value(before, line)) {
            list.push(Suspicion { line: index + 1, looks_like });
        }
        before = line;
    }
    list
}

fn look(line: &str) -> Option<&'static str> {
    let lower = line.to_ascii_lowercase();
    if lower.contains("-----begin ") && lower.contains("private key") {
        return Some("a private key");
    }
    if lower.split("convertto-securestring").skip(1).any(|rest| first_literal_argument(rest).is_some()) {
        return Some("a password passed to ConvertTo-SecureString");
    }
    if words(line).any(is_jwt) {
        return Some("a signed token (JWT)");
    }
    if lower.split("bearer ").skip(1).any(|rest| token_length(rest) >= 20) {
        return Some("a bearer token");
    }
    if CONNECTION.iter().any(|key| lower.split(key).skip(1).any(|rest| token_length(rest) >= 16)) {
        return Some("a key in a connection string or signed address");
    }
    if (lower.contains("server=") || lower.contains("data source=") || lower.contains("user id="))
        && ["password=", "pwd="].iter().any(|key| lower.split(key).skip(1).any(is_plain))
    {
        return Some("a password in a connection string");
    }
    if words(line).any(|word| TOKENS.iter().any(|start| word.strip_prefix(start).is_some_and(|rest| rest.len() >= 16)))
    {
        return Some("an access token of a known service");
    }
    assigned(&lower).then_some("a password or key set to a fixed value")
}

/// `name = "value"`, `name: 'value'`, `-name "value"` where the name says credential.
fn assigned(lower: &str) -> bool {
    NAMES.iter().any(|name| {
        lower.match_indices(name).any(|(start, _)| {
            // The rest of the identifier, and a closing quote of a JSON key.
            let rest = lower[start + name.len()..].trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
            let rest = rest.trim_start_matches(['"', '\'', ']', ' ', '\t']);
            let option = start > 0 && lower[..start].ends_with('-');
            let value = match rest.strip_prefix(":=").or_else(|| rest.strip_prefix(['=', ':'])) {
                Some(rest) if !rest.starts_with('=') => rest.trim_start(),
                None if option => &lower[start + name.len()..],
                _ => return false,
            };
            literal(value.trim_start()).is_some()
        })
    })
}

/// The inside of a quoted literal that begins here and is neither a variable nor a placeholder.
fn literal(text: &str) -> Option<&str> {
    let quote = text.chars().next().filter(|c| *c == '"' || *c == '\'')?;
    let (inside, _) = text[1..].split_once(quote)?;
    let placeholder = inside.starts_with(['$', '%', '<', '{', '['])
        || inside.contains("$(")
        || inside.chars().all(|c| matches!(c, '*' | 'x' | '.' | '-' | '_' | ' '));
    (inside.chars().count() >= 4 && !placeholder).then_some(inside)
}

/// The first quoted argument before the command ends.
fn first_literal_argument(rest: &str) -> Option<&str> {
    let end = rest.find([';', '|', ')']).unwrap_or(rest.len());
    let command = &rest[..end];
    let start = command.find(['"', '\''])?;
    literal(&rest[start..])
}

/// In a property list the value is on the line after its key.
fn plist_value(key: &str, value: &str) -> Option<&'static str> {
    let name = key.trim().strip_prefix("<key>")?.strip_suffix("</key>")?.to_ascii_lowercase();
    let value = value.trim().strip_prefix("<string>")?.strip_suffix("</string>")?;
    // Whole words only: `allowPasswordChange` and its like hold no password.
    let says = NAMES.contains(&name.as_str()) || matches!(name.as_str(), "secret" | "token" | "psk" | "userpassword");
    let placeholder = value.starts_with(['$', '%', '{']) || value.chars().all(|c| c == '*');
    (says && !value.is_empty() && !placeholder).then_some("a password or key in a profile")
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')))
}

fn is_jwt(word: &str) -> bool {
    let mut parts = word.split('.');
    let long = |part: Option<&str>| part.is_some_and(|part| part.len() >= 10);
    word.starts_with("eyJ")
        && long(parts.next())
        && parts.next().is_some_and(|part| part.starts_with("eyJ") && part.len() >= 10)
}

fn token_length(rest: &str) -> usize {
    rest.chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '-' | '_' | '.' | '%'))
        .count()
}

/// A value in a connection string that is not a variable.
fn is_plain(rest: &str) -> bool {
    let value: String = rest.chars().take_while(|c| !matches!(c, ';' | '"' | '\'' | ' ')).collect();
    value.len() >= 4 && !value.starts_with(['$', '%', '{', '<', '*'])
}

fn each_text(value: &Value, trail: &Trail<'_>, visit: &mut impl FnMut(&Trail<'_>, &str)) {
    match value {
        Value::String(text) => visit(trail, text),
        Value::Array(list) => {
            for (index, child) in list.iter().enumerate() {
                each_text(child, &trail.element(index, None), visit);
            }
        }
        Value::Object(map) => each_member(map, trail, visit),
        _ => {}
    }
}

fn each_member(map: &Map<String, Value>, trail: &Trail<'_>, visit: &mut impl FnMut(&Trail<'_>, &str)) {
    let annotation =
        |key: &str| key.bytes().any(|byte| byte == b'@') && (key.contains("@odata.") || key.ends_with(sealed::MARK));
    for (key, child) in map.iter().filter(|(key, _)| !annotation(key)) {
        each_text(child, &trail.member(key, None), visit);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::super::fixture;
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn what_looks_like_a_credential_is_found() {
        let jwt = format!("$t = eyJ{}.eyJ{}.sig", "a".repeat(20), "b".repeat(20));
        for line in [
            "$password = \"Sommer2024\"",
            "$AdminPwd='Sommer2024'",
            "\"client_secret\": \"abcdEFGH\"",
            "net-thing -Password \"Sommer2024\"",
            "ConvertTo-SecureString \"Sommer2024\" -AsPlainText -Force",
            "$s = ConvertTo-SecureString -AsPlainText -String 'Sommer2024' -Force",
            "-----BEGIN RSA PRIVATE KEY-----",
            "Authorization: Bearer 0123456789abcdefghijKLMN",
            &jwt,
            "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=0123456789abcdef0123==",
            "Server=db;Database=x;User Id=sa;Password=Sommer2024;",
            "https://x.blob/y?sv=1&sig=0123456789abcdef0123",
            "export GH=ghp_0123456789abcdef0123",
            "<key>Password</key>\n<string>Sommer2024</string>",
        ] {
            assert_eq!(scan_text(line).len(), 1, "{line}");
        }
    }

    #[test]
    fn what_is_harmless_is_not() {
        for line in [
            "$password = Read-Host -AsSecureString",
            "$password = \"$env:PW\"",
            "$password = '********'",
            "ConvertTo-SecureString $plain -AsPlainText -Force; Write-Host \"done now\"",
            "if ($password -eq \"\") { }",
            "passwordRequired",
            "Bearer $token",
            "# Set the password: ask the helpdesk",
            "Password={0};Server=x",
            "<key>allowPasswordChange</key>\n<string>always</string>",
            "device_vendor_msft_policy_config_devicelock_password",
        ] {
            assert_eq!(scan_text(line), [], "{line}");
        }
    }

    #[test]
    fn a_finding_names_the_place_and_never_the_text() {
        let catalogue = fixture::catalogue();
        let script = base64::engine::general_purpose::STANDARD.encode("# map\n$password = \"hunter2x\"\n");
        let policy =
            fixture::policy("scripts", &json!({"displayName": "Map", "script": script, "note": "pwd: 'hunter2x'"}));
        let findings = scan(&policy, catalogue.get("scripts").unwrap());
        let places: Vec<_> = findings.iter().map(|finding| finding.at.as_deref().unwrap()).collect();
        assert_eq!(places, ["/note", "/script"]);
        assert!(findings[1].message.starts_with("line 2 "));
        assert!(
            findings.iter().all(|f| f.is(&codes::LOOKS_LIKE_A_CREDENTIAL) && !format!("{f:?}").contains("hunter2x"))
        );
    }

    proptest! {
        #[test]
        fn nothing_panics(text in any::<String>(), noise in "(password|=|'|\"|bearer |eyJ|ä|\\.|<key>|</key>|\n){0,20}") {
            let _ = (scan_text(&text), scan_text(&noise));
        }
    }
}
