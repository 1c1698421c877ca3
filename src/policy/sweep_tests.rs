//! The sweep finds what is hidden, wherever and however it is wrapped.
#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]

use proptest::prelude::*;
use serde_json::json;

use super::super::decode::{Encoding, to_base64, to_bytes};
use super::super::ids::entra_sid;
use super::*;

const ID: &str = "0f3c2a91-1b2c-4d3e-8f40-0123456789ab";
const TENANT: &str = "9b1c7d20-5e6f-4a1b-9c2d-3e4f50617283";

fn marks() -> Marks {
    Marks {
        ids: HashSet::from([ID.to_owned()]),
        tenant_id: Some(TENANT.to_uppercase()),
        domains: vec!["Trial.Contoso.com".into(), "contoso.com".into(), "contosotrial.onmicrosoft.com".into()],
        known_sids: None,
    }
}

fn hits(value: &Value) -> Vec<(String, String, String)> {
    sweep(value, &marks(), &|_, _| false).into_iter().map(|hit| (hit.pointer, hit.what, hit.within)).collect()
}

fn one(text: &str) -> Vec<(String, String)> {
    hits(&json!({"p": text})).into_iter().map(|(_, what, within)| (what, within)).collect()
}

#[test]
fn clear_text_ids_tenant_and_domains() {
    assert_eq!(one(&format!("x={{{}}}", ID.to_uppercase())), [(ID.into(), String::new())]);
    assert_eq!(one(&ID.replace('-', "")), [(ID.into(), String::new())]);
    assert_eq!(one(&format!("https://login/{TENANT}/v2.0")), [(TENANT.into(), String::new())]);
    assert_eq!(one("eve@ContosoTrial.onmicrosoft.com."), [("contosotrial.onmicrosoft.com".into(), String::new())]);
    assert_eq!(one("https://ndes.trial.contoso.com/x"), [("trial.contoso.com".into(), String::new())]);
}

#[test]
fn another_name_or_id_is_no_hit() {
    for text in
        ["contoso.com.example.org", "mycontoso.com", "contoso.community", "11111111-1b2c-4d3e-8f40-0123456789ab"]
    {
        assert_eq!(one(text), [], "{text}");
    }
}

#[test]
fn a_wide_text_that_was_taken_for_a_narrow_one_is_searched() {
    let narrow: String = format!("<a>{ID}</a>").chars().flat_map(|c| [c, '\0']).collect();
    let marks = Marks { ids: [ID.to_owned()].into(), ..Marks::default() };
    assert_eq!(sweep(&json!({"a": narrow}), &marks, &|_, _| false).len(), 1);
}

#[test]
fn wrapped_in_base64_utf16_xml_json_and_percent() {
    let script = format!("$t = '{ID}'");
    let encoded = to_base64(script.as_bytes());
    let wide = to_base64(&to_bytes(&script, Encoding::Utf16Le { mark: false }));
    let within =
        |text: &str| one(text).into_iter().map(|(what, within)| format!("{what} {within}")).collect::<Vec<_>>();
    assert_eq!(within(&encoded), [format!("{ID} base64")]);
    assert_eq!(within(&wide), [format!("{ID} base64, utf-16")]);
    assert_eq!(
        within(&format!("<data>\n\t{}\n\t{}\n</data>", &encoded[..32], &encoded[32..])),
        [format!("{ID} base64")]
    );
    assert_eq!(within(&format!("powershell -EncodedCommand {wide} -x")), [format!("{ID} base64, utf-16")]);
    assert_eq!(within(&to_base64(format!("run {wide}").as_bytes())), [format!("{ID} base64, base64, utf-16")]);
    assert_eq!(within(&ID.replace('-', "&#45;")), [format!("{ID} xml entities")]);
    assert_eq!(within(&format!("{{\"a\":\"{}\"}}", ID.replace('-', "\\u002d"))), [format!("{ID} json escapes")]);
    assert_eq!(within("https%3A%2F%2Ftrial%2Econtoso%2Ecom"), ["trial.contoso.com percent escapes"]);
}

#[test]
fn binary_payloads_are_looked_through() {
    let mut bytes = vec![0x30, 0x82, 0x01, 0xFF, 0xFE, 0x00];
    bytes.extend(ID.as_bytes());
    bytes.push(0xFF);
    assert_eq!(one(&to_base64(&bytes)).len(), 1);
    let mut wide = vec![0xFF, 0xD8, 0x00];
    wide.extend(ID.encode_utf16().flat_map(u16::to_be_bytes));
    assert_eq!(one(&to_base64(&wide)).len(), 1);
}

