//! Tests of text pairs in texts and payloads.

use super::super::testing::pair;
use super::*;
use crate::policy::decode::to_base64;
use serde_json::json;

fn run(pairs: &[TextPair], document: &Value) -> (Value, Applied) {
    let constants = [String::from("templateId")];
    let mut document = document.clone();
    let protected = HashSet::from(["/owner"]);
    let applied =
        Texts::new(pairs, &constants).apply(&mut document, &protected, &HashSet::from(["/payload".into()]), false);
    (document, applied)
}

#[test]
fn longest_first_one_pass_and_only_where_allowed() {
    let pairs = [pair("ab", "b"), pair("abc", "ab"), pair("b", "x")];
    let before = json!({"ab": "abcab b", "id": "ab", "@odata.type": "ab", "x@odata.bind": "ab", "templateId": "ab", "owner": "ab", "n": [1, {"t": "ä ab"}]});
    let (after, applied) = run(&pairs, &before);
    assert_eq!(
        after,
        json!({"ab": "abb x", "id": "ab", "@odata.type": "ab", "x@odata.bind": "ab", "templateId": "ab", "owner": "ab", "n": [1, {"t": "ä b"}]})
    );
    assert_eq!(
        applied.hits.iter().map(|hit| (hit.pointer.as_str(), hit.find.as_str(), hit.count)).collect::<Vec<_>>(),
        [("/ab", "abc", 1), ("/ab", "ab", 1), ("/ab", "b", 1), ("/n/1/t", "ab", 1)]
    );
}

#[test]
fn payloads_that_are_text_are_replaced_in_their_encoding() {
    for encoding in [Encoding::Utf8 { mark: true }, Encoding::Utf16Le { mark: true }] {
        let before = json!({"payload": to_base64(&to_bytes("host=old.example\r\n", encoding))});
        let (after, applied) = run(&[pair("old.example", "new.example")], &before);
        assert_eq!(after, json!({"payload": to_base64(&to_bytes("host=new.example\r\n", encoding))}));
        assert_eq!(applied.hits.len(), 1);
    }
}

#[test]
fn payloads_within_texts_are_opened_as_well() {
    let code = |host: &str| to_base64(&to_bytes(&format!("host={host};"), Encoding::Utf16Le { mark: true }));
    let script = |host: &str| format!("# {host}\npowershell -enc {}\n$b = '{}'", code(host), code("other.example"));
    let profile = |host: &str| json!({"payload": to_base64(format!("<a b='{}'/>", to_base64(script(host).as_bytes())).as_bytes())});
    let (after, applied) = run(&[pair("old.example", "longer-new.example")], &profile("old.example"));
    assert_eq!(after, profile("longer-new.example"));
    assert_eq!((applied.hits.len(), applied.hits[0].count), (1, 2));

    let signed = to_base64(b"a old.example\n# SIG # Begin signature block\n# x");
    let (after, applied) = run(&[pair("old.example", "x")], &json!({"s": format!("<data>{signed}</data>")}));
    assert_eq!(after, json!({"s": format!("<data>{signed}</data>")}));
    assert_eq!(applied.refused, [(String::from("/s"), String::from("old.example"))]);
}

#[test]
fn base64_is_never_changed_as_if_it_were_text() {
    let before = json!({"payload": to_base64(b"Contoso!"), "long": "abcd".repeat(100)});
    let (after, applied) = run(&[pair("Q29u", "X"), pair("abcd", "y")], &before);
    assert_eq!((after, applied.hits.len()), (before, 0));
}

#[test]
fn signed_and_binary_payloads_are_refused() {
    let mut signed = vec![0x30, 0x82, 0x02, 0x00];
    signed.extend(PKCS7_SIGNED);
    signed.extend(b"<string>old.example</string>".repeat(4));
    let script = "a old.example\n# SIG # Begin signature block\n# x";
    let binary = [&[0xFF, 0xD8, 0x00][..], &to_bytes("old.example", Encoding::Utf16Le { mark: false })].concat();
    for payload in [signed, script.as_bytes().to_vec(), binary] {
        let before = json!({"payload": to_base64(&payload)});
        let (after, applied) = run(&[pair("old.example", "new.example")], &before);
        assert_eq!(after, before);
        assert_eq!(applied.refused, [(String::from("/payload"), String::from("old.example"))]);
    }
    let (after, applied) = run(&[pair("old.example", "x")], &json!({"s": script}));
    assert_eq!((after, applied.refused.len()), (json!({"s": script}), 1));
}

#[test]
fn certificates_are_left_alone() {
    let mut der = vec![0x30, 0x82, 0x03, 0x00];
    der.extend(b"CN=old.example ".repeat(10));
    let pem = "old.example\n-----BEGIN CERTIFICATE-----\nold.example\n-----END CERTIFICATE-----\n";
    let (after, applied) = run(&[pair("old.example", "x")], &json!({"payload": to_base64(&der), "pem": pem}));
    assert_eq!(after["payload"], json!(to_base64(&der)));
    assert_eq!(after["pem"], json!(pem.replacen("old.example", "x", 1)));
    assert_eq!((applied.hits.len(), applied.refused.len()), (1, 0));
}
