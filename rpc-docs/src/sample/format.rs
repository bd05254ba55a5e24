//! Strings of the formats that JSON Schema names.

use super::random::{Choice, Random};

/// A string of this format; `None` for formats that say nothing of how a string is written.
pub(super) fn sample(format: &str, choice: &mut Choice) -> Option<String> {
    let mut random = choice.random();
    let random = &mut random;
    Some(match format {
        "date-time" => format!("{}T{}Z", date(random), time(random)),
        "date" => date(random),
        "time" => format!("{}Z", time(random)),
        "partial-time" => time(random),
        "partial-date-time" => format!("{}T{}", date(random), time(random)),
        "duration" => format!("PT{}M", 1 + random.below(90)),
        "email" | "idn-email" => format!("{}@example.com", name(random)),
        "hostname" | "idn-hostname" => format!("{}.example.com", name(random)),
        // Addresses for documentation: RFC 5737 and RFC 3849.
        "ip" | "ipv4" => format!("192.0.2.{}", 1 + random.below(254)),
        "ipv6" => format!("2001:db8::{:x}", 1 + random.below(0xfffe)),
        "uri" | "url" | "iri" => format!("https://example.com/{}", name(random)),
        "uri-reference" | "iri-reference" => format!("/{}", name(random)),
        "uri-template" => "https://example.com/{id}".to_owned(),
        "uuid" => uuid(random),
        "json-pointer" => format!("/{}", name(random)),
        "relative-json-pointer" => format!("0/{}", name(random)),
        "regex" => format!("^{}", name(random)),
        _ => return None,
    })
}

fn date(random: &mut Random) -> String {
    format!("2026-{:02}-{:02}", 1 + random.below(12), 1 + random.below(28))
}

fn time(random: &mut Random) -> String {
    format!("{:02}:{:02}:{:02}", random.below(24), random.below(60), random.below(60))
}

fn name(random: &mut Random) -> String {
    const NAMES: [&str; 5] = ["ada", "alan", "barbara", "edsger", "grace"];
    NAMES[random.below(NAMES.len())].to_owned()
}

/// Version 4, variant 1.
fn uuid(random: &mut Random) -> String {
    let high = random.next() & !0xF000 | 0x4000;
    let low = random.next() & !(0b11 << 62) | (0b10 << 62);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xFFFF,
        high & 0xFFFF,
        low >> 48,
        low & 0xFFFF_FFFF_FFFF
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_has_its_version_and_variant() {
        for seed in 0..50 {
            let uuid = sample("uuid", &mut Choice::Any(Random::new(seed))).unwrap();
            let parts: Vec<&str> = uuid.split('-').collect();
            assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12], "{uuid}");
            assert!(parts[2].starts_with('4') && parts[3].starts_with(['8', '9', 'a', 'b']), "{uuid}");
        }
    }

    #[test]
    fn a_format_that_says_nothing_of_the_text_has_no_sample() {
        assert_eq!(sample("fernet", &mut Choice::First), None);
    }
}
