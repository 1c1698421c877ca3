//! What of the readiness checks names something that is not there.

use super::check::PolicyNeed;
use super::load::Catalogue;

/// A sentence for each.
pub(super) fn problems(catalogue: &Catalogue) -> Vec<String> {
    let shared = &catalogue.shared;
    let mut list = Vec::new();
    let checks = shared.prerequisites.iter().filter_map(|it| Some((&it.name, it.check.as_ref()?)));
    let named_types = |needs: &[PolicyNeed]| needs.iter().flat_map(|need| need.types.clone()).collect::<Vec<_>>();
    let mut types: Vec<String> =
        [&shared.group_use.for_devices, &shared.group_use.for_users, &shared.group_use.for_roles]
            .into_iter()
            .chain([&shared.lock_out.judged_by])
            .chain(shared.platforms.iter().map(|platform| &platform.policy_types))
            .chain(shared.areas.iter().map(|area| &area.policy_types))
            .flatten()
            .cloned()
            .collect();
    types.extend(named_types(&shared.lock_out.demanded_by));
    for (name, check) in checks {
        types.extend(named_types(&check.policies));
        for platform in check.platforms.iter().chain(check.off_when.keys()) {
            if !shared.platforms.iter().any(|known| known.name == *platform) {
                list.push(format!(
                    "the check `{name}` names the platform `{platform}`, which shared.toml does not know"
                ));
            }
        }
        for weak in check.weak.iter().filter(|weak| weak.when.is_none() && weak.unless.is_none()) {
            list.push(format!("a weakness of `{name}` (`{}`) has no test", weak.says));
        }
    }
    types.retain(|name| catalogue.get(name).is_none());
    list.extend(types.into_iter().map(|name| format!("a check names the type `{name}`, which does not exist")));
    list
}
