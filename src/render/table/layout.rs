//! One table: which columns fit, how wide bars and facts may be, then comfy-table's layout, then colours.
//!
//! comfy-table sees plain text only; colours go on by column afterwards. So its widths are right whatever the colours, and a
//! wide character or an escaped comm cannot push a column.

use super::super::grid::{Grid, Hue, Value, Weight};
use super::super::style::Style;
use super::super::text::{cut, split_at_column, width, wrap};
use super::INDENT;
use super::cells::{drawn, shown, text, unit};
use super::paint::{Ink, paint};
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
        // A column in which nothing is known says nothing: its reason stands under "Not measured".
        let is_empty = |c: usize| c > 0 && grid.lines.iter().all(|l| l.cells[c].is_absent());
        let kept = (0..grid.columns.len()).filter(|c| !is_empty(*c)).collect();
        Self { grid, style, kinds, texts, heads, kept }
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
        let most = (self.style.width * 2 / 5).max(16);
        self.cut_names(most);
        while self.needed() > self.style.width {
            let Some(at) = (0..self.kept.len()).filter(|i| self.rank(*i) > 0).max_by_key(|i| self.rank(*i)) else {
                break;
            };
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
        let room = self.style.width.saturating_sub(taken);
        self.rewrite(Kind::Facts, |sheet, value| as_many_as_fit(value, room, sheet.style));
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
        let Some(at) = self.kept.iter().position(|c| self.kinds[*c] == Kind::Facts && self.grid.columns[*c].rank == 0)
        else {
            return Vec::new();
        };
        let Value::Facts(facts) = &self.grid.lines[row].cells[self.kept[at]] else { return Vec::new() };
        let fitting = self.texts[self.kept[at]][self.heads + row].split(&separator(self.style)).count();
        if fitting >= facts.len() {
            return Vec::new();
        }
        let before: usize = widths[..at].iter().map(|w| w + GAP).sum();
        let rest: Vec<String> = facts[fitting..].iter().map(|f| shown(f, self.style)).collect();
        let room = self.style.width.saturating_sub(before);
        let indent = " ".repeat(before);
        let lines = wrap(&rest.join(&separator(self.style)), room);
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

/// The first facts that fit; the first of all is cut rather than dropped.
fn as_many_as_fit(value: &Value, columns: usize, style: &Style) -> String {
    let Value::Facts(facts) = value else { return String::new() };
    let separator = separator(style);
    let mut line = String::new();
    for fact in facts {
        let fact = shown(fact, style);
        if line.is_empty() {
            line = cut(&fact, columns, &shown("…", style));
        } else if width(&line) + width(&separator) + width(&fact) <= columns {
            line = format!("{line}{separator}{fact}");
        } else {
            break;
        }
    }
    line
}
