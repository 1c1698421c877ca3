//! Answers to many paths, of which some are collections and some are objects: each is what its path gives, or an error.

use serde_json::{Value, json};

use crate::graph::{Api, Client, GraphError, values};

/// Reads all paths in few requests, in their order. A collection is whole, and an object with `value` as a collection is.
pub(crate) async fn batch(
    client: &Client,
    api: Api,
    paths: &[String],
    is_collection: impl Fn(&str) -> bool,
) -> Vec<Result<Value, GraphError>> {
    let understood = |(path, answer): (&String, Result<Value, GraphError>)| {
        let answer = answer?;
        if is_collection(path) { Ok(json!({"value": values(api, path, answer)?})) } else { Ok(answer) }
    };
    paths.iter().zip(client.batch(api, paths).await).map(understood).collect()
}
