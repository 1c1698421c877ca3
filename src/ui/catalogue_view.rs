//! The policy types, and one of them in detail.

use std::fmt::Write as _;

use super::layout::{Look, count, wrap};
use super::style::{self, paint};
use super::table::{Side, table};
use crate::catalogue::model::{Api, AssignWrite, Phase, Portability, SignIn, TypeVerdict};
use crate::catalogue::{Catalogue, PolicyType, Variant};
use crate::engine::Outcome;
use crate::engine::outcome::Need;

/// All types, one per line, each with the groups of it that can be selected as well.
pub fn types(catalogue: &Catalogue, look: Look) -> String {
    let mut columns = vec![("TYPE", Side::Left), ("NAME", Side::Left)];
    let moves = |policy_type: &PolicyType| verdict(&policy_type.portability);
    // Where every type moves, a column that says so of each is noise.
    let some_do_not = catalogue.iter().any(|policy_type| moves(policy_type) != Outcome::Portable);
    if some_do_not {
        columns.push(("MOVES", Side::Left));
    }
    let row = |name: String, title: &str, moves: &str| {
        let row = vec![name, title.to_owned()];
        row.into_iter().chain(some_do_not.then(|| moves.to_owned())).collect::<Vec<_>>()
    };
    let mut rows = Vec::new();
    for policy_type in catalogue.iter() {
        rows.push(row(policy_type.name.clone(), &policy_type.title, &moves(policy_type).word()));
        rows.extend(policy_type.groups.iter().map(|group| row(format!("  {}", group.name), &group.title, "")));
    }
    let mut out = table(look, &columns, &rows);
    let types = count(catalogue.iter().count(), "type", "types");
    let says = format!(
        "{types}; groups of a type are indented. --only and --skip accept both; `intune-ferry types TYPE` shows what a \
         type needs and refers to."
    );
    let _ = write!(out, "\n{}", wrap("", &says, look.prose()));
    out
}

/// One type in detail.
pub fn details(policy_type: &PolicyType, look: Look) -> String {
    let mut out = format!("{}: {}\n\n", paint(style::STRONG, &policy_type.name), policy_type.title);
    out.push_str(&wrap("  ", &policy_type.about, look.prose()));
    out.push('\n');
    for (label, value) in facts(policy_type) {
        out.push_str(&wrap(&format!("  {label:<13}"), &value, look.prose()));
    }
    out
}

/// Who can read a type, if not everyone with the permissions can.
fn readers(policy_type: &PolicyType) -> &'static str {
    match policy_type.sign_in {
        SignIn::Any => "",
        SignIn::Delegated => "only by a signed-in user, not by an application",
        SignIn::MaybeDelegated => "some applications are refused regardless of their permissions",
    }
}

/// What must be known of a type, each under its label; a label that is empty goes on with the one before.
pub fn facts(policy_type: &PolicyType) -> Vec<(&'static str, String)> {
    let api = match policy_type.api {
        Api::Beta => "beta",
        Api::V1 => "v1.0",
    };
    let mut facts = vec![
        ("Graph", format!("{api}/{}", policy_type.path)),
        ("moves", verdict(&policy_type.portability).word().into_owned()),
        ("", policy_type.portability.reason.clone()),
        ("", policy_type.portability.fix.clone()),
        ("to read", policy_type.permissions.read.join(", ")),
        ("", readers(policy_type).to_owned()),
        ("available", policy_type.available_with.as_ref().map(|with| format!("with {with}")).unwrap_or_default()),
    ];
    let more = policy_type.parts.iter().filter_map(|part| Some((&part.name, part.read_permission.as_ref()?)));
    facts.extend(more.map(|(part, permission)| ("", format!("{permission} for {part}"))));
    facts.extend([
        ("to write", policy_type.permissions.write.join(", ")),
        ("assignments", assignments(policy_type).to_owned()),
        ("created", order(policy_type).to_owned()),
        ("parts", names(policy_type.parts.iter().map(|part| part.name.as_str()))),
        ("refers to", kinds(policy_type)),
        ("target needs", names(policy_type.needs.iter().map(|need| need.what.as_str()))),
        ("secrets", names(policy_type.secrets.iter().map(|rule| rule.at.as_str()))),
        ("uploads", uploads(policy_type)),
        ("sidecars", names(policy_type.sidecars.iter().map(|rule| rule.at.as_str()))),
    ]);
    facts.extend(policy_type.groups.iter().map(|group| ("group", format!("{} ({})", group.name, group.title))));
    facts.extend(policy_type.variants.iter().map(|variant| {
        let moves =
            variant.portability.as_ref().map(|own| format!(": {}. {} {}", verdict(own).word(), own.reason, own.fix));
        ("variant", format!("{}{}", variant.name, moves.unwrap_or_default()))
    }));
    facts.retain(|(_, value)| !value.is_empty());
    facts
}

