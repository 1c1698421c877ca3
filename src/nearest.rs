//! The name that was probably meant: for every word a person can mistype. Pure, usable by all.

use strsim::osa_distance;

/// Longer words are compared by their beginnings.
const LONGEST: usize = 64;

/// The closest candidate, if it is close enough to be a slip of the fingers.
pub fn closest<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (wanted.chars().count() / 3).max(1);
    let start = |text: &str| text.to_lowercase().chars().take(LONGEST).collect::<String>();
    let wanted = start(wanted);
    candidates
        .into_iter()
        .map(|candidate| (osa_distance(&wanted, &start(candidate)), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised_and_other_names_are_not() {
        let names = ["trial", "production", "lab"];
        assert_eq!(closest("trail", names), Some("trial"));
        assert_eq!(closest("Prodution", names), Some("production"));
        assert_eq!(closest("labs", names), Some("lab"));
        assert_eq!(closest("contoso", names), None);
        assert_eq!(closest("", names), None);
    }
}
