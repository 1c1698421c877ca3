//! What people are to know before their devices move, as Markdown: a letter with places for the company's words, a check
//! list for each platform, and a worksheet of what the policies configure.

use std::fmt::Write as _;

use super::super::documentation::text;
use super::super::layout::count;
use crate::engine::ready::announce::{Announcement, OfPlatform};

/// The letter as the text of a file.
pub fn letter(announcement: &Announcement) -> String {
    let mut out = String::from(
        "# Your devices are moving to a new management system\n\n| Fill in | |\n| --- | --- |\n| [COMPANY] | |\n| [DATE] | |\n\
         | [SUPPORT] | phone number and email address of the help desk |\n\nDear colleagues,\n\n\
         as of [DATE], [COMPANY] manages the devices that you use for work in a new system. This letter explains what you \
         need to do, what changes, and where you get help.\n\n\
         **What the company sees:** model, system version, name of the device, and company apps. **What it does not see:** \
         your private messages, pictures, calls, browsing, and the contents of private apps.\n",
    );
    if announcement.platforms.is_empty() {
        out.push_str("\nThe tree has no policies for a platform.\n");
    }
    for platform in &announcement.platforms {
        of_platform(platform, &mut out);
    }
    out.push_str(
        "\n## Help\n\nIf something does not work, ask [SUPPORT]. Have the name of your device at hand.\n\n[COMPANY]\n",
    );
    worksheet(announcement, &mut out);
    out
}

fn of_platform(platform: &OfPlatform, out: &mut String) {
    let _ = writeln!(out, "\n## {}", text(&platform.title));
    if !platform.steps.is_empty() {
        out.push_str("\nWhat you need to do:\n\n- [ ] Save your work, and charge the device.\n");
    }
    for step in &platform.steps {
        let _ = writeln!(out, "- [ ] {}", text(step));
    }
    if !platform.noticed.is_empty() {
        out.push_str("\nWhat changes:\n\n");
        for says in &platform.noticed {
            let _ = writeln!(out, "- {}", text(says));
        }
    }
}

/// By platform and area, how many settings the tree configures.
fn worksheet(announcement: &Announcement, out: &mut String) {
    let platforms = &announcement.platforms;
    if platforms.is_empty() {
        return;
    }
    out.push_str("\n---\n\n## Worksheet for the project\n\nSettings that the tree configures, by area. This part is not for the letter.\n\n| Area |");
    for platform in platforms {
        let _ = write!(out, " {} |", text(&platform.title));
    }
    out.push_str("\n| --- |");
    out.push_str(&" ---: |".repeat(platforms.len()));
    out.push('\n');
    for (place, area) in announcement.areas.iter().enumerate() {
        let _ = write!(out, "| {} |", text(area));
        for platform in platforms {
            let number = platform.settings.get(place).copied().unwrap_or_default();
            let _ = if number == 0 { write!(out, " - |") } else { write!(out, " {number} |") };
        }
        out.push('\n');
    }
    out.push('\n');
    for platform in platforms {
        let empty = announcement.areas.iter().zip(&platform.settings).filter(|(_, number)| **number == 0);
        let empty: Vec<String> = empty.map(|(title, _)| text(title)).collect();
        let _ = writeln!(
            out,
            "- {}: {}; nothing for {}",
            text(&platform.title),
            count(platform.policies, "policy", "policies"),
            if empty.is_empty() { String::from("no area") } else { empty.join(", ") }
        );
    }
}
