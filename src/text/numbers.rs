//! Numbers and lists as a language writes them.
//!
//! In: a sample of each, `1,234,567.8` and `A, B, and C`. Out: any number and any list in the same way.

/// How a language writes numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbers {
    zero: char,
    /// What stands between groups of digits, and how many a group has: the last, and those before it.
    group: String,
    sizes: (usize, usize),
    decimal: String,
    /// The fewest digits that are grouped.
    least: usize,
    sample: String,
}

/// Languages that group five digits and more, but not four: `minimumGroupingDigits` of CLDR 48.
const FROM_FIVE: &[&str] = &["bg", "ca", "es", "eu", "hu", "it", "lv", "pl", "pt-PT"];

impl Numbers {
    /// By 1234567.8 as the language writes it; `None` when this is something else.
    pub fn by_sample(sample: &str, language: &str) -> Option<Numbers> {
        let one = sample.chars().next()?;
        let zero = char::from_u32(u32::from(one).checked_sub(1)?).filter(|zero| zero.is_numeric())?;
        if char::from_u32(u32::from(zero).saturating_sub(1)).is_some_and(char::is_numeric) {
            return None;
        }
        let value = |c: char| u32::from(c).checked_sub(u32::from(zero)).filter(|value| (1..=8).contains(value));
        let mut groups = vec![0_usize];
        let mut signs: Vec<String> = Vec::new();
        let mut before = 0;
        for c in sample.chars() {
            match (value(c), groups.last_mut(), signs.last_mut()) {
                (Some(value), Some(digits), _) if value == before + 1 => {
                    before = value;
                    *digits += 1;
                }
                (Some(_), ..) => return None,
                // A sign may be several characters.
                (None, Some(0), Some(sign)) => sign.push(c),
                (None, ..) => {
                    groups.push(0);
                    signs.push(c.to_string());
                }
            }
        }
        let decimal = signs.pop()?;
        let ends = before == 8 && groups.pop() == Some(1);
        let group = signs.first().cloned().unwrap_or_default();
        let last = groups.last().copied().unwrap_or_default();
        let other = groups.iter().rev().nth(1).copied().filter(|_| groups.len() > 2).unwrap_or(last);
        let fits = groups.iter().skip(1).rev().skip(1).all(|size| *size == other)
            && groups.first().is_some_and(|size| *size <= other.max(7 * usize::from(groups.len() == 1)))
            && signs.iter().all(|sign| *sign == group);
        let primary = language.split('-').next().unwrap_or(language);
        let least = if FROM_FIVE.iter().any(|known| [language, primary].contains(known)) { 5 } else { 4 };
        let sample = sample.to_string();
        (ends && fits).then_some(Numbers { zero, group, sizes: (last, other), decimal, least, sample })
    }

    /// 1234567.8 as the language writes it, for scripts, which see the same from it.
    pub fn sample(&self) -> &str {
        &self.sample
    }

    /// A number with the digits of the language and nothing between them, as one that is a name has them.
    pub fn digits(&self, number: &str) -> String {
        let own = |c: char| c.to_digit(10).and_then(|digit| char::from_u32(u32::from(self.zero) + digit));
        number.chars().map(|c| own(c).unwrap_or(c)).collect()
    }

    /// A number that counts, written with `.` for its decimal sign, as the language writes it.
    pub fn count(&self, number: &str) -> String {
        if !number.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-')) {
            return number.to_string();
        }
        let (whole, fraction) = number.split_once('.').map_or((number, None), |(whole, rest)| (whole, Some(rest)));
        let length = whole.trim_start_matches('-').len();
        let mut text = String::with_capacity(number.len() + 8);
        let (last, other) = self.sizes;
        for (at, c) in whole.chars().enumerate() {
            let behind = whole.len() - at;
            let is_edge = behind >= last && (behind - last).is_multiple_of(other.max(1));
            if length >= self.least && behind < length && is_edge {
                text.push_str(&self.group);
            }
            text.push(c);
        }
        if let Some(fraction) = fraction {
            text.push_str(&self.decimal);
            text.push_str(fraction);
        }
        self.digits(&text)
    }
}

/// How a language joins names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lists {
    two: String,
    between: String,
    last: String,
    /// Spanish says `e` for `y` before the sound of `i`.
    is_spanish: bool,
}

