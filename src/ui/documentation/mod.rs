//! The documentation of a tenant: what it has, by type and by group, as Markdown or as a page for a browser. For
//! people who never open JSON.

mod browser;
mod markdown;

pub use browser::html;
pub use markdown::markdown;

use crate::engine::inside::{Inside, Reached};

/// How many of those a group gets are included, and how many excluded.
fn sums(list: &[Reached]) -> (usize, usize) {
    let excluded = list.iter().filter(|one| one.how.starts_with("exclu")).count();
    (list.len() - excluded, excluded)
}

/// Assignable policies that reach nobody, by the title of their type.
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
    use crate::engine::inside::{Described, OfType, Whom};

    pub(super) fn sample() -> Inside {
        let policy = |name: &str, reaches: Vec<(Whom, String)>| Described {
            name: name.into(),
            description: "Two\nlines | <b>".into(),
            group: Some("Firewall".into()),
            reaches,
            settings: vec![("Length".into(), "12".into())],
        };
        let pilot = (Whom::Group("Pilot *".into()), String::from("excluded"));
        let everyone = (Whom::AllDevices, String::from("included"));
        Inside {
            types: vec![OfType {
                name: "lamps".into(),
                title: "Lamps".into(),
                about: "Where it is light.".into(),
                assignable: true,
                policies: vec![policy("Desk", vec![everyone.clone(), pilot.clone()]), policy("<script>", Vec::new())],
            }],
            reach: [everyone, pilot]
                .into_iter()
                .map(|(whom, how)| (whom, vec![Reached { type_title: "Lamps".into(), policy: "Desk".into(), how }]))
                .collect(),
        }
    }

    #[test]
    fn markdown_says_who_gets_what() {
        insta::assert_snapshot!(markdown("Contoso", &sample()), @r"
        # Contoso

        | Type | Policies |
        | --- | ---: |
        | [Lamps](#lamps) | 2 |

        ## Who gets what

        | Group | Included | Excluded |
        | --- | ---: | ---: |
        | All devices | 1 | 0 |
        | Pilot \* | 0 | 1 |

        ### All devices

        | Policy | Type | How |
        | --- | --- | --- |
        | Desk | Lamps | included |

        ### Pilot \*

        | Policy | Type | How |
        | --- | --- | --- |
        | Desk | Lamps | excluded |

        ### Nobody

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

        Assigned to: All devices (included), Pilot \* (excluded)

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
        ");
    }

    #[test]
    fn a_page_says_the_same_and_runs_nothing() {
        let page = html("Contoso", &sample(), "now");
        for wanted in ["Lamps", "All devices", "Pilot *", "excluded", "&lt;script&gt;"] {
            assert!(page.contains(wanted), "{wanted}");
        }
        assert_eq!(page.matches("<script").count(), 1);
    }
}
