//! The sweep: looks for what belongs to one tenant (ids, the tenant's id, its domains) in a whole
//! document, however deep it is wrapped: base64, UTF-16, XML entities, JSON and percent escapes.
//! It only looks; what a hit means is for the mapping and the engine to say.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::sync::OnceLock;

use aho_corasick::AhoCorasick;
use serde_json::{Map, Value};

use super::binary_ids::BinaryIds;
use super::decode::{
    base64_exact, base64_lenient, base64_pieces, may_hold_run, views, without_entities, without_json_escapes,
    without_percent,
};
use super::ids::{IdAt, Written, ids};
use super::path;
use super::trail::Trail;

/// Takes one kind of escapes off; none where there are none.
type Unwrap = fn(&str) -> Option<String>;

/// How many wrappings are taken off.
const MAX_DEPTH: usize = 6;
/// How many bytes are looked at in one document, all wrappings together.
const MAX_BYTES: usize = 256 << 20;
/// `s-1-12-1-0-0-0-0`.
const SHORTEST_SID: usize = 16;
/// How the security identifiers of a company's own directory begin.
const DOMAIN_SID: &str = "s-1-5-21-";
/// A GUID without dashes.
const GUID_DIGITS: usize = 32;
/// The base64 of a GUID's bytes, without padding.
const LEAST_BINARY: usize = 22;

/// What marks a tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks {
    /// GUIDs of its objects, in lower case.
    pub ids: HashSet<String>,
    /// The tenant's own GUID.
    pub tenant_id: Option<String>,
    /// Its domains, the security identifiers that its own directory gave (`S-1-5-21-…`), and what stands for a fact of
    /// a tenant (`%OrganizationId%`).
    pub domains: Vec<String>,
    /// Ids whose security identifiers (`S-1-12-1-…`) may stand. Such an identifier always names an object of some
    /// tenant's directory, so that all others are marks; none where only those of [`Marks::ids`] are.
    pub known_sids: Option<HashSet<String>>,
}

impl Marks {
    /// Whether an id, or the one in a security identifier, is named among the marks.
    pub fn has(&self, what: &str) -> bool {
        ids(what).iter().any(|found| self.ids.contains(&found.id))
    }
}

/// A mark that was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// RFC 6901 pointer of the text.
    pub pointer: String,
    /// The id or domain, in lower case.
    pub what: String,
    /// How it was wrapped, outermost first: `base64, utf-16`; empty where it stood in clear text.
    pub within: String,
}

/// What [`Hit::within`] ends with where an id stands in bytes that are not a text.
pub const BINARY: &str = "binary data";

/// What [`Hit::what`] says where a document was too large to be searched to its end.
pub const UNSEARCHED: &str = "(too large to be searched)";

/// All marks in a document's texts and keys. `exempt` is asked with pointer and mark.
pub fn sweep(value: &Value, marks: &Marks, exempt: &dyn Fn(&str, &str) -> bool) -> Vec<Hit> {
    Search::new(Cow::Borrowed(marks)).sweep(value, exempt)
}

/// Marks, ready to be looked for in many documents.
#[derive(Debug)]
pub struct Search<'m> {
    marks: Cow<'m, Marks>,
    tenant_id: Option<String>,
    /// In lower case, the longest first.
    domains: Vec<String>,
    /// All domains at once.
    automaton: Option<AhoCorasick>,
    /// A shorter text holds no mark, however it is wrapped.
    least: usize,
    /// Every id is a mark, whoever it belongs to.
    every: bool,
    /// The ids as they stand in bytes; made when the first bytes are met.
    binary: OnceLock<BinaryIds>,
}

impl<'m> Search<'m> {
    /// Makes ready.
    pub fn new(marks: Cow<'m, Marks>) -> Self {
        let mut domains: Vec<String> = marks.domains.iter().map(|domain| domain.to_ascii_lowercase()).collect();
        domains.retain(|domain| domain.contains('.') || domain.starts_with(DOMAIN_SID) || domain.starts_with('%'));
        domains.sort_by_key(|domain| (std::cmp::Reverse(domain.len()), domain.clone()));
        domains.dedup();
        let tenant_id = marks.tenant_id.as_deref().map(str::to_ascii_lowercase);
        let shortest = domains.last().map_or(GUID_DIGITS, |domain| domain.len().min(GUID_DIGITS));
        // Too many to fit into one automaton would be far more than a tenant can have; then each is looked for.
        let automaton = AhoCorasick::builder().ascii_case_insensitive(true).build(&domains).ok();
        Self {
            marks,
            tenant_id,
            automaton: automaton.filter(|_| !domains.is_empty()),
            least: shortest.min(SHORTEST_SID),
            domains,
            every: false,
            binary: OnceLock::new(),
        }
    }

    /// Finds all ids, whoever they belong to.
    pub fn every_id() -> Self {
        Self::new(Cow::Owned(Marks::default())).every(true)
    }

