//! Columns of text, aligned.

use std::io::{self, Write};

/// A table with a heading for each column.
#[derive(Debug)]
pub(crate) struct Table<const N: usize> {
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    pub(crate) fn new(headings: [&str; N]) -> Self {
        Self { rows: vec![headings.map(str::to_owned)] }
    }

    pub(crate) fn row(&mut self, cells: [String; N]) {
        self.rows.push(cells);
    }

    /// Prints the table, or `instead` if it has no rows.
    pub(crate) fn print(&self, out: &mut impl Write, instead: &str) -> io::Result<()> {
        if self.rows.len() < 2 {
            return writeln!(out, "{instead}");
        }
        let width = |column: usize| {
            self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..N).map(width).collect();
        for row in &self.rows {
            let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:<width$}")).collect();
            writeln!(out, "{}", cells.join("  ").trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(["ID", "STATE"]);
        table.row(["1".to_owned(), "é".to_owned()]);
        table.row(["100".to_owned(), "idle".to_owned()]);
        let mut out = Vec::new();
        table.print(&mut out, "none").unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "ID   STATE\n1    é\n100  idle\n");
    }

    #[test]
    fn an_empty_table_is_said_in_words() {
        let mut out = Vec::new();
        Table::new(["A"]).print(&mut out, "none").unwrap();
        assert_eq!(out, b"none\n");
    }
}
