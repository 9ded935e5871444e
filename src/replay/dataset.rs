//! Reads datasets: JSON lines, plain or compressed with zstd, one prompt a line with the graded
//! answers of several arms. Streamed line by line; every complaint names the line.

use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// Rows read at most, so that the ids that came before fit into memory (64 MB).
pub const MAX_ROWS: usize = 4_000_000;
/// Rows needed at least.
pub const MIN_ROWS: usize = 20;
/// Bytes of one line at most.
const MAX_LINE_BYTES: u64 = 4 << 20;

/// One graded answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Graded {
    /// Quality in [0, 1].
    pub quality: f64,
    /// Cost in US dollars.
    pub cost_usd: Option<f64>,
    /// Input tokens.
    pub input_tokens: Option<f64>,
    /// Output tokens.
    pub output_tokens: Option<f64>,
}

/// One prompt.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Unique in its file.
    pub id: String,
    /// What kind of task; hidden from routers.
    pub task: String,
    /// The prompt.
    pub prompt: String,
    /// Answers by arm.
    pub answers: BTreeMap<String, Graded>,
}

/// A file that cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A line is wrong.
    #[error("{path}, line {line}: {what}")]
    Line {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong with it.
        what: String,
    },
    /// The file as a whole does not do.
    #[error("{path}: {what}")]
    Unfit {
        /// The file.
        path: PathBuf,
        /// Why.
        what: String,
    },
}

#[derive(Deserialize)]
struct Written {
    id: String,
    #[serde(default)]
    task: String,
    prompt: String,
    m: BTreeMap<String, Vec<Value>>,
}

/// Calls `each` with every row in order.
///
/// # Errors
/// Where the file cannot be read or a line is wrong.
pub fn rows(path: &Path, mut each: impl FnMut(Row)) -> Result<(), DatasetError> {
    let unread = |source| DatasetError::Read {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(unread)?;
    let compressed = path.extension().is_some_and(|ext| ext == "zst");
    let source: Box<dyn Read> = if compressed {
        Box::new(zstd::Decoder::new(file).map_err(unread)?)
    } else {
        Box::new(file)
    };
    let mut reader = BufReader::with_capacity(1 << 16, source);
    let mut ids = HashSet::new();
    let mut text = String::new();
    for line in 1.. {
        text.clear();
        let read = reader
            .by_ref()
            .take(MAX_LINE_BYTES)
            .read_line(&mut text)
            .map_err(unread)?;
        if read == 0 {
            break;
        }
        if text.trim().is_empty() {
            continue;
        }
        let wrong = |what| DatasetError::Line {
            path: path.to_owned(),
            line,
            what,
        };
        if read as u64 == MAX_LINE_BYTES {
            return Err(wrong(format!(
                "the line is longer than {MAX_LINE_BYTES} bytes"
            )));
        }
        if ids.len() >= MAX_ROWS {
            return Err(wrong(format!("more than {MAX_ROWS} rows: split the file")));
        }
        let row = parse(&text).map_err(wrong)?;
        if !ids.insert(content_key(&row.id)) {
            return Err(wrong(format!(
                "the id {:?} came before: ids must be unique",
                row.id
            )));
        }
        each(row);
    }
    Ok(())
}

/// Sixteen bytes that stand for a text.
pub(super) fn content_key(text: &str) -> [u8; 16] {
    let hash = blake3::hash(text.as_bytes());
    let mut key = [0; 16];
    key.copy_from_slice(&hash.as_bytes()[..16]);
    key
}

fn parse(text: &str) -> Result<Row, String> {
    let written: Written = serde_json::from_str(text).map_err(|error| {
        format!(
            "{error}: expected {{\"id\", \"task\", \"prompt\", \"m\": {{arm: [quality, cost, \
             input tokens, output tokens]}}}}"
        )
    })?;
    let mut answers = BTreeMap::new();
    for (arm, values) in written.m {
        let graded = graded(&values).map_err(|what| format!("arm {arm:?}: {what}"))?;
        if let Some(graded) = graded {
            answers.insert(arm, graded);
        }
    }
    Ok(Row {
        id: written.id,
        task: written.task,
        prompt: written.prompt,
        answers,
    })
}

/// `None` where the answer was not graded (null).
fn graded(values: &[Value]) -> Result<Option<Graded>, String> {
    let number = |at: usize, name: &str| match values.get(at) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_f64() {
            Some(x) if x.is_finite() && x >= 0.0 => Ok(Some(x)),
            _ => Err(format!(
                "{name} is {value}: expected a number of at least 0, or null"
            )),
        },
    };
    let Some(quality) = number(0, "the quality")? else {
        return Ok(None);
    };
    if quality > 1.0 {
        return Err(format!(
            "the quality is {quality}: expected a number in [0, 1]"
        ));
    }
    Ok(Some(Graded {
        quality,
        cost_usd: number(1, "the cost")?,
        input_tokens: number(2, "input tokens")?,
        output_tokens: number(3, "output tokens")?,
    }))
}
