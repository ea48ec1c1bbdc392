//! Made-up people, the same for the same number. Surnames are put together from three parts, so that there are some hundred
//! thousand of them and four letters in the middle of one are those of few. Some of everything: absent values, inactive users, users who
//! never logged in.

const FIRST_NAMES: &[&str] = &[
    "Ada", "Adam", "Agnes", "Albert", "Alice", "Amir", "Ana", "Andrei", "Anna", "Anton", "Aylin",
    "Ben", "Bruno", "Carla", "Carlos", "Chen", "Clara", "Daniel", "David", "Diego", "Dora",
    "Elena", "Elias", "Emil", "Emma", "Erik", "Eva", "Fatima", "Felix", "Finn", "Frida", "Georg",
    "Grace", "Greta", "Hana", "Hassan", "Helen", "Hugo", "Ida", "Ines", "Isaac", "Ivan", "Jana",
    "Jonas", "Julia", "Kai", "Karin", "Kofi", "Lara", "Leo", "Lin", "Lucia", "Magnus", "Maria",
    "Marko", "Mei", "Mila", "Nadia", "Nils", "Nora", "Olga", "Omar", "Oscar", "Paul", "Petra",
    "Priya", "Rafael", "Rosa", "Samir", "Sara", "Simon", "Sofia", "Stefan", "Tara", "Theo",
    "Tomas", "Uma", "Vera", "Viktor", "Wanda", "Yara", "Yusuf", "Zara", "Zoe",
];
const BEGINNINGS: &[&str] = &[
    "Ab", "Al", "An", "Ar", "Bar", "Ben", "Ber", "Bo", "Bra", "Bru", "Cal", "Car", "Cas", "Cor",
    "Dal", "Dar", "Del", "Dor", "Dra", "Ed", "El", "Em", "Er", "Fal", "Far", "Fer", "Fo", "Gal",
    "Gar", "Gre", "Gri", "Hal", "Har", "Hel", "Hol", "Ib", "Il", "Jan", "Jar", "Jor", "Kal", "Kar",
    "Kel", "Kra", "Lam", "Lar", "Len", "Lin", "Mal", "Mar", "Mel", "Mor", "Nab", "Nel", "Nor",
    "Ol", "Or", "Pal", "Par", "Pel", "Por", "Qua", "Ram", "Rei", "Rob", "Ros", "Sal", "San",
    "Sche", "Ser", "Sol", "Ste", "Tal", "Tar", "Tor", "Tra", "Ul", "Val", "Var", "Vel", "Vor",
    "Wal", "War", "Wes", "Wil", "Xan", "Yor", "Zal", "Zim",
];
const MIDDLES: &[&str] = &[
    "ab", "ack", "ad", "ag", "ak", "al", "am", "ap", "as", "at", "av", "az", "ben", "ber", "bi",
    "da", "de", "di", "dom", "ec", "eg", "ek", "em", "en", "ep", "et", "ev", "fi", "ga", "go",
    "ib", "ig", "ik", "im", "ip", "is", "iv", "iz", "jo", "ka", "ki", "ko", "la", "lo", "ma", "mi",
    "mu", "na", "ni", "no", "ob", "od", "og", "ok", "om", "op", "os", "ov", "pe", "po", "ra", "re",
    "ri", "ro", "sa", "se", "so", "ta", "te", "to", "ub", "ud", "uk", "um", "ur", "us", "va", "vi",
    "we", "zo",
];
const ENDS: &[&str] = &[
    "ard", "bach", "berg", "bourne", "by", "chuk", "court", "dahl", "den", "dez", "dorf", "elli",
    "ena", "ens", "escu", "feld", "ford", "gard", "ham", "haus", "idis", "ier", "ins", "ius",
    "kamp", "kov", "land", "lein", "lund", "mann", "mont", "nen", "oglu", "quist", "rod", "ski",
    "son", "stad", "stein", "stone", "strom", "tini", "ton", "vic", "ville", "wall", "well",
    "wicz", "wood", "zen",
];
const TOWNS: &[&str] = &[
    "Alten", "Birch", "Black", "Bridge", "Clear", "Cold", "East", "Elm", "Fair", "Glen", "Gold",
    "Green", "Grün", "High", "King", "Köln", "Lake", "Long", "Maple", "Mill", "Neu", "North",
    "Oak", "Old", "Port", "Red", "River", "Rock", "Rose", "Sand", "Silver", "South", "Spring",
    "Stone", "Sun", "Sweet", "West", "White", "Wild", "Winter",
];
const TOWN_ENDS: &[&str] = &[
    "bach", "brook", "burg", "bury", "dale", "dorf", "field", "ford", "furt", "gate", "ham",
    "haven", "heim", "hill", "hof", "land", "mouth", "pool", "stadt", "stead", "ton", "view",
    "ville", "wick", "wood",
];
const COUNTRIES: &[&str] = &[
    "Germany", "France", "Spain", "Italy", "Poland", "Sweden", "Austria", "Portugal", "Ireland",
    "Greece", "Japan", "India", "Brazil", "Canada", "Kenya", "Ghana", "Chile", "Mexico", "Norway",
    "Turkey",
];
/// 2021-01-01, in microseconds since 1970.
const EPOCH: i64 = 1_609_459_200_000_000;
const DAY: i64 = 86_400_000_000;
/// Over how many days creation is spread.
const DAYS: u64 = 1826;

