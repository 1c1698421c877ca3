//! The XML report of a group policy object, as `Get-GPOReport -ReportType Xml` and backups have it. Element and
//! attribute names are the same in every language; only display texts are not. Not for other extensions than the
//! registry's, the security settings' and the audit policy's: those are in `other`.

use roxmltree::Node;

use super::audit::{guid_key, setting as audit_setting};
use super::model::{Area, Gpo, Link, NativeValue, Part, PartValue, Scope, Setting, State, Template, Trustee, What};
use super::pol::{Entry, RegistryData};
use super::{other, security};
use crate::error::ReadError;
use crate::text;
use crate::xml::{self, child, children, string_of, text_of};

/// The namespace of administrative templates; preferences have a type of the same name in another.
const TEMPLATES: &str = "http://www.microsoft.com/GroupPolicy/Settings/Registry";

/// Reads the objects of a report; `Get-GPOReport -All` writes several into one file.
pub fn read(bytes: &[u8]) -> Result<Vec<Gpo>, ReadError> {
    let text = text::decode(bytes)?;
    let document = xml::parse(&text)?;
    let root = document.root_element();
    let found = root.tag_name().name();
    if found == "GPO" {
        return Ok(vec![gpo(root)]);
    }
    let several: Vec<Gpo> = children(root, "GPO").filter(|node| child(*node, "Name").is_some()).map(gpo).collect();
    if several.is_empty() || found == "Rsop" {
        return Err(ReadError::Root { expected: "a report of a group policy object", found: found.to_owned() });
    }
    Ok(several)
}

/// Whether a text may be a report, by its first kilobytes.
pub fn is_report(bytes: &[u8]) -> bool {
    let begin = bytes.get(..bytes.len().min(8192) & !1).unwrap_or_default();
    let plain: Vec<u8> = begin.iter().copied().filter(|byte| *byte != 0).collect();
    let text = String::from_utf8_lossy(&plain);
    text.contains("microsoft.com/GroupPolicy/Settings")
}

fn gpo(node: Node<'_, '_>) -> Gpo {
    let identity = child(node, "Identifier");
    let identifier = identity.and_then(|own| text_of(own, "Identifier")).unwrap_or_default();
    let mut gpo = Gpo {
        id: guid_key(identifier),
        name: string_of(node, "Name"),
        domain: identity.map(|own| string_of(own, "Domain")).unwrap_or_default(),
        comment: string_of(node, "Comment"),
        has_report: true,
        wmi_filter: text_of(node, "FilterName").filter(|name| !name.is_empty()).map(str::to_owned),
        ..Gpo::default()
    };
    gpo.links = children(node, "LinksTo").map(link).collect();
    trustees(node, &mut gpo);
    for (name, scope) in [("Computer", Scope::Computer), ("User", Scope::User)] {
        let Some(side) = child(node, name) else { continue };
        if text_of(side, "Enabled") == Some("false") {
            gpo.disabled.push(scope);
        }
        for data in children(side, "ExtensionData") {
            for extension in children(data, "Extension") {
                gpo.settings.extend(of_extension(extension, scope));
            }
        }
    }
    gpo
}

fn link(node: Node<'_, '_>) -> Link {
    let is = |name: &str| text_of(node, name).is_some_and(|text| text.eq_ignore_ascii_case("true"));
    let path = text_of(node, "SOMPath").or_else(|| text_of(node, "SOMName")).unwrap_or_default();
    Link { path: path.to_owned(), enabled: is("Enabled"), enforced: is("NoOverride") }
}

/// Who the object applies to. All authenticated users is the default and not a filter.
fn trustees(node: Node<'_, '_>, gpo: &mut Gpo) {
    let permissions = child(node, "SecurityDescriptor").and_then(|own| child(own, "Permissions"));
    let Some(permissions) = permissions else { return };
    let mut everyone = false;
    for permission in children(permissions, "TrusteePermissions") {
        let right = child(permission, "Standard").and_then(|own| text_of(own, "GPOGroupedAccessEnum"));
        let kind = child(permission, "Type").and_then(|own| text_of(own, "PermissionType"));
        let Some(trustee) = child(permission, "Trustee").map(trustee) else { continue };
        if kind == Some("Deny") {
            gpo.denied.push(trustee);
        } else if right == Some("Apply Group Policy") {
            everyone |= trustee.sid == "S-1-5-11";
            gpo.filter.push(trustee);
        }
    }
    if everyone {
        gpo.filter.clear();
    }
}

