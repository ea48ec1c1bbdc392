//! What an adapter cannot do of the contract, said case by case.
//!
//! A case that is skipped is not left out: it runs, and has to fail. So a profile cannot hide what works, and a case that
//! comes to pass has to be taken out of it.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    future::Future,
    io::Write as _,
    panic::{AssertUnwindSafe, catch_unwind},
};

use crate::run;

/// Which cases an adapter passes.
#[derive(Clone, Copy, Debug)]
pub struct Profile {
    /// Whose profile it is.
    pub adapter: &'static str,
    /// What it cannot do.
    pub skipped: &'static [Skipped],
}

/// Cases that an adapter cannot pass, for one reason.
#[derive(Clone, Copy, Debug)]
pub struct Skipped {
    /// Why.
    pub because: &'static str,
    /// Which, as `subject::case`.
    pub cases: &'static [&'static str],
}

impl Profile {
    /// Everything: what a store passes.
    pub const EVERYTHING: Self = Self {
        adapter: "a store",
        skipped: &[],
    };

    /// Why the case is skipped, if it is.
    pub fn reason(&self, case: &str) -> Option<&'static str> {
        let skipped = self.skipped.iter().find(|it| it.cases.contains(&case));
        skipped.map(|it| it.because)
    }

    /// Runs a case. One that is skipped has to fail.
    ///
    /// # Panics
    /// If the case does and is not skipped, or is skipped and passes.
    pub fn run(&self, case: &str, test: impl Future<Output = ()>) {
        let Some(because) = self.reason(case) else {
            return run(test);
        };
        let outcome = catch_unwind(AssertUnwindSafe(|| run(test)));
        assert!(
            outcome.is_err(),
            "{case} passes, but the profile of {} skips it ({because}): take it out there",
            self.adapter
        );
    }

    /// Says on the standard error how many of `cases` run and which do not.
    ///
    /// # Panics
    /// If the profile names a case that is none, or twice.
    pub fn check(&self, cases: &[&str]) {
        let mut named = BTreeSet::new();
        for case in self.skipped.iter().flat_map(|it| it.cases) {
            assert!(cases.contains(case), "there is no case {case}");
            assert!(named.insert(*case), "{case} is skipped twice");
        }
        // Not by a macro of the standard library, whose output a passing test keeps to itself.
        let summary = format!("{}: {}\n", self.adapter, self.summary(cases.len()));
        std::io::stderr()
            .write_all(summary.as_bytes())
            .expect("a standard error");
    }

    /// So many cases, so many run, so many skipped, and why.
    pub fn summary(&self, cases: usize) -> String {
        let skipped: usize = self.skipped.iter().map(|it| it.cases.len()).sum();
        let mut text = format!(
            "{cases} cases of the contract, {} pass, {skipped} cannot",
            cases - skipped
        );
        for group in self.skipped {
            // Writing to a text cannot fail.
            let _ = write!(text, "\n  {} because {}", group.cases.len(), group.because);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROFILE: Profile = Profile {
        adapter: "a parrot",
        skipped: &[Skipped {
            because: "it cannot count",
            cases: &["birds::counting"],
        }],
    };

    #[test]
    fn a_skipped_case_has_to_fail() {
        PROFILE.run("birds::counting", async { panic!("one, many") });
        let outcome = catch_unwind(|| PROFILE.run("birds::counting", async {}));
        let message = *outcome.unwrap_err().downcast::<String>().unwrap();
        assert_eq!(
            message,
            "birds::counting passes, but the profile of a parrot skips it (it cannot count): take it out there"
        );
    }

    #[test]
    fn other_cases_have_to_pass() {
        PROFILE.run("birds::talking", async {});
        assert!(catch_unwind(|| PROFILE.run("birds::talking", async { panic!() })).is_err());
    }

    #[test]
    fn a_profile_names_cases_that_there_are() {
        assert!(catch_unwind(|| PROFILE.check(&["birds::talking"])).is_err());
        PROFILE.check(&["birds::talking", "birds::counting"]);
        assert_eq!(
            PROFILE.summary(2),
            "2 cases of the contract, 1 pass, 1 cannot\n  1 because it cannot count"
        );
    }
}
