//! Event streams, however they are written and cut, against a naive reader of the whole text.

use super::*;
use proptest::prelude::*;

fn decode<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<Event> {
    let (mut decoder, mut out) = (Decoder::default(), VecDeque::new());
    for chunk in chunks {
        decoder.push(chunk, &mut out).unwrap();
    }
    out.extend(decoder.finish());
    out.into()
}

/// The same, slowly: the whole text at once, lines split by rule, nothing incremental.
fn naive(text: &str) -> Vec<Event> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let (mut events, mut name, mut data) = (Vec::new(), None, Vec::new());
    for line in text.split('\n').chain([""]) {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value).to_owned();
        match field {
            "" if line.is_empty() => {
                if !data.is_empty() {
                    let data = std::mem::take(&mut data).join("\n");
                    events.push(Event {
                        name: name.clone(),
                        data,
                    });
                }
                name = None;
            }
            "data" => data.push(value),
            "event" => name = Some(value),
            _ => {}
        }
    }
    events
}

#[test]
fn the_fields_careless_ways_of_writing_events() {
    let table: [(&str, &[&str]); 12] = [
        ("data: a\n\n", &["a"]),
        ("data:a\n\n", &["a"]),
        ("data: a\r\n\r\n", &["a"]),
        ("data: a\r\rdata: b\r\r", &["a", "b"]),
        ("data: a\ndata: b\n\n", &["a\nb"]),
        (": ping\n\ndata: a\n\n: pong\n\n", &["a"]),
        ("event: x\n\ndata: a\n\n", &["a"]),
        ("data: a\n\ndata: last", &["a", "last"]),
        ("data: a\n\ndata: last\n", &["a", "last"]),
        ("data\n\n", &[""]),
        ("\u{feff}data: \u{1F600}\n\n", &["\u{1F600}"]),
        ("id: 7\nretry: 10\ndata:  two spaces\n\n", &[" two spaces"]),
    ];
    for (text, expected) in table {
        let whole: Vec<String> = decode([text.as_bytes()])
            .into_iter()
            .map(|e| e.data)
            .collect();
        assert_eq!(whole, expected, "{text:?}");
        let bytes: Vec<String> = decode(text.as_bytes().chunks(1))
            .into_iter()
            .map(|e| e.data)
            .collect();
        assert_eq!(bytes, expected, "{text:?} byte by byte");
    }
    let named = decode([&b"event: error\ndata: x\n\ndata: y\n\n"[..]]);
    let names: Vec<_> = named.iter().map(|event| event.name.as_deref()).collect();
    assert_eq!(names, [Some("error"), None]);
}

#[test]
fn an_endless_event_is_refused_and_endless_comments_are_not() {
    let (mut decoder, mut out) = (Decoder::default(), VecDeque::new());
    let comment = vec![b':'; 1 << 20];
    for _ in 0..40 {
        decoder.push(&comment, &mut out).unwrap();
        decoder.push(b"\n", &mut out).unwrap();
    }
    decoder.push(b"data: ", &mut out).unwrap();
    let grown = (0..40).find(|_| decoder.push(&comment, &mut out).is_err());
    assert_eq!(grown, Some(15));
}

proptest! {
    #[test]
    fn any_chunking_reads_as_the_naive_twin(
        lines in prop::collection::vec(
            ("(data|event|id|:|\u{feff}|x)?", "(: |:|)", "[a\u{e9}\u{1F600}: ]{0,4}", "(\n|\r|\r\n)"),
            0..24,
        ),
        cuts in prop::collection::vec(1usize..7, 1..40),
    ) {
        let text: String = lines.iter().map(|(a, b, c, d)| format!("{a}{b}{c}{d}")).collect();
        let (mut chunks, mut rest) = (Vec::new(), text.as_bytes());
        for cut in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (chunk, tail) = rest.split_at((*cut).min(rest.len()));
            chunks.push(chunk);
            rest = tail;
        }
        prop_assert_eq!(decode(chunks), naive(&text));
    }
}
