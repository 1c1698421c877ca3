//! Checks a catalogue for what its files' syntax cannot say: names, kinds, rules that contradict each
//! other. Not for checking it against Graph: a test does that, with the facts in `policies-schema/`.

use std::collections::BTreeSet;

use super::load::Catalogue;
use super::model::{AssignWrite, Part, PartRead, PartWrite, PolicyType, Portability, TypeVerdict};
use super::paths::TENANT;
use super::predicate::Predicate;
use super::rule::{OnDrop, ReferenceRule};
use crate::policy::JsonPath;

/// Something in a type's file that cannot be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The policy type, or `shared`.
    pub type_name: String,
    /// What is wrong.
    pub what: String,
}

/// Everything in a catalogue that cannot be right.
pub fn problems(catalogue: &Catalogue) -> Vec<Mistake> {
    let mut list = Vec::new();
    let mut names: BTreeSet<&str> = catalogue.iter().map(|policy_type| policy_type.name.as_str()).collect();
    let mut paths = BTreeSet::new();
    let mut add = |type_name: &str, what: String| list.push(Mistake { type_name: type_name.to_owned(), what });
    for rule in &catalogue.shared.references {
        reference(rule, catalogue, &mut |what| add("shared", what));
    }
    let mut kinds = BTreeSet::new();
    for kind in &catalogue.shared.directory_kinds {
        kebab("kind", &kind.name, &mut |what| add("shared", what));
        if catalogue.get(&kind.name).is_some() || !kinds.insert(&kind.name) {
            add("shared", format!("the kind `{}` is a policy type, or is there twice", kind.name));
        }
        let above =
            kind.below.as_ref().map(|above| catalogue.directory_kind(above).is_some_and(|it| it.below.is_none()));
        let has_place = kind.path.as_ref().is_some_and(|path| path.contains("{id}"));
        if above.is_some_and(|known| !known) || above.is_some() != has_place {
            add("shared", format!("the kind `{}` is below no known kind, or its path does not say where", kind.name));
        }
    }
    for what in super::check_mistakes::problems(catalogue) {
        add("shared", what);
    }
    for policy_type in catalogue.iter() {
        let mut add = |what: String| add(&policy_type.name, what);
        head(policy_type, &mut add);
        for path in policy_type.also_at.iter().chain([&policy_type.path]) {
            if path.is_empty() || path.starts_with('/') || path.ends_with('/') {
                add(format!("the path `{path}` begins or ends with a slash, or is empty"));
            }
            if !paths.insert(path.as_str()) {
                add(format!("the path `{path}` belongs to another type too"));
            }
        }
        for group in &policy_type.groups {
            kebab("group", &group.name, &mut add);
            test(&group.when, &mut add);
            if !names.insert(&group.name) {
                add(format!("the group `{}` has the name of a type or of another group", group.name));
            }
        }
        for rule in &policy_type.references {
            reference(rule, catalogue, &mut add);
        }
        rules(policy_type, catalogue, &mut add);
        let mut parts = BTreeSet::new();
        for part in policy_type.all_parts() {
            if !parts.insert(&part.name) {
                add(format!("the part `{}` is there twice", part.name));
            }
            self::part(part, policy_type, &mut add);
        }
        variants(policy_type, &mut add);
        for need in &policy_type.needs {
            match catalogue.shared.prerequisites.iter().find(|one| one.name == need.what) {
                None => add(format!("it needs `{}`, which shared.toml does not know", need.what)),
                Some(one) if one.is_each() != need.each.is_some() => {
                    add(format!("`each` belongs to `{}` exactly if its path has `{{each}}` in it", need.what));
                }
                Some(_) => {}
            }
        }
    }
    list
}

type Add<'a> = &'a mut dyn FnMut(String);

fn head(policy_type: &PolicyType, add: Add<'_>) {
    kebab("type", &policy_type.name, add);
    kebab("bucket", &policy_type.bucket, add);
    for (word, text) in [("title", &policy_type.title), ("about", &policy_type.about), ("entity", &policy_type.entity)]
    {
        if text.trim().is_empty() {
            add(format!("the {word} is empty"));
        }
    }
    if policy_type.entity.contains(['#', '.']) {
        add(format!("the entity `{}` is to stand without its namespace", policy_type.entity));
    }
    if policy_type.sources.is_empty() {
        add(String::from("it names no source"));
    }
    if policy_type.permissions.read.is_empty() || policy_type.permissions.write.is_empty() {
        add(String::from("it needs a permission to read and one to write"));
    }
    reasoned("the type", &policy_type.portability, add);
    if policy_type.is_only_listed() {
        if policy_type.portability.verdict != TypeVerdict::TenantBound || policy_type.read.item.is_some() {
            add(format!("what is below `{TENANT}` is only listed: it must be tenant-bound"));
        }
    } else if policy_type.parent.is_some() != policy_type.parent_path().is_some() {
        add(String::from("a path with `{id}` needs the type of the objects it is below, and no other path has one"));
    }
    let volatile = |path: &JsonPath| policy_type.volatile.contains(path);
    for path in policy_type.discriminators.iter().chain([&JsonPath::new(&policy_type.name_property)]) {
        if volatile(path) {
            add(format!("`{path}` tells objects apart and is volatile"));
        }
    }
    if let Some(assignments) = &policy_type.assignments
        && let AssignWrite::Action { action } = &assignments.write
        && action.is_empty()
    {
        add(String::from("the assign action needs a name"));
    }
}

