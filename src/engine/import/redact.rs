//! Keeps secrets that were given for a run out of what the run tells and keeps: a service may repeat what it was sent
//! in its refusal, and the fingerprint of a body with a short secret could be found by trying. Pure.

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::engine::shape::secrets::SecretSource;
use crate::graph::GraphError;
use crate::mask::Mask;
use crate::policy::decode::to_base64;
use crate::policy::fingerprint;
use crate::policy::payloads::Opened;
use crate::policy::sealed::escaped;

/// The fingerprint of a body in which the name of each secret is in its place.
pub(crate) fn print(body: &Value, secrets: &dyn SecretSource) -> String {
    let given = secrets.given();
    if given.is_empty() {
        return fingerprint(body);
    }
    let encoded = |secret: &SecretString| SecretString::from(to_base64(secret.expose_secret().as_bytes()));
    let given: Vec<Given> = given.into_iter().map(|(name, secret)| (name, encoded(&secret), secret)).collect();
    let mut body = body.clone();
    put_names(&mut body, &given);
    fingerprint(&body)
}

/// The name of a secret, and the two ways in which it is in a body.
type Given = (String, SecretString, SecretString);

fn put_names(value: &mut Value, given: &[Given]) {
    match value {
        Value::String(text) => {
            let is = |secret: &SecretString| text == secret.expose_secret();
            if let Some((name, ..)) = given.iter().find(|(_, encoded, secret)| is(secret) || is(encoded)) {
                text.clone_from(name);
            } else {
                put_names_in(text, given);
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|element| put_names(element, given)),
        Value::Object(map) => map.values_mut().for_each(|member| put_names(member, given)),
        _ => {}
    }
}

/// The same in a text that has secrets in it.
fn put_names_in(text: &mut String, given: &[Given]) {
    let Some(opened) = Opened::whole(text) else { return };
    let mut inside = opened.text.clone();
    for (name, _, secret) in given {
        let secret = secret.expose_secret();
        inside = [secret.to_owned(), escaped(secret)]
            .iter()
            .filter(|form| !form.is_empty())
            .fold(inside, |text, form| text.replace(form, name));
    }
    if inside != opened.text {
        *text = opened.closed(&inside);
    }
}

/// The error without any secret that the service repeated.
pub(crate) fn error(error: GraphError, secrets: &dyn SecretSource) -> GraphError {
    let given = secrets.given();
    if given.is_empty() {
        return error;
    }
    let hide = |mask: Mask, (name, secret): &(String, SecretString)| {
        let secret = secret.expose_secret();
        mask.secret(name, secret).secret(name, &escaped(secret))
    };
    let mask = given.iter().fold(Mask::default(), hide);
    error.reworded(|text| mask.text(text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Facts;
    use serde_json::json;

    struct Two;

    impl SecretSource for Two {
        fn secret(&self, _: &str) -> Option<SecretString> {
            None
        }

        fn given(&self) -> Vec<(String, SecretString)> {
            [("FERRY_A", "line \"one\"\nhunter2"), ("FERRY_B", "ab")].map(|(k, v)| (k.to_owned(), v.into())).into()
        }
    }

    #[test]
    fn a_refusal_repeats_no_secret_in_any_writing() {
        let secret = "line \"one\"\nhunter2";
        for message in [
            format!("'{secret}' is too long"),
            format!("{} is too long", json!(secret)),
            format!("bad value {}", to_base64(secret.as_bytes())),
        ] {
            let error = error(GraphError::Refused(Box::new(Facts { message, ..Facts::default() })), &Two).to_string();
            assert!(error.contains("FERRY_A") && !error.contains("hunter2"), "{error}");
            assert!(!error.contains(&to_base64(secret.as_bytes())), "{error}");
        }
    }

    #[test]
    fn a_body_has_one_fingerprint_whatever_its_secrets_are() {
        let body = |secret: &str| json!({"name": "Wifi", "list": [{"key": secret}]});
        let [(_, first), (_, short)] = <[_; 2]>::try_from(Two.given()).unwrap_or_else(|_| unreachable!());
        let named = fingerprint(&body("FERRY_A"));
        assert_eq!(print(&body(first.expose_secret()), &Two), named);
        assert_eq!(print(&body(&to_base64(first.expose_secret().as_bytes())), &Two), named);
        assert_eq!(print(&body(short.expose_secret()), &Two), fingerprint(&body("FERRY_B")));
        assert_eq!(print(&body("other"), &Two), fingerprint(&body("other")));
    }
}
