//! Settings of other extensions in a report: preferences, AppLocker, public keys, the firewall, scripts. They are named
//! one by one so that each gets a verdict; most have no counterpart in the settings catalog.

use roxmltree::Node;

use super::model::{RegistryItem, Scope, Setting, What};
use super::pol::{Entry, RegistryData};
use crate::xml::{child, children, text_of};

/// Where the firewall's settings are in the registry; the report names them alike.
const FIREWALL: &str = "Software\\Policies\\Microsoft\\WindowsFirewall";
/// Where preferences are in the console.
pub(super) const PREFERENCES: &str = "Preferences";

/// The settings of an extension of this type.
pub(super) fn settings(extension: Node<'_, '_>, kind: &str, namespace: &str, scope: Scope) -> Vec<Setting> {
    if kind == "Policy" && namespace.ends_with("/SRPV2") {
        return app_locker(extension, scope);
    }
    if kind == "WindowsFirewallSettings" {
        return firewall(extension, scope);
    }
    let items: Vec<_> = extension.descendants().filter(|node| is_preference(*node)).collect();
    if !items.is_empty() {
        return items.into_iter().map(|item| preference(item, kind, scope)).collect();
    }
    let elements = extension.children().filter(Node::is_element);
    elements.map(|node| other(scope, kind, place(kind), name_of(node), detail(node))).collect()
}

fn other(scope: Scope, kind: &str, place: String, name: String, detail: String) -> Setting {
    Setting { scope, place, name, what: What::Other { kind: kind.to_owned(), detail } }
}

fn place(kind: &str) -> String {
    match kind {
        "PublicKeySettings" => String::from("Security Settings/Public Key Policies"),
        "FolderRedirectionSettings" => String::from("Windows Settings/Folder Redirection"),
        "Scripts" => String::from("Windows Settings/Scripts"),
        "SoftwareInstallationSettings" => String::from("Software Settings/Software installation"),
        kind => kind.strip_suffix("Settings").unwrap_or(kind).to_owned(),
    }
}

/// An item of a preference has properties.
fn is_preference(node: Node<'_, '_>) -> bool {
    node.is_element() && child(node, "Properties").is_some()
}

/// One item of a preference, from a report or from a preference file.
pub(super) fn preference(node: Node<'_, '_>, kind: &str, scope: Scope) -> Setting {
    let element = node.tag_name().name();
    let name = node.attribute("name").or_else(|| text_of(node, "Name")).filter(|name| !name.is_empty());
    let properties = child(node, "Properties");
    let facts = properties.into_iter().flat_map(|own| own.attributes().collect::<Vec<_>>());
    // Passwords are in `cpassword`; a report leaves them out, a preference file has them.
    let shown = facts.filter(|own| !own.value().is_empty() && !own.name().to_lowercase().contains("password"));
    let detail: Vec<String> = shown.map(|own| format!("{}={}", own.name(), own.value())).collect();
    let place = format!("{PREFERENCES}/{}", kind.strip_suffix("Settings").unwrap_or(kind));
    let name = format!("{element} {}", name.unwrap_or_default()).trim().to_owned();
    let detail = detail.join(" ");
    let Some(properties) = properties.filter(|own| own.attribute("hive").is_some()) else {
        return other(scope, kind, place, name, detail);
    };
    let text = |key: &str| properties.attribute(key).unwrap_or_default().to_owned();
    let is_default = properties.attribute("default") == Some("1");
    let item = RegistryItem {
        extension: kind.to_owned(),
        action: text("action"),
        hive: text("hive"),
        key: text("key"),
        name: if is_default { String::new() } else { text("name") },
        kind: text("type"),
        value: text("value"),
        off: node.attribute("disabled") == Some("1"),
        // A folder of items can have the targeting of all in it.
        filtered: node.ancestors().any(|own| child(own, "Filters").is_some_and(|own| own.has_children())),
    };
    Setting { scope, place, name, what: What::Item { item, detail } }
}

fn app_locker(extension: Node<'_, '_>, scope: Scope) -> Vec<Setting> {
    let mut settings = Vec::new();
    for collection in children(extension, "RuleCollection") {
        let of_type = collection.attribute("Type").unwrap_or_default();
        for rule in collection.children().filter(|node| node.attribute("Id").is_some()) {
            let name = format!("{of_type}: {}", rule.attribute("Name").unwrap_or_default());
            let detail = rule.attribute("Action").unwrap_or_default().to_owned();
            let place = String::from("Security Settings/Application Control Policies/AppLocker");
            settings.push(other(scope, "AppLocker", place, name, detail));
        }
    }
    settings
}

/// The firewall's profiles as registry values, and its rules.
fn firewall(extension: Node<'_, '_>, scope: Scope) -> Vec<Setting> {
    let mut settings = Vec::new();
    for node in extension.children().filter(Node::is_element) {
        let element = node.tag_name().name();
        if element.ends_with("Profile") {
            for value in node.children().filter(Node::is_element) {
                let Some(text) = text_of(value, "Value") else { continue };
                let name = value.tag_name().name();
                let folder = if name.starts_with("Log") { "\\Logging" } else { "" };
                let key = format!("{FIREWALL}\\{element}{folder}");
                settings.push(registry(scope, Entry { key, name: name.to_owned(), data: data(text) }));
            }
        } else if let Some(text) = text_of(node, "Value") {
            let entry = Entry { key: FIREWALL.to_owned(), name: element.to_owned(), data: data(text) };
            settings.push(registry(scope, entry));
        } else {
            let place = String::from("Security Settings/Windows Defender Firewall");
            settings.push(other(scope, "FirewallRule", place, name_of(node), detail(node)));
        }
    }
    settings
}

fn registry(scope: Scope, entry: Entry) -> Setting {
    let place = String::from("Security Settings/Windows Defender Firewall");
    Setting { scope, place, name: format!("{}\\{}", entry.key, entry.name), what: What::Registry(entry) }
}

fn data(text: &str) -> RegistryData {
    match text {
        "true" => RegistryData::Number(1),
        "false" => RegistryData::Number(0),
        text => text.parse().map_or_else(|_| RegistryData::Text(text.to_owned()), RegistryData::Number),
    }
}

/// What an element is called by: the usual names, else its own.
fn name_of(node: Node<'_, '_>) -> String {
    let named = ["Name", "IssuedTo", "Command", "Path", "Id"].iter().find_map(|name| text_of(node, name));
    let named = named.or_else(|| node.attribute("name")).filter(|name| !name.is_empty());
    match named {
        Some(name) => format!("{} {name}", node.tag_name().name()),
        None => node.tag_name().name().to_owned(),
    }
}

/// The short texts below an element; long ones are data.
fn detail(node: Node<'_, '_>) -> String {
    let leaves = node.descendants().filter(|own| own.is_element() && own.children().all(|child| child.is_text()));
    let texts = leaves.filter_map(|own| Some((own.tag_name().name(), own.text()?.trim())));
    let short = texts.filter(|(_, text)| !text.is_empty() && text.len() <= 100);
    short.take(8).map(|(name, text)| format!("{name}={text}")).collect::<Vec<_>>().join(" ")
}
