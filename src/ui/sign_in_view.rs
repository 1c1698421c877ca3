//! Signing in: what a person must do now, and what a sign-in gives.

use std::fmt::Write as _;
use std::time::Duration;

use super::escape::clean;
use super::layout::{Look, count, hang, wrap};
use super::style::{self, paint};

/// What a person must do to sign in with a code. It goes to stderr, and is not wrapped: it is copied from.
pub fn prompt(tenant: &str, address: &str, code: &str, valid_for: Duration) -> String {
    let minutes = usize::try_from(valid_for.as_secs() / 60).unwrap_or(usize::MAX).max(1);
    format!(
        "To sign in to `{}`, open {} in a browser\nand enter the code {} within {}. Waiting ...\n",
        clean(tenant),
        paint(style::POINTER, clean(address)),
        paint(style::STRONG, clean(code)),
        count(minutes, "minute", "minutes"),
    )
}

/// The page where a person signs in with a browser.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// Its address on this computer.
    pub address: &'a str,
    /// The port of this computer that waits.
    pub port: u16,
    /// How long it waits.
    pub within: Duration,
    /// Whether a browser was opened.
    pub opened: bool,
}

/// What a person must do to sign in with a browser. It goes to stderr, and is not wrapped: it is copied from.
pub fn page(tenant: &str, page: &Page<'_>) -> String {
    let (tenant, address, port) = (clean(tenant), paint(style::POINTER, clean(page.address)), page.port);
    let within = time(page.within);
    if page.opened {
        return format!(
            "To sign in to `{tenant}`, use the browser window that opens now, within {within}. Waiting ...\n\
             (If no window opens: {address})\n"
        );
    }
    format!(
        "To sign in to `{tenant}`, open {address}\nin a browser on this computer within {within}. Waiting ...\n\
         (Over SSH, forward the port: ssh -L {port}:localhost:{port}; --sign-in-port keeps it the same.)\n"
    )
}

fn time(within: Duration) -> String {
    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    match within.as_secs() {
        seconds if seconds >= 60 => count(number(seconds / 60), "minute", "minutes"),
        seconds => count(number(seconds), "second", "seconds"),
    }
}

/// What a sign-in gives.
#[derive(Debug, Clone, Default)]
pub struct SignedIn {
    /// Where: the tenant's name, id and domain, as far as they may be read.
    pub tenant: String,
    /// Who: a person, an application.
    pub account: String,
    /// How, and against which hosts.
    pub way: String,
    /// What the token holds; none where it cannot be read.
    pub permissions: Option<Vec<String>>,
    /// Whether a person's own rights limit it further.
    pub is_delegated: bool,
    /// What each policy type, and what is beside them, lacks.
    pub needs: Vec<Need>,
    /// The least that reads everything selected.
    pub least_to_read: Vec<String>,
    /// Policy types, or parts of them, that only a permission to write allows to read: the least to read does
    /// not cover them.
    pub by_writing_only: Vec<String>,
    /// Policy types that only a person who signs in may read.
    pub by_persons_only: Vec<String>,
    /// The least that reads and writes everything selected.
    pub least_to_write: Vec<String>,
}

/// What something lacks to be read and to be written.
#[derive(Debug, Clone, Default)]
pub struct Need {
    /// A policy type, or what else is read.
    pub what: String,
    /// Permissions that are missing to read it.
    pub to_read: Vec<String>,
    /// Permissions that are missing to write it; none where it is never written.
    pub to_write: Option<Vec<String>>,
}

impl Need {
    fn lacks(&self) -> bool {
        !self.to_read.is_empty() || self.to_write.as_ref().is_some_and(|missing| !missing.is_empty())
    }
}

/// For people.
pub fn signed_in(it: &SignedIn, look: Look) -> String {
    let first = format!("{} ", paint(style::GOOD, "Signed in to"));
    let mut out = hang(&first, 7, &clean(&it.tenant), look.prose());
    out.push_str(&wrap("  as   ", &clean(&it.account), look.prose()));
    out.push_str(&wrap("  by   ", &clean(&it.way), look.prose()));
    out.push('\n');
    match &it.permissions {
        None => {
            out.push_str("The token cannot be read, so its permissions are unknown until it is used.\n\n");
        }
        Some(held) => {
            let granted = format!("{} granted", count(held.len(), "permission", "permissions"));
            if held.is_empty() {
                let _ = writeln!(out, "  {granted}");
            } else {
                out.push_str(&wrap("  ", &format!("{granted}: {}", clean(&held.join(", "))), look.prose()));
            }
            out.push('\n');
            out.push_str(&missing(it, look));
        }
    }
    out.push_str("Least privileged permissions, each with admin consent:\n");
    let mut row = |label: &str, list: &[String]| out.push_str(&wrap(label, &list.join(", "), look.prose()));
    row("  to export    ", &it.least_to_read);
    row("  to import    ", &it.least_to_write);
    if !it.by_writing_only.is_empty() {
        let says = format!(
            "Not readable with the first list: {}. Microsoft requires a write permission to read these; an export without \
             it skips them and says so.",
            it.by_writing_only.join(", ")
        );
        let _ = write!(out, "\n{}", wrap("", &says, look.prose()));
    }
    if !it.is_delegated && !it.by_persons_only.is_empty() {
        let says = format!(
            "Not for an application: {}. Only a signed-in user can read these; an export by an application skips them \
             and says so.",
            it.by_persons_only.join(", ")
        );
        let _ = write!(out, "\n{}", wrap("", &says, look.prose()));
    }
    if it.is_delegated {
        let says = "This is a user's sign-in: the user's Intune role and scope tags limit it further, and other objects are \
                    missing from lists without notice.";
        let _ = write!(out, "\n{}", wrap("", says, look.prose()));
    }
    out
}

