//! What finds an object again that policies refer to, by its kind: the facts that are kept of it, and what makes two
//! objects the same. Facts only: asking a tenant is the engine's work, saying what is the same the mapping's.

use serde_json::{Map, Value};

use super::kind::{Confidence, Likeness};
use super::load::Catalogue;
use super::model::PolicyType;
use crate::policy::decode::{base64_lenient, to_text};
use crate::policy::fingerprint::sha256_hex;

/// The fact that a certificate is known by: the SHA-256 of its DER bytes.
pub const THUMBPRINT: &str = "thumbprint";

/// What makes two objects of a kind the same, the surest first; the same id always, which comes first.
pub fn likenesses(catalogue: &Catalogue, kind: &str) -> Vec<Likeness> {
    let mut list = vec![Likeness { ignore_case: true, ..Likeness::of("same id", &["id"]) }];
    if let Some(policy_type) = catalogue.get(kind) {
        if policy_type.identify.is_empty() {
            let known = !policy_type.identity.is_empty();
            if known {
                list.push(Likeness {
                    first_of: policy_type.identity.clone(),
                    ..Likeness::of("same package id", &["@odata.type"])
                });
            }
            let mut name = Likeness::of("same name", &[&policy_type.name_property, "@odata.type"]);
            let others = policy_type.discriminators.iter().filter_map(|path| path.root());
            name.by.extend(others.map(str::to_owned));
            // What has an identity of its own is not known by its name alone.
            name.confidence = if known { Confidence::Suggestion } else { Confidence::Certain };
            list.push(name);
        }
        list.extend(policy_type.identify.iter().cloned());
    } else if let Some(kind) = catalogue.directory_kind(kind) {
        list.extend(kind.identify.iter().cloned());
    }
    let named = list.iter().find(|likeness| likeness.how == "same name").cloned();
    list.extend(named.map(|name| Likeness {
        how: String::from("same name except for case"),
        ignore_case: true,
        confidence: Confidence::Suggestion,
        ..name
    }));
    list
}

/// The facts of an object of this kind that find it again in another tenant, or create it there.
pub fn facts(catalogue: &Catalogue, kind: &str, object: &Map<String, Value>) -> Map<String, Value> {
    let mut names: Vec<&str> = Vec::new();
    let likenesses = likenesses(catalogue, kind);
    names.extend(
        likenesses.iter().flat_map(|likeness| likeness.by.iter().chain(&likeness.first_of)).map(String::as_str),
    );
    let policy_type = catalogue.get(kind);
    if let Some(policy_type) = policy_type {
        names.extend(["@odata.type", &policy_type.name_property]);
        names.extend(policy_type.discriminators.iter().filter_map(|path| path.root()));
        names.extend(policy_type.recreate_from.iter().map(String::as_str));
    }
    names.extend(catalogue.directory_kind(kind).iter().flat_map(|kind| &kind.keep).map(String::as_str));
    names.extend(catalogue.meanings(kind).iter().map(|meaning| meaning.at.as_str()));
    let mut facts: Map<String, Value> = names
        .into_iter()
        .filter(|name| *name != "id")
        .filter_map(|name| Some((name.to_owned(), fact(object, name).filter(|value| !value.is_null())?.clone())))
        .collect();
    facts
        .extend(policy_type.and_then(|own| thumbprint(own, object)).map(|print| (THUMBPRINT.to_owned(), print.into())));
    facts
}

/// A fact of an object, or of what it leads to (`property/fact`).
fn fact<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    match name.split_once('/') {
        Some((property, fact)) => object.get(property)?.get(fact),
        None => object.get(name),
    }
}

/// The SHA-256 of the certificate that an object holds, whether it is kept as DER or as PEM.
fn thumbprint(policy_type: &PolicyType, object: &Map<String, Value>) -> Option<String> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    let property = policy_type.certificate.as_ref()?;
    let bytes = base64_lenient(object.get(property)?.as_str()?)?;
    let pem = to_text(&bytes).and_then(|(text, _)| {
        let rest = &text[text.find(BEGIN)? + BEGIN.len()..];
        base64_lenient(rest.split("-----").next()?)
    });
    Some(sha256_hex(&pem.unwrap_or(bytes)))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;
    use crate::policy::decode::to_base64;
    use serde_json::json;

    #[test]
    fn a_certificate_is_known_by_its_bytes_however_it_is_kept() {
        let catalogue = Catalogue::built_in().unwrap();
        let der = b"\x30\x82\x01\x00some certificate of some length, long enough for two lines";
        let mut lines = to_base64(der);
        lines.insert(40, '\n');
        let pem = format!("-----BEGIN CERTIFICATE-----\r\n{lines}\r\n-----END CERTIFICATE-----\r\n");
        let facts_of = |payload: &[u8]| {
            let object = json!({"displayName": "Root", "trustedRootCertificate": to_base64(payload)});
            facts(&catalogue, "device-configurations", object.as_object().unwrap())
        };
        assert_eq!(facts_of(der)[THUMBPRINT], json!(sha256_hex(der)));
        assert_eq!(facts_of(pem.as_bytes()), facts_of(der));
        assert!(facts_of(der).get("trustedRootCertificate").is_none());
    }

    #[test]
    fn what_an_object_leads_to_is_a_fact_of_it_and_says_what_is_wanted() {
        let catalogue = Catalogue::built_in().unwrap();
        let file = json!({"id": "f", "fileName": "app.admx", "targetNamespace": "App.Policies", "status": "available"});
        let definition = json!({"id": "1", "displayName": "D", "classType": "user", "definitionFile": file});
        let facts = facts(&catalogue, "admx-definition", definition.as_object().unwrap());
        assert_eq!(facts["definitionFile/targetNamespace"], "App.Policies");
        let kind = catalogue.directory_kind("admx-definition").unwrap();
        assert!(kind.why_absent(&facts).unwrap().contains("app.admx"));
        assert_eq!(kind.why_absent(&Map::new()), None);
    }

    #[test]
    fn facts_are_what_finds_an_object_again() {
        let catalogue = Catalogue::built_in().unwrap();
        let group = json!({"id": "1", "displayName": "A", "mailNickname": "a", "mail": "x", "membershipRule": null});
        assert_eq!(
            Value::Object(facts(&catalogue, "group", group.as_object().unwrap())),
            json!({"displayName": "A", "mailNickname": "a"})
        );
        let filter = json!({"id": "1", "displayName": "F", "platform": "iOS", "rule": "(x)", "payloads": []});
        let facts = facts(&catalogue, "assignment-filters", filter.as_object().unwrap());
        assert_eq!(Value::Object(facts), json!({"displayName": "F", "platform": "iOS", "rule": "(x)"}));
        let hows =
            |kind: &str| likenesses(&catalogue, kind).into_iter().map(|likeness| likeness.how).collect::<Vec<_>>();
        assert_eq!(hows("scope-tags"), ["same id", "same name", "same name except for case"]);
        assert!(hows("device-configurations").contains(&String::from("same thumbprint")));
    }
}
