//! The sign-in with a browser (authorization code with PKCE): the page where a person signs in, the consent, the way
//! back to the client's port, and the exchange of the code, which is checked for all that it was asked with.
//!
//! Sources, all read 2026-11-30: learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow (parameters, form
//! and query answers, errors), .../reply-url (loopback addresses without their port), .../reference-error-codes (numbers).

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use url::{Host, Url};
use uuid::Uuid;

use super::desk::{Begun, Code, Grant, Wanted};
use super::html::{escaped, page};
use super::said::{Ask, Form, error};
use super::{clients, issue};
use crate::http::world::World;
use crate::odata::call::Reply;

/// A code is good for about this long.
const LIFETIME: Duration = Duration::from_mins(10);
/// The password of everybody.
const PASSWORD: &str = "sandbox";
/// The page where a person signs in, or why there is none: where the client or its address are not known, nothing is
/// sent back to it.
pub(super) fn authorize(world: &mut World, name: &str, ask: &Ask<'_>) -> Reply {
    let asked = ask.query();
    let Some(tenant) = world.tenant(name) else { return fault("AADSTS90002: Tenant not found.") };
    let tenant = tenant.id.clone();
    let client = asked.get("client_id").to_owned();
    if !clients::is_known(world, &tenant, &client) {
        return fault("AADSTS700016: The application was not found in the directory.");
    }
    if !is_local(asked.get("redirect_uri")) {
        return fault("AADSTS50011: The redirect URI does not match the redirect URIs configured for the application.");
    }
    let begun = Begun {
        id: Uuid::new_v4().to_string(),
        tenant,
        client,
        redirect: asked.get("redirect_uri").to_owned(),
        by_form: asked.get("response_mode") == "form_post",
        state: asked.get("state").to_owned(),
        nonce: asked.get("nonce").to_owned(),
        challenge: asked.get("code_challenge").to_owned(),
        wanted: Wanted::of(asked.get("scope")),
        user: String::new(),
    };
    let wrong = match () {
        () if asked.get("response_type") != "code" => "AADSTS70005: The response type is not supported.",
        () if !["", "query", "form_post"].contains(&asked.get("response_mode")) => {
            "AADSTS70007: The response mode is not supported."
        }
        () if asked.get("scope").is_empty() => "AADSTS900144: The request must contain the parameter 'scope'.",
        () if asked.get("code_challenge_method") != "S256" || begun.challenge.len() != 43 => {
            "AADSTS9002325: Proof Key for Code Exchange is required."
        }
        () => {
            let page = account_page(&begun, "");
            world.desk.begun.push(begun);
            return page;
        }
    };
    back(&begun, &[("error", "invalid_request"), ("error_description", wrong)])
}

/// A person entered an account, or went away.
pub(super) fn account(world: &mut World, form: &Form) -> Reply {
    let Some(mut begun) = taken(world, form) else { return fault("AADSTS90014: The sign-in is not known any more.") };
    if form.get("answer") == "cancel" {
        return declined(&begun);
    }
    let user = form.get("username").trim().to_lowercase();
    let domain = world.tenant(&begun.tenant).map(|tenant| tenant.default_domain.to_lowercase()).unwrap_or_default();
    if !user.strip_suffix(&domain).is_some_and(|name| name.len() > 1 && name.ends_with('@')) {
        let page = account_page(&begun, "This username may be incorrect. (AADSTS50034)");
        world.desk.begun.push(begun);
        return page;
    }
    if form.get("password") != PASSWORD {
        let page = account_page(&begun, "Your account or password is incorrect. (AADSTS50126)");
        world.desk.begun.push(begun);
        return page;
    }
    begun.user = user;
    let missing = clients::missing(world, &begun.tenant, &begun.client, &begun.wanted);
    if missing.is_empty() {
        return signed_in(world, begun);
    }
    let page = if begun.user.starts_with("admin@") { consent_page(&begun, &missing) } else { approval_page(&begun) };
    world.desk.begun.push(begun);
    page
}

/// A person consented, or did not.
pub(super) fn consent(world: &mut World, form: &Form) -> Reply {
    let Some(begun) = taken(world, form).filter(|begun| !begun.user.is_empty()) else {
        return fault("AADSTS90014: The sign-in is not known any more.");
    };
    match form.get("answer") {
        "accept" if begun.user.starts_with("admin@") => {
            clients::consent(world, &begun.tenant, &begun.client, &begun.wanted);
            signed_in(world, begun)
        }
        "return" => back(
            &begun,
            &[
                ("error", "access_denied"),
                ("error_description", "AADSTS90094: The grant requires administrator permission."),
            ],
        ),
        _ => declined(&begun),
    }
}

/// Where an administrator consents for all users (learn.microsoft.com/entra/identity-platform/v2-admin-consent, read
/// 2026-11-30). Whoever opens it here is one.
pub(super) fn admin_page(world: &mut World, name: &str, ask: &Ask<'_>) -> Reply {
    let asked = ask.query();
    let Some(tenant) = world.tenant(name) else { return fault("AADSTS90002: Tenant not found.") };
    let (id, client) = (tenant.id.clone(), asked.get("client_id"));
    if !clients::is_known(world, &id, client) {
        return fault("AADSTS700016: The application was not found in the directory.");
    }
    let list = list_of(asked.get("scope").split_whitespace());
    let hidden = |name: &str| format!("<input type=hidden name={name} value=\"{}\">", escaped(asked.get(name)));
    page(&format!(
        "<h2>Permissions requested for all users</h2><ul>{list}</ul><form method=post action=\"/{id}/adminconsent\">\
         {}{}{}<button name=answer value=accept>Accept</button></form>",
        hidden("client_id"),
        hidden("scope"),
        hidden("redirect_uri")
    ))
}

