//! The frame of every report: head with its content policy, heading, a way to skip, footer.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use super::super::escape::clean;
use super::parts::Parts;

/// How every page looks.
pub(crate) const STYLE: &str = include_str!("style.css");
/// The script of a report.
pub(crate) const SCRIPT: &str = include_str!("script.js");

/// A whole page.
pub(in super::super) fn page(
    title: &str,
    facts: &[(String, String)],
    made: &str,
    body: &Markup,
    parts: &Parts,
) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (clean(title)) " – intune-ferry" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a .skip href="#main" { "Skip to the content" }
                header {
                    p .maker { "intune-ferry" }
                    h1 { (clean(title)) }
                    @if !facts.is_empty() {
                        dl { @for (name, value) in facts { div { dt { (clean(name)) } dd { (clean(value)) } } } }
                    }
                }
                main #main tabindex="-1" { (parts.print_note()) (body) }
                footer {
                    p { "Made " (made) " by intune-ferry " (env!("CARGO_PKG_VERSION"))
                        ". The report contains names and settings of a tenant: keep it as private as the tenant." }
                }
                (parts.kept())
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

/// Nothing is loaded, nothing runs, nothing is styled but what stands in this file as it was written.
fn policy() -> String {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text.as_bytes())));
    format!(
        "default-src 'none'; script-src {}; style-src {}; base-uri 'none'; form-action 'none'",
        hash(SCRIPT),
        hash(STYLE)
    )
}
