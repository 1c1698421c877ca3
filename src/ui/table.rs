//! Plain tables that fit the terminal. Cells are cleaned here, so that no view can forget it.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, Width, presets};

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

/// Spaces between columns.
const GAP: usize = 2;

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
    let bounds = look.width.map(|width| bounds(columns, rows, usize::from(width))).unwrap_or_default();
    for (index, (_, side)) in columns.iter().enumerate() {
        if let Some(column) = table.column_mut(index) {
            if let Some(bound) = bounds.get(index) {
                column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(*bound)));
            }
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

/// How narrow the columns may get without a word broken in two; of many columns, that is kept for the first only:
/// the existing text is typed again.
fn bounds(columns: &[(&str, Side)], rows: &[Vec<String>], width: usize) -> Vec<u16> {
    let longest = |text: &str| text.split(' ').map(|word| word.chars().count()).max().unwrap_or_default();
    let bounds = columns.iter().enumerate().map(|(index, (title, _))| {
        let first = index == 0;
        let of = |cell: &String| if first { cell.chars().count() } else { longest(cell) };
        rows.iter().filter_map(|row| row.get(index)).map(of).max().unwrap_or_default().max(longest(title)) + GAP
    });
    let bounds: Vec<usize> = bounds.collect();
    let kept = if bounds.iter().sum::<usize>() <= width + GAP { bounds.len() } else { 1 };
    bounds.into_iter().take(kept).filter_map(|bound| u16::try_from(bound.min(width)).ok()).collect()
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
