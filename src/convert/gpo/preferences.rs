//! Preference files of a backup (`Preferences/Drives/Drives.xml` and others).

use super::model::{Scope, Setting};
use super::other;
use crate::error::ReadError;
use crate::text;
use crate::xml;

/// Reads one file: each item is a setting.
pub fn read(bytes: &[u8], scope: Scope) -> Result<Vec<Setting>, ReadError> {
    let text = text::decode(bytes)?;
    let document = xml::parse(&text)?;
    let root = document.root_element();
    let kind = format!("{}Settings", root.tag_name().name());
    let items = root.descendants().filter(|node| node.is_element() && xml::child(*node, "Properties").is_some());
    Ok(items.map(|item| other::preference(item, &kind, scope)).collect())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;
    use crate::gpo::What;

    #[test]
    fn each_item_is_a_setting_and_passwords_are_left_out() {
        let text = r#"<?xml version="1.0" encoding="utf-8"?><Drives clsid="{1}">
            <Drive clsid="{2}" name="H:" status="H:" uid="{3}"><Properties action="U" letter="H" path="\\srv\home" cpassword="AbC="/></Drive>
        </Drives>"#;
        let settings = read(text.as_bytes(), Scope::User).unwrap();
        let What::Other { kind, detail } = &settings[0].what else { panic!("{settings:?}") };
        assert_eq!((settings[0].name.as_str(), kind.as_str()), ("Drive H:", "DrivesSettings"));
        assert!(detail.contains("path=\\\\srv\\home") && !detail.contains("AbC"), "{detail}");
    }
}
