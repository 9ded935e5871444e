//! A YAML document as a tree that remembers lines and columns.

use super::super::problem::{Problem, Trail};
use serde_saphyr::granit_parser::{Event, Parser, ScalarStyle, Span};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// Values of one document at most, aliases counted each time they are used.
const MAX_NODES: usize = 100_000;
/// Depth at most.
const MAX_DEPTH: usize = 64;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub struct Node {
    /// Line and column, each from 1.
    pub position: (usize, usize),
    /// The value.
    pub value: Value,
}

/// A value.
#[derive(Clone, Debug)]
pub enum Value {
    /// Nothing was written.
    Null,
    /// Text, number or boolean. Wiped on drop: it may hold a key.
    Scalar {
        /// The text, variables put in.
        text: Zeroizing<String>,
        /// Written without quotes, so that `true` is a boolean and `3` a number.
        plain: bool,
        /// Holds the value of a variable, which no message may show.
        expanded: bool,
    },
    /// A list.
    Seq(Vec<Node>),
    /// Keys and values in the order of the file.
    Map(Vec<Entry>),
}

/// A key, where it stands, and its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Line and column of the key, each from 1.
    pub position: (usize, usize),
    /// The value.
    pub node: Node,
}

impl Node {
    /// The value under a key of a map.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.node)
    }

    /// As [`Self::get`], to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        match &mut self.value {
            Value::Map(entries) => {
                let mut entries = entries.iter_mut();
                entries
                    .find(|entry| entry.key == key)
                    .map(|entry| &mut entry.node)
            }
            _ => None,
        }
    }

    fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.value {
            Value::Map(entries) => entries.iter().find(|entry| entry.key == key),
            _ => None,
        }
    }

    /// Where the key or element at the end of a trail stands, or the nearest around it.
    #[must_use]
    pub fn position_of(&self, trail: &Trail) -> (usize, usize) {
        self.inner_position(trail, self.position)
    }

    fn inner_position(&self, trail: &Trail, here: (usize, usize)) -> (usize, usize) {
        if let Some((key, rest)) = trail.split_key()
            && let Some(entry) = self.entry(key)
        {
            return entry.node.inner_position(&rest, entry.position);
        }
        if let Some((index, rest)) = trail.split_index()
            && let Value::Seq(items) = &self.value
            && let Some(item) = items.get(index)
        {
            return item.inner_position(&rest, item.position);
        }
        here
    }
}

/// Reads one document.
///
/// # Errors
/// The first place that is not YAML, a key twice, a key that is not a text, or a document that is
/// too large or too deep.
pub fn parse(text: &str) -> Result<Node, Problem> {
    let mut builder = Builder {
        parser: Parser::new_from_str(text),
        anchors: BTreeMap::new(),
        nodes: 0,
    };
    builder.document()
}

struct Builder<'a> {
    parser: Parser<'a, serde_saphyr::granit_parser::StrInput<'a>>,
    anchors: BTreeMap<usize, Node>,
    nodes: usize,
}

