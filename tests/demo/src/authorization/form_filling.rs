//! A browser's part in it, as far as forms without script need it: cookies, and the fields of a page.

use attesto_core::encoding::form;
use std::collections::BTreeMap;

/// The cookies of one browser.
#[derive(Clone, Debug, Default)]
pub(super) struct Jar(BTreeMap<String, String>);

impl Jar {
    /// Takes note of a `Set-Cookie` field.
    pub(super) fn note(&mut self, field: &str) {
        let Some((name, value)) = field.split(';').next().and_then(|pair| pair.split_once('=')) else { return };
        if field.contains("Max-Age=0") {
            self.0.remove(name);
        } else {
            self.0.insert(name.to_owned(), value.to_owned());
        }
    }

    /// The `Cookie` field.
    pub(super) fn field(&self) -> String {
        self.0.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }
}

/// What a page's form sends: its hidden fields, and what the user fills in.
pub(super) fn filled_in(page: &str, typed: &[(&str, &str)]) -> String {
    let mut body = String::new();
    for input in page.split("<input type=\"hidden\" ").skip(1) {
        let (name, value) = (attribute(input, "name"), attribute(input, "value"));
        form::append(&mut body, &name, &value);
    }
    for (name, value) in typed {
        form::append(&mut body, name, value);
    }
    body
}

/// Where a page's form leads.
pub(super) fn action(page: &str) -> String {
    page.split_once("<form ").map(|(_, form)| attribute(form, "action")).unwrap_or_default()
}

fn attribute(tag: &str, name: &str) -> String {
    let value = tag.split_once(&format!("{name}=\"")).and_then(|(_, rest)| rest.split('"').next());
    unescaped(value.unwrap_or_default())
}

/// What the template library writes for the five characters.
fn unescaped(text: &str) -> String {
    let pairs = [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&")];
    pairs.into_iter().fold(text.to_owned(), |text, (escaped, plain)| text.replace(escaped, plain))
}

/// A parameter of a URL's query.
pub(super) fn parameter(url: &str, name: &str) -> Option<String> {
    let query = url.split_once('?')?.1;
    let pair = form::pairs(query.as_bytes()).find(|pair| pair.name_is(name))?;
    String::from_utf8(pair.value().ok()?.into_owned()).ok()
}
