//! Pushes that are nothing but a tag in an object: what judges need to tell them.

use pushproof::verify::{Source, Tag, Tagger};

pub(crate) const BEFORE_TAG: &str = "{\"n\":1,\"pp\":\"";

pub(crate) struct Payloads(pub(crate) Tagger);

impl Source for Payloads {
    fn payload(&self, tag: &Tag) -> String {
        let mut payload = format!("{BEFORE_TAG}{}\"}}", self.0.blank(tag));
        self.0.seal(&mut payload, BEFORE_TAG.len());
        payload
    }
}
