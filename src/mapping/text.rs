//! Applies the mapping's text pairs: literal, longest first, one pass, in texts and in base64 payloads
//! that are text, also within one another. Leaves alone what is signed, binary or a certificate; says so where that matters.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Range;

use aho_corasick::AhoCorasick;
use serde_json::Value;

use super::file::TextPair;
use super::rewritten::TextHit;
use super::text_places::LONGEST_WORD;
use crate::finding::{Finding, codes};
use crate::policy::decode::{Encoding, base64_exact, base64_pieces, to_bytes};
use crate::policy::ids::TEXT_SIGNATURES;
use crate::policy::payloads::{MAX_DEPTH, Opened, pieces};
use crate::policy::{JsonPath, Trail};

/// What to do about a text pair without a value for the target.
pub(super) const DECIDE_PAIR: &str =
    "Set the pair's `replace` in the mapping: to the text for the target, or to the same text to keep it.";

/// What to do about a text pair that makes a text too large.
const SHORTEN: &str = "Shorten the pair's `replace`, make its `find` longer so that it occurs less often, or change the text in the tree.";

/// No text grows by more than this.
const MOST_GROWTH: usize = 8 << 20;
/// From this length on, base64 that is not text is taken for a payload and never changed as text.
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
    /// Pointer and text of hits of pairs that no one has decided.
    pub(super) undecided: Vec<(String, String)>,
    /// Pointer and text of hits that would make the text too large.
    pub(super) grown: Vec<(String, String)>,
}

impl Applied {
    /// A finding with its place and text for everything that keeps the policy back.
    pub(super) fn open(&mut self, subject: &str) -> Vec<(String, String, Finding)> {
        let finding = |code, message: String| Finding::new(code, subject, message);
        let refused = std::mem::take(&mut self.refused).into_iter().map(|(at, find)| {
            let message = format!("`{find}` is inside a signed or binary payload");
            (at, find, finding(&codes::TEXT_IN_SIGNED_PAYLOAD, message))
        });
        let grown = std::mem::take(&mut self.grown).into_iter().map(|(at, find)| {
            let message = format!("the text pair for `{find}` would make the text too large");
            (at, find, finding(&codes::MAPPING_UNDECIDED, message).fix(SHORTEN))
        });
        let undecided = std::mem::take(&mut self.undecided).into_iter().map(|(at, find)| {
            let message = format!("the text pair for `{find}` has no value for the target");
            (at, find, finding(&codes::MAPPING_UNDECIDED, message).fix(DECIDE_PAIR))
        });
        refused.chain(grown).chain(undecided).collect()
    }
}

struct Walk<'w> {
    protected: &'w HashSet<&'w str>,
    sidecars: &'w HashSet<String>,
    /// Only refused hits are looked for.
    only_look: bool,
    applied: Applied,
}

/// What the pairs found in one text, by pair.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct InText {
    /// How often each was replaced.
    changed: BTreeMap<usize, usize>,
    /// Those found where nothing may be changed.
    refused: BTreeSet<usize>,
    /// Those that would make the text too large.
    grown: BTreeSet<usize>,
}

impl InText {
    fn add(&mut self, other: Self) {
        for (pair, count) in other.changed {
            *self.changed.entry(pair).or_default() += count;
        }
        self.refused.extend(other.refused);
        self.grown.extend(other.grown);
    }

    fn refuse_all(&mut self) {
        self.refused.extend(std::mem::take(&mut self.changed).into_keys());
    }
}

impl<'a> Texts<'a> {
    pub(super) fn new(pairs: &'a [TextPair], constant_properties: &'a [String]) -> Self {
        let mut pairs: Vec<_> = pairs.iter().filter(|pair| !pair.find.is_empty()).collect();
        pairs.sort_by(|a, b| b.find.len().cmp(&a.find.len()).then_with(|| a.find.cmp(&b.find)));
        let any = AhoCorasick::new(pairs.iter().map(|pair| &pair.find)).ok();
        Self { pairs, any, constant_properties }
    }

    /// The places of short texts in which some pair finds something.
    pub(super) fn short(&self, document: &Value) -> BTreeSet<String> {
        let mut places = BTreeSet::new();
        if !self.pairs.is_empty() {
            JsonPath::new("**").visit(document, &mut |trail, value| {
                if value.as_str().is_some_and(|text| text.len() <= LONGEST_WORD && self.may_stand_in(text)) {
                    places.insert(trail.pointer());
                }
            });
        }
        places
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
        // Most texts are neither: where they stand need not be known.
        if !self.may_stand_in(text) && base64_exact(text).is_none() && base64_pieces(text).is_empty() {
            return None;
        }
        let pointer = trail.pointer();
        if walk.protected.contains(pointer.as_str()) {
            return None;
        }
        let mut found = InText::default();
        let changed = self.deep(text, walk.sidecars.contains(&pointer), 0, &mut found);
        self.refuse(&found.refused, &pointer, walk);
        let grown = found.grown.iter().map(|pair| (pointer.clone(), self.pairs[*pair].find.clone()));
        walk.applied.grown.extend(grown);
        if found.changed.is_empty() || !found.grown.is_empty() {
            return None;
        }
        changed.filter(|_| self.note(&found.changed, &pointer, walk))
    }

