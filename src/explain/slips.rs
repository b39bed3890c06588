//! What somebody may have meant who typed a code that nobody knows.

/// What codes are made of.
const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
/// Of longer codes nothing is guessed.
const LONGEST: usize = 40;

/// The code in capitals, and all that is one slip away from that: a letter too few, too many or another, or two that
/// changed places.
pub(super) fn of(code: &str) -> Vec<String> {
    let letters: Vec<char> = code.to_uppercase().chars().collect();
    if letters.len() > LONGEST {
        return Vec::new();
    }
    let mut slips = vec![letters.iter().collect::<String>()];
    for at in 0..=letters.len() {
        let (begin, rest) = letters.split_at(at);
        let mut slip = |between: &[char], end: &[char]| slips.push(begin.iter().chain(between).chain(end).collect());
        LETTERS.chars().for_each(|letter| slip(&[letter], rest));
        if let [other, end @ ..] = rest {
            slip(&[], end);
            LETTERS.chars().filter(|letter| letter != other).for_each(|letter| slip(&[letter], end));
        }
        if let [first, second, end @ ..] = rest {
            slip(&[*second, *first], end);
        }
    }
    slips
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn one_slip_and_no_more() {
        let typed = |code: &str| of(code).contains(&"QZRT-120526".to_owned());
        for near in ["qzrt-120526", "QZRT-120527", "QZR-120526", "QZRRT-120526", "QRZT-120526", "QZRT120526"] {
            assert!(typed(near), "{near}");
        }
        for far in ["QZRT-120537", "QZ-120526", "", &"Q".repeat(1_000)] {
            assert!(!typed(far), "{far}");
        }
    }
}
