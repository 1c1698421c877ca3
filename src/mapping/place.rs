//! Finds the line and column of a place in JSON text, for messages about what is well-formed but wrong.

/// Line and column (from 1) of the value that keys and indices lead to; the start where they lead nowhere.
/// The text must be JSON.
pub(super) fn place(text: &str, steps: &[&str]) -> (usize, usize) {
    let mut scanner = Scanner { bytes: text.as_bytes(), at: 0 };
    scanner.space();
    for step in steps {
        if scanner.enter(step).is_none() {
            return (1, 1);
        }
    }
    let before = &text.as_bytes()[..scanner.at.min(text.len())];
    let line = before.split(|byte| *byte == b'\n').count();
    let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
    (line, column)
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    /// Moves to the child of this key or index.
    fn enter(&mut self, step: &str) -> Option<()> {
        let object = match self.peek()? {
            b'{' => true,
            b'[' => false,
            _ => return None,
        };
        self.at += 1;
        let mut index = 0_usize;
        loop {
            self.space();
            if matches!(self.peek()?, b'}' | b']') {
                return None;
            }
            let here = if object {
                let start = self.at;
                self.skip()?;
                let key = &self.bytes[start..self.at];
                self.space();
                self.at += 1;
                self.space();
                key.len() >= 2 && &key[1..key.len() - 1] == step.as_bytes()
            } else {
                index.to_string() == step
            };
            if here {
                return Some(());
            }
            self.skip()?;
            self.space();
            if self.peek()? == b',' {
                self.at += 1;
            }
            index += 1;
        }
    }

    /// Moves behind the value that starts here.
    fn skip(&mut self) -> Option<()> {
        let mut open = 0_usize;
        loop {
            match self.peek()? {
                b'"' => self.skip_text()?,
                b'{' | b'[' => {
                    open += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    open = open.checked_sub(1)?;
                    self.at += 1;
                }
                b',' | b':' => self.at += 1,
                byte if byte.is_ascii_whitespace() => self.at += 1,
                _ => {
                    while self
                        .peek()
                        .is_some_and(|byte| !matches!(byte, b',' | b'}' | b']' | b':') && !byte.is_ascii_whitespace())
                    {
                        self.at += 1;
                    }
                }
            }
            if open == 0 {
                return Some(());
            }
        }
    }

    fn skip_text(&mut self) -> Option<()> {
        self.at += 1;
        loop {
            match self.peek()? {
                b'\\' => self.at += 2,
                b'"' => {
                    self.at += 1;
                    return Some(());
                }
                _ => self.at += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn places_are_found() {
        let text = "{ \"a\\\"\": 1,\n  \"list\": [ {\"x\": [1, 2]},\n    {\"kind\": \"g\"} ] }";
        assert_eq!(place(text, &["list", "1", "kind"]), (3, 14));
        assert_eq!(place(text, &["list", "0", "x", "1"]), (2, 23));
        assert_eq!(place(text, &["nothing"]), (1, 1));
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in any::<String>(), step in "[a-z0-9]{0,2}") {
            let _ = place(&text, &[&step, "0"]);
            let _ = place(&format!("[{text}"), &["7", &step]);
        }
    }
}