/// What lacks something; with `--verbose` everything.
fn missing(it: &SignedIn, look: Look) -> String {
    let lacking = it.needs.iter().filter(|need| need.lacks()).count();
    let all = it.needs.len();
    let mut out = String::new();
    if lacking == 0 {
        let _ = writeln!(out, "{}\n", paint(style::GOOD, format!("All {all} are ready to read and write.")));
    } else {
        let says = {
            let needs = if lacking == 1 { "needs" } else { "need" };
            format!("{} of {all} ready, {lacking} {needs} more permissions:", all - lacking)
        };
        let _ = writeln!(out, "{}\n", paint(style::LOOK, says));
    }
    let shown: Vec<&Need> = it.needs.iter().filter(|need| look.verbose || need.lacks()).collect();
    for need in &shown {
        let lacks = |does: &str, missing: &[String]| {
            (!missing.is_empty()).then(|| format!("needs {} {does}", missing.join(", ")))
        };
        let to_write = need.to_write.as_deref().and_then(|missing| lacks("to write", missing));
        let lacks: Vec<String> = lacks("to read", &need.to_read).into_iter().chain(to_write).collect();
        let says = match (lacks.is_empty(), &need.to_write) {
            (false, _) => lacks.join("; "),
            (true, Some(_)) => String::from("nothing is missing"),
            (true, None) => String::from("nothing is missing; never written"),
        };
        out.push_str(&hang(
            &format!("  {}: ", paint(style::STRONG, clean(&need.what))),
            6,
            &clean(&says),
            look.prose(),
        ));
    }
    if !shown.is_empty() {
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::style::plain;
    use super::*;

    fn sample() -> SignedIn {
        let strings = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let need = |what: &str, read: &[&str], write: Option<&[&str]>| Need {
            what: what.to_owned(),
            to_read: strings(read),
            to_write: write.map(strings),
        };
        SignedIn {
            tenant: "Contoso (contoso.example, t-1)".to_owned(),
            account: "the application Ferry (a-1)".to_owned(),
            way: "client-secret at https://graph.microsoft.com".to_owned(),
            permissions: Some(strings(&["Lamps.Read.All"])),
            is_delegated: false,
            needs: vec![
                need("lamps", &[], Some(&["Lamps.ReadWrite.All"])),
                need("candles", &[], Some(&[])),
                need("names", &["Names.Read.All"], None),
            ],
            least_to_read: strings(&["Lamps.Read.All", "Names.Read.All"]),
            by_writing_only: strings(&["locks"]),
            by_persons_only: strings(&["keys"]),
            least_to_write: strings(&["Lamps.ReadWrite.All", "Names.Read.All"]),
        }
    }

    #[test]
    fn what_is_missing_stands_beside_the_least_that_is_needed() {
        insta::assert_snapshot!(plain(&signed_in(&sample(), Look::default())), @r"
        Signed in to Contoso (contoso.example, t-1)
          as   the application Ferry (a-1)
          by   client-secret at https://graph.microsoft.com

          1 permission granted: Lamps.Read.All

        1 of 3 ready, 2 need more permissions:

          lamps: needs Lamps.ReadWrite.All to write
          names: needs Names.Read.All to read

        Least privileged permissions, each with admin consent:
          to export    Lamps.Read.All, Names.Read.All
          to import    Lamps.ReadWrite.All, Names.Read.All

        Not readable with the first list: locks. Microsoft requires a write permission to read these; an
        export without it skips them and says so.

        Not for an application: keys. Only a signed-in user can read these; an export by an application
        skips them and says so.
        ");
        let person = plain(&signed_in(&SignedIn { is_delegated: true, ..sample() }, Look::default()));
        assert!(!person.contains("Not for an application"), "{person}");
        let all = plain(&signed_in(&sample(), Look { verbose: true, ..Look::default() }));
        assert!(all.contains("candles"), "{all}");
    }

    #[test]
    fn a_token_that_cannot_be_read_is_said_to_be_so() {
        let text = plain(&signed_in(&SignedIn { permissions: None, ..sample() }, Look::default()));
        assert!(text.contains("cannot be read") && !text.contains("more permissions"), "{text}");
    }

    #[test]
    fn where_to_sign_in_is_said_with_and_without_a_browser() {
        let it = Page { address: "http://localhost:8400/x", port: 8400, within: Duration::from_mins(5), opened: true };
        insta::assert_snapshot!(plain(&page("trial", &it)), @r"
        To sign in to `trial`, use the browser window that opens now, within 5 minutes. Waiting ...
        (If no window opens: http://localhost:8400/x)
        ");
        let within = Duration::from_secs(1);
        insta::assert_snapshot!(plain(&page("tri\u{1b}[2Jal", &Page { opened: false, within, ..it })), @r"
        To sign in to `tri\u{1b}[2Jal`, open http://localhost:8400/x
        in a browser on this computer within 1 second. Waiting ...
        (Over SSH, forward the port: ssh -L 8400:localhost:8400; --sign-in-port keeps it the same.)
        ");
    }

    #[test]
    fn what_to_do_is_two_lines_and_harmless() {
        let text = prompt("trial", "https://login.example/device", "ABC\u{1b}[2J-D", Duration::from_mins(15));
        insta::assert_snapshot!(plain(&text), @r"
        To sign in to `trial`, open https://login.example/device in a browser
        and enter the code ABC\u{1b}[2J-D within 15 minutes. Waiting ...
        ");
    }
}