fn kebab(what: &str, name: &str, add: Add<'_>) {
    let word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if !name.split('-').all(word) || name.starts_with(|first: char| first.is_ascii_digit()) {
        add(format!("the {what}'s name `{name}` is not in kebab-case"));
    }
}

fn reasoned(what: &str, portability: &Portability, add: Add<'_>) {
    if portability.verdict != TypeVerdict::Portable && (portability.reason.is_empty() || portability.fix.is_empty()) {
        add(format!("{what} is not portable and does not say why, or what to do instead"));
    }
    if portability.upload.is_some()
        && (portability.verdict != TypeVerdict::NeedsContent || portability.file_name.is_none())
    {
        add(format!("{what} has an upload, and does not need content or does not say what its file is called"));
    }
}

fn test(when: &Predicate, add: Add<'_>) {
    if !when.can_pass() {
        add(format!("the test on `{}` can never pass", when.property));
    }
}

fn reference(rule: &ReferenceRule, catalogue: &Catalogue, add: Add<'_>) {
    if catalogue.get(&rule.kind).is_none() && catalogue.directory_kind(&rule.kind).is_none() {
        add(format!("the reference at `{}` is of the unknown kind `{}`", rule.at, rule.kind));
    }
    let in_list = rule.at.as_str().ends_with("/*");
    if rule.when_empty.is_some() && !(in_list && rule.on_drop == OnDrop::RemoveElement) {
        add(format!("the reference at `{}` leaves no empty list, so `when-empty` means nothing", rule.at));
    }
    if in_list && matches!(rule.on_drop, OnDrop::Null | OnDrop::RemoveProperty | OnDrop::ClearFilter) {
        add(format!("the reference at `{}` is an element of a list, not a property", rule.at));
    }
    if rule.on_drop == OnDrop::RemoveElement && !rule.at.as_str().contains('*') {
        add(format!("the reference at `{}` is in no list, so no element can be removed", rule.at));
    }
    if let Some(when) = &rule.when {
        test(when, add);
    }
}

fn rules(policy_type: &PolicyType, catalogue: &Catalogue, add: Add<'_>) {
    let mut links = BTreeSet::new();
    for link in &policy_type.links {
        if catalogue.get(&link.kind).is_none() && catalogue.directory_kind(&link.kind).is_none() {
            add(format!("the link `{}` leads to the unknown type `{}`", link.property, link.kind));
        }
        if !links.insert(&link.property) {
            add(format!("the link `{}` is there twice", link.property));
        }
    }
    let mut sorted = BTreeSet::new();
    for rule in catalogue.shared.sort_rules().chain(policy_type.sort_rules()) {
        if !sorted.insert(rule.at.as_str().to_owned()) {
            add(format!("`{}` is sorted twice", rule.at));
        }
        for by in &rule.by {
            let place = JsonPath::new(&format!("{}/*/{by}", rule.at));
            if policy_type.volatile.contains(&place) {
                add(format!("`{}` is sorted by `{by}`, which is volatile", rule.at));
            }
        }
    }
    for rule in &policy_type.sidecars {
        if rule.extension.is_empty()
            || !rule.extension.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        {
            add(format!("`{}` is not a file name extension", rule.extension));
        }
        if rule.key.is_none() && rule.at.as_str().starts_with("omaSettings/*") {
            add(format!("the sidecars at `{}` need a key to tell them apart", rule.at));
        }
    }
    for (index, rule) in policy_type.secrets.iter().enumerate() {
        let others = policy_type.secrets.iter().enumerate().filter(|(other, _)| *other != index);
        if rule.when.is_none() && others.into_iter().any(|(_, other)| other.at == rule.at) {
            add(format!("the secret at `{}` has a rule without a test beside others, so two can fit", rule.at));
        }
    }
    for rule in &policy_type.defaults {
        if let Some(when) = &rule.when {
            test(when, add);
        }
        if rule.key.is_empty() && !policy_type.single {
            add(String::from("a default object needs a key"));
        }
    }
    for rule in &policy_type.send_only {
        if rule.keep.is_empty() {
            add(format!("nothing would be left of `{}`", rule.at));
        }
    }
}

