//! One row of the table: an input, how much of it is read, and what the worst of that costs.

use crate::meter::Work;

/// A row, as measured.
pub(crate) struct Row {
    /// The input, and what is the worst about it.
    pub(crate) input: &'static str,
    /// The most that is read of it.
    pub(crate) limit: String,
    /// What becomes of more, or of what stays.
    pub(crate) beyond: String,
    pub(crate) work: Work,
}

/// How far the heap's numbers may be below what is written, before that counts as stale: compilers and the standard library differ a
/// little. Above it they never may be.
const SLACK_PER_CENT: usize = 25;
const SLACK: usize = 2;

impl Row {
    /// As a line of the table.
    pub(crate) fn line(&self) -> String {
        let Work { signatures, keys, digests, digested, macs, allocations, bytes } = self.work;
        let hashed = if digests == 0 { "0".to_owned() } else { format!("{digests} ({digested} bytes)") };
        format!(
            "| {} | {} | {} | {signatures} | {keys} | {hashed} | {macs} | {allocations} | {} |",
            self.input,
            self.limit,
            self.beyond,
            kibibytes(bytes)
        )
    }

    /// Why the published line is not this row's, if it is not.
    pub(crate) fn differs_from(&self, published: &str) -> Option<String> {
        let (ours, theirs) = (cells(&self.line()), cells(published));
        let differs = ours.len() != theirs.len()
            || (0..ours.len()).any(|index| match index {
                7 | 8 => !heap_is_as_published(&ours[index], &theirs[index]),
                _ => ours[index] != theirs[index],
            });
        differs.then(|| format!("published: {published}\n measured: {}", self.line()))
    }
}

fn heap_is_as_published(measured: &str, published: &str) -> bool {
    let number = |cell: &str| cell.split(' ').next().and_then(|number| number.parse::<usize>().ok());
    let (Some(measured), Some(published)) = (number(measured), number(published)) else { return false };
    measured <= published && published <= measured + SLACK + measured * SLACK_PER_CENT / 100
}

fn cells(line: &str) -> Vec<String> {
    line.trim().trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
}

/// A limit, where it is a whole number of KiB in those.
pub(crate) fn bytes(limit: usize) -> String {
    if limit.is_multiple_of(1024) { format!("{} KiB", limit / 1024) } else { format!("{limit} bytes") }
}

fn kibibytes(bytes: usize) -> String {
    format!("{} KiB", bytes.div_ceil(1024))
}
