//! Users from a CSV file (RFC 4180), whose first line names the columns.

use csv::{ErrorKind, ReaderBuilder, StringRecord};

use super::{KNOWN, List, put};
use crate::scenario::people::{Loaded, Row};

/// Reads the text of a file. The error is in words, with the line.
pub(super) fn read(name: &str, bytes: &[u8]) -> Result<Loaded, String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = ReaderBuilder::new().has_headers(true).from_reader(bytes);
    let header = reader.headers();
    let header = header
        .map_err(|error| {
            wrong(
                name,
                &error,
                &mut Lines {
                    bytes,
                    seen: 0,
                    line: 1,
                },
            )
        })?
        .clone();
    let header: Vec<String> = header
        .iter()
        .map(|column| column.trim().to_owned())
        .collect();
    let at = |line: u64| format!("{name} line {line}");
    if !header.iter().any(|column| column == "name") {
        let header = header.join(",");
        return Err(format!(
            "{}: the first line names the columns, and none of them is `name`: {header}",
            at(1)
        ));
    }
    let mut list = List::new();
    let mut places = Vec::with_capacity(header.len());
    for (n, column) in header.iter().enumerate() {
        if header[..n].contains(column) {
            return Err(format!("{}: there are two columns {column:?}", at(1)));
        }
        places.push(if KNOWN.contains(&column.as_str()) {
            None
        } else {
            let place = list.column(column);
            Some(place.map_err(|why| format!("{}: {why}", at(1)))?)
        });
    }
    let mut record = StringRecord::new();
    let mut lines = Lines {
        bytes,
        seen: 0,
        line: 1,
    };
    loop {
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => return Err(wrong(name, &error, &mut lines)),
        }
        let mut row = Row {
            place: at(lines.of(record.position())),
            ..Row::default()
        };
        for ((value, column), place) in record.iter().zip(&header).zip(&places) {
            put(&mut row, *place, column, value.to_owned());
        }
        list.add(row)?;
    }
    Ok(list.loaded())
}

/// Counts lines. The reader's own count is one behind where lines end in CR LF, and does not see empty ones.
struct Lines<'a> {
    bytes: &'a [u8],
    /// So many bytes have been looked at ...
    seen: usize,
    /// ... and the next one is on this line.
    line: u64,
}

impl Lines<'_> {
    /// The line of what begins there, or after it with a line of its own.
    fn of(&mut self, position: Option<&csv::Position>) -> u64 {
        let begin = position.map_or(0, |position| position.byte() as usize);
        let rest = self.bytes.get(begin..).unwrap_or_default();
        let ends = rest.iter().take_while(|byte| b"\r\n".contains(byte));
        let at = (begin + ends.count()).min(self.bytes.len());
        let between = self.bytes.get(self.seen..at).unwrap_or_default();
        self.line += memchr::memchr_iter(b'\n', between).count() as u64;
        self.seen = self.seen.max(at);
        self.line
    }
}

/// What is wrong with the file, without anything that stands in it: it may be a secret.
fn wrong(name: &str, error: &csv::Error, lines: &mut Lines<'_>) -> String {
    let line = lines.of(error.position());
    match error.kind() {
        ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => format!(
            "{name} line {line}: {len} values, and the first line names {expected_len} columns; put a value that has a comma in quotes"
        ),
        ErrorKind::Utf8 { err, .. } => format!(
            "{name} line {line}: value {} is no UTF-8; save the file as UTF-8",
            err.field() + 1
        ),
        _ => format!("{name} line {line}: it is no CSV"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_taken_by_their_names() {
        let csv = "\u{feff}tenant,name , token,password\r\nred,\"Smith, Zoë\",,\"a\"\"b\"\r\n\r\n,bob,t,\r\n";
        let loaded = read("u.csv", csv.as_bytes()).unwrap();
        let rows = loaded.rows.unwrap();
        assert_eq!(loaded.columns, ["tenant"]);
        assert_eq!(
            (rows[0].name.as_str(), rows[0].more.as_slice()),
            ("Smith, Zoë", &["red".to_owned()][..])
        );
        assert_eq!(
            (rows[0].password.as_deref(), rows[0].token.as_deref()),
            (Some("a\"b"), None)
        );
        assert_eq!(
            (rows[1].place.as_str(), rows[1].token.as_deref()),
            ("u.csv line 4", Some("t"))
        );
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line_and_without_its_values() {
        for (csv, says) in [
            (
                &b"user,password\nbob,secret\n"[..],
                "u.csv line 1: the first line names the columns, and none of them is `name`: user,password",
            ),
            (b"", "none of them is `name`"),
            (b"name,name\n", "two columns \"name\""),
            (b"name,\nbob,secret\n", "\"\" is no name of a column"),
            (
                b"name,password\nbob,secret\nann,secret,1\n",
                "u.csv line 3: 3 values, and the first line names 2 columns",
            ),
            (
                b"name,password\n,secret\n",
                "u.csv line 2: the user has no name",
            ),
            (
                b"name,password\n*,secret\n",
                "u.csv line 2: `*` is everyone",
            ),
            (
                b"name,password\nb\xff,secret\n",
                "u.csv line 2: value 1 is no UTF-8",
            ),
        ] {
            let why = read("u.csv", csv).unwrap_err();
            assert!(why.contains(says) && !why.contains("secret"), "{why}");
        }
    }
}
