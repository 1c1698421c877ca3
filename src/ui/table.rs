//! Plain tables that fit the terminal. Cells are cleaned here, so that no view can forget it.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use super::escape::clean;
use super::layout::Look;

/// Which side the cells of a column keep to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A table with a heading row, two spaces between columns; on a terminal, cells wrap to its width.
pub fn table(look: Look, columns: &[(&str, Side)], rows: &[Vec<String>]) -> String {
    let mut table = Table::new();
    table.force_no_tty().load_style(presets::NOTHING);
    match look.width {
        Some(width) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width),
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    table.set_header(columns.iter().map(|(title, _)| *title).collect::<Vec<_>>());
    for row in rows {
        table.add_row(row.iter().map(|cell| clean(cell).into_owned()).collect::<Vec<_>>());
    }
    for (index, (_, side)) in columns.iter().enumerate() {
        if let Some(column) = table.column_mut(index) {
            column.set_padding((0, 2));
            column.set_cell_alignment(match side {
                Side::Left => CellAlignment::Left,
                Side::Right => CellAlignment::Right,
            });
        }
    }
    let mut text = table.trim_fmt();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(look: Look) -> String {
        let rows = [
            vec!["settings-catalog".into(), "12".into(), "Policies made of single settings".into()],
            vec!["scope-tags".into(), "3".into(), "bad\u{1b}[2J".into()],
        ];
        table(look, &[("TYPE", Side::Left), ("POLICIES", Side::Right), ("ABOUT", Side::Left)], &rows)
    }

    #[test]
    fn columns_line_up_and_cells_are_cleaned() {
        insta::assert_snapshot!(sample(Look::default()), @r"
        TYPE              POLICIES  ABOUT
        settings-catalog        12  Policies made of single settings
        scope-tags               3  bad\u{1b}[2J
        ");
    }

    #[test]
    fn a_narrow_terminal_wraps_cells() {
        let text = sample(Look { width: Some(50), verbose: false });
        assert!(text.lines().all(|line| line.chars().count() <= 50), "{text}");
        assert!(text.contains("single"), "{text}");
    }
}
