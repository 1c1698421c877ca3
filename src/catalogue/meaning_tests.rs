//! What means the same in two tenants, and what does not.

#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
use super::*;
use crate::catalogue::Catalogue;
use proptest::prelude::*;
use serde_json::json;

fn differ(kind: &str, source: &Value, target: &Value) -> Vec<String> {
    let catalogue = Catalogue::built_in().unwrap();
    let nothing = Map::new();
    let [source, target] = [source, target].map(|value| value.as_object().unwrap_or(&nothing));
    otherwise(catalogue.meanings(kind), source, target).into_iter().map(|one| one.at).collect()
}

#[test]
fn what_is_only_written_otherwise_means_the_same() {
    let filter = |rule: &str| json!({"platform": "windows10AndLater", "rule": rule});
    let location = |ranges: &Value| json!({"@odata.type": "#microsoft.graph.ipNamedLocation", "ipRanges": ranges});
    let cidr = |text: &str| json!({"@odata.type": "#x", "cidrAddress": text});
    for (kind, source, target) in [
        ("assignment-filters", filter("(device.model  -eq \"a  b\") "), filter("(device.model -eq \"a  b\")")),
        ("group", json!({"displayName": "a"}), json!({"membershipRule": null})),
        ("group", json!({}), json!({"membershipRule": ""})),
        (
            "named-locations",
            location(&json!([cidr("10.0.0.0/24"), cidr("10.0.1.0/24")])),
            location(&json!([{"lowerAddress": "10.0.0.0", "upperAddress": "10.0.1.255"}])),
        ),
        ("named-locations", location(&json!([cidr("2001:db8::1/64")])), location(&json!([cidr("2001:db8::/64")]))),
        (
            "named-locations",
            json!({"countriesAndRegions": ["DE", "CH"], "isTrusted": false}),
            json!({"countriesAndRegions": ["ch", "DE"], "countryLookupMethod": "clientIpAddress"}),
        ),
        // The target demands more.
        (
            "authentication-strengths",
            json!({"allowedCombinations": ["fido2", "password,sms"]}),
            json!({"allowedCombinations": ["fido2"]}),
        ),
    ] {
        assert_eq!(differ(kind, &source, &target), [""; 0], "{source} {target}");
    }
}

#[test]
fn what_means_something_else_is_named() {
    let location = |text: &str| json!({"ipRanges": [{"cidrAddress": text}]});
    for (kind, source, target, at) in [
        ("assignment-filters", json!({"rule": "(a -eq \"x y\")"}), json!({"rule": "(a -eq \"x  y\")"}), "rule"),
        ("group", json!({"membershipRule": "(user.a)"}), json!({}), "membershipRule"),
        ("group", json!({}), json!({"membershipRule": "(user.a)"}), "membershipRule"),
        ("named-locations", location("10.0.0.0/24"), location("10.0.0.0/23"), "ipRanges"),
        ("named-locations", location("10.0.0.0/24"), location("10.0.0.0/25"), "ipRanges"),
        ("named-locations", location("nonsense"), location("nonsense"), "ipRanges"),
        ("named-locations", location("10.0.0.0/33"), location("10.0.0.0/33"), "ipRanges"),
        ("named-locations", json!({"isTrusted": true}), json!({}), "isTrusted"),
        (
            "named-locations",
            json!({}),
            json!({"includeUnknownCountriesAndRegions": true}),
            "includeUnknownCountriesAndRegions",
        ),
        ("named-locations", json!({}), json!({"countryLookupMethod": "authenticatorAppGps"}), "countryLookupMethod"),
        (
            "authentication-strengths",
            json!({"allowedCombinations": ["fido2"]}),
            json!({"allowedCombinations": ["fido2", "password,sms"]}),
            "allowedCombinations",
        ),
        (
            "authentication-strengths",
            json!({"combinationConfigurations": [{"id": "1", "allowedAAGUIDs": ["a"]}]}),
            json!({}),
            "combinationConfigurations",
        ),
    ] {
        assert_eq!(differ(kind, &source, &target), [at], "{source} {target}");
    }
}

/// The addresses of version 4 in 10.0.0.0/24 that a list of ranges holds.
fn members(list: &[(u8, u8, bool)]) -> BTreeSet<u8> {
    list.iter()
        .flat_map(|(start, size, _)| {
            let (start, end) = bounds(*start, *size);
            start..=end
        })
        .collect()
}

/// A block of 2 to the power of 0 to 5 addresses that begins where such a block may.
fn bounds(start: u8, size: u8) -> (u8, u8) {
    let free = (1_u8 << (size % 6)) - 1;
    (start & !free, start | free)
}

fn written(list: &[(u8, u8, bool)]) -> Value {
    let one = |(start, size, cidr): &(u8, u8, bool)| {
        let (first, last) = bounds(*start, *size);
        if *cidr {
            json!({"cidrAddress": format!("10.0.0.{start}/{}", 32 - size % 6)})
        } else {
            json!({"lowerAddress": format!("10.0.0.{first}"), "upperAddress": format!("10.0.0.{last}")})
        }
    };
    Value::Array(list.iter().map(one).collect())
}

proptest! {
    #[test]
    fn ranges_are_alike_where_they_hold_the_same_addresses(
        left in proptest::collection::vec((0..40_u8, any::<u8>(), any::<bool>()), 0..5),
        right in proptest::collection::vec((0..40_u8, any::<u8>(), any::<bool>()), 0..5),
    ) {
        let alike = Compared::Ranges.is_as_narrow(&written(&left), &written(&right));
        prop_assert_eq!(alike, members(&left) == members(&right));
    }

    #[test]
    fn a_strength_that_takes_more_is_never_as_strong(
        source in proptest::collection::btree_set("[a-c]", 0..4), target in proptest::collection::btree_set("[a-cA-C]", 0..4),
    ) {
        let lower: BTreeSet<String> = target.iter().map(|word| word.to_lowercase()).collect();
        let as_narrow = Compared::AtMost.is_as_narrow(&json!(source), &json!(target));
        prop_assert_eq!(as_narrow, lower.is_subset(&source));
        prop_assert_eq!(Compared::Words.is_as_narrow(&json!(source), &json!(target)), lower == source);
    }

    #[test]
    fn nothing_makes_it_panic_and_what_is_not_understood_is_never_alike(text in "\\PC{0,30}", length in 0..200_u32) {
        let odd = json!([{"cidrAddress": format!("{text}/{length}")}]);
        let _ = ranges(&odd);
        let _ = rule(&json!(text));
        for compared in [Compared::Rule, Compared::Words, Compared::AtMost, Compared::AtLeast, Compared::Ranges] {
            let odd = json!({"a": 1});
            prop_assert!(!compared.is_as_narrow(&odd, &odd), "{:?}", compared);
        }
    }
}
