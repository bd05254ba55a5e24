//! Services and their methods, which are found by their names.

use std::collections::HashMap;

use amqp_rpc_contract::description::ServiceDescription;

use super::{
    Finding, Report, Rule,
    change::{Change, deprecation},
    method,
    schemas::Budget,
};

pub(super) fn compare(old: &[ServiceDescription], new: &[ServiceDescription]) -> Report {
    let mut findings = Findings::default();
    let names = |service: &ServiceDescription| service.service.clone();
    for pair in pairs(old, new, names) {
        match pair {
            Pair::Both(old, new) => compare_services(old, new, &mut findings),
            Pair::Old(old) => findings.add(&old.service, None, removed(Rule::ServiceRemoved, "the service")),
            Pair::New(new) => findings.add(&new.service, None, added(Rule::ServiceAdded, "the service")),
        }
    }
    findings.into_report()
}

fn compare_services(old: &ServiceDescription, new: &ServiceDescription, findings: &mut Findings) {
    let service = &new.service;
    if old.docs != new.docs {
        findings.add(
            service,
            None,
            Change::of(Rule::DocumentationChanged, "docs", "the documentation changed"),
        );
    }
    if old.deprecated.is_some() != new.deprecated.is_some() {
        findings.add(service, None, deprecation(new.deprecated.is_some()));
    }
    for pair in pairs(&old.methods, &new.methods, |method| method.full_name.clone()) {
        match pair {
            Pair::Both(old_method, new_method) => {
                let name = Some(new_method.full_name.as_str());
                let changes = method::compare(
                    (old_method, &old.schemas),
                    (new_method, &new.schemas),
                    &mut findings.budget,
                );
                changes.into_iter().for_each(|change| findings.add(service, name, change));
            }
            Pair::Old(old) => {
                findings.add(service, Some(&old.full_name), removed(Rule::MethodRemoved, "the method"));
            }
            Pair::New(new) => {
                findings.add(service, Some(&new.full_name), added(Rule::MethodAdded, "the method"));
            }
        }
    }
}

fn added(rule: Rule, what: &str) -> Change {
    Change::of(rule, "", format!("{what} was added"))
        .breaks_servers("old servers have no queue for it: a call is unroutable, and never runs")
}

fn removed(rule: Rule, what: &str) -> Change {
    Change::of(rule, "", format!("{what} was removed"))
        .breaks_clients("their calls are unroutable, or answered `unknown_method` while the binding stays")
}

/// The findings, with what is left of the work that a comparison may do.
#[derive(Debug, Default)]
struct Findings {
    findings: Vec<Finding>,
    budget: Budget,
}

impl Findings {
    fn add(&mut self, service: &str, method: Option<&str>, change: Change) {
        if !self.budget.take_finding() {
            return;
        }
        self.findings.push(Finding {
            service: name(service),
            method: method.map(name),
            path: change.path,
            rule: change.rule,
            change: change.change,
            breaks_clients: change.breaks_clients,
            breaks_servers: change.breaks_servers,
        });
    }

    fn into_report(mut self) -> Report {
        if self.budget.is_exhausted() {
            let why = "what was not compared may differ";
            let change =
                Change::of(Rule::TooLarge, "", "too large: not compared to the end").breaks_both(why);
            self.findings.push(Finding {
                service: String::new(),
                method: None,
                path: change.path,
                rule: change.rule,
                change: change.change,
                breaks_clients: change.breaks_clients,
                breaks_servers: change.breaks_servers,
            });
        }
        Report { findings: self.findings }
    }
}

/// A name as it is in findings. AMQP has none that is longer than 255 bytes, and a finding for each of many methods
/// would repeat it.
fn name(of: &str) -> String {
    of.chars().take(255).collect()
}

/// What two lists have of one name.
enum Pair<'a, T> {
    Both(&'a T, &'a T),
    Old(&'a T),
    New(&'a T),
}

/// Pairs what has one name, in the order of the old ones; those that are new come last. Where a name is there more
/// than once, the first belongs to the first.
fn pairs<'a, T>(old: &'a [T], new: &'a [T], name: impl Fn(&T) -> String) -> Vec<Pair<'a, T>> {
    let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
    for (position, one) in new.iter().enumerate().rev() {
        by_name.entry(name(one)).or_default().push(position);
    }
    let mut is_new = vec![true; new.len()];
    let mut pairs = Vec::new();
    for one in old {
        match by_name.get_mut(&name(one)).and_then(Vec::pop) {
            Some(position) => {
                is_new[position] = false;
                pairs.push(Pair::Both(one, &new[position]));
            }
            None => pairs.push(Pair::Old(one)),
        }
    }
    pairs.extend(new.iter().zip(is_new).filter(|(_, is_new)| *is_new).map(|(one, _)| Pair::New(one)));
    pairs
}
