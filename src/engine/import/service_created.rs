//! Objects that the service makes together with the policy that names them, such as the message templates of an
//! enrollment notification. A new policy says only that it wants them; what the service made is then found and given
//! to the steps it belongs to, which fill it. Not for writing them: that is `create`'s.

use std::sync::PoisonError;

use super::importer::Importer;
use crate::catalogue::Form;
use crate::catalogue::id_form::bare_id;
use crate::engine::error::{EngineError, ends_run};
use crate::engine::journal::write::Sending;
use crate::engine::journal::{Does, Reply, RequestOutcome};
use crate::engine::plan::prepared::Earlier;
use crate::engine::plan::target_ids::identity;
use crate::engine::tenant::reader;
use crate::graph::Method;
use crate::mapping::{Await, Need};
use crate::policy::{Policy, path};

/// Finds what the service made together with a new object. What cannot be found now shows when the object is
/// read back.
pub(super) async fn adopt(importer: &Importer<'_>, index: usize, id: &str) -> Result<(), EngineError> {
    let work = &importer.steps[index].work;
    let wanted = |place: &&Await| {
        let in_tree = matches!(place.needs, Need::Policy { .. });
        place.made_with.is_some() && in_tree && importer.state().target_ids.of(place).is_none()
    };
    let open: Vec<&Await> = work.rewritten.awaits.iter().filter(wanted).collect();
    let Some(policy_type) = importer.policy_type(index).filter(|_| !open.is_empty()) else {
        return Ok(());
    };
    let tenant = importer.quiet();
    let found = match reader::one(tenant, policy_type, id).await {
        Ok(found) => found,
        Err(error) if ends_run(&error) => return Err(error.into()),
        Err(_) => return Ok(()),
    };
    for place in open {
        let made = made(&work.rewritten.policy.open(), &found, place);
        let Some(made) = made.filter(|made| place.made_with.as_ref() != Some(made)) else { continue };
        let (kind, key) = identity(place);
        let belongs_to = format!("{kind}/{key}");
        if !matches!(importer.earlier(&belongs_to), Earlier::Created(_)) {
            write_made(importer, &belongs_to, &policy_type.path, &made)?;
        }
        importer.adopted.lock().unwrap_or_else(PoisonError::into_inner).insert(made.clone());
        importer.patience.is_new(&made);
        let mut state = importer.state();
        state.target_ids.insert(kind, key, &made);
        state.made.insert(belongs_to, made);
    }
    Ok(())
}

/// Writes down that it was made, so that an undo takes it away.
fn write_made(importer: &Importer<'_>, step: &str, path: &str, id: &str) -> Result<(), EngineError> {
    let method = Method::POST;
    let sending = Sending { step, does: Does::Create, method: method.as_str(), path, body: None, before: None };
    let n = importer.run.journal.intent(&sending)?;
    let target_id = Some(id.to_owned());
    importer.run.journal.result(Reply { n, outcome: RequestOutcome::Ok, target_id, error: None, approval: None })
}

/// The id of what the service made for a place: the element of the same list that begins alike.
fn made(wanted: &Policy, found: &Policy, place: &Await) -> Option<String> {
    let text = path::at(&wanted.body, &place.pointer)?.as_str()?;
    let beginning = |text: &str| text.split_once('_').map(|(beginning, _)| beginning.to_ascii_lowercase());
    let id = |text: &str| bare_id(text, place.form).map(str::to_owned);
    if place.form != Form::Prefixed {
        return id(path::at(&found.body, &place.pointer)?.as_str()?);
    }
    let list = path::at(&found.body, path::parent(&place.pointer))?.as_array()?;
    let mut texts = list.iter().filter_map(|element| element.as_str());
    texts.find(|other| beginning(other) == beginning(text)).and_then(id)
}
