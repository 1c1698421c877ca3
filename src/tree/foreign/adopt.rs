//! Reads a folder exported by another tool into policies, and says what became of every file. Not for
//! writing the tree.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Map, Value};

use super::error::ForeignError;
use super::files::{self, SourceFile};
use super::group_policy;
use super::identity::{self, Candidate};
use super::ledger::{Counts, Fate, Outcome};
use super::links;
use super::mobility;
use super::normalize;
use super::options::Options;
use super::people::{self, MigrationTable};
use super::recognise::{Knowledge, Recognized, Surroundings, recognise};
use super::side_files::{self, Merged, SideFile};
use super::unwrap::{self, Item};
use super::{apple, archive};
use super::{losses, names, origins, payloads};
use crate::catalogue::{Catalogue, Entities, PolicyType};
use crate::finding::{Finding, codes, count};
use crate::policy::{Directory, Kept, TenantInfo};
use crate::tree::origin::{Origin, Origins};

/// How many places a message shows.
const SHOWN: usize = 3;

/// A foreign folder, read.
#[derive(Debug)]
pub struct Adopted {
    /// The policies, in canonical form, each with an id; in the order of the files.
    pub policies: Vec<Kept>,
    /// Groups and users that the folder describes.
    pub directory: Directory,
    /// The tenant it was exported from, where the folder says so.
    pub tenant: Option<TenantInfo>,
    /// What a person should know.
    pub findings: Vec<Finding>,
    /// What became of every object, in the order of the files.
    #[cfg_attr(not(test), expect(dead_code, reason = "tests look at each; the program shows the counts"))]
    pub outcomes: Vec<Outcome>,
    /// The outcomes, counted.
    pub counts: Counts,
    /// What the policies were made of, where they were something else.
    pub origins: Origins,
}

/// Reads a folder that another tool exported, or a folder of group policy; or a ZIP file of one.
pub fn adopt(root: &Path, catalogue: &Catalogue, options: Options<'_>) -> Result<Adopted, ForeignError> {
    let entities = Entities::built_in();
    let knowledge = Knowledge { catalogue, entities };
    let unpacked = archive::unpacked(root)?;
    let root = unpacked.as_ref().map_or(root, tempfile::TempDir::path);
    let (mut files, mut other_files) = files::read_folder(root)?;
    let mobility = mobility::take(root, &mut files, &mut other_files);
    let mut reading = Reading::new(knowledge, &files);
    for file in files {
        reading.file(file);
    }
    // Beside policies, a profile is a copy of a payload that a tool wrote.
    if reading.candidates.is_empty() {
        let found = apple::find(root, &other_files)?;
        let taken: BTreeSet<&str> = found.iter().map(|own| own.file.as_str()).collect();
        other_files.retain(|file| !taken.contains(file.as_str()));
        reading.profiles(found);
    }
    let gpos = group_policy::find(root, &other_files, options)?;
    other_files.retain(|file| ![&gpos.read, &gpos.beside, &gpos.damaged].iter().any(|known| known.contains(file)));
    let beside = gpos.beside.len();
    reading.group_policy(gpos);
    reading.mobility(mobility::convert(&mobility)?);
    let mut adopted = reading.finish(other_files.len() + beside);
    adopted.findings.extend(payloads::not_taken(root, &other_files, &adopted.policies, catalogue));
    Ok(adopted)
}

/// What is known in the middle of reading.
struct Reading<'a> {
    knowledge: Knowledge<'a>,
    /// Migration tables by their folder.
    tables: BTreeMap<String, MigrationTable>,
    /// The content of side files, by the lower-case name of the file they belong to.
    sides: BTreeMap<String, Vec<SideFile>>,
    side_names: BTreeSet<String>,
    candidates: Vec<Candidate<'a>>,
    directory: Directory,
    outcomes: Vec<Outcome>,
    /// What policies were made of, each with what the places of its policies begin with.
    origins: Vec<(String, Origin)>,
    findings: Vec<Finding>,
}

