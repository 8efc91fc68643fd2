//! One table: which columns fit, how wide bars and facts may be, then comfy-table's layout, then colours.
//!
//! comfy-table sees plain text only; colours go on by column afterwards. So its widths are right whatever the colours, and a
//! wide character or an escaped comm cannot push a column.

use super::super::grid::{Grid, Hue, Value, Weight};
use super::super::style::Style;
use super::super::text::{cut, split_at_column, width};
use super::cells::{drawn, shown, text, unit};
use super::paint::{Ink, paint};
use super::{INDENT, flow};
use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

/// Spaces between columns.
const GAP: usize = 2;
/// Facts in less than this say too little.
const FACTS_AT_LEAST: usize = 18;

/// A laid-out table.
pub(super) struct Laid {
    pub lines: Vec<String>,
    /// Columns that had to give way, by name.
    pub left_out: Vec<String>,
}

/// What a column holds, as far as layout goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Fixed,
    Bar,
    Facts,
}

struct Sheet<'a> {
    grid: &'a Grid,
    style: &'a Style,
    kinds: Vec<Kind>,
    /// Heading lines and then the cells, by column.
    texts: Vec<Vec<String>>,
    heads: usize,
    kept: Vec<usize>,
    /// Columns that facts may fill.
    room: usize,
}

pub(super) fn grid(title: &str, grid: &Grid, style: &Style) -> Laid {
    let mut sheet = Sheet::fill(title, grid, style);
    let left_out = sheet.fit();
    sheet.stretch();
    Laid { lines: sheet.lines(), left_out }
}

impl<'a> Sheet<'a> {
    fn fill(title: &str, grid: &'a Grid, style: &'a Style) -> Self {
        let columns = 0..grid.columns.len();
        let kinds: Vec<Kind> = columns.clone().map(|c| kind(grid, c)).collect();
        let units: Vec<_> = columns.clone().map(|c| unit(grid, c)).collect();
        let heads = match (grid.header, units.iter().any(Option::is_some)) {
            (false, _) => 0,
            (true, false) => 1,
            (true, true) => 2,
        };
        let texts = columns
            .map(|c| {
                let name = if c == 0 { title.to_owned() } else { shown(grid.columns[c].name, style) };
                let unit_name = units[c].map_or("", |u| u.name).to_owned();
                let head = [name, unit_name].into_iter().take(heads);
                let indent = if c == 0 { INDENT } else { "" };
                let cells = grid
                    .lines
                    .iter()
                    .map(|line| format!("{indent}{}", shown(&text(&line.cells[c], units[c], !grid.header), style)));
                head.chain(cells).collect()
            })
            .collect();
        // A column in which nothing is known says nothing: its reason stands under "Not measured". But where no header names
        // the columns the rows are the names, and a name without even a dash would be nothing at all.
        let first = if grid.header { 1 } else { 2 };
        let is_empty = |c: usize| c >= first && grid.lines.iter().all(|l| l.cells[c].is_absent());
        let kept = (0..grid.columns.len()).filter(|c| !is_empty(*c)).collect();
        Self { grid, style, kinds, texts, heads, kept, room: 0 }
    }

    fn widest(&self, column: usize) -> usize {
        match self.kinds[column] {
            Kind::Fixed => self.drawn(column),
            Kind::Bar => self.bar_columns(),
            Kind::Facts => FACTS_AT_LEAST,
        }
    }

    fn bar_columns(&self) -> usize {
        match self.style.width {
            90.. => 20,
            70.. => 12,
            60.. => 8,
            _ => 6,
        }
    }

    fn needed(&self) -> usize {
        self.kept.iter().map(|c| self.widest(*c) + GAP).sum::<usize>().saturating_sub(GAP)
    }

