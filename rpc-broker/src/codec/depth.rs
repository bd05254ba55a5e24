//! Bounds the nesting of tables in methods before amq-protocol parses them: its parser recurses, and a 128 KiB frame
//! holds 26,000 levels, which would overflow the stack and end the process.

/// Deeper tables than any client sends, and far from what a stack holds.
const DEEPEST: usize = 64;

/// Whether the table in a method's arguments, if it has one, is nested deeper than we parse. Malformed arguments pass: parsing refuses them.
pub(super) fn is_too_deep(class: u16, method: u16, arguments: &[u8]) -> bool {
    let Some(table) = table_in(class, method, arguments) else { return false };
    depth_exceeds(table, DEEPEST)
}

/// The contents of the method's table, by the layout of its arguments.
fn table_in(class: u16, method: u16, arguments: &[u8]) -> Option<&[u8]> {
    // How many bytes, short strings and bytes come before the table.
    let (fixed, names, flags) = match (class, method) {
        (10, 10) => (2, 0, 0),      // connection.start: brokers say it, but anyone may
        (10, 11) => (0, 0, 0),      // connection.start-ok
        (40, 10) => (2, 2, 1),      // exchange.declare
        (40, 30 | 40) => (2, 3, 1), // exchange.bind, unbind
        (50, 10) => (2, 1, 1),      // queue.declare
        (50, 20) => (2, 3, 1),      // queue.bind
        (50, 50) => (2, 3, 0),      // queue.unbind
        (60, 20) => (2, 2, 1),      // basic.consume
        _ => return None,
    };
    let mut rest = arguments.get(fixed..)?;
    for _ in 0..names {
        let (&length, tail) = rest.split_first()?;
        rest = tail.get(usize::from(length)..)?;
    }
    contents(rest.get(flags..)?).map(|(table, _)| table)
}

/// What a length of four bytes announces, and what follows.
fn contents(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(u32::from_be_bytes(*length) as usize)
}

/// Walks without recursion: the stack of open tables and arrays is as long as the nesting is deep.
fn depth_exceeds(table: &[u8], deepest: usize) -> bool {
    let mut open = vec![(table, true)];
    while let Some((rest, keyed)) = open.pop() {
        if open.len() >= deepest {
            return true;
        }
        let Some((nested, is_table, after)) = next_nested(rest, keyed) else { continue };
        open.push((after, keyed));
        open.push((nested, is_table));
    }
    false
}

/// The next table or array among these fields, whether it is a table, and what follows it.
fn next_nested(mut fields: &[u8], keyed: bool) -> Option<(&[u8], bool, &[u8])> {
    loop {
        if keyed {
            let (&length, rest) = fields.split_first()?;
            fields = rest.get(usize::from(length)..)?;
        }
        let (&tag, rest) = fields.split_first()?;
        fields = match tag {
            b'F' | b'A' => {
                let (nested, after) = contents(rest)?;
                return Some((nested, tag == b'F', after));
            }
            b'S' | b'x' => contents(rest)?.1,
            b't' | b'b' | b'B' => rest.get(1..)?,
            b's' | b'U' | b'u' => rest.get(2..)?,
            b'I' | b'i' | b'f' => rest.get(4..)?,
            b'D' => rest.get(5..)?,
            b'L' | b'l' | b'd' | b'T' => rest.get(8..)?,
            b'V' => rest,
            _ => return None,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Arguments of queue.declare whose table holds `levels` arrays, one in the other.
    fn declare_with_nested_arrays(levels: usize) -> Vec<u8> {
        let mut value = Vec::new();
        for _ in 0..levels {
            let mut outer = vec![b'A'];
            outer.extend_from_slice(&u32::try_from(value.len()).unwrap().to_be_bytes());
            outer.append(&mut value);
            value = outer;
        }
        let mut table = vec![1, b'k'];
        table.append(&mut value);
        let mut arguments = vec![0, 0, 1, b'q', 0];
        arguments.extend_from_slice(&u32::try_from(table.len()).unwrap().to_be_bytes());
        arguments.append(&mut table);
        arguments
    }

    #[test]
    fn only_deep_tables_are_too_deep() {
        assert!(!is_too_deep(50, 10, &declare_with_nested_arrays(1)));
        assert!(!is_too_deep(50, 10, &declare_with_nested_arrays(DEEPEST - 2)));
        assert!(is_too_deep(50, 10, &declare_with_nested_arrays(DEEPEST + 1)));
        assert!(is_too_deep(50, 10, &declare_with_nested_arrays(20_000)));
        assert!(!is_too_deep(50, 30, &declare_with_nested_arrays(20_000)), "purge has no table");
    }

    #[test]
    fn truncated_arguments_are_left_to_the_parser() {
        let whole = declare_with_nested_arrays(3);
        for length in 0..whole.len() {
            assert!(!is_too_deep(50, 10, &whole[..length]));
        }
    }
}
