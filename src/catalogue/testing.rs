//! A small catalogue for tests, which does not change with the real one.

use super::Catalogue;

const SHARED: &str = r#"
version = 7
volatile = ["version", "lastModifiedDateTime"]
read-only = ["id"]
constant-ids = []
constant-properties = []
references = []
unordered = ["tags"]
sort = []
"#;

const SCRIPTS: &str = r##"
name = "scripts"
title = "Scripts"
about = "For tests."
sources = ["none"]
path = "deviceManagement/scripts"
entity = "script"
bucket = "none"
permissions = { read = [], write = [] }
[[groups]]
name = "mac-scripts"
title = "Mac"
when = { property = "platform", equals = ["mac"] }
[[sidecars]]
at = "script"
extension = "ps1"
[[sidecars]]
at = "settings/*/value"
when = { property = "@odata.type", equals = ["#x.base64"] }
extension = "xml"
key = "omaUri"
[[secrets]]
at = "settings/*/value"
when = { property = "isEncrypted", equals = [true] }
with = ["isEncrypted", "secretReferenceValueId"]
[[secrets]]
at = "key"
set-when = { property = "keyIsSet", equals = [true] }
with = ["keyIsSet"]
"##;

const FILTERS: &str = r#"
name = "filters"
title = "Filters"
about = "For tests."
sources = ["none"]
path = "deviceManagement/filters"
entity = "filter"
bucket = "none"
permissions = { read = [], write = [] }
"#;

/// Two types: `scripts` with sidecars and secrets, `filters` with nothing.
pub(crate) fn small() -> Catalogue {
    Catalogue::from_files(SHARED, [("scripts.toml", SCRIPTS), ("filters.toml", FILTERS)]).expect("the fixture is valid")
}
