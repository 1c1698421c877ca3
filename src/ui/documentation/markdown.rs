//! The documentation as Markdown. Names from a tenant are text: what would be markup is escaped.

use std::fmt::Write as _;

use super::super::escape::clean;
use super::{INCOMPLETE, Reach, sums, unassigned};
use crate::engine::describe::tree_summary::{Inside, OfType, Reached};

/// What a tree has, as Markdown.
pub fn markdown(title: &str, inside: &Inside) -> String {
    let mut out = format!("# {}\n\n", text(title));
    for lacks in &inside.incomplete {
        let _ = write!(out, "**{INCOMPLETE}** {}\n\n", text(lacks));
    }
    out.push_str("| Type | Policies |\n| --- | ---: |\n");
    for of in &inside.types {
        let _ = writeln!(out, "| [{}](#{}) | {} |", text(&of.title), anchor(&of.title), of.policies.len());
    }
    by_group(inside, &mut out);
    for of in &inside.types {
        one_type(of, &mut out);
    }
    out
}

fn by_group(inside: &Inside, out: &mut String) {
    out.push_str("\n## Who gets what\n");
    let reach = inside.reach();
    overview(inside, &reach, out);
    for (who, list) in &reach {
        let _ = write!(out, "\n### {}\n\n| Policy | Type | How |\n| --- | --- | --- |\n", text(who.words()));
        for one in list {
            let how = text(&one.how.words());
            let _ = writeln!(out, "| {} | {} | {how} |", text(&one.policy.name), text(&one.of.title));
        }
    }
    let nobody = unassigned(inside);
    if !nobody.is_empty() {
        out.push_str("\n### No one\n\nThese policies are assigned to no one.\n\n| Policy | Type |\n| --- | --- |\n");
        for (title, name) in nobody {
            let _ = writeln!(out, "| {} | {} |", text(name), text(title));
        }
    }
}

/// Groups by types: how many policies of each they get.
fn overview(inside: &Inside, reach: &Reach<'_>, out: &mut String) {
    let gets = |of: &OfType| of.policies.iter().any(|policy| !policy.reaches.is_empty());
    let types: Vec<&OfType> = inside.types.iter().filter(|of| gets(of)).collect();
    if types.is_empty() {
        return;
    }
    let titles: Vec<String> = types.iter().map(|of| text(&of.title)).collect();
    let _ = writeln!(out, "\n| Group | {} |\n| --- |{}", titles.join(" | "), " ---: |".repeat(types.len()));
    let cell = |list: &[Reached<'_>], of: &OfType| match sums(
        list.iter().filter(|one| one.of.name == of.name).map(|one| one.how),
    ) {
        (0, 0) => String::new(),
        (included, 0) => included.to_string(),
        (0, excluded) => format!("{excluded} excluded"),
        (included, excluded) => format!("{included}, {excluded} excluded"),
    };
    for (who, list) in reach {
        let cells: Vec<String> = types.iter().map(|of| cell(list, of)).collect();
        let _ = writeln!(out, "| [{}](#{}) | {} |", text(who.words()), anchor(who.words()), cells.join(" | "));
    }
}

fn one_type(of: &OfType, out: &mut String) {
    let _ = write!(out, "\n## {}\n\n{}\n", text(&of.title), text(&of.about));
    for policy in &of.policies {
        let _ = write!(out, "\n### {}\n\n", text(&policy.name));
        if let Some(group) = &policy.group {
            let _ = writeln!(out, "{}\n", text(group));
        }
        if !policy.description.trim().is_empty() {
            // One line after another, each as text.
            let lines: Vec<String> = policy.description.lines().map(text).filter(|line| !line.is_empty()).collect();
            let _ = writeln!(out, "{}\n", lines.join("\\\n"));
        }
        if let Some(made_of) = &policy.made_of {
            let _ = writeln!(out, "Made of {}\n", text(made_of));
        }
        let reaches: Vec<String> =
            policy.reaches.iter().map(|(who, how)| format!("{} ({})", text(who.words()), text(&how.words()))).collect();
        if !reaches.is_empty() {
            let _ = writeln!(out, "Assigned to: {}\n", reaches.join(", "));
        }
        if !policy.settings.is_empty() {
            out.push_str("| Setting | Value |\n| --- | --- |\n");
            for (name, value) in &policy.settings {
                let _ = writeln!(out, "| {} | {} |", text(name), text(value));
            }
        }
    }
}

/// Text from elsewhere on one line, with what Markdown or HTML would act on escaped.
pub(in super::super) fn text(text: &str) -> String {
    let mut out = String::new();
    for c in clean(text.trim()).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '>' | '#' | '|' | '~' | '!' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

/// How Markdown readers call the heading.
fn anchor(title: &str) -> String {
    let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}