impl<'a> Builder<'a> {
    fn next(&mut self) -> Result<(Event<'a>, (usize, usize)), Problem> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((event, start(span))),
            Some(Err(error)) => {
                let at = (error.marker().line(), error.marker().col() + 1);
                Err(wrong(at, format!("not YAML: {}", error.info())))
            }
            None => Ok((Event::StreamEnd, (1, 1))),
        }
    }

    fn document(&mut self) -> Result<Node, Problem> {
        loop {
            match self.next()? {
                (Event::StreamStart | Event::DocumentStart(..), _) => {}
                (Event::StreamEnd | Event::DocumentEnd, at) => return Ok(node(at, Value::Null)),
                (event, at) => {
                    let root = self.value(event, at, 0)?;
                    return self.nothing_more().map(|()| root);
                }
            }
        }
    }

    fn nothing_more(&mut self) -> Result<(), Problem> {
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(()),
                (Event::DocumentStart(..), at) => {
                    return Err(wrong(at, "a second document: expected one".to_owned()));
                }
                _ => {}
            }
        }
    }

    fn value(
        &mut self,
        event: Event<'a>,
        at: (usize, usize),
        depth: usize,
    ) -> Result<Node, Problem> {
        self.count(at, 1)?;
        if depth > MAX_DEPTH {
            return Err(wrong(at, format!("deeper than {MAX_DEPTH} levels")));
        }
        let (value, anchor) = match event {
            Event::Scalar(text, style, anchor, _) => {
                (scalar(&text, style == ScalarStyle::Plain), anchor)
            }
            Event::SequenceStart(_, anchor, _) => (self.sequence(depth)?, anchor),
            Event::MappingStart(_, anchor, _) => (self.mapping(depth)?, anchor),
            Event::Alias(id) => return self.alias(id, at),
            _ => return Err(wrong(at, "expected a value".to_owned())),
        };
        let made = node(at, value);
        if anchor != 0 {
            self.anchors.insert(anchor, made.clone());
        }
        Ok(made)
    }

    fn alias(&mut self, id: usize, at: (usize, usize)) -> Result<Node, Problem> {
        let Some(target) = self.anchors.get(&id).cloned() else {
            return Err(wrong(at, "an alias to nothing before it".to_owned()));
        };
        self.count(at, size(&target))?;
        Ok(target)
    }

    fn count(&mut self, at: (usize, usize), more: usize) -> Result<(), Problem> {
        self.nodes += more;
        if self.nodes > MAX_NODES {
            return Err(wrong(at, format!("more than {MAX_NODES} values")));
        }
        Ok(())
    }

    fn sequence(&mut self, depth: usize) -> Result<Value, Problem> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Value::Seq(items)),
                (event, at) => items.push(self.value(event, at, depth + 1)?),
            }
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Value, Problem> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut merged: Vec<Node> = Vec::new();
        loop {
            let (event, at) = self.next()?;
            let key = match event {
                Event::MappingEnd => break,
                Event::Scalar(text, ..) => text.into_owned(),
                _ => return Err(wrong(at, "a key that is not a text".to_owned())),
            };
            let (event, value_at) = self.next()?;
            let value = self.value(event, value_at, depth + 1)?;
            if key == "<<" {
                merged.push(value);
            } else if entries.iter().any(|known| known.key == key) {
                return Err(wrong(at, format!("the key {key:?} stands here twice")));
            } else {
                entries.push(Entry {
                    key,
                    position: at,
                    node: value,
                });
            }
        }
        merge(&mut entries, merged);
        Ok(Value::Map(entries))
    }
}

/// YAML's `<<`: keys that are not there are taken from the maps named.
fn merge(entries: &mut Vec<Entry>, merged: Vec<Node>) {
    for source in merged {
        let maps = match source.value {
            Value::Seq(items) => items,
            _ => vec![source],
        };
        for map in maps {
            let Value::Map(others) = map.value else {
                continue;
            };
            for other in others {
                if !entries.iter().any(|known| known.key == other.key) {
                    entries.push(other);
                }
            }
        }
    }
}

fn scalar(text: &str, plain: bool) -> Value {
    if plain && matches!(text, "" | "~" | "null" | "Null" | "NULL") {
        return Value::Null;
    }
    Value::Scalar {
        text: Zeroizing::new(text.to_owned()),
        plain,
        expanded: false,
    }
}

fn size(node: &Node) -> usize {
    match &node.value {
        Value::Seq(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Map(entries) => 1 + entries.iter().map(|e| size(&e.node)).sum::<usize>(),
        Value::Null | Value::Scalar { .. } => 1,
    }
}

fn node(position: (usize, usize), value: Value) -> Node {
    Node { position, value }
}

fn start(span: Span) -> (usize, usize) {
    (span.start.line(), span.start.col() + 1)
}

fn wrong(position: (usize, usize), what: String) -> Problem {
    Problem {
        file: None,
        trail: Trail::root(),
        position: Some(position),
        what,
        remedy: String::new(),
    }
}
