//! What the user may do next, with a command that works as it stands: the same configuration, the same
//! selection. Said after a result, on stderr; never part of one.

use std::path::Path;

use super::context::Context;
use super::flags::SelectionArgs;
use crate::ui::Next;

/// A command line under way.
#[derive(Debug, Clone)]
pub struct CommandLine(Vec<String>);

impl CommandLine {
    /// The program with its configuration and a command.
    pub fn new(context: &Context, command: &str) -> Self {
        let mut words = vec![String::from("intune-ferry"), command.to_owned()];
        if let Some(config) = &context.config {
            words.extend([String::from("--config"), config.display().to_string()]);
        }
        Self(words)
    }

    /// With a word.
    #[must_use]
    pub fn word(mut self, word: &str) -> Self {
        self.0.push(word.to_owned());
        self
    }

    /// With a path.
    #[must_use]
    pub fn path(self, path: &Path) -> Self {
        self.word(&path.display().to_string())
    }

    /// With a flag and its value, where there is one.
    #[must_use]
    pub fn file(self, flag: &str, path: Option<&Path>) -> Self {
        match path {
            Some(path) => self.word(flag).path(path),
            None => self,
        }
    }

    /// With the same policies.
    #[must_use]
    pub fn selection(mut self, selection: &SelectionArgs) -> Self {
        for (flag, list) in [("--only", &selection.only), ("--skip", &selection.skip), ("--name", &selection.name)] {
            for value in list {
                self = self.word(flag).word(value);
            }
        }
        if selection.without_dependencies { self.word("--without-dependencies") } else { self }
    }

    /// What to do next is this.
    pub fn after(self, says: impl Into<String>) -> Next {
        Next { says: says.into(), command: Some(self.text()) }
    }

    /// As it is typed.
    pub fn text(&self) -> String {
        let words: Vec<String> = self.0.iter().map(|word| quoted(word)).collect();
        words.join(" ")
    }
}

/// As a shell takes it for one word. What would act on the terminal is made visible, whatever it then means.
pub(crate) fn quoted(word: &str) -> String {
    let word = crate::ui::clean(word);
    let plain = |c: char| c.is_alphanumeric() || "-_./:=,@\\~+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_with_spaces_stay_one_word() {
        let selection = SelectionArgs { name: vec!["Win - *".into()], ..SelectionArgs::default() };
        let line = CommandLine(vec!["intune-ferry".into(), "map".into()]);
        let next = line.path(Path::new("my tree")).selection(&selection).file("--out", None).after("do");
        assert_eq!(next.command.as_deref(), Some("intune-ferry map 'my tree' --name 'Win - *'"));
        assert_eq!(quoted("it's"), "'it'\\''s'");
    }
}
