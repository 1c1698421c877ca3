//! The lines of a journal. The file's schema is `policies-schema/journal.schema.json`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::engine::plan::new_objects::GroupToCreate;
use crate::engine::plan::plan_file::Plan;
use crate::engine::plan::prepared::Prepared;
use crate::engine::plan::target_ids::KnownId;
use crate::finding::Finding;
use crate::mapping::Mapping;

/// The journal's format number.
pub const FORMAT: u32 = 1;

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Line {
    /// The first line, and only that.
    Header(Box<Header>),
    /// What is about to be sent.
    Intent(Intent),
    /// Its result.
    Result(Reply),
    /// How an object was when the run had written it.
    State(StateLine),
    /// All that a step's object, or its assignments, needed was sent and answered.
    Done(DoneLine),
    /// A step's object, its assignments or its place were refused.
    Refused(RefusedLine),
    /// From here on, the object may have another place among those that are ranked with it.
    Place(PlaceLine),
    /// From here on, the step's content is uploaded to this file.
    Upload(UploadLine),
    /// A block of it has arrived.
    Block(BlockLine),
    /// The pilot's assignments become the tree's from here on.
    Wave(ResumeLine),
    /// The run is taken back from here on: every request that follows is the undo's.
    Undo(ResumeLine),
    /// A create of unknown fate did happen.
    Found(FoundLine),
    /// The run was gone on with here.
    Resume(ResumeLine),
    /// The run came to an end here.
    End(EndLine),
}

/// Where a run's inputs are, so that it can be gone on with from any folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Origin {
    /// The tree's folder.
    pub tree: PathBuf,
    /// The mapping's file, where one was given.
    pub mapping: Option<PathBuf>,
    /// The target as it was named on the command line.
    pub tenant: String,
    /// The configuration's file, where one was named.
    pub config: Option<PathBuf>,
    /// The folder of contents, where one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_content: Option<PathBuf>,
}

/// What a run is: everything that is needed to go on with it, or to undo it, without any other option.
/// What the tree holds is not repeated: its fingerprint is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Header {
    /// [`FORMAT`].
    pub format: u32,
    /// When the run began, in UTC.
    pub started: String,
    /// The version of the program.
    pub program: String,
    /// Where the inputs are.
    pub origin: Origin,
    /// What is carried out: options, fingerprints, tenants, and every step with the object it was matched
    /// with, or none.
    pub plan: Plan,
    /// The mapping as the plan holds it against the target: names resolved, undecided where it does not hold.
    pub mapping: Option<Mapping>,
    /// The ids that the target's lists had when the plan was made, by type: what is not here is new.
    pub known: BTreeMap<String, BTreeSet<String>>,
    /// The target's ids of source objects, as far as the plan knew them.
    pub ids: Vec<KnownId>,
    /// Groups that the run creates.
    pub groups: Vec<GroupToCreate>,
    /// Why its writes should be approved, where the tenant wants a second administrator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub justification: Option<String>,
}

impl Header {
    /// The header of a run that begins now.
    pub fn new(origin: Origin, prepared: &Prepared) -> Self {
        Self {
            format: FORMAT,
            started: now(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            origin,
            plan: prepared.plan.clone(),
            mapping: prepared.mapping.clone(),
            known: prepared.known.clone(),
            ids: prepared.target_ids.to_list(),
            groups: prepared.groups.clone(),
            justification: None,
        }
    }
}

/// What a changing request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Does {
    /// It makes the step's object; the reply's id is the object's.
    Create,
    /// It changes the step's object itself.
    Change,
    /// It writes something that belongs to the object: a second-phase write.
    Part,
    /// It sets or removes a link to another object.
    Link,
    /// It writes assignments.
    Assign,
    /// It gives the object its place among the others.
    Rank,
    /// It deletes the step's object: only an undo does.
    Remove,
}

