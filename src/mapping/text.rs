//! Applies the mapping's text pairs: literal, longest first, one pass, in texts and in base64 payloads
//! that are text. Leaves alone what is signed, binary or a certificate; says so where that matters.

use std::collections::HashSet;

use aho_corasick::AhoCorasick;
use serde_json::Value;

use super::file::TextPair;
use super::rewrite::TextHit;
use crate::policy::Trail;
use crate::policy::decode::{Encoding, base64_exact, to_base64, to_bytes, to_text};
use crate::policy::ids::TEXT_SIGNATURES;

/// From this length on, base64 that is no text is taken for a payload and never changed as text.
const PAYLOAD: usize = 256;
/// The object identifier of PKCS #7 signed data.
const PKCS7_SIGNED: [u8; 11] = [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02];

/// The pairs, ready to be applied.
pub(super) struct Texts<'a> {
    pairs: Vec<&'a TextPair>,
    /// What all of them look for at once; none where no such automaton can be made.
    any: Option<AhoCorasick>,
    constant_properties: &'a [String],
}

/// What applying them to a document came to.
#[derive(Default)]
pub(super) struct Applied {
    pub(super) hits: Vec<TextHit>,
    /// Pointer and text of hits in payloads that must not be changed.
    pub(super) refused: Vec<(String, String)>,
    /// Pointer and text of hits of pairs that nobody has decided.
    pub(super) undecided: Vec<(String, String)>,
}

struct Walk<'w> {
    protected: &'w HashSet<&'w str>,
    sidecars: &'w HashSet<String>,
    /// Only refused hits are looked for.
    only_look: bool,
    applied: Applied,
}

impl<'a> Texts<'a> {
    pub(super) fn new(pairs: &'a [TextPair], constant_properties: &'a [String]) -> Self {
        let mut pairs: Vec<_> = pairs.iter().filter(|pair| !pair.find.is_empty()).collect();
        pairs.sort_by(|a, b| b.find.len().cmp(&a.find.len()).then_with(|| a.find.cmp(&b.find)));
        let any = AhoCorasick::new(pairs.iter().map(|pair| &pair.find)).ok();
        Self { pairs, any, constant_properties }
    }

    /// Applies the pairs to a document. `protected` are places that hold ids, `sidecars` such that hold
    /// base64 payloads whatever they look like.
    pub(super) fn apply(
        &self,
        document: &mut Value,
        protected: &HashSet<&str>,
        sidecars: &HashSet<String>,
        only_look: bool,
    ) -> Applied {
        let mut walk = Walk { protected, sidecars, only_look, applied: Applied::default() };
        if !self.pairs.is_empty() {
            self.value(document, &Trail::TOP, &mut walk);
        }
        walk.applied
    }

    fn value(&self, value: &mut Value, trail: &Trail<'_>, walk: &mut Walk<'_>) {
        match value {
            Value::String(text) => {
                if let Some(changed) = self.text(text, trail, walk) {
                    *text = changed;
                }
            }
            Value::Array(list) => {
                for (index, child) in list.iter_mut().enumerate() {
                    self.value(child, &trail.element(index, None), walk);
                }
            }
            Value::Object(map) => {
                for (key, child) in map {
                    let annotation =
                        key.bytes().any(|byte| byte == b'@') && (key.contains("@odata.") || key.contains("@ferry."));
                    let constant = annotation || self.constant_properties.iter().any(|property| property == key);
                    if key != "id" && !constant {
                        self.value(child, &trail.member(key, None), walk);
                    }
                }
            }
            _ => {}
        }
    }

    /// The changed text; none where it stays.
    fn text(&self, text: &str, trail: &Trail<'_>, walk: &mut Walk<'_>) -> Option<String> {
        let bytes = base64_exact(text);
        // Most texts are neither: where they stand need not be known.
        if bytes.is_none() && !self.may_stand_in(text) {
            return None;
        }
        let pointer = trail.pointer();
        let pointer = pointer.as_str();
        if walk.protected.contains(pointer) {
            return None;
        }
        let sidecar = walk.sidecars.contains(pointer);
        if let Some(bytes) = bytes {
            let decoded = to_text(&bytes);
            if let Some((inner, encoding)) = &decoded
                && let Some((changed, counts)) = self.replace(inner)
            {
                if TEXT_SIGNATURES.iter().any(|sign| inner.contains(sign)) {
                    self.refuse(&counts, pointer, walk);
                    return None;
                }
                return self.note(counts, pointer, walk).then(|| to_base64(&to_bytes(&changed, *encoding)));
            }
            if decoded.is_none() && !is_certificate(&bytes) && (sidecar || text.len() >= PAYLOAD) {
                let counts: Vec<_> =
                    (0..self.pairs.len()).filter(|pair| self.stands_in(*pair, &bytes)).map(|pair| (pair, 1)).collect();
                self.refuse(&counts, pointer, walk);
            }
            if sidecar || text.len() >= PAYLOAD || is_certificate(&bytes) {
                return None;
            }
        }
        let (changed, counts) = self.replace(text)?;
        if TEXT_SIGNATURES.iter().any(|sign| text.contains(sign)) {
            self.refuse(&counts, pointer, walk);
            return None;
        }
        self.note(counts, pointer, walk).then_some(changed)
    }

