//! The text of doc comments.

/// Joins the lines of doc comments, without the indentation that all of them share. `None` if they say nothing.
pub(super) fn joined(lines: &[&str]) -> Option<String> {
    let lines = || lines.iter().flat_map(|text| text.split('\n'));
    let indentation = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let shared = lines().filter(|line| !line.trim().is_empty()).map(indentation).min()?;
    let joined: Vec<_> = lines().map(|line| line.get(shared..).unwrap_or_default().trim_end()).collect();
    Some(joined.join("\n").trim_matches('\n').to_owned())
}

#[cfg(test)]
mod tests {
    use super::joined;

    #[test]
    fn the_indentation_that_all_lines_share_is_removed() {
        let lines = [" Adds.", "", " ```", "   nested", " ```", " "];
        assert_eq!(joined(&lines).as_deref(), Some("Adds.\n\n```\n  nested\n```"));
    }

    #[test]
    fn a_text_of_several_lines_is_like_several_comments() {
        assert_eq!(joined(&["\n Adds.\n\n Twice.  \n"]).as_deref(), Some("Adds.\n\nTwice."));
    }

    #[test]
    fn empty_comments_say_nothing() {
        assert_eq!(joined(&[]), None);
        assert_eq!(joined(&["", "  "]), None);
    }
}
