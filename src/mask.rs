//! Keeps secrets and tokens out of texts from elsewhere: a service may repeat in its refusal what it was sent, whole or
//! cut off, as it is or in any of the writings in which it travels. Pure, usable by all.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// A shorter text protects nothing, and to look for it would spoil every message.
const SHORTEST: usize = 4;
/// So much of the beginning of a token is never shown.
const BEGINNING: usize = 8;
/// So many characters in a row from anywhere in a token are never shown. They are all plain ASCII.
const PART: usize = 16;
/// What is where a token stood.
const HIDDEN: &str = "***";
/// How every JSON web token begins: an object, in base64.
const JWT: &str = "eyJ";
/// How a text ends that was cut off.
const CUT: char = '…';

/// What must not be seen, and what is shown in its place.
#[derive(Default)]
pub struct Mask {
    secrets: Vec<(String, Vec<char>)>,
    beginnings: Vec<Vec<char>>,
    parts: HashSet<[u8; PART]>,
}

impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mask").field("secrets", &self.secrets.len()).finish_non_exhaustive()
    }
}

impl Mask {
    /// Hides a secret behind a name.
    #[must_use]
    pub fn secret(mut self, name: &str, secret: &str) -> Self {
        let mut forms: BTreeSet<String> = [secret, secret.trim()].map(str::to_owned).into();
        forms.extend(in_base64(secret));
        let long = forms.into_iter().filter(|form| form.chars().count() >= SHORTEST);
        self.secrets.extend(long.map(|form| (name.to_owned(), form.chars().collect())));
        self
    }

    /// Hides a token, and whatever piece of it could be of use.
    #[must_use]
    pub fn token(mut self, token: &str) -> Self {
        for form in std::iter::once(token.to_owned()).chain(in_base64(token)) {
            self.parts.extend(form.as_bytes().windows(PART).filter_map(|part| <[u8; PART]>::try_from(part).ok()));
            self.beginnings.push(form.chars().collect());
        }
        self
    }

    /// The text without any of it, and without anything that looks like a token.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        // Where one ends inside of another, both go: what is hidden is looked for at every character.
        let mut pieces: Vec<(usize, usize, &str)> = Vec::new();
        for (at, _) in text.char_indices() {
            let Some((end, name)) = self.hidden(text, at) else { continue };
            match pieces.last_mut() {
                Some(last) if at < last.1 || (at == last.1 && last.2 == name) => {
                    last.1 = last.1.max(end);
                    last.2 = if last.2 == HIDDEN { name } else { last.2 };
                }
                _ => pieces.push((at, end, name)),
            }
        }
        if pieces.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut out = String::new();
        let mut shown = 0;
        for (begin, end, name) in pieces {
            out.push_str(&text[shown..begin]);
            out.push_str(name);
            shown = end;
        }
        out.push_str(&text[shown..]);
        Cow::Owned(out)
    }

    /// Whether something begins here that is hidden: where it ends, and what is shown instead. The longest counts.
    fn hidden(&self, text: &str, at: usize) -> Option<(usize, &str)> {
        let secrets = self.secrets.iter().filter_map(|(name, secret)| {
            let (end, matched) = furthest(text, at, secret);
            let is_cut = |end: usize| text.get(end..).is_some_and(|rest| rest.trim_end_matches(CUT).is_empty());
            (matched == secret.len() || (matched >= SHORTEST && is_cut(end))).then_some((end, name.as_str()))
        });
        let tokens = self.token_end(text, at).map(|end| (end, HIDDEN));
        secrets.chain(tokens).max_by_key(|(end, _)| *end)
    }

    fn token_end(&self, text: &str, at: usize) -> Option<usize> {
        let known = self.beginnings.iter().map(|token| furthest(text, at, token));
        let known = known.filter(|(_, matched)| *matched >= BEGINNING).map(|(end, _)| end);
        known.chain(self.part_end(text, at)).chain(jwt_end(text, at)).max()
    }

    /// The end of a piece from anywhere in a token.
    fn part_end(&self, text: &str, at: usize) -> Option<usize> {
        let is_part =
            |from: usize| text.as_bytes().get(from..from + PART).is_some_and(|part| self.parts.contains(part));
        if self.parts.is_empty() || !is_part(at) {
            return None;
        }
        // Such a piece is plain ASCII, so that it ends between two characters.
        let more = (at + 1..text.len()).take_while(|from| is_part(*from)).count();
        Some(at + more + PART)
    }
}

