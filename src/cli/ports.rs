//! Ports of `pushproof serve`: one, several, ranges of them.

use std::str::FromStr;

/// Most ports, and nodes, of a platform.
pub(super) const MOST: usize = 64;

/// One part of a list of ports: `3000`, or `3001-3006` with both ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    first: u16,
    last: u16,
}

impl FromStr for Ports {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let port = |text: &str| text.trim().parse::<u16>();
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let (Ok(first), Ok(last)) = (port(first), port(last)) else {
            return Err(format!(
                "{text:?} is no port; write for example 3000, 0 for a free one, or 3001-3006"
            ));
        };
        if last < first || (first == 0 && last > 0) {
            return Err(format!(
                "{text:?} is no range of ports; write for example 3001-3006"
            ));
        }
        Ok(Self { first, last })
    }
}

/// All ports of a list, in its order; each stands for a node.
pub(super) fn all(list: &[Ports]) -> Result<Vec<u16>, String> {
    let ports: Vec<u16> = list
        .iter()
        .flat_map(|part| part.first..=part.last)
        .collect();
    if ports.len() > MOST {
        let asked = ports.len();
        return Err(format!(
            "{asked} ports would be {asked} processes; a platform has at most {MOST}"
        ));
    }
    let twice = |(place, port): &(usize, &u16)| **port != 0 && ports[..*place].contains(port);
    if let Some((_, port)) = ports.iter().enumerate().find(twice) {
        return Err(format!("port {port} is named twice"));
    }
    Ok(ports)
}

#[cfg(test)]
mod tests {
    use super::{Ports, all};

    fn read(text: &str) -> Result<Vec<u16>, String> {
        let list: Result<Vec<Ports>, _> = text.split(',').map(str::parse).collect();
        all(&list?)
    }

    #[test]
    fn one_several_and_ranges() {
        assert_eq!(read("3000"), Ok(vec![3000]));
        assert_eq!(read("0,0,0"), Ok(vec![0, 0, 0]));
        assert_eq!(read("3003,3001-3002,0"), Ok(vec![3003, 3001, 3002, 0]));
        assert_eq!(read("65535-65535"), Ok(vec![65_535]));
    }

    #[test]
    fn what_is_no_list_of_ports_is_told() {
        for (text, why) in [
            ("", "no port"),
            ("x", "no port"),
            ("65536", "no port"),
            ("-1", "no port"),
            ("3-2", "no range"),
            ("0-5", "no range"),
            ("7,5-8", "named twice"),
            ("1-65535", "at most 64"),
        ] {
            let said = read(text).unwrap_err();
            assert!(said.contains(why), "{text}: {said}");
        }
    }
}