pub(super) fn trustee(node: Node<'_, '_>) -> Trustee {
    Trustee { sid: string_of(node, "SID"), name: string_of(node, "Name") }
}

/// The settings of one extension. Its type is a name with a prefix.
fn of_extension(extension: Node<'_, '_>, scope: Scope) -> Vec<Setting> {
    let attribute = extension.attributes().find(|own| own.name() == "type").map(|own| own.value()).unwrap_or_default();
    let (prefix, kind) = attribute.split_once(':').unwrap_or(("", attribute));
    let namespace = extension.lookup_namespace_uri((!prefix.is_empty()).then_some(prefix)).unwrap_or_default();
    match kind {
        "RegistrySettings" if namespace == TEMPLATES => {
            elements(extension).filter_map(|own| of_registry(own, scope)).collect()
        }
        "SecuritySettings" => elements(extension).map(|own| Setting { scope, ..of_security(own) }).collect(),
        "AuditSettings" => elements(extension).filter_map(|own| of_audit(own, scope)).collect(),
        kind => other::settings(extension, kind, namespace, scope),
    }
}

fn elements<'a, 'i>(node: Node<'a, 'i>) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(Node::is_element)
}

fn of_registry(node: Node<'_, '_>, scope: Scope) -> Option<Setting> {
    match node.tag_name().name() {
        "Policy" => {
            let category: Vec<String> =
                text_of(node, "Category").unwrap_or_default().split('/').map(|name| name.trim().to_owned()).collect();
            let state = match text_of(node, "State") {
                Some("Enabled") => State::Enabled,
                Some("Disabled") => State::Disabled,
                _ => State::NotConfigured,
            };
            let place = format!("Administrative Templates/{}", category.join("/"));
            let parts = elements(node).filter_map(part).collect();
            let what = What::Template(Template { category, state, parts, exact: false });
            Some(Setting { scope, place, name: string_of(node, "Name"), what })
        }
        "RegistrySetting" => {
            let key = string_of(node, "KeyPath");
            let value = child(node, "Value");
            let name = value.map(|own| string_of(own, "Name")).unwrap_or_default();
            let data = value.map_or(RegistryData::None, registry_data);
            let place = String::from("Administrative Templates/Extra Registry Settings");
            let shown = if name.is_empty() { key.clone() } else { format!("{key}\\{name}") };
            Some(Setting { scope, place, name: shown, what: What::Registry(Entry { key, name, data }) })
        }
        // `Blocked` and others say something about the extension, not about a setting.
        _ => None,
    }
}

fn registry_data(node: Node<'_, '_>) -> RegistryData {
    for own in elements(node) {
        let text = own.text().unwrap_or_default();
        match own.tag_name().name() {
            "Number" => return text.trim().parse().map_or(RegistryData::None, RegistryData::Number),
            "String" => return RegistryData::Text(text.to_owned()),
            "Element" | "MultiString" => return RegistryData::Texts(text.lines().map(str::to_owned).collect()),
            _ => {}
        }
    }
    RegistryData::None
}

/// The value of one element of a policy.
fn part(node: Node<'_, '_>) -> Option<Part> {
    let text = |name: &str| child(node, name).map(xml::inner_text).unwrap_or_default();
    let value = match node.tag_name().name() {
        "DropDownList" => {
            let chosen = child(node, "Value");
            PartValue::Choice(chosen.and_then(|own| child(own, "Name")).map(xml::inner_text).unwrap_or_default())
        }
        "CheckBox" => PartValue::Tick(text_of(node, "State") == Some("Enabled")),
        "Numeric" => PartValue::Number(text("Value").trim().to_owned()),
        "EditText" | "ComboBox" => PartValue::Text(text("Value")),
        "MultiText" => {
            let value = child(node, "Value");
            let strings = value.into_iter().flat_map(|own| own.descendants().filter(Node::is_text));
            let texts = strings.filter_map(|own| own.text()).flat_map(str::lines);
            PartValue::Lines(texts.filter(|line| !line.trim().is_empty()).map(str::to_owned).collect())
        }
        "ListBox" => {
            let items = child(node, "Value").into_iter().flat_map(|own| elements(own).collect::<Vec<_>>());
            PartValue::List(items.map(|own| (string_of(own, "Name"), string_of(own, "Data"))).collect())
        }
        _ => return None,
    };
    Some(Part { label: string_of(node, "Name"), value })
}