pub(super) fn admin_consent(world: &mut World, name: &str, form: &Form) -> Reply {
    let Some(tenant) = world.tenant(name).map(|tenant| tenant.id.clone()) else {
        return fault("AADSTS90002: Tenant not found.");
    };
    clients::consent(world, &tenant, form.get("client_id"), &Wanted::of(form.get("scope")));
    page("<p>Granted for all users.</p>")
}

/// The exchange of a code for a token.
pub(super) fn redeem(world: &mut World, tenant: &str, form: &Form) -> Reply {
    if !clients::is_public(world, tenant, form.get("client_id")) {
        let message = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
        return error(401, "invalid_client", 7_000_218, message);
    }
    let refuse = |code: u32, message: &str| error(400, "invalid_grant", code, message);
    let given = form.get("code");
    let Some(code) = world.desk.codes.iter_mut().find(|code| code.text == given && code.begun.tenant == tenant) else {
        return refuse(70_000, "The provided authorization code is not valid.");
    };
    if std::mem::replace(&mut code.used, true) {
        return refuse(54_005, "OAuth2 Authorization code was already redeemed.");
    }
    let begun = code.begun.clone();
    if code.until <= Instant::now() {
        return refuse(70_008, "The provided authorization code has expired.");
    }
    if begun.client != form.get("client_id") {
        return refuse(700_005, "The provided authorization code is intended to use against another application.");
    }
    if begun.redirect != form.get("redirect_uri") {
        return refuse(
            500_112,
            "The reply address does not match the reply address provided when requesting the code.",
        );
    }
    let verifier = form.get("code_verifier");
    if !(43..=128).contains(&verifier.len())
        || URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes())) != begun.challenge
    {
        return refuse(
            501_481,
            "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
        );
    }
    let may_refresh = begun.wanted.may_refresh;
    let grant = Grant { tenant: begun.tenant, client: begun.client, user: Some(begun.user) };
    issue::answer(world, &grant, may_refresh, Some(&begun.nonce))
}

fn taken(world: &mut World, form: &Form) -> Option<Begun> {
    let at = world.desk.begun.iter().position(|begun| begun.id == form.get("request"))?;
    Some(world.desk.begun.remove(at))
}

fn signed_in(world: &mut World, begun: Begun) -> Reply {
    let text = format!("1.{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    let page = back(&begun, &[("code", &text), ("session_state", &Uuid::new_v4().to_string())]);
    world.desk.codes.push(Code { text, begun, until: Instant::now() + LIFETIME, used: false });
    page
}

fn declined(begun: &Begun) -> Reply {
    let description = "AADSTS65004: User declined to consent to access the app.";
    back(begun, &[("error", "access_denied"), ("error_subcode", "cancel"), ("error_description", description)])
}

/// The way back to the client: as a form that the browser posts, or in the address.
fn back(begun: &Begun, answer: &[(&str, &str)]) -> Reply {
    let mut fields = answer.to_vec();
    fields.push(("state", &begun.state));
    if begun.by_form {
        let inputs: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("<input type=hidden name=\"{name}\" value=\"{}\">", escaped(value)))
            .collect();
        let inputs = inputs.concat();
        return page(&format!(
            "<form method=post action=\"{}\">{inputs}<noscript><button>Continue</button></noscript></form>\
             <script>document.forms[0].submit()</script>",
            escaped(&begun.redirect)
        ));
    }
    let Ok(mut address) = Url::parse(&begun.redirect) else {
        return fault("AADSTS50011: The redirect URI is invalid.");
    };
    address.query_pairs_mut().extend_pairs(fields);
    Reply::empty(302).with("location", address.into())
}

/// `http://localhost` with any port, as it is registered for this kind of client.
fn is_local(redirect: &str) -> bool {
    Url::parse(redirect).is_ok_and(|url| {
        url.scheme() == "http"
            && url.host() == Some(Host::Domain("localhost"))
            && url.path() == "/"
            && url.query().is_none()
    })
}

fn account_page(begun: &Begun, wrong: &str) -> Reply {
    page(&format!(
        "<p role=alert>{}</p><form method=post action=\"/{}/login\"><input type=hidden name=request value=\"{}\">\
         <p><label>Account <input name=username autofocus></label></p>\
         <p><label>Password <input name=password type=password></label> (of everybody here: {PASSWORD})</p>\
         <p><button name=answer value=next>Sign in</button> <button name=answer value=cancel>Cancel</button></p></form>",
        escaped(wrong),
        begun.tenant,
        begun.id
    ))
}

fn list_of<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("<li>{}</li>", escaped(name))).collect::<Vec<_>>().concat()
}

fn consent_page(begun: &Begun, missing: &BTreeSet<String>) -> Reply {
    let list = list_of(missing.iter().map(String::as_str));
    page(&format!(
        "<h2>Permissions requested</h2><ul>{list}</ul><form method=post action=\"/{}/consent\">\
         <input type=hidden name=request value=\"{}\"><p><button name=answer value=accept>Accept</button> \
         <button name=answer value=decline>Cancel</button></p></form>",
        begun.tenant, begun.id
    ))
}

fn approval_page(begun: &Begun) -> Reply {
    page(&format!(
        "<h2>Need admin approval</h2><form method=post action=\"/{}/consent\">\
         <input type=hidden name=request value=\"{}\"><p><button name=answer value=return>Return to the application \
         without granting consent</button></p></form>",
        begun.tenant, begun.id
    ))
}

fn fault(message: &str) -> Reply {
    Reply { status: 400, ..page(&format!("<p role=alert>{}</p>", escaped(message))) }
}
