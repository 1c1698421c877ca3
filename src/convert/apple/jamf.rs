//! Configuration profiles of Jamf Pro, as its Classic API gives them: the profile as a text, and who it is for.

use roxmltree::Node;

use crate::error::ReadError;
use crate::text;
use crate::xml;

/// How the answers of the two kinds of devices begin, and whether those are mobile.
const ROOTS: [(&str, bool); 2] = [("os_x_configuration_profile", false), ("configuration_profile", true)];
/// The lists of a scope that name groups.
const GROUPS: [&str; 2] = ["computer_groups", "mobile_device_groups"];
/// What in a scope says that everybody is meant.
const ALL_DEVICES: [&str; 2] = ["all_computers", "all_mobile_devices"];
const ALL_USERS: &str = "all_jss_users";

/// A profile of Jamf Pro.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JamfProfile {
    /// Its number.
    pub id: String,
    /// Its name there.
    pub name: String,
    /// Its description there.
    pub description: String,
    /// Whether it is for iPhones and iPads.
    pub mobile: bool,
    /// Whether it is for people, and not for devices.
    pub for_users: bool,
    /// The configuration profile.
    pub payloads: Vec<u8>,
    /// Who it is for.
    pub scope: JamfScope,
}

/// Who a profile is for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JamfScope {
    /// All devices.
    pub all_devices: bool,
    /// All people.
    pub all_users: bool,
    /// Groups that get it.
    pub groups: Vec<String>,
    /// Groups that do not get it.
    pub excluded: Vec<String>,
    /// Who else gets it, by the kind and name.
    pub others: Vec<String>,
    /// What makes it reach less than the groups: limitations, and exclusions that are not groups.
    pub narrowed: Vec<String>,
}

/// Whether bytes are the beginning of such an answer.
pub fn is_jamf(begin: &[u8]) -> bool {
    let text = String::from_utf8_lossy(begin);
    ROOTS.iter().any(|(root, _)| text.contains(&format!("<{root}>")) && text.contains("<general>"))
}

/// Reads an answer.
pub fn read_jamf(bytes: &[u8]) -> Result<JamfProfile, ReadError> {
    let text = text::decode(bytes)?;
    let document = xml::parse(&text)?;
    let root = document.root_element();
    let found = root.tag_name().name();
    let Some((_, mobile)) = ROOTS.iter().find(|(own, _)| *own == found) else {
        return Err(ReadError::Root { expected: "a configuration profile of Jamf Pro", found: found.to_owned() });
    };
    let general = child(root, "general");
    let of = |name: &str| general.and_then(|own| child(own, name)).map(words).unwrap_or_default();
    let payloads = of("payloads");
    if payloads.is_empty() {
        return Err(ReadError::Profile { problem: String::from("Jamf Pro's answer has no payloads") });
    }
    Ok(JamfProfile {
        id: of("id"),
        name: of("name"),
        description: of("description"),
        mobile: *mobile,
        for_users: of("level").eq_ignore_ascii_case("user"),
        payloads: payloads.into_bytes(),
        scope: child(root, "scope").map(scope).unwrap_or_default(),
    })
}

fn scope(own: Node<'_, '_>) -> JamfScope {
    let is_true = |name: &str| child(own, name).is_some_and(|own| words(own) == "true");
    let mut scope = JamfScope {
        all_devices: ALL_DEVICES.iter().any(|name| is_true(name)),
        all_users: is_true(ALL_USERS),
        ..JamfScope::default()
    };
    for list in own.children().filter(Node::is_element) {
        match list.tag_name().name() {
            "exclusions" => {
                for list in list.children().filter(Node::is_element) {
                    let names = names(list);
                    let to = if is_groups(list) { &mut scope.excluded } else { &mut scope.narrowed };
                    to.extend(if is_groups(list) { names } else { with_kind(list, &names, "without ") });
                }
            }
            "limitations" => {
                for list in list.children().filter(Node::is_element) {
                    scope.narrowed.extend(with_kind(list, &names(list), "only "));
                }
            }
            _ if is_groups(list) => scope.groups.extend(names(list)),
            _ => scope.others.extend(with_kind(list, &names(list), "")),
        }
    }
    scope
}

fn is_groups(list: Node<'_, '_>) -> bool {
    GROUPS.contains(&list.tag_name().name())
}

/// The names of a list's entries.
fn names(list: Node<'_, '_>) -> Vec<String> {
    let entries = list.children().filter(Node::is_element).filter_map(|entry| child(entry, "name"));
    entries.map(words).filter(|name| !name.is_empty()).collect()
}

fn with_kind(list: Node<'_, '_>, names: &[String], before: &str) -> Vec<String> {
    let kind = list.tag_name().name().replace('_', " ");
    names.iter().map(|name| format!("{before}{kind} {name}")).collect()
}

fn child<'a, 'input>(own: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    own.children().find(|node| node.has_tag_name(name))
}

fn words(own: Node<'_, '_>) -> String {
    own.descendants().filter(Node::is_text).filter_map(|node| node.text()).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    fn answer(scope: &str) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><os_x_configuration_profile><general><id>7</id><name>Firewall</name>
<level>System</level><payloads>&lt;plist&gt;&lt;string&gt;a &amp;amp; b&lt;/string&gt;&lt;/plist&gt;</payloads></general>
<scope>{scope}</scope></os_x_configuration_profile>"
        )
    }

    #[test]
    fn the_profile_and_who_it_is_for_are_read() {
        let scope = "<all_computers>false</all_computers><computers><computer><id>1</id><name>mac-1</name></computer></computers>
<computer_groups><computer_group><id>1</id><name>Sales</name></computer_group></computer_groups>
<limitations><network_segments><network_segment><name>Office</name></network_segment></network_segments></limitations>
<exclusions><computer_groups><computer_group><name>Kiosk</name></computer_group></computer_groups><users><user><name>eve</name></user></users></exclusions>";
        assert!(is_jamf(answer(scope).as_bytes()) && !is_jamf(b"<GPO><general>"));
        let own = read_jamf(answer(scope).as_bytes()).unwrap();
        assert_eq!((own.id.as_str(), own.name.as_str(), own.mobile, own.for_users), ("7", "Firewall", false, false));
        assert_eq!(own.payloads, b"<plist><string>a &amp; b</string></plist>");
        let wanted = JamfScope {
            groups: vec!["Sales".into()],
            excluded: vec!["Kiosk".into()],
            others: vec!["computers mac-1".into()],
            narrowed: vec!["only network segments Office".into(), "without users eve".into()],
            ..JamfScope::default()
        };
        assert_eq!(own.scope, wanted);
        assert!(read_jamf(answer("<all_computers>true</all_computers>").as_bytes()).unwrap().scope.all_devices);
    }

    #[test]
    fn what_is_not_such_an_answer_is_refused() {
        for text in
            ["", "<GPO/>", "<configuration_profile><general/></configuration_profile>", "<os_x_configuration_profile>"]
        {
            assert!(read_jamf(text.as_bytes()).is_err(), "{text}");
        }
    }
}