impl<'a> Reading<'a> {
    /// Looks for what other files need: migration tables and side files.
    fn new(knowledge: Knowledge<'a>, files: &[SourceFile]) -> Self {
        let mut tables = BTreeMap::new();
        for file in files {
            let table = file.content.as_ref().ok().and_then(Value::as_object);
            if let Some(table) = table.filter(|table| table.contains_key("TenantId") && table.contains_key("Objects")) {
                tables.insert(file.stem().0.to_owned(), MigrationTable::read(table, knowledge.catalogue));
            }
        }
        let sides = side_files::pairs(files);
        Self {
            knowledge,
            tables,
            side_names: sides.values().flatten().map(|side| side.name.clone()).collect(),
            sides,
            candidates: Vec::new(),
            directory: Directory::default(),
            outcomes: Vec::new(),
            origins: Vec::new(),
            findings: Vec::new(),
        }
    }

    fn file(&mut self, file: SourceFile) {
        self.findings.extend(file.findings.iter().cloned());
        let folders: Vec<String> = file.folders().map(str::to_owned).collect();
        let orphan = side_files::is_assignments(&file);
        let SourceFile { name, content, .. } = file;
        let content = match content {
            Ok(content) => content,
            Err(finding) => {
                self.findings.push(finding);
                self.outcome(&name, "", Fate::Damaged);
                return;
            }
        };
        if self.side_names.contains(&name) {
            // Its owner takes it; what no owner took is said at the end.
            return;
        }
        if orphan {
            self.nobody_took(&name);
            return;
        }
        let items = unwrap::items(content, files::stem(&name).1);
        if items.is_empty() {
            self.not_recognized(&name, &[(String::new(), String::from("the file contains no objects"))]);
        }
        let mut unknown: Vec<(String, String)> = Vec::new();
        for item in items {
            let Item { pointer, value, wrapper, context } = item;
            let object = match value {
                Ok(Value::Object(object)) => object,
                Ok(_) => {
                    unknown.push((pointer, String::from("the file contains no object")));
                    continue;
                }
                Err(problem) => {
                    self.findings.push(Finding::new(&codes::DAMAGED_FILE, &name, problem).at(&pointer));
                    self.outcome(&name, &pointer, Fate::Damaged);
                    continue;
                }
            };
            let folders_of_file = folders.iter().map(String::as_str);
            let folders: Vec<&str> = folders_of_file.collect();
            let around = Surroundings { wrapper: wrapper.as_deref(), context: context.as_deref(), folders: &folders };
            match recognise(&object, around, self.knowledge) {
                Recognized::Policy(policy_type) => self.policy(object, policy_type, &name, &pointer),
                Recognized::Person(kind) => {
                    people::insert(&mut self.directory, kind, &object);
                    self.outcome(&name, &pointer, Fate::Helper);
                }
                Recognized::Report(facts) => {
                    let called = facts.get("displayName").and_then(Value::as_str).unwrap_or_default().to_owned();
                    names::in_directory(&mut self.directory, people::GROUP, &called, facts);
                    self.outcome(&name, &pointer, Fate::Helper);
                }
                Recognized::MigrationTable => self.outcome(&name, &pointer, Fate::Helper),
                Recognized::Nothing(seen) => unknown.push((pointer, seen)),
            }
        }
        self.not_recognized(&name, &unknown);
    }

    /// Takes the policies that rules of Basic Mobility and Security became.
    fn mobility(&mut self, all: Vec<mobility::FoundRules>) {
        for found in all {
            self.findings.extend(found.findings);
            self.origins.extend(found.origins);
            if found.damaged {
                self.outcome(&found.file, "", Fate::Damaged);
            } else if found.policies.is_empty() && found.unknown.is_empty() {
                self.outcome(&found.file, "", Fate::Helper);
            }
            for (name, place, body) in found.policies {
                match self.knowledge.catalogue.get(&name) {
                    Some(policy_type) => self.policy(body, policy_type, &found.file, &place),
                    None => self.outcome(&found.file, &place, Fate::NotRecognized),
                }
            }
            self.not_recognized(&found.file, &found.unknown);
        }
    }

