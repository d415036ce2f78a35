//! Medians, and Markdown.

/// The middle one; of an even number the mean of both. 0 of none.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let (below, above) = (values.len().saturating_sub(1) / 2, values.len() / 2);
    match (values.get(below), values.get(above)) {
        (Some(below), Some(above)) => f64::midpoint(*below, *above),
        _ => 0.0,
    }
}

/// Half the distance between the quartiles: how far apart the middle half lies. 0 of none.
pub(crate) fn spread(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    match (values.get(values.len() / 4), values.get(values.len().saturating_sub(1) * 3 / 4)) {
        (Some(lower), Some(upper)) => (upper - lower) / 2.0,
        _ => 0.0,
    }
}

/// A table: the first column is text, the others are numbers.
pub(crate) fn print(head: &[&str], rows: &[Vec<String>]) {
    println!("| {} |", head.join(" | "));
    println!("|---|{}", "---:|".repeat(head.len().saturating_sub(1)));
    for row in rows {
        println!("| {} |", row.join(" | "));
    }
    println!();
}

/// With a comma between thousands.
pub(crate) fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median([3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median([]), 0.0);
    }

    #[test]
    fn the_spread_is_of_the_middle_half() {
        assert_eq!(spread([5.0, 1.0, 3.0, 2.0, 1000.0]), 1.5);
        assert_eq!(spread([]), 0.0);
    }

    #[test]
    fn thousands_are_grouped() {
        assert_eq!([1.0, 1000.0, 999.6, 1_234_567.0].map(grouped), ["1", "1,000", "1,000", "1,234,567"]);
    }
}
