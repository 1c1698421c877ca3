//! What a tenant must have before policies work there: what is missing first, with who does what where.

use std::fmt::Write as _;

use super::super::escape::clean;
use super::super::layout::{Look, hang, wrap};
use super::super::style::{self, paint};
use super::words::{becomes, heading, object, summary, title};
use crate::engine::ready::{CheckState, Readiness, Row};

/// How many objects of a row are listed before the rest is only counted.
const FEW: usize = 10;

/// The page.
pub fn ready(result: &Readiness, look: Look) -> String {
    let mut out = wrap("", &heading(result), look.prose());
    for state in [CheckState::Missing, CheckState::Soon, CheckState::NotKnown] {
        let rows: Vec<&Row> = result.of(state).collect();
        if rows.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n{}", paint(of_state(state), state.title()));
        for row in rows {
            out.push_str(&in_full(row, look));
        }
    }
    in_short(result, CheckState::Ready, &mut out, look);
    if look.verbose {
        in_short(result, CheckState::NotNeeded, &mut out, look);
    }
    addresses(result, &mut out, look);
    let _ = writeln!(out, "\n{}", summary(result));
    out
}

fn of_state(state: CheckState) -> anstyle::Style {
    match state {
        CheckState::Missing => style::BAD,
        CheckState::Soon | CheckState::NotKnown => style::LOOK,
        CheckState::Ready => style::GOOD,
        CheckState::NotNeeded => style::FAINT,
    }
}

/// A row that someone has to look at.
fn in_full(row: &Row, look: Look) -> String {
    let mut out = wrap("  ", &format!("{}: {}", title(row), clean(&row.says)), look.prose());
    let shown = look.limit(row.items.len(), FEW);
    for item in row.items.iter().take(shown).filter(|item| !item.name.is_empty()) {
        out.push_str(&hang("    ", 6, &object(item), look.prose()));
        let named = look.limit(item.people.len(), FEW);
        for person in item.people.iter().take(named) {
            out.push_str(&hang("      ", 8, &clean(person), look.prose()));
        }
        if item.people.len() > named {
            let _ = writeln!(out, "      and {} more (-v lists all)", item.people.len() - named);
        }
    }
    if row.items.len() > shown {
        let _ = writeln!(out, "    and {} more (-v lists all)", row.items.len() - shown);
    }
    if let Some(fix) = &row.fix {
        out.push_str(&hang("    fix: ", 9, &clean(fix), look.prose()));
        out.push_str(&hang("    who: ", 9, &format!("{}, in: {}", row.who, row.place), look.prose()));
    }
    out
}

/// Rows that are as they are meant to be, one line each.
fn in_short(result: &Readiness, state: CheckState, out: &mut String, look: Look) {
    let rows: Vec<&Row> = result.of(state).collect();
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{}", paint(of_state(state), state.title()));
    for row in rows {
        out.push_str(&hang("  ", 4, &format!("{}: {}", title(row), clean(&row.says)), look.prose()));
    }
}

/// The addresses of servers that policies name.
fn addresses(result: &Readiness, out: &mut String, look: Look) {
    if result.addresses.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{}", paint(style::STRONG, "Addresses in certificate profiles (never contacted)"));
    let shown = look.limit(result.addresses.len(), FEW);
    for one in result.addresses.iter().take(shown) {
        out.push_str(&hang("  ", 4, &format!("{}: {}", clean(&one.policy), becomes(one)), look.prose()));
    }
    if result.addresses.len() > shown {
        let _ = writeln!(out, "  and {} more (-v lists all)", result.addresses.len() - shown);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::ready::Item;
    use crate::engine::ready::state::ServerAddress;
    use crate::policy::TenantInfo;

    fn row(title: &str, state: CheckState, says: &str) -> Row {
        Row {
            check: title.replace(' ', "-"),
            title: title.to_owned(),
            area: String::from("Connectors"),
            platforms: vec![String::from("macOS")],
            state,
            says: says.to_owned(),
            date: None,
            hint: false,
            expected: false,
            policies: 2,
            items: vec![Item {
                name: String::from("Token \u{1b}[31mA"),
                state,
                says: says.to_owned(),
                date: None,
                people: Vec::new(),
            }],
            fix: (state != CheckState::Ready).then(|| String::from("Renew it.")),
            place: String::from("Intune admin center, Devices"),
            who: String::from("Intune Administrator"),
            permission: None,
        }
    }

    #[test]
    fn what_is_missing_comes_first_with_who_does_what_where() {
        let tenant = TenantInfo { display_name: Some(String::from("Fabrikam")), ..TenantInfo::default() };
        let hint = Row {
            hint: true,
            platforms: Vec::new(),
            items: Vec::new(),
            ..row("branding", CheckState::Missing, "empty")
        };
        let address = ServerAddress {
            type_name: String::from("device-configurations"),
            policy: String::from("SCEP"),
            address: String::from("https://old.example/scep"),
            in_target: String::from("https://new.example/scep"),
        };
        let result = Readiness {
            ready: 1,
            day: String::from("2026-11-30"),
            tenant,
            policies: Some(42),
            platforms: vec![String::from("macOS")],
            rows: vec![
                row("a token", CheckState::Soon, "expires on 2026-12-12"),
                row("a certificate", CheckState::Missing, "expired on 2026-11-01"),
                row("a connector", CheckState::Ready, "in place"),
                hint,
            ],
            addresses: vec![address],
        };
        insta::assert_snapshot!(style::plain(&ready(&result, Look::default())), @r#"
        Is "Fabrikam" ready for 42 policies for macOS?

        Missing
          A certificate (macOS): expired on 2026-11-01
            Token \u{1b}[31mA: expired on 2026-11-01
            fix: Renew it.
            who: Intune Administrator, in: Intune admin center, Devices
          Branding (hint): empty
            fix: Renew it.
            who: Intune Administrator, in: Intune admin center, Devices

        Expires or degrades soon
          A token (macOS): expires on 2026-12-12
            Token \u{1b}[31mA: expires on 2026-12-12
            fix: Renew it.
            who: Intune Administrator, in: Intune admin center, Devices

        Ready
          A connector (macOS): in place

        Addresses in certificate profiles (never contacted)
          SCEP: https://old.example/scep becomes https://new.example/scep

        1 ready, 1 missing, 1 soon, 0 not known, 0 not needed. 1 hint.
        "#);
    }
}
