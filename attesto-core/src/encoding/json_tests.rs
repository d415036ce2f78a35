use super::*;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use proptest::prelude::*;

fn strict(text: &str) -> bool {
    Object::parse(text.as_bytes()).is_ok()
}

#[test]
fn j4_objects_are_read() {
    let text = r#"{"a":1,"b":-2,"c":0.5,"d":"x","e":"\u0041","f":null,"g":true,"h":[1,{"i":[]}],"j":{"k":"l"}}"#;
    let object = Object::parse(text.as_bytes()).unwrap();
    assert_eq!(object.as_str(), text);
    let mut names = Vec::new();
    object
        .members(|name, value| -> Result<(), ()> {
            names.push(format!("{name}={value:?}"));
            Ok(())
        })
        .unwrap();
    assert_eq!(
        names,
        [
            "a=Number(Unsigned(1))",
            "b=Number(Negative(-2))",
            "c=Number(Float(0.5))",
            "d=String(\"x\")",
            "e=String(\"A\")",
            "f=Null",
            "g=Bool(true)",
            "h=Array(Array(..))",
            "j=Object(Object(..))"
        ]
    );
    let Some(Value::Array(array)) = object.get("h") else { panic!("an array") };
    assert_eq!(array.as_str(), r#"[1,{"i":[]}]"#);
    let mut count = 0;
    array
        .items(|_| -> Result<(), ()> {
            count += 1;
            Ok(())
        })
        .unwrap();
    assert_eq!(count, 2);
    assert!(object.get("nothing").is_none());
}

#[test]
fn j4_strings_without_escapes_are_borrowed() {
    let object = Object::parse(br#"{"a":"plain","b":"esc\n"}"#).unwrap();
    assert!(matches!(object.get("a"), Some(Value::String(Cow::Borrowed("plain")))));
    assert!(matches!(object.get("b"), Some(Value::String(Cow::Owned(_)))));
}

#[test]
fn j4_duplicate_members_are_refused_at_any_depth() {
    assert!(strict(r#"{"a":1,"b":{"a":1}}"#));
    for text in
        [r#"{"a":1,"a":1}"#, r#"{"a":1,"\u0061":2}"#, r#"{"x":{"a":1,"a":2}}"#, r#"{"x":[{"y":{"a":1,"b":2,"a":3}}]}"#]
    {
        assert!(!strict(text), "{text}");
    }
    let many: Vec<String> = (0..100).map(|n| format!("\"n{n}\":0")).collect();
    assert!(strict(&format!("{{{}}}", many.join(","))));
    for repeated in [0, 15, 16, 17, 99] {
        assert!(!strict(&format!("{{{},\"n{repeated}\":0}}", many.join(","))), "{repeated}");
    }
}

#[test]
fn j4_nothing_stands_around_the_object() {
    assert!(strict("{}"));
    assert!(strict("{ }"));
    for text in ["", " {}", "{} ", "{}\n", "\u{feff}{}", "{}{}", "[]", "1", "null", "\"{}\"", "{}x}", "{", "}"] {
        assert!(!strict(text), "{text:?}");
    }
}

#[test]
fn j4_only_utf8_and_valid_escapes() {
    assert!(strict("{\"a\":\"\u{e9}\"}"));
    assert!(strict(r#"{"a":"\ud83d\ude00"}"#));
    assert!(Object::parse(b"{\"a\":\"\xff\"}").is_err());
    assert!(Object::parse(b"{\"a\":\"\xc0\xaf\"}").is_err());
    for text in [r#"{"a":"\ud800"}"#, r#"{"a":"\x"}"#, "{\"a\":\"\n\"}", "{\"a\":\"\0\"}"] {
        assert!(!strict(text), "{text:?}");
    }
}

#[test]
fn j4_lax_json_is_refused() {
    for text in [
        "{\"a\":1,}",
        "{a:1}",
        "{'a':1}",
        "{\"a\":01}",
        "{\"a\":+1}",
        "{\"a\":.5}",
        "{\"a\":NaN}",
        "{\"a\":1e400}",
        "{\"a\":-1e400}",
        "{\"a\":1}/**/",
    ] {
        assert!(!strict(text), "{text}");
    }
}

#[test]
fn j4_depth_is_bounded() {
    let nested = |levels: usize| format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels));
    assert!(strict(&nested(32)));
    assert!(!strict(&nested(33)));
    assert!(!strict(&nested(10_000)));
    assert!(!strict(&format!("{{\"a\":{}{}}}", "[".repeat(500_000), "]".repeat(500_000))));
}

#[test]
fn j17_dates_are_rounded_against_the_bearer() {
    let date = |text: &str| {
        let document = format!("{{\"d\":{text}}}");
        let Ok(object) = Object::parse(document.as_bytes()) else { panic!("{text}") };
        let Some(Value::Number(number)) = object.get("d") else { panic!("{text}") };
        (number.date_floor(), number.date_ceil(), number.date_exact())
    };
    let at = |seconds| Some(Timestamp::from_secs(seconds));
    assert_eq!(date("0"), (at(0), at(0), at(0)));
    assert_eq!(date("10"), (at(10), at(10), at(10)));
    assert_eq!(date("10.0"), (at(10), at(10), None));
    assert_eq!(date("10.1"), (at(10), at(11), None));
    assert_eq!(date("1e1"), (at(10), at(10), None));
    assert_eq!(date("9007199254740992"), (at(1 << 53), at(1 << 53), at(1 << 53)));
    for outside in ["9007199254740993", "-1", "-0.5", "1e300", "18446744073709551616"] {
        assert_eq!(date(outside), (None, None, None), "{outside}");
    }
}

proptest! {
    #[test]
    fn j4_any_bytes_never_panic(bytes: Vec<u8>) {
        if let Ok(object) = Object::parse(&bytes) {
            let _ = object.members(|_, _| Ok::<(), ()>(()));
        }
    }

    #[test]
    fn j4_what_serde_json_writes_is_strict(names in proptest::collection::btree_set(".{0,8}", 0..40), text in ".*") {
        let map: serde_json::Map<_, _> = names.iter().map(|name| (name.clone(), text.clone().into())).collect();
        let document = serde_json::Value::Object(map).to_string();
        let object = Object::parse(document.as_bytes()).unwrap();
        for name in &names {
            let Some(Value::String(value)) = object.get(name) else { panic!("a string") };
            prop_assert_eq!(value.to_string(), text.clone());
        }
    }
}

/// The result of reading in one pass, as text.
fn read_at_once(bytes: &[u8]) -> Option<Vec<String>> {
    let mut members = Vec::new();
    let read = Object::read(bytes, |name, value| -> Result<(), ()> {
        members.push(format!("{name}={}", shown(&value)));
        Ok(())
    });
    read.ok().map(|_| members)
}

/// The result of reading in two passes, as text.
fn parsed_then_read(bytes: &[u8]) -> Option<Vec<String>> {
    let mut members = Vec::new();
    let object = Object::parse(bytes).ok()?;
    let _ = object.members(|name, value| -> Result<(), ()> {
        members.push(format!("{name}={}", shown(&value)));
        Ok(())
    });
    Some(members)
}

fn shown(value: &Value<'_>) -> String {
    match value {
        Value::Object(object) => object.as_str().to_string(),
        Value::Array(array) => array.as_str().to_string(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => format!("{value:?}"),
    }
}

#[test]
fn j4_one_pass_refuses_what_two_refuse() {
    let nested = |levels: usize| format!("{{\"a\":{}1{}}}", "[".repeat(levels), "]".repeat(levels));
    let deepest = nested(JSON_DEPTH - 1);
    let too_deep = nested(JSON_DEPTH);
    assert!(read_at_once(deepest.as_bytes()).is_some() && read_at_once(too_deep.as_bytes()).is_none());
    for text in [
        deepest.as_str(),
        too_deep.as_str(),
        "{}",
        "{ }",
        r#"{"a":1}"#,
        r#"{"a":1,"a":1}"#,
        r#"{"a":1,"\u0061":1}"#,
        r#"{"a":{"b":1,"b":2}}"#,
        r#"{"a":[{"b":1,"b":2}]}"#,
        r#"{"a":"\ud800"}"#,
        r#"{"\ud800":1}"#,
        r#"{"a":["\ud800"]}"#,
        r#"{"a":"\ud83d\ude00"}"#,
        "{\"a\":\"\n\"}",
        "{\"a\":\"\u{7f}\u{e9}\"}",
        r#"{"a":1e999}"#,
        r#"{"a":-1e999}"#,
        r#"{"a":[1e999]}"#,
        r#"{"a":01}"#,
        r#"{"a":-0}"#,
        r#"{"a":1.}"#,
        r#"{"a":.5}"#,
        r#"{"a":+1}"#,
        r#"{"a":18446744073709551616}"#,
        r#"{"a":tru}"#,
        r#"{"a":true , "b" : [ 1 ] }"#,
        r#"{"a":1,}"#,
        r#"{"a":1}}"#,
        r#"{"a":1}{"b":1}"#,
        r#"{"a":NaN}"#,
        r#"{"a"}"#,
        r#"{1:1}"#,
    ] {
        assert_eq!(read_at_once(text.as_bytes()), parsed_then_read(text.as_bytes()), "{text}");
    }
}

#[test]
fn j4_one_pass_tells_the_visitors_first_error_only_of_a_strict_document() {
    let fail = |name: &str, _: Value<'_>| if name == "a" { Ok(()) } else { Err(name.to_string()) };
    assert_eq!(Object::read(br#"{"a":1,"b":2,"c":3}"#, fail).unwrap().unwrap_err(), "b");
    assert!(Object::read(br#"{"a":1,"b":2,"b":3}"#, fail).is_err());
    assert!(Object::read(br#"{"a":1}"#, fail).unwrap().is_ok());
}

proptest! {
    #[test]
    fn j4_one_pass_agrees_with_two(
        text in r#"\{("(a|b|\\u0061|\\n|\\ud800)":("x"|"\\t"|"\\ud800"|1|-0|1.5|1e9|1e999|01|null|true|nul|\{\}|\{"a":1,"a":1\}|\[1,"\\ud800"\]|\[\[\]\])[ ,]{0,2}){0,4}\}"#,
        bytes: Vec<u8>,
    ) {
        prop_assert_eq!(read_at_once(text.as_bytes()), parsed_then_read(text.as_bytes()));
        let bytes = [b"{".as_slice(), &bytes, b"}"].concat();
        prop_assert_eq!(read_at_once(&bytes), parsed_then_read(&bytes));
    }
}
