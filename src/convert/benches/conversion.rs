//! How long it takes to read 20 MB of administrative templates, and to read and convert an object of 2,000 settings. The
//! files are made up, under the names of templates that Windows has. `cargo bench -p intune-ferry-convert`.
#![expect(clippy::print_stdout, reason = "a benchmark shows its figures")]

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use intune_ferry_convert::admx::Templates;
use intune_ferry_convert::convert::{Verdict, convert};
use intune_ferry_convert::gpo::report;
use intune_ferry_convert::rules::Rules;

/// Templates that Windows has.
const FILES: [&str; 40] = [
    "ActiveXInstallService",
    "AddRemovePrograms",
    "AdmPwd",
    "AppCompat",
    "AppxPackageManager",
    "AuditSettings",
    "Bits",
    "CipherSuiteOrder",
    "COM",
    "ControlPanel",
    "ControlPanelDisplay",
    "Cpls",
    "CredUI",
    "CtrlAltDel",
    "DataCollection",
    "DCOM",
    "Desktop",
    "DeviceCompat",
    "DeviceGuard",
    "DeviceInstallation",
    "DeviceSetup",
    "DFS",
    "DigitalLocker",
    "DiskDiagnostic",
    "DiskNVCache",
    "DiskQuota",
    "DistributedLinkTracking",
    "DnsClient",
    "DWM",
    "EAIME",
    "EncryptFilesonMove",
    "EnhancedStorage",
    "ErrorReporting",
    "EventForwarding",
    "EventLog",
    "EventLogging",
    "EventViewer",
    "Explorer",
    "ExternalBoot",
    "FileRecovery",
];
/// Policies of each file.
const POLICIES: usize = 290;
/// Settings of the object.
const SETTINGS: usize = 2_000;
/// How often each is measured; the best counts, because others use the machine.
const ROUNDS: usize = 5;
/// The longest that reading the templates may take.
const TEMPLATES_LIMIT: Duration = Duration::from_secs(2);
/// The longest that reading and converting the object may take.
const OBJECT_LIMIT: Duration = Duration::from_secs(1);

fn main() {
    let files: Vec<(String, Vec<u8>)> = FILES.iter().flat_map(|name| template(name)).collect();
    let bytes: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies-schema/convert/group-policy.toml");
    let rules = Rules::parse(&std::fs::read_to_string(root).expect("the rules")).expect("the rules");
    let report = object();

    let (templates, took) = best(|| {
        let mut templates = Templates::default();
        assert_eq!(templates.add(&files), []);
        templates
    });
    println!("{:.1} MB of templates, {} policies: read in {took:.2?}", to_mb(bytes), templates.len());
    assert!(bytes >= 20_000_000 && took < TEMPLATES_LIMIT);

    let (converted, took) = best(|| {
        let objects = report::read(report.as_bytes()).expect("the report");
        let all = objects.iter().flat_map(|own| convert(own, &templates, &rules).judged);
        all.filter(|own| matches!(own.verdict, Verdict::Converted(_))).count()
    });
    println!("{converted} settings ({:.1} MB): read and converted in {took:.2?}", to_mb(report.len()));
    assert!(converted == SETTINGS && took < OBJECT_LIMIT);
}

fn best<T>(mut work: impl FnMut() -> T) -> (T, Duration) {
    let mut measured = || {
        let begin = Instant::now();
        let result = work();
        (result, begin.elapsed())
    };
    let first = measured();
    (1..ROUNDS).map(|_| measured()).fold(first, |best, next| if next.1 < best.1 { next } else { best })
}

fn to_mb(bytes: usize) -> f64 {
    f64::from(u32::try_from(bytes).unwrap_or(u32::MAX)) / 1_000_000.0
}

/// A template and its texts.
fn template(name: &str) -> [(String, Vec<u8>); 2] {
    let mut policies = String::new();
    let mut texts = String::new();
    let mut presentations = String::new();
    for at in 0..POLICIES {
        let id = format!("Policy_{at}");
        let key = format!("Software\\Policies\\Contoso\\{name}\\Part{}", at % 10);
        let _ = write!(
            policies,
            r#"<policy name="{id}" class="Machine" displayName="$(string.{id})" explainText="$(string.{id}_Help)" presentation="$(presentation.{id})" key="{key}" valueName="Policy{at}">
<parentCategory ref="Root" /><supportedOn ref="windows:SUPPORTED_Windows10" />
<enabledValue><decimal value="1" /></enabledValue><disabledValue><decimal value="0" /></disabledValue>
<elements><decimal id="{id}_Size" valueName="Size{at}" minValue="0" maxValue="65535" />
<enum id="{id}_Level" valueName="Level{at}"><item displayName="$(string.Low)"><value><decimal value="1" /></value></item><item displayName="$(string.High)"><value><decimal value="2" /></value></item></enum></elements></policy>"#
        );
        let help =
            "This policy setting says how large the part may become, and at which level it begins to warn. ".repeat(5);
        let _ = write!(
            texts,
            r#"<string id="{id}">Set part {at} of {name}</string><string id="{id}_Help">{help}</string>"#
        );
        let _ = write!(
            presentations,
            r#"<presentation id="{id}"><decimalTextBox refId="{id}_Size" defaultValue="5">Size:</decimalTextBox><dropdownList refId="{id}_Level">Level:</dropdownList></presentation>"#
        );
    }
    let space = "http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions";
    let admx = format!(
        r#"<policyDefinitions xmlns="{space}"><policyNamespaces><target prefix="own" namespace="Contoso.{name}" /></policyNamespaces>
<categories><category name="Root" displayName="$(string.Root)" /></categories><policies>{policies}</policies></policyDefinitions>"#
    );
    let adml = format!(
        r#"<policyDefinitionResources xmlns="{space}"><resources><stringTable><string id="Root">{name}</string><string id="Low">Low</string><string id="High">High</string>{texts}</stringTable><presentationTable>{presentations}</presentationTable></resources></policyDefinitionResources>"#
    );
    [(format!("{name}.admx"), admx.into_bytes()), (format!("en-US/{name}.adml"), adml.into_bytes())]
}

/// A report of an object with settings of all templates.
fn object() -> String {
    let mut settings = String::new();
    for at in 0..SETTINGS {
        let (name, part) = (FILES[at % FILES.len()], at / FILES.len());
        let _ = write!(
            settings,
            "<q1:Policy><q1:Name>Set part {part} of {name}</q1:Name><q1:State>Enabled</q1:State><q1:Category>{name}</q1:Category>\
             <q1:Numeric><q1:Name>Size:</q1:Name><q1:State>Enabled</q1:State><q1:Value>7</q1:Value></q1:Numeric>\
             <q1:DropDownList><q1:Name>Level:</q1:Name><q1:State>Enabled</q1:State><q1:Value><q1:Name>High</q1:Name></q1:Value></q1:DropDownList></q1:Policy>"
        );
    }
    format!(
        r#"<GPO xmlns="http://www.microsoft.com/GroupPolicy/Settings" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><Name>Large</Name>
<Computer><Enabled>true</Enabled><ExtensionData><Extension xmlns:q1="http://www.microsoft.com/GroupPolicy/Settings/Registry" xsi:type="q1:RegistrySettings">{settings}</Extension><Name>Registry</Name></ExtensionData></Computer></GPO>"#
    )
}