/// What is stored of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) first_name: &'static str,
    pub(crate) last_name: String,
    pub(crate) email: String,
    pub(crate) active: bool,
    pub(crate) external_id: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) street1: Option<String>,
    pub(crate) city: String,
    pub(crate) postal_code: Option<String>,
    pub(crate) country: &'static str,
    /// Microseconds since 1970.
    pub(crate) created_at: i64,
    /// Zero: never.
    pub(crate) last_login_at: i64,
}

/// The person with this number.
pub(crate) fn person(number: u64) -> Person {
    let mut chance = Chance(number);
    let first_name = chance.one_of(FIRST_NAMES);
    let (begin, middle, end) = (
        chance.one_of(BEGINNINGS),
        chance.one_of(MIDDLES),
        chance.one_of(ENDS),
    );
    let last_name = format!("{begin}{middle}{end}");
    let city = format!("{}{}", chance.one_of(TOWNS), chance.one_of(TOWN_ENDS));
    let email = format!(
        "{}.{}.{number}@{}.example",
        first_name.to_lowercase(),
        last_name.to_lowercase(),
        chance.one_of(ENDS)
    );
    let created =
        EPOCH + signed(chance.below(DAYS)) * DAY + signed(chance.below(86_400)) * 1_000_000;
    Person {
        first_name,
        last_name,
        email,
        active: chance.below(50) > 0,
        external_id: (chance.below(2) == 0).then(|| format!("E-{number:08}")),
        phone: (chance.below(4) > 0).then(|| format!("+49 30 {:07}", chance.below(10_000_000))),
        street1: (chance.below(2) == 0).then(|| {
            let street = chance.one_of(TOWNS);
            format!("{street} Street {}", chance.below(200) + 1)
        }),
        city,
        postal_code: (chance.below(4) > 0).then(|| format!("{:05}", chance.below(100_000))),
        country: chance.one_of(COUNTRIES),
        created_at: created,
        last_login_at: if chance.below(3) == 0 {
            0
        } else {
            created + signed(chance.below(300)) * DAY
        },
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Numbers that look like chance, the same for the same beginning (`SplitMix64`).
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn one_of(&mut self, list: &[&'static str]) -> &'static str {
        let place = self.below(list.len() as u64);
        list[usize::try_from(place).unwrap_or_default()]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_same_number_is_the_same_person() {
        assert_eq!(person(4711), person(4711));
        assert_ne!(person(4711).email, person(4712).email);
    }

    #[test]
    fn four_letters_of_a_surname_are_those_of_few() {
        let people: Vec<_> = (0..20_000).map(person).collect();
        let surnames: HashSet<_> = people.iter().map(|one| one.last_name.as_str()).collect();
        assert!(surnames.len() > 18_000, "{}", surnames.len());
        let letters = people[0].last_name.get(2..6).unwrap();
        let hits = people
            .iter()
            .filter(|one| one.last_name.contains(letters))
            .count();
        assert!((1..200).contains(&hits), "{letters}: {hits}");
    }

    #[test]
    fn there_is_some_of_everything() {
        let people: Vec<_> = (0..1000).map(person).collect();
        let count = |test: fn(&Person) -> bool| people.iter().filter(|one| test(one)).count();
        for part in [
            count(|one| !one.active),
            count(|one| one.phone.is_none()),
            count(|one| one.external_id.is_none()),
            count(|one| one.last_login_at == 0),
        ] {
            assert!((1..800).contains(&part), "{part}");
        }
        assert!(people.iter().all(|one| one.email.is_ascii()));
    }
}
