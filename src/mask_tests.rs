//! Whatever the writing, nothing of a secret or a token is left in a text.

use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use proptest::prelude::*;
use serde_json::json;

use super::*;

const SECRET: &str = "p&ss \"wörd\" +/?\\x\n=ü";
const TOKEN: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0.eyJ0aWQiOiI1YzFmMGI3ZSJ9.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg";

fn encoded_form(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn percent(text: &str, upper: bool) -> String {
    let all = |byte: u8| if upper { format!("%{byte:02X}") } else { format!("%{byte:02x}") };
    let plain = |byte: u8| byte.is_ascii_alphanumeric();
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { all(byte) }).collect()
}

/// JSON as .NET writes it.
fn net(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == ' ';
    let unit = |unit: &u16| format!("\\u{unit:04X}");
    let escaped = |c: char| c.encode_utf16(&mut [0; 2]).iter().map(unit).collect::<String>();
    text.chars().map(|c| if plain(c) { c.to_string() } else { escaped(c) }).collect()
}

fn writings(secret: &str) -> Vec<String> {
    let json = json!(secret).to_string();
    let inner = json!(json).to_string();
    let xml = secret.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;");
    vec![
        secret.to_owned(),
        json.clone(),
        inner,
        json.replace('/', "\\/"),
        net(secret),
        encoded_form(secret),
        percent(secret, true),
        percent(secret, false),
        percent(&percent(secret, true), true),
        xml,
        STANDARD.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
        encoded_form(&STANDARD.encode(secret)),
        STANDARD.encode(format!("{{\"key\":\"{secret}\"}}")),
        URL_SAFE.encode(format!("k={secret}&x=1")),
        STANDARD.encode(format!("ab{secret}")),
    ]
}

#[test]
fn a_secret_is_hidden_in_every_writing() {
    let mask = Mask::default().secret("FERRY_A", SECRET);
    for writing in writings(SECRET) {
        let shown = mask.text(&format!("the value {writing} is wrong")).into_owned();
        assert!(shown.contains("FERRY_A") || shown.contains(HIDDEN), "{writing}: {shown}");
        assert!(shown.len() < 45 && shown.ends_with(" is wrong"), "{writing}: {shown}");
    }
}

#[test]
fn a_secret_that_was_put_on_one_line_or_cut_off_is_hidden() {
    let mask = Mask::default().secret("FERRY_A", "first line\r\n\r\n  second line of it");
    assert_eq!(mask.text("no: first line second line of it!"), "no: FERRY_A!");
    assert_eq!(mask.text("no: first line sec…"), "no: FERRY_A…");
    assert_eq!(mask.text("the first lines are fine"), "the first lines are fine");
}

#[test]
fn no_piece_of_a_token_is_shown() {
    let mask = Mask::default().token(TOKEN);
    for end in BEGINNING..TOKEN.len() {
        assert_eq!(mask.text(&format!("odd: {}", &TOKEN[..end])), "odd: ***");
    }
    for begin in 0..TOKEN.len() - PART {
        assert_eq!(mask.text(&format!("odd: {}!", &TOKEN[begin..])), "odd: ***!", "{begin}");
    }
    let shown = mask.text(&STANDARD.encode(format!("Bearer {TOKEN}"))).into_owned();
    assert!(shown.len() < 40, "{shown}");
    let opaque = Mask::default().token("M.C5_BAY.0123456789abcdef0123456789");
    assert_eq!(opaque.text("M.C5_BAY.01 was it"), "*** was it");
}

#[test]
fn what_looks_like_a_token_is_hidden_and_nothing_else() {
    let mask = Mask::default();
    assert_eq!(mask.text(&format!("Bearer {TOKEN} is bad")), "Bearer *** is bad");
    for text in ["eyJust a word", "heyJudeIsASongOfTheBeatles", "", "ü – 日本語", "%C3%A4"] {
        assert!(matches!(mask.text(text), Cow::Borrowed(same) if same == text), "{text}");
    }
    assert_eq!(Mask::default().secret("A", "abc").text("abc"), "abc", "too short to hide");
}

proptest! {
    #[test]
    fn any_secret_is_hidden_and_the_rest_stays(secret in "\\PC{4,30}", before in "[<>]{0,5}", after in "[<>]{0,5}") {
        prop_assume!(secret.trim().chars().count() >= SHORTEST && !secret.contains(['<', '>', 'N']));
        let mask = Mask::default().secret("N", &secret);
        for writing in [secret.clone(), encoded_form(&secret), percent(&secret, true), net(&secret)] {
            prop_assert!(mask.text(&format!("{before}{writing}{after}")).contains('N'), "{}", writing);
        }
        for writing in [STANDARD.encode(&secret), URL_SAFE_NO_PAD.encode(&secret)] {
            prop_assert!(mask.text(&writing).contains('N'), "{}", writing);
        }
    }

    #[test]
    fn nothing_makes_it_panic(secret in any::<String>(), token in any::<String>(), text in any::<String>()) {
        let mask = Mask::default().secret("N", &secret).token(&token);
        let _ = mask.text(&text);
        let _ = mask.text(&format!("{text}{token}{secret}"));
    }
}
