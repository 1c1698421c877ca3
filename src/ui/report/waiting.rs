//! A picture of what waits for what: what comes first stands left. Policy by policy where they are few, by type
//! otherwise; and the same as a list, for those who do not see it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use maud::{Markup, html};

use super::super::escape::clean;
use super::super::layout::shorten;
use super::model::Report;

/// More policies than this are drawn by their types.
const MOST: usize = 40;
const WIDTH: usize = 220;
const HEIGHT: usize = 26;
const GAP: usize = 70;
const ROW: usize = 36;
const LONGEST: usize = 28;

/// A policy or a type.
struct Node {
    name: String,
    tone: &'static str,
    needs: BTreeSet<usize>,
    column: usize,
    row: usize,
}

pub(super) fn section(report: &Report) -> Option<Markup> {
    let mut nodes = policies(report);
    let by_type = nodes.len() > MOST;
    if by_type {
        nodes = types(report);
    }
    if nodes.is_empty() {
        return None;
    }
    arrange(&mut nodes);
    let columns = nodes.iter().map(|node| node.column).max().unwrap_or_default() + 1;
    let rows = nodes.iter().map(|node| node.row).max().unwrap_or_default() + 1;
    let (width, height) = (columns * (WIDTH + GAP) - GAP + 4, rows * ROW);
    let nodes = &nodes;
    let edges = nodes.iter().flat_map(|node| node.needs.iter().map(move |need| (&nodes[*need], node)));
    Some(html! {
        section aria-labelledby="waiting" {
            h2 #waiting { "Dependencies" }
            p .quiet { "The policies on the left are imported first" @if by_type { "; grouped by type, because there are many" } "." }
            div .scroll tabindex="0" role="group" aria-label="A picture; the list below has the same content" {
                svg .waiting width=(width) height=(height) viewBox={ "0 0 " (width) " " (height) } aria-hidden="true" focusable="false" {
                    @for (from, to) in edges { path d=(curve(from, to)) { } }
                    @for node in nodes { g class=(node.tone) {
                        title { (clean(&node.name)) }
                        rect x=(left(node)) y=(top(node)) width=(WIDTH) height=(HEIGHT) rx="4" { }
                        text x=(left(node) + 10) y=(top(node) + 17) { (shorten(&clean(&node.name), LONGEST)) }
                    } }
                }
            }
            details { summary { "As a list" } ul {
                @for node in nodes.iter().filter(|node| !node.needs.is_empty()) {
                    @let needs: Vec<&str> = node.needs.iter().map(|need| nodes[*need].name.as_str()).collect();
                    li { (clean(&node.name)) " depends on " (clean(&needs.join(", "))) }
                }
            } }
        }
    })
}

/// Policies that wait or are waited for.
fn policies(report: &Report) -> Vec<Node> {
    let entries: HashMap<&str, usize> =
        report.entries.iter().enumerate().map(|(index, entry)| (entry.reference.as_str(), index)).collect();
    let needs =
        |index: usize| report.entries[index].needs.iter().filter_map(|need| entries.get(need.as_str()).copied());
    let all = 0..report.entries.len();
    let taking_part: BTreeSet<usize> =
        all.filter(|index| needs(*index).next().is_some()).flat_map(|index| needs(index).chain([index])).collect();
    let places: BTreeMap<usize, usize> = taking_part.iter().enumerate().map(|(place, index)| (*index, place)).collect();
    let node = |index: &usize| {
        let entry = &report.entries[*index];
        let needs = needs(*index).filter_map(|need| places.get(&need).copied()).collect();
        Node { name: entry.name.clone(), tone: report.word(entry).tone, needs, column: 0, row: 0 }
    };
    taking_part.iter().map(node).collect()
}

/// Types whose policies wait for those of another, or are waited for.
fn types(report: &Report) -> Vec<Node> {
    let types: HashMap<&str, &str> =
        report.entries.iter().map(|entry| (entry.reference.as_str(), entry.type_name.as_str())).collect();
    let mut needs: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for entry in &report.entries {
        for need in
            entry.needs.iter().filter_map(|need| types.get(need.as_str())).filter(|need| **need != entry.type_name)
        {
            needs.entry(&entry.type_name).or_default().insert(need);
            needs.entry(need).or_default();
        }
    }
    let names: Vec<&str> = needs.keys().copied().collect();
    let place = |name: &&str| names.iter().position(|known| known == name);
    needs
        .iter()
        .map(|(name, needs)| Node {
            name: (*name).to_owned(),
            tone: "open",
            needs: needs.iter().filter_map(place).collect(),
            column: 0,
            row: 0,
        })
        .collect()
}

/// Everything stands right of what it needs, near its height.
fn arrange(nodes: &mut [Node]) {
    // No way is longer than there are nodes; a circle stops there.
    for _ in 0..nodes.len() {
        let mut moved = false;
        for index in 0..nodes.len() {
            let column = nodes[index].needs.iter().map(|need| nodes[*need].column + 1).max().unwrap_or_default();
            if column > nodes[index].column && column < nodes.len() {
                nodes[index].column = column;
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    let last = nodes.iter().map(|node| node.column).max().unwrap_or_default();
    for column in 0..=last {
        let mut own: Vec<usize> = (0..nodes.len()).filter(|index| nodes[*index].column == column).collect();
        own.sort_by_cached_key(|index| {
            let needs = &nodes[*index].needs;
            let rows: usize = needs.iter().map(|need| nodes[*need].row).sum();
            (rows * 100 / needs.len().max(1), nodes[*index].name.clone())
        });
        for (row, index) in own.into_iter().enumerate() {
            nodes[index].row = row;
        }
    }
}

fn left(node: &Node) -> usize {
    node.column * (WIDTH + GAP) + 2
}

fn top(node: &Node) -> usize {
    node.row * ROW + 4
}

fn curve(from: &Node, to: &Node) -> String {
    let (x, y) = (left(from) + WIDTH, top(from) + HEIGHT / 2);
    let (end, height) = (left(to), top(to) + HEIGHT / 2);
    let middle = x.midpoint(end);
    format!("M{x} {y} C{middle} {y} {middle} {height} {end} {height}")
}
