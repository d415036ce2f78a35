//! Reads the cell of a table that names the clauses of a rule: `9449 4.3(1), 7.1; OIDC Core 3.1.2.1`.

/// Specifications without an RFC number, as the cells spell them. `Fetch` is the WHATWG's.
const NAMED: &[&str] = &[
    "FAPI 2.0",
    "Fetch",
    "OAuth 2.0 Form Post",
    "OAuth 2.0 Multiple Response Types",
    "OAuth 2.1",
    "OIDC Core",
    "OIDC Discovery",
    "rfc7523bis",
];

/// Ordered as a reader looks for it: RFCs by number, then the others by name.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Specification {
    Rfc(u32),
    Named(&'static str),
}

/// One clause, ordered by specification and section.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Clause {
    specification: Specification,
    sections: Vec<(u32, String)>,
    section: String,
}

impl Clause {
    fn new(specification: Specification, section: &str) -> Self {
        // `4.10` comes after `4.9`, and `4.3(11)` after `4.3(8)`.
        let sections = section
            .split(['.', '(', ')', '-'])
            .filter(|part| !part.is_empty())
            .map(|part| (part.parse().unwrap_or(u32::MAX), part.to_owned()))
            .collect();
        Self { specification, sections, section: section.to_owned() }
    }

    /// `RFC 7636 §4.3`, as a link to that section where there is one.
    pub(crate) fn link(&self) -> String {
        let section = if self.section.is_empty() { String::new() } else { format!(" §{}", self.section) };
        let rfc = match self.specification {
            Specification::Named(name) => return format!("{name}{section}"),
            Specification::Rfc(rfc) => rfc,
        };
        let target = match self.section.split(['(', '-']).next() {
            None | Some("") => String::new(),
            Some(part) if part.starts_with(|first: char| first.is_ascii_digit()) => format!("#section-{part}"),
            Some(part) => format!("#appendix-{part}"),
        };
        format!("[RFC {rfc}{section}](https://www.rfc-editor.org/rfc/rfc{rfc}{target})")
    }
}

/// The clauses of a cell; none for `-`. A section without a specification belongs to the one before it.
pub(crate) fn clauses(cell: &str) -> Result<Vec<Clause>, String> {
    let mut found = Vec::new();
    let mut current = None;
    if cell == "-" {
        return Ok(found);
    }
    for item in cell.split([',', ';']).map(str::trim) {
        let mut section = item;
        if let Some(name) = NAMED.iter().find(|name| item.starts_with(**name)) {
            section = item[name.len()..].trim_start();
            current = Some(Specification::Named(name));
        } else {
            let first = item.split(' ').next().unwrap_or_default();
            if let Some(rfc) = first.parse::<u32>().ok().filter(|number| *number > 999) {
                section = item[first.len()..].trim_start();
                current = Some(Specification::Rfc(rfc));
            }
        }
        let specification = current.ok_or_else(|| format!("`{item}` names no specification"))?;
        let mut letters = section.chars().filter(|next| next.is_ascii_alphabetic());
        let appendix = section.starts_with(|first: char| first.is_ascii_uppercase()) && letters.clone().count() == 1;
        if section.contains(' ') || (letters.next().is_some() && !appendix) {
            return Err(format!("`{section}` in `{cell}` is no section"));
        }
        found.push(Clause::new(specification, section));
    }
    Ok(found)
}

#[test]
fn clauses_are_read_and_ordered() {
    let links = |cell: &str| clauses(cell).map(|read| read.iter().map(Clause::link).collect::<Vec<_>>());
    assert_eq!(links("-"), Ok(vec![]));
    assert_eq!(
        links("7636 4.3"),
        Ok(vec!["[RFC 7636 §4.3](https://www.rfc-editor.org/rfc/rfc7636#section-4.3)".into()])
    );
    assert_eq!(
        links("9449 4.3(11), 7.1; OIDC Core 3.1.2.1, 6749 A.4, Fetch"),
        Ok(vec![
            "[RFC 9449 §4.3(11)](https://www.rfc-editor.org/rfc/rfc9449#section-4.3)".into(),
            "[RFC 9449 §7.1](https://www.rfc-editor.org/rfc/rfc9449#section-7.1)".into(),
            "OIDC Core §3.1.2.1".into(),
            "[RFC 6749 §A.4](https://www.rfc-editor.org/rfc/rfc6749#appendix-A.4)".into(),
            "Fetch".into(),
        ])
    );
    let mut ordered = clauses("OIDC Core 2, 9449 4.3(11), 4.3(8), 4.10, 4.9, 6749 5").expect("clauses");
    ordered.sort();
    let ordered: Vec<String> = ordered.iter().map(|clause| clause.section.clone()).collect();
    assert_eq!(ordered, ["5", "4.3(8)", "4.3(11)", "4.9", "4.10", "2"]);
    assert!(clauses("3.1").is_err());
    assert!(clauses("6749 of course").is_err());
}