    fn refuse(&self, counts: &[(usize, usize)], pointer: &str, walk: &mut Walk<'_>) {
        for pair in counts.iter().map(|(pair, _)| self.pairs[*pair]) {
            let list = if pair.replace.is_none() { &mut walk.applied.undecided } else { &mut walk.applied.refused };
            list.push((pointer.to_owned(), pair.find.clone()));
        }
    }

    /// Notes hits; whether the change is to be made.
    fn note(&self, counts: Vec<(usize, usize)>, pointer: &str, walk: &mut Walk<'_>) -> bool {
        if walk.only_look {
            return false;
        }
        for (pair, count) in counts.into_iter().map(|(pair, count)| (self.pairs[pair], count)) {
            let (pointer, find) = (pointer.to_owned(), pair.find.clone());
            match &pair.replace {
                None => walk.applied.undecided.push((pointer, find)),
                Some(replace) => {
                    walk.applied.hits.push(TextHit { pointer, find, replace: replace.clone(), count });
                }
            }
        }
        true
    }

    /// Whether what some pair looks for may stand in a text.
    fn may_stand_in(&self, text: &str) -> bool {
        self.any.as_ref().is_none_or(|any| any.is_match(text))
    }

    fn stands_in(&self, pair: usize, bytes: &[u8]) -> bool {
        let find = &self.pairs[pair].find;
        [Encoding::Utf8 { mark: false }, Encoding::Utf16Le { mark: false }].into_iter().any(|encoding| {
            let find = to_bytes(find, encoding);
            bytes.windows(find.len()).any(|window| window == find)
        })
    }

    /// The text with all pairs applied, and how often each was; none where nothing was found.
    fn replace(&self, text: &str) -> Option<(String, Vec<(usize, usize)>)> {
        if !self.may_stand_in(text) {
            return None;
        }
        let here: Vec<usize> = (0..self.pairs.len()).filter(|pair| text.contains(&self.pairs[*pair].find)).collect();
        if here.is_empty() {
            return None;
        }
        let certificates = certificates(text);
        let mut counts = vec![0_usize; self.pairs.len()];
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let at = text.len() - rest.len();
            let outside = !certificates.iter().any(|(start, end)| (*start..*end).contains(&at));
            if let Some(pair) = here.iter().find(|pair| outside && begins(rest, &self.pairs[**pair].find)) {
                counts[*pair] += 1;
                let TextPair { find, replace, .. } = self.pairs[*pair];
                out.push_str(replace.as_ref().unwrap_or(find));
                rest = &rest[self.pairs[*pair].find.len()..];
            } else {
                out.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
        let counts: Vec<_> = counts.into_iter().enumerate().filter(|(_, count)| *count > 0).collect();
        (!counts.is_empty()).then_some((out, counts))
    }
}

/// Whether the text begins with what is looked for. A security identifier is no part of a longer one, which is
/// somebody else's.
fn begins(text: &str, find: &str) -> bool {
    let goes_on = |rest: &str| find.starts_with("S-1-") && rest.starts_with(|next: char| next.is_ascii_digit());
    text.strip_prefix(find).is_some_and(|rest| !goes_on(rest))
}

/// Where certificates stand in a text.
fn certificates(text: &str) -> Vec<(usize, usize)> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    text.match_indices(BEGIN)
        .map(|(start, _)| (start, text[start..].find(END).map_or(text.len(), |end| start + end + END.len())))
        .collect()
}

/// Whether bytes are DER but no signed message: certificates and the like.
fn is_certificate(bytes: &[u8]) -> bool {
    let signed = bytes.windows(PKCS7_SIGNED.len()).take(32).any(|window| window == PKCS7_SIGNED);
    bytes.len() > 64 && bytes[0] == 0x30 && matches!(bytes[1], 0x80..=0x84) && !signed
}

#[cfg(test)]
mod tests {
    use super::super::testing::pair;
    use super::*;
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
}
