//! Who read the tenant, as far as that decides what is seen: an account that sees less must not look like a
//! deletion. Pure. Nothing here differs between two runs of one account, and no one is named.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::catalogue::Catalogue;

/// Who read the tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Account {
    /// An application, which sees all that its permissions allow, or a person, who may see less.
    pub kind: AccountKind,
    /// What tells one person from another without naming them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The permissions to read that it had, of those that some policy type needs.
    pub reads: BTreeSet<String>,
    /// The directory roles of a person.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub roles: BTreeSet<String>,
}

/// What an account is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountKind {
    /// An application that acts for itself.
    Application,
    /// A person.
    Person,
    /// Its token does not say.
    #[default]
    Unknown,
}

impl Account {
    /// Why this account may see less than the one before it; none where it sees at least as much.
    pub(super) fn sees_less_than(&self, before: &Self, catalogue: &Catalogue) -> Option<String> {
        use AccountKind::{Application, Person, Unknown};
        match (before.kind, self.kind) {
            // Nothing is known of what that one saw.
            (Unknown, _) => return None,
            (_, Unknown) => return Some(String::from("its token does not show what it can read")),
            (Application, Person) => {
                return Some(String::from("it is a user, and an application read the tenant before"));
            }
            (Person, Person) if self.id != before.id => {
                return Some(String::from("it is a different user than before"));
            }
            (Person, Person) if !before.roles.is_subset(&self.roles) => {
                return Some(String::from("it has lost a directory role"));
            }
            _ => {}
        }
        let asked_for: BTreeSet<&String> = catalogue.iter().flat_map(|of| &of.permissions.read).collect();
        let lost: Vec<&str> =
            before.reads.difference(&self.reads).filter(|one| asked_for.contains(one)).map(String::as_str).collect();
        (!lost.is_empty()).then(|| format!("it no longer has {}", lost.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    fn account(kind: AccountKind, id: &str, reads: &[&str], roles: &[&str]) -> Account {
        let set = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect();
        Account { kind, id: (!id.is_empty()).then(|| id.to_owned()), reads: set(reads), roles: set(roles) }
    }

    #[test]
    fn whoever_may_see_less_is_found() {
        use AccountKind::{Application, Person, Unknown};
        let catalogue = Catalogue::built_in().unwrap();
        let (scripts, apps) = ("DeviceManagementScripts.Read.All", "DeviceManagementApps.Read.All");
        let app = account(Application, "", &[scripts, apps], &[]);
        let eve = account(Person, "e", &[scripts, apps], &["r1", "r2"]);
        let less = |now: &Account, before: &Account| now.sees_less_than(before, &catalogue);
        assert_eq!(less(&app, &app), None);
        assert_eq!(less(&app, &eve), None, "an application is not limited by roles");
        assert_eq!(less(&eve, &account(Unknown, "", &[], &[])), None);
        assert_eq!(less(&account(Application, "", &[scripts, apps, "New.Read.All"], &[]), &app), None);
        assert_eq!(less(&app, &account(Application, "", &[apps, "Forgotten.Read.All"], &[])), None);
        for (now, before, word) in [
            (account(Application, "", &[apps], &[]), &app, scripts),
            (eve.clone(), &app, "application"),
            (account(Unknown, "", &[], &[]), &app, "token"),
            (account(Person, "x", &[scripts, apps], &["r1", "r2"]), &eve, "different user"),
            (account(Person, "e", &[scripts, apps], &["r2", "r3"]), &eve, "role"),
        ] {
            let why = less(&now, before).unwrap();
            assert!(why.contains(word), "{why}");
        }
    }
}
