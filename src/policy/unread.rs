//! Parts of a policy that the account may not read, or that the service does not give. Where such a part would stand,
//! `<part>@ferry.unread` holds what reading it needs, such as a permission: what is not known is never taken for empty.

use serde_json::{Map, Value};

/// What the mark of an unread part ends with.
pub const MARK: &str = "@ferry.unread";

/// Says that a part was not read, and what reading it needs.
pub fn mark(body: &mut Map<String, Value>, part: &str, permission: &str) {
    body.insert(format!("{part}{MARK}"), Value::String(permission.to_owned()));
}

/// The parts that were not read, with the permission that each needs.
pub fn parts(body: &Map<String, Value>) -> impl Iterator<Item = (&str, &str)> {
    body.iter().filter_map(|(key, value)| Some((key.strip_suffix(MARK)?, value.as_str()?)))
}

/// The first part that was not read and that is not unread in the other object either.
pub fn only_in<'a>(body: &'a Map<String, Value>, other: &Map<String, Value>) -> Option<(&'a str, &'a str)> {
    parts(body).find(|(part, _)| !other.contains_key(&format!("{part}{MARK}")))
}

/// The first part that is wanted and was not read back, although reading it was possible before: neither the wanted
/// object nor the one that was there lacks it.
pub fn unseen<'a>(
    found: &'a Map<String, Value>,
    wanted: &Map<String, Value>,
    before: &Map<String, Value>,
) -> Option<(&'a str, &'a str)> {
    let lacks = |body: &Map<String, Value>, part: &str| body.contains_key(&format!("{part}{MARK}"));
    parts(found).find(|(part, _)| wanted.contains_key(*part) && !lacks(wanted, part) && !lacks(before, part))
}

/// The keys of an object that say nothing of it: the marks, and the parts beside which one stands. Most objects
/// have none, and are looked through once.
pub fn silent(body: &Map<String, Value>) -> impl Fn(&str) -> bool {
    let marked = body.keys().any(|key| key.ends_with(MARK));
    move |key| key.ends_with(MARK) || (marked && body.contains_key(&format!("{key}{MARK}")))
}

/// Takes the marks away: Graph knows nothing of them.
pub fn strip(body: &mut Map<String, Value>) {
    body.retain(|key, _| !key.ends_with(MARK));
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;
    use crate::policy::{Guide, changes, differences};
    use serde_json::json;

    #[test]
    fn what_was_not_read_is_neither_empty_nor_different() {
        let mut app = json!({"displayName": "App"}).as_object().unwrap().clone();
        mark(&mut app, "relationships", "Apps.ReadWrite.All");
        assert_eq!(parts(&app).collect::<Vec<_>>(), [("relationships", "Apps.ReadWrite.All")]);
        let (unread, read) = (Value::Object(app.clone()), json!({"displayName": "App", "relationships": [{"a": 1}]}));
        for (left, right) in [(&unread, &read), (&read, &unread)] {
            assert_eq!(differences(left, right), []);
            assert_eq!(changes(left, right, &Guide::default()), []);
        }
        let renamed = json!({"displayName": "Other", "relationships@ferry.unread": "x"});
        assert_eq!(changes(&renamed, &read, &Guide::default()).len(), 1);
        assert_eq!(only_in(&app, &serde_json::Map::new()), Some(("relationships", "Apps.ReadWrite.All")));
        assert_eq!(only_in(&app, renamed.as_object().unwrap()), None);
        let (none, [read, unread]) = (Map::new(), [&read, &unread].map(|it| it.as_object().unwrap().clone()));
        assert_eq!(unseen(&app, &read, &none), Some(("relationships", "Apps.ReadWrite.All")));
        for (wanted, before) in [(&none, &none), (&unread, &none), (&read, &unread)] {
            assert_eq!(unseen(&app, wanted, before), None);
        }
        strip(&mut app);
        assert_eq!(Value::Object(app), json!({"displayName": "App"}));
    }
}