/// The end of what looks like a JSON web token.
fn jwt_end(text: &str, at: usize) -> Option<usize> {
    let rest = &text[at..];
    let before = text[..at].chars().next_back();
    if !rest.starts_with(JWT) || before.is_some_and(|c| c.is_ascii_alphanumeric()) {
        return None;
    }
    let length = rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b"-_.+/=".contains(byte)).count();
    (length >= PART).then_some(at + length)
}

/// A text as it is in base64: alone, and after one or two other bytes, where only the characters count that no
/// neighbor changes. `-` and `_` of the other alphabet are taken for `+` and `/` when it is looked for.
fn in_base64(text: &str) -> Vec<String> {
    let encoded = |before: usize| {
        let bytes = [&vec![0; before][..], text.as_bytes()].concat();
        let whole = STANDARD_NO_PAD.encode(&bytes);
        let (from, to) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
        whole.get(from..to).unwrap_or_default().to_owned()
    };
    let forms = [STANDARD_NO_PAD.encode(text), encoded(0), encoded(1), encoded(2)];
    forms.into_iter().filter(|form| form.len() > SHORTEST).collect()
}

/// How far a secret is in the text from here on, character by character, each in whichever writing: the end, and how
/// many characters of the secret it has.
fn furthest(text: &str, at: usize, secret: &[char]) -> (usize, usize) {
    let mut places = BTreeSet::from([at]);
    let mut found = (at, 0);
    let mut after_space = false;
    for (index, c) in secret.iter().enumerate() {
        let mut next: BTreeSet<usize> = places.iter().flat_map(|place| ways(text, *place, *c)).collect();
        // Several line breaks and spaces become one where a message is put on one line.
        if c.is_whitespace() && after_space {
            next.extend(&places);
        }
        after_space = c.is_whitespace();
        let Some(end) = next.last() else { break };
        found = (*end, index + 1);
        places = next;
    }
    found
}

/// Where a character may end that begins here, in all its writings.
fn ways(text: &str, at: usize, c: char) -> Vec<usize> {
    let rest = &text[at..];
    let mut ends: Vec<usize> = Vec::new();
    let mut literal = |form: &str| {
        if rest.starts_with(form) {
            ends.push(at + form.len());
        }
    };
    let mut buffer = [0; 4];
    let plain: &str = c.encode_utf8(&mut buffer);
    literal(plain);
    let others: &[&str] = match c {
        '+' => &["-"],
        '/' => &["_", "\\/"],
        '"' => &["&quot;"],
        '&' => &["&amp;"],
        '\'' => &["&apos;"],
        '<' => &["&lt;"],
        '>' => &["&gt;"],
        '\n' => &["\\n", " ", "\r\n", "\\r\\n"],
        '\r' => &["\\r", " "],
        '\t' => &["\\t", " "],
        ' ' => &["+"],
        _ => &[],
    };
    for form in others {
        literal(form);
    }
    if matches!(c, '"' | '\\' | '\n' | '\r' | '\t') {
        // JSON in JSON doubles the sign that escapes.
        let signs = rest.bytes().take_while(|byte| *byte == b'\\').count();
        let letter = match c {
            '\n' => "n",
            '\r' => "r",
            '\t' => "t",
            '"' => "\"",
            _ => "",
        };
        if signs > 0 && rest[signs..].starts_with(letter) {
            ends.push(at + signs + letter.len());
        }
        if c == '\\' {
            ends.extend((2..signs).map(|count| at + count));
        }
    }
    let percent = coded("%", 2, plain.bytes().map(u32::from));
    let twice = percent.replace('%', "%25");
    let mut units = [0; 2];
    let unicode = coded("\\u", 4, c.encode_utf16(&mut units).iter().map(|unit| u32::from(*unit)));
    let entities = [format!("&#{};", u32::from(c)), format!("&#x{:x};", u32::from(c))];
    for form in [percent, twice, unicode].iter().chain(&entities) {
        if rest.get(..form.len()).is_some_and(|start| start.eq_ignore_ascii_case(form)) {
            ends.push(at + form.len());
        }
    }
    ends
}

/// Numbers in hexadecimal, each with a sign before it.
fn coded(sign: &str, width: usize, numbers: impl Iterator<Item = u32>) -> String {
    numbers.fold(String::new(), |mut text, number| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{sign}{number:0width$x}");
        text
    })
}

#[cfg(test)]
#[path = "mask_tests.rs"]
mod tests;
