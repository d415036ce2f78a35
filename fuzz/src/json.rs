//! Strict JSON: the core accepts what serde_json accepts without a name twice, too deep a nesting or anything around it, and
//! reads the same value.

use crate::model::Tree;
use attesto_core::encoding::json::{Number, Object, Value};

/// A document.
pub fn json(data: &[u8]) {
    let tree = Tree::strict_object(data);
    let object = Object::parse(data);
    assert_eq!(object.is_ok(), tree.is_some(), "accepted by one only");
    if let (Ok(object), Some(tree)) = (object, tree) {
        assert_eq!(object.as_str().as_bytes(), data);
        is_same(&Value::Object(object), &tree);
    }
}

fn is_same(ours: &Value<'_>, theirs: &Tree) {
    match (ours, theirs) {
        (Value::Object(ours), Tree::Object(theirs)) => {
            assert_eq!(ours.is_empty(), theirs.is_empty());
            let mut expected = theirs.iter();
            visited(ours.members(|name, value| -> Result<(), ()> {
                let (expected_name, expected) = expected.next().expect("as many members");
                assert_eq!(name, expected_name);
                is_same(&value, expected);
                assert!(ours.get(name).is_some());
                Ok(())
            }));
            assert!(expected.next().is_none(), "no member is missing");
        }
        (Value::Array(ours), Tree::Array(theirs)) => {
            let mut expected = theirs.iter();
            visited(ours.items(|value| -> Result<(), ()> {
                is_same(&value, expected.next().expect("as many items"));
                Ok(())
            }));
            assert!(expected.next().is_none(), "no item is missing");
        }
        (Value::Null, Tree::Leaf(serde_json::Value::Null)) => {}
        (Value::Bool(ours), Tree::Leaf(serde_json::Value::Bool(theirs))) => assert_eq!(ours, theirs),
        (Value::String(ours), Tree::Leaf(serde_json::Value::String(theirs))) => assert_eq!(ours, theirs),
        (Value::Number(ours), Tree::Leaf(serde_json::Value::Number(theirs))) => is_same_number(*ours, theirs),
        (ours, theirs) => panic!("{ours:?} is not {theirs:?}"),
    }
}

fn visited(result: Result<(), ()>) {
    result.expect("a visit that nobody stops reaches the end");
}

fn is_same_number(ours: Number, theirs: &serde_json::Number) {
    let value = match ours {
        Number::Unsigned(value) => {
            assert_eq!(theirs.as_u64(), Some(value));
            value as f64
        }
        // To serde_json, -0 is a float.
        Number::Negative(0) => 0.0,
        Number::Negative(value) => {
            assert_eq!(theirs.as_i64(), Some(value));
            value as f64
        }
        Number::Float(value) => value,
    };
    let theirs = theirs.as_f64().expect("finite");
    // serde_json's own float reader may be off by a bit in the last place.
    assert!((value - theirs).abs() <= theirs.abs() * 1e-15, "{value} {theirs}");
    dates_agree(ours, value);
}

/// Rounded down and up, a date is the two whole seconds around the number, or not a date at all.
fn dates_agree(number: Number, value: f64) {
    let (floor, ceil) = (number.date_floor(), number.date_ceil());
    let is_date = match number {
        Number::Unsigned(seconds) => seconds <= 1 << 53,
        Number::Float(seconds) => (0.0..=9_007_199_254_740_992.0).contains(&seconds),
        Number::Negative(_) => false,
    };
    assert_eq!((floor.is_some(), ceil.is_some()), (is_date, is_date), "{value}");
    if let (Some(floor), Some(ceil)) = (floor, ceil) {
        assert_eq!((floor.as_secs() as f64, ceil.as_secs() as f64), (value.floor(), value.ceil()));
        assert!(number.date_exact().is_none_or(|exact| exact == floor && exact == ceil));
    }
}