    /// The same for a text at some depth of payloads within payloads.
    fn deep(&self, text: &str, is_payload: bool, depth: usize, found: &mut InText) -> Option<String> {
        if let Some(bytes) = base64_exact(text) {
            if let Some(opened) = Opened::of(&bytes).filter(|_| depth < MAX_DEPTH) {
                let before = found.clone();
                let changed = self.deep(&opened.text, false, depth + 1, found);
                if changed.is_some() || *found != before {
                    return changed.map(|inner| opened.closed(&inner));
                }
            } else if is_payload || text.len() >= PAYLOAD {
                self.look_into(&bytes, found);
            }
            if is_payload || text.len() >= PAYLOAD || is_certificate(&bytes) {
                return None;
            }
        }
        let mut inside = InText::default();
        let mut fixed: Vec<(Range<usize>, Option<String>)> =
            certificates(text).into_iter().map(|range| (range, None)).collect();
        let is_certified = |range: &Range<usize>, fixed: &[(Range<usize>, Option<String>)]| {
            fixed.iter().any(|(certificate, _)| certificate.contains(&range.start))
        };
        for piece in pieces(text) {
            if is_certified(&piece.range, &fixed) {
                continue;
            }
            let mut within = InText::default();
            let code = match &piece.opened {
                Some(opened) if depth < MAX_DEPTH => {
                    let changed = self.deep(&opened.text, false, depth + 1, &mut within);
                    let code = changed.and_then(|changed| piece.closed(text, &changed));
                    if code.is_none() {
                        within.refuse_all();
                    }
                    code
                }
                None if piece.range.len() >= PAYLOAD => {
                    self.look_into(&piece.bytes(text), &mut within);
                    None
                }
                _ => None,
            };
            // What is long and readable is a payload, whatever its characters would spell.
            if code.is_some() || (piece.opened.is_some() && piece.range.len() >= PAYLOAD) {
                fixed.push((piece.range, code));
            }
            inside.add(within);
        }
        let changed = self.replace(text, &fixed, &mut inside);
        let is_signed = TEXT_SIGNATURES.iter().any(|sign| text.contains(sign));
        if is_signed {
            inside.refuse_all();
        }
        found.add(inside);
        changed.filter(|_| !is_signed)
    }

    /// Looks for what the pairs find in bytes that cannot be changed.
    fn look_into(&self, bytes: &[u8], found: &mut InText) {
        if !is_certificate(bytes) {
            found.refused.extend((0..self.pairs.len()).filter(|pair| self.stands_in(*pair, bytes)));
        }
    }

    fn refuse(&self, refused: &BTreeSet<usize>, pointer: &str, walk: &mut Walk<'_>) {
        for pair in refused.iter().map(|pair| self.pairs[*pair]) {
            let list = if pair.replace.is_none() { &mut walk.applied.undecided } else { &mut walk.applied.refused };
            list.push((pointer.to_owned(), pair.find.clone()));
        }
    }

    /// Notes hits; whether the change is to be made.
    fn note(&self, changed: &BTreeMap<usize, usize>, pointer: &str, walk: &mut Walk<'_>) -> bool {
        if walk.only_look {
            return false;
        }
        for (pair, count) in changed.iter().map(|(pair, count)| (self.pairs[*pair], *count)) {
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

    /// Whether what some pair looks for may be in a text.
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

    /// The text with all pairs applied and with what is fixed in its place; none where nothing changes.
    fn replace(&self, text: &str, fixed: &[(Range<usize>, Option<String>)], found: &mut InText) -> Option<String> {
        let holds = |pair: &usize| text.contains(&self.pairs[*pair].find);
        let here: Vec<usize> = (0..self.pairs.len()).filter(|_| self.may_stand_in(text)).filter(holds).collect();
        let mut is_changed = fixed.iter().any(|(_, code)| code.is_some());
        if here.is_empty() && !is_changed {
            return None;
        }
        let is_free =
            |place: Range<usize>| !fixed.iter().any(|(range, _)| (place.start + 1..place.end).contains(&range.start));
        let fits = |at: usize, find: &str| begins(&text[at..], find) && is_free(at..at + find.len());
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        while let Some(first) = text[at..].chars().next() {
            if let Some((range, code)) = fixed.iter().find(|(range, _)| range.start == at) {
                out.push_str(code.as_deref().unwrap_or(&text[range.clone()]));
                at = range.end;
            } else if let Some(pair) = here.iter().find(|pair| fits(at, &self.pairs[**pair].find)) {
                *found.changed.entry(*pair).or_default() += 1;
                let TextPair { find, replace, .. } = self.pairs[*pair];
                out.push_str(replace.as_ref().unwrap_or(find));
                if out.len() > text.len() + MOST_GROWTH {
                    found.grown.insert(*pair);
                    return None;
                }
                at += find.len();
                is_changed = true;
            } else {
                out.push(first);
                at += first.len_utf8();
            }
        }
        is_changed.then_some(out)
    }
}

/// Whether the text begins with what is looked for. A security identifier is not part of a longer one, which is
/// someone else's.
fn begins(text: &str, find: &str) -> bool {
    let goes_on = |rest: &str| find.starts_with("S-1-") && rest.starts_with(|next: char| next.is_ascii_digit());
    text.strip_prefix(find).is_some_and(|rest| !goes_on(rest))
}

/// Where certificates are in a text.
fn certificates(text: &str) -> Vec<Range<usize>> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    text.match_indices(BEGIN)
        .map(|(start, _)| start..text[start..].find(END).map_or(text.len(), |end| start + end + END.len()))
        .collect()
}

/// Whether bytes are DER but no signed message: certificates and the like.
fn is_certificate(bytes: &[u8]) -> bool {
    let signed = bytes.windows(PKCS7_SIGNED.len()).take(32).any(|window| window == PKCS7_SIGNED);
    bytes.len() > 64 && bytes[0] == 0x30 && matches!(bytes[1], 0x80..=0x84) && !signed
}

#[cfg(test)]
#[path = "text_tests.rs"]
mod tests;
