//! What a tenant answers, type by type.

use std::fmt::Write as _;

use super::escape::clean;
use super::findings;
use super::layout::{Look, count, hang};
use super::style::{self, paint};
use super::table::{Side, table};
use crate::engine::doctor::{Examined, Probe, Verdict};
use crate::finding::Finding;

/// The table, what a person should know, and the sums; with `-v` every request.
pub fn doctor(examined: &[Examined], list: &[Finding], look: Look) -> String {
    let columns = [("TYPE", Side::Left), ("", Side::Left), ("REQUESTS", Side::Right), ("MS", Side::Right)];
    let rows: Vec<Vec<String>> = examined.iter().map(row).collect();
    let mut out = table(look, &columns, &rows);
    out.push('\n');
    // Below the table: a request fits no column.
    let odd: String = examined.iter().filter_map(|one| Some(hang("  ", 6, &odd(one)?, look.prose()))).collect();
    if !odd.is_empty() {
        let _ = writeln!(out, "{}\n{odd}", paint(style::STRONG, "Not answered, or not in the usual form:"));
    }
    if look.verbose {
        let columns = [("REQUEST", Side::Left), ("MS", Side::Right), ("ANSWER", Side::Left)];
        let told = |probe: &Probe| vec![probe.request.clone(), probe.ms.to_string(), answer(probe)];
        let rows: Vec<Vec<String>> = examined.iter().flat_map(|one| &one.requests).map(told).collect();
        out.push_str(&table(look, &columns, &rows));
        out.push('\n');
    }
    let text = findings::findings(list, look);
    if !text.is_empty() {
        out.push_str(&text);
        out.push('\n');
    }
    let of = |verdict: Verdict| examined.iter().filter(|one| one.verdict == verdict).count();
    let _ = writeln!(
        out,
        "{} {}, {} in a simpler form; {} refused as expected; {}",
        count(of(Verdict::Answers) + of(Verdict::AnswersPlainly), "type", "types"),
        paint(style::GOOD, "answered"),
        of(Verdict::AnswersPlainly),
        of(Verdict::Refused),
        match of(Verdict::Fails) {
            0 => String::from("none failed"),
            some => paint(style::BAD, format!("{some} failed")),
        },
    );
    out
}

fn row(one: &Examined) -> Vec<String> {
    let ms: u64 = one.requests.iter().map(|probe| probe.ms).sum();
    vec![one.name.clone(), one.verdict.word().to_owned(), one.requests.len().to_string(), ms.to_string()]
}

/// A type with its first request that was not simply answered.
fn odd(one: &Examined) -> Option<String> {
    let odd = one.requests.iter().find(|probe| probe.outcome != "answered")?;
    let what = match &one.why {
        Some(why) => format!("{}; {why}", answer(odd)),
        None => format!("{}: {}", answer(odd), odd.request),
    };
    Some(clean(&format!("{}: {what}", one.name)).into_owned())
}

/// Status, code and what they mean.
fn answer(probe: &Probe) -> String {
    let status = probe.status.map(|status| status.to_string());
    let objects = probe.objects.map(|number| count(number, "object", "objects"));
    let parts = [status, probe.code.clone(), objects];
    let text = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    if text.is_empty() || probe.outcome == "not-sent" { probe.outcome.to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probe(request: &str, status: u16, code: Option<&str>) -> Probe {
        let outcome = if status == 200 { "answered" } else { "refused" };
        let code = code.map(str::to_owned);
        Probe { request: request.into(), outcome, status: Some(status), code, objects: None, ms: 5 }
    }

    #[test]
    fn each_type_says_what_came_of_it() {
        let one = |name: &str, verdict, why: Option<&str>, requests| Examined {
            name: name.into(),
            verdict,
            why: why.map(str::to_owned),
            requests,
            findings: Vec::new(),
        };
        let refused = probe("GET /beta/y", 400, Some("BadRequest"));
        let text = doctor(
            &[
                one("scope-tags", Verdict::Answers, None, vec![probe("GET /beta/x", 200, None)]),
                one("ebooks", Verdict::Refused, Some("it takes a feature"), vec![refused.clone()]),
                one("apps", Verdict::Fails, None, vec![probe("GET /beta/x", 200, None), refused]),
            ],
            &[],
            Look::default(),
        );
        insta::assert_snapshot!(style::plain(&text), @r"
        TYPE                 REQUESTS  MS
        scope-tags  answers         1   5
        ebooks      refused         1   5
        apps        fails           2  10

        Not answered, or not in the usual form:
          ebooks: 400 BadRequest; it takes a feature
          apps: 400 BadRequest: GET /beta/y

        1 type answered, 0 in a simpler form; 1 refused as expected; 1 failed
        ");
    }
}
