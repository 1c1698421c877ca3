//! Tokens from outside Entra: the token services of GitHub Actions and Azure DevOps, and tokens for tests. A
//! real one is signed; here, what was given out is written down.

use serde_json::json;
use uuid::Uuid;

use super::desk::{Desk, Outside, exchange};
use super::said::{Ask, now, unsigned};
use crate::http::world::World;
use crate::odata::call::Reply;

const LIFETIME: i64 = 600;

/// Gives out a token that is good for so many seconds.
pub(crate) fn give(desk: &mut Desk, issuer: &str, subject: &str, audience: &str, seconds: i64) -> String {
    let until = now() + seconds;
    let claims = json!({
        "iss": issuer, "sub": subject, "aud": audience, "exp": until, "iat": now(), "jti": Uuid::new_v4().to_string()
    });
    let token = unsigned(&claims);
    let [issuer, subject, audience] = [issuer, subject, audience].map(ToOwned::to_owned);
    desk.outside.insert(token.clone(), Outside { issuer, subject, audience, until });
    token
}

fn is_allowed(world: &World, ask: &Ask<'_>) -> bool {
    ask.header("authorization").strip_prefix("Bearer ") == Some(world.desk.secret.as_str())
}

/// What `ACTIONS_ID_TOKEN_REQUEST_URL` names.
pub(super) fn github(world: &mut World, ask: &Ask<'_>) -> Reply {
    if !is_allowed(world, ask) {
        return Reply::new(401, json!({"message": "The job's token is not accepted."}));
    }
    let query = ask.query();
    let audience = match query.get("audience") {
        "" => "https://github.com/contoso",
        given => given,
    };
    let issuer = "https://token.actions.githubusercontent.com";
    let token = give(&mut world.desk, issuer, "repo:contoso/intune:ref:refs/heads/main", audience, LIFETIME);
    Reply::new(200, json!({"value": token}))
}

/// What `SYSTEM_OIDCREQUESTURI` names.
pub(super) fn azure_devops(world: &mut World, ask: &Ask<'_>) -> Reply {
    let query = ask.query();
    let connection = query.get("serviceConnectionId");
    if !is_allowed(world, ask) {
        return Reply::empty(401);
    }
    if query.get("api-version").is_empty() || connection.is_empty() {
        return Reply::new(400, json!({"message": "A service connection and an api-version are needed."}));
    }
    let (issuer, subject) = ("https://vstoken.dev.azure.com/contoso", format!("sc://contoso/intune/{connection}"));
    let token = give(&mut world.desk, issuer, &subject, &exchange(), LIFETIME);
    Reply::new(200, json!({"oidcToken": token}))
}
