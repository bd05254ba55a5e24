//! Encoded properties, well-formed and malformed.

use bytes::Bytes;

use super::*;

/// Encodes flags and fields.
fn raw(flags: u16, fields: &[&[u8]]) -> Bytes {
    let mut raw = flags.to_be_bytes().to_vec();
    raw.extend(fields.concat());
    raw.into()
}

const ALL: &[&[u8]] = &[
    b"\x02ct",
    b"\x02ce",
    b"\0\0\0\x06\x01aV\x01aV",
    b"\x02",
    b"\x05",
    b"\x02ci",
    b"\x02rt",
    b"\x0210",
    b"\x02mi",
    b"\0\0\0\0\0\0\0\x07",
    b"\x02ty",
    b"\x02ui",
    b"\x02ai",
    b"\x02cl",
];

#[test]
fn every_field_is_found() {
    let properties = Properties::parse(raw(0xfffc, ALL)).unwrap();
    for (field, expected) in FIELDS.into_iter().zip(ALL) {
        assert_eq!(&properties.raw[properties.position(field).unwrap()], *expected, "{field:?}");
    }
    assert_eq!(properties.headers().unwrap().unwrap().iter().count(), 2);
    assert_eq!(properties.delivery_mode(), Some(2));
    assert_eq!(properties.correlation_id(), Some(&b"ci"[..]));
    assert_eq!(properties.reply_to(), Some(&b"rt"[..]));
    assert_eq!(properties.expiration(), Some(&b"10"[..]));
    assert_eq!(properties.user_id(), Some(&b"ui"[..]));
    assert_eq!(properties.as_bytes(), &raw(0xfffc, ALL));
}

#[test]
fn default_properties_have_no_field() {
    let properties = Properties::default();
    assert_eq!(properties.as_bytes()[..], [0, 0]);
    assert_eq!(properties.headers(), Ok(None));
    assert_eq!(properties.reply_to(), None);
    assert_eq!(Properties::parse(raw(0, &[])), Ok(properties));
}

#[test]
fn properties_that_rabbitmq_refuses_are_malformed() {
    let headers = 0x2000;
    let cases: &[(&str, Bytes, Malformed)] = &[
        ("nothing", Bytes::new(), Malformed::Truncated),
        ("half of the flags", Bytes::from_static(b"\0"), Malformed::Truncated),
        ("a byte too many", raw(0, &[b"x"]), Malformed::Leftover),
        ("another word of flags", raw(1, &[b"\0\0"]), Malformed::Leftover),
        ("a short string that ends early", raw(0x8000, &[b"\x05ab"]), Malformed::Truncated),
        ("a field that is missing", raw(0x8000, &[]), Malformed::Truncated),
        ("half a timestamp", raw(0x0040, &[b"\0\0\0\0"]), Malformed::Truncated),
        ("an unknown type", raw(headers, &[b"\0\0\0\x04\x01aZx"]), Malformed::UnknownType(b'Z')),
        (
            "the type that others use for shorts",
            raw(headers, &[b"\0\0\0\x05\x01aU\0\x01"]),
            Malformed::UnknownType(b'U'),
        ),
        ("a value that ends early", raw(headers, &[b"\0\0\0\x05\x01aIxx"]), Malformed::Truncated),
        ("a table that ends early", raw(headers, &[b"\0\0\x01\0ab"]), Malformed::Truncated),
        ("junk in a table", raw(headers, &[b"\0\0\0\x0b\x01aF\0\0\0\x04junk"]), Malformed::Truncated),
        (
            "junk in an array",
            raw(headers, &[b"\0\0\0\x0b\x01aA\0\0\0\x04junk"]),
            Malformed::UnknownType(b'j'),
        ),
        ("no number", raw(headers, &[b"\0\0\0\x0b\x01ad\x7f\xf8\0\0\0\0\0\0"]), Malformed::NotFinite),
    ];
    for (case, bytes, malformed) in cases {
        assert_eq!(Properties::parse(bytes.clone()), Err(*malformed), "{case}");
    }
}

#[test]
fn properties_that_rabbitmq_accepts_are_kept_unchanged() {
    let cases: &[(&str, Bytes)] = &[
        ("flags without a field", raw(3, &[])),
        ("text that is not UTF-8", raw(0x8000, &[b"\x02\xff\xfe"])),
        ("an unknown delivery mode", raw(0x1000, &[b"\x07"])),
        ("equal names", raw(0x2000, &[b"\0\0\0\x06\x01aV\x01aV"])),
    ];
    for (case, bytes) in cases {
        let properties = Properties::parse(bytes.clone()).unwrap();
        assert_eq!(properties.as_bytes(), bytes, "{case}");
    }
}

#[test]
fn a_change_leaves_the_other_fields_alone() {
    let properties = Properties::parse(raw(0xfffc, ALL)).unwrap();
    let replaced = |index: usize, field: &'static [u8]| {
        let mut fields = ALL.to_vec();
        fields[index] = field;
        fields
    };
    let changed = properties.with_reply_to(b"elsewhere");
    assert_eq!(changed.as_bytes(), &raw(0xfffc, &replaced(6, b"\x09elsewhere")));
    let changed = properties.without_expiration();
    assert_eq!(changed.as_bytes(), &raw(0xfefc, &replaced(7, b"")));
    let changed = properties.with_headers(None);
    assert_eq!(changed.as_bytes(), &raw(0xdffc, &replaced(2, b"")));
    let headers = Table::from_iter([("b", Value::Bool(true))]);
    let changed = properties.with_headers(Some(&headers));
    assert_eq!(changed.as_bytes(), &raw(0xfffc, &replaced(2, b"\0\0\0\x04\x01bt\x01")));
    assert_eq!(changed.headers(), Ok(Some(headers)));
}

#[test]
fn a_change_can_set_the_first_field() {
    let changed = Properties::default().with_reply_to(b"a");
    assert_eq!(changed.as_bytes(), &raw(0x0200, &[b"\x01a"]));
    assert_eq!(Properties::parse(changed.as_bytes().clone()), Ok(changed.clone()));
    assert_eq!(changed.without_expiration(), changed);
    let empty = Properties::default().with_headers(Some(&Table::default()));
    assert_eq!(empty.as_bytes(), &raw(0x2000, &[b"\0\0\0\0"]));
}
