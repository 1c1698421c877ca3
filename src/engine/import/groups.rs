//! Creates the groups that a mapping wants, and waits until they can be used.

use std::time::Duration;

use serde_json::json;

use super::importer::Importer;
use super::request::{Request, WriteError, Writer, is_refusal};
use super::uncertain_create;
use crate::catalogue::Form;
use crate::catalogue::id_form::with_id;
use crate::engine::journal::{Does, Piece};
use crate::engine::plan::new_objects::GroupToCreate;
use crate::engine::plan::prepared::Earlier;
use crate::engine::plan::target_ids::TargetIds;
use crate::engine::tenant::directory_lookup::equals;
use crate::event::Event;
use crate::finding::{Finding, codes};
use crate::graph::{Api, Method, WriteKind};
use crate::mapping::GROUP;

/// Entra shows a new group late (api-behaviour.md section 3): how often and how long it is waited for.
const LOOKS: u32 = 10;

/// Creates the groups that the mapping wants; without one, what is assigned to it fails on its own. Kind, source id,
/// name and target id of each.
pub(super) async fn create_all(
    importer: &Importer<'_>,
    wanted: &[GroupToCreate],
) -> Vec<(String, String, String, String)> {
    let mut created = Vec::new();
    for group in wanted {
        if importer.is_ending() {
            break;
        }
        let step = format!("{GROUP}/{}", group.source_id);
        let outcome = if let Some(refused) = importer.past(&step).and_then(|past| past.refused.clone()) {
            Err(refused.into())
        } else {
            let known = importer.state().target_ids.clone();
            create(importer.writer(), group, &known, importer.earlier(&step), importer.arrivals.is_planned_now()).await
        };
        let why = match outcome {
            Ok(id) => {
                importer.state().target_ids.insert(GROUP, &group.source_id, &id);
                created.push((GROUP.to_owned(), group.source_id.clone(), group.name.clone(), id));
                continue;
            }
            Err(WriteError::Run(error)) => {
                importer.end(error);
                continue;
            }
            Err(WriteError::Object(finding)) => finding.message,
            Err(WriteError::Graph(error)) => {
                let subject = format!("{GROUP}/{}", group.name);
                let finding = Finding::new(&codes::WRITE_FAILED, subject, error.to_string());
                if is_refusal(&error)
                    && let Err(error) = importer.run.journal.refused(&step, Piece::Object, &finding)
                {
                    importer.end(error);
                }
                finding.message
            }
        };
        importer
            .run
            .tenant
            .reporter
            .report(Event::Note(format!("group \"{}\" could not be created: {why}", group.name)));
    }
    created
}

/// Creates one security group, dynamic where it has a rule; its id in the target. Unless it was planned just now,
/// it is looked for first: another import of the same mapping may have made it.
async fn create(
    writer: Writer<'_>,
    group: &GroupToCreate,
    known: &TargetIds,
    earlier: &Earlier,
    planned_now: bool,
) -> Result<String, WriteError> {
    let (step, subject) = (format!("{GROUP}/{}", group.source_id), format!("{GROUP}/{}", group.name));
    let find = async || find(writer, group, &step).await;
    let there = match earlier {
        Earlier::Created(id) | Earlier::Made(id) => Some(id.clone()),
        Earlier::Perhaps | Earlier::Absent => uncertain_create::several_times(writer.client, find).await?,
        Earlier::Nothing | Earlier::Touched if planned_now => None,
        Earlier::Nothing | Earlier::Touched => find().await?,
    };
    let id = if let Some(id) = there {
        id
    } else {
        let rule = rule(group, known, &subject)?;
        let post = async || post(writer, group, rule.as_deref(), &step).await;
        uncertain_create::until_certain(writer.client, post, find).await?
    };
    writer.patience.is_new(&id);
    wait_until_listed(writer, &id).await;
    Ok(id)
}

async fn post(writer: Writer<'_>, group: &GroupToCreate, rule: Option<&str>, step: &str) -> Result<String, WriteError> {
    let mut body = json!({
        "displayName": group.name,
        "mailEnabled": false,
        "mailNickname": nickname(&group.name),
        "securityEnabled": true,
    });
    if let Some(description) = &group.description {
        body["description"] = json!(description);
    }
    if let Some(rule) = rule {
        body["groupTypes"] = json!(["DynamicMembership"]);
        body["membershipRule"] = json!(rule);
        body["membershipRuleProcessingState"] = json!("On");
    }
    let subject = format!("{GROUP}/{}", group.name);
    let request = Request {
        step,
        subject: &subject,
        does: Does::Create,
        method: Method::POST,
        api: Api::V1,
        path: "groups",
        body: Some(body),
        kind: WriteKind::Create,
        before: None,
    };
    let answer = writer.send(request).await?;
    let id = answer.as_ref().and_then(|answer| answer["id"].as_str()).map(str::to_owned);
    id.ok_or_else(|| {
        Finding::new(&codes::WRITE_FAILED, subject, "Graph's answer does not contain the new group's ID").into()
    })
}

/// The group that a create of unknown fate made: there was none of this name when the plan was made, and
/// the nickname is of our own making.
async fn find(writer: Writer<'_>, group: &GroupToCreate, step: &str) -> Result<Option<String>, WriteError> {
    let path = format!("groups?$filter={}&$select=id,mailNickname", equals("displayName", &group.name));
    let listed = writer.client.list(Api::V1, &path).await?;
    let own = nickname(&group.name);
    let made: Vec<&str> = listed
        .iter()
        .filter(|found| found["mailNickname"].as_str() == Some(&own))
        .filter_map(|found| found["id"].as_str())
        .collect();
    match made.as_slice() {
        [] => Ok(None),
        [only] => {
            writer.journal.found(step, only).map_err(WriteError::Run)?;
            Ok(Some((*only).to_owned()))
        }
        several => {
            let message = format!("it is unknown whether the group was created, and {} groups match it", several.len());
            Err(Finding::new(&codes::AMBIGUOUS_MATCH, format!("{GROUP}/{}", group.name), message).into())
        }
    }
}

/// The membership rule with the ids of the groups that were made before.
fn rule(group: &GroupToCreate, known: &TargetIds, subject: &str) -> Result<Option<String>, WriteError> {
    let Some(mut rule) = group.membership_rule.clone() else { return Ok(None) };
    for wanted in &group.waits {
        let Some(id) = known.get(GROUP, wanted) else {
            let message = format!("its membership rule names the group {wanted}, which does not exist in the target");
            return Err(Finding::new(&codes::BLOCKED_BY, subject, message).into());
        };
        rule = with_id(&rule, Form::Within, wanted, id);
    }
    Ok(Some(rule))
}

/// Waits until the group is in lists too: they come from an index that lags behind, and so does what
/// checks whether a group exists (api-behaviour.md section 3). After the last look, or where looking is not
/// possible, it is simply tried: the group is there, and must not be made again.
async fn wait_until_listed(writer: Writer<'_>, id: &str) {
    let path = format!("groups?$filter={}&$select=id", equals("id", id));
    for look in 0..LOOKS {
        match writer.client.list(Api::V1, &path).await {
            Ok(found) if !found.is_empty() => return,
            Err(error) if !error.is_not_found() => return,
            _ => tokio::time::sleep(Duration::from_millis(200 << look.min(5))).await,
        }
    }
}

/// A mail nickname from a name: Entra wants one of plain characters, at most 64.
fn nickname(name: &str) -> String {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).take(48).collect();
    let mark = &crate::policy::fingerprint::sha256_hex(name.as_bytes())[..8];
    format!("{plain}{mark}")
}
