//! How much a comparison may do: descriptions may be hostile.

/// What is left of the work of one comparison, for all services.
#[derive(Debug)]
pub(crate) struct Budget {
    steps: usize,
    findings: usize,
    exhausted: bool,
}

impl Budget {
    /// Pairs of schemas: ten thousand methods of ten fields each need fewer.
    const STEPS: usize = 500_000;

    /// More findings than these are read by nobody.
    pub(crate) const FINDINGS: usize = 10_000;

    /// Whether another pair may be compared.
    pub(super) fn take_step(&mut self) -> bool {
        let (steps, exhausted) = (&mut self.steps, &mut self.exhausted);
        take(steps, exhausted)
    }

    /// Whether another finding may be added.
    pub(crate) fn take_finding(&mut self) -> bool {
        let (findings, exhausted) = (&mut self.findings, &mut self.exhausted);
        take(findings, exhausted)
    }

    /// Findings of one body were left out.
    pub(super) fn exhaust(&mut self) {
        self.exhausted = true;
    }

    /// Something was left out.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.exhausted
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self { steps: Self::STEPS, findings: Self::FINDINGS, exhausted: false }
    }
}

fn take(left: &mut usize, exhausted: &mut bool) -> bool {
    match left.checked_sub(1) {
        Some(less) => {
            *left = less;
            true
        }
        None => {
            *exhausted = true;
            false
        }
    }
}
