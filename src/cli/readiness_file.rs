//! Results of `ready` in files: read, and compared with each other.

use std::path::Path;

use serde_json::json;

use super::answer::Answer;
use super::context::Context;
use super::error::{CliError, file_error};
use super::files::Kind;
use crate::engine::ready::Readiness;
use crate::engine::ready::compare::compare as changes;
use crate::engine::ready::state::FORMAT;
use crate::exit::Exit;
use crate::misread::in_words;
use crate::text;
use crate::ui::readiness;

/// Far more than the result of any tenant.
const LARGEST: u64 = 64 * 1024 * 1024;

/// Compares two results; none where neither word names one.
pub fn compare(left: &str, right: &str, context: &Context) -> Result<Option<Answer>, CliError> {
    let [is_left, is_right] = [left, right].map(|word| is_one(Path::new(word)));
    let (before, after) = match (is_left, is_right) {
        (false, false) => return Ok(None),
        (true, true) => (read(Path::new(left))?, read(Path::new(right))?),
        (is_left, _) => {
            let (one, other) = if is_left { (left, right) } else { (right, left) };
            let message = format!("{one} is a result of ready, and {other} is not");
            return Err(CliError::usage(message).hint("Compare two files that `ready --out` wrote, or two trees."));
        }
    };
    if before.tenant.id != after.tenant.id {
        return Err(CliError::usage("the two results are of different tenants").hint("Compare results of one tenant."));
    }
    let list = changes(&before, &after);
    let exit = if list.is_empty() { Exit::Done } else { Exit::Differences };
    let worse = list.iter().filter(|change| change.is_worse()).count();
    let mut answer = Answer::new(exit, readiness::changes(&before, &after, &list, context.look()));
    answer.counts = [("changed", list.len()), ("worse", worse)].map(|(word, number)| (word.to_owned(), number)).into();
    Ok(Some(answer.details(json!({"left": left, "right": right, "checks": list}))))
}

fn is_one(path: &Path) -> bool {
    path.is_file() && std::fs::metadata(path).is_ok_and(|about| about.len() > 0) && Kind::Readiness.is_kind_of(path)
}

/// Reads a result. One of another format is refused.
fn read(path: &Path) -> Result<Readiness, CliError> {
    let text = text::read(path, LARGEST).map_err(|error| file_error("read", path, &error))?;
    let result: Readiness = serde_json::from_str(&text).map_err(|error| {
        let why = in_words(&error.to_string());
        CliError::usage(format!("{}, line {}: {why}", path.display(), error.line()))
            .hint("Run ready again with this version of the program.")
    })?;
    if result.ready != FORMAT {
        let message = format!("{} has the format {}, and this program reads {FORMAT}", path.display(), result.ready);
        return Err(CliError::usage(message).hint("Run ready again with this version of the program."));
    }
    Ok(result)
}
