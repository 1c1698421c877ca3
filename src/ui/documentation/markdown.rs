//! The documentation as Markdown. Names from a tenant are text: what would be markup is escaped.

use std::fmt::Write as _;

use super::super::escape::clean;
use super::{sums, unassigned};
use crate::engine::inside::{Inside, OfType};

/// What a tree has, as Markdown.
pub fn markdown(title: &str, inside: &Inside) -> String {
    let mut out = format!("# {}\n\n", text(title));
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
    out.push_str("\n## Who gets what\n\n| Group | Included | Excluded |\n| --- | ---: | ---: |\n");
    for (whom, list) in &inside.reach {
        let (included, excluded) = sums(list);
        let _ = writeln!(out, "| {} | {included} | {excluded} |", text(whom.words()));
    }
    for (whom, list) in &inside.reach {
        let _ = write!(out, "\n### {}\n\n| Policy | Type | How |\n| --- | --- | --- |\n", text(whom.words()));
        for one in list {
            let _ = writeln!(out, "| {} | {} | {} |", text(&one.policy), text(&one.type_title), text(&one.how));
        }
    }
    let nobody = unassigned(inside);
    if !nobody.is_empty() {
        out.push_str("\n### Nobody\n\nThese policies are assigned to no one.\n\n| Policy | Type |\n| --- | --- |\n");
        for (title, name) in nobody {
            let _ = writeln!(out, "| {} | {} |", text(name), text(title));
        }
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
        let reaches: Vec<String> =
            policy.reaches.iter().map(|(whom, how)| format!("{} ({})", text(whom.words()), text(how))).collect();
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
fn text(text: &str) -> String {
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
