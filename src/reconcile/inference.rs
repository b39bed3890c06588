//! Finds out in which of several ways all cells of a file are written, and refuses to guess.

use super::Unreadable;

/// One way to read a cell.
pub(super) trait Reading: Copy + Eq + 'static {
    /// All of them, the usual first.
    const ALL: &'static [Self];
    /// What a cell of this kind is called.
    const WHAT: &'static str;
    /// What is to be typed where the cells leave it open.
    const REMEDY: &'static str;
    /// Its name.
    fn name(self) -> &'static str;
}

/// A cell that told something.
#[derive(Debug, Clone)]
struct Witness {
    row: u64,
    heading: String,
    cell: String,
}

/// What the cells so far leave open.
#[derive(Debug)]
pub(super) struct Inference<R> {
    left: Vec<R>,
    /// Which cell excluded it.
    excluded: Vec<(R, Witness)>,
    /// A cell that two readings read differently.
    doubtful: Vec<(R, R, Witness)>,
}

impl<R: Reading> Inference<R> {
    /// Everything is open, unless one way is given.
    pub(super) fn new(given: Option<R>) -> Self {
        let left = given.map_or_else(|| R::ALL.to_vec(), |given| vec![given]);
        Self { left, excluded: Vec::new(), doubtful: Vec::new() }
    }

    /// Takes a cell into account; `read` gives its value in one way, or none where it cannot be read so.
    pub(super) fn see<V: PartialEq>(
        &mut self,
        (row, heading, cell): (u64, &str, &str),
        read: impl Fn(R) -> Option<V>,
    ) -> Result<(), Unreadable> {
        let witness = || Witness { row, heading: heading.to_owned(), cell: cell.chars().take(40).collect() };
        let values: Vec<_> = self.left.iter().map(|reading| (*reading, read(*reading))).collect();
        if values.iter().all(|(_, value)| value.is_none()) {
            return Err(self
                .contradiction(cell, |reading| read(reading).is_some())
                .in_row(row)
                .under(heading)
                .at(cell));
        }
        for (index, (reading, value)) in values.iter().enumerate() {
            if value.is_none() {
                self.left.retain(|left| left != reading);
                self.excluded.push((*reading, witness()));
                continue;
            }
            for (other, its) in values.iter().skip(index + 1) {
                let known = self.doubtful.iter().any(|(a, b, _)| a == reading && b == other);
                if !known && its.is_some() && its != value {
                    self.doubtful.push((*reading, *other, witness()));
                }
            }
        }
        Ok(())
    }

    fn contradiction(&self, cell: &str, reads: impl Fn(R) -> bool) -> Unreadable {
        let against = self.excluded.iter().find(|(reading, _)| reads(*reading));
        Unreadable::new(match against {
            _ if cell.len() > 200 => format!("is too long for {}; is a quotation mark left open?", R::WHAT),
            Some((reading, witness)) => format!(
                "is {} written as {}, but `{}` in row {} is not; {}",
                R::WHAT,
                reading.name(),
                witness.cell,
                witness.row,
                R::REMEDY
            ),
            None => format!("is not {} that is understood; {}", R::WHAT, R::REMEDY),
        })
    }

    /// The one way that is left; where several are, they must not matter.
    pub(super) fn decide(&self) -> Result<R, Unreadable> {
        let open = |reading: &R| self.left.contains(reading);
        if let Some((one, other, witness)) = self.doubtful.iter().find(|(one, other, _)| open(one) && open(other)) {
            let problem = format!(
                "may be {} written as {} or as {}, and no row of the file tells which; {}",
                R::WHAT,
                one.name(),
                other.name(),
                R::REMEDY
            );
            return Err(Unreadable::new(problem).in_row(witness.row).under(&witness.heading).at(&witness.cell));
        }
        self.left.first().copied().ok_or_else(|| Unreadable::new(R::REMEDY))
    }
}