    /// Takes the policies that configuration profiles became.
    fn profiles(&mut self, all: Vec<apple::FoundProfile>) {
        for found in all {
            self.findings.extend(found.findings);
            self.origins.extend(found.origin.map(|origin| (String::new(), origin)));
            let Some((name, body)) = found.policy else {
                self.outcome(&found.file, "", Fate::Damaged);
                continue;
            };
            match self.knowledge.catalogue.get(&name) {
                Some(policy_type) => self.policy(body, policy_type, &found.file, ""),
                None => self.outcome(&found.file, "", Fate::NotRecognized),
            }
        }
    }

    /// Takes the policies that group policy objects became.
    fn group_policy(&mut self, found: group_policy::FoundGpos) {
        self.findings.extend(found.findings);
        for file in &found.damaged {
            self.outcome(file, "", Fate::Damaged);
        }
        let Some(policy_type) = self.knowledge.catalogue.get(&found.policy_type) else { return };
        let mut made: BTreeSet<&str> = BTreeSet::new();
        for own in &found.converted {
            for (place, body) in group_policy::policies(own) {
                made.insert(&own.file);
                self.policy(body, policy_type, &own.file, &place);
            }
        }
        let scripts =
            found.scripts.as_ref().and_then(|own| Some((own, self.knowledge.catalogue.get(&own.policy_type)?)));
        for (own, (target, script_type)) in found.converted.iter().filter_map(|own| scripts.map(|to| (own, to))) {
            for (place, body) in group_policy::scripts(own, target) {
                made.insert(&own.file);
                self.policy(body, script_type, &own.file, &place);
            }
        }
        for own in found.converted.iter().filter(|own| !made.contains(own.file.as_str())) {
            let seen = format!("no setting of \"{}\" can be converted", own.gpo.name);
            self.not_recognized(&own.file, &[(String::new(), seen)]);
        }
        let sources: BTreeSet<&str> = found.converted.iter().map(|own| own.file.as_str()).collect();
        for file in found.read.iter().filter(|file| !sources.contains(file.as_str())) {
            self.outcome(file, "", Fate::Helper);
        }
        self.origins.extend(found.converted.iter().map(|own| (own.place(), origins::of_object(own))));
    }

    fn policy(&mut self, mut object: Map<String, Value>, policy_type: &'a PolicyType, file: &str, pointer: &str) {
        if pointer.is_empty() {
            for side in self.sides.remove(&file.to_lowercase()).into_iter().flatten() {
                self.side_file(&mut object, policy_type, file, side);
            }
        }
        let without_id = !object.keys().any(|key| key.eq_ignore_ascii_case("id"));
        if without_id {
            let stem = pointer.is_empty().then(|| files::stem(file).1);
            identity::recover(&mut object, policy_type, stem);
        }
        let tenant = self.tenant_of(file);
        match normalize::normalize(object, policy_type, self.knowledge, tenant.as_deref()) {
            Ok(clean) => {
                if let Some(gap) = clean.placeholder_left {
                    let message = format!("{gap} is left in {}", clean.policy.subject());
                    self.findings.push(Finding::new(&codes::TENANT_PLACEHOLDER, file, message));
                }
                self.candidates.push(Candidate {
                    policy: clean.policy,
                    policy_type,
                    links: clean.links,
                    without_id,
                    file: file.to_owned(),
                    pointer: pointer.to_owned(),
                });
            }
            Err(cut_off) => {
                let shown = cut_off.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
                let message = format!(
                    "{} cut off because the tool wrote with too small a depth, so the content is lost: {shown}",
                    count(cut_off.len(), "object was", "objects were")
                );
                let fix = "Export again with a greater depth (ConvertTo-Json -Depth 50).";
                self.findings.push(Finding::new(&codes::DAMAGED_FILE, file, message).at(pointer).fix(fix));
                self.outcome(file, pointer, Fate::Damaged);
            }
        }
    }

    fn side_file(&mut self, object: &mut Map<String, Value>, policy_type: &PolicyType, owner: &str, side: SideFile) {
        let name = side.name.clone();
        match side_files::merge(object, policy_type, side) {
            Merged::Taken => self.outcome(&name, "", Fate::Helper),
            Merged::AlreadyThere => {
                let message = format!("{owner} already contains this content and was used");
                self.findings.push(Finding::new(&codes::DUPLICATE_OBJECT, &name, message));
                self.outcome(&name, "", Fate::Helper);
            }
            Merged::NoPlace => self.nobody_took(&name),
            Merged::Damaged => {}
        }
    }

