//! The metadata documents, ready to be sent (MD-1, MD-2).

use crate::http::ResponseParts;
use crate::metadata::document;
use alloc::string::String;
use alloc::vec::Vec;

/// The documents, ready to be sent.
#[derive(Debug, Default)]
pub(crate) struct Documents {
    pub(crate) pages: Vec<Page>,
}

/// One document.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) path: String,
    pub(crate) json: String,
}

impl Documents {
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.pages.iter().map(|page| page.path.as_str())
    }

    /// Answers a request for the document at this path, if there is one. MD-1.
    pub(crate) fn respond(&self, method: &str, path: &str) -> Option<ResponseParts> {
        let page = self.pages.iter().find(|page| page.path == path)?;
        Some(document::respond(method, &page.json))
    }
}
