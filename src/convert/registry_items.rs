//! Registry items of preferences as a pair of scripts: one sees whether a device has the values, the other one sets them.
//! Only items whose effect a script can have to the letter; the others say why not.

use std::fmt::Write as _;

use crate::gpo::{RegistryItem, Scope};

/// A pair of scripts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptPair {
    /// The scope that it was made from.
    pub scope: Scope,
    /// Ends with 1 where something is missing.
    pub detection: String,
    /// Sets what is missing.
    pub remediation: String,
}

/// What a script does with one item: the test that is true on a device that has it, and the step that brings it there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    is: String,
    set: String,
}

const HEAD: &str = "# Made of registry items of group policy preferences.
$ErrorActionPreference = 'Stop'
function Read-Value($Path, $Name) {
    if (-not (Test-Path -LiteralPath $Path)) { return $null }
    $key = Get-Item -LiteralPath $Path
    if ($key.GetValueNames() -notcontains $Name) { return $null }
    ,$key.GetValue($Name, $null, 'DoNotExpandEnvironmentNames')
}
";
const WRITE: &str = "function Write-Value($Path, $Name, $Kind, $Value) {
    if (-not (Test-Path -LiteralPath $Path)) { $null = New-Item -Path $Path -Force }
    $key = $Path -replace '^HKLM:', 'HKEY_LOCAL_MACHINE' -replace '^HKCU:', 'HKEY_CURRENT_USER'
    [Microsoft.Win32.Registry]::SetValue($key, $Name, $Value, $Kind)
}
";

/// The step of an item, or why a script cannot have its effect.
pub(crate) fn step(item: &RegistryItem, scope: Scope) -> Result<Step, &'static str> {
    if item.filtered {
        return Err("the item has item-level targeting, which a remediation does not have");
    }
    let drive = match (item.hive.to_uppercase().as_str(), scope) {
        ("HKEY_LOCAL_MACHINE", Scope::Computer) => "HKLM:",
        ("HKEY_CURRENT_USER", Scope::User) => "HKCU:",
        _ => return Err("the item is for another hive than that of its half"),
    };
    if item.key.is_empty() || item.key.contains(['*', '?', '\n', '\r', '\0']) {
        return Err("the key has a name that a script cannot use safely");
    }
    let (path, name) = (quoted(&format!("{drive}\\{}", item.key)), quoted(&item.name));
    let action = item.action.to_uppercase();
    if action == "D" {
        if item.name.is_empty() {
            return Err("the item deletes a whole key");
        }
        return Ok(Step {
            is: format!("$null -eq (Read-Value {path} {name})"),
            set: format!("Remove-ItemProperty -LiteralPath {path} -Name {name} -Force"),
        });
    }
    if !["C", "R", "U", ""].contains(&action.as_str()) {
        return Err("the item has an unknown action");
    }
    let (kind, value) = data(item)?;
    let set = format!("Write-Value {path} {name} '{kind}' {value}");
    // What is only created is not changed afterwards.
    let is = if action == "C" {
        format!("$null -ne (Read-Value {path} {name})")
    } else if kind == "Binary" {
        format!("(@(Read-Value {path} {name}) -join ',') -ceq ({value} -join ',')")
    } else {
        format!("(Read-Value {path} {name}) -ceq {value}")
    };
    Ok(Step { is, set })
}

/// The kind and the value as PowerShell writes them.
fn data(item: &RegistryItem) -> Result<(&'static str, String), &'static str> {
    const WRONG: &str = "the value does not fit its type";
    let hex = item.value.trim();
    match item.kind.to_uppercase().as_str() {
        "REG_SZ" => Ok(("String", quoted(&item.value))),
        "REG_EXPAND_SZ" => Ok(("ExpandString", quoted(&item.value))),
        "REG_DWORD" => {
            let number = u32::from_str_radix(hex, 16).map_err(|_| WRONG)?;
            Ok(("DWord", format!("([int]{})", i32::from_ne_bytes(number.to_ne_bytes()))))
        }
        "REG_QWORD" => {
            let number = u64::from_str_radix(hex, 16).map_err(|_| WRONG)?;
            Ok(("QWord", format!("([long]{})", i64::from_ne_bytes(number.to_ne_bytes()))))
        }
        "REG_BINARY" => {
            let is_hex =
                !hex.is_empty() && hex.len().is_multiple_of(2) && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
            let pairs = hex.as_bytes().chunks(2).map(|pair| format!("0x{}", String::from_utf8_lossy(pair)));
            let bytes = pairs.collect::<Vec<_>>().join(",");
            is_hex.then(|| ("Binary", format!("([byte[]]({bytes}))"))).ok_or(WRONG)
        }
        _ => Err("the type of the value is not one that a script sets"),
    }
}

/// A text in single quotes; PowerShell takes the curly ones for the same.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("'");
    for letter in text.chars() {
        if matches!(letter, '\'' | '\u{2018}'..='\u{201B}') {
            quoted.push(letter);
        }
        quoted.push(letter);
    }
    quoted.push('\'');
    quoted
}