    /// Drops columns until the rest fits, shortening long names before.
    fn fit(&mut self) -> Vec<String> {
        let mut left_out = Vec::new();
        if self.needed() > self.style.width {
            // Facts that must be shown go below their lines: that is easier to read than a narrow column of them.
            self.kept.retain(|c| self.kinds[*c] != Kind::Facts || self.grid.columns[*c].rank > 0);
        }
        if self.needed() > self.style.width {
            self.cut_names((self.style.width * 2 / 5).max(16));
        }
        while self.needed() > self.style.width {
            let droppable = (0..self.kept.len()).filter(|i| self.rank(*i) > 0).max_by_key(|i| self.rank(*i));
            let Some(at) = droppable else { break };
            let column = self.kept.remove(at);
            let name = self.grid.columns[column].name;
            if !name.is_empty() {
                left_out.push(name.to_owned());
            }
        }
        let over = self.needed().saturating_sub(self.style.width);
        self.cut_names(self.widest(0).saturating_sub(over).max(8));
        left_out
    }

    fn rank(&self, at: usize) -> u8 {
        self.grid.columns[self.kept[at]].rank
    }

    fn cut_names(&mut self, columns: usize) {
        let mark = shown("…", self.style);
        for name in &mut self.texts[0] {
            *name = cut(name, columns, &mark);
        }
    }

    /// Gives bars and facts the room that is left.
    fn stretch(&mut self) {
        self.rewrite(Kind::Bar, |sheet, value| drawn(value, sheet.bar_columns(), sheet.style));
        let taken: usize =
            self.kept.iter().filter(|c| self.kinds[**c] != Kind::Facts).map(|c| self.drawn(*c) + GAP).sum();
        self.room = self.style.width.saturating_sub(taken);
        self.rewrite(Kind::Facts, |sheet, value| as_many_as_fit(value, sheet.room, sheet.style));
    }

    fn rewrite(&mut self, kind: Kind, write: impl Fn(&Self, &Value) -> String) {
        for at in 0..self.kept.len() {
            let column = self.kept[at];
            if self.kinds[column] == kind {
                for (i, line) in self.grid.lines.iter().enumerate() {
                    self.texts[column][self.heads + i] = write(self, &line.cells[column]);
                }
            }
        }
    }

    /// The width of a column's texts as they are now.
    fn drawn(&self, column: usize) -> usize {
        self.texts[column].iter().map(|t| width(t)).max().unwrap_or(0)
    }

    fn lines(&self) -> Vec<String> {
        let rule = if self.style.unicode { '─' } else { '-' };
        let mut table = Table::new();
        table.load_style(TableStyle::new().header_separator(LineStyle::none().fill(rule)));
        table.set_content_arrangement(ContentArrangement::Disabled);
        let cells = |row: usize| self.kept.iter().map(move |c| self.texts[*c][row].clone());
        if self.heads > 0 {
            table.set_header(self.kept.iter().map(|c| self.texts[*c][..self.heads].join("\n")));
        }
        for row in 0..self.grid.lines.len() {
            table.add_row(cells(self.heads + row));
        }
        for (at, column) in self.kept.iter().enumerate() {
            let right = self.grid.columns[*column].right;
            let layout = table.column_mut(at).expect("every kept column has cells");
            let gap = if at + 1 == self.kept.len() { 0 } else { GAP };
            layout.set_padding((0, u16::try_from(gap).unwrap_or(0)));
            layout.set_cell_alignment(if right { CellAlignment::Right } else { CellAlignment::Left });
        }
        let widths: Vec<usize> = table.column_max_content_widths().into_iter().map(usize::from).collect();
        let rules = usize::from(self.heads > 0);
        let lines: Vec<String> = table.lines().collect();
        let mut painted = Vec::new();
        for (i, line) in lines.iter().enumerate() {
            let row = i.checked_sub(self.heads + rules);
            painted.push(match row {
                None => self.paint_head(line, i),
                Some(row) => self.paint_row(line, row, &widths),
            });
            if let Some(row) = row {
                painted.extend(self.overflow(row, &widths));
            }
        }
        painted
    }