impl Lists {
    /// By `A and B` and `A, B, and C` as the language writes them; `None` when they are something else.
    pub fn by_samples(pair: &str, list: &str, language: &str) -> Option<Lists> {
        let two = pair.strip_prefix('A')?.strip_suffix('B')?;
        let (between, last) = list.strip_prefix('A')?.strip_suffix('C')?.split_once('B')?;
        let is_spanish = language.split('-').next() == Some("es");
        Some(Lists { two: two.into(), between: between.into(), last: last.into(), is_spanish })
    }

    /// The names in a row.
    pub fn join(&self, names: &[impl AsRef<str>]) -> String {
        let mut text = String::new();
        for (at, name) in names.iter().enumerate() {
            let name = name.as_ref();
            let sign = match names.len() - at {
                _ if at == 0 => "",
                1 if names.len() == 2 => &self.two,
                1 => &self.last,
                _ => &self.between,
            };
            match sign {
                " y " if self.is_spanish && begins_with_i(name) => text.push_str(" e "),
                sign => text.push_str(sign),
            }
            text.push_str(name);
        }
        text
    }
}

/// Whether a Spanish word begins with the vowel: `Ignacio` and `historia`, not `hierba`.
fn begins_with_i(word: &str) -> bool {
    let word = word.to_lowercase();
    let word = word.strip_prefix('h').unwrap_or(&word);
    word.starts_with('í') || (word.starts_with('i') && !word.starts_with("ia") && !word.starts_with("ie"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_sample() {
        for (sample, language, of_four, of_eight) in [
            ("1,234,567.8", "en", "1,234.5", "12,345,678"),
            ("12,34,567.8", "hi", "1,234.5", "1,23,45,678"),
            ("১২,৩৪,৫৬৭.৮", "bn", "১,২৩৪.৫", "১,২৩,৪৫,৬৭৮"),
            ("1\u{a0}234\u{a0}567,8", "sv", "1\u{a0}234,5", "12\u{a0}345\u{a0}678"),
            ("1.234.567,8", "es-MX", "1234,5", "12.345.678"),
            ("1234567.8", "xx", "1234.5", "12345678"),
            ("1 234 567 . 8", "xx", "1 234 . 5", "12 345 678"),
            ("١٬٢٣٤٬٥٦٧٫٨", "ar-EG", "١٬٢٣٤٫٥", "١٢٬٣٤٥٬٦٧٨"),
            ("123,4567.8", "ja", "1234.5", "1234,5678"),
        ] {
            let numbers = Numbers::by_sample(sample, language).expect(sample);
            assert_eq!((numbers.count("1234.5"), numbers.count("12345678")), (of_four.into(), of_eight.into()));
            assert_eq!(numbers.count("1234567.8"), sample);
            assert_eq!((numbers.count("7"), numbers.count("-123")), (numbers.digits("7"), numbers.digits("-123")));
        }
        for wrong in
            ["", "1", "1,234,567", "1,234.567.8", "12,3,4567.8", "1,234,568.7", "x", "2345678.9", "1,234,567.8 "]
        {
            assert_eq!(Numbers::by_sample(wrong, "en"), None, "{wrong}");
        }
    }

    #[test]
    fn lists_are_those_of_the_sample() {
        let joined = |pair, list, language, names: &[&str]| {
            Lists::by_samples(pair, list, language).map(|lists| lists.join(names))
        };
        let english = |names| joined("A and B", "A, B, and C", "en", names).unwrap_or_default();
        assert_eq!([english(&[]), english(&["x"]), english(&["x", "y"])], ["", "x", "x and y"]);
        assert_eq!(english(&["x", "y", "z", "ö"]), "x, y, z, and ö");
        assert_eq!(joined("A وB", "A وB وC", "ar", &["س", "ص"]).as_deref(), Some("س وص"));
        let spanish = |name| joined("A y B", "A, B y C", "es", &["Ana", name]).unwrap_or_default();
        assert_eq!([spanish("Luz"), spanish("Íñigo"), spanish("Hielo")], ["Ana y Luz", "Ana e Íñigo", "Ana y Hielo"]);
        assert_eq!(joined("A and C", "A, B and C", "en", &[]), None);
    }
}
