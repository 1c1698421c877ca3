//! Yes and no as people and spreadsheet programs write them in English.

const YES: [&str; 10] = ["yes", "y", "true", "t", "on", "ok", "x", "✓", "✔", "☑"];
const NO: [&str; 11] = ["no", "n", "false", "f", "off", "none", "n/a", "-", "–", "—", "☐"];

/// What a cell says; none where it is neither. An empty one says no.
pub(super) fn yes_no(cell: &str) -> Option<bool> {
    // A formula, such as =TRUE(), and the mark for text are the spreadsheet's.
    let text = cell.trim().trim_start_matches(['=', '\'']).trim_end_matches("()").trim_end_matches('.').trim();
    let text = text.to_lowercase();
    if text.is_empty() || NO.contains(&text.as_str()) {
        return Some(false);
    }
    if YES.contains(&text.as_str()) {
        return Some(true);
    }
    // A number may have decimals, with the sign of the language.
    match text.replace(',', ".").parse::<f64>() {
        Ok(1.0) => Some(true),
        Ok(0.0) => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yes_and_no_are_understood_however_they_are_written() {
        for yes in [
            "yes",
            "Yes",
            "YES ",
            "y",
            "Y",
            "TRUE",
            "True",
            "t",
            "1",
            "1.0",
            "1,00",
            "x",
            "X",
            "on",
            "=TRUE()",
            "'TRUE",
            "\u{a0}yes",
            "✓",
        ] {
            assert_eq!(yes_no(yes), Some(true), "{yes}");
        }
        for no in ["", "  ", "no", "No", "N", "FALSE", "f", "0", "0.0", "off", "n/a", "-", "=FALSE()"] {
            assert_eq!(yes_no(no), Some(false), "{no}");
        }
        for other in ["perhaps", "2", "yes?", "maybe", "-1", "ja"] {
            assert_eq!(yes_no(other), None, "{other}");
        }
    }
}