/// The scripts of the steps of a scope.
pub(crate) fn pair(scope: Scope, steps: &[Step]) -> ScriptPair {
    let (mut detection, mut remediation) = (HEAD.to_owned(), format!("{HEAD}{WRITE}"));
    for step in steps {
        let _ = writeln!(detection, "if (-not ({})) {{ exit 1 }}", step.is);
        let _ = writeln!(remediation, "if (-not ({})) {{ {} }}", step.is, step.set);
    }
    detection.push_str("exit 0\n");
    remediation.push_str("exit 0\n");
    ScriptPair { scope, detection, remediation }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use proptest::prelude::*;

    use super::*;

    fn item(action: &str, kind: &str, value: &str) -> RegistryItem {
        RegistryItem {
            action: action.into(),
            hive: "HKEY_LOCAL_MACHINE".into(),
            key: "Software\\Own".into(),
            name: "It's".into(),
            kind: kind.into(),
            value: value.into(),
            ..RegistryItem::default()
        }
    }

    #[test]
    fn each_action_and_type_has_its_test_and_its_step() {
        let of = |own: &RegistryItem| step(own, Scope::Computer).unwrap();
        let number = of(&item("U", "REG_DWORD", "FFFFFFFF"));
        assert_eq!(number.is, "(Read-Value 'HKLM:\\Software\\Own' 'It''s') -ceq ([int]-1)");
        assert_eq!(number.set, "Write-Value 'HKLM:\\Software\\Own' 'It''s' 'DWord' ([int]-1)");
        assert!(of(&item("C", "REG_SZ", "x")).is.starts_with("$null -ne"));
        assert!(of(&item("D", "", "")).set.starts_with("Remove-ItemProperty"));
        assert!(of(&item("R", "REG_BINARY", "01ff")).set.ends_with("([byte[]](0x01,0xff))"));
        let both = pair(Scope::Computer, &[number]);
        assert!(both.detection.contains("exit 1") && both.detection.ends_with("exit 0\n"));
        assert!(both.remediation.contains("function Write-Value") && !both.detection.contains("Write-Value"));
    }

    #[test]
    fn what_a_script_cannot_do_is_said() {
        let targeted = RegistryItem { filtered: true, ..item("U", "REG_SZ", "x") };
        let hive = RegistryItem { hive: "HKEY_USERS".into(), ..item("U", "REG_SZ", "x") };
        let whole = RegistryItem { name: String::new(), ..item("D", "", "") };
        for own in [
            targeted,
            hive,
            whole,
            item("U", "REG_MULTI_SZ", "x"),
            item("U", "REG_DWORD", "soon"),
            item("X", "REG_SZ", ""),
        ] {
            assert!(step(&own, Scope::Computer).is_err(), "{own:?}");
        }
        assert!(step(&item("U", "REG_SZ", "x"), Scope::User).is_err());
    }

    proptest! {
        /// Whatever a value is, it stays within its quotes.
        #[test]
        fn a_value_never_leaves_its_quotes(value in ".{0,30}") {
            let text = quoted(&value);
            let inner: Vec<char> = text[1..text.len() - 1].chars().collect();
            let is_quote = |letter: char| matches!(letter, '\'' | '\u{2018}'..='\u{201B}');
            let mut at = 0;
            while at < inner.len() {
                if is_quote(inner[at]) {
                    prop_assert_eq!(inner.get(at), inner.get(at + 1));
                    at += 1;
                }
                at += 1;
            }
        }
    }
}