    fn nobody_took(&mut self, side: &str) {
        let seen = String::from("its policy is not in the folder, or cannot contain this kind of file");
        self.not_recognized(side, &[(String::new(), seen)]);
    }

    /// The tenant that the nearest migration table above a file names.
    fn tenant_of(&self, file: &str) -> Option<String> {
        let above = self.tables.iter().filter(|(folder, _)| file.starts_with(folder.as_str()));
        above.max_by_key(|(folder, _)| folder.len()).and_then(|(_, table)| table.tenant.id.clone())
    }

    fn outcome(&mut self, file: &str, pointer: &str, fate: Fate) {
        self.outcomes.push(Outcome { file: file.to_owned(), pointer: pointer.to_owned(), fate });
    }

    /// One finding per file and reason.
    fn not_recognized(&mut self, file: &str, unknown: &[(String, String)]) {
        let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (pointer, seen) in unknown {
            self.outcome(file, pointer, Fate::NotRecognized);
            reasons.entry(seen).or_default().push(pointer);
        }
        for (seen, places) in reasons {
            let message = if places.len() > 1 { format!("{} objects: {seen}", places.len()) } else { seen.to_owned() };
            let mut finding = Finding::new(&codes::NOT_RECOGNIZED, file, message);
            if let Some(place) = places.first().filter(|place| !place.is_empty()) {
                finding = finding.at(*place);
            }
            self.findings.push(finding);
        }
    }

    fn finish(mut self, other_files: usize) -> Adopted {
        for side in std::mem::take(&mut self.sides).into_values().flatten() {
            if side.content.is_some() {
                self.nobody_took(&side.name);
            }
        }
        let mut settled = identity::settle(std::mem::take(&mut self.candidates));
        let catalogue = self.knowledge.catalogue;
        self.findings.extend(names::resolve(&mut settled.kept, &mut self.directory, catalogue));
        self.findings.extend(links::resolve(&mut settled.kept, catalogue));
        self.findings.extend(losses::find(&settled.kept));
        settled.repoint(catalogue);
        self.findings.append(&mut settled.findings);
        self.outcomes.append(&mut settled.outcomes);
        self.outcomes.sort_by(|left, right| left.file.cmp(&right.file));
        let tenant = self.tenant();
        let policies: Vec<Kept> = settled.kept.into_iter().map(|candidate| candidate.policy.keep()).collect();
        let has_policy = |kind: &str, id: &str| {
            policies.iter().any(|policy| policy.type_name == kind && policy.key().eq_ignore_ascii_case(id))
        };
        for (folder, table) in &self.tables {
            table.complete(&mut self.directory, has_policy);
            for (of_type, number) in &table.others {
                let objects = count(*number, "object", "objects");
                let message = format!("left out of the directory: {objects} of the type `{of_type}`");
                let file = format!("{folder}MigrationTable.json");
                self.findings.push(Finding::new(&codes::NOT_RECOGNIZED, file, message));
            }
        }
        let counts = Counts::of(&self.outcomes, other_files);
        let origins = origins::with_policies(std::mem::take(&mut self.origins), &self.outcomes);
        Adopted {
            policies,
            directory: self.directory,
            tenant,
            findings: self.findings,
            outcomes: self.outcomes,
            counts,
            origins,
        }
    }

    /// The tenant, where all tables name the same.
    fn tenant(&mut self) -> Option<TenantInfo> {
        let mut tenants: Vec<&TenantInfo> = self.tables.values().map(|table| &table.tenant).collect();
        tenants.sort_by(|left, right| left.id.cmp(&right.id));
        tenants.dedup_by(|left, right| left.id == right.id);
        match tenants[..] {
            [one] => Some(one.clone()),
            [] => None,
            _ => {
                let ids: Vec<_> = tenants.iter().filter_map(|tenant| tenant.id.as_deref()).collect();
                let message = format!("tenants {}", ids.join(", "));
                self.findings.push(Finding::new(&codes::SEVERAL_SOURCE_TENANTS, "MigrationTable.json", message));
                None
            }
        }
    }
}
