//! The examples below a command's help. Clap breaks all lines of a help text at the terminal's width, and a command
//! line that is broken cannot be pasted: so the examples are put in afterwards, with only the prose broken.

use clap::Command;

use crate::ui::wrap;

/// Stand around the path of the command whose examples come there; no help text holds them.
const MARKS: [char; 2] = ['\u{e000}', '\u{e001}'];

/// The command line with marks in the place of all examples.
pub fn aside(command: Command) -> Command {
    fn below(command: Command, path: &str) -> Command {
        let name = format!("{path}/{}", command.get_name());
        let has_examples = command.get_after_help().is_some();
        let command = command.mut_subcommands(|inner| below(inner, &name));
        if has_examples { command.after_help(format!("{}{name}{}", MARKS[0], MARKS[1])) } else { command }
    }
    below(command, "")
}

/// A rendered help with the examples where their marks are, for a terminal of this width.
pub fn put_back(text: &str, program: &Command, width: usize) -> String {
    let found = text.split_once(MARKS[0]).and_then(|(before, rest)| {
        let (path, after) = rest.split_once(MARKS[1])?;
        Some((before, path, after))
    });
    let Some((before, path, after)) = found else { return text.to_owned() };
    let mut command = program;
    for name in path.split('/').skip(2) {
        command = command.find_subcommand(name).unwrap_or(command);
    }
    let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    format!("{before}{}{after}", broken(&examples, width))
}

/// The text with its prose broken at a width and its command lines left whole.
fn broken(text: &str, width: usize) -> String {
    let is_command = |line: &&str| line.starts_with("    ");
    let mut out = String::new();
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        if is_command(&line) || line.chars().count() <= width {
            out.push_str(line);
            out.push('\n');
        } else {
            out.push_str(&wrap(&" ".repeat(indent), line.trim_start(), width));
        }
    }
    out.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_lines_are_left_whole() {
        let text = "EXAMPLES:\n  What would be done with all of it, and more?\n    intune-ferry plan trial --to production\n\nProse that is long.";
        assert_eq!(
            broken(text, 24),
            "EXAMPLES:\n  What would be done\n  with all of it, and\n  more?\n    intune-ferry plan trial --to production\n\nProse that is long."
        );
    }

    #[test]
    fn examples_go_aside_and_come_back() {
        let inner = Command::new("a").after_help("EXAMPLES:\n    x a b");
        let program = Command::new("x").after_help("EXAMPLES:\n    x a").subcommand(inner);
        let mut aside = aside(program.clone());
        let help = put_back(&aside.render_help().to_string(), &program, 80);
        assert!(help.trim_end().ends_with("EXAMPLES:\n    x a"), "{help}");
        let help = aside.find_subcommand_mut("a").map(|inner| inner.render_help().to_string()).unwrap_or_default();
        let help = put_back(&help, &program, 80);
        assert!(help.trim_end().ends_with("EXAMPLES:\n    x a b"), "{help}");
    }
}
