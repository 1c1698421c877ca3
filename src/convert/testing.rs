//! A small template and reports for it, made up for tests.

use crate::admx::Templates;

/// One file with every kind of element.
pub(crate) const ADMX: &str = r#"<?xml version="1.0" encoding="utf-16"?>
<policyDefinitions xmlns="http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions" revision="1.0" schemaVersion="1.0">
  <policyNamespaces><target prefix="own" namespace="Contoso.Policies.Own" /></policyNamespaces>
  <categories>
    <category name="Cat_Root" displayName="$(string.Root)" />
    <category name="Cat_Inner" displayName="$(string.Inner)"><parentCategory ref="Cat_Root" /></category>
    <category name="Cat_Other" displayName="$(string.Other)"><parentCategory ref="own:Cat_Root" /></category>
  </categories>
  <policies>
    <policy name="Plain" class="Both" displayName="$(string.Plain)" key="Software\Policies\Own" valueName="Plain">
      <parentCategory ref="Cat_Root" /><enabledValue><decimal value="1" /></enabledValue><disabledValue><decimal value="0" /></disabledValue>
    </policy>
    <policy name="Twin_A" class="Machine" displayName="$(string.Twin)" key="Software\Policies\Own\A" valueName="Twin"><parentCategory ref="Cat_Inner" /></policy>
    <policy name="Twin_B" class="Machine" displayName="$(string.Twin)" key="Software\Policies\Own\B" valueName="Twin"><parentCategory ref="Cat_Other" /></policy>
    <policy name="Full" class="Machine" displayName="$(string.Full)" presentation="$(presentation.Full)" key="Software\Policies\Own\Full">
      <parentCategory ref="Cat_Inner" />
      <elements>
        <decimal id="Size" valueName="Size" maxvalue="10" />
        <boolean id="Strict" valueName="Strict"><trueValue><decimal value="2" /></trueValue><falseValue><decimal value="1" /></falseValue></boolean>
        <enum id="Level" valueName="Level">
          <item displayName="$(string.Low)"><value><decimal value="10" /></value></item>
          <item displayName="$(string.High)"><value><string>Top</string></value></item>
        </enum>
        <text id="Server" valueName="Server" />
        <multiText id="Notes" valueName="Notes" />
        <list id="Sites" key="Software\Policies\Own\Full\Sites" valuePrefix="" />
        <list id="Pairs" key="Software\Policies\Own\Full\Pairs" explicitValue="true" />
      </elements>
    </policy>
  </policies>
</policyDefinitions>"#;

/// Its English texts.
pub(crate) const ADML: &str = r#"<policyDefinitionResources xmlns="http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions" revision="1.0" schemaVersion="1.0">
  <resources>
    <stringTable>
      <string id="Root">Contoso</string><string id="Inner">Inner/Part</string><string id="Other">Other</string>
      <string id="Plain">Turn it on</string><string id="Twin">Twin</string><string id="Full">Everything</string>
      <string id="Low">Low level</string><string id="High">High level</string>
    </stringTable>
    <presentationTable>
      <presentation id="Full">
        <decimalTextBox refId="Size">Size:</decimalTextBox>
        <checkBox refId="Strict">Strict</checkBox>
        <dropdownList refId="Level">Level</dropdownList>
        <textBox refId="Server"><label>Server name</label></textBox>
        <multiTextBox refId="Notes">Notes</multiTextBox>
        <listBox refId="Sites">Sites</listBox>
        <listBox refId="Pairs">Pairs</listBox>
      </presentation>
    </presentationTable>
  </resources>
</policyDefinitionResources>"#;

/// The template with its texts.
pub(crate) fn templates() -> Templates {
    let mut templates = Templates::default();
    let files = [("Own.admx", ADMX), ("en-US/Own.adml", ADML)];
    let problems = templates.add(&files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())));
    assert_eq!(problems, []);
    templates
}

/// A report with these settings of the computer's administrative templates.
pub(crate) fn report(name: &str, settings: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="utf-16"?>
<GPO xmlns="http://www.microsoft.com/GroupPolicy/Settings" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <Identifier><Identifier xmlns="http://www.microsoft.com/GroupPolicy/Types">{{31B2F340-016D-11D2-945F-00C04FB984F9}}</Identifier>
    <Domain xmlns="http://www.microsoft.com/GroupPolicy/Types">contoso.local</Domain></Identifier>
  <Name>{name}</Name>
  <LinksTo><SOMName>Sales</SOMName><SOMPath>contoso.local/Sales</SOMPath><Enabled>true</Enabled><NoOverride>false</NoOverride></LinksTo>
  <Computer><Enabled>true</Enabled><ExtensionData>
    <Extension xmlns:q1="http://www.microsoft.com/GroupPolicy/Settings/Registry" xsi:type="q1:RegistrySettings">{settings}</Extension>
    <Name>Registry</Name></ExtensionData></Computer>
</GPO>"#
    )
}

/// A policy of a report.
pub(crate) fn policy(name: &str, state: &str, category: &str, parts: &str) -> String {
    format!(
        "<q1:Policy><q1:Name>{name}</q1:Name><q1:State>{state}</q1:State><q1:Category>{category}</q1:Category>{parts}</q1:Policy>"
    )
}

/// The values of the policy that has every kind of element.
pub(crate) const PARTS: &str = r"<q1:Numeric><q1:Name>Size:</q1:Name><q1:State>Enabled</q1:State><q1:Value>7</q1:Value></q1:Numeric>
<q1:CheckBox><q1:Name>Strict</q1:Name><q1:State>Enabled</q1:State></q1:CheckBox>
<q1:DropDownList><q1:Name>Level</q1:Name><q1:State>Enabled</q1:State><q1:Value><q1:Name>High level</q1:Name></q1:Value></q1:DropDownList>
<q1:EditText><q1:Name>Server name</q1:Name><q1:State>Enabled</q1:State><q1:Value>srv</q1:Value></q1:EditText>
<q1:MultiText><q1:Name>Notes</q1:Name><q1:State>Enabled</q1:State><q1:Value><q1:string>one</q1:string><q1:string>two</q1:string></q1:Value></q1:MultiText>
<q1:ListBox><q1:Name>Sites</q1:Name><q1:State>Enabled</q1:State><q1:Value><q1:Element><q1:Data>a.example</q1:Data></q1:Element></q1:Value></q1:ListBox>
<q1:ListBox><q1:Name>Pairs</q1:Name><q1:State>Enabled</q1:State><q1:Value><q1:Element><q1:Name>k</q1:Name><q1:Data>v</q1:Data></q1:Element></q1:Value></q1:ListBox>";

/// The same in the registry.
pub(crate) fn pol() -> Vec<u8> {
    let text = |text: &str| text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let (top, server, notes) = (text("Top"), text("srv"), text("one\0two\0"));
    let (site, value) = (text("a.example"), text("v"));
    let key = "Software\\Policies\\Own\\Full";
    let (sites, pairs) = (format!("{key}\\Sites"), format!("{key}\\Pairs"));
    crate::gpo::pol::write(&[
        (key, "Size", 4, &[7, 0, 0, 0]),
        (key, "Strict", 4, &[2, 0, 0, 0]),
        (key, "Level", 1, &top),
        (key, "Server", 1, &server),
        (key, "Notes", 7, &notes),
        (&sites, "**delvals.", 1, b" \0\0\0"),
        (&sites, "1", 1, &site),
        (&pairs, "k", 1, &value),
        ("Software\\Policies\\Own", "**del.Plain", 1, b" \0\0\0"),
        ("Software\\Policies\\Own\\B", "Twin", 4, &[1, 0, 0, 0]),
    ])
}