/// The verdict of a type as such.
pub fn verdict(portability: &Portability) -> Outcome {
    let needs = match portability.verdict {
        TypeVerdict::Portable => None,
        TypeVerdict::TenantBound => Some(Need::TenantBound),
        TypeVerdict::Retired => Some(Need::Retired),
        TypeVerdict::NeedsContent => Some(Need::NeedsContent),
    };
    needs.into_iter().collect()
}

fn assignments(policy_type: &PolicyType) -> &'static str {
    match policy_type.assignments.as_ref().map(|assignments| &assignments.write) {
        None => "none",
        Some(AssignWrite::Action { .. }) => "written as a whole",
        Some(AssignWrite::Each) => "written one by one",
    }
}

fn order(policy_type: &PolicyType) -> &'static str {
    match policy_type.phase {
        Phase::Early => "before other types",
        // It goes where its references put it.
        Phase::Normal => "",
        Phase::Last => "after other types",
    }
}

/// What is created from a local file.
fn uploads(policy_type: &PolicyType) -> String {
    let own = |variant: &&Variant| variant.portability.as_ref().is_some_and(|own| own.upload.is_some());
    let list = names(policy_type.variants.iter().filter(own).map(|variant| variant.name.as_str()));
    if list.is_empty() {
        list
    } else {
        format!("with --app-content DIR, from files that Graph does not return: {list}")
    }
}

fn kinds(policy_type: &PolicyType) -> String {
    let rules = policy_type.references.iter().map(|rule| rule.kind.as_str());
    names(rules.chain(policy_type.links.iter().map(|link| link.kind.as_str())))
}

fn names<'a>(list: impl Iterator<Item = &'a str>) -> String {
    let sorted: std::collections::BTreeSet<&str> = list.collect();
    sorted.into_iter().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::super::style::plain;
    use super::*;

    fn sample() -> Catalogue {
        let shared = include_str!("../../policies-schema/shared.toml");
        let lamps = r#"
name = "lamps"
title = "Lamps"
about = "Where it is light."
sources = ["made up"]
path = "deviceManagement/lamps"
entity = "lamp"
bucket = "bundles"
phase = "early"

[portability]
verdict = "retired"
reason = "Lamps are no longer made."
fix = "Use a candle."

[permissions]
read = ["Lamps.Read.All"]
write = ["Lamps.ReadWrite.All"]

[[references]]
at = "shades/*"
kind = "shades"

[[groups]]
name = "lanterns"
title = "For outdoors"
when = { property = "place", equals = ["outdoors"] }
"#;
        Catalogue::from_files(shared, [("lamps.toml", lamps)]).unwrap()
    }

    #[test]
    fn types_are_a_table() {
        insta::assert_snapshot!(plain(&types(&sample(), Look::default())), @r"
        TYPE        NAME          MOVES
        lamps       Lamps         retired
          lanterns  For outdoors

        1 type; groups of a type are indented. --only and --skip accept both; `intune-ferry types TYPE`
        shows what a type needs and refers to.
        ");
    }

    #[test]
    fn one_type_says_what_must_be_known() {
        let catalogue = sample();
        insta::assert_snapshot!(plain(&details(catalogue.get("lamps").unwrap(), Look::default())), @r"
        lamps: Lamps

          Where it is light.

          Graph        beta/deviceManagement/lamps
          moves        retired
                       Lamps are no longer made.
                       Use a candle.
          to read      Lamps.Read.All
          to write     Lamps.ReadWrite.All
          assignments  none
          created      before other types
          refers to    shades
          group        lanterns (For outdoors)
        ");
    }

    #[test]
    fn the_built_in_types_all_have_details() {
        let catalogue = Catalogue::built_in().unwrap();
        for policy_type in catalogue.iter() {
            assert!(plain(&details(policy_type, Look::default())).contains(&policy_type.path));
        }
    }
}
