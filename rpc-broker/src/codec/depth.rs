//! Limits the nesting of tables in methods before amq-protocol parses them: its parser recurses, and a 128
//! KiB frame can hold 26,000 levels, which would overflow the stack and end the process.

/// More levels than any client sends, and far fewer than a stack can hold.
const MAX_DEPTH: usize = 64;

/// Returns whether the table in a method's arguments is nested deeper than the limit. Malformed arguments
/// pass: the parser refuses them.
pub(super) fn is_too_deep(class: u16, method: u16, arguments: &[u8]) -> bool {
    let Some(table) = table_in(class, method, arguments) else { return false };
    depth_exceeds(table, MAX_DEPTH)
}

/// Finds the contents of the method's table by the layout of its arguments.
fn table_in(class: u16, method: u16, arguments: &[u8]) -> Option<&[u8]> {
    // The numbers of bytes, short strings and bytes before the table.
    let (fixed, names, flags) = match (class, method) {
        (10, 10) => (2, 0, 0), // connection.start: sent by brokers, but a client can send it as well
        (10, 11) => (0, 0, 0), // connection.start-ok
        (40, 10) => (2, 2, 1), // exchange.declare
        (40, 30 | 40) => (2, 3, 1), // exchange.bind, unbind
        (50, 10) => (2, 1, 1), // queue.declare
        (50, 20) => (2, 3, 1), // queue.bind
        (50, 50) => (2, 3, 0), // queue.unbind
        (60, 20) => (2, 2, 1), // basic.consume
        _ => return None,
    };
    let mut rest = arguments.get(fixed..)?;
    for _ in 0..names {
        let (&length, tail) = rest.split_first()?;
        rest = tail.get(usize::from(length)..)?;
    }
    contents(rest.get(flags..)?).map(|(table, _)| table)
}

/// Splits bytes at the length in their first four; returns the contents and the rest.
fn contents(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(u32::from_be_bytes(*length) as usize)
}

/// Walks without recursion: the stack of open tables and arrays is as long as the nesting is deep.
fn depth_exceeds(table: &[u8], max_depth: usize) -> bool {
    let mut open = vec![Container { rest: table, has_keys: true }];
    while let Some(Container { rest, has_keys }) = open.pop() {
        if open.len() >= max_depth {
            return true;
        }
        let Some(Nested { nested, rest }) = next_nested(rest, has_keys) else { continue };
        open.push(Container { rest, has_keys });
        open.push(nested);
    }
    false
}

/// A table or an array, of which only the end is left to read.
struct Container<'a> {
    rest: &'a [u8],
    /// True for a table: its fields have names.
    has_keys: bool,
}

/// A container in another one, and the fields behind it.
struct Nested<'a> {
    nested: Container<'a>,
    rest: &'a [u8],
}

/// Finds the next table or array among these fields.
fn next_nested(mut fields: &[u8], has_keys: bool) -> Option<Nested<'_>> {
    loop {
        if has_keys {
            let (&length, rest) = fields.split_first()?;
            fields = rest.get(usize::from(length)..)?;
        }
        let (&tag, rest) = fields.split_first()?;
        fields = match tag {
            b'F' | b'A' => {
                let (nested, rest) = contents(rest)?;
                let nested = Container { rest: nested, has_keys: tag == b'F' };
                return Some(Nested { nested, rest });
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

    /// Arguments of queue.declare with a table of `levels` nested arrays.
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
        assert!(!is_too_deep(50, 10, &declare_with_nested_arrays(MAX_DEPTH - 2)));
        assert!(is_too_deep(50, 10, &declare_with_nested_arrays(MAX_DEPTH + 1)));
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
