//! How a policy reaches someone, in a character or two: for the cells of a grid, with a legend that says what those
//! that occur mean.

use std::collections::BTreeMap;

use crate::engine::describe::audience::{How, Manner};

/// After the mark of those who a filter narrows.
const FILTERED: char = '*';

/// The mark.
pub(super) fn mark(how: &How) -> String {
    let (mark, _) = explained(how);
    let filtered = how.filter.as_ref().filter(|_| how.manner == Manner::Included);
    std::iter::once(mark).chain(filtered.map(|_| FILTERED)).collect()
}

/// The marks that occur and what they mean; intents that begin alike share one.
pub(super) fn legend<'a>(all: impl Iterator<Item = &'a How>) -> Vec<(char, String)> {
    let mut legend: BTreeMap<char, Vec<String>> = BTreeMap::new();
    for how in all {
        let (mark, means) = explained(how);
        let filtered = how.filter.as_ref().map(|_| (FILTERED, String::from("only some of the devices, by a filter")));
        for (mark, means) in std::iter::once((mark, means)).chain(filtered) {
            let list = legend.entry(mark).or_default();
            if !list.contains(&means) {
                list.push(means);
            }
        }
    }
    let mut legend: Vec<(char, String)> = legend.into_iter().map(|(mark, means)| (mark, means.join(" or "))).collect();
    // What is most there comes first.
    legend.sort_by_key(|(mark, _)| ("●○✕◇".find(*mark).unwrap_or(usize::MAX), *mark));
    legend
}

fn explained(how: &How) -> (char, String) {
    match (&how.manner, &how.intent) {
        (Manner::Excluded, _) => ('✕', String::from("excluded")),
        (Manner::Named, _) => ('◇', String::from("named in the policy for another purpose")),
        (Manner::Included, Some(intent)) => (intent.chars().next().unwrap_or('?').to_ascii_uppercase(), intent.clone()),
        (Manner::Included, None) if how.instead.is_some() => ('○', String::from("included, but the policy is not on")),
        (Manner::Included, None) => ('●', String::from("included")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_has_its_meaning() {
        let how = |manner| How::plain(manner);
        let intent = |intent: &str| How { intent: Some(intent.into()), ..how(Manner::Included) };
        let filtered = How { filter: Some("only …".into()), ..intent("available without enrollment") };
        let off = How { instead: Some("off"), ..how(Manner::Included) };
        let all =
            [how(Manner::Excluded), intent("available"), filtered, off, how(Manner::Included), how(Manner::Named)];
        assert_eq!(all.each_ref().map(mark), ["✕", "A", "A*", "○", "●", "◇"]);
        let legend: Vec<String> =
            legend(all.iter()).into_iter().map(|(mark, means)| format!("{mark} {means}")).collect();
        assert_eq!(
            legend,
            [
                "● included",
                "○ included, but the policy is not on",
                "✕ excluded",
                "◇ named in the policy for another purpose",
                "* only some of the devices, by a filter",
                "A available or available without enrollment",
            ]
        );
    }
}
