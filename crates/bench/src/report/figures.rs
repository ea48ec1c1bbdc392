//! How figures are written.

/// With three digits that say something.
pub(super) fn number(value: f64) -> String {
    if value >= 1000.0 {
        thousands(value)
    } else if value >= 100.0 {
        format!("{value:.0}")
    } else if value >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

/// A whole number with commas.
pub(super) fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The same of a count.
#[expect(clippy::cast_precision_loss, reason = "counts of users and bytes")]
pub(super) fn count(value: u64) -> String {
    thousands(value as f64)
}

/// Half of the distance between the smallest and the largest, as people write it.
pub(super) fn spread(spread: Option<f64>) -> String {
    spread.map_or(String::new(), |spread| format!("±{:.0} %", spread * 50.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_three_digits_and_commas() {
        assert_eq!(number(1234.5), "1,234");
        assert_eq!(number(123.45), "123");
        assert_eq!(number(12.345), "12.3");
        assert_eq!(number(1.2345), "1.23");
        assert_eq!(count(10_000_000), "10,000,000");
        assert_eq!(thousands(999.0), "999");
        assert_eq!(spread(Some(0.1)), "±5 %");
        assert_eq!(spread(None), "");
    }
}
