//! Registering an application: what will be done, and what was.

use std::fmt::Write as _;

use super::escape::clean;
use super::layout::{Look, count, hang, wrap};
use super::style::{self, paint};

/// What is shown before anything is sent.
#[derive(Debug, Clone, Default)]
pub struct Registration {
    /// Where: the tenant.
    pub tenant: String,
    /// The application's name.
    pub name: String,
    /// Its client id, where it is registered already.
    pub app_id: Option<String>,
    /// What it signs in with.
    pub credential: String,
    /// Whether that is added now.
    pub adds_credential: bool,
    /// All permissions that it gets.
    pub permissions: Vec<String>,
    /// Whether some of them write.
    pub writes: bool,
    /// Whether they are granted as well.
    pub grants: bool,
    /// Those that are granted in addition to what is granted already.
    pub to_grant: Vec<String>,
    /// Those that are taken away.
    pub to_revoke: Vec<String>,
    /// Those that no application can have in this cloud.
    pub unavailable: Vec<String>,
    /// Policy types that only a user can read.
    pub by_persons_only: Vec<String>,
}

/// What will be done.
pub fn planned(it: &Registration, look: Look) -> String {
    let mut out = wrap("", &format!("Application in {}:", clean(&it.tenant)), look.prose());
    let mut row = |label: &str, text: &str| out.push_str(&hang(&format!("  {label:<13}"), 15, text, look.prose()));
    match &it.app_id {
        Some(id) => row("application", &format!("{} ({}), registered already", clean(&it.name), clean(id))),
        None => row("application", &format!("{} (new)", clean(&it.name))),
    }
    let already = if it.adds_credential { "" } else { ", registered already" };
    row("signs in by", &format!("{}{already}", clean(&it.credential)));
    let permissions = count(it.permissions.len(), "application permission", "application permissions");
    let does = if it.writes { "to read and write" } else { "to read only" };
    row("permissions", &format!("{permissions} {does}: {}", clean(&it.permissions.join(", "))));
    if !it.grants {
        row("consent", "not granted now; an administrator grants it with a link");
    } else if it.to_grant.is_empty() {
        row("consent", "granted already");
    } else if it.to_grant.len() == it.permissions.len() {
        row("consent", "granted for all of them");
    } else {
        row("consent", &format!("granted for {}", clean(&it.to_grant.join(", "))));
    }
    if !it.to_revoke.is_empty() {
        row("taken away", &clean(&it.to_revoke.join(", ")));
    }
    if !it.unavailable.is_empty() {
        row(
            "left out",
            &format!("{} (not available to applications in this cloud)", clean(&it.unavailable.join(", "))),
        );
    }
    if !it.by_persons_only.is_empty() {
        row("not for apps", &format!("{} (only a signed-in user can read these)", it.by_persons_only.join(", ")));
    }
    out
}

/// What was done.
#[derive(Debug, Clone, Default)]
pub struct Registered {
    /// Where.
    pub tenant: String,
    /// The application's name.
    pub name: String,
    /// Its client id.
    pub app_id: String,
    /// How many permissions are granted.
    pub granted: usize,
    /// Those that are not.
    pub not_granted: Vec<String>,
    /// Why they are not.
    pub refusal: Option<String>,
    /// Where an administrator consents.
    pub consent_page: String,
    /// The table for `ferry.toml`.
    pub table: String,
}

/// What was done. The link and the table are not wrapped: they are copied from.
pub fn registered(it: &Registered, look: Look) -> String {
    let first = format!("{} ", paint(style::GOOD, "registered"));
    let says = format!("{} ({}) in {}", clean(&it.name), clean(&it.app_id), clean(&it.tenant));
    let mut out = hang(&first, 2, &says, look.prose());
    let granted = count(it.granted, "permission is granted", "permissions are granted");
    out.push_str(&wrap("  ", &granted, look.prose()));
    if !it.not_granted.is_empty() {
        let refusal = it.refusal.as_ref().map(|why| format!(" ({})", clean(why))).unwrap_or_default();
        let says = format!("not granted{refusal}: {}", clean(&it.not_granted.join(", ")));
        out.push_str(&hang(&format!("  {} ", paint(style::LOOK, "!")), 4, &says, look.prose()));
        out.push_str("\nAn administrator who may consent for the tenant opens this page:\n");
        let _ = writeln!(out, "{}", paint(style::POINTER, clean(&it.consent_page)));
    }
    out.push_str("\nTable for ferry.toml:\n");
    out.push_str(&clean_lines(&it.table));
    out
}

/// Each line harmless for the terminal.
fn clean_lines(text: &str) -> String {
    text.split('\n').map(clean).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::super::style::plain;
    use super::*;

    fn strings(list: &[&str]) -> Vec<String> {
        list.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn a_new_application_is_shown_whole() {
        let it = Registration {
            tenant: "Contoso (contoso.example)".into(),
            name: "intune-ferry".into(),
            credential: "a new certificate, valid until 2027-11-30, written to ferry.pem".into(),
            adds_credential: true,
            permissions: strings(&["Lamps.Read.All", "Names.Read.All"]),
            grants: true,
            to_grant: strings(&["Lamps.Read.All", "Names.Read.All"]),
            by_persons_only: strings(&["keys"]),
            ..Registration::default()
        };
        insta::assert_snapshot!(plain(&planned(&it, Look::default())), @r"
        Application in Contoso (contoso.example):
          application  intune-ferry (new)
          signs in by  a new certificate, valid until 2027-11-30, written to ferry.pem
          permissions  2 application permissions to read only: Lamps.Read.All, Names.Read.All
          consent      granted for all of them
          not for apps keys (only a signed-in user can read these)
        ");
        let later = Registration {
            app_id: Some("a-1".into()),
            adds_credential: false,
            writes: true,
            to_grant: strings(&["Lamps.ReadWrite.All"]),
            to_revoke: strings(&["Lamps.Read.All"]),
            ..it
        };
        let text = plain(&planned(&later, Look::default()));
        assert!(text.contains("(a-1), registered already") && text.contains("taken away   Lamps.Read.All"), "{text}");
        assert!(text.contains("granted for Lamps.ReadWrite.All") && text.contains("to read and write"), "{text}");
    }

    #[test]
    fn what_is_left_to_an_administrator_has_its_link() {
        let it = Registered {
            tenant: "Contoso".into(),
            name: "intune-ferry".into(),
            app_id: "a-1".into(),
            granted: 1,
            not_granted: strings(&["Names.Read.All"]),
            refusal: Some("not allowed".into()),
            consent_page: "https://login.example/t/adminconsent?client_id=a-1".into(),
            table: "\n[tenants.contoso]\ntenant_id = \"t\"\n".into(),
        };
        insta::assert_snapshot!(plain(&registered(&it, Look::default())), @r#"
        registered intune-ferry (a-1) in Contoso
          1 permission is granted
          ! not granted (not allowed): Names.Read.All

        An administrator who may consent for the tenant opens this page:
        https://login.example/t/adminconsent?client_id=a-1

        Table for ferry.toml:

        [tenants.contoso]
        tenant_id = "t"
        "#);
        let whole = plain(&registered(&Registered { not_granted: Vec::new(), ..it }, Look::default()));
        assert!(!whole.contains("adminconsent"), "{whole}");
    }
}
