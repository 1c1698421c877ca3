//! May this import write? A person types the tenant's name; a pipeline names a reviewed plan or the
//! tenant's id. Not for the plan's own safety rules.

use std::io::IsTerminal;

use super::context::Context;
use super::error::CliError;
use crate::policy::TenantInfo;
use crate::ui::{plan_view, wrap};

/// What is to be confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// An import.
    Import,
    /// Taking one back.
    Undo,
    /// The second phase of a pilot.
    Wave,
    /// Registering an application.
    Register,
    /// Removing one.
    Unregister,
}

impl Deed {
    fn words(self) -> &'static str {
        match self {
            Self::Import => "importing into",
            Self::Undo => "undoing an import in",
            Self::Wave => "assigning in",
            Self::Register => "registering an application in",
            Self::Unregister => "removing an application from",
        }
    }

    fn otherwise(self) -> &'static str {
        match self {
            Self::Import => ", or review a plan first and add --plan plan.json.",
            Self::Undo | Self::Wave | Self::Register | Self::Unregister => " if the list above is what you want.",
        }
    }
}

/// What is known when the question comes up.
#[derive(Debug, Clone, Copy)]
pub struct Consent<'a> {
    /// The tenant that would be written to.
    pub target: &'a TenantInfo,
    /// `--yes`.
    pub yes: Option<&'a str>,
    /// Whether `--plan` was given.
    pub reviewed: bool,
    /// Whether somebody sits at a terminal.
    pub interactive: bool,
    /// What is to be confirmed.
    pub deed: Deed,
}

/// What follows from it.
#[derive(Debug, PartialEq, Eq)]
pub enum Decision {
    /// It may write.
    Go,
    /// Somebody must type one of these.
    Ask(Vec<String>),
}

/// Decides, or says exactly what to type.
pub fn decide(consent: Consent<'_>) -> Result<Decision, CliError> {
    let name = plan_view::tenant(consent.target);
    if let Some(yes) = consent.yes {
        return match &consent.target.id {
            Some(id) if id.eq_ignore_ascii_case(yes.trim()) => Ok(Decision::Go),
            Some(id) => Err(CliError::usage(format!("--yes={yes} is not the target's ID; the target is {name}, {id}"))
                .hint(format!("If you mean {name}, use --yes={id}; otherwise name the right tenant with --to."))),
            None => Err(CliError::usage("the target's ID cannot be read, so --yes cannot be checked")
                .hint("Make a plan with `plan --out plan.json`, review it, and import it with --plan plan.json.")),
        };
    }
    if consent.reviewed {
        return Ok(Decision::Go);
    }
    if !consent.interactive {
        let id = consent.target.id.as_deref().unwrap_or("TENANT-ID");
        return Err(CliError::usage(format!(
            "refusing {} {name} without confirmation: not running in a terminal",
            consent.deed.words()
        ))
        .hint(format!("Add --yes={id}{}", consent.deed.otherwise())));
    }
    let TenantInfo { display_name, default_domain, id, .. } = consent.target;
    let accepted = [display_name, default_domain, id].into_iter().flatten().cloned().collect();
    Ok(Decision::Ask(accepted))
}

/// Asks, where that is needed. `summary` says what would be written.
pub fn confirm(context: &Context, consent: Consent<'_>, summary: &str) -> Result<(), CliError> {
    let Decision::Ask(accepted) = decide(consent)? else { return Ok(()) };
    let name = plan_view::tenant(consent.target);
    let what = wrap("", &format!("{summary} in {name}."), context.look().prose());
    let answer = ask(context, &format!("\n{what}Type the tenant's name to continue: "))?;
    if accepted.iter().any(|name| name.trim() == answer) {
        Ok(())
    } else {
        let hint = accepted.first().map(|name| format!("Run the command again and type: {name}"));
        let error = CliError::usage("the answer is not the tenant's name; nothing was written");
        Err(CliError { hint, ..error })
    }
}

/// Asks a question, and gives the answer without its line end.
pub fn ask(context: &Context, question: &str) -> Result<String, CliError> {
    context.printer.say(question);
    let mut line = String::new();
    let failed = |error| CliError::usage(format!("cannot read the answer: {error}"));
    std::io::stdin().read_line(&mut line).map_err(failed)?;
    Ok(line.trim().to_owned())
}

/// Whether a question can be asked and answered.
pub fn is_interactive() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    const ID: &str = "3f1d0001-0000-4000-8000-00000000000a";

    fn target() -> TenantInfo {
        TenantInfo { id: Some(ID.into()), display_name: Some("Contoso".into()), ..TenantInfo::default() }
    }

    fn consent(target: &TenantInfo) -> Consent<'_> {
        Consent { target, yes: None, reviewed: false, interactive: true, deed: Deed::Import }
    }

    #[test]
    fn a_real_tenant_is_asked_for_by_name() {
        let asked = Decision::Ask(vec!["Contoso".into(), ID.into()]);
        assert_eq!(decide(consent(&target())).unwrap(), asked);
    }

    #[test]
    fn a_reviewed_plan_or_the_right_id_is_enough() {
        let target = target();
        for interactive in [true, false] {
            let given = Consent { interactive, ..consent(&target) };
            assert_eq!(decide(Consent { reviewed: true, ..given }).unwrap(), Decision::Go);
            let upper = ID.to_uppercase();
            assert_eq!(decide(Consent { yes: Some(&upper), ..given }).unwrap(), Decision::Go);
        }
    }

    #[test]
    fn another_id_is_refused_even_with_a_plan() {
        let target = target();
        let error = decide(Consent { yes: Some("other"), reviewed: true, ..consent(&target) }).unwrap_err();
        assert_eq!(error.exit.code(), 2);
        assert!(error.hint.unwrap().contains(&format!("--yes={ID}")));
    }

    #[test]
    fn a_pipeline_is_told_what_to_type() {
        let error = decide(Consent { interactive: false, ..consent(&target()) }).unwrap_err();
        assert!(error.hint.unwrap().contains(&format!("--yes={ID}")));
    }
}