    /// The same, and where `every` is set also all ids, whoever they belong to.
    #[must_use]
    pub fn every(self, every: bool) -> Self {
        Self { every, ..self }
    }

    /// What is looked for.
    pub fn marks(&self) -> &Marks {
        &self.marks
    }

    /// All marks in a document's texts and keys. `exempt` is asked with pointer and mark.
    pub fn sweep(&self, value: &Value, exempt: &dyn Fn(&str, &str) -> bool) -> Vec<Hit> {
        self.swept(exempt, |sweeper| sweeper.value(value, &Trail::TOP))
    }

    /// The same for the members of an object.
    pub fn sweep_members(&self, members: &Map<String, Value>, exempt: &dyn Fn(&str, &str) -> bool) -> Vec<Hit> {
        self.swept(exempt, |sweeper| sweeper.members(members, &Trail::TOP))
    }

    /// The marks at some places of a document only: in the text that is there, and in the key it has.
    pub fn sweep_at<'p>(
        &self,
        value: &Value,
        places: impl IntoIterator<Item = &'p str>,
        exempt: &dyn Fn(&str, &str) -> bool,
    ) -> Vec<Hit> {
        self.swept(exempt, |sweeper| {
            for place in places {
                let trail = Trail::of(place);
                if let Some((holder, key)) = place.rsplit_once('/')
                    && path::get(value, holder).is_some_and(Value::is_object)
                {
                    sweeper.key(&path::unescape(key), &trail);
                }
                if let Some(Value::String(text)) = path::get(value, place) {
                    sweeper.text(text, &trail, "", 0);
                }
            }
        })
    }

    fn swept(&self, exempt: &dyn Fn(&str, &str) -> bool, look: impl FnOnce(&mut Sweeper<'_>)) -> Vec<Hit> {
        let mut sweeper = Sweeper { search: self, exempt, left: MAX_BYTES, hits: BTreeMap::new() };
        let Marks { ids, known_sids, .. } = &*self.marks;
        let any_id = self.every || known_sids.is_some() || !ids.is_empty() || self.tenant_id.is_some();
        if any_id || !self.domains.is_empty() {
            look(&mut sweeper);
        }
        let hits = sweeper.hits.into_iter();
        hits.map(|((pointer, what), within)| Hit { pointer, what, within }).collect()
    }

    /// Whether an id is a mark.
    fn is_mark(&self, found: &IdAt) -> bool {
        let Marks { ids, known_sids, .. } = &*self.marks;
        let stranger = || known_sids.as_ref().is_some_and(|known| !known.contains(&found.id));
        self.every
            || ids.contains(&found.id)
            || self.tenant_id.as_ref() == Some(&found.id)
            || (found.written == Written::Sid && stranger())
    }

    /// Whether there are ids, or the tenant's own, that are looked for one by one.
    fn names_ids(&self) -> bool {
        !self.marks.ids.is_empty() || self.tenant_id.is_some()
    }

    /// The ids and the tenant's own, as they stand in bytes.
    fn binary(&self) -> &BinaryIds {
        self.binary.get_or_init(|| BinaryIds::of(self.marks.ids.iter().chain(&self.tenant_id)))
    }

    /// Whether some domain may be in a text.
    fn may_hold_domain(&self, text: &str) -> bool {
        self.automaton.as_ref().map_or(!self.domains.is_empty(), |automaton| automaton.is_match(text))
    }
}

struct Sweeper<'a> {
    search: &'a Search<'a>,
    exempt: &'a dyn Fn(&str, &str) -> bool,
    left: usize,
    /// How what was found is wrapped, by pointer and mark.
    hits: BTreeMap<(String, String), String>,
}

