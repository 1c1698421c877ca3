//! What a started `ui` says of itself in the terminal.

use super::style::{self, paint};

/// The address, and how to stop.
pub fn started(address: &str, opened: bool) -> String {
    let what = if opened {
        "The pages are open in your browser. If they are not, open this address:"
    } else {
        "Open this address in a browser of this computer:"
    };
    format!("{what}\n\n  {}\n\nIt works once, for one browser. Press Ctrl-C to stop.\n", paint(style::POINTER, address))
}

/// Somebody came with the start address after it was used.
pub const USED: &str = "The start address was opened a second time and was refused. If that was not you, another user \
                        of this computer tried it.";

#[cfg(test)]
mod tests {
    use super::super::style::plain;
    use super::*;

    #[test]
    fn the_address_is_alone_on_its_line() {
        for opened in [true, false] {
            let text = plain(&started("http://127.0.0.1:1/start?key=k", opened));
            assert!(text.lines().any(|line| line == "  http://127.0.0.1:1/start?key=k"), "{text}");
        }
    }
}