    fn paint_head(&self, line: &str, i: usize) -> String {
        if i > 0 {
            return paint(line, Ink::Dim, self.style);
        }
        let (title, rest) = split_at_column(line, width(&self.texts[0][0]));
        format!("{}{}", paint(title, Ink::Bold, self.style), paint(rest, Ink::Dim, self.style))
    }

    fn paint_row(&self, line: &str, row: usize, widths: &[usize]) -> String {
        let of = &self.grid.lines[row];
        match of.weight {
            Weight::Rest => return paint(line, Ink::Dim, self.style),
            Weight::Total => return paint(line, Ink::Bold, self.style),
            Weight::One => {}
        }
        let mut painted = String::new();
        let mut left = line;
        for (at, column) in self.kept.iter().enumerate() {
            let (cell, rest) = split_at_column(left, widths[at] + if at + 1 < self.kept.len() { GAP } else { 0 });
            let ink = match &of.cells[*column] {
                Value::Bar(_, hue) => Ink::from(*hue),
                Value::Facts(_) => Ink::Dim,
                Value::Share(Some(share)) if self.alarming(row, *share) => Ink::Red,
                value if *column > 0 && value.is_absent() => Ink::Dim,
                _ => Ink::Plain,
            };
            painted.push_str(&paint(cell, ink, self.style));
            left = rest;
        }
        painted.push_str(left);
        painted
    }

    /// Unaccounted time, which should round to nothing.
    fn alarming(&self, row: usize, share: f64) -> bool {
        share.abs() > 0.001 && self.grid.lines[row].cells.iter().any(|v| matches!(v, Value::Bar(_, Hue::Unknown)))
    }

    /// Facts that must all be shown, as those of an error table, go on below where they do not fit.
    fn overflow(&self, row: usize, widths: &[usize]) -> Vec<String> {
        let cells = self.grid.lines[row].cells.iter().enumerate();
        let must = cells.filter(|(c, _)| self.grid.columns[*c].rank == 0);
        let Some((column, facts)) =
            must.filter_map(|(c, v)| if let Value::Facts(f) = v { Some((c, f)) } else { None }).next()
        else {
            return Vec::new();
        };
        let (beside, before) = match self.kept.iter().position(|c| *c == column) {
            Some(at) => (fitting(facts, self.room, self.style), widths[..at].iter().map(|w| w + GAP).sum()),
            None => (0, 2 * INDENT.len()),
        };
        let rest: Vec<String> = facts[beside..].iter().map(|f| shown(f, self.style)).collect();
        let indent = " ".repeat(before);
        let lines = flow(&rest, &separator(self.style), self.style.width.saturating_sub(before));
        lines.iter().map(|l| format!("{indent}{}", paint(l, Ink::Dim, self.style))).collect()
    }
}

fn kind(grid: &Grid, column: usize) -> Kind {
    let is = |f: fn(&Value) -> bool| grid.lines.iter().any(|l| f(&l.cells[column]));
    if is(|v| matches!(v, Value::Bar(..))) {
        Kind::Bar
    } else if is(|v| matches!(v, Value::Facts(_))) {
        Kind::Facts
    } else {
        Kind::Fixed
    }
}

fn separator(style: &Style) -> String {
    shown(" · ", style)
}

/// How many of the first facts fit into a line; at least one, which is cut if it must be.
fn fitting(facts: &[String], columns: usize, style: &Style) -> usize {
    let mut used = 0;
    let fit = facts.iter().take_while(|fact| {
        used += width(&shown(fact, style)) + if used > 0 { width(&separator(style)) } else { 0 };
        used <= columns
    });
    fit.count().max(1).min(facts.len())
}

fn as_many_as_fit(value: &Value, columns: usize, style: &Style) -> String {
    let Value::Facts(facts) = value else { return String::new() };
    let facts: Vec<String> = facts[..fitting(facts, columns, style)].iter().map(|f| shown(f, style)).collect();
    cut(&facts.join(&separator(style)), columns, &shown("…", style))
}
