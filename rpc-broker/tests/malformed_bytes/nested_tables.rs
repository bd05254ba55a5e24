//! Encodes methods whose tables are nested.

/// Class, method, and the bytes before the table, for every method with a table, including those that only
/// brokers send.
pub(crate) const METHODS_WITH_A_TABLE: &[(u16, u16, &[u8])] = &[
    (10, 10, &[0, 9]),                  // connection.start
    (10, 11, &[]),                      // connection.start-ok
    (40, 10, b"\0\0\x01a\x06direct\0"), // exchange.declare
    (40, 30, b"\0\0\x01a\x01b\x01c\0"), // exchange.bind
    (40, 40, b"\0\0\x01a\x01b\x01c\0"), // exchange.unbind
    (50, 10, b"\0\0\x01a\0"),           // queue.declare
    (50, 20, b"\0\0\x01a\x01b\x01c\0"), // queue.bind
    (50, 50, b"\0\0\x01a\x01b\x01c"),   // queue.unbind
    (60, 20, b"\0\0\x01a\x01b\0"),      // basic.consume
];

/// Encodes a method whose table holds `levels` nested tables or arrays.
pub(crate) fn with_nested_values(
    (class, method, before): (u16, u16, &[u8]),
    as_tables: bool,
    levels: usize,
) -> Vec<u8> {
    let table = nested(as_tables, levels);
    [&class.to_be_bytes()[..], &method.to_be_bytes(), before, &table].concat()
}

/// Encodes a table with that many levels, with its length prefix.
pub(crate) fn nested(as_tables: bool, levels: usize) -> Vec<u8> {
    // An item of an array has a tag and a length; a field of a table also has a name of one letter.
    let (opening, cost): (&[u8], usize) = if as_tables { (b"\x01kF", 7) } else { (b"A", 5) };
    let length = |of: usize| u32::try_from(of).expect("frames are short").to_be_bytes();
    let mut bytes = Vec::new();
    if as_tables {
        bytes.extend(length(levels * cost));
    } else {
        bytes.extend(length(2 + levels * cost));
        bytes.extend(b"\x01k");
        if levels == 0 {
            bytes.push(b'V');
            bytes[..4].copy_from_slice(&length(3));
        }
    }
    for level in (0..levels).rev() {
        bytes.extend(opening);
        bytes.extend(length(level * cost));
    }
    bytes
}