impl Does {
    /// Whether it writes something that belongs to the step's object, and not the object itself.
    pub fn belongs_to_an_object(self) -> bool {
        matches!(self, Self::Part | Self::Link | Self::Assign)
    }
}

/// What is about to be sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Intent {
    /// The number of the request within the journal; ties the result to it.
    pub n: u64,
    /// The step, as `type/key`.
    pub step: String,
    /// What the request is for.
    pub does: Does,
    /// The HTTP method.
    pub method: String,
    /// Path below the version root.
    pub path: String,
    /// Fingerprint of the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The object as it was before the run touched it, its secrets sealed; with its first changing request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
}

/// The result of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RequestOutcome {
    /// Graph did it.
    Ok,
    /// Graph refused it: it did not happen.
    Failed,
    /// No answer says whether it happened.
    Unknown,
    /// It waits for a second administrator: it did not happen yet.
    Pending,
}

/// The result of what was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reply {
    /// The intent's number.
    pub n: u64,
    /// How it went.
    pub outcome: RequestOutcome,
    /// The id that the answer gave, where it gave one: of the object, or of the element of a part.
    pub target_id: Option<String>,
    /// Why it did not happen, or why that is not known.
    pub error: Option<String>,
    /// What the service calls the request for approval, where it waits for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<String>,
}

/// How an object was when the run had written it and read it back: what differs later, somebody changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StateLine {
    /// The step, as `type/key`.
    pub step: String,
    /// Fingerprint of the object outside its assignments.
    pub object: String,
    /// Fingerprint of its assignments.
    pub assignments: String,
    /// Whether it was not as meant: whoever goes on looks again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub differs: bool,
}

/// What of a step is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Piece {
    /// The object with all that belongs to it.
    Object,
    /// Its assignments.
    Assignments,
    /// Its place among the others, which is never done for good: somebody may move it.
    Rank,
}

/// All that a piece of a step needed was sent and answered: whoever goes on does not send it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DoneLine {
    /// The step, as `type/key`.
    pub step: String,
    /// What of it.
    pub piece: Piece,
}

/// What a piece of a step needed was refused: until the run has ended, it is not sent again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RefusedLine {
    /// The step, as `type/key`.
    pub step: String,
    /// What of it.
    pub piece: Piece,
    /// Why.
    pub finding: Finding,
}

/// The object may have another place from here on: the run moves it, or others past it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlaceLine {
    /// The step, as `type/key`.
    pub step: String,
    /// The object as it was before the run touched it, unless an intent has it already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
}

/// The step's content is uploaded to a file of the service. What opens the content follows from the salt and from the
/// content itself, which no journal holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UploadLine {
    /// The step, as `type/key`.
    pub step: String,
    /// Path of the file below the version root.
    pub file: String,
    /// A random number, in base64.
    pub salt: String,
    /// Fingerprint of the sealed content.
    pub print: String,
}

/// A block of the step's content has arrived: whoever goes on does not send it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BlockLine {
    /// The step, as `type/key`.
    pub step: String,
    /// Its place in the content, from 0.
    pub place: u64,
}

/// A create of unknown fate did happen: the object was found in the target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FoundLine {
    /// The intent's number.
    pub n: u64,
    /// The object's id.
    pub target_id: String,
}

/// The run is gone on with, or taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResumeLine {
    /// When, in UTC.
    pub started: String,
    /// By which version of the program.
    pub program: String,
}

impl ResumeLine {
    /// By this program, now.
    pub(super) fn now() -> Self {
        Self { started: now(), program: env!("CARGO_PKG_VERSION").to_owned() }
    }
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EndLine {
    /// Whether it came to its own end.
    pub outcome: Ending,
    /// When, in UTC.
    pub ended: String,
}

/// Whether a run came to its own end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// Everything was tried.
    Finished,
    /// It was stopped, or could not go on.
    Interrupted,
}

/// This moment, as journals write it.
pub(super) fn now() -> String {
    jiff::Timestamp::now().to_string()
}
