//! A claim as a command, and the reply to it as an answer. R1, R2, ST-2.

use attesto_core::Timestamp;
use attesto_core::dpop::{ReplayAnswer, ReplayClaim, ReplayOwner};
use attesto_core::encoding::base64url;
use redis::{Cmd, Value, cmd};

/// Records and counts in one step, for one owner. The count is by when records end, in spans of half a minute: a hash with one field for
/// each span in which some end. So a count is exact to half a minute, and an owner's hash has as many fields as a record lives half minutes.
///
/// The record comes first: a used proof is a replay, for any owner and however much that one has. Time is the server's, as for the
/// records themselves.
pub(crate) const SCRIPT: &str = r"
local record, owner = KEYS[1], KEYS[2]
local seconds, limit = tonumber(ARGV[1]), tonumber(ARGV[2])
if redis.call('EXISTS', record) == 1 then return 'replay' end
local now = tonumber(redis.call('TIME')[1])
local held, spans = 0, redis.call('HGETALL', owner)
for at = 1, #spans, 2 do
  if tonumber(spans[at]) <= now then redis.call('HDEL', owner, spans[at]) else held = held + tonumber(spans[at + 1]) end
end
if held >= limit then return 'over' end
local ends = (math.floor((now + seconds) / 30) + 1) * 30
redis.call('SET', record, '1', 'EX', seconds)
redis.call('HINCRBY', owner, string.format('%d', ends), 1)
if redis.call('TTL', owner) < ends - now then redis.call('EXPIRE', owner, ends - now) end
return 'fresh'
";

/// How claims are asked for.
#[derive(Clone, Debug)]
pub(crate) struct Questions {
    /// What keys begin with.
    pub(crate) prefix: String,
    /// Seconds for which a record is kept beyond its time.
    pub(crate) beyond: u64,
}

/// The script, as one server process knows it, and how many records an owner may have there.
#[derive(Clone, Debug)]
pub(crate) struct Counting {
    pub(crate) sha: String,
    pub(crate) limit: u64,
}

impl Questions {
    /// One command: set if absent, or the script where the claim's owner is counted.
    pub(crate) fn command(&self, claim: &ReplayClaim, now: Timestamp, counting: Option<&Counting>) -> Cmd {
        let record = format!("{}replay:{}", self.prefix, claim.key);
        let seconds = self.seconds(claim, now);
        match (counting, &claim.owner) {
            (Some(counting), Some(owner)) => {
                let mut command = cmd("EVALSHA");
                command.arg(&counting.sha).arg(2).arg(record).arg(self.owner_key(owner));
                command.arg(seconds).arg(counting.limit);
                command
            }
            _ => {
                let mut command = cmd("SET");
                command.arg(record).arg("1").arg("NX").arg("EX").arg(seconds);
                command
            }
        }
    }

    fn owner_key(&self, owner: &ReplayOwner) -> String {
        format!("{}owner:{}", self.prefix, base64url::encode(owner.as_bytes()))
    }

    /// For how long the server keeps the record.
    ///
    /// The expiry is relative (`EX`), never a moment (`EXAT`, `PXAT`). The record must outlive `retain_until` by every node's clock. What
    /// counts then is how far the clock of the node that records is ahead of the one that asks later; the server only measures a span of
    /// time, and may believe in any date. With a moment, the server's clock would count instead: a server that is ahead would drop records
    /// early, and to a moment in its past it answers `OK` and keeps nothing, so that every replay is fresh. To `beyond`, the declared
    /// difference, one second is added, because `now` is a whole second and the question may come at the end of one.
    fn seconds(&self, claim: &ReplayClaim, now: Timestamp) -> u64 {
        claim.ttl(now).saturating_add(self.beyond).saturating_add(1)
    }
}

/// Reads a reply. `None` for one that neither command has.
pub(crate) fn answer(reply: &Value) -> Option<ReplayAnswer> {
    match reply {
        Value::Okay => Some(ReplayAnswer::Fresh),
        Value::Nil => Some(ReplayAnswer::Replay),
        Value::BulkString(word) => match word.as_slice() {
            b"fresh" => Some(ReplayAnswer::Fresh),
            b"replay" => Some(ReplayAnswer::Replay),
            b"over" => Some(ReplayAnswer::OverShare),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use attesto_core::dpop::ReplayKey;

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

    fn questions(beyond: u64) -> Questions {
        Questions { prefix: "attesto:".into(), beyond }
    }

    fn claim(seconds: u64) -> ReplayClaim {
        ReplayClaim::new(ReplayKey::from_bytes([0; 32]), NOW.plus(seconds))
    }

    fn packed(command: &Cmd) -> String {
        let words = String::from_utf8(command.get_packed_command()).unwrap();
        words.lines().filter(|line| !line.starts_with(['*', '$'])).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn r1_a_claim_is_one_command_that_sets_if_absent() {
        let key = "A".repeat(43);
        let set = questions(60).command(&claim(121), NOW, None);
        assert_eq!(packed(&set), format!("SET attesto:replay:{key} 1 NX EX 182"));
        let counting = Counting { sha: "5ha".into(), limit: 7 };
        let owned = claim(121).owned_by(ReplayOwner::from_bytes([0; 32]));
        let counted = questions(60).command(&owned, NOW, Some(&counting));
        assert_eq!(packed(&counted), format!("EVALSHA 5ha 2 attesto:replay:{key} attesto:owner:{key} 182 7"));
        let unowned = questions(60).command(&claim(121), NOW, Some(&counting));
        assert_eq!(packed(&unowned), packed(&set), "a claim without an owner is not counted");
    }

    #[test]
    fn r2_each_record_has_its_own_time_and_never_less() {
        assert_eq!(questions(0).seconds(&claim(0), NOW), 2);
        assert_eq!(questions(0).seconds(&claim(10), NOW), 11);
        assert_eq!(questions(60).seconds(&claim(10), NOW), 71);
        // A node whose clock is ahead sees less time left, one that is late sees more.
        assert_eq!(questions(60).seconds(&claim(100), NOW.plus(60)), 101);
        assert_eq!(questions(60).seconds(&claim(100), NOW.minus(60)), 221);
        let forever = ReplayClaim::new(ReplayKey::from_bytes([0; 32]), Timestamp::from_secs(u64::MAX));
        assert_eq!(questions(60).seconds(&forever, Timestamp::from_secs(0)), u64::MAX);
    }

    #[test]
    fn r1_only_a_known_reply_is_an_answer() {
        for (reply, expected) in [
            (Value::Okay, Some(ReplayAnswer::Fresh)),
            (Value::Nil, Some(ReplayAnswer::Replay)),
            (Value::BulkString(b"fresh".to_vec()), Some(ReplayAnswer::Fresh)),
            (Value::BulkString(b"replay".to_vec()), Some(ReplayAnswer::Replay)),
            (Value::BulkString(b"over".to_vec()), Some(ReplayAnswer::OverShare)),
            (Value::BulkString(b"OK".to_vec()), None),
            (Value::BulkString(Vec::new()), None),
            (Value::SimpleString("QUEUED".into()), None),
            (Value::SimpleString("fresh".into()), None),
            (Value::Int(1), None),
            (Value::Boolean(true), None),
            (Value::Array(vec![Value::Okay]), None),
        ] {
            assert_eq!(answer(&reply), expected, "{reply:?}");
        }
    }
}
