//! The device code (RFC 8628): the code, the page where a person enters it, and the polling, which may not be
//! hasty.

use std::time::{Duration, Instant};

use serde_json::json;
use uuid::Uuid;

use super::desk::{Device, Grant, Wanted};
use super::html::page as html;
use super::said::{Ask, Form, error, unknown_application, unknown_tenant};
use super::{clients, issue};
use crate::http::world::World;
use crate::odata::call::Reply;

/// RFC 8628: what "slow down" adds.
const SLOW_DOWN: Duration = Duration::from_secs(5);

pub(super) fn code(world: &mut World, name: &str, ask: &Ask<'_>) -> Reply {
    let form = ask.form();
    let Some(tenant) = world.tenant(name) else { return unknown_tenant(name) };
    if !clients::is_known(world, &tenant.id, form.get("client_id")) {
        return unknown_application(form.get("client_id"), &tenant.display_name);
    }
    if form.get("scope").is_empty() {
        return error(
            400,
            "invalid_request",
            900_144,
            "The request body must contain the following parameter: 'scope'.",
        );
    }
    let (tenant, now) = (tenant.id.clone(), Instant::now());
    let user_code = Uuid::new_v4().simple().to_string()[..9].to_uppercase();
    let (interval, lifetime) = (world.behaviour.device_interval, world.behaviour.device_lifetime);
    let device = Device {
        tenant,
        secret_code: format!("D{}", Uuid::new_v4().simple()),
        user_code: user_code.clone(),
        interval,
        until: now + lifetime,
        asked: now,
        wanted: Wanted::of(form.get("scope")),
        accepted: None,
    };
    let address = format!("{}/devicelogin", ask.origin);
    let body = json!({
        "device_code": device.secret_code, "user_code": user_code, "verification_uri": address,
        "expires_in": lifetime.as_secs(), "interval": interval.as_secs(),
        "message": format!("To sign in, use a web browser to open the page {address} and enter the code {user_code} to authenticate.")
    });
    world.desk.devices.push(device);
    Reply::new(200, body)
}

pub(super) fn poll(world: &mut World, tenant: &str, form: &Form) -> Reply {
    let client = form.get("client_id");
    if !clients::is_public(world, tenant, client) {
        let message = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
        return error(401, "invalid_client", 7_000_218, message);
    }
    let devices = &mut world.desk.devices;
    let code = form.get("device_code");
    let Some(at) = devices.iter().position(|device| device.secret_code == code && device.tenant == tenant) else {
        return error(400, "bad_verification_code", 70_018, "The verification code is not valid.");
    };
    let device = &mut devices[at];
    let now = Instant::now();
    let early = now < device.asked + device.interval;
    device.asked = now;
    if now >= device.until {
        return error(
            400,
            "expired_token",
            70_020,
            "The provided value for the input parameter 'device_code' is not valid. It has expired.",
        );
    }
    if early {
        device.interval += SLOW_DOWN;
        return error(400, "slow_down", 70_016, "The client polls too often.");
    }
    match device.accepted {
        None => error(
            400,
            "authorization_pending",
            70_016,
            "OAuth 2.0 device flow error. Authorization is pending. Continue polling.",
        ),
        Some(false) => error(400, "authorization_declined", 65_004, "User declined to consent to access the app."),
        Some(true) => {
            // A code is good for one token.
            let device = devices.remove(at);
            let user = world.tenant(tenant).map(|tenant| format!("admin@{}", tenant.default_domain));
            let grant = Grant { tenant: tenant.to_owned(), client: client.to_owned(), user };
            clients::consent(world, tenant, client, &device.wanted);
            issue::answer(world, &grant, device.wanted.may_refresh, None)
        }
    }
}

/// Where a person enters the code.
pub(super) fn page() -> Reply {
    html(
        "<form method=post><p><label>Code <input name=user_code autofocus></label></p>\
         <p><button name=answer value=accept>Sign in as the administrator</button> \
         <button name=answer value=decline>Decline</button></p></form>",
    )
}

pub(super) fn decide(world: &mut World, form: &Form) -> Reply {
    let code = form.get("user_code").trim().to_uppercase();
    let now = Instant::now();
    let Some(device) = world.desk.devices.iter_mut().find(|device| device.user_code == code && now < device.until)
    else {
        return Reply { status: 400, ..html("<p>This code is not known, or it has expired.</p>") };
    };
    let accepted = form.get("answer") != "decline";
    device.accepted = Some(accepted);
    html(if accepted { "<p>Signed in. You may close this page.</p>" } else { "<p>Declined.</p>" })
}