fn part(part: &Part, policy_type: &PolicyType, add: Add<'_>) {
    if part.read_permission.is_some() && part.read == PartRead::Included {
        add(format!("`{}` is read with the object, so it needs no permission of its own", part.name));
    }
    for write in [part.create(), part.update()] {
        if let PartWrite::PostEach { key, .. } = write {
            let place = JsonPath::new(&format!("{}/*/{key}", part.name));
            if policy_type.volatile.contains(&place) {
                add(format!("elements of `{}` are distinguished by `{key}`, which is volatile", part.name));
            }
        }
    }
}

fn variants(policy_type: &PolicyType, add: Add<'_>) {
    let mut seen = BTreeSet::new();
    for variant in &policy_type.variants {
        kebab("variant", &variant.name, add);
        test(&variant.when, add);
        if !seen.insert(&variant.name) {
            add(format!("the variant `{}` is there twice", variant.name));
        }
        if let Some(portability) = &variant.portability {
            reasoned(&format!("the variant `{}`", variant.name), portability, add);
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    const SHARED: &str = "version = 1\nvolatile = []\nread-only = []\nunordered = []\nsort = []\nreferences = []\nconstant-ids = []\n\
                          constant-properties = []\n[[directory-kinds]]\nname = \"group\"\n";

    fn found(rest: &str) -> Vec<String> {
        let text = format!(
            "name = \"things\"\ntitle = \"Things\"\nabout = \"Of use.\"\nsources = [\"x\"]\npath = \"a/things\"\n\
             entity = \"thing\"\nbucket = \"b\"\n{rest}\n[permissions]\nread = [\"R\"]\nwrite = [\"W\"]\n"
        );
        let catalogue = Catalogue::from_files(SHARED, [("things.toml", text.as_str())]).unwrap();
        problems(&catalogue).into_iter().map(|problem| problem.what).collect()
    }

    #[test]
    fn the_built_in_catalogue_has_no_problem() {
        assert_eq!(problems(&Catalogue::built_in().unwrap()), []);
    }

    #[test]
    fn a_sound_type_passes() {
        assert_eq!(found(""), Vec::<String>::new());
    }

    #[test]
    fn every_contradiction_is_found() {
        for (rest, said) in [
            ("[[references]]\nat = \"x/*\"\nkind = \"grop\"", "unknown kind `grop`"),
            ("[[references]]\nat = \"x\"\nkind = \"group\"", "in no list"),
            ("[[references]]\nat = \"x/*\"\nkind = \"group\"\non-drop = \"null\"", "an element of a list"),
            ("[[references]]\nat = \"a/*/x\"\nkind = \"group\"\nwhen-empty = [\"0\"]", "`when-empty` means nothing"),
            (
                "[[references]]\nat = \"x/*\"\nkind = \"group\"\nwhen = { property = \"a\", equals = [] }",
                "can never pass",
            ),
            ("[[links]]\nproperty = \"p\"\nkind = \"other\"", "unknown type `other`"),
            ("[portability]\nverdict = \"retired\"", "does not say why"),
            ("[portability]\nverdict = \"needs-content\"\nreason = \"r\"\nfix = \"f\"\nupload = {}", "has an upload"),
            ("[[variants]]\nname = \"V\"\nwhen = { property = \"a\", equals = [1] }", "not in kebab-case"),
            (
                "[[variants]]\nname = \"v\"\nwhen = { property = \"a\", equals = [1] }\nportability = { verdict = \"tenant-bound\" }",
                "the variant `v` is not portable",
            ),
            (
                "[[groups]]\nname = \"things\"\ntitle = \"T\"\nwhen = { property = \"a\", equals = [1] }",
                "name of a type",
            ),
            ("volatile = [\"displayName\"]", "tells objects apart"),
            ("volatile = [\"x/*/id\"]\n[[sort]]\nat = \"x\"\nby = [\"id\"]", "sorted by `id`"),
            ("unordered = [\"x\"]\n[[sort]]\nat = \"x\"\nby = [\"y\"]", "sorted twice"),
            (
                "volatile = [\"m/*/k\"]\n[[parts]]\nname = \"m\"\ncreate = { step = \"post-each\", key = \"k\" }",
                "distinguished by `k`",
            ),
            ("[[parts]]\nname = \"m\"\n[[parts]]\nname = \"m\"", "the part `m` is there twice"),
            ("[[sidecars]]\nat = \"x\"\nextension = \".ps1\"", "not a file name extension"),
            (
                "[[secrets]]\nat = \"x\"\n[[secrets]]\nat = \"x\"\nwhen = { property = \"a\", equals = [1] }",
                "a rule without a test",
            ),
            ("[[defaults]]\nwhen = { property = \"a\", equals = [1] }\nkey = []", "needs a key"),
            ("[[send-only]]\nat = \"x\"\nkeep = []", "nothing would be left"),
            ("also-at = [\"/x\"]", "begins or ends with a slash"),
            ("also-at = [\"a/things\"]", "belongs to another type"),
        ] {
            let problems = found(rest);
            assert!(problems.iter().any(|problem| problem.contains(said)), "{rest}\nwanted {said}\nfound {problems:?}");
        }
    }
}
