//! A script or another text with its comments, strings and variables in colors. It reads any language in one way, which is
//! right often enough to help the eye; the text itself is always whole. Pure.

use maud::{Markup, html};

use crate::ui::clean;

/// A longer text is shown without colors.
const MOST: usize = 200_000;

/// The class of a piece, and the piece.
type Piece<'a> = (&'static str, &'a str);

/// The text, by lines.
pub(super) fn highlighted(text: &str) -> Markup {
    let pieces = if text.len() > MOST { vec![("", text)] } else { pieces(text) };
    html! {
        @for (class, piece) in pieces {
            @if class.is_empty() { (shown(piece)) } @else { span class=(class) { (shown(piece)) } }
        }
    }
}

/// Harmless, but in the lines it has.
fn shown(text: &str) -> String {
    let line = |line: &str| line.split('\t').map(clean).collect::<Vec<_>>().join("\t");
    text.replace("\r\n", "\n").split('\n').map(line).collect::<Vec<_>>().join("\n")
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces: Vec<Piece<'_>> = Vec::new();
    let (mut at, mut plain) = (0, 0);
    let mut before = '\n';
    while let Some(next) = text[at..].chars().next() {
        let Some((class, piece)) = special(&text[at..], before) else {
            before = next;
            at += next.len_utf8();
            continue;
        };
        if plain < at {
            pieces.push(("", &text[plain..at]));
        }
        pieces.push((class, piece));
        at += piece.len();
        plain = at;
        before = text[..at].chars().next_back().unwrap_or('\n');
    }
    if plain < text.len() {
        pieces.push(("", &text[plain..]));
    }
    pieces
}

/// What begins here.
fn special(rest: &str, before: char) -> Option<Piece<'_>> {
    let line = rest.find('\n').unwrap_or(rest.len());
    let until = |end: &str| rest.find(end).map_or(rest.len(), |place| place + end.len());
    let (class, length) = match rest.as_bytes() {
        [b'<', b'#', ..] => ("comment", until("#>")),
        [b'<', b'!', b'-', b'-', ..] => ("comment", until("-->")),
        [b'#', ..] if before.is_whitespace() => ("comment", line),
        // A string that does not end on its line is an apostrophe.
        [quote @ (b'"' | b'\''), ..] if !before.is_alphanumeric() => {
            ("string", rest[1..line].find(char::from(*quote))? + 2)
        }
        [b'$', first, ..] if first.is_ascii_alphabetic() || matches!(first, b'{' | b'_') => {
            let is_other = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '{' | '}'));
            ("variable", rest[1..].find(is_other).map_or(rest.len(), |end| end + 1))
        }
        _ => return None,
    };
    Some((class, &rest[..length]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_helps_the_eye_has_a_class() {
        let script = "# Why\nif ($env:X -eq \"a'b\") { it's <# no #> }\n<key>a</key><!-- c -->";
        let found: Vec<Piece<'_>> = pieces(script).into_iter().filter(|(class, _)| !class.is_empty()).collect();
        let wanted = [
            ("comment", "# Why"),
            ("variable", "$env:X"),
            ("string", "\"a'b\""),
            ("comment", "<# no #>"),
            ("comment", "<!-- c -->"),
        ];
        assert_eq!(found, wanted);
        let page = highlighted("<script>\u{202e}\t\"</span>\"").into_string();
        assert_eq!(page, "&lt;script&gt;\\u{202e}\t<span class=\"string\">&quot;&lt;/span&gt;&quot;</span>");
    }

    proptest! {
        #[test]
        fn nothing_of_a_text_is_lost(text in any::<String>()) {
            let whole: String = pieces(&text).into_iter().map(|(_, piece)| piece).collect();
            prop_assert_eq!(whole, text);
        }
    }
}
