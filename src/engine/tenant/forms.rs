//! Asks for what belongs to policies, in the first form that the service takes, and remembers for the run what it
//! refuses. Which forms there are is [`super::detail_requests`]'.

use serde_json::Value;

use super::addresses::api;
use super::detail_requests::WantedDetail;
use crate::catalogue::PolicyType;
use crate::graph::{Client, Facts, GraphError};

/// The answers to what is wanted, each in the first form that the service takes. Where it takes none, the error of
/// the usual form.
pub(super) async fn asked(
    client: &Client,
    policy_type: &PolicyType,
    wanted: &[WantedDetail],
) -> Vec<Result<Value, GraphError>> {
    let plain = client.plain_forms();
    let missing = || GraphError::Setup { message: String::from("it was not requested") };
    let mut answers: Vec<Result<Value, GraphError>> = wanted.iter().map(|_| Err(missing())).collect();
    let start = |wanted: &WantedDetail| plain.first(&wanted.question).min(wanted.forms.len().saturating_sub(1));
    let mut open: Vec<(usize, usize)> = wanted.iter().enumerate().map(|(at, it)| (at, start(it))).collect();
    let mut first = true;
    while !open.is_empty() {
        let paths: Vec<String> = open.iter().map(|(at, form)| wanted[*at].forms[*form].path.clone()).collect();
        let mut again = Vec::new();
        for ((at, form), answer) in open.into_iter().zip(client.batch(api(policy_type), &paths).await) {
            let it = &wanted[at];
            let answer = match (&it.forms[form].take, answer) {
                (Some(property), Ok(object)) => taken(client, object, property).await,
                (_, answer) => answer,
            };
            match answer {
                Err(error) if error.is_of_form() && form + 1 < it.forms.len() => {
                    if first {
                        answers[at] = Err(error);
                    }
                    again.push((at, form + 1));
                }
                // Of what no form gives, the usual one says most.
                Err(error) if error.is_of_form() && !first => drop(error),
                Ok(answer) => {
                    (start(it)..form).for_each(|refused| plain.refused(&it.question, refused));
                    answers[at] = Ok(answer);
                }
                Err(error) => answers[at] = Err(error),
            }
        }
        (open, first) = (again, false);
    }
    answers
}

/// What an object was expanded by, to its last page.
async fn taken(client: &Client, mut object: Value, property: &str) -> Result<Value, GraphError> {
    let Some(mut found) = object.get_mut(property).map(Value::take) else {
        let message = format!("the answer does not contain the requested {property}");
        return Err(GraphError::Answer(Box::new(Facts { message, ..Facts::default() })));
    };
    let link = object.get_mut(format!("{property}@odata.nextLink")).map(Value::take);
    if let (Some(link), Some(values)) = (link, found.as_array_mut()) {
        values.extend(client.rest(link).await?);
    }
    Ok(found)
}
