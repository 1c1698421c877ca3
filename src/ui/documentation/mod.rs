//! The documentation of a tenant: what it has, by type and by group, as Markdown or as a page for a browser. For
//! people who never open JSON.

mod browser;
pub(crate) mod grid;
mod markdown;
mod marks;

use std::collections::BTreeMap;

pub use browser::html;
pub use markdown::markdown;
pub(super) use markdown::text;

use crate::engine::describe::audience::{Audience, How, Manner};
use crate::engine::describe::tree_summary::{Inside, Reached};

/// What is said above the types that a tree does not have whole.
const INCOMPLETE: &str = "This report is from an incomplete tree:";

/// Who gets what.
type Reach<'a> = BTreeMap<&'a Audience, Vec<Reached<'a>>>;

/// How many include someone, in whatever way, and how many exclude.
fn sums<'a>(hows: impl Iterator<Item = &'a How>) -> (usize, usize) {
    hows.fold((0, 0), |(included, excluded), how| match how.manner {
        Manner::Excluded => (included, excluded + 1),
        Manner::Included | Manner::Named => (included + 1, excluded),
    })
}

fn sums_in_words(included: usize, excluded: usize) -> String {
    match (included, excluded) {
        (_, 0) => format!("{included} included"),
        (0, _) => format!("{excluded} excluded"),
        _ => format!("{included} included, {excluded} excluded"),
    }
}

/// Where a page lists what someone gets, by the place in the list of all.
fn who_anchor(place: usize) -> String {
    format!("who-{place}")
}

/// Where a page describes a policy, by the places of its type and its own in it.
fn policy_anchor(of: usize, place: usize) -> String {
    format!("policy-{of}-{place}")
}

/// Assignable policies that reach no one, by the title of their type.
fn unassigned(inside: &Inside) -> Vec<(&str, &str)> {
    let types = inside.types.iter().filter(|of| of.assignable);
    types
        .flat_map(|of| {
            of.policies
                .iter()
                .filter(|policy| policy.reaches.is_empty())
                .map(|policy| (of.title.as_str(), policy.name.as_str()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::describe::tree_summary::{Described, OfType};

    fn sample() -> Inside {
        let policy = |name: &str, reaches: Vec<(Audience, How)>| Described {
            name: name.into(),
            description: "Two\nlines | <b>".into(),
            made_of: (name == "Desk").then(|| "the group policy object \"Light\" (all.xml)".into()),
            group: Some("Firewall".into()),
            reaches,
            settings: vec![("Length".into(), "12".into())],
        };
        let pilot = (Audience::Group("Pilot *".into()), How::plain(Manner::Excluded));
        let filter = Some(String::from("only devices that match the filter \"Corp\""));
        let everyone = (Audience::AllDevices, How { filter, ..How::plain(Manner::Included) });
        Inside {
            types: vec![OfType {
                name: "lamps".into(),
                title: "Lamps".into(),
                about: "Where it is light.".into(),
                assignable: true,
                policies: vec![policy("Desk", vec![everyone, pilot]), policy("<script>", Vec::new())],
            }],
            incomplete: Vec::new(),
        }
    }

    #[test]
    fn markdown_says_who_gets_what() {
        insta::assert_snapshot!(markdown("Contoso", &sample()), @r#"
        # Contoso

        | Type | Policies |
        | --- | ---: |
        | [Lamps](#lamps) | 2 |

        ## Who gets what

        | Group | Lamps |
        | --- | ---: |
        | [All devices](#all-devices) | 1 |
        | [Pilot \*](#pilot-) | 1 excluded |

        ### All devices

        | Policy | Type | How |
        | --- | --- | --- |
        | Desk | Lamps | included, only devices that match the filter "Corp" |

        ### Pilot \*

        | Policy | Type | How |
        | --- | --- | --- |
        | Desk | Lamps | excluded |

        ### No one

        These policies are assigned to no one.

        | Policy | Type |
        | --- | --- |
        | &lt;script\> | Lamps |

        ## Lamps

        Where it is light.

        ### Desk

        Firewall

        Two\
        lines \| &lt;b\>

        Made of the group policy object "Light" (all.xml)

        Assigned to: All devices (included, only devices that match the filter "Corp"), Pilot \* (excluded)

        | Setting | Value |
        | --- | --- |
        | Length | 12 |

        ### &lt;script\>

        Firewall

        Two\
        lines \| &lt;b\>

        | Setting | Value |
        | --- | --- |
        | Length | 12 |
        "#);
    }

    #[test]
    fn a_page_says_the_same_and_runs_nothing() {
        let page = html("Contoso", &sample(), "now");
        for wanted in ["Lamps", "All devices", "Pilot *", "excluded", "●*", "&lt;script&gt;"] {
            assert!(page.contains(wanted), "{wanted}");
        }
        assert_eq!(page.matches("<script").count(), 1);
        // Every link leads somewhere.
        for link in page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(page.contains(&format!("id=\"{link}\"")), "{link}");
        }
    }
}
