//! Cuts the text of a `$filter` into words, strings and brackets; [`crate::odata::filter`] gives them a meaning.

use crate::odata::call::{Refusal, bad};

/// A piece of a filter.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token {
    Word(String),
    Text(String),
    Open,
    Close,
    Comma,
}

/// All pieces.
pub(crate) fn tokens(text: &str) -> Result<Vec<Token>, Refusal> {
    let mut out = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            ' ' => {}
            '(' => out.push(Token::Open),
            ')' => out.push(Token::Close),
            ',' => out.push(Token::Comma),
            '\'' => {
                let mut literal = String::new();
                loop {
                    match chars.next() {
                        Some('\'') if chars.peek() == Some(&'\'') => {
                            chars.next();
                            literal.push('\'');
                        }
                        Some('\'') => break,
                        Some(c) => literal.push(c),
                        None => {
                            return Err(bad("There is an unterminated string literal in the filter"));
                        }
                    }
                }
                out.push(Token::Text(literal));
            }
            c => {
                let mut word = String::from(c);
                while let Some(c) = chars.next_if(|c| !" (),'".contains(*c)) {
                    word.push(c);
                }
                out.push(Token::Word(word));
            }
        }
    }
    Ok(out)
}