impl Sweeper<'_> {
    fn value(&mut self, value: &Value, trail: &Trail<'_>) {
        match value {
            Value::String(text) => self.text(text, trail, "", 0),
            Value::Array(list) => {
                for (index, child) in list.iter().enumerate() {
                    self.value(child, &trail.element(index, None));
                }
            }
            Value::Object(map) => self.members(map, trail),
            _ => {}
        }
    }

    fn members(&mut self, map: &Map<String, Value>, trail: &Trail<'_>) {
        for (key, child) in map {
            let trail = trail.member(key, None);
            self.key(key, &trail);
            self.value(child, &trail);
        }
    }

    fn key(&mut self, key: &str, trail: &Trail<'_>) {
        if key.len() >= self.search.least {
            self.marks_in(key, trail, "");
        }
    }

    fn text(&mut self, text: &str, trail: &Trail<'_>, within: &str, depth: usize) {
        if text.len() < self.search.least {
            return;
        }
        if text.len() > self.left {
            self.hit(trail, UNSEARCHED, within);
            return;
        }
        self.left -= text.len();
        self.marks_in(text, trail, within);
        if depth == MAX_DEPTH {
            return;
        }
        let unwraps: [(Unwrap, &str); 3] = [
            (without_entities, "xml entities"),
            (without_json_escapes, "json escapes"),
            (without_percent, "percent escapes"),
        ];
        for (unwrap, name) in unwraps {
            if let Some(inner) = unwrap(text) {
                self.text(&inner, trail, &wrapped(within, name), depth + 1);
            }
        }
        // A wide text that something took for a narrow one has a zero beside each character.
        if text.contains('\0') {
            self.text(&text.replace('\0', ""), trail, &wrapped(within, "utf-16"), depth + 1);
        }
        if let Some(bytes) = base64_exact(text).filter(|bytes| bytes.len() >= 4) {
            self.binary(&bytes, trail, within);
            self.bytes(&bytes, trail, within, depth);
            return;
        }
        for piece in base64_pieces(text).into_iter().map(|range| &text[range]) {
            if piece.len() >= LEAST_BINARY && self.search.names_ids() {
                self.binary(&base64_lenient(piece).unwrap_or_default(), trail, within);
            }
            // A word before the payload on the same or the line above shifts it; one of four starts is right.
            for start in 0..4 {
                let from_here = piece.get(start..).filter(|rest| may_hold_run(rest, self.search.least));
                let Some(bytes) = from_here.and_then(base64_lenient) else { continue };
                self.bytes(&bytes, trail, within, depth);
                if start == 0 && super::decode::to_text(&bytes).is_some() {
                    break;
                }
            }
        }
    }

    /// Ids that stand in bytes as bytes.
    fn binary(&mut self, bytes: &[u8], trail: &Trail<'_>, within: &str) {
        let search = self.search;
        for id in search.binary().in_bytes(bytes) {
            self.hit(trail, id, &wrapped(&wrapped(within, "base64"), BINARY));
        }
    }

    fn bytes(&mut self, bytes: &[u8], trail: &Trail<'_>, within: &str, depth: usize) {
        // Most pieces that could be base64 are names, and give noise.
        if !has_run(bytes, self.search.least) {
            return;
        }
        let within = wrapped(within, "base64");
        for (text, encoding) in views(bytes) {
            let within = if encoding.is_empty() { within.clone() } else { wrapped(&within, encoding) };
            self.text(&text, trail, &within, depth + 1);
        }
    }

    fn marks_in(&mut self, text: &str, trail: &Trail<'_>, within: &str) {
        let search = self.search;
        for found in ids(text) {
            if search.is_mark(&found) {
                let what =
                    if found.written == Written::Sid { text[found.range].to_ascii_lowercase() } else { found.id };
                self.hit(trail, &what, within);
            }
        }
        if !search.may_hold_domain(text) {
            return;
        }
        let text = text.to_ascii_lowercase();
        let mut told: Vec<usize> = Vec::new();
        for domain in &search.domains {
            // Longest first: the part of a name that was already told is not a second hit.
            let ends: Vec<usize> = domain_ends(&text, domain).filter(|end| !told.contains(end)).collect();
            if !ends.is_empty() {
                told.extend(ends);
                self.hit(trail, domain, within);
            }
        }
    }

    fn hit(&mut self, trail: &Trail<'_>, what: &str, within: &str) {
        let pointer = trail.pointer();
        if !(self.exempt)(&pointer, what) {
            self.hits.entry((pointer, what.to_owned())).or_insert_with(|| within.to_owned());
        }
    }
}

/// Whether so many visible characters are in a row, as bytes or as UTF-16.
fn has_run(bytes: &[u8], length: usize) -> bool {
    let mut run = 0;
    bytes.iter().any(|byte| {
        match byte {
            0 => {}
            byte if byte.is_ascii_graphic() => run += 1,
            _ => run = 0,
        }
        run >= length
    })
}

fn wrapped(within: &str, name: &str) -> String {
    if within.is_empty() { name.to_owned() } else { format!("{within}, {name}") }
}

/// Where a domain is in lower-case text as a whole name, or at the end of a longer one.
fn domain_ends(text: &str, domain: &str) -> impl Iterator<Item = usize> {
    // What begins with `%` ends with it, too, and stands for itself wherever it is.
    let in_name = |byte: u8| !domain.starts_with('%') && (byte.is_ascii_alphanumeric() || byte == b'-');
    text.match_indices(domain).filter_map(move |(start, _)| {
        let bytes = text.as_bytes();
        let end = start + domain.len();
        let begins = start == 0 || !in_name(bytes[start - 1]);
        let goes_on = match bytes.get(end) {
            Some(b'.') => bytes.get(end + 1).is_some_and(|byte| in_name(*byte)),
            Some(byte) => in_name(*byte),
            None => false,
        };
        (begins && !goes_on).then_some(end)
    })
}

#[cfg(test)]
#[path = "sweep_tests.rs"]
mod tests;