#[test]
fn a_security_identifier_holds_the_objects_id() {
    let sid = entra_sid(ID).unwrap();
    assert_eq!(one(&format!("*{sid},S-1-5-32-544")), [(sid.to_lowercase(), String::new())]);
}

#[test]
fn keys_are_swept_and_exemptions_hold() {
    let value = json!({"a": {ID: 1}, "id": ID});
    assert_eq!(hits(&value).len(), 2);
    let left = sweep(&value, &marks(), &|pointer, what| pointer == "/id" && what == ID);
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].pointer, format!("/a/{ID}"));
}

#[test]
fn some_places_are_swept_as_the_whole_document_is() {
    let value = json!({"a": {ID: 1, "b": [format!("x {ID}"), to_base64(TENANT.as_bytes()), "none"]}, "id": ID});
    let (marks, exempt) = (marks(), |pointer: &str, _: &str| pointer == "/id");
    let search = Search::new(Cow::Borrowed(&marks));
    let all = search.sweep(&value, &exempt);
    assert_eq!(all.len(), 3);
    let places: Vec<&str> = all.iter().map(|hit| hit.pointer.as_str()).chain(["/a/b/2", "/id", "/gone/0"]).collect();
    assert_eq!(search.sweep_at(&value, places.iter().copied(), &exempt), all);
    assert_eq!(search.sweep_at(&value, ["/a"], &exempt), []);
}

#[test]
fn a_large_payload_is_quick() {
    let noise: Vec<u8> = (0..2_000_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[3]).collect();
    let started = std::time::Instant::now();
    assert_eq!(one(&to_base64(&noise)), []);
    assert!(started.elapsed().as_secs() < 10);
}

proptest! {
    #[test]
    fn what_was_put_in_anywhere_is_found(
        before in "[ -~]{0,40}", after in "[ -~]{0,40}", wraps in proptest::collection::vec(0..5_u8, 0..4), deep in 0..4_usize,
    ) {
        let mut text = format!("{before} {ID} {after}");
        for wrap in wraps {
            text = match wrap {
                0 => to_base64(text.as_bytes()),
                1 => to_base64(&to_bytes(&text, Encoding::Utf16Le { mark: false })),
                2 => format!("<a x=\"1\">{}</a>", text.replace('&', "&amp;").replace('<', "&lt;").replace('-', "&#x2D;")),
                3 => json!({"k": text}).to_string(),
                _ => text.bytes().map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") }).collect(),
            };
        }
        let mut value = json!(text);
        for _ in 0..deep { value = json!({"a/b": [value]}); }
        prop_assert_eq!(hits(&value).len(), 1, "{}", value);
    }

    #[test]
    fn nothing_makes_it_panic(text in any::<String>(), key in any::<String>()) {
        let _ = hits(&json!({key: [text.clone(), to_base64(text.as_bytes())]}));
    }
}

#[test]
fn a_security_identifier_of_nobody_known_is_a_mark() {
    let (known, stranger) = (entra_sid(TENANT).unwrap(), entra_sid("11111111-1b2c-4d3e-8f40-0123456789ab").unwrap());
    let text = format!("<add member=\"{known}\"/><add member=\"{stranger}\"/>");
    let document = json!({"p": to_base64(text.as_bytes()), "q": "11111111-1b2c-4d3e-8f40-0123456789ab"});
    let marks = Marks { known_sids: Some(HashSet::from([TENANT.to_owned()])), ..Marks::default() };
    let found = |hits: Vec<Hit>| hits.into_iter().map(|hit| (hit.pointer, hit.what)).collect::<Vec<_>>();
    assert_eq!(found(sweep(&document, &marks, &|_, _| false)), [("/p".into(), stranger.to_lowercase())]);
    let all = Search::every_id().sweep_members(document.as_object().unwrap(), &|_, _| false);
    let every = [("/p", known.to_lowercase()), ("/p", stranger.to_lowercase())];
    let mut every: Vec<_> = every.into_iter().map(|(at, what)| (at.to_owned(), what)).collect();
    every.push(("/q".into(), "11111111-1b2c-4d3e-8f40-0123456789ab".into()));
    every.sort();
    assert_eq!(found(all), every);
}
