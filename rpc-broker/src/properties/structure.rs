//! Checks the encoding of tables and arrays of any depth, without recursion and in linear time.

use super::Malformed;

/// The kind of a container: the entries of a table have names.
#[derive(Clone, Copy)]
enum Container {
    Table,
    Array,
}

/// Checks a table's contents, without its length.
pub(super) fn check_table(contents: &[u8]) -> Result<(), Malformed> {
    check(contents, Container::Table)
}

/// Checks an array's contents, without its length.
pub(super) fn check_array(contents: &[u8]) -> Result<(), Malformed> {
    check(contents, Container::Array)
}

fn check(contents: &[u8], outermost: Container) -> Result<(), Malformed> {
    let mut position = 0;
    let mut container = outermost;
    let mut end = contents.len();
    let mut outer = Vec::new();
    loop {
        while position == end {
            let Some((around, its_end)) = outer.pop() else { return Ok(()) };
            (container, end) = (around, its_end);
        }
        if matches!(container, Container::Table) {
            position += 1 + usize::from(contents[position]);
        }
        // Only up to the end of the container.
        let entry = contents.get(position..end).ok_or(Malformed::Truncated)?;
        let (&tag, value) = entry.split_first().ok_or(Malformed::Truncated)?;
        let length = value_length(tag, value)?;
        position += 1;
        match tag {
            b'F' | b'A' => {
                outer.push((container, end));
                container = if tag == b'F' { Container::Table } else { Container::Array };
                end = position + length;
                position += 4;
            }
            _ => position += length,
        }
    }
}

/// The length of a value of this type, after its tag. Never more than there are bytes.
pub(super) fn value_length(tag: u8, value: &[u8]) -> Result<usize, Malformed> {
    let length = match tag {
        b'V' => 0,
        b't' | b'b' | b'B' => 1,
        b's' | b'u' => 2,
        b'I' | b'i' | b'f' => 4,
        b'D' => 5,
        b'l' | b'L' | b'd' | b'T' => 8,
        b'S' | b'x' | b'F' | b'A' => long_prefixed(value)?,
        _ => return Err(Malformed::UnknownType(tag)),
    };
    if length > value.len() {
        return Err(Malformed::Truncated);
    }
    let finite = match tag {
        b'f' => f32::from_be_bytes(fixed(value)?).is_finite(),
        b'd' => f64::from_be_bytes(fixed(value)?).is_finite(),
        _ => true,
    };
    if finite { Ok(length) } else { Err(Malformed::NotFinite) }
}

/// The length of a value with a length prefix of four bytes, prefix included.
pub(super) fn long_prefixed(bytes: &[u8]) -> Result<usize, Malformed> {
    let length = u32::from_be_bytes(fixed(bytes)?);
    usize::try_from(length).ok().and_then(|length| length.checked_add(4)).ok_or(Malformed::Truncated)
}

/// The first `N` bytes.
pub(super) fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N], Malformed> {
    bytes.first_chunk().copied().ok_or(Malformed::Truncated)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(depth: usize, tag: u8) -> Vec<u8> {
        let mut contents = Vec::new();
        for _ in 0..depth {
            let mut outer = if tag == b'F' { vec![1, b'k', tag] } else { vec![tag] };
            outer.extend(u32::try_from(contents.len()).unwrap().to_be_bytes());
            outer.extend(contents);
            contents = outer;
        }
        contents
    }

    #[test]
    fn depth_costs_no_stack() {
        assert_eq!(check_table(&nested(5_000, b'F')), Ok(()));
        assert_eq!(check_array(&nested(5_000, b'A')), Ok(()));
    }

    #[test]
    fn nested_values_are_checked() {
        assert_eq!(check_table(b"\x01aF\0\0\0\x03\x01bV"), Ok(()));
        assert_eq!(check_table(b"\x01aF\0\0\0\x03\x01bZ"), Err(Malformed::UnknownType(b'Z')));
        assert_eq!(check_table(b"\x01aA\0\0\0\x02VZ"), Err(Malformed::UnknownType(b'Z')));
    }

    #[test]
    fn an_entry_does_not_reach_beyond_its_container() {
        // The inner table is three bytes long; its entry would need four more, which belong to the outer one.
        assert_eq!(check_table(b"\x01aF\0\0\0\x03\x01bI\x01cIx"), Err(Malformed::Truncated));
        assert_eq!(check_table(b"\x01aF\0\0\0\x02\x01b\x01cV"), Err(Malformed::Truncated));
        assert_eq!(check_table(b"\x01aF\0\0\0\x01\x05cccccV"), Err(Malformed::Truncated));
    }

    #[test]
    fn every_truncation_is_detected() {
        let contents = b"\x01aI\0\0\0\x01\x01bS\0\0\0\x02xy\x01cF\0\0\0\x03\x01dV\x01eA\0\0\0\x02t\x01\x01fx\0\0\0\0\x01gD\x02\0\0\0\x07";
        let ends = [0, 7, 16, 26, 35, 42, 50];
        for length in 0..=contents.len() {
            let expected = if ends.contains(&length) { Ok(()) } else { Err(Malformed::Truncated) };
            assert_eq!(check_table(&contents[..length]), expected, "cut at {length}");
        }
    }

    #[test]
    fn numbers_are_finite() {
        assert_eq!(check_array(b"d\x7f\xf8\0\0\0\0\0\0"), Err(Malformed::NotFinite));
        assert_eq!(check_array(b"f\x7f\x80\0\0"), Err(Malformed::NotFinite));
        assert_eq!(check_array(b"f\x3f\x80\0\0"), Ok(()));
    }

    #[test]
    fn lengths_near_the_limit_do_not_overflow() {
        assert_eq!(check_array(b"S\xff\xff\xff\xff"), Err(Malformed::Truncated));
        assert_eq!(check_array(b"F\xff\xff\xff\xffx"), Err(Malformed::Truncated));
    }
}