/// `SettingNumber`, `SettingBoolean`, `SettingString` or `SettingStrings`.
fn native_value(node: Node<'_, '_>) -> NativeValue {
    if let Some(number) = text_of(node, "SettingNumber").and_then(|text| text.parse::<i64>().ok()) {
        // The largest number means "for ever", which templates write as -1.
        return NativeValue::Number(if number == i64::from(u32::MAX) { -1 } else { number });
    }
    if let Some(flag) = text_of(node, "SettingBoolean") {
        return NativeValue::Number(i64::from(flag == "true"));
    }
    if let Some(strings) = child(node, "SettingStrings") {
        return NativeValue::Lines(elements(strings).map(xml::inner_text).collect());
    }
    NativeValue::Text(text_of(node, "SettingString").unwrap_or_default().trim_matches('"').to_owned())
}

fn of_security(node: Node<'_, '_>) -> Setting {
    let name = string_of(node, "Name");
    let kind = node.tag_name().name();
    match kind {
        "Account" => {
            let area = if text_of(node, "Type") == Some("Kerberos") { Area::Kerberos } else { Area::SystemAccess };
            security::native(area, name, native_value(node))
        }
        "Audit" => {
            let is = |which: &str| i64::from(text_of(node, which) == Some("true"));
            let value = is("SuccessAttempts") + 2 * is("FailureAttempts");
            security::native(Area::EventAudit, name, NativeValue::Number(value))
        }
        "UserRightsAssignment" => {
            let members = children(node, "Member").map(trustee).collect();
            security::native(Area::PrivilegeRight, name, NativeValue::Accounts(members))
        }
        "SecurityOptions" => {
            let shown = child(node, "Display").and_then(|own| text_of(own, "Name")).unwrap_or_default();
            let (area, key) = match text_of(node, "KeyName") {
                Some(key) => (Area::RegistryValue, key.to_owned()),
                None => (Area::SystemAccess, string_of(node, "SystemAccessPolicyName")),
            };
            let setting = security::native(area, key, native_value(node));
            let place = Area::RegistryValue.place().to_owned();
            if shown.is_empty() {
                Setting { place, ..setting }
            } else {
                Setting { name: shown.to_owned(), place, ..setting }
            }
        }
        "EventLog" => {
            let log = text_of(node, "Log").unwrap_or_default().to_lowercase();
            security::native(Area::EventLog, format!("{log}/{name}"), native_value(node))
        }
        "SystemServices" => {
            let mode = match text_of(node, "StartupMode") {
                Some("Automatic") => 2,
                Some("Manual") => 3,
                _ => 4,
            };
            security::native(Area::Service, name, NativeValue::Number(mode))
        }
        "RestrictedGroups" => {
            let group = child(node, "GroupName").map(trustee).unwrap_or_default();
            let list = |which: &'static str| children(node, which).map(trustee).collect::<Vec<_>>();
            let (members, groups) = (list("Member"), list("Memberof"));
            let key = if group.sid.is_empty() { group.name.clone() } else { format!("*{}", group.sid) };
            let (word, accounts) =
                if members.is_empty() && !groups.is_empty() { ("Memberof", groups) } else { ("Members", members) };
            let key = format!("{key}__{word}");
            let setting = security::native(Area::GroupMembership, key, NativeValue::Accounts(accounts));
            Setting { name: group.name, ..setting }
        }
        "File" | "Registry" => {
            let detail = NativeValue::Text(String::from("a security descriptor"));
            security::native(Area::Acl, string_of(node, "Path"), detail)
        }
        _ => {
            let what = What::Other { kind: kind.to_owned(), detail: String::new() };
            let name = if name.is_empty() { kind.to_owned() } else { name };
            Setting { scope: Scope::Computer, place: String::from("Security Settings"), name, what }
        }
    }
}

fn of_audit(node: Node<'_, '_>, scope: Scope) -> Option<Setting> {
    let name = text_of(node, "SubcategoryName").or_else(|| text_of(node, "PolicyTarget")).unwrap_or_default();
    let guid = guid_key(text_of(node, "SubcategoryGuid").unwrap_or_default());
    let key = if guid.is_empty() { name.to_owned() } else { guid };
    let value = text_of(node, "SettingValue")?;
    let value = value.parse().map_or_else(|_| NativeValue::Text(value.to_owned()), NativeValue::Number);
    (!key.is_empty()).then(|| Setting { scope, ..audit_setting(name, key, value) })
}
